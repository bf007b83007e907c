//! Records with quotes, and where reading resumes after damage.

use memchr::memchr;

use super::header::is_header;
use super::repair::{is_quoted_row, repair};
use super::row::RowParser;
use super::unquoted::{Split, Unquoted, split};
use crate::jtl::fault::MAX_ROW;
use crate::jtl::sample::Origin;

/// What a record turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A well-formed record, whose fields are in [`Unquoted`]. It ends before `end`.
    Whole {
        /// Bytes to the start of the next record.
        end: usize,
    },
    /// A damaged record, of which at most the first line can be repaired; reading resumes at `end`.
    Damaged {
        /// Bytes to the start of the next record.
        end: usize,
    },
    /// The first line is longer than [`MAX_ROW`].
    TooLong,
    /// More bytes are needed to decide.
    Unfinished,
}

/// Reads the record at the start of `bytes`. `is_all` means that no bytes follow.
///
/// A well-formed record is read as it is, even with newlines in quotes. If an unclosed quote makes
/// nonsense of what follows, only its own line is lost: reading resumes at the next line that
/// begins a good record or a header.
///
/// How far `bytes` reach decides only whether the result is known yet, never the result. So any way
/// of cutting a file into blocks gives the same records.
pub fn read(parser: &RowParser, bytes: &[u8], is_all: bool, fields: &mut Unquoted) -> Record {
    let is_decidable = is_all || bytes.len() >= MAX_ROW;
    let window = &bytes[..bytes.len().min(MAX_ROW)];
    let first_line_end = match memchr(b'\n', window) {
        Some(at) => at + 1,
        None if is_all && bytes.len() < MAX_ROW => bytes.len(),
        None if is_decidable => return Record::TooLong,
        None => return Record::Unfinished,
    };
    match split(window, parser.layout().delimiter, fields) {
        Split::Ends { end } if end <= first_line_end => return Record::Whole { end },
        // A record over several lines must also be plausible, or else a stray quote joined two
        // rows.
        Split::Ends { end } if is_good(parser, fields) || is_quoted_row(parser, &window[..end]) => {
            return Record::Whole { end };
        }
        Split::Open if !is_decidable => return Record::Unfinished,
        Split::Garbled { at } if at < first_line_end => {
            return Record::Damaged {
                end: first_line_end,
            };
        }
        Split::Ends { .. } | Split::Garbled { .. } | Split::Open => {}
    }
    resume(parser, bytes, first_line_end, is_all, fields)
}

/// Finds the first line at or after `line` that begins a good record or a header, or that is a row which
/// can be repaired.
fn resume(
    parser: &RowParser,
    bytes: &[u8],
    mut line: usize,
    is_all: bool,
    fields: &mut Unquoted,
) -> Record {
    while line < bytes.len() {
        if line > MAX_ROW {
            return Record::Damaged { end: line };
        }
        let rest = &bytes[line..];
        let is_decidable = is_all || rest.len() >= MAX_ROW;
        let window = &rest[..rest.len().min(MAX_ROW)];
        let line_end = match memchr(b'\n', window) {
            Some(at) => at + 1,
            None if is_decidable => rest.len(),
            None => return Record::Unfinished,
        };
        if is_header(&window[..line_end.min(window.len())]) {
            return Record::Damaged { end: line };
        }
        match split(window, parser.layout().delimiter, fields) {
            Split::Ends { .. } if is_good(parser, fields) => return Record::Damaged { end: line },
            Split::Ends { .. } | Split::Garbled { .. }
                if window.get(line_end - 1) == Some(&b'\n')
                    && repair(parser, &window[..line_end], false).is_some() =>
            {
                return Record::Damaged { end: line };
            }
            Split::Open if !is_decidable => return Record::Unfinished,
            _ => line += line_end,
        }
    }
    if is_all {
        Record::Damaged { end: bytes.len() }
    } else {
        Record::Unfinished
    }
}

/// Whether the fields are a valid row of the layout.
fn is_good(parser: &RowParser, fields: &Unquoted) -> bool {
    let origin = Origin {
        position: 0,
        input: 0,
    };
    parser.parse_unquoted(fields, origin).is_ok()
}
