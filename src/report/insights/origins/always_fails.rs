//! A part of the run that fails every request, or nearly every one.

use serde::{Deserialize, Serialize};

use super::super::{Told, Totals, severity};
use super::parts::{Part, first_with, of_part, percent};
use super::steps;
use crate::format;

/// Most labels that the next step selects: with more, its command would fill the screen.
const MAX_SELECTED: usize = 10;

/// A label, host, load generator or thread group of which every request fails, or nearly every one; or
/// the whole run. Several of the same part are one finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AlwaysFails {
    /// What fails.
    pub part: Part,
    /// Its name; `None` for the run. Of several, the one with the most errors.
    pub name: Option<String>,
    /// Names of the others of the same part that fail like it, those with most errors first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Number of labels, hosts, load generators or thread groups in the run.
    pub parts: u64,
    /// Their samples.
    pub samples: u64,
    /// How many of these failed.
    pub errors: u64,
    /// The error of the failure that started first, such as `503/Service Unavailable`.
    pub first_error: Option<String>,
    /// Whether the run has rows of transaction controllers too: they are left out.
    #[serde(default)]
    pub beside_controllers: bool,
    /// Whether some hosts of the run differ only by their ports.
    #[serde(default)]
    pub told_by_port: bool,
}

impl AlwaysFails {
    /// Whether enough samples failed that hardly any can have come before the first failure.
    pub(in super::super) fn fails_nearly_all(&self) -> bool {
        const NEARLY_ALL: f64 = 0.97;
        self.part != Part::Run && self.errors as f64 >= self.samples as f64 * NEARLY_ALL
    }
}

impl Told for AlwaysFails {
    fn sentence(&self) -> String {
        let is_all = self.errors >= self.samples;
        let errors = format::thousands(self.errors);
        let samples = format::thousands(self.samples);
        let share = percent(self.errors, self.samples);
        let first = first_with(self.first_error.as_deref());
        let first = match self.errors {
            1 => first.replacen(", first with", ", with", 1),
            _ => first,
        };
        let count = 1 + self.others.len();
        if count > 1 {
            let parts = match self.part {
                Part::Engine => "load generators",
                Part::Host => "hosts",
                Part::ThreadGroup => "thread groups",
                Part::Label | Part::Run => "labels",
            };
            let (of, all) = (
                format::thousands(count as u64),
                format::thousands(self.parts),
            );
            let failed = match is_all {
                true => format!("fail every request: {errors} failed"),
                false => {
                    format!("fail nearly every request: {errors} of {samples} ({share}) failed")
                }
            };
            return format!("{of} of {all} {parts} {failed}{first}.");
        }
        let of = of_part(self.part, self.name.as_deref().unwrap_or_default());
        match is_all {
            true => format!("Every request{of} failed: {errors} of {samples}{first}."),
            false => {
                format!("Nearly every request{of} failed: {errors} of {samples} ({share}){first}.")
            }
        }
    }

    fn next_step(&self) -> Vec<String> {
        let names = || self.name.iter().chain(&self.others);
        match self.part {
            Part::Label if names().count() > MAX_SELECTED => Vec::new(),
            Part::Label => steps::labels(names(), self.beside_controllers),
            part => steps::group_by(part, self.told_by_port, self.beside_controllers),
        }
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.errors) * severity::FAILED
    }
}
