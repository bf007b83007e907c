//! The metrics that a criterion can limit, and their units.

use std::fmt;

use super::codes::CodePattern;
use super::column::ColumnMetric;
use super::value::Unit;
use crate::percentile::Percentile;

/// A metric of a run or of a label.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Metric {
    /// Number of samples.
    Count,
    /// Number of failed samples.
    Errors,
    /// Failed samples, in percent of all.
    ErrorPercent,
    /// Number of samples with a response code.
    Codes(CodePattern),
    /// Samples with a response code, in percent of all.
    CodesPercent(CodePattern),
    /// A statistic of the elapsed time, ms.
    Elapsed(Statistic),
    /// Smallest elapsed time, ms.
    Min,
    /// Largest elapsed time, ms.
    Max,
    /// Population standard deviation of the elapsed time, ms.
    StdDev,
    /// Samples per second.
    Throughput,
    /// Successful samples per second.
    Goodput,
    /// KB received per second.
    Received,
    /// KB sent per second.
    Sent,
    /// A statistic of the latency, ms.
    Latency(Statistic),
    /// A statistic of the connect time, ms.
    Connect(Statistic),
    /// A statistic of a column that `--metric` names, in the unit of the column.
    Column(ColumnMetric),
    /// Apdex, 0 to 1.
    Apdex,
    /// Number of rejected rows, without a last row cut short.
    Rejected,
    /// Rejected rows, in percent of those read.
    RejectedPercent,
    /// Number of repaired rows.
    Repaired,
    /// Repaired rows, in percent of those read.
    RepairedPercent,
}

/// A statistic of a distribution of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Arithmetic mean, not truncated.
    Average,
    /// Percentile, by JMeter's definition of the rank.
    Percentile(Percentile),
}

/// The names of all metrics, as messages list them; `pNN` stands for any percentile, `rcCODE` for any
/// response code.
pub(super) const NAMES: [&str; 25] = [
    "count",
    "errors",
    "error%",
    "rcCODE",
    "rcCODE%",
    "avg",
    "min",
    "max",
    "stddev",
    "pNN",
    "throughput",
    "goodput",
    "received",
    "sent",
    "latency.avg",
    "latency.pNN",
    "connect.avg",
    "connect.pNN",
    "COLUMN.avg",
    "COLUMN.pNN",
    "apdex",
    "rejected",
    "rejected%",
    "repaired",
    "repaired%",
];

impl Metric {
    /// Returns the metric called `name`, such as `latency.p99`.
    pub fn named(name: &str) -> Option<Self> {
        let metric = match name {
            "count" => Metric::Count,
            "errors" => Metric::Errors,
            "error%" => Metric::ErrorPercent,
            "min" => Metric::Min,
            "max" => Metric::Max,
            "stddev" => Metric::StdDev,
            "throughput" => Metric::Throughput,
            "goodput" => Metric::Goodput,
            "received" => Metric::Received,
            "sent" => Metric::Sent,
            "apdex" => Metric::Apdex,
            "rejected" => Metric::Rejected,
            "rejected%" => Metric::RejectedPercent,
            "repaired" => Metric::Repaired,
            "repaired%" => Metric::RepairedPercent,
            name => match (name.split_once('.'), Metric::of_codes(name)) {
                (_, Some(codes)) => codes,
                (Some(("latency", statistic)), _) => Metric::Latency(Statistic::named(statistic)?),
                (Some(("connect", statistic)), _) => Metric::Connect(Statistic::named(statistic)?),
                _ => match Statistic::named(name) {
                    Some(statistic) => Metric::Elapsed(statistic),
                    None => Metric::Column(ColumnMetric::named(name)?),
                },
            },
        };
        Some(metric)
    }

    /// Returns the metric of response codes called `rc5xx`, `rc"a code"` or `rc404%`.
    fn of_codes(name: &str) -> Option<Self> {
        let text = name.strip_prefix("rc")?;
        let (codes, is_percent) = match text.strip_suffix('%') {
            Some(codes) => (codes, true),
            None => (text, false),
        };
        let quoted = codes.strip_prefix('"');
        let codes = match quoted.map(|quoted| quoted.strip_suffix('"')) {
            Some(code) => CodePattern::exactly(code?),
            None => CodePattern::new(codes)?,
        };
        Some(match is_percent {
            true => Metric::CodesPercent(codes),
            false => Metric::Codes(codes),
        })
    }

