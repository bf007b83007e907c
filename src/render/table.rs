//! The aggregate table for a terminal.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use super::columns::{self, Alignment, Cell, Column};
use crate::report::{LabelReport, Report};

/// Blanks beside each cell.
const PADDING: usize = 2;

/// The aggregate table. Where a `width` (in terminal columns) is given and too small for all of
/// it, the columns are laid out in several tables below one another, for a number broken over
/// two lines cannot be read.
pub fn render(report: &Report, width: Option<u16>) -> String {
    let columns = columns::aggregate(&report.options.percentiles);
    let rows: Vec<&LabelReport> = report.rows().collect();
    let most = width.map_or(usize::MAX, usize::from);
    let needed: Vec<usize> = columns.iter().map(|column| needed(column, &rows)).collect();
    let Some((label_column, figures)) = columns.split_first() else {
        return String::new();
    };
    let label_width = needed.first().copied().unwrap_or(0).min(most / 3);
    let mut tables = String::new();
    let mut group: Vec<&Column> = Vec::new();
    let mut used = label_width + PADDING;
    for (column, needed) in figures.iter().zip(needed.iter().skip(1)) {
        let next = needed + PADDING;
        if !group.is_empty() && used + next > most {
            tables.push_str(&table(label_column, &group, &rows, label_width));
            tables.push('\n');
            group.clear();
            used = label_width + PADDING;
        }
        group.push(column);
        used += next;
    }
    tables.push_str(&table(label_column, &group, &rows, label_width));
    tables
}

/// Columns of the terminal that a column needs so that only its title is broken, between words.
fn needed(column: &Column, rows: &[&LabelReport]) -> usize {
    let cells = rows.iter().map(|row| cell(column, row).width()).max();
    let title = column.title();
    let words = title.split(' ').map(UnicodeWidthStr::width).max();
    cells.max(words).unwrap_or(0)
}

fn table(label: &Column, figures: &[&Column], rows: &[&LabelReport], label_width: usize) -> String {
    let columns: Vec<&Column> = [label].into_iter().chain(figures.iter().copied()).collect();
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(columns.iter().map(|column| column.title()));
    for row in rows {
        table.add_row(columns.iter().map(|column| cell(column, row)));
    }
    let mut width = 0;
    for (number, (column, laid_out)) in columns.iter().zip(table.column_iter_mut()).enumerate() {
        let needed = match number {
            0 => label_width,
            _ => needed(column, rows),
        } + PADDING;
        width += needed;
        let needed = u16::try_from(needed).unwrap_or(u16::MAX);
        laid_out.set_constraint(ColumnConstraint::Absolute(Width::Fixed(needed)));
        laid_out.set_cell_alignment(match column.alignment() {
            Alignment::Left => CellAlignment::Left,
            Alignment::Right => CellAlignment::Right,
        });
    }
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

fn cell(column: &Column, row: &LabelReport) -> String {
    match column.cell(row) {
        Cell::Text(text) => printable(&text),
        Cell::Number(number) => number,
        Cell::Missing => "-".to_owned(),
    }
}

/// Text without control characters, which could drive the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect()
}
