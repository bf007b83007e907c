//! The statistics of one label, or of several.

use std::borrow::Cow;
use std::num::NonZero;
use std::thread;

use serde::{Deserialize, Serialize};

use super::column_sum::{ColumnSum, ColumnTotal};
use super::consistency::{self, Checked};
use super::metrics::{MetricValues, Metrics};
use super::run::{BatchRow, Run};
use super::sum::Sum;
use super::timings::{Distributions, TimeCounts, Times, Timings};
use crate::jtl::Sample;

/// Fraction bits of [`AggregatedRows::square_excess`].
const FRACTION_BITS: u32 = 20;

/// The statistics of one label, or of several. It is small, because a run may have a million
/// labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelStats {
    /// Position of the first row, which orders the labels.
    pub first_position: u64,
    /// Rows.
    pub rows: u64,
    /// Samples: one per row, except for aggregated rows.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// First start, epoch ms.
    pub start: i64,
    /// Last end, epoch ms.
    pub end: i64,
    elapsed: Sum,
    timings: Timings,
    bytes: ColumnSum,
    sent_bytes: ColumnSum,
    aggregated: Option<Box<AggregatedRows>>,
    metrics: Option<Box<Metrics>>,
}

/// What is needed besides for rows that stand for several samples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct AggregatedRows {
    /// Sum of squares that the truncated elapsed times in the distribution lack, in units of
    /// 2^-20 ms².
    square_excess: i128,
}

impl Default for LabelStats {
    fn default() -> Self {
        LabelStats {
            first_position: u64::MAX,
            rows: 0,
            samples: 0,
            errors: 0,
            start: i64::MAX,
            end: i64::MIN,
            elapsed: Sum::default(),
            timings: Timings::default(),
            bytes: ColumnSum::default(),
            sent_bytes: ColumnSum::default(),
            aggregated: None,
            metrics: None,
        }
    }
}

impl LabelStats {
    /// Adds a sample.
    #[inline(always)]
    pub fn record(&mut self, sample: &Sample<'_>) {
        let weight = sample.sample_count;
        let each = sample.elapsed_each();
        self.first_position = self.first_position.min(sample.position);
        self.rows += 1;
        self.samples += weight;
        self.errors += sample.error_count;
        self.start = self.start.min(sample.time_stamp);
        self.end = self.end.max(sample.end());
        self.elapsed.add(sample.elapsed);
        if weight > 1 {
            self.add_square_excess(square_excess(sample.elapsed, each, weight));
        }
        let times = Times {
            elapsed: each,
            success: sample.success,
            latency: sample.latency,
            connect: sample.connect,
        };
        self.timings.record(times, weight);
        self.bytes.add(sample.bytes, weight);
        self.sent_bytes.add(sample.sent_bytes, weight);
        if !sample.metrics.is_empty() {
            self.record_metrics(sample.metrics);
        }
    }

    /// Adds rows.
    pub(super) fn record_run(&mut self, run: &Run<'_>) {
        self.first_position = self.first_position.min(run.first_position());
        self.rows += run.count();
        self.samples += run.count();
        self.start = self.start.min(run.first_start);
        self.end = self.end.max(run.last_end);
        self.elapsed.add(run.elapsed);
        self.timings.record_run(run);
        self.bytes.add_sum(run.bytes);
        self.sent_bytes.add_sum(run.sent_bytes);
    }

    /// Adds a row at this position.
    #[inline(always)]
    pub(super) fn record_row(&mut self, row: &BatchRow, position: u64) {
        self.first_position = self.first_position.min(position);
        self.rows += 1;
        self.samples += 1;
        self.start = self.start.min(row.time_stamp);
        self.end = self.end.max(row.end());
        self.elapsed.add(row.elapsed());
        self.timings.record(row.times(), 1);
        self.bytes.add_sum(i64::from(row.bytes));
        self.sent_bytes.add_sum(i64::from(row.sent_bytes));
    }

    /// Adds the statistics of another label or part.
    pub fn merge(&mut self, other: &LabelStats) {
        self.first_position = self.first_position.min(other.first_position);
        self.rows += other.rows;
        self.samples += other.samples;
        self.errors += other.errors;
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.elapsed.merge(other.elapsed);
        if let Some(aggregated) = &other.aggregated {
            self.add_square_excess(aggregated.square_excess);
        }
        self.timings.merge(&other.timings);
        self.bytes.merge(other.bytes);
        self.sent_bytes.merge(other.sent_bytes);
        if let Some(metrics) = &other.metrics {
            self.metrics.get_or_insert_default().merge(metrics);
        }
    }

    /// Successful samples; 0 if rows claim more errors than samples.
    pub fn successes(&self) -> u64 {
        self.samples.saturating_sub(self.errors)
    }

