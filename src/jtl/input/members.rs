//! Compressed files: one or more members (gzip) or frames (zstd), and whatever follows them.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read};

use flate2::bufread::GzDecoder;
use serde::{Deserialize, Serialize};
use zstd::stream::read::Decoder as ZstdDecoder;

use super::extent::{Extent, MAX_TEXT, bgzf_block, zstd_frame};
use super::kind::Kind;

/// Bytes of text that are unpacked at once if members are smaller.
pub const UNIT: usize = 256 << 10;

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

/// The members of a compressed file, one after another.
pub struct Members<R> {
    reader: Peeked<R>,
    kind: Kind,
    /// Most bytes of text in a unit.
    max_text: usize,
}

/// The next members of a compressed file.
pub enum Next {
    /// One or more, which can be unpacked by themselves.
    Unit(Unit),
    /// One, which has to be unpacked to know its end: see [`Members::unpack_next`].
    Member,
}

/// Members that can be unpacked by themselves.
pub struct Unit {
    packed: Vec<u8>,
    kind: Kind,
    /// Most bytes of its text.
    pub max_text: usize,
}

/// Text, and the error that follows it, if any.
pub struct Unpacked {
    /// The text.
    pub text: Vec<u8>,
    /// The error.
    pub error: Option<io::Error>,
}

impl<R: BufRead> Members<R> {
    /// The members of a file of this kind.
    pub fn new(reader: R, kind: Kind) -> Self {
        Members {
            reader: Peeked {
                front: Vec::new(),
                at: 0,
                reader,
            },
            kind,
            max_text: MAX_TEXT,
        }
    }

    /// Takes only members with up to this many bytes of text as units.
    pub fn limit_units(&mut self, max_text: usize) {
        self.max_text = max_text;
    }

    /// Looks for the next members, and takes them if they can be unpacked by themselves. `None` at the end.
    ///
    /// # Errors
    ///
    /// When the file cannot be read; [`TrailingBytes`] if anything but a member follows.
    pub fn next(&mut self) -> io::Result<Option<Next>> {
        match self.kind_at(0)? {
            None => Ok(None),
            Some(kind) if kind != self.kind => {
                let trailing = trailing(&mut self.reader)?;
                Err(io::Error::new(ErrorKind::InvalidData, trailing))
            }
            Some(_) => Ok(Some(self.unit()?.map_or(Next::Member, Next::Unit))),
        }
    }

    /// Returns a reader of the text of the next member, which has to be read to its end.
    ///
    /// # Errors
    ///
    /// When its start cannot be read.
    pub fn unpack_next(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self.kind {
            Kind::Zstd => Box::new(ZstdDecoder::with_buffer(&mut self.reader)?.single_frame()),
            _ => Box::new(GzDecoder::new(&mut self.reader)),
        })
    }

    /// Takes members whose end is known, up to about [`UNIT`] bytes of text.
    fn unit(&mut self) -> io::Result<Option<Unit>> {
        let (mut packed, mut max_text) = (0, 0);
        while let Some((more, text)) = self.extent_at(packed)? {
            let is_full = packed > 0 && max_text + text > UNIT;
            // A length that is damaged leads elsewhere than to a member.
            if is_full
                || self
                    .kind_at(packed + more)?
                    .is_some_and(|kind| kind != self.kind)
            {
                break;
            }
            packed += more;
            max_text += text;
        }
        Ok((packed > 0).then(|| Unit {
            packed: self.reader.take_front(packed),
            kind: self.kind,
            max_text,
        }))
    }

    /// The lengths of the member that begins after this many bytes, compressed and at most as text, if known.
    fn extent_at(&mut self, at: usize) -> io::Result<Option<(usize, usize)>> {
        let mut count = at + 1;
        loop {
            let seen = self.reader.peek(count)?;
            let bytes = seen.get(at..).unwrap_or_default();
            let extent = match self.kind {
                Kind::Zstd => zstd_frame(bytes, self.max_text),
                _ => bgzf_block(bytes),
            };
            match extent {
                Extent::Known { packed, text } if text <= self.max_text => {
                    return Ok(Some((packed, text)));
                }
                Extent::Needs(more) if seen.len() >= count => count = seen.len().max(at + more),
                _ => return Ok(None),
            }
        }
    }

    /// What kind of file begins after this many bytes; `None` at the end.
    fn kind_at(&mut self, at: usize) -> io::Result<Option<Kind>> {
        let bytes = self.reader.peek(at + 4)?.get(at..).unwrap_or_default();
        let start = &bytes[..bytes.len().min(4)];
        Ok((!start.is_empty()).then(|| Kind::of(start)))
    }
}

