//! The value of a metric over the whole run, and what it could be with the rejected rows.

use super::error::Undecidable;
use super::evaluate::is_total;
use super::metric::{Metric, Statistic};
use super::range::{ANY_TIME, Range, deviation_with, mean_with, percentile_with};
use super::rejected::percent;
use super::series::extremes;
use super::value::rounded;
use crate::percentile::{Percentile, value_at};
use crate::report::{Apdex, LabelReport, Report, Summary};

/// Checks that all samples have the column that a metric is computed from, if any of them has it.
///
/// # Errors
///
/// If only some have it.
pub(super) fn check_complete(
    metric: &Metric,
    row: &LabelReport,
    report: &Report,
) -> Result<(), Undecidable> {
    let partial = |found| {
        Err(Undecidable::Partial {
            metric: metric.clone(),
            found,
        })
    };
    let is_of_codes = matches!(metric, Metric::Codes(_) | Metric::CodesPercent(_));
    let without_codes = report.inputs.iter().find(|input| input.lacks_codes);
    match (without_codes, row.codes.is_empty()) {
        (Some(input), false) if is_of_codes => {
            partial(format!("no responseCode column in {}", input.name))
        }
        _ => match metric.field().and_then(|field| row.partial(field)) {
            None => Ok(()),
            Some(column) => partial(column.in_words()),
        },
    }
}

/// Checks that no samples at stray times spoil a rate.
fn check_times(metric: &Metric, row: &LabelReport, report: &Report) -> Result<(), Undecidable> {
    let is_rate = matches!(
        metric,
        Metric::Throughput | Metric::Goodput | Metric::Received | Metric::Sent
    );
    match &report.stray_times {
        Some(stray_times) if is_rate && row.has_stray_times => Err(Undecidable::StrayTimes {
            metric: metric.clone(),
            found: stray_times.with_options(),
        }),
        _ => Ok(()),
    }
}

/// Returns the value of a metric over the whole run, in [`Metric::unit`].
pub(super) fn value(
    metric: &Metric,
    row: &LabelReport,
    report: &Report,
) -> Result<f64, Undecidable> {
    let no_samples = || Undecidable::NoSamples {
        metric: metric.clone(),
    };
    let no_duration = || Undecidable::NoDuration {
        metric: metric.clone(),
    };
    let no_column = |column| Undecidable::NoColumn {
        metric: metric.clone(),
        column,
    };
    let elapsed = || row.elapsed.as_ref().ok_or_else(no_samples);
    check_times(metric, row, report)?;
    match metric {
        Metric::Count => Ok(row.samples as f64),
        Metric::Errors => Ok(row.errors as f64),
        // Not from the ratio: multiplying it by 100 would lose its last digit.
        Metric::ErrorPercent if row.samples == 0 => Err(no_samples()),
        Metric::ErrorPercent => Ok(row.errors as f64 * 100.0 / row.samples as f64),
        Metric::Codes(codes) | Metric::CodesPercent(codes) => {
            if row.codes.is_empty() {
                return Err(no_column("responseCode"));
            }
            let count = codes.count(&row.codes);
            let count = count.ok_or_else(|| Undecidable::CodesInClasses {
                metric: metric.clone(),
            })?;
            match metric {
                Metric::Codes(_) => Ok(count),
                _ if row.samples == 0 => Err(no_samples()),
                _ => Ok(count * 100.0 / row.samples as f64),
            }
        }
        Metric::Elapsed(Statistic::Average) => Ok(elapsed()?.mean),
        Metric::Min => Ok(elapsed()?.min as f64),
        Metric::Max => Ok(elapsed()?.max as f64),
        Metric::StdDev => Ok(elapsed()?.std_dev),
        Metric::Elapsed(Statistic::Percentile(percentile)) => {
            let count = row.distribution.iter().map(|(_, count)| count).sum();
            let value = value_at(&row.distribution, count, *percentile);
            value.map(|value| value as f64).ok_or_else(no_samples)
        }
        Metric::Throughput => row.throughput.ok_or_else(no_duration),
        Metric::Goodput => row.goodput.ok_or_else(no_duration),
        Metric::Received => {
            let column = row.average_bytes.map(|_| row.received_kb_per_sec);
            let rate = column.ok_or_else(|| no_column("bytes"))?;
            rate.ok_or_else(no_duration)
        }
        // Both a missing column and a run of no length leave the rate undefined.
        Metric::Sent => row.sent_kb_per_sec.ok_or_else(|| match row.throughput {
            Some(_) => no_column("sentBytes"),
            None => no_duration(),
        }),
        Metric::Apdex => apdex(row, report)
            .and_then(|apdex| apdex.apdex)
            .ok_or_else(no_samples),
        Metric::Latency(statistic) => {
            let summary = row.latency.as_ref();
            of_summary(
                metric,
                *statistic,
                summary.ok_or_else(|| no_column("Latency"))?,
            )
        }
        Metric::Connect(statistic) => {
            let summary = row.connect.as_ref();
            of_summary(
                metric,
                *statistic,
                summary.ok_or_else(|| no_column("Connect"))?,
            )
        }
        Metric::Column(column) => column.value(row, report),
        Metric::Rejected => Ok(report.accounting.rejected_whole() as f64),
        Metric::RejectedPercent => {
            let accounting = &report.accounting;
            Ok(percent(accounting.rejected_whole(), accounting))
        }
        Metric::Repaired => Ok(report.accounting.repaired as f64),
        Metric::RepairedPercent => Ok(percent(report.accounting.repaired, &report.accounting)),
    }
}

