//! The results of the criteria that a run was evaluated against.

use serde::{Deserialize, Serialize};

/// The result of one criterion for one label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CriterionResult {
    /// The criterion: the condition under which a run fails, such as `p95 > 500ms`.
    pub text: String,
    /// The label that it was evaluated for; `TOTAL` for all labels together.
    pub label: String,
    /// What was found: the value of the metric or, for a sustained criterion, for how long the
    /// condition held; `None` if it never held.
    pub found: Option<Found>,
    /// Whether the run fails because the condition holds.
    pub is_failed: bool,
    /// Whether it could not be judged, so that the run neither passes nor fails it.
    #[serde(default)]
    pub is_undecided: bool,
    /// What was found, or why it could not be judged, in words.
    pub message: String,
    /// How many rows of the run were rejected, in words; `None` without any.
    #[serde(default)]
    pub note: Option<String>,
}

impl CriterionResult {
    /// Returns the message and the note.
    pub fn in_words(&self) -> String {
        match &self.note {
            Some(note) if !self.is_undecided => format!("{}; {note}", self.message),
            _ => self.message.clone(),
        }
    }

    /// Returns "failed", "passed" or "not judged".
    pub fn verdict(&self) -> &'static str {
        match (self.is_undecided, self.is_failed) {
            (true, _) => "not judged",
            (false, true) => "failed",
            (false, false) => "passed",
        }
    }
}

/// A number and its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Found {
    /// The number, not rounded.
    pub value: f64,
    /// The unit, such as `ms`; empty for a plain number.
    pub unit: String,
}
