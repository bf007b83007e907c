//! Quotes taken off the fields of a record.

use memchr::{memchr, memchr2};

use super::block::PADDING;

/// The fields of a record with the quotes taken off, in the shape that [`RowParser`](super::row::RowParser) reads:
/// each field followed by one byte, whose place is its mark, and a mark before the first.
#[derive(Debug, Default)]
pub struct Unquoted {
    /// The fields' bytes, each followed by a line feed.
    pub text: Vec<u8>,
    /// Where the text begins, less one and wrapped around, and where each field ends.
    pub marks: Vec<u32>,
}

/// How far a record reaches.
pub enum Split {
    /// The record's fields are complete; the next record begins at `end`.
    Ends { end: usize },
    /// A closing quote at `at` is followed by text.
    Garbled { at: usize },
    /// The bytes end within the record.
    Open,
}

/// Splits the record at the start of `bytes` into fields, as RFC 4180 has it; a quote within an
/// unquoted field is a character like any other.
pub fn split(bytes: &[u8], delimiter: u8, fields: &mut Unquoted) -> Split {
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
