//! The CSV of JMeter's "Save Table Data", byte for byte unless columns are chosen.

use csv::WriterBuilder;

use super::columns::{self, Column};
use crate::error::{Error, Result};
use crate::report::{LabelReport, Report};

/// The aggregate table as JMeter saves it.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn render(report: &Report) -> Result<String> {
    let columns = columns::of_labels(&report.options);
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let internal = |error: csv::Error| Error::Internal(format!("cannot write CSV: {error}"));
    writer
        .write_record(columns.iter().map(Column::title))
        .map_err(internal)?;
    for row in report.rows() {
        writer
            .write_record(cells(&columns, row))
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
