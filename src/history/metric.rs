//! The metrics of a history, and the scales on which their noise adds up.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::detect::Point;
use super::saved::{Estimate, LabelIndex};
use crate::percentile::Percentile;

/// Elapsed times are whole milliseconds: each stands for values up to this far away.
const HALF_MS: f64 = 0.5;

/// Variance of a value that is rounded to whole milliseconds.
const ROUNDING_VARIANCE: f64 = 1.0 / 12.0;

/// Smallest standard deviation of a logarithm: 0.1%.
const MIN_DEVIATION: f64 = 1e-3;

/// A figure of a label that a history follows from run to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// The mean elapsed time.
    Average,
    /// A percentile of the elapsed times.
    Percentile(Percentile),
    /// The share of failed samples.
    Errors,
    /// Samples per second.
    Throughput,
    /// The mean time to the first byte.
    Latency,
    /// The mean time to connect.
    Connect,
    /// KB received per second.
    Received,
}

/// The name of a metric is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a metric of a history: use average, median, p90, p95, p99, error%, throughput, \
     latency, connect or received"
)]
pub struct UnknownMetric(String);

impl Metric {
    /// The metrics shown unless others are asked for.
    pub const DEFAULTS: [&'static str; 5] = ["median", "p95", "average", "error%", "throughput"];

    /// Returns the key, such as `p95` or `error%`.
    pub fn key(self) -> String {
        match self {
            Metric::Average => "average".to_owned(),
            Metric::Percentile(percentile) => percentile.key(),
            Metric::Errors => "error%".to_owned(),
            Metric::Throughput => "throughput".to_owned(),
            Metric::Latency => "latency".to_owned(),
            Metric::Connect => "connect".to_owned(),
            Metric::Received => "received".to_owned(),
        }
    }

    /// Returns the name within a sentence: `p95`, `error rate`.
    pub fn noun(self) -> String {
        match self {
            Metric::Errors => "error rate".to_owned(),
            Metric::Latency => "average latency".to_owned(),
            Metric::Connect => "average connect time".to_owned(),
            Metric::Received => "received KB/s".to_owned(),
            _ => self.key(),
        }
    }

    /// Returns the unit of values: `ms`, `%`, `/s`, `KB/s`.
    pub fn unit(self) -> &'static str {
        match self {
            Metric::Errors => "%",
            Metric::Throughput => "/s",
            Metric::Received => "KB/s",
            _ => "ms",
        }
    }

    /// Whether more is better.
    pub fn is_more_better(self) -> bool {
        matches!(self, Metric::Throughput | Metric::Received)
    }

    /// Returns the value in a run, in the metric's unit; `None` if the run lacks it.
    pub fn value(self, label: &LabelIndex) -> Option<f64> {
        match self {
            Metric::Errors => {
                (label.samples > 0).then(|| label.errors as f64 * 100.0 / label.samples as f64)
            }
            _ => self.estimate(label).map(|estimate| estimate.value),
        }
    }

    fn estimate(self, label: &LabelIndex) -> Option<Estimate> {
        match self {
            Metric::Average => label.average,
            Metric::Percentile(percentile) => {
                let key = percentile.percent().to_string();
                label.percentiles.get(&key).copied()
            }
            Metric::Errors => None,
            Metric::Throughput => label.throughput,
            Metric::Latency => label.latency,
            Metric::Connect => label.connect,
            Metric::Received => label.received_kb_per_sec,
        }
    }

    /// Returns the point of a run on the scale on which noise adds up; `None` if the run lacks it.
    ///
    /// Times and rates are logarithms. Half a millisecond is added to times, so that 0 ms has one. Error
    /// rates are the arc sine of their root, which makes the variance of a share depend only on the number
    /// of samples (Anscombe, "The transformation of Poisson, binomial and negative-binomial data", 1948).
    pub fn point(self, label: &LabelIndex) -> Option<Point> {
        if self == Metric::Errors {
            let value = self.value(label)?;
            let samples = label.samples as f64;
            let independent = 0.25 / (samples + 0.5);
            return Some(Point {
                value: self.scaled(value),
                variance: independent * label.design_effect.unwrap_or(1.0).max(1.0),
                min_deviation: independent.sqrt(),
            });
        }
        let Estimate { value, error } = self.estimate(label)?;
        let (shifted, rounding) = match (self, self.unit()) {
            (Metric::Percentile(_), _) => (value + HALF_MS, ROUNDING_VARIANCE),
            (_, "ms") => (value + HALF_MS, 0.0),
            _ => (value, 0.0),
        };
        if !(shifted > 0.0 && shifted.is_finite()) {
            return None;
        }
        let error = error.unwrap_or(0.0);
        Some(Point {
            value: self.scaled(value),
            variance: (error * error + rounding) / (shifted * shifted),
            min_deviation: MIN_DEVIATION.max(rounding.sqrt() / shifted),
        })
    }

