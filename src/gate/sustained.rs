//! Evaluates conditions that must hold for some time, over the buckets of the time series.
//!
//! The buckets are those of the charts: at most 400, so their width depends on the length of the
//! run. The condition must hold in enough consecutive buckets to cover the time. A bucket in which
//! the metric is undefined, such as a mean without samples, neither starts nor ends a stretch: it
//! does not show that the run recovered.
//!
//! Percentiles of a label come from its slices, merged until they are as wide as the charts'
//! buckets. A sample belongs to the slice of its start, and these percentiles are within 1.6%.

use super::criterion::{Criterion, Op, Scope};
use super::error::Undecidable;
use super::metric::{Metric, Statistic};
use super::value::{Unit, rounded, with_unit};
use crate::format;
use crate::percentile::{Percentile, value_at};
use crate::report::{Activity, Found, Report, TOTAL, TimeSeries, joined_slices, step_middles};
use crate::units::{BYTES_PER_KB, MS_PER_SECOND};

/// Says why no time series can have the metric of a sustained criterion; `None` if it can.
pub(super) fn unavailable(criterion: &Criterion) -> Option<String> {
    criterion.sustained?;
    let metric = criterion.metric;
    let is_total = match &criterion.scope {
        Scope::Total => true,
        Scope::Label(label) => label == TOTAL,
        Scope::Pattern(_) => false,
    };
    match metric {
        Metric::Count | Metric::Errors => Some(format!(
            "`{metric}` over time depends on the width of the buckets: with `for`, use throughput or error%"
        )),
        Metric::Min
        | Metric::Max
        | Metric::StdDev
        | Metric::Apdex
        | Metric::Latency(Statistic::Percentile(_))
        | Metric::Connect(Statistic::Percentile(_)) => Some(format!(
            "{metric} is not available over time: with `for`, use error%, avg, pNN, throughput, latency.avg, connect.avg, and for TOTAL also received, sent"
        )),
        Metric::Received | Metric::Sent if !is_total => Some(format!(
            "over time, {metric} is available for TOTAL only: with `for` and a label, use error%, avg, pNN, throughput, latency.avg, connect.avg"
        )),
        _ => None,
    }
}

/// The result of evaluating a criterion for one row.
pub(super) struct Judged {
    /// The value found, or how long the condition held; `None` if it never did.
    pub found: Option<Found>,
    /// Whether the run fails.
    pub is_failed: bool,
    /// What was found, in words.
    pub message: String,
}

/// A stretch of consecutive buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stretch {
    first: usize,
    buckets: u64,
}

/// Finds the longest stretch in which a condition held for a label, or for all labels if `label` is
/// `None`. The run fails if that is at least `time_ms`.
///
/// # Errors
///
/// If the time series does not have the metric, or its buckets are wider than the time.
pub(super) fn judge(
    report: &Report,
    label: Option<&str>,
    metric: Metric,
    (op, limit): (Op, f64),
    time_ms: f64,
) -> Result<Judged, Undecidable> {
    let series = report.time_series.as_ref().ok_or(Undecidable::EmptyRun)?;
    let MetricSeries {
        start_ms,
        bucket_ms,
        values,
    } = metric_series(report, series, label, metric)?;
    let width = seconds(bucket_ms as f64);
    if time_ms < bucket_ms as f64 {
        return Err(Undecidable::TimeTooShort {
            time: seconds(time_ms),
            width,
        });
    }
    if values.iter().all(Option::is_none) {
        return Err(Undecidable::NeverDefined { metric, width });
    }
    let holds = values
        .iter()
        .map(|value| value.map(|value| op.holds(value, limit)));
    let longest = longest_stretch(holds);
    let needed = (rounded(time_ms / bucket_ms as f64)).ceil() as u64;
    let of = match metric {
        Metric::Elapsed(Statistic::Percentile(_)) => " of successful samples",
        _ => "",
    };
    let condition = format!(
        "{metric}{of} {} {}",
        op.symbol(),
        with_unit(limit, metric.unit())
    );
    if longest.buckets == 0 {
        return Ok(Judged {
            found: None,
            is_failed: false,
            message: format!("{condition} held in no bucket of {width}"),
        });
    }
    let held_ms = longest.buckets.saturating_mul(bucket_ms);
    let offset = (longest.first as u64).saturating_mul(bucket_ms);
    let from = start_ms.saturating_add_unsigned(offset);
    let is_failed = longest.buckets >= needed;
    let message = format!(
        "{condition} held for {}{}, from {}, in buckets of {width}",
        if is_failed { "" } else { "at most " },
        seconds(held_ms as f64),
        format::utc(from),
    );
    let found = Found {
        value: held_ms as f64 / MS_PER_SECOND,
        unit: Unit::Seconds.name().to_owned(),
    };
    Ok(Judged {
        found: Some(found),
        is_failed,
        message,
    })
}

fn seconds(ms: f64) -> String {
    with_unit(ms / MS_PER_SECOND, Unit::Seconds)
}

/// Returns the first of the longest stretches that start and end in buckets in which a condition
/// holds, and contain none in which it does not. `None` is a bucket in which it is undefined.
fn longest_stretch(holds: impl Iterator<Item = Option<bool>>) -> Stretch {
    let mut longest = Stretch::default();
    let mut first = None;
    for (bucket, holds) in holds.enumerate() {
        match holds {
            Some(true) => {
                let first = *first.get_or_insert(bucket);
                let buckets = (bucket - first) as u64 + 1;
                if buckets > longest.buckets {
                    longest = Stretch { first, buckets };
                }
            }
            Some(false) => first = None,
            None => {}
        }
    }
    longest
}

