//! The platforms' details side by side.

use crate::compare::Comparison;

/// One row per detail and one column per side, below their header. Without details there is only
/// the header.
pub fn platforms(comparison: &Comparison) -> Vec<Vec<String>> {
    let mut keys: Vec<&str> = Vec::new();
    for detail in comparison.runs.iter().flat_map(|run| &run.details) {
        if !keys.contains(&detail.key.as_str()) {
            keys.push(&detail.key);
        }
    }
    let mut header = vec![String::new()];
    header.extend(comparison.runs.iter().map(|run| run.name.clone()));
    let mut rows = vec![header];
    rows.extend(keys.into_iter().map(|key| {
        let mut row = vec![key.to_owned()];
        row.extend(comparison.runs.iter().map(|run| {
            let found = run.details.iter().find(|detail| detail.key == key);
            found.map(|detail| detail.value.clone()).unwrap_or_default()
        }));
        row
    }));
    rows
}
