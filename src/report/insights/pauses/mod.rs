//! Pauses: times in which requests waited, or none were sent.

mod clocks;
mod gap;
mod stalls;

use super::Finding;
use super::course::Course;
use crate::jtl::InputRead;
use crate::stats::DenseTimeline;

pub use clocks::ClocksApart;
pub use gap::Gap;
pub use stalls::PeriodicStalls;

/// Finds times in which requests waited.
pub(super) fn find(course: &Course) -> Vec<Finding> {
    let stalls = stalls::find(course).into_iter();
    stalls.map(Finding::PeriodicStalls).collect()
}

/// Finds a time in which nothing was sent.
pub(super) fn gap(course: &Course) -> Option<Finding> {
    gap::find(course).map(Finding::Gap)
}

/// Finds a load generator whose clock is off.
pub(super) fn clocks_apart(timeline: &DenseTimeline, inputs: &[InputRead]) -> Option<Finding> {
    clocks::find(timeline, inputs).map(Finding::ClocksApart)
}
