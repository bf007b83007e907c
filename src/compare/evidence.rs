//! What is known of a change: an estimate, and an interval for any doubt.

use serde::Serialize;

use super::Interval;

/// How a change was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Phase by phase, over the same slices of both runs.
    Paired,
    /// Each run as a whole: it is too short, or has no slices.
    Unpaired,
    /// By the figures of several runs on each side.
    BetweenRuns,
}

/// An interval of a change by its doubt: the probability that the change lies outside.
pub type IntervalOf<'a> = Box<dyn Fn(f64) -> Interval + 'a>;

/// What is known of one change.
pub struct Evidence<'a> {
    /// How it was judged.
    pub method: Method,
    /// The change, in the figure's unit.
    pub estimate: f64,
    /// Its interval.
    pub interval: IntervalOf<'a>,
    /// The interval that it would have if all samples were independent; `None` if that is not
    /// known.
    pub independent: Option<IntervalOf<'a>>,
}
