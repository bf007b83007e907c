//! Criteria held against a report.

use super::criterion::{Arithmetic, Criterion, Limit, Target};
use super::metric::{Figure, Metric};
use super::sustained;
use super::value::{Quantity, decimal, rounded, with_unit};
use crate::apdex::Thresholds;
use crate::percentile::{Percentile, value_at};
use crate::report::{Apdex, CriterionResult, Found, LabelReport, Report, Summary, TOTAL};
use crate::suggest::did_you_mean;

/// Most labels named in a message.
const MOST_NAMED: usize = 20;

/// Holds a report to criteria: one result for each criterion and label, in the order of both.
///
/// # Errors
///
/// When a criterion names a label, or a metric, that the report or the baseline does not have; the
/// message shows the criterion.
pub fn evaluate(
    criteria: &[Criterion],
    report: &Report,
    baseline: Option<&Report>,
) -> Result<Vec<CriterionResult>, String> {
    let mut results = Vec::new();
    for criterion in criteria {
        let located = |why: String| format!("`{criterion}`: {why}");
        let rows = targeted(&criterion.target, report).map_err(located)?;
        for row in rows {
            let result = held_against(criterion, row, report, baseline);
            results.push(result.map_err(located)?);
        }
    }
    Ok(results)
}

fn held_against(
    criterion: &Criterion,
    row: &LabelReport,
    report: &Report,
    baseline: Option<&Report>,
) -> Result<CriterionResult, String> {
    let metric = criterion.metric;
    let (limit, origin) = limit(criterion, row, report, baseline)?;
    let (found, is_failed, mut message) = match criterion.sustained {
        Some(time) => {
            let condition = (criterion.op, limit);
            let label = (!is_total(row, report)).then_some(row.label.as_str());
            sustained::hold(report, label, metric, condition, time.base())?
        }
        None => {
            let value = value(metric, row, report).map_err(|why| of_label(row, why))?;
            let message = format!("found {}", with_unit(value, metric.unit()));
            let found = Found {
                value,
                unit: metric.unit().name().to_owned(),
            };
            (Some(found), criterion.op.holds(value, limit), message)
        }
    };
    if let Some(origin) = origin {
        let limit = with_unit(limit, metric.unit());
        message = format!("{message}; the limit is {limit}, {origin}");
    }
    Ok(CriterionResult {
        text: criterion.to_string(),
        label: row.label.clone(),
        found,
        is_failed,
        message,
    })
}

/// The rows that a criterion is about.
fn targeted<'a>(target: &Target, report: &'a Report) -> Result<Vec<&'a LabelReport>, String> {
    match target {
        Target::Total => Ok(vec![&report.total]),
        Target::Label(label) if label == TOTAL => Ok(vec![&report.total]),
        // There may be two, of bytes that are shown alike.
        Target::Label(label) => {
            let labels = report.labels.iter();
            let rows: Vec<&LabelReport> = labels.filter(|row| row.label == *label).collect();
            match rows[..] {
                [] => Err(no_label(label, report)),
                _ => Ok(rows),
            }
        }
        Target::Pattern(pattern) => {
            if let Some(others) = &report.other_labels {
                return Err(format!(
                    "a regular expression needs all labels, and the report sums up {}: {}",
                    others.label,
                    more_labels(report)
                ));
            }
            let labels = report.labels.iter();
            let rows: Vec<&LabelReport> = labels
                .filter(|row| pattern.0.is_match(row.label.as_bytes()))
                .collect();
            match rows[..] {
                [] => Err(format!(
                    "no label matches /{}/: {}",
                    pattern.0,
                    known_labels(report)
                )),
                _ => Ok(rows),
            }
        }
    }
}

/// Whether a row is that of all together, whatever the labels are called.
fn is_total(row: &LabelReport, report: &Report) -> bool {
    std::ptr::eq(row, &report.total)
}

/// The row of a label. `TOTAL` is all together, even if a label has that name.
fn row_of<'a>(label: &str, report: &'a Report) -> Option<&'a LabelReport> {
    if label == TOTAL {
        return Some(&report.total);
    }
    report.labels.iter().find(|row| row.label == label)
}

fn no_label(label: &str, report: &Report) -> String {
    let labels = report.labels.iter().map(|row| row.label.as_str());
    let hint = match &report.other_labels {
        Some(_) => format!("; if it is among those summed up, {}", more_labels(report)),
        None => String::new(),
    };
    format!(
        "there is no label `{label}`{}: {}{hint}",
        did_you_mean(label, labels.chain([TOTAL])),
        known_labels(report)
    )
}

fn known_labels(report: &Report) -> String {
    let named = report.labels.iter().take(MOST_NAMED);
    let mut names: Vec<&str> = named.map(|row| row.label.as_str()).collect();
    names.push(TOTAL);
    let others = match report.labels.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    format!("the labels are {}{others}", names.join(", "))
}

fn more_labels(report: &Report) -> String {
    format!("give --max-labels {}", report.label_count)
}

fn of_label(row: &LabelReport, why: String) -> String {
    match row.label.as_str() {
        TOTAL => why,
        label => format!("{why} (label `{label}`)"),
    }
}

