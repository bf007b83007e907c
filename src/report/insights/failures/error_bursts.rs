//! Error bursts: when they happen, how large they are, and how they begin.

use serde::{Deserialize, Serialize};

use super::super::words;
use super::super::{Told, Totals, severity};
use super::steps;
use super::words::{first_with, percent_of, shortest, subject};
use crate::format;

/// Smallest error rate outside of bursts that is worth a word.
const MIN_RATIO_OTHERWISE: f64 = 0.005;

/// A time in which far more samples failed than otherwise in the run, and after which they no longer do.
///
/// All figures are of the samples that start at `start_ms` or later, and before `start_ms` plus
/// `length_ms`: `--from` and `--to` select the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorBurst {
    /// Start, epoch ms: that of a slice of time, hundreds of which make up the run. If nothing succeeded
    /// before all failures were over, that of the first failure, and the length is to the start of the last.
    pub start_ms: i64,
    /// The same, ms since the start of the run.
    pub since_start_ms: i64,
    /// Length, ms.
    pub length_ms: i64,
    /// Failed samples.
    pub errors: u64,
    /// All samples in that time.
    pub samples: u64,
    /// Error rate in the rest of the run, without the other bursts, 0 to 1.
    pub error_ratio_otherwise: f64,
    /// The error of the failed sample that started first, such as `503/Service Unavailable`.
    pub first_error: Option<String>,
    /// Start of that sample, epoch ms.
    #[serde(default)]
    pub first_error_ms: i64,
    /// The label that failed, of several the one with the most errors; `None` if the whole run did.
    pub label: Option<String>,
    /// The other labels that failed. The figures include them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Number of bursts in the run.
    pub bursts: u64,
    /// Whether the figures leave out rows of transaction controllers.
    #[serde(default)]
    pub is_without_controllers: bool,
}

impl ErrorBurst {
    fn end_ms(&self) -> i64 {
        self.start_ms.saturating_add(self.length_ms)
    }
}

impl Told for ErrorBurst {
    fn sentence(&self) -> String {
        let span = words::span(self.since_start_ms, self.start_ms, self.end_ms());
        let ratio = self.errors as f64 / self.samples.max(1) as f64;
        let share = match ratio {
            _ if self.errors == self.samples => {
                format!("all {}", format::thousands(self.samples))
            }
            ratio => format!("{} of", percent_of(ratio)),
        };
        let first = first_with(self.first_error.as_deref());
        let otherwise = match self.error_ratio_otherwise {
            ratio if ratio >= MIN_RATIO_OTHERWISE => {
                format!(" ({} otherwise)", format::brief_percent(ratio))
            }
            _ => String::new(),
        };
        let one_of = match self.bursts {
            ..=1 => String::new(),
            bursts => format!("; one of {bursts} bursts"),
        };
        let say = |is_brief: bool, otherwise: &str, first: &str| {
            let subject = subject(self.label.as_deref(), &self.others, is_brief);
            format!("{span}: {share} {subject} failed{otherwise}{first}{one_of}.")
        };
        shortest(&[
            say(false, &otherwise, &first),
            say(true, &otherwise, &first),
            say(true, "", &first),
            say(true, &otherwise, ""),
            say(true, "", ""),
        ])
    }

    fn next_step(&self) -> Vec<String> {
        steps::of(
            self.label.iter().chain(&self.others),
            (Some(self.start_ms), Some(self.end_ms())),
            self.is_without_controllers,
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.errors) * severity::FAILED
    }
}