/// Returns what a metric over the whole run could be, if `rows` rejected rows are samples of this row.
pub(super) fn range(
    metric: &Metric,
    row: &LabelReport,
    report: &Report,
    rows: u64,
) -> Result<Range, Undecidable> {
    let value = value(metric, row, report)?;
    if rows == 0 || metric.is_of_rows() {
        return Ok(Range::exactly(value));
    }
    let samples = row.samples as f64;
    let total = &report.total;
    let more = |by: f64| Range {
        low: value,
        high: rounded(value + by),
    };
    // What the samples add to a rate, the rows may add likewise.
    let rate = |rate: Option<f64>| more(rate.unwrap_or(0.0) * rows as f64 / samples.max(1.0));
    let share = |most: f64| Range {
        low: 0.0,
        high: most,
    };
    let times = |of_all: &Option<Summary>| of_all.as_ref().map_or(Range::exactly(value), extremes);
    let elapsed = times(&total.elapsed);
    let count = |summary: &Option<Summary>| summary.as_ref().map_or(0.0, |all| all.count as f64);
    Ok(match metric {
        Metric::Count | Metric::Errors | Metric::Codes(_) => more(rows as f64),
        Metric::ErrorPercent | Metric::CodesPercent(_) => {
            mean_with(value, samples, rows, share(100.0))
        }
        Metric::Apdex => {
            let counted = apdex(row, report).map_or(samples, |apdex| apdex.samples as f64);
            mean_with(value, counted, rows, share(1.0))
        }
        Metric::Elapsed(Statistic::Average) => mean_with(value, samples, rows, elapsed),
        Metric::Elapsed(Statistic::Percentile(percentile)) => {
            percentile_with(&row.distribution, *percentile, rows).unwrap_or(ANY_TIME)
        }
        Metric::Min => Range::around(value, [elapsed.low, value]),
        Metric::Max => Range::around(value, [elapsed.high, value]),
        Metric::StdDev => {
            let mean = row.elapsed.as_ref().map_or(0.0, |all| all.mean);
            deviation_with((value, mean), samples, rows, elapsed)
        }
        Metric::Throughput | Metric::Goodput => rate(row.throughput),
        Metric::Received | Metric::Sent => rate(Some(value)),
        Metric::Latency(Statistic::Average) => {
            mean_with(value, count(&row.latency), rows, times(&total.latency))
        }
        Metric::Connect(Statistic::Average) => {
            mean_with(value, count(&row.connect), rows, times(&total.connect))
        }
        Metric::Latency(Statistic::Percentile(percentile)) => {
            of_summary_with(row.latency.as_ref(), *percentile, rows)
        }
        Metric::Connect(Statistic::Percentile(percentile)) => {
            of_summary_with(row.connect.as_ref(), *percentile, rows)
        }
        Metric::Column(column) => column.range(value, row, report, rows),
        Metric::Rejected | Metric::RejectedPercent | Metric::Repaired | Metric::RepairedPercent => {
            Range::exactly(value)
        }
    })
}

/// Returns bounds of a percentile with `rows` further values, from the percentiles that are known.
fn of_summary_with(summary: Option<&Summary>, percentile: Percentile, rows: u64) -> Range {
    let Some(summary) = summary else {
        return ANY_TIME;
    };
    let count = summary.count;
    let rank = percentile.rank(count.saturating_add(rows));
    let known = || {
        let known = summary.percentiles.iter();
        known.map(|known| (known.percent.rank(count), known.value as f64))
    };
    let above = known().filter(|(of, _)| *of >= rank);
    let below = known().filter(|(of, _)| of.saturating_add(rows) <= rank);
    Range {
        low: match rank > rows {
            true => below.fold(summary.min as f64, |low, (_, value)| low.max(value)),
            false => ANY_TIME.low,
        },
        high: match rank <= count {
            true => above.fold(summary.max as f64, |high, (_, value)| high.min(value)),
            false => ANY_TIME.high,
        },
    }
}

/// Returns the Apdex of a row; `None` if the row has only empty transaction controllers.
pub(super) fn apdex<'a>(row: &LabelReport, report: &'a Report) -> Option<&'a Apdex> {
    match is_total(row, report) {
        true => Some(&report.apdex.total),
        false => {
            let labels = &mut report.apdex.labels.iter();
            labels.find(|apdex| apdex.label == row.label)
        }
    }
}

fn of_summary(
    metric: &Metric,
    statistic: Statistic,
    summary: &Summary,
) -> Result<f64, Undecidable> {
    match statistic {
        Statistic::Average => Ok(summary.mean),
        Statistic::Percentile(percentile) => summary
            .percentiles
            .iter()
            .find(|value| value.percent == percentile)
            .map(|value| value.value as f64)
            .ok_or(Undecidable::NotComputed {
                metric: metric.clone(),
                percentile,
            }),
    }
}
