//! Defines the figures that are compared, and which of them are tested.

use super::Settings;
use crate::percentile::{Percentile, value_at};
use crate::report::LabelReport;

/// Percentiles below this many ms are not tested: they are only a few ticks of the clock, and the
/// mean is more precise.
const MIN_PERCENTILE_MS: f64 = 10.0;

/// Smallest change of an error rate that matters, in percentage points.
pub const ERROR_RATE_THRESHOLD: f64 = 0.1;

/// A kind of figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FigureKind {
    /// Number of samples.
    Samples,
    /// Failed samples, in percent.
    ErrorPercent,
    /// Mean of elapsed.
    Average,
    /// A percentile of elapsed.
    Percentile(Percentile),
    /// Smallest elapsed.
    Min,
    /// Largest elapsed.
    Max,
    /// Samples per second.
    Throughput,
    /// KB received per second.
    Received,
    /// KB sent per second.
    Sent,
}

impl FigureKind {
    /// Returns all figures, in display order.
    pub fn all(settings: &Settings) -> Vec<FigureKind> {
        let percentiles = settings.percentiles.iter().copied();
        [
            FigureKind::Samples,
            FigureKind::ErrorPercent,
            FigureKind::Average,
        ]
        .into_iter()
        .chain(percentiles.map(FigureKind::Percentile))
        .chain([FigureKind::Min, FigureKind::Max])
        .chain([
            FigureKind::Throughput,
            FigureKind::Received,
            FigureKind::Sent,
        ])
        .collect()
    }

    /// Returns its key, title, unit, and number of decimals.
    pub fn presentation(self) -> (String, String, &'static str, usize) {
        let (key, title, unit, decimals) = match self {
            FigureKind::Samples => ("samples", "# Samples", "", 0),
            FigureKind::ErrorPercent => ("error_percent", "Error %", "%", 3),
            FigureKind::Average => ("average", "Average", "ms", 1),
            FigureKind::Percentile(percent) => return (percent.key(), percent.title(), "ms", 0),
            FigureKind::Min => ("min", "Min", "ms", 0),
            FigureKind::Max => ("max", "Max", "ms", 0),
            FigureKind::Throughput => ("throughput", "Throughput", "/s", 2),
            FigureKind::Received => ("received_kb_per_sec", "Received", "KB/s", 2),
            FigureKind::Sent => ("sent_kb_per_sec", "Sent", "KB/s", 2),
        };
        (key.to_owned(), title.to_owned(), unit, decimals)
    }

    /// Returns its value in one run; `None` if it covers only some of the samples, or stray
    /// times make it wrong.
    pub fn value(self, row: &LabelReport) -> Option<f64> {
        let whole = |figure: &str, value: Option<f64>| match row.partial(figure) {
            None => value,
            Some(_) => None,
        };
        match self {
            FigureKind::Samples => Some(row.samples as f64),
            FigureKind::ErrorPercent => Some(row.error_ratio? * 100.0),
            FigureKind::Average => Some(row.elapsed.as_ref()?.mean),
            FigureKind::Percentile(percent) => {
                value_at(&row.distribution, row.samples, percent).map(|value| value as f64)
            }
            FigureKind::Min => Some(row.elapsed.as_ref()?.min as f64),
            FigureKind::Max => Some(row.elapsed.as_ref()?.max as f64),
            FigureKind::Throughput | FigureKind::Received | FigureKind::Sent
                if row.has_stray_times =>
            {
                None
            }
            FigureKind::Throughput => row.throughput,
            FigureKind::Received => whole("received_kb_per_sec", row.received_kb_per_sec),
            FigureKind::Sent => whole("sent_kb_per_sec", row.sent_kb_per_sec),
        }
    }

    /// Whether it is a mean or percentile of times, whose changes are ratios.
    pub fn is_time(self) -> bool {
        matches!(self, FigureKind::Average | FigureKind::Percentile(_))
    }

    /// Whether a change between these values is tested. If no sample or every sample of both runs
    /// failed, no test could find a difference, so it takes no share of the error probability.
    ///
    /// Source: Tarone, "A modified Bonferroni method for discrete data" (1990).
    pub fn is_tested(self, settings: &Settings, from: f64, to: f64) -> bool {
        match self {
            FigureKind::Average => true,
            FigureKind::ErrorPercent => from != to || (from > 0.0 && from < 100.0),
            FigureKind::Percentile(percent) => {
                settings.tested_percentiles.contains(&percent) && from.max(to) >= MIN_PERCENTILE_MS
            }
            _ => false,
        }
    }

    /// Whether a change is at most one tick of the clock (1 ms).
    pub fn is_tick(self, from: f64, to: f64) -> bool {
        matches!(self, FigureKind::Percentile(_)) && (to - from).abs() <= 1.0
    }

    /// Returns the smallest change from `from` that matters, in the figure's unit.
    pub fn threshold(self, settings: &Settings, from: f64) -> f64 {
        match self {
            FigureKind::ErrorPercent => ERROR_RATE_THRESHOLD,
            _ => (from.abs() * settings.threshold_ratio).max(settings.threshold_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hopeless_tests_are_not_made() {
        let p95 = Percentile::new(95.0).unwrap();
        let settings = Settings {
            confidence: 0.95,
            threshold_ratio: 0.05,
            threshold_ms: 1.0,
            percentiles: vec![Percentile::MEDIAN, p95],
            tested_percentiles: vec![p95],
        };
        let is_tested = |kind: FigureKind, from, to| kind.is_tested(&settings, from, to);
        // No sample failed, or all did.
        assert!(!is_tested(FigureKind::ErrorPercent, 0.0, 0.0));
        assert!(!is_tested(FigureKind::ErrorPercent, 100.0, 100.0));
        assert!(is_tested(FigureKind::ErrorPercent, 0.0, 100.0));
        assert!(is_tested(FigureKind::ErrorPercent, 2.0, 2.0));
        // A few ticks of the clock, and a percentile that is only shown.
        assert!(!is_tested(FigureKind::Percentile(p95), 0.0, 9.0));
        assert!(is_tested(FigureKind::Percentile(p95), 0.0, 10.0));
        assert!(!is_tested(
            FigureKind::Percentile(Percentile::MEDIAN),
            50.0,
            99.0
        ));
        assert!(is_tested(FigureKind::Average, 0.0, 1.0));
        assert!(!is_tested(FigureKind::Throughput, 5.0, 9.0));
        assert!(FigureKind::Percentile(p95).is_tick(19.0, 20.0));
        assert!(!FigureKind::Average.is_tick(0.2, 0.9));
    }
}
