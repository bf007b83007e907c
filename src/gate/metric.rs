//! The metrics that a criterion can limit, and their units.

use std::fmt;

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
    /// KB received per second.
    Received,
    /// KB sent per second.
    Sent,
    /// A statistic of the latency, ms.
    Latency(Statistic),
    /// A statistic of the connect time, ms.
    Connect(Statistic),
    /// Apdex, 0 to 1.
    Apdex,
}

/// A statistic of a distribution of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Arithmetic mean, not truncated.
    Average,
    /// Percentile, by JMeter's definition of the rank.
    Percentile(Percentile),
}

/// The names of all metrics, as messages list them; `pNN` stands for any percentile.
pub(super) const NAMES: [&str; 16] = [
    "count",
    "errors",
    "error%",
    "avg",
    "min",
    "max",
    "stddev",
    "pNN",
    "throughput",
    "received",
    "sent",
    "latency.avg",
    "latency.pNN",
    "connect.avg",
    "connect.pNN",
    "apdex",
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
            "received" => Metric::Received,
            "sent" => Metric::Sent,
            "apdex" => Metric::Apdex,
            name => match name.split_once('.') {
                Some(("latency", statistic)) => Metric::Latency(Statistic::named(statistic)?),
                Some(("connect", statistic)) => Metric::Connect(Statistic::named(statistic)?),
                _ => Metric::Elapsed(Statistic::named(name)?),
            },
        };
        Some(metric)
    }

    /// Returns the unit of its values.
    pub fn unit(&self) -> Unit {
        match self {
            Metric::Count | Metric::Errors | Metric::Apdex => Unit::None,
            Metric::ErrorPercent => Unit::Percent,
            Metric::Throughput => Unit::PerSecond,
            Metric::Received | Metric::Sent => Unit::KbPerSecond,
            Metric::Elapsed(_)
            | Metric::Min
            | Metric::Max
            | Metric::StdDev
            | Metric::Latency(_)
            | Metric::Connect(_) => Unit::Ms,
        }
    }

    /// Returns the units that a limit may be written in. For `error%` the unit is optional.
    pub(super) fn units(&self) -> &'static [Unit] {
        match self.unit() {
            Unit::Ms => &[Unit::Ms, Unit::Seconds],
            Unit::Percent => &[Unit::Percent, Unit::None],
            Unit::PerSecond => &[Unit::PerSecond],
            Unit::KbPerSecond => &[Unit::KbPerSecond],
            _ => &[Unit::None],
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
}

impl Statistic {
    fn named(name: &str) -> Option<Self> {
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
            Metric::Elapsed(statistic) => statistic.fmt(f),
            Metric::Min => f.write_str("min"),
            Metric::Max => f.write_str("max"),
            Metric::StdDev => f.write_str("stddev"),
            Metric::Throughput => f.write_str("throughput"),
            Metric::Received => f.write_str("received"),
            Metric::Sent => f.write_str("sent"),
            Metric::Latency(statistic) => write!(f, "latency.{statistic}"),
            Metric::Connect(statistic) => write!(f, "connect.{statistic}"),
            Metric::Apdex => f.write_str("apdex"),
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
