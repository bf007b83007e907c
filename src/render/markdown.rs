//! Markdown: the platform block to paste into a README, and `report.md`.

use std::fmt::Write;

use super::criteria;
use super::print::markdown::{self, escape};
use super::tables::{self, Section};
use crate::format;
use crate::report::{Accounting, Detail, Insight, Report};

/// A chart's file beside the report, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartLink {
    /// Path relative to the report.
    pub path: String,
    /// Title of the chart.
    pub title: String,
    /// What it shows, for screen readers.
    pub description: String,
    /// What the picture does not explain itself.
    pub caption: Option<String>,
}

/// The platform block: title, details table, results table, and a table for each metric.
pub fn platform_block(report: &Report) -> String {
    let mut block = String::new();
    if let Some(title) = &report.title {
        let _ = writeln!(block, "### {}\n", escape(title));
    }
    if !report.details.is_empty() {
        block.push_str(&details_table(&report.details));
        block.push('\n');
    }
    block.push_str(&aggregate_table(report));
    for table in tables::metrics(report) {
        block.push('\n');
        block.push_str(&markdown::table(&table));
    }
    block
}

/// The details of a platform: keys bold.
pub fn details_table(details: &[Detail]) -> String {
    markdown::table(&tables::details(details))
}

/// The aggregate table, header and TOTAL bold, with a note if some figures mislead.
pub fn aggregate_table(report: &Report) -> String {
    with_note(
        markdown::table(&tables::aggregate(report)),
        tables::aggregate_note(report),
    )
}

fn with_note(table: String, note: Option<String>) -> String {
    match note {
        Some(note) => format!("{table}\n{}\n", escape(&note)),
        None => table,
    }
}

/// The Statistics table of JMeter's dashboard with its introduction; empty if it was not requested.
pub fn dashboard(report: &Report) -> String {
    tables::dashboard(report).map_or_else(String::new, |found| section(&found))
}

/// The insights under a title of their own, below which there are no others; empty without any.
pub fn insights_block(report: &Report) -> String {
    match report.insights.is_empty() {
        true => String::new(),
        false => format!("### Insights\n\n{}", insights(report)),
    }
}

/// The whole report with its charts.
pub fn report(report: &Report, charts: &[ChartLink]) -> String {
    let title = report.title.as_deref().unwrap_or("Load test");
    let mut text = format!("# {}\n\n", escape(title));
    if let Some(window) = report.window {
        let _ = writeln!(
            text,
            "{} to {}, {}.\n",
            format::utc(window.start_ms),
            format::utc(window.end_ms),
            format::duration(window.duration_ms()),
        );
    }
    if !report.criteria.is_empty() {
        let _ = writeln!(text, "## Criteria\n\n{}", criteria::markdown(report));
    }
    if !report.insights.is_empty() {
        let _ = write!(text, "## Insights\n\n{}## Rows read\n\n", insights(report));
    }
    let _ = writeln!(text, "{}", accounting(&report.accounting));
    if !report.options.selection.is_empty() {
        let selection = report.options.selection.join(", ");
        let _ = writeln!(text, "Selection: {}.\n", escape(&selection));
    }
    for note in &report.notes {
        let _ = writeln!(text, "- {}", escape(note));
    }
    for caveat in &report.caveats {
        text.push_str(&advised(&caveat.sentence, &caveat.next_step));
    }
    if !report.notes.is_empty() || !report.caveats.is_empty() {
        text.push('\n');
    }
    let untitled = Report {
        title: None,
        ..report.clone()
    };
    let _ = writeln!(
        text,
        "## Aggregate Report\n\nTimes in ms.\n\n{}",
        platform_block(&untitled)
    );
    if let Some(table) = tables::summary(report) {
        let table = with_note(markdown::table(&table), tables::labels_note(report));
        let _ = writeln!(text, "## Summary Report\n\n{table}");
    }
    let sections = tables::requests(report).into_iter();
    for found in sections.chain(tables::sections(report)) {
        text.push_str(&section(&found));
    }
    if let Some(resources) = &report.resources {
        let _ = writeln!(text, "## Server\n\n{}\n", escape(&resources.verdict));
    }
    for chart in charts {
        let _ = writeln!(
            text,
            "## {}\n\n![{}]({})\n",
            escape(&chart.title),
            escape(&chart.description),
            chart.path
        );
        if let Some(caption) = &chart.caption {
            let _ = writeln!(text, "{}\n", escape(caption));
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Lists the insights; a block that opens has those beyond the first few.
fn insights(report: &Report) -> String {
    let list = |insights: &[Insight]| {
        let lines = insights.iter();
        let lines = lines.map(|insight| advised(&insight.sentence, &insight.next_step));
        lines.collect::<String>()
    };
    let (shown, folded) = report.insights_to_show();
    let mut text = list(shown);
    if !shown.is_empty() {
        text.push('\n');
    }
    if !folded.is_empty() {
        let more = if shown.is_empty() { "" } else { "more " };
        let summary = format::counted(folded.len() as u64, format!("{more}insight"));
        let _ = write!(
            text,
            "<details><summary>{summary}</summary>\n\n{}\n</details>\n\n",
            list(folded)
        );
    }
    text
}

/// A line of a list: a sentence, and the options to try next.
fn advised(sentence: &str, next_step: &[String]) -> String {
    let sentence = escape(sentence);
    match next_step {
        [] => format!("- {sentence}\n"),
        options => format!(
            "- {sentence} Try: {}\n",
            markdown::code(&format::arguments(options))
        ),
    }
}

fn section(section: &Section) -> String {
    format!(
        "## {}\n\n{}\n\n{}\n",
        section.title,
        escape(&section.introduction),
        markdown::table(&section.table)
    )
}

/// Accounts for every row, in a paragraph.
fn accounting(accounting: &Accounting) -> String {
    let mut text = format!("{}.\n", accounting.phrase());
    let Accounting {
        filters,
        rejections,
        repairs,
        ..
    } = accounting;
    if !filters.is_empty() || !rejections.is_empty() || !repairs.is_empty() {
        text.push('\n');
    }
    for filter in filters {
        let option = escape(&filter.option);
        let _ = writeln!(text, "- filtered out: {} by {option}", filter.count);
    }
    let rejected = rejections.iter().map(|fault| ("rejected", fault));
    let repaired = repairs.iter().map(|fault| ("repaired", fault));
    for (how, fault) in rejected.chain(repaired) {
        let value = fault.first_value.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "- {how}: {} × {}, first at {}:{}: {}",
            fault.count,
            fault.reason,
            escape(&fault.first_input),
            fault.first_line,
            escape(&format::shorten(value, 80)),
        );
    }
    text
}
