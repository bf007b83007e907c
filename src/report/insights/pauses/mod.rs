//! Pauses: times in which requests waited, or none were sent.

mod clocks;
mod gap;
mod rhythm;
mod silence;
mod stall;
mod stalls;

use super::Finding;
use super::course::Course;
use crate::format;
use crate::jtl::InputRead;
use crate::report::ResourceRow;
use crate::stats::DenseTimeline;

pub use clocks::ClocksApart;
pub use gap::Gap;
pub use stall::Stall;
pub use stalls::PeriodicStalls;

/// Largest stall without a rhythm, in lengths of the periodic ones, that these explain.
const MAX_EXPLAINED: i64 = 3;

/// Finds times in which requests waited; `monitored` are the rows of the server's monitor.
pub(super) fn find(course: &Course, monitored: &[ResourceRow]) -> Vec<Finding> {
    let periodic = stalls::find(course);
    let stall = stall::find(course, monitored).filter(|stall| {
        let explained = |periodic: &PeriodicStalls| {
            stall.longest_ms <= periodic.longest_ms.saturating_mul(MAX_EXPLAINED)
        };
        !periodic.as_ref().is_some_and(explained)
    });
    let periodic = periodic.map(Finding::PeriodicStalls);
    periodic
        .into_iter()
        .chain(stall.map(Finding::Stall))
        .collect()
}

/// Finds a time in which nothing was sent.
pub(super) fn gap(course: &Course) -> Option<Finding> {
    gap::find(course).map(Finding::Gap)
}

/// Finds a load generator whose clock is off.
pub(super) fn clocks_apart(timeline: &DenseTimeline, inputs: &[InputRead]) -> Option<Finding> {
    clocks::find(timeline, inputs).map(Finding::ClocksApart)
}

/// Writes a moment for `--from` or `--to`: `2023-11-14T22:15:00.250Z`.
fn moment_option(time_ms: i64) -> String {
    // One beyond the calendar stays a number, which the options take too.
    let text = format::utc_ms(time_ms);
    match text.strip_suffix(" UTC") {
        Some(moment) => moment.replacen(' ', "T", 1).replace(".000", "") + "Z",
        None => text,
    }
}
