//! A comparison as CSV.

use crate::compare::{Comparison, Method, Verdict};
use crate::error::Result;
use crate::render::print;
use crate::render::print::csv::Formulas;

/// The columns.
const HEADER: [&str; 14] = [
    "label",
    "figure",
    "unit",
    "candidate",
    "baseline_value",
    "candidate_value",
    "difference",
    "percent",
    "low",
    "high",
    "verdict",
    "confidence",
    "method",
    "estimate",
];

/// One row per label, figure and candidate, and one per label and candidate for
/// `probability_slower`, which has only a `candidate_value`.
///
/// `difference` and `percent` are over whole runs. `estimate` is the change that was tested, and
/// `low` and `high` are its interval at `confidence` (0 to 1).
///
/// # Errors
///
/// None in practice: the CSV is written to memory.
pub fn csv(comparison: &Comparison, formulas: Formulas) -> Result<String> {
    let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut records = vec![HEADER.map(str::to_owned).to_vec()];
    for label in &comparison.labels {
        for figure in &label.figures {
            for (candidate, change) in figure.changes.iter().enumerate() {
                let change = change.as_ref();
                let test = change.and_then(|change| change.test.as_ref());
                let verdict = change.and_then(|change| change.verdict);
                records.push(vec![
                    label.label.clone(),
                    figure.key.clone(),
                    figure.unit.to_owned(),
                    comparison.runs[candidate + 1].name.clone(),
                    cell(figure.values[0]),
                    cell(figure.values[candidate + 1]),
                    cell(change.map(|change| change.difference)),
                    cell(change.and_then(|change| Some(change.ratio? * 100.0))),
                    cell(test.and_then(|test| test.interval.low)),
                    cell(test.and_then(|test| test.interval.high)),
                    verdict.map(Verdict::words).unwrap_or_default().to_owned(),
                    cell(test.map(|test| test.confidence)),
                    test.map(|test| method(test.method)).unwrap_or_default(),
                    cell(test.map(|test| test.estimate)),
                ]);
            }
        }
        for (candidate, probability) in label.probability_slower.iter().enumerate() {
            let mut record = vec![
                label.label.clone(),
                "probability_slower".to_owned(),
                "%".to_owned(),
                comparison.runs[candidate + 1].name.clone(),
                String::new(),
                cell(probability.map(|share| share * 100.0)),
            ];
            record.resize(HEADER.len(), String::new());
            records.push(record);
        }
    }
    print::csv::records(records.into_iter(), formulas)
}

/// As in the JSON.
fn method(method: Method) -> String {
    let name = match method {
        Method::Paired => "paired",
        Method::Unpaired => "unpaired",
        Method::BetweenRuns => "between_runs",
    };
    name.to_owned()
}
