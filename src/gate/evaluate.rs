//! Evaluates criteria against a report.

use super::condition::{Condition, Judged};
use super::criterion::{Arithmetic, Criterion, Limit, Scope};
use super::error::Undecidable;
use super::metric::Metric;
use super::parse::never_holds;
use super::range::Range;
use super::rejected::{self, MaxRejected, rejected_rows};
use super::value::{Quantity, decimal_product, rounded, with_unit};
use super::{timing, whole};
use crate::apdex::Thresholds;
use crate::report::{Accounting, CriterionResult, Found, LabelReport, Report, TOTAL};
use crate::suggest::did_you_mean;

/// Labels that a message lists at most.
const MAX_LISTED: usize = 20;

/// A run that criteria are evaluated for.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Its report.
    pub report: &'a Report,
    /// The report that criteria refer to as `baseline`.
    pub baseline: Option<&'a Report>,
    /// How many rejected rows a criterion may pass with; `None` if there is no limit.
    pub max_rejected: Option<MaxRejected>,
}

/// Evaluates each criterion for each label that it is about. Returns the results in that order.
///
/// A criterion that needs something which the report or the baseline does not have is not judged. So is
/// one that passes, but could fail if the rejected rows had been read.
pub fn evaluate(criteria: &[Criterion], run: Run<'_>) -> Vec<CriterionResult> {
    criteria.iter().flat_map(|one| results(one, run)).collect()
}

/// Evaluates a criterion for each label that it is about.
fn results(criterion: &Criterion, run: Run<'_>) -> Vec<CriterionResult> {
    let rows = match rows_in(&criterion.scope, run.report) {
        Ok(rows) => rows,
        Err(why) => return vec![undecided(criterion, scope_in_words(&criterion.scope), &why)],
    };
    let judged = rows
        .into_iter()
        .map(|row| match judge(criterion, row, run) {
            Ok(judged) => CriterionResult {
                text: criterion.to_string(),
                label: row.label.clone(),
                found: judged.found,
                is_failed: judged.is_failed,
                is_undecided: false,
                message: judged.message,
                note: match criterion.metric.is_of_rows() {
                    true => None,
                    false => rejected::note(&run.report.accounting),
                },
            },
            Err(why) => undecided(criterion, &row.label, &why),
        });
    judged.collect()
}

fn undecided(criterion: &Criterion, label: &str, why: &Undecidable) -> CriterionResult {
    CriterionResult {
        text: criterion.to_string(),
        label: label.to_owned(),
        is_undecided: true,
        message: why.to_string(),
        ..CriterionResult::default()
    }
}

/// Evaluates a criterion for one row.
fn judge(criterion: &Criterion, row: &LabelReport, run: Run<'_>) -> Result<Judged, Undecidable> {
    let report = run.report;
    let unit = criterion.metric.unit();
    whole::check_complete(&criterion.metric, row, report).map_err(|why| of_label(row, why))?;
    if let Metric::Column(column) = &criterion.metric {
        column
            .check_unit(criterion, report)
            .map_err(|why| of_label(row, why))?;
    }
    let limit = limit(criterion, row, run)?;
    if let Some(why) = never_holds(&criterion.metric, criterion.op, limit.range.low) {
        let limit = with_unit(limit.value, unit);
        return Err(Undecidable::NeverHolds { limit, why });
    }
    let rejected = match criterion.metric.is_of_rows() {
        true => 0,
        false => rejected::samples(report),
    };
    let condition = Condition::new(criterion, (limit.value, limit.range), rejected);
    let mut judged = match criterion.timing {
        Some(timing) => {
            let label = (!is_total(row, report)).then_some(row.label.as_str());
            timing::judge(report, label, &condition, timing)
        }
        None => of_whole_run(&condition, row, report),
    }
    .map_err(|why| of_label(row, why))?;
    if let Some(origin) = &limit.origin {
        let limit = with_unit(limit.value, unit);
        judged.message = format!("{}; the limit is {limit}, {origin}", judged.message);
    }
    match judged.is_failed || criterion.metric.is_of_rows() {
        true => Ok(judged),
        false => confirmed(judged, criterion, run).map_err(|why| of_label(row, why)),
    }
}

/// Evaluates a condition for one row of the whole run.
fn of_whole_run(
    condition: &Condition<'_>,
    row: &LabelReport,
    report: &Report,
) -> Result<Judged, Undecidable> {
    let metric = condition.metric;
    let value = whole::value(metric, row, report)?;
    let found = Found {
        value,
        unit: metric.unit().name().to_owned(),
    };
    let is_failed = condition.holds(value);
    let doubt = match condition.is_uncertain() && !is_failed {
        true => {
            let range = whole::range(metric, row, report, condition.rejected)?;
            condition.may_hold(range).then(|| condition.could_be(range))
        }
        false => None,
    };
    let coverage = match metric {
        Metric::Column(column) => column.coverage(row, report).unwrap_or_default(),
        _ => String::new(),
    };
    Ok(Judged {
        found: Some(found),
        is_failed,
        message: format!("found {}{coverage}", with_unit(value, metric.unit())),
        doubt,
    })
}

