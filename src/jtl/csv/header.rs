//! Header rows.

use memchr::memmem;

use super::columns::{COLUMN_NAMES, REQUIRED};
use super::lines::{split_record, trim_line_end};
use super::unknown_layout::UnknownLayout;
use crate::text;

/// The column names of a header line.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub delimiter: u8,
    pub names: Vec<String>,
}

impl Header {
    /// Reads a line as a header. Returns `None` if it is not a header at all.
    ///
    /// # Errors
    ///
    /// When a required column is missing, or a known one occurs twice.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, UnknownLayout> {
        let line = trim_line_end(line);
        let Some(delimiter) = find_delimiter(line) else {
            return Ok(None);
        };
        let names: Vec<String> = split_record(line, delimiter)
            .into_iter()
            .map(|name| text::of(&name).trim().to_owned())
            .collect();
        let has = |name: &str| names.iter().any(|n| n == name);
        if !has("elapsed") && !has("timeStamp") {
            return Ok(None);
        }
        let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| !has(name)).collect();
        if !missing.is_empty() {
            return Err(UnknownLayout::MissingColumns {
                missing: missing.join(" and "),
                names: names.join(", "),
            });
        }
        for name in COLUMN_NAMES {
            if names.iter().filter(|n| *n == name).count() > 1 {
                return Err(UnknownLayout::RepeatedColumn(name));
            }
        }
        Ok(Some(Header { delimiter, names }))
    }
}

/// A text that every header contains, and hardly any row.
pub const HEADER_MARK: &[u8] = b"timeStamp";

/// Whether a line is a header that JMeter could have written.
///
/// If a run was killed while it wrote a row and another run was appended, the header stands behind
/// the start of that row on the same line. Such a line is a damaged row: read as a header, it would
/// have shifted columns.
pub fn is_header(line: &[u8]) -> bool {
    // Rows begin with a time, and names never with a digit. This check comes first because parsing
    // a header is slow.
    !line.first().is_some_and(u8::is_ascii_digit)
        && memmem::find(line, HEADER_MARK).is_some()
        && matches!(Header::parse(line), Ok(Some(_)))
}

/// The delimiter of a header: the first character outside quotes that is not part of a word.
fn find_delimiter(header: &[u8]) -> Option<u8> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let name = match header {
        [b'"', quoted @ ..] => &quoted[quoted.iter().position(|&b| b == b'"')? + 1..],
        plain => plain,
    };
    name.iter()
        .find(|byte| !is_word(byte))
        .copied()
        .filter(|byte| !matches!(byte, b'"' | b'\n' | b'\r' | 0))
}
