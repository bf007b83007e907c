//! The layout of a file: delimiter, columns, time stamp format.

use super::columns::Columns;
use super::header::Header;
use super::text_columns::numeric_columns;
use super::timestamp::{DatePattern, TimestampFormat};
use super::unknown_layout::UnknownLayout;
use crate::jtl::options::ColumnOptions;
use crate::jtl::{flag, number};
use crate::suggest::did_you_mean;

/// The layout of a file, or of the part of it that follows a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Separator of fields.
    pub delimiter: u8,
    /// Number of columns in a row.
    pub width: usize,
    /// Names of the columns, as far as the header has them.
    pub names: Vec<String>,
    /// Names in the header that differ from JMeter's spelling.
    pub respelled: Vec<String>,
    /// Places of the columns that perfkit reads.
    pub columns: Columns,
    /// Format of `timeStamp`.
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
            respelled: header.respelled,
            timestamp_format: TimestampFormat::default(),
            has_header: true,
        }
    }

    /// Finds the columns that a selection needs.
    ///
    /// # Errors
    ///
    /// When the header lacks one of them.
    pub fn find(&mut self, wanted: &ColumnOptions) -> Result<(), UnknownLayout> {
        for (column, option) in &wanted.required {
            if !self.names.contains(column) {
                let names = || self.names.iter().map(String::as_str);
                return Err(UnknownLayout::NeededColumn {
                    column: column.clone(),
                    option: option.clone(),
                    suggestion: did_you_mean(column, names()),
                    names: names().collect::<Vec<_>>().join(", "),
                });
            }
        }
        let group = wanted.group.as_ref();
        self.columns.group = group.and_then(|name| self.names.iter().position(|own| own == name));
        Ok(())
    }

    /// Whether fields are plausible as a row: a delimiter in a text would shift a number away.
    pub fn is_row(&self, fields: &[Vec<u8>], given_format: Option<&DatePattern>) -> bool {
        let field = |index: usize| fields.get(index).map(Vec::as_slice).unwrap_or_default();
        let stamp = field(self.columns.time_stamp);
        let elapsed = field(self.columns.elapsed);
        let is_numeric = numeric_columns(&self.columns);
        let are_numbers = (0..self.width)
            .filter(|&column| column != self.columns.time_stamp && is_numeric(column))
            .map(field)
            .all(|text| matches!(text, b"" | b"null") || is_number(text));
        (given_format.is_some() || TimestampFormat::detect(stamp).is_some())
            && is_number(elapsed)
            && are_numbers
            && flag::parse(field(self.columns.success)).is_some()
    }
}

fn is_number(text: &[u8]) -> bool {
    number::parse(text, 0, text.len()).is_some()
}
