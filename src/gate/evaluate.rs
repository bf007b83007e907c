//! Evaluates criteria against a report.

use super::criterion::{Arithmetic, Criterion, Limit, Scope};
use super::error::{EvaluateError, Undecidable};
use super::metric::{Metric, Statistic};
use super::sustained::{self, Judged};
use super::value::{Quantity, decimal_product, rounded, with_unit};
use crate::apdex::Thresholds;
use crate::percentile::value_at;
use crate::report::{Apdex, CriterionResult, Found, LabelReport, Report, Summary, TOTAL};
use crate::suggest::did_you_mean;

/// Labels that a message lists at most.
const MAX_LISTED: usize = 20;

/// Evaluates each criterion for each label that it is about. Returns the results in that order.
///
/// # Errors
///
/// If a criterion needs a label or metric that the report or the baseline does not have.
pub fn evaluate(
    criteria: &[Criterion],
    report: &Report,
    baseline: Option<&Report>,
) -> Result<Vec<CriterionResult>, EvaluateError> {
    let mut results = Vec::new();
    for criterion in criteria {
        let error = |reason| EvaluateError {
            criterion: criterion.to_string(),
            reason,
        };
        for row in rows_in(&criterion.scope, report).map_err(error)? {
            let result = judge(criterion, row, report, baseline);
            results.push(result.map_err(error)?);
        }
    }
    Ok(results)
}

/// Evaluates a criterion for one row.
fn judge(
    criterion: &Criterion,
    row: &LabelReport,
    report: &Report,
    baseline: Option<&Report>,
) -> Result<CriterionResult, Undecidable> {
    let metric = &criterion.metric;
    let (limit, origin) = limit(criterion, row, report, baseline)?;
    let Judged {
        found,
        is_failed,
        mut message,
    } = match criterion.sustained {
        Some(time) => {
            let condition = (criterion.op, limit);
            let label = (!is_total(row, report)).then_some(row.label.as_str());
            sustained::judge(report, label, metric, condition, time.base())?
        }
        None => {
            let value = value(metric, row, report).map_err(|why| of_label(row, why))?;
            let message = format!("found {}", with_unit(value, metric.unit()));
            let found = Found {
                value,
                unit: metric.unit().name().to_owned(),
            };
            Judged {
                found: Some(found),
                is_failed: criterion.op.holds(value, limit),
                message,
            }
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

/// Returns the rows that a criterion is about.
fn rows_in<'a>(scope: &Scope, report: &'a Report) -> Result<Vec<&'a LabelReport>, Undecidable> {
    match scope {
        Scope::Total => Ok(vec![&report.total]),
        Scope::Label(label) if label == TOTAL => Ok(vec![&report.total]),
        // Labels that differ only in invalid UTF-8 have the same text: there may be several.
        Scope::Label(label) => {
            let labels = report.labels.iter();
            let rows: Vec<&LabelReport> = labels.filter(|row| row.label == *label).collect();
            match rows[..] {
                [] => Err(no_label(label, report)),
                _ => Ok(rows),
            }
        }
        Scope::Pattern(pattern) => {
            if let Some(others) = &report.other_labels {
                return Err(Undecidable::CombinedLabels {
                    combined: others.label.clone(),
                    advice: more_labels(report),
                });
            }
            let labels = report.labels.iter();
            let rows: Vec<&LabelReport> = labels
                .filter(|row| pattern.0.is_match(row.label.as_bytes()))
                .collect();
            match rows[..] {
                [] => Err(Undecidable::NoMatch {
                    pattern: pattern.0.to_string(),
                    known: known_labels(report),
                }),
                _ => Ok(rows),
            }
        }
    }
}

/// Whether a row is the TOTAL of all labels, even if a label has that name too.
fn is_total(row: &LabelReport, report: &Report) -> bool {
    std::ptr::eq(row, &report.total)
}

/// Returns the row of a label. `TOTAL` means all labels together, even if a label has that name.
fn row_of<'a>(label: &str, report: &'a Report) -> Option<&'a LabelReport> {
    if label == TOTAL {
        return Some(&report.total);
    }
    report.labels.iter().find(|row| row.label == label)
}

