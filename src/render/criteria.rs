//! The criteria and what became of them, in Markdown and in lines for a terminal or a log.

use std::fmt::Write;

use super::print::markdown::{bold, escape, table};
use super::tables;
use super::text::printable;
use crate::report::{CriterionResult, Report, TOTAL};

/// What a criterion is.
const FAILS_IF: &str = "Each says when the run fails.";

/// How many criteria failed, then each of them, failed ones first: for a report, the summary of a
/// job, or a comment on a pull request. Empty without criteria.
pub fn markdown(report: &Report) -> String {
    let criteria = &report.criteria;
    if criteria.is_empty() {
        return String::new();
    }
    format!(
        "{}. {FAILS_IF}{}\n\n{}",
        bold(&verdict(criteria)),
        escape(&selection(report)),
        table(&tables::criteria(criteria))
    )
}

/// How many criteria failed, what a criterion is, and which samples count, in plain text.
pub fn introduction(report: &Report) -> String {
    let verdict = verdict(&report.criteria);
    format!("{verdict}. {FAILS_IF}{}", selection(report))
}

/// Says which samples count, and which options a configuration file set: both can turn a failure into a pass.
/// Empty if all samples count and no file set an option.
pub(super) fn selection(report: &Report) -> String {
    let options = &report.options;
    let chosen = match &options.selection[..] {
        [] => String::new(),
        chosen => format!(" Only the samples chosen by {} count.", chosen.join(" ")),
    };
    let configured = options.configured.as_ref();
    let configured = configured.map_or_else(String::new, |what| format!(" {what}."));
    printable(&format!("{chosen}{configured}"))
}

/// A line for each criterion that was judged in their order, then one for all. Empty without criteria.
pub fn lines(report: &Report) -> String {
    let criteria = &report.criteria;
    let mut lines = String::new();
    for result in criteria.iter().filter(|result| !result.is_undecided) {
        let _ = writeln!(lines, "{}", line(result));
    }
    if !criteria.is_empty() {
        let _ = writeln!(lines, "{}", conclusion(report));
    }
    lines
}

/// The verdict on all criteria, and which samples count.
fn conclusion(report: &Report) -> String {
    let verdict = verdict(&report.criteria);
    match selection(report) {
        selection if selection.is_empty() => verdict,
        selection => format!("{verdict}.{selection}"),
    }
}

/// A line for each criterion in their order, then one for all. Empty without criteria.
pub(super) fn all_lines(report: &Report) -> String {
    let criteria = &report.criteria;
    let all = (!criteria.is_empty()).then(|| conclusion(report));
    let lines = criteria.iter().map(line).chain(all);
    lines.map(|line| line + "\n").collect()
}

/// The verdict, the criterion and what was found.
pub(super) fn line(result: &CriterionResult) -> String {
    format!("{}: {}", result.verdict(), sentence(result))
}

/// An annotation of GitHub Actions for each criterion that failed or could not be judged, and one for
/// rejected rows beside those that passed.
///
/// The runner reads such commands from both streams, at the start of a line; what would end a
/// command or a property in it is escaped.
///
/// Source: `escapeData` and `escapeProperty` in `command.ts` of GitHub's actions/toolkit.
pub fn github_annotations(report: &Report) -> String {
    let mut annotations = String::new();
    for result in &report.criteria {
        let what = match (result.is_failed, result.is_undecided) {
            (true, _) => "Criterion failed",
            (_, true) => "Criterion not judged",
            _ => continue,
        };
        let title = format!("{what}: {}", result.text);
        annotations.push_str(&github_annotation(&title, &sentence(result)));
    }
    let passed = report.criteria.iter();
    let passed = passed.filter(|result| !result.is_failed && !result.is_undecided);
    let mut notes: Vec<&str> = passed.filter_map(|result| result.note.as_deref()).collect();
    notes.dedup();
    for note in notes {
        let message = format!("{}, which cannot change the verdicts.", printable(note));
        annotations.push_str(&github_command("warning", "Rows were rejected", &message));
    }
    annotations
}

/// An annotation of GitHub Actions that says what went wrong.
pub fn github_annotation(title: &str, message: &str) -> String {
    github_command("error", title, message)
}

fn github_command(kind: &str, title: &str, message: &str) -> String {
    let title = github_data(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{kind} title={title}::{}\n", github_data(message))
}

fn github_data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines
        .join("\n")
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The criterion, the label unless it is in the criterion or all, and what was found.
fn sentence(result: &CriterionResult) -> String {
    let is_said = result.label == TOTAL || result.text.starts_with(&format!("{}: ", result.label));
    let label = match is_said {
        true => String::new(),
        false => format!("{}: ", result.label),
    };
    let sentence = format!("{}: {label}{}", result.text, result.in_words());
    printable(&sentence)
}

/// Such as "1 of 3 criteria failed": a criterion counts once for each of its labels.
fn verdict(criteria: &[CriterionResult]) -> String {
    let failed = criteria.iter().filter(|result| result.is_failed).count();
    let undecided = criteria.iter().filter(|result| result.is_undecided).count();
    match (failed, undecided, criteria.len()) {
        (0, 0, 1) => "The criterion passed".to_owned(),
        (1, 0, 1) => "The criterion failed".to_owned(),
        (0, 1, 1) => "The criterion could not be judged".to_owned(),
        (0, 0, all) => format!("All {all} criteria passed"),
        (failed, 0, all) => format!("{failed} of {all} criteria failed"),
        (0, open, all) => format!("{open} of {all} criteria could not be judged"),
        (failed, open, all) => {
            format!("{failed} of {all} criteria failed, {open} could not be judged")
        }
    }
}
