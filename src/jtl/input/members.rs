//! Compressed files: one or more members (gzip) or frames (zstd), and whatever follows them.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read};

use flate2::bufread::GzDecoder;
use serde::{Deserialize, Serialize};
use zstd::stream::read::Decoder as ZstdDecoder;

use super::kind::Kind;

/// Bytes behind the compressed data, such as the zeros with which tapes and some uploads pad a file. A
/// reader returns this as an error after all text, because it is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailingBytes {
    /// Number of bytes.
    pub count: u64,
    /// Whether all of them are 0.
    pub are_zeros: bool,
}

impl TrailingBytes {
    /// Returns the trailing bytes that an error stands for.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl fmt::Display for TrailingBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes follow the compressed data", self.count)
    }
}

impl Error for TrailingBytes {}

/// Reads the members of a compressed file one after another.
pub struct Members<R: BufRead> {
    state: State<R>,
    kind: Kind,
}

enum State<R: BufRead> {
    /// Before a member, or behind the last one.
    Between(Peeked<R>),
    Gzip(Box<GzDecoder<Peeked<R>>>),
    Zstd(Box<ZstdDecoder<'static, Peeked<R>>>),
    Ended,
}

impl<R: BufRead> Members<R> {
    /// Reads members of the kind with which `reader` begins.
    pub fn new(reader: R, kind: Kind) -> Self {
        Members {
            state: State::Between(Peeked {
                front: Vec::new(),
                at: 0,
                reader,
            }),
            kind,
        }
    }

    /// Begins the next member, or ends.
    fn begin(&mut self, mut reader: Peeked<R>) -> io::Result<State<R>> {
        let start = reader.peek(4)?;
        if start.is_empty() {
            return Ok(State::Ended);
        }
        if Kind::of(start) != self.kind {
            return Err(io::Error::new(ErrorKind::InvalidData, trailing(reader)?));
        }
        Ok(match self.kind {
            Kind::Zstd => {
                let decoder = ZstdDecoder::with_buffer(reader)?.single_frame();
                State::Zstd(Box::new(decoder))
            }
            _ => State::Gzip(Box::new(GzDecoder::new(reader))),
        })
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.state {
                State::Ended => return Ok(0),
                State::Gzip(decoder) => decoder.read(buffer)?,
                State::Zstd(decoder) => decoder.read(buffer)?,
                State::Between(_) => 0,
            };
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let reader = match std::mem::replace(&mut self.state, State::Ended) {
                State::Between(reader) => reader,
                State::Gzip(decoder) => decoder.into_inner(),
                State::Zstd(decoder) => decoder.finish(),
                State::Ended => return Ok(0),
            };
            self.state = self.begin(reader)?;
        }
    }
}

/// Counts the bytes up to the end.
fn trailing(mut reader: impl BufRead) -> io::Result<TrailingBytes> {
    let mut trailing = TrailingBytes {
        count: 0,
        are_zeros: true,
    };
    loop {
        let bytes = reader.fill_buf()?;
        let length = bytes.len();
        if length == 0 {
            return Ok(trailing);
        }
        trailing.count += length as u64;
        trailing.are_zeros &= bytes.iter().all(|&byte| byte == 0);
        reader.consume(length);
    }
}

/// A reader whose next bytes can be looked at without reading them.
struct Peeked<R> {
    /// Bytes that were looked at, from `at` on not read yet.
    front: Vec<u8>,
    at: usize,
    reader: R,
}

impl<R: BufRead> Peeked<R> {
    /// Returns the next `count` bytes, or as many as there are.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        self.front.drain(..self.at);
        self.at = 0;
        while self.front.len() < count {
            let more = self.reader.fill_buf()?;
            if more.is_empty() {
                break;
            }
            let length = more.len().min(count - self.front.len());
            self.front.extend_from_slice(&more[..length]);
            self.reader.consume(length);
        }
        Ok(&self.front)
    }
}

impl<R: BufRead> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Peeked<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.at < self.front.len() {
            true => Ok(&self.front[self.at..]),
            false => self.reader.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        match self.at < self.front.len() {
            true => self.at += count,
            false => self.reader.consume(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &str) -> Vec<u8> {
        zstd::encode_all(text.as_bytes(), 1).unwrap()
    }

    /// The text, and what follows the compressed data.
    fn read(bytes: &[u8]) -> (String, Option<TrailingBytes>) {
        let kind = Kind::of(&bytes[..4]);
        // A byte at a time: no boundary falls together with one of the file's.
        let reader = io::BufReader::with_capacity(1, bytes);
        let mut members = Members::new(reader, kind);
        let (mut text, mut buffer) = (Vec::new(), [0; 7]);
        let error = loop {
            match members.read(&mut buffer) {
                Ok(0) => break None,
                Ok(read) => text.extend_from_slice(&buffer[..read]),
                Err(error) => break Some(TrailingBytes::of(&error).unwrap()),
            }
        };
        (String::from_utf8(text).unwrap(), error)
    }

    #[test]
    fn members_are_read_on() {
        let text = "one\ntwo\n".to_owned();
        assert_eq!(
            read(&[gzip("one\n"), gzip(""), gzip("two\n")].concat()),
            (text.clone(), None)
        );
        assert_eq!(read(&[zstd("one\n"), zstd("two\n")].concat()), (text, None));
    }

    #[test]
    fn what_follows_costs_no_text() {
        for pack in [gzip, zstd] {
            let text = "one\n".repeat(1_000);
            for (trailing, are_zeros) in [(&[0; 512][..], true), (b"x", false), (b"garbage", false)]
            {
                let found = read(&[&pack(&text), trailing].concat());
                let count = trailing.len() as u64;
                assert_eq!(
                    found,
                    (text.clone(), Some(TrailingBytes { count, are_zeros }))
                );
            }
        }
    }

    #[test]
    fn a_skippable_frame_may_come_first() {
        let skipped = [
            &0x184D_2A5B_u32.to_le_bytes()[..],
            &3_u32.to_le_bytes(),
            b"abc",
        ]
        .concat();
        let found = read(&[skipped, zstd("one\n")].concat());
        assert_eq!(found, ("one\n".to_owned(), None));
    }
}
