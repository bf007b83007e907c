//! Removal of quotes from the fields of a record.

use std::ops::Range;

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

impl Unquoted {
    /// A record without fields.
    fn new() -> Self {
        Unquoted {
            text: Vec::new(),
            marks: vec![u32::MAX],
        }
    }

    /// Appends a field.
    pub fn push(&mut self, field: &[u8]) {
        let end = self.marks.last().map_or(0, |mark| mark.wrapping_add(1));
        self.text.truncate(end as usize);
        self.text.extend_from_slice(field);
        self.marks.push(self.text.len() as u32);
        self.text.push(b'\n');
        self.text.resize(self.text.len() + PADDING, 0);
    }

    /// The text of a field.
    pub fn field(&self, number: usize) -> &[u8] {
        match self.marks.get(number..number + 2) {
            Some(&[before, end]) => &self.text[before.wrapping_add(1) as usize..end as usize],
            _ => b"",
        }
    }
}

/// The fields of a record that may be damaged.
pub struct Fields {
    /// The fields without quotes.
    pub unquoted: Unquoted,
    /// The places of the fields in the record, with their quotes.
    pub raw: Vec<Range<usize>>,
    /// Whether text follows a closing quote.
    pub is_garbled: bool,
}

impl Fields {
    /// The columns of `record`, each from its first to its last field. Several fields are joined as they
    /// stand there.
    pub fn joined(&self, record: &[u8], places: impl Iterator<Item = (usize, usize)>) -> Unquoted {
        let mut joined = Unquoted::new();
        for (first, last) in places {
            match first == last {
                true => joined.push(self.unquoted.field(first)),
                false => joined.push(&record[self.raw[first].start..self.raw[last].end]),
            }
        }
        joined
    }
}

/// Splits a record as most readers do: text after a closing quote belongs to the field. Returns `None` if
/// a quote is not closed, or if the record continues on another line outside quotes.
pub fn split_leniently(record: &[u8], delimiter: u8) -> Option<Fields> {
    let mut unquoted = Unquoted::new();
    let Unquoted { text, marks } = &mut unquoted;
    let (mut raw, mut is_garbled) = (Vec::new(), false);
    let mut at = 0;
    loop {
        let start = at;
        let is_quoted = record.get(at) == Some(&b'"');
        if is_quoted {
            at += 1 + unquote(&record[at + 1..], text)?;
        }
        let rest = &record[at..];
        let plain = &rest[..memchr(delimiter, rest).unwrap_or(rest.len())];
        if memchr(b'\n', plain).is_some() {
            return None;
        }
        is_garbled |= is_quoted && !plain.is_empty();
        text.extend_from_slice(plain);
        at += plain.len();
        marks.push(text.len() as u32);
        text.push(b'\n');
        raw.push(start..at);
        if at == record.len() {
            break;
        }
        at += 1;
    }
    text.resize(text.len() + PADDING, 0);
    Some(Fields {
        unquoted,
        raw,
        is_garbled,
    })
}

/// The inside of a row that is quoted as a whole, as a spreadsheet does if it takes the row for one cell.
/// Empty cells may follow. Doubled quotes are single inside. `None` for a row that is not quoted so, and for
/// one with a single word in quotes.
pub fn unwrap(row: &[u8]) -> Option<Vec<u8>> {
    let quoted = row.strip_prefix(b"\"")?;
    let mut inner = Vec::new();
    let end = unquote(quoted, &mut inner)?;
    let are_cells_empty = quoted[end..].iter().all(|byte| b",;\t|".contains(byte));
    let is_word = inner.iter().all(u8::is_ascii_alphanumeric);
    (are_cells_empty && !is_word).then_some(inner)
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
