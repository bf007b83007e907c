//! The results of the criteria that a run was evaluated against.

use serde::{Deserialize, Serialize};

/// The result of one criterion for one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// What was found, in words.
    pub message: String,
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
