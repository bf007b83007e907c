//! The run over time: its data model, and how it is built from an aggregate.

use serde::{Deserialize, Serialize};

use crate::percentile::{Percentile, value_at};
use crate::stats::{self, Aggregate, Bucket, ColumnSum, DenseTimeline, Distributions, LabelBucket};
use crate::text;

/// The run over time in buckets of equal width; each vector has one entry per bucket.
///
/// A sample belongs to the bucket of its end; only `hits` counts starts. The run covers only part of the
/// first and the last bucket: see the report's `window`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TimeSeries {
    /// Start of the first bucket, epoch ms, a multiple of `bucket_ms`.
    pub start_ms: i64,
    /// Width of a bucket in ms, chosen from the run's length.
    pub bucket_ms: u64,
    /// Samples started.
    pub hits: Vec<u64>,
    /// All labels together.
    pub total: Activity,
    /// One entry per label, in order of first appearance; empty with more than 100 labels.
    pub labels: Vec<LabelSeries>,
    /// Samples by response code; empty if the file has no such column. In a run with more than 64
    /// codes, they are grouped into classes such as `4xx`.
    pub codes: Vec<CodeSeries>,
    /// Bytes received; `None` in a bucket whose samples all lack the column, empty if the file has no
    /// such column.
    pub received_bytes: Vec<Option<u64>>,
    /// Bytes sent; `None` and empty as in `received_bytes`.
    pub sent_bytes: Vec<Option<u64>>,
    /// Active threads: the mean of `allThreads` per engine, summed over the engines. `None` in a
    /// bucket without samples; empty if the file has no such column.
    pub active_threads: Vec<Option<f64>>,
    /// Percentiles of the elapsed time of successful samples: exact below 2,048 ms, above that within
    /// 0.1%, rounded up.
    pub percentiles: Vec<PercentileSeries>,
    /// Elapsed time of the fastest successful sample, as precise as the percentiles.
    #[serde(default)]
    pub ok_min: Vec<Option<i64>>,
    /// Elapsed time of the slowest successful sample, as precise as the percentiles.
    #[serde(default)]
    pub ok_max: Vec<Option<i64>>,
    /// Median elapsed time of the successful samples, as precise as the percentiles.
    pub ok_median: Vec<Option<i64>>,
    /// Median elapsed time of the failed samples.
    pub ko_median: Vec<Option<i64>>,
    /// Numbers of samples by bucket and elapsed time.
    pub heatmap: Heatmap,
}

/// The activity of one label, or of all, in each bucket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Activity {
    /// Successful samples.
    pub ok: Vec<u64>,
    /// Failed samples.
    pub ko: Vec<u64>,
    /// Mean elapsed time, ms to the nearest microsecond; `None` in a bucket without samples.
    pub elapsed_mean: Vec<Option<f64>>,
    /// Mean latency of the samples that have the column, ms; empty if the file has no such column.
    pub latency_mean: Vec<Option<f64>>,
    /// Mean connect time of the samples that have the column, ms; empty if the file has no such column.
    pub connect_mean: Vec<Option<f64>>,
}

/// One label over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LabelSeries {
    /// The label.
    pub label: String,
    /// Its activity.
    #[serde(flatten)]
    pub activity: Activity,
}

/// Samples with one response code over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CodeSeries {
    /// The code: three digits, a message, or empty.
    pub code: String,
    /// Samples that ended with it.
    pub samples: Vec<u64>,
}

/// One percentile over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PercentileSeries {
    /// The percentile.
    pub percent: Percentile,
    /// Its value in each bucket, ms; `None` if no sample succeeded.
    pub values: Vec<Option<i64>>,
}

/// Numbers of samples by time and by elapsed time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Heatmap {
    /// Bounds of the ranges of elapsed time, ms, ascending from 0, about ten per decade; the last one
    /// ends the last range.
    pub bounds: Vec<i64>,
    /// Numbers of samples by bucket, then by range.
    pub counts: Vec<Vec<u64>>,
}

