//! The evidence for a change: an estimate, and an interval for any error probability.

use serde::Serialize;

use super::Interval;

/// How a change was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Phase by phase, over the same time slices of both runs.
    Paired,
    /// Each run as a whole, because it is too short or has no slices.
    Unpaired,
    /// By the figures of several runs per side.
    BetweenRuns,
}

/// Maps an error probability `alpha` to the interval of a change, outside of which the true change
/// lies with that probability.
pub type IntervalOf<'a> = Box<dyn Fn(f64) -> Interval + 'a>;

/// The evidence for one change.
pub struct Evidence<'a> {
    /// How it was judged.
    pub method: Method,
    /// The change, in the figure's unit.
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: IntervalOf<'a>,
    /// The interval that it would have if all samples were independent; `None` if unknown.
    pub independent: Option<IntervalOf<'a>>,
}
