//! XML cut into tokens, in bounded memory. Text of any length comes in pieces; a tag that is too
//! long comes truncated.

use std::io::{self, Read};
use std::path::Path;

use memchr::{memchr, memchr_iter, memmem, memrchr};
use quick_xml::parser::{CommentParser, ElementParser, Parser, PiParser};

use crate::error::{Error, Result};
use crate::jtl::fault::MAX_ROW;
use crate::jtl::input::TrailingBytes;

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;
/// Bytes that are kept of a tag that is too long.
const HEAD: usize = 200;

const CDATA_START: &[u8] = b"<![CDATA[";
const CDATA_END: &[u8] = b"]]>";

/// A piece of XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'b> {
    /// `<name attributes>` or `<name attributes/>`: the text between the brackets.
    Start { tag: &'b [u8], is_empty: bool },
    /// `</name>`
    End { name: &'b [u8] },
    /// A piece of text with its references.
    Text(&'b [u8]),
    /// A piece of CDATA.
    Literal(&'b [u8]),
    /// `<?target data?>`: the text between the question marks.
    Instruction(&'b [u8]),
    /// A document type declaration or a part of one.
    Doctype,
    /// A start tag longer than [`MAX_ROW`]: its first bytes.
    TooLong { head: &'b [u8], is_empty: bool },
    /// Damaged markup, up to the next `<`.
    Malformed(&'b [u8]),
    /// Markup that is cut short by the end of the input: its first bytes.
    CutShort(&'b [u8]),
}

/// A token and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'b> {
    pub token: Token<'b>,
    /// Bytes before it.
    pub position: u64,
    /// Line feeds before it.
    pub lines: u64,
    /// Number of spaces before it on its line; `None` if there is other text before it.
    pub indent: Option<u64>,
}

/// Cuts a reader into tokens.
pub(super) struct Tokens {
    name: String,
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// The bytes from `at` to `filled` have not been cut yet.
    at: usize,
    filled: usize,
    /// Where the last token began: bytes, lines and indent.
    before: (usize, u64, Option<u64>),
    position: u64,
    lines: u64,
    indent: Option<u64>,
    is_in_literal: bool,
    /// The head of a tag that is too long.
    head: Vec<u8>,
    /// Whether compressed data ended early.
    pub is_truncated: bool,
    /// What follows compressed data.
    pub trailing_bytes: Option<TrailingBytes>,
}

/// Where the markup at the front of the buffer ends.
enum Ending {
    /// After this many bytes.
    At(usize),
    /// After this many bytes, where other markup begins.
    Interrupted(usize),
    /// Beyond the longest row.
    TooLong { bytes_seen: usize },
    /// At the end of the input.
    CutShort,
}

impl Tokens {
    /// Tokens of an input that begins with `start` and continues with `reader`. `name` is the
    /// input's name, for errors.
    pub fn new(name: String, start: Vec<u8>, reader: Box<dyn Read + Send>) -> Self {
        Tokens {
            name,
            reader,
            at: 0,
            filled: start.len(),
            buffer: start,
            before: (0, 0, None),
            position: 0,
            lines: 0,
            indent: Some(0),
            is_in_literal: false,
            head: Vec::new(),
            is_truncated: false,
            trailing_bytes: None,
        }
    }

    /// The input's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of bytes cut so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Number of line feeds in them.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Returns the last token again next time. It must not be one that is too long.
    pub fn rewind(&mut self) {
        let (at, lines, indent) = self.before;
        self.position -= (self.at - at) as u64;
        (self.at, self.lines, self.indent) = (at, lines, indent);
    }

    /// The next token; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    pub fn next(&mut self) -> Result<Option<Found<'_>>> {
        loop {
            if self.at == self.filled && !self.more()? {
                return Ok(None);
            }
            let (position, lines, indent) = (self.position, self.lines, self.indent);
            (self.before.1, self.before.2) = (lines, indent);
            let token = match self.buffer[self.at] {
                _ if self.is_in_literal => self.literal()?,
                b'<' => self.markup()?,
                _ => Some(self.text()),
            };
            if let Some(piece) = token {
                return Ok(Some(Found {
                    token: piece.cut(&self.buffer, &self.head),
                    position,
                    lines,
                    indent,
                }));
            }
        }
    }

    fn text(&mut self) -> Piece {
        let unseen = &self.buffer[self.at..self.filled];
        let length = memchr(b'<', unseen).unwrap_or(unseen.len());
        self.indent = indent_behind(&unseen[..length], self.indent);
        Piece::Text(self.take(length))
    }

    /// A piece of a CDATA section; `None` at its end.
    fn literal(&mut self) -> Result<Option<Piece>> {
        self.at_least(CDATA_END.len())?;
        let unseen = &self.buffer[self.at..self.filled];
        if unseen.starts_with(CDATA_END) {
            self.is_in_literal = false;
            self.take(CDATA_END.len());
            return Ok(None);
        }
        let length = match memmem::find(unseen, CDATA_END) {
            Some(end) => end,
            // Unless the input ends here, its last bytes may be the first ones of `]]>`.
            None if unseen.len() >= CDATA_END.len() => unseen.len() - (CDATA_END.len() - 1),
            None => unseen.len(),
        };
        Ok(Some(Piece::Literal(self.take(length))))
    }

    /// The markup at the front; `None` if it is not needed.
    fn markup(&mut self) -> Result<Option<Piece>> {
        // Enough for `<!DOCTYPE` too.
        self.at_least(CDATA_START.len().max(b"<!NOTATION".len()))?;
        self.indent = None;
        let unseen = &self.buffer[self.at..self.filled];
        if unseen.starts_with(CDATA_START) {
            self.is_in_literal = true;
            self.take(CDATA_START.len());
            return Ok(None);
        }
        if unseen.starts_with(b"<!--") {
            return self.comment();
        }
        match unseen {
            [b'<', b'!', word @ ..] if is_declaration(word) => {
                self.take(2);
                Ok(Some(Piece::Doctype))
            }
            [b'<', b'?', ..] => {
                let ending = self.ending(&mut PiParser::default(), 2)?;
                Ok(Some(self.piece(ending, Piece::Instruction, 2, 2)))
            }
            [b'<', b'/', ..] => {
                let ending = self.ending(&mut ElementParser::default(), 2)?;
                Ok(Some(self.piece(ending, Piece::End, 2, 1)))
            }
            [b'<', first, ..] if is_name_start(*first) => {
                let ending = self.ending(&mut ElementParser::default(), 1)?;
                if let Ending::TooLong { bytes_seen } = ending {
                    return Ok(Some(self.too_long(bytes_seen)?));
                }
                Ok(Some(self.piece(ending, Piece::Start, 1, 1)))
            }
            // Only the end of the input is this short.
            _ if CDATA_START.starts_with(unseen) || b"<!--".starts_with(unseen) => {
                Ok(Some(self.piece(Ending::CutShort, Piece::Start, 1, 1)))
            }
            _ => {
                let next = memchr(b'<', &unseen[1..]).map_or(unseen.len(), |at| at + 1);
                Ok(Some(self.piece(
                    Ending::Interrupted(next),
                    Piece::Start,
                    1,
                    1,
                )))
            }
        }
    }

    /// Skips a comment of any length.
    fn comment(&mut self) -> Result<Option<Piece>> {
        self.take(b"<!--".len());
        let mut parser = CommentParser::default();
        loop {
            let unseen = &self.buffer[self.at..self.filled];
            let length = unseen.len();
            if let Some(end) = parser.feed(unseen) {
                self.take(end);
                return Ok(None);
            }
            self.take(length);
            if !self.more()? {
                return Ok(Some(Piece::CutShort((self.at, self.at))));
            }
        }
    }

    /// Finds the end of the markup at the front, starting after `skip` bytes.
    fn ending(&mut self, parser: &mut impl Parser, skip: usize) -> Result<Ending> {
        let mut seen = skip;
        loop {
            let unseen = &self.buffer[self.at + seen..self.filled];
            // Neither attributes nor instructions contain a `<`: this one is damaged.
            let stop = memchr(b'<', unseen);
            if let Some(end) = parser.feed(&unseen[..stop.unwrap_or(unseen.len())]) {
                // More than MAX_ROW bytes may have been read at once.
                return Ok(match seen + end + 1 {
                    length if length > MAX_ROW => Ending::TooLong { bytes_seen: length },
                    length => Ending::At(length),
                });
            }
            if let Some(stop) = stop {
                return Ok(Ending::Interrupted(seen + stop));
            }
            seen += unseen.len();
            if seen > MAX_ROW {
                return Ok(Ending::TooLong { bytes_seen: seen });
            }
            if !self.more()? {
                return Ok(Ending::CutShort);
            }
        }
    }

    /// Takes markup off the front. Its first `open` and last `close` bytes are brackets.
    fn piece(&mut self, ending: Ending, of: fn(Span) -> Piece, open: usize, close: usize) -> Piece {
        match ending {
            Ending::At(length) => {
                let (start, end) = self.take(length);
                of(((start + open).min(end - close), end - close))
            }
            Ending::Interrupted(length) => {
                let span = self.take(length);
                self.indent = indent_behind(&self.buffer[span.0..span.1], None);
                Piece::Malformed(span)
            }
            Ending::TooLong { bytes_seen } => Piece::Malformed(self.take(bytes_seen)),
            Ending::CutShort => Piece::CutShort(self.take(self.filled - self.at)),
        }
    }

    /// Skips the start tag at the front, which is too long to keep.
    fn too_long(&mut self, bytes_seen: usize) -> Result<Piece> {
        self.head.clear();
        self.head
            .extend_from_slice(&self.buffer[self.at + 1..self.at + HEAD]);
        // The whole buffer lies within one tag, so its quotes are counted again from the start.
        let mut parser = ElementParser::default();
        let mut last = 0;
        let mut length = bytes_seen;
        let mut skip = 1;
        loop {
            let unseen = &self.buffer[self.at + skip..self.at + length];
            let stop = memchr(b'<', unseen);
            let searched = &unseen[..stop.unwrap_or(unseen.len())];
            if let Some(end) = parser.feed(searched) {
                let before = match end.checked_sub(1) {
                    Some(at) => searched[at],
                    None => last,
                };
                self.take(skip + end + 1);
                return Ok(Piece::TooLong {
                    is_empty: before == b'/',
                });
            }
            if let Some(stop) = stop {
                let (start, end) = self.take(skip + stop);
                self.indent = indent_behind(&self.buffer[start..end], None);
                return Ok(Piece::MalformedHead);
            }
            last = unseen.last().copied().unwrap_or(last);
            self.take(length);
            skip = 0;
            if !self.more()? {
                return Ok(Piece::TooLong { is_empty: true });
            }
            length = self.filled - self.at;
        }
    }

    /// Takes bytes off the front, and returns their place.
    fn take(&mut self, length: usize) -> Span {
        let span = (self.at, self.at + length);
        self.before.0 = self.at;
        self.lines += memchr_iter(b'\n', &self.buffer[span.0..span.1]).count() as u64;
        self.position += length as u64;
        self.at = span.1;
        span
    }

    /// Reads until there are `wanted` bytes or the input ends.
    fn at_least(&mut self, wanted: usize) -> Result<()> {
        while self.filled - self.at < wanted && self.more()? {}
        Ok(())
    }

    /// Reads more bytes, and returns whether there were any.
    fn more(&mut self) -> Result<bool> {
        self.buffer.copy_within(self.at..self.filled, 0);
        self.filled -= self.at;
        self.at = 0;
        if self.buffer.len() < self.filled + CHUNK {
            // Doubled, so that a long tag is copied only a few times.
            self.buffer.resize((2 * self.filled).max(2 * CHUNK), 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    self.filled += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.is_truncated = true;
                    return Ok(false);
                }
                Err(error) if let Some(trailing) = TrailingBytes::of(&error) => {
                    self.trailing_bytes = Some(trailing);
                    return Ok(false);
                }
                Err(error) => return Err(Error::read(Path::new(&self.name), error)),
            }
        }
    }
}

/// Start and end in the buffer.
type Span = (usize, usize);

/// A token that does not borrow the buffer yet.
#[derive(Clone, Copy)]
enum Piece {
    Start(Span),
    End(Span),
    Text(Span),
    Literal(Span),
    Instruction(Span),
    Doctype,
    TooLong {
        is_empty: bool,
    },
    Malformed(Span),
    /// Damaged markup of which only the head is kept.
    MalformedHead,
    CutShort(Span),
}

impl Piece {
    fn cut<'b>(self, buffer: &'b [u8], head: &'b [u8]) -> Token<'b> {
        let of = |(start, end): Span| &buffer[start..end];
        match self {
            Piece::Start(span) => match of(span) {
                [tag @ .., b'/'] => Token::Start {
                    tag,
                    is_empty: true,
                },
                tag => Token::Start {
                    tag,
                    is_empty: false,
                },
            },
            Piece::End(span) => Token::End {
                name: of(span).trim_ascii_end(),
            },
            Piece::Text(span) => Token::Text(of(span)),
            Piece::Literal(span) => Token::Literal(of(span)),
            Piece::Instruction(span) => Token::Instruction(of(span)),
            Piece::Doctype => Token::Doctype,
            Piece::TooLong { is_empty } => Token::TooLong { head, is_empty },
            Piece::Malformed(span) => Token::Malformed(of(span)),
            Piece::MalformedHead => Token::Malformed(head),
            Piece::CutShort(span) => Token::CutShort(of(span)),
        }
    }
}

/// The indent of what follows `text`, which itself follows text with the indent `before`.
fn indent_behind(text: &[u8], before: Option<u64>) -> Option<u64> {
    let (line, before) = match memrchr(b'\n', text) {
        Some(end) => (&text[end + 1..], Some(0)),
        None => (text, before),
    };
    let is_blank = line.iter().all(|&byte| matches!(byte, b' ' | b'\t'));
    before
        .filter(|_| is_blank)
        .map(|indent| indent + line.len() as u64)
}

/// Whether the word after `<!` belongs to a document type declaration, which could define entities.
fn is_declaration(text: &[u8]) -> bool {
    [
        &b"DOCTYPE"[..],
        b"ENTITY",
        b"ELEMENT",
        b"ATTLIST",
        b"NOTATION",
    ]
    .iter()
    .any(|word| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80
}
