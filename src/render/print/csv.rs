//! Records as CSV.

use csv::WriterBuilder;

use crate::error::{Error, Result};

/// Records as CSV.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn records(records: impl Iterator<Item = Vec<String>>) -> Result<String> {
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
