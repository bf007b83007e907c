//! A metric over time, for criteria on a part of the run.
//!
//! The buckets are those of the charts: at most 400, so their width depends on the length of the
//! run. A sample belongs to the bucket of its end.
//!
//! Percentiles of a label, and those of a window of several buckets, come from slices, merged until
//! they are as wide as the charts' buckets. A sample belongs to the slice of its start, and these
//! percentiles are within 1.6%.

use super::criterion::Op;
use super::error::Undecidable;
use super::metric::{Metric, Statistic};
use super::range::{ANY_TIME, Range, mean_with, percentile_with};
use super::value::rounded;
use crate::percentile::{Percentile, value_at};
use crate::report::{Activity, Report, Slice, Summary, TimeSeries, joined_slices, step_middles};
use crate::units::{BYTES_PER_KB, MS_PER_SECOND};

/// Buckets of a label at most, more than any run has: a saved report may claim anything.
const MAX_BUCKETS: u64 = 1_000;

/// A metric over time.
pub(super) struct Series {
    /// Start of the first bucket, epoch ms.
    pub start_ms: i64,
    /// Width of a bucket, ms.
    pub bucket_ms: u64,
    buckets: Buckets,
    /// What one rejected row may add: to a mean the values that it may have, to a rate or a count the
    /// amount.
    each: Range,
}

enum Buckets {
    /// Means and the number of samples behind each; `None` without samples.
    Means(Vec<Option<(f64, f64)>>),
    /// Rates per second; `None` if the run covers only a part of the bucket.
    Rates(Vec<Option<f64>>),
    /// Numbers of samples; `None` likewise if the part could be too low.
    Counts(Vec<Option<f64>>),
    /// Percentiles that are known by bucket only; `None` without samples.
    Values(Vec<Option<f64>>),
    /// A percentile and the times that it is of.
    Times(Percentile, Times),
}

/// Numbers of samples by time, summed from the first bucket on, so that those of a window are a
/// difference.
struct Times {
    /// The times that occur, ascending, ms.
    values: Vec<i64>,
    /// For each bucket and for the end, the number of samples with each time before it.
    before: Vec<Vec<u64>>,
}

impl Times {
    fn new(buckets: &[Vec<(i64, u64)>]) -> Self {
        let mut values: Vec<i64> = buckets.iter().flatten().map(|(value, _)| *value).collect();
        values.sort_unstable();
        values.dedup();
        let mut sums = vec![0_u64; values.len()];
        let mut before = vec![sums.clone()];
        for bucket in buckets {
            for (value, count) in bucket {
                let place = values.partition_point(|known| known < value);
                sums[place] = sums[place].saturating_add(*count);
            }
            before.push(sums.clone());
        }
        Times { values, before }
    }

    /// Number of buckets.
    fn len(&self) -> usize {
        self.before.len() - 1
    }

    /// Returns the times in the buckets from `first` to before `end` with their numbers of samples.
    fn within(&self, first: usize, end: usize) -> Option<Vec<(i64, u64)>> {
        let (first, end) = (self.before.get(first)?, self.before.get(end)?);
        let counts = end.iter().zip(first).map(|(end, first)| end - first);
        let counts = self.values.iter().copied().zip(counts);
        Some(counts.filter(|(_, count)| *count > 0).collect())
    }
}

impl Series {
    /// Returns a metric in each bucket, for a condition in single buckets.
    ///
    /// # Errors
    ///
    /// If the report does not have the metric over time.
    pub fn by_bucket(
        report: &Report,
        label: Option<&str>,
        metric: &Metric,
    ) -> Result<Series, Undecidable> {
        let series = report.time_series.as_ref().ok_or(Undecidable::EmptyRun)?;
        match (label, metric) {
            (None, Metric::Elapsed(Statistic::Percentile(percentile))) => {
                let known = &mut series.percentiles.iter();
                let known = known.find(|series| series.percent == *percentile);
                let known = known.ok_or(Undecidable::NotComputedOverTime {
                    percentile: *percentile,
                })?;
                let values = known.values.iter();
                let values = values.map(|value| value.map(|value| value as f64));
                Ok(of(series, Buckets::Values(values.collect()), ANY_TIME))
            }
            _ => Series::by_window(report, label, (metric, Op::Greater)),
        }
    }

