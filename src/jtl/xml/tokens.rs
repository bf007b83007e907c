//! XML cut into tokens, in bounded memory. The input comes in blocks that end anywhere. Text of any
//! length comes in pieces; a tag that is too long comes truncated.

use memchr::{memchr, memchr_iter, memchr2, memmem, memrchr};
use quick_xml::parser::{CommentParser, ElementParser, Parser};

use super::fields::MAX_VALUE;
use super::markup::{
    MAX_START, Markup, MarkupParser, Search, is_declaration, is_name_start, plain_end,
};
use crate::jtl::fault::MAX_ROW;

/// Bytes that are kept of a tag that is too long.
const HEAD: usize = 200;
/// Line feeds are counted in steps of about this many bytes.
const COUNTED_AT_ONCE: usize = 128;

const CDATA_START: &[u8] = b"<![CDATA[";
const CDATA_END: &[u8] = b"]]>";
/// What is around the URL of most samples. [`URL_INDENT`] is that of its element.
const URL_START: &[u8] = b"\n  <java.net.URL>";
const URL_END: &[u8] = b"</java.net.URL>\n</";
/// The indent of the element in [`Tokens::rest_of_plain_sample`].
pub(super) const URL_INDENT: u64 = 2;

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
    /// Number of spaces before it on its line; `None` if there is other text before it.
    pub indent: Option<u64>,
    /// Line feeds before `uncounted`.
    lines: u64,
    /// The bytes before the token in which line feeds have not been counted yet.
    uncounted: &'b [u8],
}

impl Found<'_> {
    /// Line feeds before the token.
    pub fn lines(&self) -> u64 {
        self.lines + line_feeds(self.uncounted)
    }
}

/// Cuts blocks into tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// The last bytes of earlier blocks, and the current one.
    buffer: Vec<u8>,
    /// The bytes from here on have not been cut yet.
    at: usize,
    /// Whether the input ends with the buffer.
    is_last: bool,
    /// Position of the buffer in the input.
    position: u64,
    /// Number of line feeds before `counted`, a place in the buffer.
    lines: u64,
    counted: usize,
    indent: Option<u64>,
    /// Where the last token began: its place in the buffer, and its indent.
    before: (usize, Option<u64>),
    open: Open,
    /// How far the end of the markup at the front has been searched for.
    search: Option<Search>,
    /// The head of a tag that is too long.
    head: Vec<u8>,
}

/// What the next bytes are part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Open {
    /// Nothing: text or markup begins.
    #[default]
    Nothing,
    /// A CDATA section.
    Literal,
    Comment(CommentParser),
    TooLong(TooLong),
}

/// A start tag that is too long to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TooLong {
    parser: ElementParser,
    last: u8,
    position: u64,
    lines: u64,
    indent: Option<u64>,
}

/// Where the markup at the front of the buffer ends.
enum Ending {
    /// After this many bytes.
    At(usize),
    /// After this many bytes, where other markup begins.
    Interrupted(usize),
    /// Beyond the longest row.
    TooLong(Search),
    /// At the end of the input.
    CutShort,
}

/// What the front of the buffer is.
enum Front {
    Token(Piece),
    /// Something that is not needed.
    Skipped,
    /// The beginning of something that the next block continues.
    Unfinished,
}

impl Tokens {
    /// Starts anew at this position of an input, with the indent of what follows.
    pub fn restart(&mut self, position: u64, indent: Option<u64>) {
        let (mut buffer, mut head) = (
            std::mem::take(&mut self.buffer),
            std::mem::take(&mut self.head),
        );
        buffer.clear();
        head.clear();
        *self = Tokens {
            buffer,
            head,
            position,
            indent,
            ..Tokens::default()
        };
    }

    /// Appends a block, of which the input may be at its end.
    pub fn feed(&mut self, block: &[u8], is_last: bool) {
        self.count();
        self.position += self.at as u64;
        self.buffer.drain(..self.at);
        (self.at, self.counted) = (0, 0);
        self.buffer.extend_from_slice(block);
        self.is_last = is_last;
    }

    /// Whether the input ends with the last block.
    pub fn is_last(&self) -> bool {
        self.is_last
    }