fn no_label(label: &str, report: &Report) -> Undecidable {
    let labels = report.labels.iter().map(|row| row.label.as_str());
    let more = match &report.other_labels {
        Some(_) => format!(
            "; if it is one of the combined labels, {}",
            more_labels(report)
        ),
        None => String::new(),
    };
    let hint = format!(
        "{}: {}{more}",
        did_you_mean(label, labels.chain([TOTAL])),
        known_labels(report)
    );
    Undecidable::UnknownLabel {
        label: label.to_owned(),
        hint,
    }
}

fn known_labels(report: &Report) -> String {
    let named = report.labels.iter().take(MAX_LISTED);
    let mut names: Vec<&str> = named.map(|row| row.label.as_str()).collect();
    names.push(TOTAL);
    let others = match report.labels.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    format!("the labels are {}{others}", names.join(", "))
}

fn more_labels(report: &Report) -> String {
    format!("give --max-labels {}", report.label_count)
}

/// Adds the label of `row` to `reason`, unless it is TOTAL.
fn of_label(row: &LabelReport, reason: Undecidable) -> Undecidable {
    match row.label.as_str() {
        TOTAL => reason,
        label => Undecidable::OfLabel {
            label: label.to_owned(),
            reason: Box::new(reason),
        },
    }
}

/// Returns the value that the metric is compared with and, if it comes from a baseline, how.
fn limit(
    criterion: &Criterion,
    row: &LabelReport,
    report: &Report,
    baseline: Option<&Report>,
) -> Result<(f64, Option<String>), Undecidable> {
    let change = match criterion.limit {
        Limit::Value(quantity) => return Ok((quantity.base(), None)),
        Limit::Baseline(change) => change,
    };
    let baseline = baseline.ok_or(Undecidable::NoBaseline)?;
    let same = match is_total(row, report) {
        true => Some(&baseline.total),
        false => row_of(&row.label, baseline),
    };
    let same = same.ok_or_else(|| no_label(&row.label, baseline).in_baseline())?;
    let in_baseline = |reason| of_label(same, reason).in_baseline();
    if let Some(reason) = other_thresholds(&criterion.metric, (row, report), (same, baseline)) {
        return Err(in_baseline(reason));
    }
    let base = value(&criterion.metric, same, baseline).map_err(in_baseline)?;
    let limit = match change {
        None => base,
        Some((Arithmetic::Times, factor)) => decimal_product(base, factor.base()),
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

/// Returns the value of a metric over the whole run, in [`Metric::unit`].
fn value(metric: &Metric, row: &LabelReport, report: &Report) -> Result<f64, Undecidable> {
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
    match metric {
        Metric::Count => Ok(row.samples as f64),
        Metric::Errors => Ok(row.errors as f64),
        // Not from the ratio: multiplying it by 100 would lose its last digit.
        Metric::ErrorPercent if row.samples == 0 => Err(no_samples()),
        Metric::ErrorPercent => Ok(row.errors as f64 * 100.0 / row.samples as f64),
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
    }
}

/// Returns the Apdex of a row; `None` if the row has only empty transaction controllers.
fn apdex<'a>(row: &LabelReport, report: &'a Report) -> Option<&'a Apdex> {
    match is_total(row, report) {
        true => Some(&report.apdex.total),
        false => {
            let labels = &mut report.apdex.labels.iter();
            labels.find(|apdex| apdex.label == row.label)
        }
    }
}

/// Returns an error if the metric is the Apdex and the two runs have different thresholds for it.
fn other_thresholds(
    metric: &Metric,
    (row, report): (&LabelReport, &Report),
    (same, baseline): (&LabelReport, &Report),
) -> Option<Undecidable> {
    let ours = apdex(row, report)?.thresholds;
    let theirs = apdex(same, baseline)?.thresholds;
    let shown =
        |thresholds: Thresholds| format!("{},{}", thresholds.satisfied_ms, thresholds.tolerated_ms);
    (*metric == Metric::Apdex && ours != theirs).then(|| Undecidable::OtherThresholds {
        ours: shown(ours),
        theirs: shown(theirs),
    })
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