    /// Returns a metric in each bucket, for a condition on windows of several buckets.
    ///
    /// # Errors
    ///
    /// As [`Series::by_bucket`].
    pub fn by_window(
        report: &Report,
        label: Option<&str>,
        (metric, op): (&Metric, Op),
    ) -> Result<Series, Undecidable> {
        let series = report.time_series.as_ref().ok_or(Undecidable::EmptyRun)?;
        match metric {
            Metric::Elapsed(Statistic::Percentile(percentile)) => {
                percentiles(report, series, label, *percentile)
            }
            _ => buckets(report, series, label, (metric, op)),
        }
    }

    /// Returns the number of buckets.
    pub fn len(&self) -> usize {
        match &self.buckets {
            Buckets::Means(means) => means.len(),
            Buckets::Rates(values) | Buckets::Counts(values) | Buckets::Values(values) => {
                values.len()
            }
            Buckets::Times(_, times) => times.len(),
        }
    }

    /// Whether it is undefined only where the run covers a part of a bucket.
    pub fn is_rate(&self) -> bool {
        matches!(self.buckets, Buckets::Rates(_) | Buckets::Counts(_))
    }

    /// Returns the buckets from the first to the last in which the metric is defined.
    pub fn defined(&self) -> Option<std::ops::Range<usize>> {
        let is_defined = |bucket: &usize| self.value(*bucket, bucket + 1).is_some();
        let first = (0..self.len()).find(is_defined)?;
        let last = (0..self.len()).rev().find(is_defined)?;
        Some(first..last + 1)
    }

    /// Returns the metric of the samples in the buckets from `first` to before `end`.
    pub fn value(&self, first: usize, end: usize) -> Option<f64> {
        let all = |values: &[Option<f64>]| -> Option<f64> {
            let values = values.get(first..end)?.iter().copied();
            values.sum::<Option<f64>>()
        };
        match &self.buckets {
            Buckets::Means(means) => match means.get(first..end)? {
                [only] => only.map(|(mean, _)| mean),
                means => {
                    let known = means.iter().flatten();
                    let weight: f64 = known.clone().map(|(_, weight)| weight).sum();
                    let sum: f64 = known.map(|(mean, weight)| mean * weight).sum();
                    (weight > 0.0).then(|| rounded(sum / weight))
                }
            },
            Buckets::Rates(rates) => Some(match all(rates)? {
                rate if end - first == 1 => rate,
                sum => rounded(sum / (end - first) as f64),
            }),
            Buckets::Counts(counts) => all(counts),
            Buckets::Values(values) => match values.get(first..end)? {
                [only] => *only,
                _ => None,
            },
            Buckets::Times(percentile, times) => {
                let counts = times.within(first, end)?;
                let count = counts
                    .iter()
                    .fold(0, |sum: u64, of| sum.saturating_add(of.1));
                value_at(&counts, count, *percentile).map(|value| value as f64)
            }
        }
    }

    /// Returns what the metric may be, if `rows` rejected rows belong to these buckets. `None` if it
    /// is undefined whatever they are.
    pub fn range(&self, first: usize, end: usize, rows: u64) -> Option<Range> {
        let value = self.value(first, end);
        if rows == 0 {
            return value.map(Range::exactly);
        }
        let more = |value: f64, by: f64| Range {
            low: value,
            high: rounded(value + by),
        };
        match &self.buckets {
            Buckets::Means(means) => {
                let known = means.get(first..end)?.iter().flatten();
                let weight: f64 = known.map(|(_, weight)| weight).sum();
                Some(value.map_or(self.each, |value| mean_with(value, weight, rows, self.each)))
            }
            Buckets::Rates(_) => {
                let seconds = self.bucket_ms as f64 * (end - first) as f64 / MS_PER_SECOND;
                value.map(|rate| more(rate, rows as f64 * self.each.high / seconds))
            }
            Buckets::Counts(_) => value.map(|count| more(count, rows as f64)),
            Buckets::Values(_) => Some(self.each),
            Buckets::Times(percentile, times) => {
                percentile_with(&times.within(first, end)?, *percentile, rows)
            }
        }
    }
}

