//! The CSV of JMeter's "Save Table Data", byte for byte unless columns are chosen.

use std::borrow::Borrow;

use super::columns::{self, Column};
pub use super::print::csv::Formulas;
use super::print::csv::records;
use crate::error::Result;
use crate::report::{LabelReport, Options, Report};

/// The aggregate table as JMeter saves it.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn render(report: &Report, formulas: Formulas) -> Result<String> {
    render_rows(&report.options, report.rows(), formulas)
}

/// The same of rows that are made one by one, where a report does not hold them all.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn render_rows<R: Borrow<LabelReport>>(
    options: &Options,
    rows: impl Iterator<Item = R>,
    formulas: Formulas,
) -> Result<String> {
    let columns = columns::of_labels(options);
    let header = columns.iter().map(|column| column.title().to_string());
    let rows = rows.map(|row| cells(&columns, row.borrow()));
    records(std::iter::once(header.collect()).chain(rows), formulas)
}

fn cells(columns: &[Column], row: &LabelReport) -> Vec<String> {
    let cells = columns.iter().map(|column| column.csv_cell(row));
    cells.collect()
}