    /// The distributions of its times.
    pub fn distributions(&self) -> Cow<'_, Distributions> {
        self.timings.distributions()
    }

    /// The counts of the distributions of its times, which take less work than the distributions.
    pub fn time_counts(&self) -> TimeCounts {
        self.timings.counts()
    }

    /// The counts of its elapsed times.
    pub fn elapsed_counts(&self) -> Vec<(i64, u64)> {
        self.timings.elapsed_counts()
    }

    /// Number of its successes and failures by the rows' results, as in the distributions: rows may claim
    /// another number of errors.
    pub fn results(&self) -> (u64, u64) {
        self.timings.results()
    }

    /// Sum of elapsed, ms.
    pub fn elapsed_sum(&self) -> i128 {
        self.elapsed.total()
    }

    /// Bytes received; `None` if no row has the column.
    pub fn bytes(&self) -> Option<ColumnTotal> {
        self.bytes.total(self.samples)
    }

    /// Bytes sent; `None` if no row has the column.
    pub fn sent_bytes(&self) -> Option<ColumnTotal> {
        self.sent_bytes.total(self.samples)
    }

    /// The values of a metric; `None` if no row has its column.
    pub fn metric(&self, metric: usize) -> Option<&MetricValues> {
        self.metrics.as_ref()?.get(metric)
    }

    /// Sum of squares of elapsed that the distribution lacks, ms²: 0 unless there are aggregated
    /// rows.
    pub fn square_excess_ms2(&self) -> f64 {
        self.aggregated.as_ref().map_or(0.0, |aggregated| {
            aggregated.square_excess as f64 / f64::from(1 << FRACTION_BITS)
        })
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        self.first_position = self.first_position.saturating_add(positions);
    }

    /// Checks stored statistics of at most `metrics` metrics.
    pub(super) fn check(&self, metrics: usize) -> Checked<()> {
        if let Some(values) = &self.metrics {
            values.check(metrics, self.rows)?;
        }
        let times = self.distributions();
        let samples = consistency::total([times.elapsed_ok.check()?, times.elapsed_ko.check()?])?;
        let (latency, connect) = (times.latency.check()?, times.connect.check()?);
        consistency::ensure(
            samples == self.samples && latency.max(connect) <= self.rows,
            "the samples and times of a label differ in number",
        )?;
        consistency::total([self.rows, self.errors])?;
        self.bytes.check(self.rows, self.samples)?;
        self.sent_bytes.check(self.rows, self.samples)?;
        let is_sum = self.elapsed.is_of(self.rows);
        consistency::ensure(is_sum, "a sum is too large for its number of rows")
    }

    #[cold]
    #[inline(never)]
    fn record_metrics(&mut self, values: &[Option<i64>]) {
        self.metrics.get_or_insert_default().record(values);
    }

    #[cold]
    fn add_square_excess(&mut self, excess: i128) {
        let aggregated = self.aggregated.get_or_insert_default();
        aggregated.square_excess = aggregated.square_excess.saturating_add(excess);
    }
}

/// Labels of a part of the run from which on all cores merge them: what it takes is to wait for memory.
const MIN_SHARED: usize = 1 << 16;

/// Adds the statistics of the labels of another part, which have these numbers here.
pub(super) fn merge_all(labels: &mut [LabelStats], numbers: &[usize], others: &[LabelStats]) {
    let merge = |labels: &mut [LabelStats], first: usize| {
        for (&number, other) in numbers.iter().zip(others) {
            let place = number.wrapping_sub(first);
            if let Some(own) = labels.get_mut(place) {
                own.merge(other);
            }
        }
    };
    let cores = match others.len() {
        0..MIN_SHARED => 1,
        _ => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let share = labels.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        for (labels, part) in labels.chunks_mut(share).zip(0..cores) {
            match cores {
                1 => merge(labels, 0),
                _ => {
                    scope.spawn(move || merge(labels, part * share));
                }
            }
        }
    });
}

/// When JMeter sums squares, an aggregated row of k samples counts as k samples of elapsed / k:
/// elapsed² / k. With elapsed = k·each + rest, that is k·each² + 2·each·rest + rest²/k. The
/// distribution contains the first term; this is the rest.
fn square_excess(elapsed: i64, each: i64, weight: u64) -> i128 {
    let (elapsed, each, weight) = (i128::from(elapsed), i128::from(each), i128::from(weight));
    let rest = elapsed - weight * each;
    let whole = (2 * each)
        .saturating_mul(rest)
        .saturating_mul(1 << FRACTION_BITS);
    let fraction = (rest * rest).saturating_mul(1 << FRACTION_BITS) / weight;
    whole.saturating_add(fraction)
}
