//! The CSV of JMeter's "Save Table Data", byte for byte unless columns are chosen.

use std::borrow::Borrow;

use super::columns::{self, Column};
use super::print::csv::records;
use crate::error::Result;
use crate::report::{LabelReport, Options, Report};

/// The aggregate table as JMeter saves it.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn render(report: &Report) -> Result<String> {
    render_rows(&report.options, report.rows())
}

/// The same of rows that are made one by one, where a report does not hold them all.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn render_rows<R: Borrow<LabelReport>>(
    options: &Options,
    rows: impl Iterator<Item = R>,
) -> Result<String> {
    let columns = columns::of_labels(options);
    let header = columns.iter().map(|column| column.title().to_string());
    let rows = rows.map(|row| cells(&columns, row.borrow()));
    records(std::iter::once(header.collect()).chain(rows))
}

fn cells(columns: &[Column], row: &LabelReport) -> Vec<String> {
    let cells = columns.iter().map(|column| column.csv_cell(row));
    cells.collect()
}
