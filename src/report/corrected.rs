//! Corrects percentiles for coordinated omission.

use serde::{Deserialize, Serialize};

use super::{LabelReport, PercentileValue};
use crate::percentile::Percentile;
use crate::stats::Corrected;

/// What the elapsed times would have been if every thread had sent on time. This is an estimate, shown
/// beside the measured figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CorrectedTimes {
    /// The intended time between two requests of a thread, ms.
    pub expected_interval_ms: u64,
    /// One entry per label, in the report's order; the combined labels are last.
    pub labels: Vec<CorrectedRow>,
    /// All labels together.
    pub total: CorrectedRow,
}

/// The corrected elapsed times of one label, or of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CorrectedRow {
    /// The label.
    pub label: String,
    /// Number of samples, measured and added.
    pub count: u64,
    /// Number of added samples: those that were due while a thread was waiting.
    pub added: u64,
    /// Arithmetic mean, ms.
    pub mean: Option<f64>,
    /// The requested percentiles, in the requested order, ms.
    pub percentiles: Vec<PercentileValue>,
}

impl CorrectedTimes {
    pub(super) fn new<'a>(
        interval_ms: u64,
        labels: impl Iterator<Item = &'a LabelReport>,
        total: &LabelReport,
        percentiles: &[Percentile],
    ) -> Self {
        let row = |label: &LabelReport| corrected_row(label, interval_ms, percentiles);
        CorrectedTimes {
            expected_interval_ms: interval_ms,
            labels: labels.map(row).collect(),
            total: row(total),
        }
    }

    /// Iterates over the rows of the table: the labels, then TOTAL.
    pub fn rows(&self) -> impl Iterator<Item = &CorrectedRow> {
        self.labels.iter().chain([&self.total])
    }
}

fn corrected_row(
    label: &LabelReport,
    interval_ms: u64,
    percentiles: &[Percentile],
) -> CorrectedRow {
    let corrected = Corrected::new(&label.distribution, interval_ms);
    let count = corrected.count();
    CorrectedRow {
        label: label.label.clone(),
        count,
        added: count.saturating_sub(label.samples),
        mean: corrected.mean(),
        percentiles: percentiles
            .iter()
            .filter_map(|&percent| {
                Some(PercentileValue {
                    percent,
                    value: corrected.value_at(percent)?,
                })
            })
            .collect(),
    }
}
