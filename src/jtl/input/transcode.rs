//! Text in any encoding, read as UTF-8.

use std::io::{self, ErrorKind, Read};

use encoding_rs::{Decoder, DecoderResult};

use super::encoding::{Encoding, Source};
use crate::text;

/// Bytes from which the encoding is detected.
const WINDOW: usize = 1 << 20;
/// Bytes decoded at a time.
const CHUNK: usize = 64 << 10;
/// The fewest bytes from which anything can be detected while more are to come.
const MIN_START: usize = 4;

/// Reads text as UTF-8, whatever its encoding. UTF-8 passes through unchanged, damaged or not. Bytes
/// that another encoding does not know become those of [`text::undecodable`].
pub struct Transcoder {
    reader: Box<dyn Read + Send>,
    given: Option<Encoding>,
    state: State,
    /// Bytes that come before those of the reader: not decoded yet, or as they are.
    pending: Vec<u8>,
    at: usize,
    /// An error that comes after the pending bytes.
    error: Option<io::Error>,
    /// The start of an input that grows, as long as more of it could change the detected encoding.
    start: Option<Start>,
}

/// The start of an input that grows.
struct Start {
    bytes: Vec<u8>,
    /// How many of them were there when the encoding was detected or confirmed.
    checked: usize,
    is_all: bool,
}

enum State {
    /// The encoding is not known yet.
    Unknown,
    /// Passes bytes through.
    Utf8,
    /// Decodes.
    Other {
        encoding: Encoding,
        source: Source,
        text: Box<Text>,
    },
}

impl Transcoder {
    /// Reads from `reader`, in the encoding that was given or detected.
    pub fn new(reader: Box<dyn Read + Send>, given: Option<Encoding>) -> Self {
        Transcoder {
            reader,
            given,
            state: State::Unknown,
            pending: Vec::new(),
            at: 0,
            error: None,
            start: None,
        }
    }

    /// The encoding, and how it is known; `None` for UTF-8, or as long as nothing was read.
    pub fn encoding(&self) -> Option<(Encoding, Source)> {
        match self.state {
            State::Unknown | State::Utf8 => None,
            State::Other {
                encoding, source, ..
            } => Some((encoding, source)),
        }
    }

    /// Whether the text is in the encoding that was given or in one other than UTF-8, whatever else it
    /// says about itself.
    pub fn is_settled(&self) -> bool {
        self.given.is_some() || self.encoding().is_some()
    }

    /// Whether the input seen so far confirms the encoding that its first bytes led to.
    pub fn is_confirmed(&mut self) -> bool {
        let Some(start) = &mut self.start else {
            return true;
        };
        if start.bytes.len() == start.checked && !start.is_all {
            return true;
        }
        start.checked = start.bytes.len();
        let (now, _) = Encoding::of(&start.bytes, start.is_all, self.given);
        let is_whole = start.is_all || start.bytes.len() >= WINDOW;
        let is_confirmed = match &self.state {
            State::Other { encoding, .. } => now == *encoding,
            State::Unknown | State::Utf8 => now == Encoding::UTF_8,
        };
        if is_confirmed && is_whole {
            self.start = None;
        }
        is_confirmed
    }

    /// Reads the first bytes and decides on the encoding. While the reader has no more for now, those
    /// that there are decide provisionally.
    fn begin(&mut self) -> io::Result<()> {
        let mut is_waiting = false;
        let mut is_all = false;
        while self.pending.len() < WINDOW && self.error.is_none() && !is_all {
            let filled = self.pending.len();
            self.pending.resize((filled + CHUNK).min(WINDOW), 0);
            let read = self.reader.read(&mut self.pending[filled..]);
            self.pending.truncate(filled + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => is_all = true,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    is_waiting = true;
                    break;
                }
                Err(error) => self.error = Some(error),
            }
        }
        if is_waiting && self.pending.len() < MIN_START {
            return Err(ErrorKind::WouldBlock.into());
        }
        let (encoding, source) = Encoding::of(&self.pending, is_all, self.given);
        if is_waiting && self.given.is_none() {
            self.start = Some(Start {
                bytes: self.pending.clone(),
                checked: self.pending.len(),
                is_all: false,
            });
        }
        self.state = match encoding == Encoding::UTF_8 {
            true => State::Utf8,
            false => State::Other {
                encoding,
                source,
                text: Box::new(Text::new(encoding)),
            },
        };
        Ok(())
    }
}

