//! The Statistics table as JMeter's dashboard computes it (`jmeter -g`, JMeter 5.6.3), to the last
//! digit. It explains figures that people already have; perfkit's own are exact.
//!
//! Source: `StatisticsSummaryConsumer`, `StatisticsSummaryData`, `PercentileAggregator` and
//! `MeanAggregator` of JMeter 5.6.3, and commons-math 3.6.1 under them.

use std::collections::VecDeque;

use super::estimator::Estimator;
use super::interner::Interner;
use crate::jtl::{Sample, Sink};

/// Default of [`DashboardSettings::window`].
const WINDOW: usize = 20_000;

/// The properties of JMeter that its percentiles depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DashboardSettings {
    /// How percentiles are estimated (`backend_metrics_percentile_estimator`).
    pub estimator: Estimator,
    /// Number of a label's last rows from which percentiles are taken
    /// (`jmeter.reportgenerator.statistic_window`); `None` for all (-1 in JMeter).
    pub window: Option<usize>,
}

impl Default for DashboardSettings {
    fn default() -> Self {
        DashboardSettings {
            estimator: Estimator::default(),
            window: Some(WINDOW),
        }
    }
}

/// The dashboard's figures by label and in total.
///
/// It needs samples in file order and cannot be merged from parts: JMeter's mean is a running mean,
/// whose rounding depends on every row before. So one thread has to read the whole file.
#[derive(Debug, Clone, Default)]
pub struct DashboardTable {
    settings: DashboardSettings,
    labels: Interner,
    stats: Vec<DashboardStats>,
    total: DashboardStats,
}

/// The dashboard's figures of one label, or in total. They count rows: the dashboard ignores
/// `SampleCount`.
#[derive(Debug, Clone, PartialEq)]
pub struct DashboardStats {
    /// Rows.
    pub rows: u64,
    /// Failed rows.
    pub errors: u64,
    /// Running mean of elapsed, ms.
    pub mean: f64,
    /// Smallest elapsed, ms.
    pub min: i64,
    /// Largest elapsed, ms.
    pub max: i64,
    start: i64,
    end: i64,
    bytes: i64,
    sent_bytes: i64,
    /// Elapsed of the last rows, as many as the window holds, ms.
    window: VecDeque<i64>,
}

impl DashboardTable {
    /// A table without samples.
    pub fn new(settings: DashboardSettings) -> Self {
        DashboardTable {
            settings,
            ..DashboardTable::default()
        }
    }

    /// The properties of JMeter that it follows.
    pub fn settings(&self) -> DashboardSettings {
        self.settings
    }

    /// Every label and its figures, in order of first appearance. Labels with nothing but empty
    /// transaction controllers are left out.
    pub fn labels(&self) -> impl Iterator<Item = (&[u8], &DashboardStats)> {
        let names = self.labels.names();
        names.zip(&self.stats)
    }

    /// The Total line: all rows except those of transaction controllers.
    pub fn total(&self) -> &DashboardStats {
        &self.total
    }
}

impl Sink for DashboardTable {
    fn record(&mut self, sample: &Sample<'_>) {
        if sample.is_empty_controller() {
            return;
        }
        let label = self.labels.number(sample.label);
        if label == self.stats.len() {
            self.stats.push(DashboardStats::default());
        }
        if let Some(stats) = self.stats.get_mut(label) {
            stats.record(sample, self.settings.window);
        }
        if !sample.is_controller() {
            self.total.record(sample, self.settings.window);
        }
    }
}

impl Default for DashboardStats {
    fn default() -> Self {
        DashboardStats {
            rows: 0,
            errors: 0,
            mean: 0.0,
            min: i64::MAX,
            max: i64::MIN,
            start: i64::MAX,
            end: i64::MIN,
            bytes: 0,
            sent_bytes: 0,
            window: VecDeque::new(),
        }
    }
}

impl DashboardStats {
    fn record(&mut self, sample: &Sample<'_>, window: Option<usize>) {
        self.rows += 1;
        self.errors += u64::from(!sample.success);
        self.mean += (sample.elapsed as f64 - self.mean) / self.rows as f64;
        self.min = self.min.min(sample.elapsed);
        self.max = self.max.max(sample.elapsed);
        self.start = self.start.min(sample.time_stamp);
        self.end = self.end.max(sample.end());
        // Java's long wraps around.
        self.bytes = self.bytes.wrapping_add(sample.bytes.unwrap_or(0));
        self.sent_bytes = self.sent_bytes.wrapping_add(sample.sent_bytes.unwrap_or(0));
        if window == Some(self.window.len()) {
            self.window.pop_front();
        }
        self.window.push_back(sample.elapsed);
    }