impl TimeSeries {
    /// Returns the number of buckets.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// Whether there are no buckets.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// Returns the start and end of the time in which all threads were active, epoch ms, in whole
    /// buckets. `None` if the file does not report threads, or if that time is less than a twentieth of
    /// the run.
    pub fn plateau(&self) -> Option<(i64, i64)> {
        /// The mean of a bucket in which a thread started or ended is a little lower.
        const NEARLY: f64 = 0.995;
        let threads = self.active_threads.iter().copied().enumerate();
        let threads = threads.filter_map(|(bucket, threads)| Some((bucket as i64, threads?)));
        let threads: Vec<(i64, f64)> = threads.collect();
        let most = threads.iter().map(|of| of.1).fold(0.0, f64::max);
        let is_full = |of: &&(i64, f64)| of.1 >= most * NEARLY;
        let first = threads.iter().find(is_full)?.0;
        let last = threads.iter().rev().find(is_full)?.0;
        let at = |bucket: i64| {
            let width = i64::try_from(self.bucket_ms).unwrap_or(i64::MAX);
            self.start_ms.saturating_add(bucket.saturating_mul(width))
        };
        ((last + 1 - first) * 20 >= self.len() as i64).then(|| (at(first), at(last + 1)))
    }

    pub(super) fn new(
        aggregate: &Aggregate,
        dense: &DenseTimeline,
        distributions: &Distributions,
        percentiles: &[Percentile],
    ) -> Self {
        let series = dense.timeline();
        let buckets: Vec<&Bucket> = dense.buckets().collect();
        let totals: Vec<LabelBucket> = buckets.iter().map(|bucket| bucket.total()).collect();
        let successes: Vec<Counts> = buckets.iter().map(|b| b.successes.counts()).collect();
        let failures: Vec<Counts> = buckets.iter().map(|b| b.failures.counts()).collect();
        TimeSeries {
            start_ms: dense.start_ms(),
            bucket_ms: series.bucket_ms().unsigned_abs(),
            hits: buckets.iter().map(|bucket| bucket.hits).collect(),
            labels: labels(aggregate, &buckets, distributions),
            codes: codes(series, &buckets),
            received_bytes: bytes(&buckets, |bucket| bucket.bytes),
            sent_bytes: bytes(&buckets, |bucket| bucket.sent_bytes),
            active_threads: active_threads(dense),
            percentiles: percentiles
                .iter()
                .map(|&percent| PercentileSeries {
                    percent,
                    values: percentile(&successes, percent),
                })
                .collect(),
            ok_min: extreme(&successes, |counts| counts.first().copied()),
            ok_max: extreme(&successes, |counts| counts.last().copied()),
            ok_median: percentile(&successes, Percentile::MEDIAN),
            ko_median: percentile(&failures, Percentile::MEDIAN),
            heatmap: Heatmap::new(&successes, &failures),
            total: Activity::new(&totals, distributions),
        }
    }
}

/// Returns a column of bytes by bucket; empty if no sample has the column.
fn bytes(buckets: &[&Bucket], of: fn(&Bucket) -> ColumnSum) -> Vec<Option<u64>> {
    let bytes = buckets.iter().map(|bucket| {
        let samples = bucket.samples();
        let total = of(bucket).total(samples);
        (total.is_some(), samples, total.map_or(0, |total| total.sum))
    });
    let bytes: Vec<(bool, u64, i128)> = bytes.collect();
    if !bytes.iter().any(|&(is_known, ..)| is_known) {
        return Vec::new();
    }
    let bytes = bytes.into_iter().map(|(is_known, samples, sum)| {
        (is_known || samples == 0).then(|| u64::try_from(sum).unwrap_or(0))
    });
    bytes.collect()
}

/// Values with their numbers of samples, ascending.
type Counts = Vec<(i64, u64)>;

fn percentile(buckets: &[Counts], percent: Percentile) -> Vec<Option<i64>> {
    buckets
        .iter()
        .map(|counts| value_at(counts, counts.iter().map(|(_, count)| count).sum(), percent))
        .collect()
}

/// Returns the first or last value of each bucket.
fn extreme(buckets: &[Counts], of: impl Fn(&Counts) -> Option<(i64, u64)>) -> Vec<Option<i64>> {
    let values = buckets.iter().map(|counts| Some(of(counts)?.0));
    values.collect()
}

/// Rounds to the nearest microsecond, which makes means in JSON two thirds shorter.
fn to_microseconds(ms: f64) -> f64 {
    (ms * 1_000.0).round() / 1_000.0
}

