//! The tables of a report, each built once, for whatever prints it.

mod failures;
mod jmeter;
mod labels;
mod metrics;

pub use failures::{criteria, inputs, rejections, repairs};
pub use jmeter::{dashboard, requests};
pub use labels::{aggregate, aggregate_note, busiest, details, labels, labels_note, summary};
pub use metrics::{INTRODUCTION as METRICS_INTRODUCTION, metrics};

use super::table::Table;
use crate::report::Report;

/// A table with its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What links to it name.
    pub id: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What to know to read the table, in a sentence or two.
    pub introduction: String,
    /// The table.
    pub table: Table,
}

/// The tables beside the aggregate table, in order: those that have something to show.
pub fn sections(report: &Report) -> Vec<Section> {
    let all = [
        labels::outcomes(report),
        jmeter::statistics(report),
        jmeter::dashboard(report),
        labels::corrected(report),
        jmeter::apdex(report),
        failures::error_kinds(report),
        failures::errors(report),
        failures::top_errors(report),
    ];
    all.into_iter().flatten().collect()
}
