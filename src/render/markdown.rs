//! Markdown: the platform block to paste into a README, and `report.md`.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::columns::{self, Cell, Column};
use super::{criteria, dashboard, outcomes, text};
use crate::format;
use crate::report::{Accounting, Detail, LabelReport, Report};

/// A chart's file beside the report, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartLink {
    /// Path relative to the report.
    pub path: String,
    /// Title of the chart.
    pub title: String,
    /// What it shows, for those who cannot see it.
    pub description: String,
}

/// The platform block: title, details table, results table.
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
    block
}

/// The details of a platform: keys bold.
pub fn details_table(details: &[Detail]) -> String {
    let mut rows = vec![vec![String::new(), bold("Details")]];
    rows.extend(
        details
            .iter()
            .map(|detail| vec![bold(&escape(&detail.key)), escape(&detail.value)]),
    );
    table(&rows)
}

/// The aggregate table, header and TOTAL bold.
pub fn aggregate_table(report: &Report) -> String {
    let columns = columns::of_labels(&report.options);
    labels_table(&columns, report)
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
        text.push_str("## Insights\n\n");
        for insight in &report.insights {
            let _ = writeln!(text, "- {}", escape(&insight.sentence));
        }
        text.push_str("\n## Rows read\n\n");
    }
    let _ = writeln!(text, "{}", accounting(&report.accounting));
    if !report.options.selection.is_empty() {
        let selection = report.options.selection.join(", ");
        let _ = writeln!(text, "What counts was chosen: {}.\n", escape(&selection));
    }
    for note in &report.notes {
        let _ = writeln!(text, "- {}", escape(note));
    }
    if !report.notes.is_empty() {
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
    // Columns that were chosen are all there are.
    if report.options.columns.is_none() {
        let table = labels_table(&columns::summary(), report);
        let _ = writeln!(text, "## Summary Report\n\n{table}");
    }
    if report.total.errors > 0 {
        let _ = writeln!(
            text,
            "## Successes and failures\n\nTimes in ms; the rate of OK is the goodput.\n\n{}",
            outcomes_table(report)
        );
    }
    text.push_str(&dashboard::sections(report));
    if !report.errors.is_empty() {
        let _ = writeln!(
            text,
            "## Kinds of errors\n\nMessages that differ only in numbers, ids, hosts or durations are \
             one kind.\n\n{}",
            error_kinds_table(report)
        );
        let _ = writeln!(text, "## Errors\n\n{}", errors_table(report));
    }
    text.push_str(&dashboard::top_errors(report));
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
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// What became of every row, in a paragraph.
fn accounting(accounting: &Accounting) -> String {
    let mut text = format!(
        "{} rows read: {} counted, {} filtered out, {} rejected.\n",
        accounting.rows_read, accounting.counted, accounting.filtered, accounting.rejected
    );
    if !accounting.filters.is_empty() || !accounting.rejections.is_empty() {
        text.push('\n');
    }
    for filter in &accounting.filters {
        let option = escape(&filter.option);
        let _ = writeln!(text, "- filtered out: {} by {option}", filter.count);
    }
    for rejection in &accounting.rejections {
        let value = rejection.first_value.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "- rejected: {} × {}, first at {}:{}: {}",
            rejection.count,
            rejection.reason,
            escape(&rejection.first_input),
            rejection.first_line,
            escape(&format::shorten(value, 80)),
        );
    }
    text
}

fn labels_table(columns: &[Column], report: &Report) -> String {
    let mut rows = vec![columns.iter().map(|column| bold(&column.title())).collect()];
    let labels = report.labels.iter().chain(&report.other_labels);
    rows.extend(labels.map(|label| row(columns, label)));
    let mut total = row(columns, &report.total);
    if let Some(label) = total.first_mut() {
        *label = bold(label);
    }
    rows.push(total);
    table(&rows)
}

fn outcomes_table(report: &Report) -> String {
    let titles = outcomes::titles(report);
    let mut rows = vec![titles.iter().map(|title| bold(title)).collect()];
    rows.extend(outcomes::rows(report).into_iter().map(|mut row| {
        if let Some(label) = row.first_mut() {
            *label = escape(label);
        }
        row
    }));
    table(&rows)
}

fn error_kinds_table(report: &Report) -> String {
    let titles = [
        "Kind",
        "Count",
        "% of errors",
        "Messages",
        "First",
        "Last",
        "Labels",
        "Example",
    ];
    let mut rows: Vec<Vec<String>> = vec![titles.map(bold).to_vec()];
    rows.extend(report.error_kinds.iter().map(|kind| {
        vec![
            escape(&format::shorten(&kind.kind, 200)),
            kind.count.to_string(),
            format::percent(kind.ratio_of_errors),
            kind.messages.to_string(),
            format::utc(kind.first_ms),
            format::utc(kind.last_ms),
            escape(&format::shorten(&kind.labels_in_words(), 200)),
            escape(&format::shorten(&kind.example, 200)),
        ]
    }));
    table(&rows)
}

fn errors_table(report: &Report) -> String {
    let mut rows: Vec<Vec<String>> = vec![
        ["Error", "Count", "% of errors", "% of samples"]
            .map(bold)
            .to_vec(),
    ];
    rows.extend(report.errors.iter().map(|error| {
        vec![
            escape(&format::shorten(&error.error, 300)),
            error.count.to_string(),
            format::percent(error.ratio_of_errors),
            format::percent(error.ratio_of_samples),
        ]
    }));
    table(&rows)
}

fn row(columns: &[Column], label: &LabelReport) -> Vec<String> {
    columns
        .iter()
        .map(|column| match column.cell(label) {
            Cell::Text(text) => escape(&text),
            Cell::Number(number) => number,
            Cell::Missing => "-".to_owned(),
        })
        .collect()
}

/// A Markdown table of rows of equal length, the first its header, padded so that it reads well
/// as plain text too.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            // A delimiter row needs three dashes.
            cells.map(|cell| cell.width()).max().unwrap_or(0).max(1)
        })
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (cell, &width) in row.iter().zip(&widths) {
            let padding = " ".repeat(width - cell.width());
            let _ = write!(text, "| {cell}{padding} ");
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

pub(super) fn bold(text: &str) -> String {
    format!("**{text}**")
}

/// Text from outside, made literal and harmless within a Markdown table cell.
pub(super) fn escape(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut escaped = String::with_capacity(text.len());
    for (at, &letter) in letters.iter().enumerate() {
        match letter {
            '\\' | '`' | '*' | '|' | '[' | ']' | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            // Within a word an underscore is literal already, and reads better bare.
            '_' => {
                let is_word = |letter: Option<&char>| letter.is_some_and(|c| c.is_alphanumeric());
                let before = at.checked_sub(1).and_then(|before| letters.get(before));
                if !(is_word(before) && is_word(letters.get(at + 1))) {
                    escaped.push('\\');
                }
                escaped.push('_');
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' | '\t' => escaped.push(' '),
            letter if text::is_unsafe(letter) => escaped.push('\u{FFFD}'),
            letter => escaped.push(letter),
        }
    }
    escaped.trim().to_owned()
}
