//! What became of the criteria that a run was held to.

use serde::{Deserialize, Serialize};

/// One criterion, for one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CriterionResult {
    /// The criterion: the condition that a run must not meet, such as `p95 > 500ms`.
    pub text: String,
    /// The label it was held against; `TOTAL` for all together.
    pub label: String,
    /// What was found: the metric's value, or for how long the condition held where it must hold
    /// for some time; `None` if it held at no time.
    pub found: Option<Found>,
    /// Whether the condition is met: the run fails.
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
    /// Such as `ms`; empty for a plain number.
    pub unit: String,
}
