//! The aggregate table for a terminal.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use unicode_width::UnicodeWidthStr;

use super::columns::{self, Alignment, Cell, Column};
use super::text::printable;
use crate::report::{LabelReport, Report};

/// Blanks beside each cell.
const PADDING: usize = 2;

/// Rules below the header and between rows, and nothing but blanks between columns.
const STYLE: TableStyle = TableStyle::new().header_separator(RULE).row_separator(RULE);
pub(super) const RULE: LineStyle = LineStyle::none().fill('─');

/// The aggregate table. Where a `width` (in terminal columns) is given and too small for all of
/// it, the columns are laid out in several tables below one another, for a number broken over
/// two lines cannot be read.
pub fn render(report: &Report, width: Option<u16>) -> String {
    let columns = columns::of_labels(&report.options);
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
        .load_style(STYLE)
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
    without_rules_between_labels(table.lines())
}

/// Of the rules only those below the header and above TOTAL are kept.
fn without_rules_between_labels(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    let is_rule = |line: &str| line.starts_with('─');
    let rules = lines.iter().filter(|line| is_rule(line)).count();
    let mut rule = 0;
    let mut text = String::new();
    for line in &lines {
        if is_rule(line) {
            rule += 1;
            if (2..rules).contains(&rule) {
                continue;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cell(column: &Column, row: &LabelReport) -> String {
    match column.cell(row) {
        Cell::Text(text) => printable(&text),
        Cell::Number(number) => number,
        Cell::Missing => "-".to_owned(),
    }
}