    /// The window's values at `percents`, ms; `None` without rows.
    pub fn percentiles<const N: usize>(
        &self,
        estimator: Estimator,
        percents: [f64; N],
    ) -> Option<[f64; N]> {
        let mut sorted: Vec<f64> = self.window.iter().map(|&value| value as f64).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut values = [0.0; N];
        for (value, percent) in values.iter_mut().zip(percents) {
            *value = estimator.percentile(&sorted, percent)?;
        }
        Some(values)
    }

    /// Rows per second from the first start to the last end; `None` where JMeter prints infinity.
    pub fn throughput(&self) -> Option<f64> {
        finite(self.rows as f64 / self.duration_ms() * 1000.0)
    }

    /// KB received per second; `None` where JMeter prints infinity.
    pub fn received_kb_per_sec(&self) -> Option<f64> {
        self.kb_per_sec(self.bytes)
    }

    /// KB sent per second; `None` where JMeter prints infinity.
    pub fn sent_kb_per_sec(&self) -> Option<f64> {
        self.kb_per_sec(self.sent_bytes)
    }

    /// `errors / rows` in percent; `None` without rows.
    pub fn error_percent(&self) -> Option<f64> {
        finite(self.errors as f64 * 100.0 / self.rows as f64)
    }

    fn kb_per_sec(&self, bytes: i64) -> Option<f64> {
        finite(bytes as f64 / (self.duration_ms() / 1000.0) / 1024.0)
    }

    fn duration_ms(&self) -> f64 {
        self.end.wrapping_sub(self.start) as f64
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    fn of(samples: &[Sample<'_>]) -> DashboardTable {
        let mut table = DashboardTable::default();
        for sample in samples {
            table.record(sample);
        }
        table
    }

    #[test]
    fn the_window_may_have_any_length_or_none() {
        for (window, p100, p50) in [
            (Some(1), 10.0, 10.0),
            (Some(3), 30.0, 20.0),
            (None, 40.0, 25.0),
        ] {
            let mut table = DashboardTable::new(DashboardSettings {
                estimator: Estimator::R7,
                window,
            });
            for elapsed in [40, 30, 20, 10] {
                table.record(&Sample {
                    elapsed,
                    ..sample()
                });
            }
            let found = table.total().percentiles(Estimator::R7, [100.0, 50.0]);
            assert_eq!(found, Some([p100, p50]));
        }
    }

    #[test]
    fn only_the_last_rows_of_a_label_count_for_percentiles() {
        let mut table = DashboardTable::default();
        for position in 0..WINDOW as u64 + 5 {
            let elapsed = if position < 5 { 900 } else { 10 };
            table.record(&Sample {
                position,
                elapsed,
                ..sample()
            });
        }
        let (_, stats) = table.labels().next().unwrap();
        assert_eq!(stats.percentiles(Estimator::Legacy, [100.0]), Some([10.0]));
        assert_eq!((stats.rows, stats.max), (WINDOW as u64 + 5, 900));
    }

    #[test]
    fn controllers_are_left_out_of_the_total_and_empty_ones_everywhere() {
        let message = |message: &'static str, label: &'static str| Sample {
            response_message: message.as_bytes(),
            label: label.as_bytes(),
            ..sample()
        };
        let table = of(&[
            message("OK", "a"),
            message(
                "Number of samples in transaction : 1, number of failing samples : 0",
                "t",
            ),
            message(
                "Number of samples in transaction : 0, number of failing samples : 0",
                "e",
            ),
        ]);
        let labels: Vec<_> = table
            .labels()
            .map(|(label, stats)| (label, stats.rows))
            .collect();
        assert_eq!(labels, [(b"a".as_slice(), 1), (b"t", 1)]);
        assert_eq!(table.total().rows, 1);
    }

    #[test]
    fn an_instant_has_no_throughput() {
        let table = of(&[Sample {
            elapsed: 0,
            ..sample()
        }]);
        let total = table.total();
        assert_eq!(
            (total.throughput(), total.received_kb_per_sec()),
            (None, None)
        );
        assert_eq!(DashboardTable::default().total().error_percent(), None);
    }
}