impl Read for Transcoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.state, State::Unknown) {
            self.begin()?;
        }
        match &mut self.state {
            State::Unknown | State::Utf8 => self.read_bytes(buffer),
            State::Other { .. } => self.read_text(buffer),
        }
    }
}

impl Transcoder {
    /// Reads bytes as they are.
    fn read_bytes(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at < self.pending.len() {
            let rest = &self.pending[self.at..];
            let length = rest.len().min(buffer.len());
            buffer[..length].copy_from_slice(&rest[..length]);
            self.at += length;
            if self.at == self.pending.len() {
                (self.pending, self.at) = (Vec::new(), 0);
            }
            return Ok(length);
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let read = self.reader.read(buffer)?;
        self.remember(&buffer[..read]);
        Ok(read)
    }

    /// Keeps the start of an input that is still growing.
    #[inline]
    fn remember(&mut self, bytes: &[u8]) {
        if let Some(start) = &mut self.start {
            let room = WINDOW.saturating_sub(start.bytes.len());
            let kept = &bytes[..bytes.len().min(room)];
            start.bytes.extend_from_slice(kept);
            start.is_all |= bytes.is_empty();
        }
    }

    /// Reads decoded text.
    fn read_text(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let State::Other { text, .. } = &mut self.state else {
                return Ok(0);
            };
            let length = text.take(buffer);
            if length > 0 || buffer.is_empty() || text.is_whole {
                return Ok(length);
            }
            if self.at < self.pending.len() {
                let end = self.pending.len().min(self.at + CHUNK);
                text.decode(&self.pending[self.at..end], false);
                self.at = end;
                continue;
            }
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            let mut bytes = std::mem::take(&mut self.pending);
            bytes.resize(CHUNK, 0);
            let read = self.reader.read(&mut bytes)?;
            bytes.truncate(read);
            text.decode(&bytes, read == 0);
            self.remember(&bytes);
            self.at = read;
            self.pending = bytes;
        }
    }
}

/// Text that was decoded and not taken yet.
struct Text {
    decoder: Decoder,
    bytes: Vec<u8>,
    at: usize,
    /// The last bytes that the decoder took.
    last: Vec<u8>,
    /// Whether the input has ended.
    is_whole: bool,
}

/// The most bytes that a decoder takes before it finds the first of them malformed.
const MAX_LOOKAHEAD: usize = 8;

impl Text {
    fn new(encoding: Encoding) -> Self {
        Text {
            decoder: encoding.decoder(),
            bytes: Vec::new(),
            at: 0,
            last: Vec::new(),
            is_whole: false,
        }
    }

    /// Moves text to `buffer`, and returns its length.
    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.bytes[self.at..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        length
    }