/// What a metric compares with, and where that comes from unless it was given.
fn limit(
    criterion: &Criterion,
    row: &LabelReport,
    report: &Report,
    baseline: Option<&Report>,
) -> Result<(f64, Option<String>), String> {
    let change = match criterion.limit {
        Limit::Value(quantity) => return Ok((quantity.base(), None)),
        Limit::Baseline(change) => change,
    };
    let baseline = baseline.ok_or("there is no baseline: give one with --baseline")?;
    let in_baseline = |why: String| format!("in the baseline, {why}");
    let same = match is_total(row, report) {
        true => Some(&baseline.total),
        false => row_of(&row.label, baseline),
    };
    let same = same.ok_or_else(|| in_baseline(no_label(&row.label, baseline)))?;
    if let Some(why) = difference(criterion.metric, (row, report), (same, baseline)) {
        return Err(in_baseline(of_label(same, why)));
    }
    let base =
        value(criterion.metric, same, baseline).map_err(|why| in_baseline(of_label(same, why)))?;
    let limit = match change {
        None => base,
        Some((Arithmetic::Times, factor)) => decimal(base, factor.base()),
        Some((Arithmetic::Plus, more)) => rounded(base + more.base()),
        Some((Arithmetic::Minus, less)) => rounded(base - less.base()),
    };
    let change = change.map(|(arithmetic, quantity): (Arithmetic, Quantity)| {
        format!(" {} {quantity}", arithmetic.symbol())
    });
    let base = with_unit(base, criterion.metric.unit());
    let origin = format!("from the baseline's {base}{}", change.unwrap_or_default());
    Ok((limit, Some(origin)))
}

/// The value of a metric of the whole run, in [`Metric::unit`].
fn value(metric: Metric, row: &LabelReport, report: &Report) -> Result<f64, String> {
    let no_samples = || format!("{metric} is undefined: there are no samples");
    let elapsed = || row.elapsed.as_ref().ok_or_else(no_samples);
    match metric {
        Metric::Count => Ok(row.samples as f64),
        Metric::Errors => Ok(row.errors as f64),
        // Not from the ratio, whose last digit would be lost in the multiplication.
        Metric::ErrorPercent if row.samples == 0 => Err(no_samples()),
        Metric::ErrorPercent => Ok(row.errors as f64 * 100.0 / row.samples as f64),
        Metric::Elapsed(Figure::Average) => Ok(elapsed()?.mean),
        Metric::Min => Ok(elapsed()?.min as f64),
        Metric::Max => Ok(elapsed()?.max as f64),
        Metric::StdDev => Ok(elapsed()?.std_dev),
        Metric::Elapsed(Figure::Percentile(percentile)) => {
            let count = row.distribution.iter().map(|(_, count)| count).sum();
            let value = value_at(&row.distribution, count, percentile);
            value.map(|value| value as f64).ok_or_else(no_samples)
        }
        Metric::Throughput => row.throughput.ok_or_else(|| no_window(metric)),
        Metric::Received => {
            let column = row.average_bytes.map(|_| row.received_kb_per_sec);
            let rate = column.ok_or_else(|| no_column(metric, "bytes"))?;
            rate.ok_or_else(|| no_window(metric))
        }
        // There is no figure that tells a missing column from a window of no length.
        Metric::Sent => row.sent_kb_per_sec.ok_or_else(|| match row.throughput {
            Some(_) => no_column(metric, "sentBytes"),
            None => no_window(metric),
        }),
        Metric::Apdex => apdex(row, report)
            .and_then(|apdex| apdex.apdex)
            .ok_or_else(no_samples),
        Metric::Latency(figure) => {
            let summary = row.latency.as_ref();
            of_summary(
                metric,
                figure,
                summary.ok_or_else(|| no_column(metric, "Latency"))?,
            )
        }
        Metric::Connect(figure) => {
            let summary = row.connect.as_ref();
            of_summary(
                metric,
                figure,
                summary.ok_or_else(|| no_column(metric, "Connect"))?,
            )
        }
    }
}

/// The Apdex of a row; `None` where the row is all of empty transaction controllers.
fn apdex<'a>(row: &LabelReport, report: &'a Report) -> Option<&'a Apdex> {
    match is_total(row, report) {
        true => Some(&report.apdex.total),
        false => {
            let labels = &mut report.apdex.labels.iter();
            labels.find(|apdex| apdex.label == row.label)
        }
    }
}

/// Why the figures of two rows cannot be compared: the Apdex counts by thresholds that may differ.
fn difference(
    metric: Metric,
    (row, report): (&LabelReport, &Report),
    (same, baseline): (&LabelReport, &Report),
) -> Option<String> {
    let ours = apdex(row, report)?.thresholds;
    let theirs = apdex(same, baseline)?.thresholds;
    let shown =
        |thresholds: Thresholds| format!("{},{}", thresholds.satisfied_ms, thresholds.tolerated_ms);
    (metric == Metric::Apdex && ours != theirs).then(|| {
        format!(
            "apdex has other thresholds, {} instead of {}: analyze both runs with the same --apdex",
            shown(theirs),
            shown(ours)
        )
    })
}

fn of_summary(metric: Metric, figure: Figure, summary: &Summary) -> Result<f64, String> {
    match figure {
        Figure::Average => Ok(summary.mean),
        Figure::Percentile(percentile) => summary
            .percentiles
            .iter()
            .find(|value| value.percent == percentile)
            .map(|value| value.value as f64)
            .ok_or_else(|| not_computed(metric, percentile)),
    }
}

fn not_computed(metric: Metric, percentile: Percentile) -> String {
    format!("{metric} was not computed: analyze with {percentile} among the --percentiles")
}

fn no_column(metric: Metric, column: &str) -> String {
    format!("{metric} is undefined: the results have no column {column}")
}

fn no_window(metric: Metric) -> String {
    format!("{metric} is undefined: first start and last end are the same instant")
}
