//! Removal of quotes from the fields of a record.

use memchr::{memchr, memchr2};

use super::block::PADDING;

/// The fields of a record without quotes, in the form that [`RowParser`](super::row::RowParser)
/// reads: each field is followed by one byte, whose place is its mark, and the first mark comes
/// before the first field.
#[derive(Debug, Default)]
pub struct Unquoted {
    /// The fields' bytes, each followed by a line feed.
    pub text: Vec<u8>,
    /// The place before the text (wrapped around), then the end of each field.
    pub marks: Vec<u32>,
}

/// The end of a record.
pub enum Split {
    /// The record's fields are complete; the next record begins at `end`.
    Ends { end: usize },
    /// A closing quote at `at` is followed by text.
    Garbled { at: usize },
    /// The bytes end within the record.
    Open,
}

/// Splits the record at the start of `bytes` into fields by RFC 4180. A quote within an unquoted
/// field is an ordinary character.
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

/// Copies a quoted field up to its closing quote, with doubled quotes made single. Returns its
/// length with the closing quote, or `None` if there is no closing quote.
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