    /// Decodes the next bytes, when all text was taken.
    fn decode(&mut self, mut bytes: &[u8], is_last: bool) {
        self.bytes.clear();
        self.at = 0;
        self.is_whole = is_last;
        loop {
            let filled = self.bytes.len();
            let room = self
                .decoder
                .max_utf8_buffer_length_without_replacement(bytes.len());
            self.bytes.resize(filled + room.unwrap_or(CHUNK), 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                bytes,
                &mut self.bytes[filled..],
                is_last,
            );
            self.bytes.truncate(filled + written);
            self.last
                .extend_from_slice(&bytes[read.saturating_sub(MAX_LOOKAHEAD)..read]);
            let spare = self.last.len().saturating_sub(MAX_LOOKAHEAD);
            self.last.drain(..spare);
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, behind) => self.keep(length.into(), behind.into()),
            }
        }
    }

    /// Keeps malformed bytes, `length` of them, which end `behind` bytes before the last one taken.
    fn keep(&mut self, length: usize, behind: usize) {
        let end = self.last.len().saturating_sub(behind);
        let malformed = &self.last[end.saturating_sub(length)..end];
        self.bytes
            .extend(malformed.iter().flat_map(|&byte| text::undecodable(byte)));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A reader that returns parts, and between them has nothing for now.
    pub struct Parts(pub Vec<Vec<u8>>);

    impl Read for Parts {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.first_mut() {
                None => Ok(0),
                Some(part) if part.is_empty() => {
                    self.0.remove(0);
                    Err(ErrorKind::WouldBlock.into())
                }
                Some(part) => {
                    let length = part.len().min(buffer.len());
                    buffer[..length].copy_from_slice(&part[..length]);
                    part.drain(..length);
                    Ok(length)
                }
            }
        }
    }

    /// Reads parts until nothing more comes. Returns the text, and whether its encoding stayed.
    fn read(parts: &[&[u8]], given: Option<&str>) -> (Vec<u8>, bool) {
        let parts = parts.iter().map(|part| part.to_vec()).collect();
        let given = given.map(|name| name.parse().unwrap());
        let mut reader = Transcoder::new(Box::new(Parts(parts)), given);
        let (mut text, mut buffer, mut is_confirmed) = (Vec::new(), [0; 5], true);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => text.extend_from_slice(&buffer[..read]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            is_confirmed &= reader.is_confirmed();
        }
        (text, is_confirmed && reader.is_confirmed())
    }

    fn text(parts: &[&[u8]], given: Option<&str>) -> String {
        let (text, is_confirmed) = read(parts, given);
        assert!(is_confirmed);
        text::of(&text).into_owned()
    }

    #[test]
    fn utf_8_passes_unchanged_damaged_or_not() {
        for bytes in [
            &b""[..],
            b"a",
            b"a\xC3\xA9,\xE2\x82",
            b"\xEF\xBB\xBFa,b\n",
            b"\0\0\0",
        ] {
            assert_eq!(read(&[bytes], Some("utf-8")), (bytes.to_vec(), true));
        }
        assert_eq!(
            read(&[b"a,\xC3\xA9\xC3\xA9\xE9"], None).0,
            b"a,\xC3\xA9\xC3\xA9\xE9"
        );
    }

    #[test]
    fn other_encodings_become_utf_8() {
        assert_eq!(text(&[b"R\xE9q,R\xE8q"], None), "R\u{e9}q,R\u{e8}q");
        assert_eq!(text(&[b"R\xE9q"], Some("windows-1251")), "R\u{439}q");
        assert_eq!(text(&[b"\xFF\xFEa\0\xE9\0\n\0"], None), "a\u{e9}\n");
        assert_eq!(text(&[b"\0a\0b\0c\x4E\x00"], None), "abc\u{4e00}");
        assert_eq!(
            text(&[b"\x1B$B%m%0\x1B(B!"], Some("iso-2022-jp")),
            "\u{30ed}\u{30b0}!"
        );
    }

    #[test]
    fn undecodable_bytes_stay_apart() {
        assert_eq!(
            text(&[b"a\x81\xFF\x82\xA0b\x82"], Some("shift_jis")),
            "a\\x{81}\\x{FF}\u{3042}b\\x{82}"
        );
        // A surrogate without its partner, and half a unit at the end.
        assert_eq!(
            text(&[b"\xFF\xFEa\0\x3D\xD8b\0\n"], None),
            "a\\x{3D}\\x{D8}b\\x{0A}"
        );
    }

    #[test]
    fn text_may_grow_by_any_number_of_bytes() {
        let utf_16: Vec<u8> = "a,\u{1F600}\u{4e00}\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let bytes = [&b"\xFF\xFE"[..], &utf_16].concat();
        for cut in 0..bytes.len() {
            let (start, rest) = bytes.split_at(cut);
            assert_eq!(text(&[start, rest], None), "a,\u{1F600}\u{4e00}\n");
        }
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(text(&each, None), "a,\u{1F600}\u{4e00}\n");
    }

    #[test]
    fn what_contradicts_the_detected_encoding_later_is_noticed() {
        assert!(read(&[b"label\n", b"Login\n", b"caf\xC3\xA9"], None).1);
        assert!(!read(&[b"label\n", b"R\xE9q,R\xE8q\n"], None).1);
        assert!(read(&[b"label\n", b"R\xE9q,R\xE8q\n"], Some("utf-8")).1);
    }

    proptest! {
        #[test]
        fn text_does_not_depend_on_how_it_arrives(
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0x1B), Just(b'$'), Just(b'B'), Just(0xD8), Just(0x81), Just(b'0')], 4..60),
            cuts in proptest::collection::vec(0..60_usize, 0..4),
            encoding in proptest::sample::select(&["utf-16le", "utf-16be", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "iso-2022-jp", "windows-1252", "windows-1253", "utf-8"][..]),
        ) {
            let (whole, _) = read(&[&bytes], Some(encoding));
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            cuts.dedup();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
            prop_assert_eq!(&read(&parts, Some(encoding)).0, &whole);
            // Nothing is lost: what is not text is there byte by byte.
            if encoding == "utf-8" {
                prop_assert_eq!(whole, bytes);
            }
        }
    }
}
