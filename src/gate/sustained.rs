//! Conditions that hold for some time: over the buckets of the time series.
//!
//! The buckets are those of the charts, at most 400, as wide as the run's length makes them. A
//! time is told apart in whole buckets: the condition must hold in as many in a row as cover it. A
//! bucket in which the metric is undefined, as a mean is without samples, neither ends a stretch nor
//! begins one: nothing shows that the run recovered there.
//!
//! Percentiles of a label come from its slices of time, joined until they are as wide as the charts'
//! buckets: there a sample belongs to the slice of its start, and percentiles are within 1.6%.

use super::criterion::{Criterion, Op, Target};
use super::metric::{Figure, Metric};
use super::value::{Unit, rounded, with_unit};
use crate::percentile::{Percentile, value_at};
use crate::report::{Activity, Found, Report, TOTAL, TimeSeries, joined_slices, step_middles};
use crate::units::{self, BYTES_PER_KB, MS_PER_SECOND};

/// Why a criterion that needs time cannot be told from any time series; `None` if it can.
pub(super) fn obstacle(criterion: &Criterion) -> Option<String> {
    criterion.sustained?;
    let metric = criterion.metric;
    let is_total = match &criterion.target {
        Target::Total => true,
        Target::Label(label) => label == TOTAL,
        Target::Pattern(_) => false,
    };
    match metric {
        Metric::Count | Metric::Errors => Some(format!(
            "`{metric}` over time depends on the width of the buckets: with `for`, use throughput or error%"
        )),
        Metric::Min
        | Metric::Max
        | Metric::StdDev
        | Metric::Apdex
        | Metric::Latency(Figure::Percentile(_))
        | Metric::Connect(Figure::Percentile(_)) => Some(format!(
            "the time series has no {metric}: with `for` there are error%, avg, pNN, throughput, latency.avg, connect.avg, and of TOTAL also received, sent"
        )),
        Metric::Received | Metric::Sent if !is_total => Some(format!(
            "the time series has {metric} of TOTAL only: with `for`, a label has error%, avg, pNN, throughput, latency.avg, connect.avg"
        )),
        _ => None,
    }
}

/// A stretch of buckets in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stretch {
    first: usize,
    buckets: u64,
}

/// For how long a condition held of a label (or all together), whether that is long enough, and both in words.
///
/// # Errors
///
/// When the time series does not have the metric, or its buckets are wider than the time.
pub(super) fn hold(
    report: &Report,
    label: Option<&str>,
    metric: Metric,
    (op, limit): (Op, f64),
    time_ms: f64,
) -> Result<(Option<Found>, bool, String), String> {
    let series = report.time_series.as_ref().ok_or("there are no samples")?;
    let Course {
        start_ms,
        bucket_ms,
        values,
    } = course(report, series, label, metric)?;
    let width = seconds(bucket_ms as f64);
    if time_ms < bucket_ms as f64 {
        return Err(format!(
            "a run of this length has buckets of {width}, too wide to tell {} apart: give a longer time",
            seconds(time_ms)
        ));
    }
    if values.iter().all(Option::is_none) {
        return Err(format!("{metric} is undefined in every bucket of {width}"));
    }
    let holds = values
        .iter()
        .map(|value| value.map(|value| op.holds(value, limit)));
    let longest = longest(holds);
    let needed = (rounded(time_ms / bucket_ms as f64)).ceil() as u64;
    let of = match metric {
        Metric::Elapsed(Figure::Percentile(_)) => " of successful samples",
        _ => "",
    };
    let condition = format!(
        "{metric}{of} {} {}",
        op.symbol(),
        with_unit(limit, metric.unit())
    );
    if longest.buckets == 0 {
        let message = format!("{condition} held in no bucket of {width}");
        return Ok((None, false, message));
    }
    let held_ms = longest.buckets.saturating_mul(bucket_ms);
    let offset = (longest.first as u64).saturating_mul(bucket_ms);
    let from = start_ms.saturating_add_unsigned(offset);
    let is_failed = longest.buckets >= needed;
    let message = format!(
        "{condition} held for {} {} {}, in buckets of {width}",
        seconds(held_ms as f64),
        if is_failed { "from" } else { "at most, from" },
        units::utc(from),
    );
    let found = Found {
        value: held_ms as f64 / MS_PER_SECOND,
        unit: Unit::Seconds.name().to_owned(),
    };
    Ok((Some(found), is_failed, message))
}

fn seconds(ms: f64) -> String {
    with_unit(ms / MS_PER_SECOND, Unit::Seconds)
}

