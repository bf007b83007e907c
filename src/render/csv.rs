//! The CSV of JMeter's "Save Table Data", byte for byte unless columns are chosen.

use std::borrow::Borrow;
use std::num::NonZero;
use std::thread;

use super::columns::{self, Column};
pub use super::print::csv::Formulas;
use super::print::csv::records;
use crate::error::{Error, Result};
use crate::report::{LabelReport, LabelRows, Options, Report};

/// The aggregate table as JMeter saves it.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn render(report: &Report, formulas: Formulas) -> Result<String> {
    let columns = columns::of_labels(&report.options);
    let rows = report.rows().map(|row| cells(&columns, row));
    records(std::iter::once(header(&columns)).chain(rows), formulas)
}

/// The same of all labels, where a report does not hold them all. There may be a million: all cores compute
/// and render them.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn render_all(
    options: &Options,
    rows: &LabelRows<'_>,
    total: &LabelReport,
    formulas: Formulas,
) -> Result<String> {
    let columns = &columns::of_labels(options);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let parts: Vec<Result<String>> = thread::scope(|scope| {
        let render = |part| scope.spawn(move || part_of(columns, part, formulas));
        let parts: Vec<_> = rows.parts(cores).map(render).collect();
        let failed = |_| Err(Error::Internal("a table could not be rendered".to_owned()));
        let parts = parts.into_iter();
        parts
            .map(|part| part.join().unwrap_or_else(failed))
            .collect()
    });
    let mut text = records([header(columns)].into_iter(), formulas)?;
    for part in parts {
        text.push_str(&part?);
    }
    text.push_str(&part_of(columns, [total].into_iter(), formulas)?);
    Ok(text)
}

/// Some rows of the table.
fn part_of<R: Borrow<LabelReport>>(
    columns: &[Column],
    rows: impl Iterator<Item = R>,
    formulas: Formulas,
) -> Result<String> {
    records(rows.map(|row| cells(columns, row.borrow())), formulas)
}

fn header(columns: &[Column]) -> Vec<String> {
    columns.iter().map(Column::title).collect()
}

fn cells(columns: &[Column], row: &LabelReport) -> Vec<String> {
    let cells = columns.iter().map(|column| column.csv_cell(row));
    cells.collect()
}
