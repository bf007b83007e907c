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
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let internal = |error: csv::Error| Error::Internal(format!("cannot write CSV: {error}"));
    writer
        .write_record(columns.iter().map(Column::title))
        .map_err(internal)?;
    for row in rows {
        writer
            .write_record(cells(&columns, row.borrow()))
            .map_err(internal)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::Internal(format!("cannot write CSV: {error}")))?;
    String::from_utf8(bytes).map_err(|error| Error::Internal(error.to_string()))
}

fn cells<'a>(columns: &'a [Column], row: &'a LabelReport) -> impl Iterator<Item = String> + 'a {
    columns.iter().map(|column| column.csv_cell(row))
}
