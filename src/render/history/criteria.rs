//! The verdicts on the newest run as results of criteria, for JUnit.

use super::sentence::amount;
use crate::history::{History, Verdict};
use crate::report::{CriterionResult, Found};

/// Returns one result per label and metric that the newest run has.
pub fn criteria(history: &History) -> Vec<CriterionResult> {
    let series = history.newest().into_iter().flat_map(|of| &of.series);
    let judged = series.filter_map(|series| {
        let newest = series.newest?;
        let value = amount(newest.value, series.unit);
        let message = match (newest.low, newest.high) {
            (Some(low), Some(high)) => {
                let [low, high] = [low, high].map(|value| amount(value, series.unit));
                format!("{value}, expected from {low} to {high}")
            }
            _ => format!("{value}, not judged: that needs 5 earlier runs"),
        };
        Some(CriterionResult {
            text: format!("{} is worse than the history", series.metric.noun()),
            label: series.label.clone(),
            found: Some(Found {
                value: newest.value,
                unit: series.unit.to_owned(),
            }),
            is_failed: newest.verdict == Verdict::Worse,
            is_undecided: newest.verdict == Verdict::NotJudged,
            message,
            note: None,
        })
    });
    judged.collect()
}
