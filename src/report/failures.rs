//! The requests summary and the top 5 errors by sampler of JMeter's dashboard. Neither counts rows of
//! transaction controllers.

use serde::{Deserialize, Serialize};

use super::statistics::TOTAL;
use crate::stats::{Aggregate, ErrorStats, Label, LabelStats};
use crate::text;

/// Maximum types of error listed for a label.
const MAX_TOP_ERRORS: usize = 5;

/// How many requests succeeded and failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Requests {
    /// Number of successful requests.
    pub ok: u64,
    /// Number of failed requests.
    pub ko: u64,
    /// Share of successful requests, 0 to 1.
    pub ok_ratio: Option<f64>,
    /// Share of failed requests, 0 to 1.
    pub ko_ratio: Option<f64>,
}

/// The most frequent errors of each label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TopErrors {
    /// One entry per label that the report shows and that has errors, in order of first appearance.
    pub labels: Vec<LabelErrors>,
    /// All labels together.
    pub total: LabelErrors,
}

/// The most frequent errors of one label, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LabelErrors {
    /// The label.
    pub label: String,
    /// Number of rows.
    pub rows: u64,
    /// Number of failed rows.
    pub errors: u64,
    /// The most frequent types of error, at most five; equally frequent ones by first occurrence.
    pub top: Vec<ErrorCount>,
}

/// One type of error and how often it occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorCount {
    /// The key, such as `500/Internal Server Error`.
    pub error: String,
    /// Number of failed rows.
    pub count: u64,
}

impl Requests {
    pub(super) fn new(samplers: &LabelStats) -> Self {
        let (all, ko, ok) = (samplers.samples, samplers.errors, samplers.successes());
        let ratio = |part: u64| (all > 0).then(|| part as f64 / all as f64);
        Requests {
            ok,
            ko,
            ok_ratio: ratio(ok),
            ko_ratio: ratio(ko),
        }
    }
}

impl TopErrors {
    pub(super) fn new(aggregate: &Aggregate, labels: &[Label<'_>], samplers: &LabelStats) -> Self {
        let mut of_all: Vec<(&[u8], ErrorStats)> = aggregate
            .errors()
            .iter()
            .map(|(error, &stats)| (error, stats))
            .collect();
        of_all.sort_by_key(|(_, stats)| (std::cmp::Reverse(stats.count), stats.first_position));
        TopErrors {
            labels: labels
                .iter()
                .map(|label| {
                    let errors = aggregate.errors_of(*label);
                    top_errors(&text::of(label.name), label.samplers, &errors)
                })
                .filter(|label| label.errors > 0)
                .collect(),
            total: top_errors(TOTAL, samplers, &of_all),
        }
    }
}

fn top_errors(label: &str, stats: &LabelStats, errors: &[(&[u8], ErrorStats)]) -> LabelErrors {
    LabelErrors {
        label: label.to_owned(),
        rows: stats.rows,
        errors: errors.iter().map(|(_, stats)| stats.count).sum(),
        top: errors
            .iter()
            .take(MAX_TOP_ERRORS)
            .map(|(error, stats)| ErrorCount {
                error: text::of(error).into_owned(),
                count: stats.count,
            })
            .collect(),
    }
}
