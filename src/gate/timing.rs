//! Judges conditions on a part of the run: those that must hold for some time, and those on windows.
//!
//! A bucket in which the metric is undefined, such as a mean without samples, neither starts nor ends
//! a stretch: it does not show that the run recovered. Windows slide by one bucket.

use super::condition::{Condition, Judged};
use super::criterion::{Criterion, Op, Timing};
use super::error::Undecidable;
use super::metric::{Metric, Statistic};
use super::series::Series;
use super::value::{Unit, rounded, with_unit};
use crate::format;
use crate::report::{Found, Report};
use crate::units::MS_PER_SECOND;

/// Says why no time series can have the metric of a criterion; `None` if it can.
pub(super) fn unavailable(criterion: &Criterion) -> Option<String> {
    let word = criterion.timing?.word();
    let metric = &criterion.metric;
    let is_for = matches!(criterion.timing, Some(Timing::For(_)));
    let is_upper = matches!(criterion.op, Op::Greater | Op::GreaterOrEqual);
    let counts = if is_for { "" } else { "count, errors, " };
    let codes = if is_for { "rcCODE%" } else { "rcCODE, rcCODE%" };
    let of_all = format!("{counts}error%, avg, pNN, throughput, goodput, latency.avg, connect.avg");
    match metric {
        Metric::Count | Metric::Errors | Metric::Codes(_) if is_for => Some(format!(
            "`{metric}` over time depends on the width of the buckets: with `for`, use throughput, error% or rcCODE%; or count with `over`"
        )),
        Metric::Count | Metric::Errors | Metric::Codes(_)
            if matches!(criterion.timing, Some(Timing::Within(_))) && !is_upper =>
        {
            Some(format!(
                "`within` counts from the first moment, when {metric} is still low: use `over`, which counts in whole windows"
            ))
        }
        Metric::Min
        | Metric::Max
        | Metric::StdDev
        | Metric::Apdex
        | Metric::Latency(Statistic::Percentile(_))
        | Metric::Connect(Statistic::Percentile(_))
        | Metric::Column(_)
        | Metric::Rejected
        | Metric::RejectedPercent
        | Metric::Repaired
        | Metric::RepairedPercent => Some(format!(
            "{metric} is not available over time: with `{word}`, use {of_all}, and for TOTAL also received, sent, {codes}"
        )),
        Metric::Received | Metric::Sent | Metric::Codes(_) | Metric::CodesPercent(_)
            if !criterion.is_of_total() =>
        {
            Some(format!(
                "over time, {metric} is available for TOTAL only: with `{word}` and a label, use {of_all}"
            ))
        }
        _ => None,
    }
}

/// Judges a condition for a label, or for all labels if `label` is `None`.
///
/// # Errors
///
/// If the time series does not have the metric, its buckets are wider than the time, or the run is
/// too short for the condition to hold that long.
pub(super) fn judge(
    report: &Report,
    label: Option<&str>,
    condition: &Condition<'_>,
    timing: Timing,
) -> Result<Judged, Undecidable> {
    let series = match timing {
        Timing::For(_) => Series::by_bucket(report, label, condition.metric)?,
        Timing::Over(_) | Timing::Within(_) => {
            Series::by_window(report, label, (condition.metric, condition.op))?
        }
    };
    let width = seconds(series.bucket_ms as f64);
    let time_ms = timing.time().base();
    if time_ms < series.bucket_ms as f64 {
        return Err(Undecidable::TimeTooShort {
            time: seconds(time_ms),
            width,
        });
    }
    if (0..series.len()).all(|bucket| series.value(bucket, bucket + 1).is_none()) {
        return Err(Undecidable::NeverDefined {
            metric: condition.metric.clone(),
            of: condition.of_samples(),
            width,
        });
    }
    let needed = rounded(time_ms / series.bucket_ms as f64).ceil() as usize;
    let judged = match timing {
        Timing::For(_) => sustained(&series, condition, needed, label.is_none()),
        Timing::Over(_) => in_windows(&series, condition, needed, 0),
        Timing::Within(_) => {
            let begin = series.defined().map_or(0, |defined| defined.start);
            in_windows(&series, condition, needed, begin + 1)
        }
    };
    judged.ok_or_else(|| {
        let defined = series.defined().map_or(0, |defined| defined.len());
        Undecidable::TimeTooLong {
            time: with_unit(timing.time().value, timing.time().unit),
            known: seconds(defined as f64 * series.bucket_ms as f64),
            width,
        }
    })
}