    /// The indent of what follows, if all blocks have been cut and nothing is unfinished.
    pub fn boundary(&self) -> Option<Option<u64>> {
        (self.at == self.buffer.len() && self.open == Open::Nothing).then_some(self.indent)
    }

    /// Adds line feeds that come before everything cut so far. Returns their number from the start
    /// of the input to here.
    pub fn add_lines(&mut self, lines: u64) {
        self.lines += lines;
        if let Open::TooLong(tag) = &mut self.open {
            tag.lines += lines;
        }
    }

    /// Number of line feeds cut so far.
    pub fn lines(&self) -> u64 {
        self.lines + line_feeds(&self.buffer[self.counted..self.at])
    }

    /// Counts the line feeds that have been cut.
    fn count(&mut self) {
        self.lines = self.lines();
        self.counted = self.at;
    }

    /// Takes the rest of a sample with this name, if it has nothing but a URL as JMeter writes it, in the
    /// buffer and without references. Returns the URL.
    #[inline]
    pub fn rest_of_plain_sample(&mut self, name: &[u8]) -> Option<&[u8]> {
        let unseen = &self.buffer[self.at..];
        let from_url = unseen.strip_prefix(URL_START)?;
        let length = memchr(b'<', from_url)?;
        let (url, rest) = from_url.split_at(length);
        let rest = rest.strip_prefix(URL_END)?.strip_prefix(name)?;
        if rest.first() != Some(&b'>') || memchr2(b'&', b'\r', url).is_some() {
            return None;
        }
        let start = self.at + URL_START.len();
        self.at += unseen.len() - rest.len() + 1;
        self.indent = None;
        Some(&self.buffer[start..start + length])
    }

    /// Returns the last token again next time. It must not be one that is too long.
    pub fn rewind(&mut self) {
        (self.at, self.indent) = self.before;
    }

