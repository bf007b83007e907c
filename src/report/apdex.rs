//! Builds the Apdex table.

use serde::{Deserialize, Serialize};

use super::statistics::TOTAL;
use crate::apdex::{Rule, Thresholds, default_thresholds, thresholds_of};
use crate::stats::{Label, LabelStats};
use crate::text;

/// The Apdex table of JMeter's dashboard. Transaction controllers count, in the Total too, except
/// empty ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ApdexTable {
    /// One entry per label that the report shows, in order of first appearance.
    pub labels: Vec<Apdex>,
    /// All labels together, with the thresholds that apply to no particular label.
    pub total: Apdex,
}

/// The Apdex of one label, or of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Apdex {
    /// The label.
    pub label: String,
    /// `(satisfied + tolerated / 2) / samples`, 0 to 1.
    pub apdex: Option<f64>,
    /// The thresholds that apply.
    #[serde(flatten)]
    pub thresholds: Thresholds,
    /// Number of samples, failed ones included.
    pub samples: u64,
    /// Successes within the first threshold.
    pub satisfied: u64,
    /// Successes beyond the first threshold, but within the second.
    pub tolerated: u64,
}

impl ApdexTable {
    /// Builds the table of these labels, with a Total of `all`.
    pub(super) fn new(labels: &[Label<'_>], all: &LabelStats, rules: &[Rule]) -> Self {
        ApdexTable {
            labels: labels
                .iter()
                .map(|label| (label.name, label.counted_by_dashboard()))
                .filter(|(_, stats)| stats.rows > 0)
                .map(|(name, stats)| {
                    let label = text::of(name);
                    apdex(&label, &stats, thresholds_of(rules, &label))
                })
                .collect(),
            total: apdex(TOTAL, all, default_thresholds(rules)),
        }
    }

    /// Iterates over the rows of the table: the labels, then the Total.
    pub fn rows(&self) -> impl Iterator<Item = &Apdex> {
        self.labels.iter().chain([&self.total])
    }
}

fn apdex(label: &str, stats: &LabelStats, thresholds: Thresholds) -> Apdex {
    let (mut satisfied, mut tolerated) = (0, 0);
    for (elapsed, count) in stats.distributions().elapsed_ok.counts() {
        if elapsed <= thresholds.satisfied_ms {
            satisfied += count;
        } else if elapsed <= thresholds.tolerated_ms {
            tolerated += count;
        }
    }
    Apdex {
        label: label.to_owned(),
        apdex: (stats.samples > 0)
            .then(|| (satisfied as f64 + tolerated as f64 / 2.0) / stats.samples as f64),
        thresholds,
        samples: stats.samples,
        satisfied,
        tolerated,
    }
}
