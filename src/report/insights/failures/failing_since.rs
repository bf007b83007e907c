//! Failures that begin at a moment and last until the end of the run.

use serde::{Deserialize, Serialize};

use super::super::course::Course;
use super::super::origins::{group_by, of_part};
use super::super::words;
use super::super::{Part, Told, Totals, severity};
use super::steps;
use super::words::{first_with, shortest, subject};
use crate::format;

/// Smallest error rate before that is worth a word.
const MIN_RATIO_BEFORE: f64 = 0.005;

/// From a moment on, far more samples fail than before, until the end of the run.
///
/// All figures are of the samples that start at `start_ms` or later, and before `end_ms` if that is
/// given: `--from` and `--to` select the same. A few samples of the last threads may have succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailingSince {
    /// What fails.
    pub part: Part,
    /// Its name; `None` for the whole run. Of several labels that fail since the same time, the one with
    /// the most errors.
    pub name: Option<String>,
    /// The names of the other labels that fail since then. The figures include them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Since when, epoch ms: the start of the first failure if every sample failed from then on, or else of
    /// the slice of time that contains it. Hundreds of slices make up the run.
    pub start_ms: i64,
    /// The same, ms since the start of the run.
    pub since_start_ms: i64,
    /// Until when, epoch ms, if the run has samples at stray times.
    #[serde(default)]
    pub end_ms: Option<i64>,
    /// Active threads at that moment: the mean in the bucket of the time series that contains it, to the
    /// nearest integer. `None` if unknown.
    pub threads: Option<u64>,
    /// Samples since then.
    pub samples: u64,
    /// Failed samples since then.
    pub errors: u64,
    /// Share of the samples before then that failed, 0 to 1.
    pub ratio_before: f64,
    /// The error of the failed sample that started first of those since then, such as
    /// `503/Service Unavailable`.
    pub first_error: Option<String>,
    /// Start of that sample, epoch ms.
    #[serde(default)]
    pub first_error_ms: i64,
    /// Whether the figures leave out rows of transaction controllers.
    #[serde(default)]
    pub is_without_controllers: bool,
    /// Whether some hosts of the run differ only by their ports.
    #[serde(default)]
    pub told_by_port: bool,
}

impl Told for FailingSince {
    fn sentence(&self) -> String {
        let moment = words::moment(self.since_start_ms, self.start_ms);
        let with_threads = self.threads.map(|threads| {
            let threads = words::threads(threads as f64);
            match moment.strip_suffix(')') {
                Some(moment) => format!("{moment}, {threads})"),
                None => format!("{moment} ({threads})"),
            }
        });
        let failed = match self.errors == self.samples {
            true => format!("all {}", format::thousands(self.errors)),
            false => format!(
                "{} of {}",
                format::thousands(self.errors),
                format::thousands(self.samples)
            ),
        };
        let before = match self.ratio_before {
            ratio if ratio >= MIN_RATIO_BEFORE => {
                format!(" ({} before)", format::brief_percent(ratio))
            }
            _ => String::new(),
        };
        let first = first_with(self.first_error.as_deref());
        let subject = |is_brief| match (self.part, &self.name) {
            (Part::Run | Part::Label, name) => subject(name.as_deref(), &self.others, is_brief),
            (part, name) => format!(
                "requests{}",
                of_part(part, name.as_deref().unwrap_or_default())
            ),
        };
        let say = |moment: &str, is_brief: bool, before: &str, first: &str| {
            format!(
                "From {moment} on, {failed} {} failed{before}{first}.",
                subject(is_brief)
            )
        };
        let full = with_threads.as_deref().unwrap_or(&moment);
        shortest(&[
            say(full, false, &before, &first),
            say(full, true, &before, &first),
            say(&moment, true, &before, &first),
            say(&moment, true, "", &first),
            say(&moment, true, &before, ""),
            say(&moment, true, "", ""),
        ])
    }

    fn next_step(&self) -> Vec<String> {
        let time = (Some(self.start_ms), self.end_ms);
        let names = self.name.iter().chain(&self.others);
        match self.part {
            Part::Run | Part::Label => steps::of(names, time, self.is_without_controllers),
            part => {
                let mut step = group_by(part, self.told_by_port, false);
                step.extend(steps::of([], time, self.is_without_controllers));
                step
            }
        }
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.errors) * severity::FAILED
    }
}

impl FailingSince {
    /// Returns the number of threads at a moment.
    pub(super) fn threads_at(course: &Course, time_ms: i64) -> Option<u64> {
        let before = course
            .moments
            .partition_point(|moment| moment.start_ms <= time_ms);
        let threads = course.moments.get(before.checked_sub(1)?)?.threads?;
        Some(threads.round().max(0.0) as u64)
    }
}
