//! Lines and records at the start of a file.

use std::io::{Cursor, SeekFrom};

pub fn first_line(bytes: &[u8]) -> &[u8] {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => &bytes[..=end],
        None => bytes,
    }
}

/// A line without its line end.
pub fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The fields of the record that `bytes` begin with, unquoted, even if it is quoted as a whole.
pub fn split_record(bytes: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    Splitter::new(delimiter).split(bytes)
}

/// The fields of the first record of each text.
pub fn split_records<'b>(
    texts: impl Iterator<Item = &'b [u8]>,
    delimiter: u8,
) -> impl Iterator<Item = Vec<Vec<u8>>> {
    let mut splitter = Splitter::new(delimiter);
    texts.map(move |text| splitter.split(text))
}

/// Splits records into fields. To make a reader takes much more work than to read a record.
struct Splitter<'b> {
    reader: csv::Reader<Cursor<&'b [u8]>>,
    delimiter: u8,
}

impl<'b> Splitter<'b> {
    fn new(delimiter: u8) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(delimiter);
        builder.has_headers(false).flexible(true);
        Splitter {
            reader: builder.from_reader(Cursor::new(b"")),
            delimiter,
        }
    }

    fn split(&mut self, bytes: &'b [u8]) -> Vec<Vec<u8>> {
        let fields = self.split_once(bytes);
        let [inner, rest @ ..] = &fields[..] else {
            return fields;
        };
        let is_quoted = bytes.starts_with(b"\"") && inner.contains(&self.delimiter);
        match is_quoted && rest.iter().all(Vec::is_empty) {
            true => Splitter::new(self.delimiter).split_once(inner),
            false => fields,
        }
    }

    fn split_once(&mut self, bytes: &'b [u8]) -> Vec<Vec<u8>> {
        *self.reader.get_mut() = Cursor::new(bytes);
        let mut record = csv::ByteRecord::new();
        // In memory, both always succeed.
        let start = self
            .reader
            .seek_raw(SeekFrom::Start(0), csv::Position::new());
        match start.and_then(|()| self.reader.read_byte_record(&mut record)) {
            Ok(true) => record.iter().map(<[u8]>::to_vec).collect(),
            _ => Vec::new(),
        }
    }
}

/// The bytes from the start of each of the first lines to the end.
pub fn first_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const LINES_TRIED: usize = 100;
    let mut start = 0;
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    lines.take(LINES_TRIED).map(move |line| {
        let rest = &bytes[start..];
        start += line.len();
        rest
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_is_split_as_by_a_reader_of_its_own(
            texts in proptest::collection::vec("[ab,;\"\r\n]{0,12}", 0..6),
        ) {
            let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
            let each: Vec<_> = texts.iter().map(|text| split_record(text, b',')).collect();
            let all: Vec<_> = split_records(texts.into_iter(), b',').collect();
            prop_assert_eq!(all, each);
        }
    }
}
