//! What the columns of a file are: delimiter, names, time stamp format.

use super::columns::Columns;
use super::header::Header;
use super::timestamp::{DatePattern, TimestampFormat};
use crate::jtl::{flag, number};

/// What the columns of a file, or of a part of it behind its own header, are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What separates fields.
    pub delimiter: u8,
    /// Number of columns in a row.
    pub width: usize,
    /// Their names, as far as they have any.
    pub names: Vec<String>,
    /// Where the columns are that perfkit reads.
    pub columns: Columns,
    /// How `timeStamp` is written.
    pub timestamp_format: TimestampFormat,
    /// Whether the first line is a header.
    pub has_header: bool,
}

impl Layout {
    /// The layout that a header names.
    pub fn of(header: Header) -> Self {
        Layout {
            delimiter: header.delimiter,
            width: header.names.len(),
            columns: Columns::named(&header.names),
            names: header.names,
            timestamp_format: TimestampFormat::EpochMs,
            has_header: true,
        }
    }

    /// The name of a column, for messages.
    pub fn column_name(&self, index: usize) -> String {
        match self.names.get(index) {
            Some(name) => name.clone(),
            None => format!("column {}", index + 1),
        }
    }

    /// Whether fields make sense as a row.
    pub fn is_row(&self, fields: &[Vec<u8>], given_format: Option<&DatePattern>) -> bool {
        let field = |index: usize| fields.get(index).map(Vec::as_slice).unwrap_or_default();
        let stamp = field(self.columns.time_stamp);
        let elapsed = field(self.columns.elapsed);
        (given_format.is_some() || TimestampFormat::detect(stamp).is_some())
            && number::parse(elapsed, 0, elapsed.len()).is_some()
            && flag::parse(field(self.columns.success)).is_some()
    }
}