fn of(series: &TimeSeries, buckets: Buckets, each: Range) -> Series {
    Series {
        start_ms: series.start_ms,
        bucket_ms: series.bucket_ms,
        buckets,
        each,
    }
}

/// Takes the times of a label's successful samples, or of all, from slices.
fn percentiles(
    report: &Report,
    series: &TimeSeries,
    label: Option<&str>,
    percentile: Percentile,
) -> Result<Series, Undecidable> {
    let slices = report.slices.as_ref().ok_or(Undecidable::NoSlices)?;
    let of_all;
    let chosen: &[Slice] = match label {
        Some(label) => slices.of_label(label).ok_or(Undecidable::NoTimeSeries)?,
        None => {
            of_all = slices.total();
            &of_all
        }
    };
    let by = series.bucket_ms.div_ceil(slices.slice_ms.max(1)).max(1);
    let joined = joined_slices(chosen.iter().cloned(), by);
    let bucket_ms = slices.slice_ms.saturating_mul(by);
    let last = joined.last().map_or(0, |slice| slice.index);
    // The label may end before the run does.
    let end_ms = report.window.map_or(0, |window| window.end_ms);
    let until_end = end_ms.saturating_sub(slices.start_ms).max(0).unsigned_abs();
    let in_run = (until_end / bucket_ms.max(1)).min(series.len() as u64);
    let mut times = vec![Vec::new(); last.max(in_run).min(MAX_BUCKETS) as usize + 1];
    for slice in &joined {
        if let Some(entry) = times.get_mut(slice.index as usize) {
            *entry = step_middles(&slice.ok);
        }
    }
    Ok(Series {
        start_ms: slices.start_ms,
        bucket_ms,
        buckets: Buckets::Times(percentile, Times::new(&times)),
        each: ANY_TIME,
    })
}

