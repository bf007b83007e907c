//! Lines that end with a carriage return alone, read as lines that end with a line feed.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memchr2, memchr3_iter};

use super::encoding::{Encoding, Source};
use super::transcode::Transcoder;

/// Bytes from which the line end is detected, if no line ends before.
const WINDOW: usize = 64 << 10;

/// Reads text, in which every line ends with a line feed. If the first lines end with a carriage
/// return alone, as on the first Macs, each line end (CR, LF or CRLF) becomes a line feed, also
/// within quotes. Other text passes through unchanged.
pub struct LineEnds {
    reader: Transcoder,
    state: State,
    /// Bytes that come before those of the reader.
    pending: Vec<u8>,
    at: usize,
    /// An error that comes after the pending bytes.
    error: Option<io::Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first line has not ended yet.
    Unknown,
    /// Passes bytes through.
    LineFeeds,
    /// Translates. The last byte may have been a carriage return, which a line feed completes.
    CarriageReturns { is_behind_one: bool },
}

impl LineEnds {
    /// Reads from `reader`.
    pub fn new(reader: Transcoder) -> Self {
        LineEnds {
            reader,
            state: State::Unknown,
            pending: Vec::new(),
            at: 0,
            error: None,
        }
    }

    /// See [`Transcoder::encoding`].
    pub fn encoding(&self) -> Option<(Encoding, Source)> {
        self.reader.encoding()
    }

    /// See [`Transcoder::is_settled`].
    pub fn is_settled(&self) -> bool {
        self.reader.is_settled()
    }

    /// See [`Transcoder::is_confirmed`].
    pub fn is_confirmed(&mut self) -> bool {
        self.reader.is_confirmed()
    }

    /// Reads the first bytes until they show how lines end. Usually those that fit into `buffer` do,
    /// and are returned; else they are pending.
    fn begin(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            let read = match self.reader.read(buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(error),
                Err(error) => {
                    self.error = Some(error);
                    0
                }
            };
            if self.pending.is_empty() && ends_with_line_feed(&buffer[..read], false) == Some(true)
            {
                self.state = State::LineFeeds;
                return Ok(Some(read));
            }
            self.pending.extend_from_slice(&buffer[..read]);
            let is_all = read == 0 || self.pending.len() >= WINDOW;
            match ends_with_line_feed(&self.pending, is_all) {
                Some(true) => self.state = State::LineFeeds,
                Some(false) => {
                    self.state = State::CarriageReturns {
                        is_behind_one: false,
                    };
                }
                None => continue,
            }
            return Ok(None);
        }
    }

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
        match self.error.take() {
            Some(error) => Err(error),
            None => self.reader.read(buffer),
        }
    }
}