/// Finds the longest stretch in which a condition holds. The run fails if that is at least `needed`
/// buckets. `None` if it could not be that long.
///
/// Rates and metrics of all labels must be known for that many buckets. Other metrics of a label may
/// be known for fewer, because it has samples in a part of the run only; they do not show whether it
/// would have gone on if the condition holds in all of them.
fn sustained(
    series: &Series,
    condition: &Condition<'_>,
    needed: usize,
    is_total: bool,
) -> Option<Judged> {
    let width = seconds(series.bucket_ms as f64);
    let values = (0..series.len()).map(|bucket| series.value(bucket, bucket + 1));
    let holds: Vec<Option<bool>> = values
        .map(|value| value.map(|value| condition.holds(value)))
        .collect();
    let is_short = series.defined()?.len() < needed;
    let may_end = !is_total && !series.is_rate() && holds.contains(&Some(false));
    if needed > series.len() || is_short && !may_end {
        return None;
    }
    let longest = longest_stretch(holds.into_iter());
    let words = condition.in_words();
    let is_failed = longest.buckets >= needed as u64;
    let (found, message) = match longest.buckets {
        0 => (None, format!("{words} held in no bucket of {width}")),
        buckets => {
            let held_ms = buckets.saturating_mul(series.bucket_ms) as f64;
            let message = format!(
                "{words} held for {}{}, from {}, in buckets of {width}",
                if is_failed { "" } else { "at most " },
                seconds(held_ms),
                format::utc(start_of(series, longest.first)),
            );
            (Some(held_ms), message)
        }
    };
    let is_uncertain = condition.is_uncertain() && !is_failed;
    let doubt = (is_uncertain && may_hold_for(series, condition, needed)).then(|| {
        let time = seconds(needed as f64 * series.bucket_ms as f64);
        format!("{words} could have held for {time}")
    });
    let found = found.map(|held_ms| Found {
        value: held_ms / MS_PER_SECOND,
        unit: Unit::Seconds.name().to_owned(),
    });
    Some(Judged {
        found,
        is_failed,
        message,
        doubt,
    })
}

/// Whether the condition could hold for `needed` buckets, if the rejected rows all belong to them.
fn may_hold_for(series: &Series, condition: &Condition<'_>, needed: usize) -> bool {
    let rows_for = |bucket: usize| {
        let may_hold = |rows: u64| {
            let range = series.range(bucket, bucket + 1, rows);
            range.is_some_and(|range| condition.may_hold(range))
        };
        fewest(condition.rejected, may_hold)
    };
    let rows: Vec<Option<u64>> = (0..series.len()).map(rows_for).collect();
    let is_defined = |bucket: usize| series.value(bucket, bucket + 1).is_some();
    let inside: Vec<Option<u64>> = (0..series.len())
        .map(|bucket| match is_defined(bucket) {
            true => rows[bucket],
            // An undefined bucket does not end a stretch.
            false => Some(0),
        })
        .collect();
    let sum = |rows: &[Option<u64>]| -> Option<u64> {
        let mut rows = rows.iter();
        rows.try_fold(0_u64, |sum, rows| sum.checked_add((*rows)?))
    };
    (0..(series.len() + 1).saturating_sub(needed)).any(|first| {
        let end = first + needed;
        let all = match needed {
            1 => rows[first],
            _ => sum(&[rows[first], rows[end - 1]])
                .zip(sum(&inside[first + 1..end - 1]))
                .and_then(|(ends, inside)| ends.checked_add(inside)),
        };
        all.is_some_and(|all| all <= condition.rejected)
    })
}

