//! The aggregate table and those of metrics for a terminal.

use super::print::terminal::{Style, table, wrapped};
use super::{criteria, tables};
use crate::report::Report;

/// The criteria, then the aggregate table with what spoils its rates. If a `width` (in terminal columns) is
/// too small for all columns, they are laid out in several tables below one another.
pub fn render(report: &Report, width: Option<u16>) -> String {
    let style = Style {
        width: width.map(usize::from),
        has_colors: false,
        keys: 1,
    };
    let mut text = String::new();
    for line in criteria::all_lines(report).lines() {
        let lines = wrapped(
            line,
            style
                .width
                .map_or(usize::MAX, |width| width.saturating_sub(2)),
        );
        text.push_str(&format!("{}\n", lines.join("\n  ")));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&table(&tables::aggregate(report), style));
    if let Some(note) = tables::aggregate_note(report) {
        let lines = wrapped(&note, style.width.unwrap_or(usize::MAX));
        text.push_str(&format!("\n{}\n", lines.join("\n")));
    }
    for metric in tables::metrics(report) {
        text.push('\n');
        text.push_str(&table(&metric, style));
    }
    text
}