impl Activity {
    fn new(buckets: &[LabelBucket], distributions: &Distributions) -> Self {
        let mean = |sum: i128, samples: u64| {
            (samples > 0).then(|| to_microseconds(sum as f64 / samples as f64))
        };
        // Of the samples that have the column.
        let column_mean = |is_absent: bool, of: fn(&LabelBucket) -> ColumnSum| match is_absent {
            true => Vec::new(),
            false => buckets
                .iter()
                .map(|bucket| {
                    let total = of(bucket).total(bucket.samples())?;
                    mean(total.sum, total.samples)
                })
                .collect(),
        };
        Activity {
            ok: buckets.iter().map(|bucket| bucket.ok).collect(),
            ko: buckets.iter().map(|bucket| bucket.ko).collect(),
            elapsed_mean: buckets
                .iter()
                .map(|bucket| mean(bucket.elapsed.total(), bucket.samples()))
                .collect(),
            latency_mean: column_mean(distributions.latency.is_empty(), |bucket| bucket.latency),
            connect_mean: column_mean(distributions.connect.is_empty(), |bucket| bucket.connect),
        }
    }
}

fn labels(
    aggregate: &Aggregate,
    buckets: &[&Bucket],
    distributions: &Distributions,
) -> Vec<LabelSeries> {
    if aggregate.timeline().are_labels_joined() {
        return Vec::new();
    }
    aggregate
        .numbered_labels()
        .into_iter()
        .map(|(number, label)| {
            let of_label: Vec<LabelBucket> = buckets
                .iter()
                .map(|bucket| bucket.labels.get(number).copied().unwrap_or_default())
                .collect();
            LabelSeries {
                label: text::of(label).into_owned(),
                activity: Activity::new(&of_label, distributions),
            }
        })
        .collect()
}

fn codes(series: &stats::Timeline, buckets: &[&Bucket]) -> Vec<CodeSeries> {
    let mut codes: Vec<CodeSeries> = series
        .codes()
        .enumerate()
        .map(|(number, code)| CodeSeries {
            code: text::of(code).into_owned(),
            samples: buckets
                .iter()
                .map(|bucket| bucket.codes.get(number).copied().unwrap_or(0))
                .collect(),
        })
        .collect();
    codes.sort_by(|a, b| a.code.cmp(&b.code));
    // If all codes are empty, the file has no such column.
    codes.retain(|code| !code.code.is_empty() || series.codes().len() > 1);
    codes
}

fn active_threads(series: &DenseTimeline) -> Vec<Option<f64>> {
    let threads: Vec<Option<f64>> = series.active_threads().collect();
    // JMeter's Statistical sender does not know the threads, and writes 0 in every row.
    let has_threads = threads.iter().flatten().any(|&threads| threads > 0.0);
    if has_threads { threads } else { Vec::new() }
}

impl Heatmap {
    fn new(successes: &[Counts], failures: &[Counts]) -> Self {
        let all = || successes.iter().chain(failures).flatten();
        let max = all().map(|&(value, _)| value).max().unwrap_or(0);
        let bounds = bounds_up_to(max);
        let counts = successes
            .iter()
            .zip(failures)
            .map(|(ok, ko)| {
                let mut counts = vec![0; bounds.len() - 1];
                for &(value, count) in ok.iter().chain(ko) {
                    let range = bounds.partition_point(|&bound| bound <= value.max(0));
                    let last = counts.len() - 1;
                    counts[(range - 1).min(last)] += count;
                }
                counts
            })
            .collect();
        Heatmap { bounds, counts }
    }
}

/// Returns the bounds 0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, ...: whole numbers, about ten per decade,
/// up to the first above `max`.
fn bounds_up_to(max: i64) -> Vec<i64> {
    let mut bounds = vec![0];
    for step in 0.. {
        let bound = 10_f64.powf(f64::from(step) / 10.0).round() as i64;
        if bounds.last() != Some(&bound) {
            bounds.push(bound);
        }
        if bound > max || bound == i64::MAX {
            break;
        }
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_ten_to_a_decade() {
        assert_eq!(
            bounds_up_to(99),
            [
                0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100
            ]
        );
        assert_eq!(bounds_up_to(0), [0, 1]);
        assert_eq!(bounds_up_to(i64::MAX).last(), Some(&i64::MAX));
    }

    #[test]
    fn heatmap_counts_everything_once() {
        let heatmap = Heatmap::new(
            &[vec![(-5, 1), (0, 2), (1, 3)], vec![]],
            &[vec![(4, 4)], vec![(0, 5)]],
        );
        assert_eq!(heatmap.bounds, [0, 1, 2, 3, 4, 5]);
        assert_eq!(heatmap.counts, [[3, 3, 0, 0, 4], [5, 0, 0, 0, 0]]);
    }
}
