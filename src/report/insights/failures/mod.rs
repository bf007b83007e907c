//! Failures: when, which, and what they do to the figures.

mod error_bursts;
mod fast_errors;

use super::course::Course;
use super::{Evidence, Finding};

pub use error_bursts::ErrorBurst;
pub use fast_errors::FastErrors;

#[cfg(test)]
pub(super) use fast_errors::tests::of as label_of;

/// Finds failures.
pub(super) fn find(evidence: &Evidence<'_>, course: &Course) -> Vec<Finding> {
    let fast = fast_errors::find(evidence.samplers).map(Finding::FastErrors);
    let bursts = error_bursts::find(course, evidence.aggregate, evidence.series);
    let mut found: Vec<Finding> = fast.into_iter().collect();
    found.extend(bursts.into_iter().map(Finding::ErrorBurst));
    found
}
