//! Load: how throughput and response times follow the number of threads.

mod knee;
mod schedule;
mod steady;

use super::Finding;
use super::course::Course;

pub use knee::Knee;
pub use schedule::LateGenerator;
pub use steady::SteadyWindow;

/// Finds how the run responds to its load. If `is_doubled`, some waiting time counts twice.
pub(super) fn find(course: &Course, is_doubled: bool) -> Vec<Finding> {
    let late = match is_doubled {
        true => None,
        false => schedule::find(course),
    };
    let found = [
        late.map(Finding::LateGenerator),
        knee::find(course).map(Finding::Knee),
        steady::find(course).map(Finding::SteadyWindow),
    ];
    found.into_iter().flatten().collect()
}
