//! The figures that are compared, and which of them are tested.

use super::Settings;
use crate::percentile::{Percentile, value_at};
use crate::report::LabelReport;

/// Percentiles of times below this many ms are not tested: they are no more than a few ticks of the
/// clock, and the mean tells more.
const MIN_PERCENTILE_MS: f64 = 10.0;

/// Smallest change of an error rate that matters, in percentage points.
const ERROR_THRESHOLD: f64 = 0.1;

/// One figure of a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
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

impl Kind {
    /// All figures in the order in which they are shown.
    pub fn all(settings: &Settings) -> Vec<Kind> {
        let percentiles = settings.percentiles.iter().copied();
        [Kind::Samples, Kind::ErrorPercent, Kind::Average]
            .into_iter()
            .chain(percentiles.map(Kind::Percentile))
            .chain([Kind::Min, Kind::Max])
            .chain([Kind::Throughput, Kind::Received, Kind::Sent])
            .collect()
    }

    /// Its key, title, unit, and decimals to show.
    pub fn shown(self) -> (String, String, &'static str, usize) {
        let (key, title, unit, decimals) = match self {
            Kind::Samples => ("samples", "# Samples", "", 0),
            Kind::ErrorPercent => ("error_percent", "Error %", "%", 3),
            Kind::Average => ("average", "Average", "ms", 1),
            Kind::Percentile(percent) => return (percent.key(), percent.title(), "ms", 0),
            Kind::Min => ("min", "Min", "ms", 0),
            Kind::Max => ("max", "Max", "ms", 0),
            Kind::Throughput => ("throughput", "Throughput", "/s", 2),
            Kind::Received => ("received_kb_per_sec", "Received", "KB/s", 2),
            Kind::Sent => ("sent_kb_per_sec", "Sent", "KB/s", 2),
        };
        (key.to_owned(), title.to_owned(), unit, decimals)
    }

    /// Its value in one run.
    pub fn value(self, row: &LabelReport) -> Option<f64> {
        match self {
            Kind::Samples => Some(row.samples as f64),
            Kind::ErrorPercent => Some(row.error_ratio? * 100.0),
            Kind::Average => Some(row.elapsed.as_ref()?.mean),
            Kind::Percentile(percent) => {
                value_at(&row.distribution, row.samples, percent).map(|value| value as f64)
            }
            Kind::Min => Some(row.elapsed.as_ref()?.min as f64),
            Kind::Max => Some(row.elapsed.as_ref()?.max as f64),
            Kind::Throughput => row.throughput,
            Kind::Received => row.received_kb_per_sec,
            Kind::Sent => row.sent_kb_per_sec,
        }
    }

    /// Whether it is a time, whose changes are ratios.
    pub fn is_time(self) -> bool {
        matches!(self, Kind::Average | Kind::Percentile(_))
    }

    /// Whether a change between these values is tested. If no sample of either run failed, or every
    /// one, no test could find a difference, so none is spent on it (Tarone, 1990).
    pub fn is_tested(self, settings: &Settings, from: f64, to: f64) -> bool {
        match self {
            Kind::Average => true,
            Kind::ErrorPercent => from != to || (from > 0.0 && from < 100.0),
            Kind::Percentile(percent) => {
                settings.tested_percentiles.contains(&percent) && from.max(to) >= MIN_PERCENTILE_MS
            }
            _ => false,
        }
    }

    /// Whether a change is no more than one tick of the clock.
    pub fn is_tick(self, from: f64, to: f64) -> bool {
        matches!(self, Kind::Percentile(_)) && (to - from).abs() <= 1.0
    }

    /// The smallest change from a value that matters, in the figure's unit.
    pub fn threshold(self, settings: &Settings, from: f64) -> f64 {
        match self {
            Kind::ErrorPercent => ERROR_THRESHOLD,
            _ => (from.abs() * settings.threshold_ratio).max(settings.threshold_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_show_nothing_is_not_tested() {
        let p95 = Percentile::new(95.0).unwrap();
        let settings = Settings {
            confidence: 0.95,
            threshold_ratio: 0.05,
            threshold_ms: 1.0,
            percentiles: vec![Percentile::MEDIAN, p95],
            tested_percentiles: vec![p95],
        };
        let is_tested = |kind: Kind, from, to| kind.is_tested(&settings, from, to);
        // No sample failed, or all did.
        assert!(!is_tested(Kind::ErrorPercent, 0.0, 0.0));
        assert!(!is_tested(Kind::ErrorPercent, 100.0, 100.0));
        assert!(is_tested(Kind::ErrorPercent, 0.0, 100.0));
        assert!(is_tested(Kind::ErrorPercent, 2.0, 2.0));
        // A few ticks of the clock, and a percentile that is only shown.
        assert!(!is_tested(Kind::Percentile(p95), 0.0, 9.0));
        assert!(is_tested(Kind::Percentile(p95), 0.0, 10.0));
        assert!(!is_tested(Kind::Percentile(Percentile::MEDIAN), 50.0, 99.0));
        assert!(is_tested(Kind::Average, 0.0, 1.0));
        assert!(!is_tested(Kind::Throughput, 5.0, 9.0));
        assert!(Kind::Percentile(p95).is_tick(19.0, 20.0));
        assert!(!Kind::Average.is_tick(0.2, 0.9));
    }
}
