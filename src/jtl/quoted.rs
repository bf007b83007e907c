//! Records with quotes, and where reading resumes behind one that is damaged.

use memchr::{memchr, memchr2};

use super::layout::is_header;
use super::number::PADDING;
use super::row::{LONGEST_ROW, Origin, RowParser};

/// The fields of a record with the quotes taken off, in the shape that [`RowParser`] reads:
/// each field followed by one byte, whose place is its mark, and a mark before the first.
#[derive(Debug, Default)]
pub struct Unquoted {
    /// The fields' bytes, each followed by a line feed.
    pub text: Vec<u8>,
    /// Where the text begins, less one and wrapped around, and where each field ends.
    pub marks: Vec<u32>,
}

/// What the bytes from the start of a record on are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A record, fields in [`Unquoted`], that ends before `end`.
    Whole {
        /// Bytes to the start of the next record.
        end: usize,
    },
    /// A damaged record; reading resumes at `end`.
    Damaged {
        /// Bytes to the start of the next record.
        end: usize,
    },
    /// The first line is longer than [`LONGEST_ROW`].
    TooLong,
    /// More bytes are needed to tell.
    Unfinished,
}

/// Reads the record that `bytes` begin with. `is_all`: nothing follows them.
///
/// A record that is well formed, newlines in quotes included, is taken as it stands. When an
/// opened quote makes nonsense of what follows, only the line that opened it is lost: reading
/// resumes at the next line that begins a good record or a header.
///
/// What is decided never depends on how far `bytes` reach, only whether it can be decided yet:
/// so any way of cutting a file into blocks gives the same records.
pub fn read(parser: &RowParser, bytes: &[u8], is_all: bool, fields: &mut Unquoted) -> Record {
    let is_decidable = is_all || bytes.len() >= LONGEST_ROW;
    let window = &bytes[..bytes.len().min(LONGEST_ROW)];
    let first_line_end = match memchr(b'\n', window) {
        Some(at) => at + 1,
        None if is_all && bytes.len() < LONGEST_ROW => bytes.len(),
        None if is_decidable => return Record::TooLong,
        None => return Record::Unfinished,
    };
    match split(window, parser.layout().delimiter, fields) {
        Split::Ends { end } if end <= first_line_end => return Record::Whole { end },
        // Over several lines it must also make sense, or else a stray quote joined two rows.
        Split::Ends { end } if is_good(parser, fields) => return Record::Whole { end },
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

/// The first line from `line` on that begins a good record or a header.
fn resume(
    parser: &RowParser,
    bytes: &[u8],
    mut line: usize,
    is_all: bool,
    fields: &mut Unquoted,
) -> Record {
    while line < bytes.len() {
        if line > LONGEST_ROW {
            return Record::Damaged { end: line };
        }
        let rest = &bytes[line..];
        let is_decidable = is_all || rest.len() >= LONGEST_ROW;
        let window = &rest[..rest.len().min(LONGEST_ROW)];
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

/// Whether the fields are a row of the file's layout with values that can be read.
fn is_good(parser: &RowParser, fields: &Unquoted) -> bool {
    let origin = Origin {
        position: 0,
        input: 0,
    };
    parser.parse_unquoted(fields, origin).is_ok()
}

enum Split {
    /// The record's fields are complete; the next record begins at `end`.
    Ends { end: usize },
    /// A closing quote at `at` is followed by text.
    Garbled { at: usize },
    /// The bytes end within the record.
    Open,
}

/// Splits the record at the start of `bytes` into fields, as RFC 4180 has it; a quote within an
/// unquoted field is a character like any other.
fn split(bytes: &[u8], delimiter: u8, fields: &mut Unquoted) -> Split {
    fields.text.clear();
    fields.marks.clear();
    fields.marks.push(u32::MAX);
    let mut at = 0;
    let outcome = loop {
        let next = if bytes.get(at) == Some(&b'"') {
            match unquote(&bytes[at + 1..], &mut fields.text) {
                Some(length) => at + 1 + length,
                None => break Split::Open,
            }
        } else {
            let rest = &bytes[at..];
            let Some(length) = memchr2(delimiter, b'\n', rest) else {
                // The last line of a file may lack its line end: the caller adds it.
                break Split::Open;
            };
            let field = &rest[..length];
            let is_last = rest[length] == b'\n';
            fields
                .text
                .extend_from_slice(match field.strip_suffix(b"\r") {
                    Some(field) if is_last => field,
                    _ => field,
                });
            at + length
        };
        fields.marks.push(fields.text.len() as u32);
        fields.text.push(b'\n');
        match bytes.get(next) {
            Some(byte) if *byte == delimiter => at = next + 1,
            Some(b'\n') => break Split::Ends { end: next + 1 },
            Some(b'\r') if bytes.get(next + 1) == Some(&b'\n') => {
                break Split::Ends { end: next + 2 };
            }
            Some(b'\r') if bytes.len() == next + 1 => break Split::Open,
            Some(_) => break Split::Garbled { at: next },
            None => break Split::Open,
        }
    };
    fields.text.resize(fields.text.len() + PADDING, 0);
    outcome
}

/// Copies a quoted field up to its closing quote, doubled quotes made single; the length that it
/// takes with its closing quote, or `None` if that is not there.
fn unquote(bytes: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    loop {
        let quote = at + memchr(b'"', &bytes[at..])?;
        text.extend_from_slice(&bytes[at..quote]);
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote + 1);
        }
        text.push(b'"');
        at = quote + 2;
    }
}