/// Returns the metric in each bucket of the time series.
fn buckets(
    report: &Report,
    series: &TimeSeries,
    label: Option<&str>,
    (metric, op): (&Metric, Op),
) -> Result<Series, Undecidable> {
    let activity = activity(series, label)?;
    let whole = whole_buckets(report, series);
    let seconds = series.bucket_ms as f64 / MS_PER_SECOND;
    let no_column = |column| Undecidable::NoColumn {
        metric: metric.clone(),
        column,
    };
    let ended = || activity.ok.iter().zip(&activity.ko);
    let samples = || ended().map(|(&ok, &ko)| ok as f64 + ko as f64);
    // A rejected row is one sample, and it may be as large as the others are on average.
    let rates = |amounts: &mut dyn Iterator<Item = f64>, each: f64| {
        let rates = amounts.map(|amount| amount / seconds).zip(&whole);
        let rates = rates.map(|(rate, whole)| whole.then_some(rate));
        of(
            series,
            Buckets::Rates(rates.collect()),
            Range {
                low: 0.0,
                high: each,
            },
        )
    };
    // More samples can only add to a count, so that a part of a bucket decides, too.
    let is_upper = matches!(op, Op::Greater | Op::GreaterOrEqual);
    let counts = |counts: &mut dyn Iterator<Item = f64>| {
        let counts = counts.zip(&whole);
        let counts = counts.map(|(count, whole)| (*whole || is_upper).then_some(count));
        of(
            series,
            Buckets::Counts(counts.collect()),
            Range {
                low: 0.0,
                high: 1.0,
            },
        )
    };
    let shares = |parts: &mut dyn Iterator<Item = f64>| {
        let means = parts.zip(samples());
        let means = means.map(|(part, all)| (all > 0.0).then(|| (part * 100.0 / all, all)));
        of(
            series,
            Buckets::Means(means.collect()),
            Range {
                low: 0.0,
                high: 100.0,
            },
        )
    };
    let means = |means: &[Option<f64>], all: Option<&Summary>, column| match (means, all) {
        ([], _) | (_, None) => Err(no_column(column)),
        (means, Some(all)) => {
            let means = means.iter().zip(samples());
            let means = means.map(|(mean, samples)| mean.map(|mean| (mean, samples)));
            Ok(of(series, Buckets::Means(means.collect()), extremes(all)))
        }
    };
    let kb = |bytes: &[Option<u64>], column: Option<f64>, name| match column {
        None => Err(no_column(name)),
        Some(each) => {
            let bytes = bytes.iter().map(|bytes| bytes.unwrap_or(0) as f64);
            Ok(rates(&mut bytes.map(|bytes| bytes / BYTES_PER_KB), each))
        }
    };
    let total = &report.total;
    match metric {
        Metric::ErrorPercent => Ok(shares(&mut ended().map(|(_, &ko)| ko as f64))),
        Metric::Throughput => Ok(rates(&mut samples(), 1.0)),
        Metric::Goodput => Ok(rates(&mut ended().map(|(&ok, _)| ok as f64), 1.0)),
        Metric::Elapsed(Statistic::Average) => {
            means(&activity.elapsed_mean, total.elapsed.as_ref(), "elapsed")
        }
        Metric::Latency(Statistic::Average) => {
            means(&activity.latency_mean, total.latency.as_ref(), "Latency")
        }
        Metric::Connect(Statistic::Average) => {
            means(&activity.connect_mean, total.connect.as_ref(), "Connect")
        }
        Metric::Received => {
            let each = total.average_bytes.map(|bytes| bytes / BYTES_PER_KB);
            kb(&series.received_bytes, each, "bytes")
        }
        Metric::Sent => {
            let sent = series.sent_bytes.iter().flatten();
            let sent: f64 = sent.map(|&bytes| bytes as f64).sum();
            let each = sent / BYTES_PER_KB / (total.samples as f64).max(1.0);
            let each = total.sent_kb_per_sec.map(|_| each);
            kb(&series.sent_bytes, each, "sentBytes")
        }
        Metric::Count => Ok(counts(&mut samples())),
        Metric::Errors => Ok(counts(&mut ended().map(|(_, &ko)| ko as f64))),
        Metric::Codes(codes) | Metric::CodesPercent(codes) => {
            if total.codes.is_empty() {
                return Err(no_column("responseCode"));
            }
            if codes.count(&total.codes).is_none() {
                return Err(Undecidable::CodesInClasses {
                    metric: metric.clone(),
                });
            }
            let chosen = series.codes.iter().filter(|code| codes.counts(&code.code));
            let chosen: Vec<&[u64]> = chosen.map(|code| &*code.samples).collect();
            let sum = |bucket: usize| -> f64 {
                let counts = chosen.iter().filter_map(|samples| samples.get(bucket));
                counts.map(|&count| count as f64).sum()
            };
            let mut parts = (0..series.len()).map(sum);
            Ok(match metric {
                Metric::Codes(_) => counts(&mut parts),
                _ => shares(&mut parts),
            })
        }
        Metric::Min
        | Metric::Max
        | Metric::StdDev
        | Metric::Apdex
        | Metric::Elapsed(Statistic::Percentile(_))
        | Metric::Latency(Statistic::Percentile(_))
        | Metric::Connect(Statistic::Percentile(_))
        | Metric::Column(_)
        | Metric::Rejected
        | Metric::RejectedPercent
        | Metric::Repaired
        | Metric::RepairedPercent => Err(Undecidable::NotOverTime {
            metric: metric.clone(),
        }),
    }
}

/// Returns the fastest and the slowest time, ms.
pub(super) fn extremes(of_all: &Summary) -> Range {
    Range {
        low: of_all.min as f64,
        high: of_all.max as f64,
    }
}

fn activity<'a>(series: &'a TimeSeries, label: Option<&str>) -> Result<&'a Activity, Undecidable> {
    let Some(label) = label else {
        return Ok(&series.total);
    };
    let of_label = series.labels.iter().find(|of| of.label == label);
    of_label
        .map(|of| &of.activity)
        .ok_or(Undecidable::NoTimeSeries)
}

/// Says for each bucket whether the run covers all of it; in others a rate would be too low.
fn whole_buckets(report: &Report, series: &TimeSeries) -> Vec<bool> {
    let Some(window) = report.window else {
        return vec![false; series.len()];
    };
    (0..series.len() as u64)
        .map(|bucket| {
            let offset = bucket.saturating_mul(series.bucket_ms);
            let start = series.start_ms.saturating_add_unsigned(offset);
            let end = start.saturating_add_unsigned(series.bucket_ms);
            start >= window.start_ms && end <= window.end_ms
        })
        .collect()
}