/// A metric over time.
struct MetricSeries {
    /// Start of the first bucket, epoch ms.
    start_ms: i64,
    /// Width of a bucket, ms.
    bucket_ms: u64,
    /// The metric in each bucket; `None` if it is undefined, such as a mean without samples.
    values: Vec<Option<f64>>,
}

fn metric_series(
    report: &Report,
    series: &TimeSeries,
    label: Option<&str>,
    metric: Metric,
) -> Result<MetricSeries, Undecidable> {
    match (label, metric) {
        (Some(label), Metric::Elapsed(Statistic::Percentile(percentile))) => {
            percentile_series(label, percentile, report, series)
        }
        _ => Ok(MetricSeries {
            start_ms: series.start_ms,
            bucket_ms: series.bucket_ms,
            values: values(report, series, label, metric)?,
        }),
    }
}

/// Computes a percentile of a label's successful samples from its slices.
fn percentile_series(
    label: &str,
    percentile: Percentile,
    report: &Report,
    series: &TimeSeries,
) -> Result<MetricSeries, Undecidable> {
    let slices = report.slices.as_ref().ok_or(Undecidable::NoSlices)?;
    let of_label = slices.of_label(label).ok_or(Undecidable::NoTimeSeries)?;
    let by = series.bucket_ms.div_ceil(slices.slice_ms.max(1)).max(1);
    let joined = joined_slices(of_label.iter().cloned(), by);
    let last = joined.last().map_or(0, |slice| slice.index);
    let mut values = vec![None; usize::try_from(last).unwrap_or(0) + 1];
    for slice in &joined {
        let counts = step_middles(&slice.ok);
        let count = counts.iter().map(|(_, count)| count).sum();
        let value = value_at(&counts, count, percentile);
        if let Some(entry) = values.get_mut(slice.index as usize) {
            *entry = value.map(|value| value as f64);
        }
    }
    Ok(MetricSeries {
        start_ms: slices.start_ms,
        bucket_ms: slices.slice_ms.saturating_mul(by),
        values,
    })
}

/// Returns the metric in each bucket of the time series.
fn values(
    report: &Report,
    series: &TimeSeries,
    label: Option<&str>,
    metric: Metric,
) -> Result<Vec<Option<f64>>, Undecidable> {
    let activity = activity(series, label)?;
    let whole = whole_buckets(report, series);
    let seconds = series.bucket_ms as f64 / MS_PER_SECOND;
    let rate = |amounts: &mut dyn Iterator<Item = f64>| -> Vec<Option<f64>> {
        let rates = amounts.map(|amount| amount / seconds).zip(&whole);
        rates.map(|(rate, whole)| whole.then_some(rate)).collect()
    };
    let samples = activity.ok.iter().zip(&activity.ko);
    let no_column = |column| Undecidable::NoColumn { metric, column };
    let means = |means: &[Option<f64>], column| match means {
        [] => Err(no_column(column)),
        means => Ok(means.to_vec()),
    };
    let kb = |bytes: &[Option<u64>], has_column: bool, column| match has_column {
        false => Err(no_column(column)),
        true => {
            let amounts = bytes.iter().map(|bytes| bytes.unwrap_or(0) as f64);
            let rates = rate(&mut amounts.map(|bytes| bytes / BYTES_PER_KB));
            let rates = rates.into_iter().zip(bytes);
            Ok(rates.map(|(rate, bytes)| bytes.and(rate)).collect())
        }
    };
    match metric {
        Metric::ErrorPercent => Ok(samples
            .map(|(&ok, &ko)| (ok + ko > 0).then(|| ko as f64 * 100.0 / (ok + ko) as f64))
            .collect()),
        Metric::Throughput => Ok(rate(&mut samples.map(|(&ok, &ko)| (ok + ko) as f64))),
        Metric::Elapsed(Statistic::Average) => Ok(activity.elapsed_mean.clone()),
        Metric::Latency(Statistic::Average) => means(&activity.latency_mean, "Latency"),
        Metric::Connect(Statistic::Average) => means(&activity.connect_mean, "Connect"),
        Metric::Received => {
            let has_column = report.total.average_bytes.is_some();
            kb(&series.received_bytes, has_column, "bytes")
        }
        Metric::Sent => {
            let has_column = report.total.sent_kb_per_sec.is_some();
            kb(&series.sent_bytes, has_column, "sentBytes")
        }
        Metric::Elapsed(Statistic::Percentile(percentile)) => {
            let percentiles = &mut series.percentiles.iter();
            match percentiles.find(|series| series.percent == percentile) {
                Some(percentile) => Ok(percentile
                    .values
                    .iter()
                    .map(|value| value.map(|value| value as f64))
                    .collect()),
                None => Err(Undecidable::NotComputedOverTime { percentile }),
            }
        }
        Metric::Count
        | Metric::Errors
        | Metric::Min
        | Metric::Max
        | Metric::StdDev
        | Metric::Apdex
        | Metric::Latency(Statistic::Percentile(_))
        | Metric::Connect(Statistic::Percentile(_)) => Err(Undecidable::NotOverTime { metric }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_stretch_is_found() {
        let stretch = |holds: &str| {
            longest_stretch(holds.chars().map(|holds| match holds {
                '+' => Some(true),
                '-' => Some(false),
                _ => None,
            }))
        };
        let at = |first, buckets| Stretch { first, buckets };
        assert_eq!(stretch(""), at(0, 0));
        assert_eq!(stretch("- -"), at(0, 0));
        assert_eq!(stretch("+-++-++"), at(2, 2));
        assert_eq!(stretch("-+++"), at(1, 3));
        assert_eq!(stretch("-  +  ++  -"), at(3, 5));
        assert_eq!(stretch("+ - +"), at(0, 1));
    }
}
