//! Load: how throughput and response times follow the number of threads.

mod collapse;
mod drift;
mod low_load;
mod rise;
mod rises;
mod saturation;
mod schedule;
mod steady;
mod window;

use self::rise::{Climb, Rise};
use self::steady::Whole;
use super::course::Course;
use super::{Evidence, Finding};

pub use collapse::Collapse;
pub use drift::Drift;
pub use low_load::LowLoad;
pub use rises::RisesWithLoad;
pub use saturation::SaturatedThroughput;
pub use schedule::LateGenerator;
pub use steady::SteadyWindow;

/// Finds how the run responds to its load. If `is_doubled`, some waiting time counts twice.
pub(super) fn find(evidence: &Evidence<'_>, course: &Course, is_doubled: bool) -> Vec<Finding> {
    let late = match is_doubled {
        true => None,
        false => schedule::find(course).map(Finding::LateGenerator),
    };
    let steady = whole(evidence)
        .and_then(|whole| steady::find(course, evidence.aggregate.periods(), whole))
        .map(Finding::SteadyWindow);
    let drift = drift::find(evidence, course).map(Finding::Drift);
    let under_load = under_load(course);
    // Threads that wait for a saturated server are not the load generator's fault.
    let late = late.filter(|_| under_load.is_none());
    // A server under load has enough of it, however many users took turns.
    let low = low(evidence).filter(|_| under_load.is_none());
    let found = [late, under_load, drift, steady, low];
    found.into_iter().flatten().collect()
}

/// Finds almost no load, which needs no course of the run: thread names and numbers of threads suffice.
pub(super) fn low(evidence: &Evidence<'_>) -> Option<Finding> {
    low_load::find(evidence.aggregate).map(Finding::LowLoad)
}

/// Finds what happens as the number of threads grows. A collapse is saturation too, and in both times
/// rise: only the most serious is reported.
fn under_load(course: &Course) -> Option<Finding> {
    let climb = Climb::of(course)?;
    let rise = Rise::of(course, &climb);
    let rise = rise.as_ref();
    let collapse = || collapse::find(course, rise?).map(Finding::Collapse);
    let saturation = || saturation::find(course, rise?).map(Finding::Saturation);
    let rises = || rises::find(course, rise, &climb).map(Finding::RisesWithLoad);
    collapse().or_else(saturation).or_else(rises)
}

/// Returns the figures of the whole run as the aggregate table has them. Stray times spoil them.
fn whole(evidence: &Evidence<'_>) -> Option<Whole> {
    let total = evidence
        .rows
        .last()
        .filter(|_| evidence.stray_times.is_none())?;
    Some(Whole {
        samples: total.samples,
        throughput: total.throughput?,
    })
}
