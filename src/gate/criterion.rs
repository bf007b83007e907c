//! A criterion: the condition under which a run fails.

use std::fmt;

use regex::bytes::Regex;

use super::metric::Metric;
use super::value::Quantity;
use crate::percentile::Percentile;

/// The condition under which a run fails: `[label or /regex/:] metric op value [for time]`.
///
/// It is shown in the form that it is parsed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Whose metric.
    pub target: Target,
    /// Which.
    pub metric: Metric,
    /// How it compares with the limit when the run fails.
    pub op: Op,
    /// What it compares with.
    pub limit: Limit,
    /// How long the condition must hold at a stretch; `None` for the metric of the whole run.
    pub sustained: Option<Quantity>,
}

/// Whose metric a criterion is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// All labels together.
    Total,
    /// One label, character by character; `TOTAL` is all together.
    Label(String),
    /// Each label in which a regular expression finds something.
    Pattern(Pattern),
}

/// A regular expression; two are equal if they are written alike.
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
    /// Every one.
    pub const ALL: [Op; 6] = [
        Op::Greater,
        Op::GreaterOrEqual,
        Op::Less,
        Op::LessOrEqual,
        Op::Equal,
        Op::NotEqual,
    ];

    /// As written.
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

    /// Whether it holds, of numbers as computed, before any rounding for a table.
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

/// What a metric compares with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A value.
    Value(Quantity),
    /// The same figure of the baseline, changed by this much.
    Baseline(Option<(Arithmetic, Quantity)>),
}

/// How a baseline's figure is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `*`, by a plain number.
    Times,
    /// `+`, in the metric's unit.
    Plus,
    /// `-`, in the metric's unit.
    Minus,
}

impl Arithmetic {
    /// As written.
    pub fn symbol(self) -> char {
        match self {
            Arithmetic::Times => '*',
            Arithmetic::Plus => '+',
            Arithmetic::Minus => '-',
        }
    }
}

impl Criterion {
    /// The percentile that the report must have computed: those of the whole run's elapsed times
    /// come from the distribution, all others are there only if they were asked for.
    pub fn needs_computed(&self) -> Option<Percentile> {
        match self.metric {
            Metric::Elapsed(_) if self.sustained.is_none() => None,
            metric => metric.percentile(),
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Total => {}
            Target::Label(label) => write!(f, "{label}: ")?,
            Target::Pattern(Pattern(regex)) => write!(f, "/{regex}/: ")?,
        }
        write!(f, "{} {} {}", self.metric, self.op.symbol(), self.limit)?;
        match self.sustained {
            Some(time) => write!(f, " for {time}"),
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