/// The first of the longest stretches in which a condition holds wherever it can be told: from a
/// bucket in which it holds to another, with none between in which it does not.
fn longest(holds: impl Iterator<Item = Option<bool>>) -> Stretch {
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
struct Course {
    /// Start of the first bucket, epoch ms.
    start_ms: i64,
    /// Width of a bucket, ms.
    bucket_ms: u64,
    /// The metric in each bucket; `None` where it is undefined, as a mean is without samples.
    values: Vec<Option<f64>>,
}

fn course(
    report: &Report,
    series: &TimeSeries,
    label: Option<&str>,
    metric: Metric,
) -> Result<Course, String> {
    match (label, metric) {
        (Some(label), Metric::Elapsed(Figure::Percentile(percentile))) => {
            percentiles_of(label, percentile, report, series)
        }
        _ => Ok(Course {
            start_ms: series.start_ms,
            bucket_ms: series.bucket_ms,
            values: values(report, series, label, metric)?,
        }),
    }
}

/// A percentile of a label's successful samples, in its slices.
fn percentiles_of(
    label: &str,
    percentile: Percentile,
    report: &Report,
    series: &TimeSeries,
) -> Result<Course, String> {
    let slices = report.slices.as_ref().ok_or(
        "the report was saved without slices of time, which percentiles of a label need: analyze the results again",
    )?;
    let of_label = slices.of_label(label).ok_or_else(no_course)?;
    let by = series.bucket_ms.div_ceil(slices.slice_ms.max(1)).max(1);
    let joined = joined_slices(of_label.iter().cloned(), by);
    let last = joined.last().map_or(0, |slice| slice.index);
    let mut values = vec![None; usize::try_from(last).unwrap_or(0) + 1];
    for slice in &joined {
        let counts = step_middles(&slice.ok);
        let count = counts.iter().map(|(_, count)| count).sum();
        let value = value_at(&counts, count, percentile);
        if let Some(place) = values.get_mut(slice.index as usize) {
            *place = value.map(|value| value as f64);
        }
    }
    Ok(Course {
        start_ms: slices.start_ms,
        bucket_ms: slices.slice_ms.saturating_mul(by),
        values,
    })
}

fn no_course() -> String {
    "a run with so many labels has the time series of TOTAL alone: choose labels with --include"
        .to_owned()
}

/// The metric in each bucket of the time series.
fn values(
    report: &Report,
    series: &TimeSeries,
    label: Option<&str>,
    metric: Metric,
) -> Result<Vec<Option<f64>>, String> {
    let activity = activity(series, label)?;
    let whole = whole_buckets(report, series);
    let seconds = series.bucket_ms as f64 / MS_PER_SECOND;
    let rate = |amounts: &mut dyn Iterator<Item = f64>| -> Vec<Option<f64>> {
        let rates = amounts.map(|amount| amount / seconds).zip(&whole);
        rates.map(|(rate, whole)| whole.then_some(rate)).collect()
    };
    let samples = activity.ok.iter().zip(&activity.ko);
    let means = |means: &[Option<f64>], column: &str| match means {
        [] => Err(format!("the results have no column {column}")),
        means => Ok(means.to_vec()),
    };
    let kb = |bytes: &[u64], has_column: bool, column: &str| match has_column {
        false => Err(format!("the results have no column {column}")),
        true => Ok(rate(&mut bytes.iter().map(|&b| b as f64 / BYTES_PER_KB))),
    };
    match metric {
        Metric::ErrorPercent => Ok(samples
            .map(|(&ok, &ko)| (ok + ko > 0).then(|| ko as f64 * 100.0 / (ok + ko) as f64))
            .collect()),
        Metric::Throughput => Ok(rate(&mut samples.map(|(&ok, &ko)| (ok + ko) as f64))),
        Metric::Elapsed(Figure::Average) => Ok(activity.elapsed_mean.clone()),
        Metric::Latency(Figure::Average) => means(&activity.latency_mean, "Latency"),
        Metric::Connect(Figure::Average) => means(&activity.connect_mean, "Connect"),
        Metric::Received => {
            let has_column = report.total.average_bytes.is_some();
            kb(&series.received_bytes, has_column, "bytes")
        }
        Metric::Sent => {
            let has_column = report.total.sent_kb_per_sec.is_some();
            kb(&series.sent_bytes, has_column, "sentBytes")
        }
        Metric::Elapsed(Figure::Percentile(percentile)) => {
            let percentiles = &mut series.percentiles.iter();
            match percentiles.find(|series| series.percent == percentile) {
                Some(percentile) => Ok(percentile
                    .values
                    .iter()
                    .map(|value| value.map(|value| value as f64))
                    .collect()),
                None => Err(format!(
                    "the time series has no p{percentile}: add it to --percentiles"
                )),
            }
        }
        Metric::Count
        | Metric::Errors
        | Metric::Min
        | Metric::Max
        | Metric::StdDev
        | Metric::Apdex
        | Metric::Latency(Figure::Percentile(_))
        | Metric::Connect(Figure::Percentile(_)) => Err(format!("the time series has no {metric}")),
    }
}

fn activity<'a>(series: &'a TimeSeries, label: Option<&str>) -> Result<&'a Activity, String> {
    let Some(label) = label else {
        return Ok(&series.total);
    };
    let of_label = series.labels.iter().find(|of| of.label == label);
    of_label.map(|of| &of.activity).ok_or_else(no_course)
}

/// Which buckets the run fills from end to end: in the others a rate would be too low.
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
            longest(holds.chars().map(|holds| match holds {
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
