//! Pauses: times in which requests waited, or none were sent.

mod clocks;
mod gap;
mod rhythm;
mod silence;
mod stall;
mod stalls;

use super::course::Course;
use super::{Evidence, Finding, times};
use crate::format;
use crate::jtl::InputRead;
use crate::stats::{DenseTimeline, Label};

pub use clocks::ClocksApart;
pub use gap::Gap;
pub use stall::Stall;
pub use stalls::PeriodicStalls;

/// Largest stall without a rhythm, in lengths of the periodic ones, that these explain.
const MAX_EXPLAINED: i64 = 3;

/// Share of a label's samples that take as long as a stall from which that is usual for the label.
const MIN_USUAL_SHARE: f64 = 0.2;

/// The same, as a ratio to the share of all samples: a stall holds up all labels alike.
const MIN_RATIO_TO_ALL: f64 = 2.0;

/// How many times as long as usual, all together, the samples of other labels take that end after a stall
/// of which slow labels are no explanation.
const MIN_WAIT_OF_OTHERS: f64 = 3.0;

/// How many of them must have waited for half of the stall, at least.
const MIN_OTHERS_HELD_UP: f64 = 5.0;

/// Finds times in which requests waited.
pub(super) fn find(course: &Course, evidence: &Evidence<'_>) -> Vec<Finding> {
    let labels = evidence.labels;
    let periodic = stalls::find(course).filter(|found| !are_slow_labels(labels, found.held_up_ms));
    let stall = stall::find(course, evidence.monitored).filter(|stall| {
        let explained = |periodic: &PeriodicStalls| {
            stall.longest_ms <= periodic.longest_ms.saturating_mul(MAX_EXPLAINED)
        };
        let are_others = |are_slow: Vec<bool>| are_others_held_up(course, stall, labels, &are_slow);
        !periodic.as_ref().is_some_and(explained)
            && slow_labels(labels, stall.held_up_ms).is_none_or(are_others)
    });
    let periodic = periodic.map(Finding::PeriodicStalls);
    periodic
        .into_iter()
        .chain(stall.map(Finding::Stall))
        .collect()
}

/// Whether most samples as long as this are of labels that are often as slow, and more often than others:
/// users that go in step wait for them together.
fn are_slow_labels(labels: &[Label<'_>], held_up: i64) -> bool {
    slow_labels(labels, held_up).is_some()
}

/// Returns which labels are often as slow as this, and more often than others, if most samples as long are
/// of them.
fn slow_labels(labels: &[Label<'_>], held_up: i64) -> Option<Vec<bool>> {
    let counts: Vec<(u64, u64)> = labels
        .iter()
        .map(|label| {
            let counts = label.samplers.distributions().elapsed().counts();
            (times::count_from(&counts, held_up), times::count(&counts))
        })
        .collect();
    let long: u64 = counts.iter().map(|(long, _)| long).sum();
    let all: u64 = counts.iter().map(|(_, all)| all).sum();
    let usual_share = (long as f64 / all.max(1) as f64 * MIN_RATIO_TO_ALL).max(MIN_USUAL_SHARE);
    let are_slow = (counts.iter()).map(|&(long, all)| long as f64 >= all as f64 * usual_share);
    let are_slow: Vec<bool> = are_slow.collect();
    let slow = counts
        .iter()
        .zip(&are_slow)
        .filter(|(_, is_slow)| **is_slow);
    let of_slow: u64 = slow.map(|((long, _), _)| long).sum();
    (of_slow > long / 2).then_some(are_slow)
}

/// Whether the samples of other labels than the slow ones waited for a stall as well.
fn are_others_held_up(
    course: &Course,
    stall: &Stall,
    labels: &[Label<'_>],
    are_slow: &[bool],
) -> bool {
    let others = labels.iter().zip(are_slow);
    let others: Vec<usize> = others
        .filter(|(label, is_slow)| label.samplers.samples > 0 && !**is_slow)
        .map(|(label, _)| label.number)
        .collect();
    let sum = |is_counted: &dyn Fn(i64) -> bool| {
        let moments = (course.moments.iter()).filter(|moment| is_counted(moment.start_ms));
        let own = moments.flat_map(|moment| {
            others
                .iter()
                .filter_map(|&number| moment.labels.get(number))
        });
        own.fold((0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1))
    };
    let is_released = |time: i64| (stall.from_ms..stall.to_ms).contains(&time);
    let (samples, waited) = sum(&is_released);
    let (all, elapsed) = sum(&|time| !is_released(time));
    let usual = samples as f64 * elapsed / all.max(1) as f64;
    let longest = stall.length_ms as f64;
    waited >= usual * MIN_WAIT_OF_OTHERS && waited - usual >= MIN_OTHERS_HELD_UP * longest / 2.0
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
