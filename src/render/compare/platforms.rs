//! The platforms' details side by side.

use crate::compare::Comparison;
use crate::render::table::{Cell, Heading, Kind, Table};

/// One row per detail and one column per side; `None` without details.
pub fn platforms(comparison: &Comparison) -> Option<Table> {
    let mut keys: Vec<&str> = Vec::new();
    for detail in comparison.runs.iter().flat_map(|run| &run.details) {
        if !keys.contains(&detail.key.as_str()) {
            keys.push(&detail.key);
        }
    }
    let names = comparison.runs.iter().map(|run| run.name.as_str());
    let headings = [""].into_iter().chain(names);
    let row = |key: &&str| {
        let values = comparison.runs.iter().map(|run| {
            let found = run.details.iter().find(|detail| detail.key == **key);
            found.map_or("", |detail| detail.value.as_str())
        });
        [*key].into_iter().chain(values).map(Cell::new).collect()
    };
    (!keys.is_empty()).then(|| Table {
        caption: "The platforms' details".to_owned(),
        headings: headings
            .map(|title| Heading::new(title, Kind::Text))
            .collect(),
        rows: keys.iter().map(row).collect(),
        totals: Vec::new(),
    })
}
