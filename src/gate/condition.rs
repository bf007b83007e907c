//! The condition of a criterion for one row, with what rejected rows leave open.

use super::criterion::{Criterion, Op};
use super::metric::{Metric, Statistic};
use super::range::Range;
use super::value::with_unit;
use crate::report::Found;

/// A condition for one row.
pub(super) struct Condition<'a> {
    pub metric: &'a Metric,
    pub op: Op,
    /// The value that the metric is compared with.
    pub limit: f64,
    /// What that value may be, if rows of the baseline were rejected.
    pub limits: Range,
    /// Number of samples that the rejected rows of the run may stand for.
    pub rejected: u64,
}

impl<'a> Condition<'a> {
    /// The condition of a criterion, with its limit.
    pub fn new(criterion: &'a Criterion, (limit, limits): (f64, Range), rejected: u64) -> Self {
        Condition {
            metric: &criterion.metric,
            op: criterion.op,
            limit,
            limits,
            rejected,
        }
    }

    /// Whether it holds for a value.
    pub fn holds(&self, value: f64) -> bool {
        self.op.holds(value, self.limit)
    }

    /// Whether rows were rejected that it could depend on.
    pub fn is_uncertain(&self) -> bool {
        self.rejected > 0 || self.limits != Range::exactly(self.limit)
    }

    /// Whether it may hold for a value in this range.
    pub fn may_hold(&self, range: Range) -> bool {
        range.may_hold(self.op, self.limits)
    }

    /// Which samples the metric is of over time, if not of all.
    pub fn of_samples(&self) -> &'static str {
        match self.metric {
            Metric::Elapsed(Statistic::Percentile(_)) => " of successful samples",
            _ => "",
        }
    }

    /// The condition over time, in words.
    pub fn in_words(&self) -> String {
        let of = self.of_samples();
        let limit = with_unit(self.limit, self.metric.unit());
        format!("{}{of} {} {limit}", self.metric, self.op.symbol())
    }

    /// Says what the metric and the limit could be, in the direction that matters for the condition.
    pub fn could_be(&self, range: Range) -> String {
        let is_upper = match self.op {
            Op::Greater | Op::GreaterOrEqual => Some(true),
            Op::Less | Op::LessOrEqual => Some(false),
            Op::Equal | Op::NotEqual => None,
        };
        let metric = self.extent(range, is_upper);
        let metric = metric.map(|extent| format!("{} could be {extent}", self.metric));
        let limit = self.extent(self.limits, is_upper.map(|is_upper| !is_upper));
        let limit = limit.map(|extent| format!("the limit could be {extent}"));
        let parts: Vec<String> = [metric, limit].into_iter().flatten().collect();
        parts.join(", and ")
    }

    /// Says how far a range reaches: upwards, downwards or both. `None` if it is one value.
    fn extent(&self, range: Range, is_upper: Option<bool>) -> Option<String> {
        let shown = |value: f64| with_unit(value, self.metric.unit());
        (range.low != range.high).then(|| match (is_upper, range.high.is_infinite()) {
            (Some(false), _) => format!("as low as {}", shown(range.low)),
            (Some(true), true) => "of any length".to_owned(),
            (Some(true), false) => format!("as high as {}", shown(range.high)),
            (None, true) => format!("{} or more", shown(range.low)),
            (None, false) => format!("from {} to {}", shown(range.low), shown(range.high)),
        })
    }
}

/// The result of judging a condition for one row.
#[derive(Debug)]
pub(super) struct Judged {
    /// The value found, or how long the condition held; `None` if it never did.
    pub found: Option<Found>,
    /// Whether the run fails.
    pub is_failed: bool,
    /// What was found, in words.
    pub message: String,
    /// What the rejected rows could change about a pass, in words.
    pub doubt: Option<String>,
}
