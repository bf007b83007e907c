//! The figures of one label, and the window they cover.

use serde::{Deserialize, Serialize};

use super::{OptionalColumn, PartialColumn};
use crate::percentile::{Percentile, value_at};
use crate::stats::{ColumnTotal, LabelStats, TimeCounts, merged_counts};
use crate::units::{BYTES_PER_KB, MS_PER_SECOND};

/// The label of all labels together.
pub const TOTAL: &str = "TOTAL";

/// The time that samples span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Window {
    /// First start of a sample, epoch ms.
    pub start_ms: i64,
    /// Last end of a sample, epoch ms.
    pub end_ms: i64,
}

impl Window {
    /// Returns the window of a label's samples; `None` without samples.
    pub(super) fn of(stats: &LabelStats) -> Option<Self> {
        (stats.rows > 0).then_some(Window {
            start_ms: stats.start,
            end_ms: stats.end,
        })
    }

    /// Returns the length in ms.
    pub fn duration_ms(self) -> i64 {
        self.end_ms.saturating_sub(self.start_ms)
    }
}

/// The figures of one label, or of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LabelReport {
    /// The label; invalid UTF-8 becomes replacement characters.
    pub label: String,
    /// Number of samples.
    pub samples: u64,
    /// Number of failed samples.
    pub errors: u64,
    /// `errors / samples`, 0 to 1.
    pub error_ratio: Option<f64>,
    /// Elapsed time of all samples, ms.
    pub elapsed: Option<Summary>,
    /// Elapsed time of the successful samples, ms.
    pub elapsed_ok: Option<Summary>,
    /// Elapsed time of the failed samples, ms.
    pub elapsed_ko: Option<Summary>,
    /// Time to the first byte of the response, ms; `None` if the file has no such column.
    pub latency: Option<Summary>,
    /// Time to connect, ms; `None` if the file has no such column.
    pub connect: Option<Summary>,
    /// From the first start to the last end.
    pub window: Option<Window>,
    /// Whether samples at stray times make the window too long, and so its rates wrong.
    #[serde(default)]
    pub has_stray_times: bool,
    /// Samples per second of the window; `None` for a window of zero length.
    pub throughput: Option<f64>,
    /// Successful samples per second of the window; `None` for a window of zero length.
    #[serde(default)]
    pub goodput: Option<f64>,
    /// KB received per second of the window; `None` for a window of zero length or without the column.
    pub received_kb_per_sec: Option<f64>,
    /// KB sent per second of the window; `None` for a window of zero length or without the column.
    pub sent_kb_per_sec: Option<f64>,
    /// Bytes received per sample that has the column; `None` without the column.
    pub average_bytes: Option<f64>,
    /// The columns that only some of the samples have, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partial: Vec<PartialColumn>,
    /// Every elapsed time and its number of samples: `[[ms, count], ...]`, ascending.
    pub distribution: Vec<(i64, u64)>,
    /// Samples by response code; empty if the file has no such column. In a run with more than 64
    /// codes, they are grouped into classes such as `4xx`.
    #[serde(default)]
    pub codes: Vec<CodeCount>,
}

/// One response code and how many samples have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CodeCount {
    /// The code: three digits, a message, or empty.
    pub code: String,
    /// Number of samples.
    pub samples: u64,
}

impl LabelReport {
    /// Computes the figures of a label.
    pub(super) fn new(label: &str, stats: &LabelStats, percentiles: &[Percentile]) -> Self {
        let counts = stats.time_counts();
        let elapsed = merged_counts([&counts.elapsed_ok, &counts.elapsed_ko]);
        LabelReport {
            elapsed_ok: summary(&counts.elapsed_ok, percentiles),
            elapsed_ko: summary(&counts.elapsed_ko, percentiles),
            latency: summary(&counts.latency, percentiles),
            connect: summary(&counts.connect, percentiles),
            partial: partial(stats, &counts),
            ..Self::of_elapsed(label, stats, percentiles, elapsed)
        }
    }

    /// Computes the figures of JMeter's Aggregate Report, and those that take no more work. `elapsed` are the
    /// counts of all elapsed times.
    pub(super) fn of_elapsed(
        label: &str,
        stats: &LabelStats,
        percentiles: &[Percentile],
        elapsed: Vec<(i64, u64)>,
    ) -> Self {
        let window = Window::of(stats);
        let seconds = window
            .map(|window| window.duration_ms() as f64 / MS_PER_SECOND)
            .filter(|seconds| *seconds > 0.0);
        // Same order of operations as in JMeter, so that even the last digit is equal.
        let rate = |count: u64| {
            window
                .map(Window::duration_ms)
                .filter(|&ms| ms > 0)
                .map(|ms| count as f64 / ms as f64 * MS_PER_SECOND)
        };
        let kb_per_sec =
            |bytes: Option<ColumnTotal>| Some(bytes?.sum as f64 / seconds? / BYTES_PER_KB);
        LabelReport {
            label: label.to_owned(),
            samples: stats.samples,
            errors: stats.errors,
            error_ratio: ratio(stats.errors, stats.samples),
            elapsed: summary(&elapsed, percentiles).map(|summary| of_all(summary, stats)),
            window,
            throughput: rate(stats.samples),
            goodput: rate(stats.successes()),
            received_kb_per_sec: kb_per_sec(stats.bytes()),
            sent_kb_per_sec: kb_per_sec(stats.sent_bytes()),
            average_bytes: stats
                .bytes()
                .filter(|bytes| bytes.samples > 0)
                .map(|bytes| bytes.sum as f64 / bytes.samples as f64),
            distribution: elapsed,
            ..LabelReport::default()
        }
    }