impl Read for LineEnds {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.state == State::Unknown
            && let Some(read) = self.begin(buffer)?
        {
            return Ok(read);
        }
        loop {
            let read = self.read_bytes(buffer)?;
            let State::CarriageReturns { is_behind_one } = &mut self.state else {
                return Ok(read);
            };
            let kept = translate(&mut buffer[..read], is_behind_one);
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Whether lines end with a line feed in text that starts like this, of which that may be all. `None`
/// if more is needed to know.
fn ends_with_line_feed(start: &[u8], is_all: bool) -> Option<bool> {
    /// A row may contain one stray carriage return.
    const NEEDED: usize = 2;
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let is_row = text.first().is_some_and(u8::is_ascii_digit);
    let mut is_quoted = false;
    let (mut found, mut passed) = (0, 0);
    for at in memchr3_iter(b'"', b'\r', b'\n', text) {
        match text[at] {
            b'"' => is_quoted = !is_quoted,
            _ if is_quoted || at < passed => {}
            b'\n' => return Some(true),
            _ => {
                // Whatever their number, carriage returns before a line feed belong to it.
                let returns = text[at..].iter().take_while(|&&byte| byte == b'\r').count();
                passed = at + returns;
                found += match text.get(passed) {
                    None if !is_all => return None,
                    Some(b'\n') => continue,
                    // A header, or the start of XML, and what usually follows.
                    Some(b'0'..=b'9' | b'"' | b'<') if !is_row => NEEDED,
                    _ => 1,
                };
                if found >= NEEDED {
                    return Some(false);
                }
            }
        }
    }
    let is_never_closed = is_quoted && memchr(b'\n', text).is_none();
    is_all.then(|| found == 0 && !(is_never_closed && memchr(b'\r', text).is_some()))
}

/// Replaces line ends by line feeds, and returns the new length.
fn translate(bytes: &mut [u8], is_behind_one: &mut bool) -> usize {
    let (mut from, mut to) = (0, 0);
    while from < bytes.len() {
        let next = memchr2(b'\r', b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at);
        if next > from {
            bytes.copy_within(from..next, to);
            to += next - from;
            *is_behind_one = false;
        }
        let Some(&byte) = bytes.get(next) else {
            break;
        };
        let is_completing = byte == b'\n' && *is_behind_one;
        if !is_completing {
            bytes[to] = b'\n';
            to += 1;
        }
        *is_behind_one = byte == b'\r';
        from = next + 1;
    }
    to
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::transcode::tests::Parts;
    use super::*;

    fn read(parts: &[&[u8]], buffer: usize) -> Vec<u8> {
        let parts = parts.iter().map(|part| part.to_vec()).collect();
        let mut reader = LineEnds::new(Transcoder::new(Box::new(Parts(parts)), None));
        let (mut text, mut buffer) = (Vec::new(), vec![0; buffer]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return text,
                Ok(read) => text.extend_from_slice(&buffer[..read]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
    }

    /// What is read of a text is the same however it arrives.
    fn text(text: &str) -> String {
        let whole = read(&[text.as_bytes()], 100_000);
        assert_eq!(read(&[text.as_bytes()], 3), whole);
        let each: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(read(&each, 7), whole);
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn carriage_returns_that_end_lines_become_line_feeds() {
        assert_eq!(text("time,label\r1,a\r2,b\r"), "time,label\n1,a\n2,b\n");
        assert_eq!(text("1,a\r2,b\r"), "1,a\n2,b\n");
        assert_eq!(text("1,a\r2,b"), "1,a\n2,b");
        assert_eq!(text("1,a\r"), "1,a\n");
        assert_eq!(text("\rtime,label\r1,a"), "\ntime,label\n1,a");
        assert_eq!(text("sep=;\rtime;label\r1;a"), "sep=;\ntime;label\n1;a");
        assert_eq!(text("\u{feff}1,a\r2,b\r"), "\u{feff}1,a\n2,b\n");
        assert_eq!(text("<?xml?>\r<testResults>\r"), "<?xml?>\n<testResults>\n");
        // Within quotes too, and whatever follows.
        assert_eq!(
            text("time,label\r1,\"a\rb\"\r2,\"c\nd\"\r\n3,e\n\n4,f\r\r5,g"),
            "time,label\n1,\"a\nb\"\n2,\"c\nd\"\n3,e\n\n4,f\n\n5,g"
        );
        assert_eq!(text("1,\"a\r2,b\r3,c\r"), "1,\"a\n2,b\n3,c\n");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for other in [
            "",
            "\n",
            "time,label\n1,a\rb\n2,c\r",
            "time,label\r\n1,\"a\rb\"\r\n",
            "time,label\r\r\n1,a\r\r\n",
            "1,a\rb,2\n2,c\r3,d\r",
            "1,\"a\rb\",2",
            "1,\"a\r2,b\n3,c\r",
            "time,label",
        ] {
            assert_eq!(text(other), other);
        }
    }

    #[test]
    fn long_first_lines_pass_through() {
        let long = format!("{}\r\n1\r2\r", "x".repeat(3 * WINDOW));
        assert_eq!(read(&[long.as_bytes()], 1 << 20), long.as_bytes());
    }

    #[test]
    fn errors_come_after_the_text_before_them() {
        struct Failing(bool);
        impl Read for Failing {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                buffer[..3].copy_from_slice(b"1\r2");
                Ok(3)
            }
        }
        let mut reader = LineEnds::new(Transcoder::new(Box::new(Failing(false)), None));
        let mut text = Vec::new();
        let error = reader.read_to_end(&mut text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(text, b"1\n2");
    }

    proptest! {
        #[test]
        fn text_does_not_depend_on_how_it_arrives(written in "[1,a\"\r\n]{0,12}") {
            text(&written);
        }
    }
}