/// Returns a pass, unless rejected rows put it in doubt.
fn confirmed(judged: Judged, criterion: &Criterion, run: Run<'_>) -> Result<Judged, Undecidable> {
    let baseline = match criterion.limit {
        Limit::Baseline(_) => run.baseline,
        Limit::Value(_) => None,
    };
    let accounts = [Some(run.report), baseline].into_iter().flatten();
    let accounts: Vec<&Accounting> = accounts.map(|report| &report.accounting).collect();
    let said = || {
        let in_run = rejected_rows(&run.report.accounting);
        let in_baseline = baseline.and_then(|baseline| rejected_rows(&baseline.accounting));
        let in_baseline = in_baseline.map(|note| format!("in the baseline, {note}"));
        let notes: Vec<String> = [in_run, in_baseline].into_iter().flatten().collect();
        notes.join(", and ")
    };
    let is_exceeded = |max: &MaxRejected| accounts.iter().any(|rows| max.is_exceeded(rows));
    if let Some(max) = run.max_rejected.filter(is_exceeded) {
        return Err(Undecidable::TooManyRejected {
            found: judged.message,
            rejected: said(),
            allowed: max.to_string(),
        });
    }
    match judged.doubt {
        Some(could) => Err(Undecidable::Rejected {
            found: judged.message,
            rejected: said(),
            could,
        }),
        None => Ok(judged),
    }
}

/// Names what a criterion is about.
fn scope_in_words(scope: &Scope) -> &str {
    match scope {
        Scope::Total => TOTAL,
        Scope::Label(label) => label,
        Scope::Pattern(pattern) => pattern.0.as_str(),
    }
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
pub(super) fn is_total(row: &LabelReport, report: &Report) -> bool {
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

/// The value that a metric is compared with.
struct LimitFound {
    value: f64,
    /// What it could be with the rejected rows of the baseline.
    range: Range,
    /// How it comes from the baseline, in words.
    origin: Option<String>,
}

/// Returns the value that the metric is compared with.
fn limit(
    criterion: &Criterion,
    row: &LabelReport,
    run: Run<'_>,
) -> Result<LimitFound, Undecidable> {
    let change = match criterion.limit {
        Limit::Value(quantity) => {
            let value = quantity.base();
            return Ok(LimitFound {
                value,
                range: Range::exactly(value),
                origin: None,
            });
        }
        Limit::Baseline(change) => change,
    };
    let (report, metric) = (run.report, &criterion.metric);
    let baseline = run.baseline.ok_or(Undecidable::NoBaseline)?;
    let same = match is_total(row, report) {
        true => Some(&baseline.total),
        false => row_of(&row.label, baseline),
    };
    let same = same.ok_or_else(|| no_label(&row.label, baseline).in_baseline())?;
    let in_baseline = |reason| of_label(same, reason).in_baseline();
    if let Some(reason) = other_thresholds(metric, (row, report), (same, baseline)) {
        return Err(in_baseline(reason));
    }
    whole::check_complete(metric, same, baseline).map_err(in_baseline)?;
    let base = whole::value(metric, same, baseline).map_err(in_baseline)?;
    let rejected = rejected::samples(baseline);
    let range = whole::range(metric, same, baseline, rejected).map_err(in_baseline)?;
    let changed = |base: f64| match change {
        None => base,
        Some((Arithmetic::Times, factor)) => decimal_product(base, factor.base()),
        Some((Arithmetic::Plus, more)) => rounded(base + more.base()),
        Some((Arithmetic::Minus, less)) => rounded(base - less.base()),
    };
    let words = change.map(|(arithmetic, quantity): (Arithmetic, Quantity)| {
        format!(" {} {quantity}", arithmetic.symbol())
    });
    let shown = with_unit(base, metric.unit());
    let origin = format!("from the baseline's {shown}{}", words.unwrap_or_default());
    Ok(LimitFound {
        value: changed(base),
        range: range.map(changed),
        origin: Some(origin),
    })
}

/// Returns an error if the metric is the Apdex and the two runs have different thresholds for it.
fn other_thresholds(
    metric: &Metric,
    (row, report): (&LabelReport, &Report),
    (same, baseline): (&LabelReport, &Report),
) -> Option<Undecidable> {
    let ours = whole::apdex(row, report)?.thresholds;
    let theirs = whole::apdex(same, baseline)?.thresholds;
    let shown =
        |thresholds: Thresholds| format!("{},{}", thresholds.satisfied_ms, thresholds.tolerated_ms);
    (*metric == Metric::Apdex && ours != theirs).then(|| Undecidable::OtherThresholds {
        ours: shown(ours),
        theirs: shown(theirs),
    })
}
