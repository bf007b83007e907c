//! The model of a criterion.

use std::fmt;

use regex::bytes::Regex;

use super::metric::Metric;
use super::value::Quantity;
use crate::percentile::Percentile;
use crate::report::TOTAL;

/// The condition under which a run fails: `[label or /regex/:] metric op value [for|over|within time]`.
///
/// Its `Display` form parses back to the same criterion.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Criterion {
    /// Which labels it is about.
    pub scope: Scope,
    /// The metric that it limits.
    pub metric: Metric,
    /// The comparison of the metric with the limit: if it holds, the run fails.
    pub op: Op,
    /// The value that the metric is compared with.
    pub limit: Limit,
    /// The part of the run that it is about; `None` for the whole run.
    pub timing: Option<Timing>,
}

/// Which part of a run a criterion is about: any that is this long.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Timing {
    /// The condition must hold in every bucket for this time, without a break.
    For(Quantity),
    /// The condition must hold for the metric of all samples of a window of this length.
    Over(Quantity),
    /// The same; the windows at the start of the run are shorter.
    Within(Quantity),
}

impl Timing {
    /// Returns the keyword.
    pub fn word(self) -> &'static str {
        match self {
            Timing::For(_) => "for",
            Timing::Over(_) => "over",
            Timing::Within(_) => "within",
        }
    }

    /// Returns the time.
    pub fn time(self) -> Quantity {
        match self {
            Timing::For(time) | Timing::Over(time) | Timing::Within(time) => time,
        }
    }

    /// Returns the timing with this keyword, if it is one.
    pub(super) fn named(word: &str) -> Option<fn(Quantity) -> Timing> {
        match word {
            "for" => Some(Timing::For),
            "over" => Some(Timing::Over),
            "within" => Some(Timing::Within),
            _ => None,
        }
    }
}

/// The labels that a criterion is about.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Scope {
    /// All labels together.
    Total,
    /// One label, spelled exactly; `TOTAL` means all labels together.
    Label(String),
    /// Each label that a regular expression matches anywhere.
    Pattern(Pattern),
}

/// A regular expression; two are equal if their source text is.
#[derive(Debug, Clone)]
pub struct Pattern(pub Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Op {
    /// All comparisons, in the order in which messages list them.
    pub const ALL: [Op; 6] = [
        Op::Greater,
        Op::GreaterOrEqual,
        Op::Less,
        Op::LessOrEqual,
        Op::Equal,
        Op::NotEqual,
    ];

    /// Returns the symbol, such as `>=`.
    pub fn symbol(self) -> &'static str {
        match self {
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
            Op::Less => "<",
            Op::LessOrEqual => "<=",
            Op::Equal => "==",
            Op::NotEqual => "!=",
        }
    }

    /// Whether `found` compares with `limit` like this. Both are exact, not rounded for a table.
    pub fn holds(self, found: f64, limit: f64) -> bool {
        match self {
            Op::Greater => found > limit,
            Op::GreaterOrEqual => found >= limit,
            Op::Less => found < limit,
            Op::LessOrEqual => found <= limit,
            Op::Equal => found == limit,
            Op::NotEqual => found != limit,
        }
    }
}

/// The value that a metric is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A fixed value.
    Value(Quantity),
    /// The same metric of the baseline, changed by this much.
    Baseline(Option<(Arithmetic, Quantity)>),
}

/// How a baseline's value is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `*`, with a factor without unit.
    Times,
    /// `+`, with a value in the metric's unit.
    Plus,
    /// `-`, with a value in the metric's unit.
    Minus,
}

impl Arithmetic {
    /// Returns the symbol, such as `*`.
    pub fn symbol(self) -> char {
        match self {
            Arithmetic::Times => '*',
            Arithmetic::Plus => '+',
            Arithmetic::Minus => '-',
        }
    }
}

impl Criterion {
    /// Whether it is about all labels together.
    pub(super) fn is_of_total(&self) -> bool {
        match &self.scope {
            Scope::Total => true,
            Scope::Label(label) => label == TOTAL,
            Scope::Pattern(_) => false,
        }
    }

    /// Returns the percentile that `--percentiles` must include for this criterion, if any. Elapsed
    /// percentiles of the whole run and of a window come from distributions; all others must be computed
    /// on request.
    pub fn needs_computed(&self) -> Option<Percentile> {
        match &self.metric {
            Metric::Elapsed(_) if !matches!(self.timing, Some(Timing::For(_))) => None,
            metric => metric.percentile(),
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Scope::Total => {}
            Scope::Label(label) => write!(f, "{label}: ")?,
            Scope::Pattern(Pattern(regex)) => write!(f, "/{regex}/: ")?,
        }
        write!(f, "{} {} {}", self.metric, self.op.symbol(), self.limit)?;
        match self.timing {
            Some(timing) => write!(f, " {} {}", timing.word(), timing.time()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Value(quantity) => quantity.fmt(f),
            Limit::Baseline(None) => f.write_str("baseline"),
            Limit::Baseline(Some((arithmetic, quantity))) => {
                write!(f, "baseline {} {quantity}", arithmetic.symbol())
            }
        }
    }
}