/// Returns the smallest number up to `most` for which a condition holds that holds for all larger ones.
fn fewest(most: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(most) {
        return None;
    }
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        match holds(middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Some(high)
}

/// Finds the window in which the metric is worst. Windows have `needed` buckets; if `from` is not 0,
/// there are also shorter ones, which all start with bucket `from - 1`. `None` if no window decides.
fn in_windows(
    series: &Series,
    condition: &Condition<'_>,
    needed: usize,
    from: usize,
) -> Option<Judged> {
    let windows = || {
        let short = (from..needed.saturating_add(from)).filter(|_| from > 0);
        let short = short.map(move |end| (from - 1, end));
        let short = short.filter(|&(_, end)| end <= series.len() && end - (from - 1) < needed);
        let whole = (needed..=series.len()).map(|end| (end - needed, end));
        short.chain(whole)
    };
    let known = windows().filter_map(|(first, end)| {
        let value = series.value(first, end)?;
        Some((value, first, end))
    });
    let known: Vec<(f64, usize, usize)> = known.collect();
    let has_whole = known.iter().any(|(_, first, end)| end - first == needed);
    let worst = |one: &&(f64, usize, usize), other: &&(f64, usize, usize)| match condition.op {
        Op::Less | Op::LessOrEqual => other.0.total_cmp(&one.0),
        _ => one.0.total_cmp(&other.0),
    };
    // Of equals, the first one.
    let failed = known.iter().filter(|(value, ..)| condition.holds(*value));
    let failed = failed.rev().max_by(worst);
    let passed = known.iter().rev().max_by(worst).filter(|_| has_whole);
    let is_failed = failed.is_some();
    let &(value, first, end) = failed.or(passed)?;
    let length = |buckets: usize| seconds(buckets as f64 * series.bucket_ms as f64);
    let unit = condition.metric.unit();
    let message = format!(
        "{}{}{} in the {} from {}; a window starts every {}",
        match condition.op {
            _ if is_failed => "found ",
            Op::Less | Op::LessOrEqual => "found at least ",
            Op::Greater | Op::GreaterOrEqual => "found at most ",
            Op::Equal | Op::NotEqual => "found up to ",
        },
        with_unit(value, unit),
        condition.of_samples(),
        length(end - first),
        format::utc(start_of(series, first)),
        length(1),
    );
    let doubt = match condition.is_uncertain() && !is_failed {
        true => windows().find_map(|(first, end)| {
            let range = series.range(first, end, condition.rejected)?;
            condition.may_hold(range).then(|| {
                let from = format::utc(start_of(series, first));
                format!(
                    "{} in the {} from {from}",
                    condition.could_be(range),
                    length(end - first)
                )
            })
        }),
        false => None,
    };
    Some(Judged {
        found: Some(Found {
            value,
            unit: unit.name().to_owned(),
        }),
        is_failed,
        message,
        doubt,
    })
}

fn start_of(series: &Series, bucket: usize) -> i64 {
    let offset = (bucket as u64).saturating_mul(series.bucket_ms);
    series.start_ms.saturating_add_unsigned(offset)
}

fn seconds(ms: f64) -> String {
    with_unit(ms / MS_PER_SECOND, Unit::Seconds)
}

/// A stretch of consecutive buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stretch {
    first: usize,
    buckets: u64,
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

    #[test]
    fn the_fewest_rows_are_found() {
        for needed in 0..10 {
            assert_eq!(fewest(9, |rows| rows >= needed), Some(needed));
        }
        assert_eq!(fewest(9, |_| false), None);
        assert_eq!(fewest(0, |_| true), Some(0));
    }
}
