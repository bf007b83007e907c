//! The CSV of JMeter's "Save Table Data", byte for byte unless columns are chosen.

use std::borrow::Borrow;

use csv::WriterBuilder;

use super::columns::{self, Column};
use crate::error::{Error, Result};
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

/// Records as CSV.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub(super) fn records(records: impl Iterator<Item = Vec<String>>) -> Result<String> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for record in records {
        writer
            .write_record(record)
            .map_err(|error| Error::Internal(format!("cannot write CSV: {error}")))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::Internal(format!("cannot write CSV: {error}")))?;
    String::from_utf8(bytes).map_err(|error| Error::Internal(error.to_string()))
}

fn cells(columns: &[Column], row: &LabelReport) -> Vec<String> {
    let cells = columns.iter().map(|column| column.csv_cell(row));
    cells.collect()
}
