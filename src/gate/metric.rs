//! What can be held to a criterion, and in which units.

use std::fmt;

use super::value::Unit;
use crate::percentile::Percentile;

/// A figure of a report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// Number of samples.
    Count,
    /// Number of failed samples.
    Errors,
    /// Failed samples, in percent of all.
    ErrorPercent,
    /// A figure of the elapsed time, ms.
    Elapsed(Figure),
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
    /// A figure of the latency, ms.
    Latency(Figure),
    /// A figure of the time to connect, ms.
    Connect(Figure),
    /// Apdex, 0 to 1.
    Apdex,
}

/// A figure of a distribution of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Arithmetic mean, not truncated.
    Average,
    /// Percentile by JMeter's rank.
    Percentile(Percentile),
}

/// The names of all metrics, for messages; `pNN` stands for any percentile.
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
    /// The metric of a name; `None` if there is none.
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
                Some(("latency", figure)) => Metric::Latency(Figure::named(figure)?),
                Some(("connect", figure)) => Metric::Connect(Figure::named(figure)?),
                _ => Metric::Elapsed(Figure::named(name)?),
            },
        };
        Some(metric)
    }

    /// The unit that its values are in.
    pub fn unit(self) -> Unit {
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

    /// The units that a value to compare with may have. The name of `error%` says its unit.
    pub(super) fn units(self) -> &'static [Unit] {
        match self.unit() {
            Unit::Ms => &[Unit::Ms, Unit::Seconds],
            Unit::Percent => &[Unit::Percent, Unit::None],
            Unit::PerSecond => &[Unit::PerSecond],
            Unit::KbPerSecond => &[Unit::KbPerSecond],
            _ => &[Unit::None],
        }
    }

    /// The percentile that it asks for, if it does.
    pub fn percentile(self) -> Option<Percentile> {
        match self {
            Metric::Elapsed(figure) | Metric::Latency(figure) | Metric::Connect(figure) => {
                match figure {
                    Figure::Percentile(percentile) => Some(percentile),
                    Figure::Average => None,
                }
            }
            _ => None,
        }
    }
}

impl Figure {
    fn named(name: &str) -> Option<Self> {
        match name {
            "avg" => Some(Figure::Average),
            name => {
                let percent = name.strip_prefix('p')?;
                let is_number = percent.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                let percent = percent.parse().ok().filter(|_| is_number)?;
                Percentile::new(percent).map(Figure::Percentile)
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
            Metric::Elapsed(figure) => figure.fmt(f),
            Metric::Min => f.write_str("min"),
            Metric::Max => f.write_str("max"),
            Metric::StdDev => f.write_str("stddev"),
            Metric::Throughput => f.write_str("throughput"),
            Metric::Received => f.write_str("received"),
            Metric::Sent => f.write_str("sent"),
            Metric::Latency(figure) => write!(f, "latency.{figure}"),
            Metric::Connect(figure) => write!(f, "connect.{figure}"),
            Metric::Apdex => f.write_str("apdex"),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::Average => f.write_str("avg"),
            Figure::Percentile(percentile) => write!(f, "p{percentile}"),
        }
    }
}