    /// Puts a value in the metric's unit on the scale on which noise adds up.
    fn scaled(self, value: f64) -> f64 {
        match self.unit() {
            "%" => (value / 100.0).clamp(0.0, 1.0).sqrt().asin(),
            "ms" => (value + HALF_MS).ln(),
            _ => value.ln(),
        }
    }

    /// Returns the value in the metric's unit of a point on its scale.
    pub fn unscaled(self, scaled: f64) -> f64 {
        match self.unit() {
            "%" => scaled.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2) * 100.0,
            "ms" => (scaled.exp() - HALF_MS).max(0.0),
            _ => scaled.exp(),
        }
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        let unknown = || UnknownMetric(text.to_owned());
        Ok(match text {
            "average" | "avg" | "mean" => Metric::Average,
            "median" => Metric::Percentile(Percentile::MEDIAN),
            "error%" | "error_percent" | "errors" => Metric::Errors,
            "throughput" => Metric::Throughput,
            "latency" => Metric::Latency,
            "connect" => Metric::Connect,
            "received" => Metric::Received,
            _ => {
                let percent = text.strip_prefix('p').and_then(|text| text.parse().ok());
                let percentile = percent.and_then(Percentile::new).ok_or_else(unknown)?;
                match Percentile::DEFAULTS.contains(&percentile) {
                    true => Metric::Percentile(percentile),
                    false => return Err(unknown()),
                }
            }
        })
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key())
    }
}

impl Serialize for Metric {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(text: &str) -> Metric {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_parsed_and_printed() {
        for name in Metric::DEFAULTS {
            assert_eq!(metric(name).key(), name);
        }
        assert_eq!(metric("p50").key(), "median");
        assert_eq!(metric("mean"), Metric::Average);
        for name in ["", "p", "p0", "p97", "p99.9", "P95", "speed"] {
            assert!(name.parse::<Metric>().is_err(), "{name}");
        }
    }

    #[test]
    fn values_come_back_from_their_scale() {
        for name in ["median", "error%", "throughput", "received"] {
            let metric = metric(name);
            for value in [0.5, 3.0, 42.0] {
                let back = metric.unscaled(metric.scaled(value));
                assert!((back - value).abs() < 1e-9, "{name} {value}: {back}");
            }
        }
        assert_eq!(metric("p95").unscaled(metric("p95").scaled(0.0)), 0.0);
    }

    #[test]
    fn a_point_knows_its_resolution_and_noise() {
        let label = LabelIndex {
            samples: 10_000,
            errors: 100,
            average: Some(Estimate {
                value: 99.5,
                error: Some(1.0),
            }),
            percentiles: [(
                "95".to_owned(),
                Estimate {
                    value: 1.5,
                    error: None,
                },
            )]
            .into(),
            ..LabelIndex::default()
        };
        let average = Metric::Average.point(&label).unwrap();
        assert!((average.value - 100.0_f64.ln()).abs() < 1e-12);
        assert!((average.variance - 1e-4).abs() < 1e-12);
        // A percentile of 1.5 ms is rounded to whole ms: 0.29 ms of 2.
        let p95 = metric("p95").point(&label).unwrap();
        assert!((p95.min_deviation - 0.288_7 / 2.0).abs() < 1e-4);
        // The deviation of the arc sine of a root is 1 / 2√n.
        let errors = Metric::Errors.point(&label).unwrap();
        assert!((errors.min_deviation - 0.005).abs() < 1e-6);
        assert_eq!(Metric::Throughput.point(&label), None);
    }
}
