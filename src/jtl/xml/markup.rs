//! Markup: what kinds there are, and where it ends.

use memchr::{memchr, memchr_iter, memchr2};
use quick_xml::parser::{ElementParser, Parser, PiParser};

/// Bytes that show what kind of markup begins; `<!NOTATION` is the longest.
pub(super) const MAX_START: usize = 10;

/// Markup that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markup {
    Start,
    End,
    Instruction,
}

impl Markup {
    /// Number of bytes that open and close it.
    pub fn brackets(self) -> (usize, usize) {
        match self {
            Markup::Start => (1, 1),
            Markup::End => (2, 1),
            Markup::Instruction => (2, 2),
        }
    }
}

/// A search for the end of markup.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    pub parser: MarkupParser,
    /// Bytes that have been searched.
    pub seen: usize,
}

impl Search {
    /// A search for the end of markup of this kind, which begins with its brackets.
    pub fn new(markup: Markup) -> Self {
        Search {
            parser: match markup {
                Markup::Instruction => MarkupParser::Instruction(PiParser::default()),
                Markup::Start | Markup::End => MarkupParser::Element(ElementParser::default()),
            },
            seen: markup.brackets().0,
        }
    }
}

/// Finds the end of one kind of markup.
#[derive(Debug, Clone, Copy)]
pub(super) enum MarkupParser {
    Element(ElementParser),
    Instruction(PiParser),
}

impl MarkupParser {
    /// Searches on, and returns the place of the end.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        match self {
            MarkupParser::Element(parser) => parser.feed(bytes),
            MarkupParser::Instruction(parser) => parser.feed(bytes),
        }
    }
}

/// The end of a tag with only plain quotes, without its first bytes: the place of its `>`. `None` if
/// the tag is unusual, damaged or not whole.
#[inline]
pub(super) fn plain_end(tag: &[u8]) -> Option<usize> {
    let end = memchr2(b'>', b'<', tag)?;
    let inside = &tag[..end];
    let is_plain = tag[end] == b'>'
        && (memchr2(b'"', b'\'', inside).is_none()
            || memchr(b'\'', inside).is_none()
                && memchr_iter(b'"', inside).count().is_multiple_of(2));
    is_plain.then_some(end)
}

/// Whether the word after `<!` belongs to a document type declaration, which could define entities.
pub(super) fn is_declaration(text: &[u8]) -> bool {
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

/// Whether an element's name may begin with this byte.
pub(super) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80
}