impl Unit {
    /// Unpacks it, into a buffer whose content does not matter.
    pub fn unpack(self, mut text: Vec<u8>) -> Unpacked {
        // One byte more shows whether the text is longer than it should be.
        text.resize(self.max_text + 1, 0);
        let mut members = Members::new(&self.packed[..], self.kind);
        let mut filled = 0;
        let mut unpack = || -> io::Result<()> {
            while members.kind_at(0)?.is_some() {
                let mut member = members.unpack_next()?;
                let (length, error) = read_up_to(&mut member, &mut text[filled..]);
                filled += length;
                if filled > self.max_text {
                    filled = self.max_text;
                    let why = "the compressed data are longer than they say";
                    return Err(io::Error::new(ErrorKind::InvalidData, why));
                }
                error.map_or(Ok(()), Err)?;
            }
            Ok(())
        };
        let error = unpack().err();
        text.truncate(filled);
        Unpacked { text, error }
    }
}

/// Fills `buffer` as far as possible. Bytes that were read before an error count.
pub fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
    (filled, None)
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

    /// Takes bytes that were looked at.
    fn take_front(&mut self, count: usize) -> Vec<u8> {
        let rest = self.front.split_off(self.at + count);
        let mut taken = std::mem::replace(&mut self.front, rest);
        taken.drain(..self.at);
        self.at = 0;
        taken
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

    use super::super::extent::tests::bgzf;
    use super::*;

    /// Compressed bytes that are read at a time.
    const COMPRESSED: usize = 64 << 10;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &str) -> Vec<u8> {
        zstd::encode_all(text.as_bytes(), 1).unwrap()
    }

    /// The text, how many units it came in, and what follows the compressed data.
    fn read_units(bytes: &[u8], buffer: usize) -> (Vec<u8>, usize, Option<io::Error>) {
        let kind = Kind::of(&bytes[..4]);
        let reader = io::BufReader::with_capacity(buffer, bytes);
        let mut members = Members::new(reader, kind);
        let (mut text, mut units) = (Vec::new(), 0);
        let mut read = || -> io::Result<()> {
            while let Some(next) = members.next()? {
                match next {
                    Next::Unit(unit) => {
                        units += 1;
                        let unpacked = unit.unpack(vec![b'x'; 10]);
                        text.extend(unpacked.text);
                        unpacked.error.map_or(Ok(()), Err)?;
                    }
                    Next::Member => drop(members.unpack_next()?.read_to_end(&mut text)?),
                }
            }
            Ok(())
        };
        let error = read().err();
        (text, units, error)
    }

    /// The text, and what follows the compressed data.
    fn read(bytes: &[u8]) -> (String, Option<TrailingBytes>) {
        // A byte at a time: no boundary falls together with one of the file's.
        let (text, _, error) = read_units(bytes, 1);
        let error = error.map(|error| TrailingBytes::of(&error).unwrap());
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

    /// A text of this many rows, each of which is different.
    fn rows(count: usize) -> Vec<u8> {
        (0..count)
            .flat_map(|number| format!("17000000{number:05},120,Log in,true\n").into_bytes())
            .collect()
    }

    #[test]
    fn blocks_and_frames_are_units() {
        let text = rows(100_000);
        let blocks: Vec<u8> = text.chunks(65_280).flat_map(bgzf).collect();
        let blocks = [blocks, bgzf(b"")].concat();
        let (found, units, error) = read_units(&blocks, COMPRESSED);
        // Four blocks of up to 64 KiB each.
        let expected = (text.len().div_ceil(65_280) + 1).div_ceil(4);
        assert!(
            found == text && units == expected && error.is_none(),
            "{units}"
        );
        // Frames as pzstd writes them: each behind one that is skipped.
        let skipped = b"\x50\x2A\x4D\x18\x04\0\0\0abcd";
        let frame = |part: &[u8]| [&skipped[..], &zstd::bulk::compress(part, 3).unwrap()].concat();
        let frames: Vec<u8> = text.chunks(2 << 20).flat_map(frame).collect();
        let (found, units, error) = read_units(&frames, COMPRESSED);
        assert!(found == text && units >= 2 && error.is_none(), "{units}");
        // A single member, or a frame larger than a unit can be, is unpacked in a stream.
        let large = rows(800_000);
        for packed in [
            zstd::encode_all(&large[..], 1).unwrap(),
            gzip(std::str::from_utf8(&text).unwrap()),
        ] {
            assert_eq!(read_units(&packed, COMPRESSED).1, 0);
        }
    }

    /// Reads without units.
    fn streamed(bytes: &[u8]) -> (Vec<u8>, Option<io::Error>) {
        let mut members = Members::new(bytes, Kind::of(&bytes[..4]));
        let mut text = Vec::new();
        let mut read = || -> io::Result<()> {
            while let Some(kind) = members.kind_at(0)? {
                if kind != members.kind {
                    let trailing = trailing(&mut members.reader)?;
                    return Err(io::Error::new(ErrorKind::InvalidData, trailing));
                }
                members.unpack_next()?.read_to_end(&mut text)?;
            }
            Ok(())
        };
        let error = read().err();
        (text, error)
    }

    /// What an error says of the text before it.
    #[derive(Debug, PartialEq, Eq)]
    enum Found {
        Whole(Vec<u8>),
        Cut(Vec<u8>),
        Trailing(Vec<u8>, TrailingBytes),
        /// The input is refused, and its text does not count.
        Refused,
    }

    fn found(text: Vec<u8>, error: Option<io::Error>) -> Found {
        match error {
            None => Found::Whole(text),
            Some(error) if error.kind() == ErrorKind::UnexpectedEof => Found::Cut(text),
            Some(error) => match TrailingBytes::of(&error) {
                Some(trailing) => Found::Trailing(text, trailing),
                None => Found::Refused,
            },
        }
    }

    #[test]
    fn damage_costs_the_same_in_units() {
        let text = rows(4_000);
        let frame = |part: &[u8]| zstd::bulk::compress(part, 3).unwrap();
        let blocks: Vec<u8> = text.chunks(20_000).flat_map(bgzf).collect();
        let frames: Vec<u8> = text.chunks(20_000).flat_map(frame).collect();
        for packed in [blocks, frames] {
            for number in 0..400 {
                let at = 4 + number * (packed.len() - 4) / 400;
                let mut changed = packed.clone();
                changed[at] ^= 1 << (number % 8);
                for damaged in [&packed[..at], &changed] {
                    let (text, _, error) = read_units(damaged, COMPRESSED);
                    let (streamed, streamed_error) = streamed(damaged);
                    let is_same = found(text, error) == found(streamed, streamed_error);
                    assert!(is_same, "at {at}");
                }
            }
        }
    }

    #[test]
    fn a_unit_is_no_longer_than_it_says() {
        let block = bgzf(&[b'x'; 70_000]);
        let (text, units, error) = read_units(&block, COMPRESSED);
        assert_eq!((text.len(), units), (64 << 10, 1));
        assert_eq!(error.unwrap().kind(), ErrorKind::InvalidData);
    }
}