    /// Returns the unit of its values.
    pub fn unit(&self) -> Unit {
        match self {
            Metric::Count
            | Metric::Errors
            | Metric::Codes(_)
            | Metric::Column(_)
            | Metric::Apdex
            | Metric::Rejected
            | Metric::Repaired => Unit::None,
            Metric::ErrorPercent
            | Metric::CodesPercent(_)
            | Metric::RejectedPercent
            | Metric::RepairedPercent => Unit::Percent,
            Metric::Throughput | Metric::Goodput => Unit::PerSecond,
            Metric::Received | Metric::Sent => Unit::KbPerSecond,
            Metric::Elapsed(_)
            | Metric::Min
            | Metric::Max
            | Metric::StdDev
            | Metric::Latency(_)
            | Metric::Connect(_) => Unit::Ms,
        }
    }

    /// Returns the units that a limit may be written in. For percentages the unit is optional.
    pub(super) fn units(&self) -> &'static [Unit] {
        match self.unit() {
            // Whether the column has times is not known yet.
            Unit::None if matches!(self, Metric::Column(_)) => {
                &[Unit::None, Unit::Ms, Unit::Seconds]
            }
            Unit::Ms => &[Unit::Ms, Unit::Seconds],
            Unit::Percent => &[Unit::Percent, Unit::None],
            Unit::PerSecond => &[Unit::PerSecond],
            Unit::KbPerSecond => &[Unit::KbPerSecond],
            _ => &[Unit::None],
        }
    }

    /// Returns the smallest and the largest value that it can have.
    pub(super) fn bounds(&self) -> (f64, f64) {
        match self {
            Metric::Apdex => (0.0, 1.0),
            Metric::Column(_) => (f64::NEG_INFINITY, f64::INFINITY),
            metric => match metric.unit() {
                Unit::Percent => (0.0, 100.0),
                // JMeter writes negative times if a clock was set back.
                Unit::Ms => (f64::NEG_INFINITY, f64::INFINITY),
                _ => (0.0, f64::INFINITY),
            },
        }
    }

    /// Returns the percentile that it is about, if it is about one.
    pub fn percentile(&self) -> Option<Percentile> {
        match self {
            Metric::Elapsed(statistic)
            | Metric::Latency(statistic)
            | Metric::Connect(statistic) => match statistic {
                Statistic::Percentile(percentile) => Some(*percentile),
                Statistic::Average => None,
            },
            _ => None,
        }
    }

    /// Returns the field of a label's report that it comes from, if that may be partial.
    pub(super) fn field(&self) -> Option<&'static str> {
        match self {
            Metric::Received => Some("received_kb_per_sec"),
            Metric::Sent => Some("sent_kb_per_sec"),
            Metric::Latency(_) => Some("latency"),
            Metric::Connect(_) => Some("connect"),
            _ => None,
        }
    }

    /// Whether it is about the rows of the files, not about samples.
    pub(super) fn is_of_rows(&self) -> bool {
        matches!(
            self,
            Metric::Rejected | Metric::RejectedPercent | Metric::Repaired | Metric::RepairedPercent
        )
    }
}

impl Statistic {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "avg" => Some(Statistic::Average),
            name => {
                let percent = name.strip_prefix('p')?;
                let is_number = percent.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                let percent = percent.parse().ok().filter(|_| is_number)?;
                Percentile::new(percent).map(Statistic::Percentile)
            }
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Count => f.write_str("count"),
            Metric::Errors => f.write_str("errors"),
            Metric::ErrorPercent => f.write_str("error%"),
            Metric::Codes(codes) => write!(f, "rc{codes}"),
            Metric::CodesPercent(codes) => write!(f, "rc{codes}%"),
            Metric::Elapsed(statistic) => statistic.fmt(f),
            Metric::Min => f.write_str("min"),
            Metric::Max => f.write_str("max"),
            Metric::StdDev => f.write_str("stddev"),
            Metric::Throughput => f.write_str("throughput"),
            Metric::Goodput => f.write_str("goodput"),
            Metric::Received => f.write_str("received"),
            Metric::Sent => f.write_str("sent"),
            Metric::Latency(statistic) => write!(f, "latency.{statistic}"),
            Metric::Connect(statistic) => write!(f, "connect.{statistic}"),
            Metric::Column(metric) => metric.fmt(f),
            Metric::Apdex => f.write_str("apdex"),
            Metric::Rejected => f.write_str("rejected"),
            Metric::RejectedPercent => f.write_str("rejected%"),
            Metric::Repaired => f.write_str("repaired"),
            Metric::RepairedPercent => f.write_str("repaired%"),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Average => f.write_str("avg"),
            Statistic::Percentile(percentile) => write!(f, "p{percentile}"),
        }
    }
}