    /// Returns the column that makes a figure partial, by the name of the figure's field; `None` if
    /// the figure covers all samples.
    pub fn partial(&self, figure: &str) -> Option<&PartialColumn> {
        PartialColumn::of_figure(&self.partial, figure)
    }

    /// Returns the number of successful samples; 0 if rows report more errors than samples.
    pub fn successes(&self) -> u64 {
        self.samples.saturating_sub(self.errors)
    }

    /// Returns the sum of elapsed times, ms; 0 without any.
    pub fn total_time_ms(&self) -> f64 {
        let elapsed = self.elapsed.as_ref();
        elapsed.map_or(0.0, |summary| summary.mean * summary.count as f64)
    }

    /// Whether its figures contradict each other because rows count no samples, or more errors than
    /// samples.
    pub(super) fn has_odd_counts(&self) -> bool {
        self.errors > self.samples || self.times().any(|summary| !summary.contains(summary.mean))
    }

    /// Iterates over its summaries of times.
    pub(super) fn times(&self) -> impl Iterator<Item = &Summary> {
        let times = [
            &self.elapsed,
            &self.elapsed_ok,
            &self.elapsed_ko,
            &self.latency,
            &self.connect,
        ];
        times.into_iter().flatten()
    }
}

/// The summary of a distribution of times in ms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// Number of samples.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Population standard deviation.
    pub std_dev: f64,
    /// Smallest value.
    pub min: i64,
    /// Largest value.
    pub max: i64,
    /// The requested percentiles, in the requested order.
    pub percentiles: Vec<PercentileValue>,
}

impl Summary {
    /// Whether a mean lies between the extremes. The mean of aggregated rows is exact, and their extremes
    /// are truncated.
    pub(super) fn contains(&self, mean: f64) -> bool {
        (self.min as f64 - 1.0..=self.max as f64 + 1.0).contains(&mean)
    }

    /// Summarises `count` values, given how often each occurs, in ascending order, and their mean;
    /// `None` without values.
    pub(super) fn of_counts(
        counts: &[(i64, u64)],
        count: u64,
        mean: f64,
        percentiles: &[Percentile],
    ) -> Option<Summary> {
        let (&(min, _), &(max, _)) = (counts.first()?, counts.last()?);
        if count == 0 {
            return None;
        }
        // Sum around the mean: the difference of two large sums of squares would lose precision.
        let squares = counts
            .iter()
            .map(|&(value, count)| (value as f64 - mean).powi(2) * count as f64);
        let values = percentiles.iter().filter_map(|&percent| {
            Some(PercentileValue {
                percent,
                value: value_at(counts, count, percent)?,
            })
        });
        Some(Summary {
            count,
            mean,
            std_dev: (squares.sum::<f64>() / count as f64).sqrt(),
            min,
            max,
            percentiles: values.collect(),
        })
    }
}

/// One percentile's value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PercentileValue {
    /// The percentile.
    pub percent: Percentile,
    /// Its value in ms.
    pub value: i64,
}

/// Returns the columns that only some samples have.
pub(super) fn partial(stats: &LabelStats, times: &TimeCounts) -> Vec<PartialColumn> {
    let bytes = |bytes: Option<ColumnTotal>| bytes.map_or(0, |bytes| bytes.samples);
    let columns = [
        (OptionalColumn::Bytes, bytes(stats.bytes()), stats.samples),
        (
            OptionalColumn::SentBytes,
            bytes(stats.sent_bytes()),
            stats.samples,
        ),
        (OptionalColumn::Latency, count(&times.latency), stats.rows),
        (OptionalColumn::Connect, count(&times.connect), stats.rows),
    ];
    let columns = columns.into_iter();
    columns
        .filter_map(|(column, samples, all)| PartialColumn::new(column, samples, all))
        .collect()
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Returns the number of samples of a distribution.
fn count(counts: &[(i64, u64)]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}

/// Summarises the counts of a distribution; `None` without samples.
fn summary(counts: &[(i64, u64)], percentiles: &[Percentile]) -> Option<Summary> {
    let count = count(counts);
    let sum: i128 = counts
        .iter()
        .map(|&(value, count)| i128::from(value) * i128::from(count))
        .sum();
    Summary::of_counts(counts, count, sum as f64 / count as f64, percentiles)
}

/// Corrects the summary of a label with aggregated rows. JMeter computes mean and deviation from the
/// rows' sums, not from their truncated quotients.
fn of_all(summary: Summary, stats: &LabelStats) -> Summary {
    let count = stats.samples as f64;
    let mean = stats.elapsed_sum() as f64 / count;
    if stats.square_excess_ms2() == 0.0 && mean == summary.mean {
        return summary;
    }
    let squares = summary.std_dev.powi(2) + summary.mean.powi(2);
    let variance = squares + stats.square_excess_ms2() / count - mean.powi(2);
    Summary {
        mean,
        std_dev: variance.max(0.0).sqrt(),
        ..summary
    }
}
