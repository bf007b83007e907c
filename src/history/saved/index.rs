//! The index of a saved run: what a history reads of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error_bars::ErrorBars;
use crate::percentile::{Percentile, value_at};
use crate::report::{Detail, LabelReport, Report, Summary, TOTAL};

/// Maximum labels with figures of their own; those with the most samples.
const MAX_LABELS: usize = 100;

/// Significant digits that are kept.
const DIGITS: i32 = 7;

/// What a history needs of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Version of perfkit that made it.
    pub perfkit: String,
    /// Title of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name given with `--key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The platform's details.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// What identifies the platform from run to run: see [`platform_key`](crate::report::platform_key).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// First start of a sample, epoch ms.
    pub start_ms: i64,
    /// Last end of a sample, epoch ms.
    pub end_ms: i64,
    /// The options that selected samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<String>,
    /// Number of labels of the run.
    pub label_count: u64,
    /// The labels with the most samples, in order of first appearance.
    pub labels: Vec<LabelIndex>,
    /// All labels together.
    pub total: LabelIndex,
}

/// The figures of a label. What a run lacks is missing, never 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelIndex {
    /// The label.
    pub label: String,
    /// Number of samples.
    pub samples: u64,
    /// Number of failed samples.
    pub errors: u64,
    /// How much more the error rate varies than with independent samples, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub design_effect: Option<f64>,
    /// Mean elapsed time, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Estimate>,
    /// Percentiles of the elapsed time, ms, by percent: 50, 90, 95 and 99.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub percentiles: BTreeMap<String, Estimate>,
    /// Samples per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Estimate>,
    /// Mean time to the first byte, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Estimate>,
    /// Mean time to connect, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Estimate>,
    /// KB received per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_kb_per_sec: Option<Estimate>,
}

/// A figure with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Its value.
    pub value: f64,
    /// Its standard error within the run; missing if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

impl Estimate {
    fn new(value: f64, error: Option<f64>) -> Option<Self> {
        let error = error.filter(|error| error.is_finite() && *error >= 0.0);
        value.is_finite().then(|| Estimate {
            value: rounded(value),
            error: error.map(rounded),
        })
    }
}

impl Index {
    /// Takes what a history needs from a report; `key` names the run.
    pub fn new(report: &Report, key: Option<String>) -> Self {
        let mut busiest: Vec<usize> = (0..report.labels.len()).collect();
        busiest.sort_by_key(|&place| std::cmp::Reverse(report.labels[place].samples));
        busiest.truncate(MAX_LABELS);
        busiest.sort_unstable();
        let slices = report.slices.as_ref();
        let of_label = |row: &LabelReport| {
            let cells = slices.and_then(|slices| slices.of_label(&row.label));
            LabelIndex::new(row, &ErrorBars::new(row, cells.unwrap_or_default()))
        };
        let labels = busiest.iter().map(|&place| of_label(&report.labels[place]));
        let all = slices.map(|slices| slices.total()).unwrap_or_default();
        let mut total = LabelIndex::new(&report.total, &ErrorBars::new(&report.total, &all));
        TOTAL.clone_into(&mut total.label);
        // Stray times would spoil these rates.
        if report.stray_times.is_some() {
            total.throughput = report
                .throughput()
                .and_then(|rate| Estimate::new(rate, None));
            total.received_kb_per_sec = None;
        }
        Index {
            perfkit: report.perfkit_version.clone(),
            title: report.title.clone(),
            key,
            details: report.details.clone(),
            platform: report.platform_key(),
            start_ms: report.window.map_or(0, |window| window.start_ms),
            end_ms: report.window.map_or(0, |window| window.end_ms),
            selection: report.options.selection.clone(),
            label_count: report.label_count,
            labels: labels.collect(),
            total,
        }
    }

    /// Returns the figures of a label, or of all labels if it is TOTAL.
    pub fn label(&self, label: &str) -> Option<&LabelIndex> {
        match label {
            TOTAL => Some(&self.total),
            label => self.labels.iter().find(|row| row.label == label),
        }
    }

    /// Whether both are of the same run: equal except for names and versions.
    pub fn is_same_run(&self, other: &Index) -> bool {
        self.start_ms == other.start_ms
            && self.end_ms == other.end_ms
            && self.selection == other.selection
            && self.total == other.total
            && self.labels == other.labels
    }
}

impl LabelIndex {
    fn new(row: &LabelReport, bars: &ErrorBars) -> Self {
        let rate = |value: Option<f64>| {
            let value = value.filter(|_| !row.has_stray_times)?;
            Estimate::new(value, None)
        };
        let mean = |summary: &Option<Summary>| {
            let summary = summary.as_ref()?;
            Estimate::new(summary.mean, bars.mean(summary.std_dev, summary.count))
        };
        let percentiles = Percentile::DEFAULTS.iter().filter_map(|&percentile| {
            let value = value_at(&row.distribution, row.samples, percentile)?;
            let error = bars.percentile(&row.distribution, row.samples, percentile);
            let estimate = Estimate::new(value as f64, error)?;
            Some((percentile.percent().to_string(), estimate))
        });
        LabelIndex {
            label: row.label.clone(),
            samples: row.samples,
            errors: row.errors,
            design_effect: Some(rounded(bars.design_effect)),
            average: mean(&row.elapsed),
            percentiles: percentiles.collect(),
            throughput: rate(row.throughput),
            latency: mean(&row.latency),
            connect: mean(&row.connect),
            received_kb_per_sec: rate(row.received_kb_per_sec),
        }
    }
}

/// Rounds to the digits that are kept.
fn rounded(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let text = format!("{value:.*e}", (DIGITS - 1) as usize);
    text.parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_rounded_to_seven_digits() {
        assert_eq!(rounded(1_234.567_891_2), 1_234.568);
        assert_eq!(rounded(0.000_123_456_789), 0.000_123_456_8);
        assert_eq!(rounded(0.0), 0.0);
        assert_eq!(Estimate::new(f64::NAN, None), None);
        assert_eq!(
            Estimate::new(1.0, Some(f64::INFINITY)),
            Some(Estimate {
                value: 1.0,
                error: None
            })
        );
    }
}
