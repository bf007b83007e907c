//! Builds a report and prints its notices on standard error.

use super::metrics;
use crate::analysed::Analysed;
use crate::error::{Error, Result};
use crate::format;
use crate::report::{Presentation, Report};
use crate::stderr;

/// Builds the report of a run and prints its notices on standard error. If there are several runs,
/// `run` names this one; `rest` says where the insights are that are not printed, `None` if the result that
/// follows shows them.
///
/// # Errors
///
/// If there are no samples, a metric has no values, or the record does not account for every row.
pub fn report(
    analysed: &Analysed,
    presentation: Presentation,
    run: Option<&str>,
    rest: Option<&str>,
) -> Result<Report> {
    let announced = presentation.notes.len();
    let report = Report::new(analysed, presentation)?;
    print_notices(&report, announced, run, rest);
    match report.total.samples {
        0 => Err(no_samples(&report)),
        _ => metrics::refuse_empty(analysed).map(|()| report),
    }
}

/// Prints insights, notes and the accounting of a run on standard error, without the first notes, which
/// were `announced` before reading.
fn print_notices(report: &Report, announced: usize, run: Option<&str>, rest: Option<&str>) {
    let from = match run {
        Some(run) => format!("perfkit: {run}"),
        None => "perfkit".to_owned(),
    };
    if let Some(rest) = rest {
        print_insights(report, &from, rest);
    }
    let verdict = report.resources.iter().map(|resources| &resources.verdict);
    for note in report.notes.iter().skip(announced).chain(verdict) {
        stderr::say(format_args!("{from}: note: {note}"));
    }
    for caveat in &report.caveats {
        let note = advised(&caveat.sentence, &caveat.next_step);
        stderr::say(format_args!("{from}: note: {note}"));
    }
    if let Some(dashboard) = &report.dashboard {
        stderr::say(format_args!("{from}: note: {}", dashboard.difference));
    }
    let accounting = &report.accounting;
    stderr::say(format_args!("{from}: {}", accounting.phrase()));
    for filter in &accounting.filters {
        stderr::say(format_args!(
            "{from}: {} filtered out by {}",
            filter.count, filter.option
        ));
    }
    let rejected = accounting.rejections.iter().map(|row| ("rejected", row));
    let repaired = accounting.repairs.iter().map(|row| ("repaired", row));
    for (how, fault) in rejected.chain(repaired) {
        stderr::say(format_args!(
            "{from}: warning: {} {how}: {}; first at {}:{}: {:?}",
            fault.count,
            fault.reason,
            fault.first_input,
            fault.first_line,
            format::shorten(fault.first_value.as_deref().unwrap_or_default(), 80),
        ));
    }
}

/// Prints the insights that cost most, and says how many there are beside.
fn print_insights(report: &Report, from: &str, rest: &str) {
    let (shown, folded) = report.insights_to_show();
    for insight in shown {
        let insight = advised(&insight.sentence, &insight.next_step);
        stderr::say(format_args!("{from}: insight: {insight}"));
    }
    if !shown.is_empty() && !folded.is_empty() {
        let more = format::counted(folded.len() as u64, "more insight");
        stderr::say(format_args!("{from}: {more}: {rest}"));
    }
}

/// A sentence and the options to try next.
fn advised(sentence: &str, next_step: &[String]) -> String {
    match next_step {
        [] => sentence.to_owned(),
        options => format!("{sentence} Try: {}", format::arguments(options)),
    }
}

fn no_samples(report: &Report) -> Error {
    let names: Vec<&str> = report
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let accounting = &report.accounting;
    let why = if accounting.filtered > 0 {
        let filters = accounting.filters.iter().filter(|filter| filter.count > 0);
        let filters: Vec<String> = filters
            .map(|filter| format!("{} by {}", filter.count, filter.option))
            .collect();
        format!("every row was filtered out: {}", filters.join(", "))
    } else if accounting.rejected > 0 {
        "no row could be read (see above)".to_owned()
    } else {
        "the results have no rows: did the test run?".to_owned()
    };
    Error::input(names.join(", "), format!("no samples to report: {why}"))
}
