//! Percentiles corrected for coordinated omission.

use serde::{Deserialize, Serialize};

use super::{LabelReport, PercentileValue};
use crate::percentile::Percentile;
use crate::stats::Corrected;

/// What the elapsed times would have been, had every thread sent on time: an estimate, beside the
/// figures that were measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CorrectedTimes {
    /// The time after which a thread was to send again, ms.
    pub expected_interval_ms: u64,
    /// One entry a label, in the order of the report's labels, those it sums up last.
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
    /// Number of samples measured and added.
    pub count: u64,
    /// Number of samples added: those that were due while a thread waited.
    pub added: u64,
    /// Arithmetic mean, ms.
    pub mean: Option<f64>,
    /// The percentiles asked for, in the order asked, ms.
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

    /// The rows of the table: the labels, then TOTAL.
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