    /// The next token; `None` if the rest is part of a token that the next block continues, or
    /// nothing.
    pub fn next(&mut self) -> Option<Found<'_>> {
        loop {
            if self.at - self.counted > COUNTED_AT_ONCE {
                self.count();
            }
            let (at, indent) = (self.at, self.indent);
            self.before = (at, indent);
            let mut too_long = None;
            let front = match (self.open, self.buffer.get(at)) {
                (Open::Nothing, Some(b'<')) => self.markup(),
                (Open::Nothing, Some(_)) => self.text(),
                (Open::Nothing | Open::Literal, None) => Front::Unfinished,
                (Open::Literal, Some(_)) => self.literal(),
                (Open::Comment(parser), _) => self.comment(parser),
                (Open::TooLong(tag), _) => {
                    too_long = Some(tag);
                    self.too_long(tag)
                }
            };
            let piece = match front {
                Front::Token(piece) => piece,
                Front::Skipped => continue,
                Front::Unfinished => {
                    self.indent = indent;
                    return None;
                }
            };
            let token = piece.cut(&self.buffer, &self.head);
            return Some(match too_long {
                None => Found {
                    token,
                    position: self.position + at as u64,
                    indent,
                    lines: self.lines,
                    uncounted: &self.buffer[self.counted..at],
                },
                Some(tag) => Found {
                    token,
                    position: tag.position,
                    indent: tag.indent,
                    lines: tag.lines,
                    uncounted: b"",
                },
            });
        }
    }

    #[inline]
    fn text(&mut self) -> Front {
        let unseen = &self.buffer[self.at..];
        let length = match memchr(b'<', unseen) {
            Some(length) => length,
            None if self.suffices(unseen) => unseen.len(),
            None => return Front::Unfinished,
        };
        self.indent = indent_behind(&unseen[..length], self.indent);
        Front::Token(Piece::Text(self.take(length)))
    }

    /// Whether a piece of text may end here: it has as much of it as a message shows.
    fn suffices(&self, text: &[u8]) -> bool {
        let shown = text.trim_ascii_start().len();
        self.is_last || shown == 0 || shown >= MAX_VALUE
    }

    /// A piece of a CDATA section, or its end.
    fn literal(&mut self) -> Front {
        let unseen = &self.buffer[self.at..];
        if unseen.starts_with(CDATA_END) {
            self.open = Open::Nothing;
            self.take(CDATA_END.len());
            return Front::Skipped;
        }
        let length = match memmem::find(unseen, CDATA_END) {
            Some(end) => end,
            // Unless the input ends here, its last bytes may be the first ones of `]]>`.
            None if unseen.len() >= CDATA_END.len() => {
                let length = unseen.len() - (CDATA_END.len() - 1);
                if !self.suffices(&unseen[..length]) {
                    return Front::Unfinished;
                }
                length
            }
            None if self.is_last => unseen.len(),
            None => return Front::Unfinished,
        };
        Front::Token(Piece::Literal(self.take(length)))
    }

    /// The markup at the front.
    #[inline]
    fn markup(&mut self) -> Front {
        let unseen = &self.buffer[self.at..];
        self.indent = None;
        match unseen {
            [_, b'/', ..] => self.piece(Markup::End),
            [_, first, ..] if is_name_start(*first) => self.piece(Markup::Start),
            [_, b'?', ..] => self.piece(Markup::Instruction),
            _ if unseen.len() < MAX_START && !self.is_last => Front::Unfinished,
            _ => self.declaration(),
        }
    }

    /// The markup at the front, which begins with `<!`, or with no kind of markup.
    #[cold]
    fn declaration(&mut self) -> Front {
        let unseen = &self.buffer[self.at..];
        if unseen.starts_with(CDATA_START) {
            self.open = Open::Literal;
            self.take(CDATA_START.len());
            return Front::Skipped;
        }
        if unseen.starts_with(b"<!--") {
            self.open = Open::Comment(CommentParser::default());
            self.take(b"<!--".len());
            return Front::Skipped;
        }
        if let [b'<', b'!', word @ ..] = unseen
            && is_declaration(word)
        {
            self.take(2);
            return Front::Token(Piece::Doctype);
        }
        // Only the end of the input is this short.
        if CDATA_START.starts_with(unseen) || b"<!--".starts_with(unseen) {
            return Front::Token(Piece::CutShort(self.take(unseen.len())));
        }
        match memchr(b'<', &unseen[1..]) {
            Some(next) => self.malformed(next + 1),
            None if self.suffices(unseen) => self.malformed(unseen.len()),
            None => Front::Unfinished,
        }
    }

    /// Skips a comment of any length.
    fn comment(&mut self, mut parser: CommentParser) -> Front {
        let unseen = &self.buffer[self.at..];
        if unseen.is_empty() {
            return self.unclosed(Piece::CutShort((self.at, self.at)));
        }
        let length = match parser.feed(unseen) {
            Some(end) => {
                self.open = Open::Nothing;
                end
            }
            None => {
                self.open = Open::Comment(parser);
                unseen.len()
            }
        };
        self.take(length);
        Front::Skipped
    }

    /// At the end of the buffer, within something that a later block may close; if the input ends, it
    /// is this piece.
    fn unclosed(&mut self, piece: Piece) -> Front {
        if !self.is_last {
            return Front::Unfinished;
        }
        self.open = Open::Nothing;
        Front::Token(piece)
    }

    /// Takes markup off the front.
    #[inline]
    fn piece(&mut self, markup: Markup) -> Front {
        let (open, close) = markup.brackets();
        let ending = match (markup, self.search.take()) {
            (Markup::Start | Markup::End, None)
                if let Some(end) = plain_end(&self.buffer[self.at + open..])
                    && open + end < MAX_ROW =>
            {
                Ending::At(open + end + 1)
            }
            (_, search) => {
                let search = search.unwrap_or_else(|| Search::new(markup));
                match self.search_on(search) {
                    Some(ending) => ending,
                    None => return Front::Unfinished,
                }
            }
        };
        match ending {
            Ending::At(length) => {
                let (start, end) = self.take(length);
                Front::Token(Piece::Markup(
                    markup,
                    ((start + open).min(end - close), end - close),
                ))
            }
            Ending::Interrupted(length) => self.malformed(length),
            Ending::TooLong(search) => self.begin_too_long(search),
            Ending::CutShort => {
                Front::Token(Piece::CutShort(self.take(self.buffer.len() - self.at)))
            }
        }
    }

    /// Searches for the end of the markup at the front; `None` if the next block continues it.
    #[cold]
    #[inline(never)]
    fn search_on(&mut self, search: Search) -> Option<Ending> {
        let unseen = &self.buffer[self.at + search.seen..];
        // Neither attributes nor instructions contain a `<`: this one is damaged.
        let stop = memchr(b'<', unseen);
        let searched = &unseen[..stop.unwrap_or(unseen.len())];
        let mut parser = search.parser;
        let seen = search.seen + searched.len();
        match (parser.feed(searched), stop) {
            (Some(end), _) if search.seen + end < MAX_ROW => {
                Some(Ending::At(search.seen + end + 1))
            }
            (None, Some(_)) if seen <= MAX_ROW => Some(Ending::Interrupted(seen)),
            // Its end is looked for again, without keeping it.
            (Some(_), _) | (None, Some(_)) => Some(Ending::TooLong(search)),
            (None, None) => {
                let search = Search { parser, seen };
                if seen > MAX_ROW {
                    return Some(Ending::TooLong(search));
                }
                if self.is_last {
                    return Some(Ending::CutShort);
                }
                self.search = Some(search);
                None
            }
        }
    }

    /// Takes damaged markup off the front.
    #[cold]
    fn malformed(&mut self, length: usize) -> Front {
        let span = self.take(length);
        self.indent = indent_behind(&self.buffer[span.0..span.1], None);
        Front::Token(Piece::Malformed(span))
    }

    /// Skips what has been searched of a start tag that is too long to keep. Other markup of that
    /// length is damage.
    #[cold]
    fn begin_too_long(&mut self, search: Search) -> Front {
        let unseen = &self.buffer[self.at..];
        let MarkupParser::Element(parser) = search.parser else {
            return self.malformed(unseen.len().min(MAX_ROW));
        };
        if unseen[1] == b'/' {
            return self.malformed(unseen.len().min(MAX_ROW));
        }
        self.head.clear();
        self.head.extend_from_slice(&unseen[1..HEAD]);
        self.open = Open::TooLong(TooLong {
            parser,
            last: unseen[search.seen - 1],
            position: self.position + self.at as u64,
            lines: self.lines(),
            indent: self.before.1,
        });
        self.indent = indent_behind(&unseen[..search.seen], None);
        self.take(search.seen);
        Front::Skipped
    }

    /// Skips a start tag that is too long to keep.
    #[cold]
    fn too_long(&mut self, mut tag: TooLong) -> Front {
        let unseen = &self.buffer[self.at..];
        let Some(&last) = unseen.last() else {
            return self.unclosed(Piece::TooLong { is_empty: true });
        };
        let stop = memchr(b'<', unseen);
        let searched = &unseen[..stop.unwrap_or(unseen.len())];
        if let Some(end) = tag.parser.feed(searched) {
            let before = match end.checked_sub(1) {
                Some(at) => searched[at],
                None => tag.last,
            };
            (self.open, self.indent) = (Open::Nothing, None);
            self.take(end + 1);
            return Front::Token(Piece::TooLong {
                is_empty: before == b'/',
            });
        }
        self.indent = indent_behind(searched, self.indent);
        let length = searched.len();
        self.take(length);
        if stop.is_some() {
            self.open = Open::Nothing;
            return Front::Token(Piece::MalformedHead);
        }
        self.open = Open::TooLong(TooLong { last, ..tag });
        Front::Skipped
    }

    /// Takes bytes off the front, and returns their place.
    fn take(&mut self, length: usize) -> Span {
        let span = (self.at, self.at + length);
        self.at = span.1;
        span
    }
}

/// Number of line feeds.
fn line_feeds(text: &[u8]) -> u64 {
    memchr_iter(b'\n', text).count() as u64
}

/// Start and end in the buffer.
type Span = (usize, usize);

/// A token that does not borrow the buffer yet.
#[derive(Clone, Copy)]
enum Piece {
    Markup(Markup, Span),
    Text(Span),
    Literal(Span),
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
            Piece::Markup(Markup::Start, span) => match of(span) {
                [tag @ .., b'/'] => Token::Start {
                    tag,
                    is_empty: true,
                },
                tag => Token::Start {
                    tag,
                    is_empty: false,
                },
            },
            Piece::Markup(Markup::End, span) => Token::End {
                name: of(span).trim_ascii_end(),
            },
            Piece::Markup(Markup::Instruction, span) => Token::Instruction(of(span)),
            Piece::Text(span) => Token::Text(of(span)),
            Piece::Literal(span) => Token::Literal(of(span)),
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
