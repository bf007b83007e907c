//! The figures of metrics: columns of numbers beside the times, such as `sample_variables`.

use serde::{Deserialize, Serialize};

use super::{Summary, TOTAL};
use crate::format;
use crate::jtl::MetricColumn;
use crate::percentile::{Percentile, value_at};
use crate::stats::{DenseTimeline, Label, LabelStats, MetricMean, MetricValues};

/// Values are kept in thousandths.
const PER_UNIT: f64 = 1_000.0;

/// The figures of one metric. Values have up to three decimals; further ones were rounded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricReport {
    /// The name of the column.
    pub name: String,
    /// The unit of its values, such as `ms`; empty for plain numbers.
    pub unit: String,
    /// One entry per label that the report shows and that has values, in order of first appearance.
    pub labels: Vec<MetricRow>,
    /// The sum of the labels that `labels` leaves out; `None` if they have no values.
    pub other_labels: Option<MetricRow>,
    /// All labels together.
    pub total: MetricRow,
    /// The mean over time of each entry of `labels`, in the buckets of the report's time series; empty
    /// with more than 100 labels.
    pub over_time: Vec<MetricSeries>,
    /// The mean over time of all labels; `None` in a bucket without values.
    pub total_over_time: Vec<Option<f64>>,
}

/// The values of one label, or of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricRow {
    /// The label.
    pub label: String,
    /// Number of rows.
    pub rows: u64,
    /// The figures; `None` if no row has a number in the column.
    pub summary: Option<MetricSummary>,
    /// Every value in thousandths and its number of rows: `[[thousandths, count], ...]`, ascending.
    pub distribution: Vec<(i64, u64)>,
}

/// The summary of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricSummary {
    /// Number of rows with a number in the column.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Population standard deviation.
    pub std_dev: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// The requested percentiles, in the requested order.
    pub percentiles: Vec<MetricPercentile>,
}

/// One percentile's value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricPercentile {
    /// The percentile.
    pub percent: Percentile,
    /// Its value.
    pub value: f64,
}

/// The mean of one label over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricSeries {
    /// The label.
    pub label: String,
    /// The mean in each bucket; `None` in a bucket without values.
    pub mean: Vec<Option<f64>>,
}

/// The labels of a report.
pub(super) struct Shown<'a> {
    /// The labels shown, with their names in the report.
    pub labels: Vec<(&'a str, Label<'a>)>,
    /// The name and the figures of the labels left out.
    pub others: Option<(&'a str, &'a LabelStats)>,
    /// All labels.
    pub total: &'a LabelStats,
}

impl MetricReport {
    /// Builds the figures of each metric.
    pub(super) fn of_all(
        metrics: &[MetricColumn],
        timeline: &DenseTimeline,
        shown: &Shown<'_>,
        percentiles: &[Percentile],
    ) -> Vec<Self> {
        let metrics = metrics.iter().enumerate();
        metrics
            .map(|(number, metric)| MetricReport::new(metric, number, timeline, shown, percentiles))
            .collect()
    }

    fn new(
        metric: &MetricColumn,
        number: usize,
        timeline: &DenseTimeline,
        shown: &Shown<'_>,
        percentiles: &[Percentile],
    ) -> Self {
        let row =
            |label: &str, stats: &LabelStats| MetricRow::new(label, stats, number, percentiles);
        let has_values = |row: &MetricRow| row.summary.is_some();
        let over_time = |label: Option<usize>| -> Vec<Option<f64>> {
            let buckets = timeline.buckets();
            buckets
                .map(|bucket| mean(bucket.metric(number, label)))
                .collect()
        };
        let labels = shown.labels.iter();
        let labels = labels.map(|(name, label)| (row(name, &label.all()), label.number));
        let labels: Vec<(MetricRow, usize)> = labels.filter(|(row, _)| has_values(row)).collect();
        let series = labels.iter().map(|(row, label)| MetricSeries {
            label: row.label.clone(),
            mean: over_time(Some(*label)),
        });
        MetricReport {
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            over_time: match timeline.timeline().are_labels_joined() {
                true => Vec::new(),
                false => series.collect(),
            },
            labels: labels.into_iter().map(|(row, _)| row).collect(),
            other_labels: shown
                .others
                .map(|(name, stats)| row(name, stats))
                .filter(has_values),
            total: row(TOTAL, shown.total),
            total_over_time: over_time(None),
        }
    }

    /// Iterates over the rows of its table: the labels, the sum of those left out, then TOTAL.
    pub fn rows(&self) -> impl Iterator<Item = &MetricRow> {
        self.labels
            .iter()
            .chain(&self.other_labels)
            .chain([&self.total])
    }

    /// Says how many rows have a number, if not all have one.
    pub(super) fn note(&self) -> Option<String> {
        let (rows, count) = (self.total.rows, self.total.count());
        (0 < count && count < rows).then(|| {
            format!(
                "{}: {} of {} rows have a number; the others do not count.",
                self.name,
                format::thousands(count),
                format::thousands(rows)
            )
        })
    }

    /// Returns its name with its unit: `ttft (ms)`.
    pub fn title(&self) -> String {
        match self.unit.as_str() {
            "" => self.name.clone(),
            unit => format!("{} ({unit})", self.name),
        }
    }
}

impl MetricRow {
    fn new(label: &str, stats: &LabelStats, metric: usize, percentiles: &[Percentile]) -> Self {
        let values = stats.metric(metric);
        let distribution = values.map(MetricValues::counts).unwrap_or_default();
        MetricRow {
            label: label.to_owned(),
            rows: stats.rows,
            summary: MetricSummary::of_counts(&distribution, percentiles),
            distribution,
        }
    }

    /// Returns the number of rows with a number in the column.
    pub fn count(&self) -> u64 {
        self.summary.as_ref().map_or(0, |summary| summary.count)
    }

    /// Returns the value at a percentile, by JMeter's rank; `None` without values.
    pub fn percentile(&self, percentile: Percentile) -> Option<f64> {
        let value = value_at(&self.distribution, self.count(), percentile)?;
        Some(value as f64 / PER_UNIT)
    }
}

impl MetricSummary {
    /// Summarises values in thousandths, given how often each occurs, in ascending order; `None` without
    /// values.
    fn of_counts(counts: &[(i64, u64)], percentiles: &[Percentile]) -> Option<Self> {
        let count = counts.iter().map(|(_, count)| count).sum::<u64>();
        let products = counts
            .iter()
            .map(|&(value, count)| i128::from(value) * i128::from(count));
        let mean = products.sum::<i128>() as f64 / count as f64;
        let summary = Summary::of_counts(counts, count, mean, percentiles)?;
        let percentiles = summary.percentiles.iter().map(|found| MetricPercentile {
            percent: found.percent,
            value: found.value as f64 / PER_UNIT,
        });
        Some(MetricSummary {
            count,
            mean: mean / PER_UNIT,
            std_dev: summary.std_dev / PER_UNIT,
            min: summary.min as f64 / PER_UNIT,
            max: summary.max as f64 / PER_UNIT,
            percentiles: percentiles.collect(),
        })
    }
}

/// Rounds to six decimals, as means of times are.
fn mean(mean: MetricMean) -> Option<f64> {
    const DECIMALS: f64 = 1e6;
    let value = mean.sum.total() as f64 / PER_UNIT / mean.count as f64;
    (mean.count > 0).then(|| (value * DECIMALS).round() / DECIMALS)
}
