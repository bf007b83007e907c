//! Tokens to rows: which elements are samples, where they end, and where reading resumes after
//! damage.

use std::borrow::Cow;

use quick_xml::events::attributes::Attributes;

use super::fields::{self, Child, ChildText, Fields, Rejection, Stamps, name_of};
use super::path::Path;
use super::summary::XmlSummary;
use super::tokens::{Found, Token};
use super::unreadable::Unreadable;
use crate::jtl::fault::{Fault, XmlFault};
use crate::jtl::input::{Encoding, is_ascii_name};

/// The names of sample elements.
const SAMPLES: [&[u8]; 3] = [b"httpSample", b"sample", b"statSample"];
const ROOT: &[u8] = b"testResults";

/// What a token means for the row that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It continues, or no row is being read.
    On,
    /// It is complete.
    Row,
    /// It is complete before the token, which has to be read again.
    RowBefore,
}

/// Reads rows from tokens.
#[derive(Debug, Default)]
pub(super) struct Rows {
    stamps: Stamps,
    /// Whether the encoding is known, whatever the XML declares.
    is_encoding_known: bool,
    place: Place,
    /// The open elements of a sample, beginning with itself.
    path: Path,
    /// The row being read, or the last one.
    pub row: Row,
    text: ChildText,
    /// The child whose text is being kept, and its depth.
    keeping: Option<(Child, u64)>,
    is_in_assertion: bool,
    /// Whether there was a root or a row.
    has_begun: bool,
    /// The indent of the last sample, and whether the sample before it had the same. Then samples
    /// in this file are the first on their lines, at this indent.
    row_indent: Option<u64>,
    is_row_indent_sure: bool,
    /// The largest indent of elements in samples.
    child_indent: Option<u64>,
    /// What is known about the whole input.
    pub summary: XmlSummary,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// Before or after the results.
    #[default]
    Outside,
    /// Between samples.
    Between,
    /// In a sample.
    Sample,
    /// After damage, where the next token may be anything.
    Lost,
}

/// A sample, or something in the place of one.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub position: u64,
    /// Lines before it.
    pub lines: u64,
    pub fields: Fields,
    pub rejection: Option<Rejection>,
}

impl Rows {
    /// Rows whose time stamps are read as `stamps` says. Their encoding may be known already, whatever
    /// the XML declares.
    pub fn new(stamps: Stamps, is_encoding_known: bool) -> Self {
        Rows {
            stamps,
            is_encoding_known,
            ..Rows::default()
        }
    }

    /// Takes the next token.
    ///
    /// # Errors
    ///
    /// When this XML is not read at all.
    pub fn take(&mut self, found: Found<'_>) -> Result<Step, Unreadable> {
        match found.token {
            Token::Start { tag, is_empty } => self.start(tag, is_empty, false, found),
            Token::TooLong { head, is_empty } => self.start(head, is_empty, true, found),
            Token::End { name } => Ok(self.end(name, found)),
            Token::Text(text) => Ok(self.text(text, false, found)),
            Token::Literal(text) => Ok(self.text(text, true, found)),
            Token::Instruction(text) => self.instruction(text),
            Token::Doctype => Err(Unreadable::Doctype {
                line: found.lines + 1,
            }),
            Token::Malformed(text) => Ok(self.damage(text, found)),
            Token::CutShort(text) => Ok(self.cut_short(text, found)),
        }
    }

    /// Handles the end of the input. Returns whether that completes a row.
    pub fn finish(&mut self) -> bool {
        let was_in_sample = self.place == Place::Sample;
        if was_in_sample {
            self.reject(Fault::CutShort, None);
        }
        self.place = Place::Outside;
        was_in_sample
    }

    fn start(
        &mut self,
        tag: &[u8],
        is_empty: bool,
        is_too_long: bool,
        found: Found<'_>,
    ) -> Result<Step, Unreadable> {
        let name = name_of(tag);
        if name == ROOT && !is_too_long {
            return Ok(self.begin_results(is_empty));
        }
        let is_sample = SAMPLES.contains(&name);
        match self.place {
            Place::Outside | Place::Between if is_sample => {}
            Place::Outside if !self.has_begun => return Err(Unreadable::root(name)),
            Place::Outside | Place::Between => {
                return Ok(self.stray(tag, found));
            }
            Place::Lost if is_sample && self.is_where_rows_begin(found.indent) => {}
            Place::Lost => return Ok(Step::On),
            Place::Sample if is_sample && !is_too_long && self.is_next_row(found.indent) => {
                self.close(Some((XmlFault::Unclosed.into(), None)));
                return Ok(Step::RowBefore);
            }
            Place::Sample => {
                self.child(name, is_empty, is_sample, found.indent);
                return Ok(Step::On);
            }
        }
        self.begin_row(found);
        self.is_row_indent_sure = found.indent.is_some() && found.indent == self.row_indent;
        self.row_indent = found.indent;
        if is_too_long {
            self.reject(Fault::TooLong, Some(tag));
        } else if let Err(rejection) = self.row.fields.read(tag, self.stamps) {
            self.row.rejection = Some(rejection);
        }
        if is_empty {
            self.place = Place::Between;
            return Ok(Step::Row);
        }
        self.place = Place::Sample;
        self.path.push(name);
        Ok(Step::On)
    }

    fn begin_results(&mut self, is_empty: bool) -> Step {
        if self.place == Place::Sample {
            self.close(Some((XmlFault::Unclosed.into(), None)));
            return Step::RowBefore;
        }
        self.has_begun = true;
        self.summary.documents += 1;
        self.summary.is_closed = is_empty;
        self.place = if is_empty {
            Place::Outside
        } else {
            Place::Between
        };
        Step::On
    }

    fn begin_row(&mut self, found: Found<'_>) {
        self.has_begun = true;
        self.row.position = found.position;
        self.row.lines = found.lines;
        self.row.rejection = None;
        self.path.clear();
        self.keeping = None;
        self.is_in_assertion = false;
        self.summary.is_closed = false;
    }

    fn child(&mut self, name: &[u8], is_empty: bool, is_sample: bool, indent: Option<u64>) {
        let depth = self.path.depth();
        if depth == 1 {
            self.child_indent = indent.max(self.child_indent);
        }
        self.summary.nested_samples += u64::from(is_sample);
        if is_empty {
            return;
        }
        self.path.push(name);
        let child = match (depth, name) {
            (1, b"java.net.URL") => Child::Url,
            (2, b"failureMessage") if self.is_in_assertion => Child::FailureMessage,
            (1, b"assertionResult") => {
                self.is_in_assertion = true;
                return;
            }
            _ => return,
        };
        self.text.clear();
        self.keeping = Some((child, depth + 1));
    }

    fn end(&mut self, name: &[u8], found: Found<'_>) -> Step {
        let is_root = name == ROOT;
        match self.place {
            Place::Sample if is_root => {
                self.close(Some((XmlFault::Unclosed.into(), None)));
                return Step::RowBefore;
            }
            Place::Sample => {}
            _ if is_root => {
                self.summary.is_closed = true;
                self.place = Place::Outside;
                return Step::On;
            }
            Place::Lost => return Step::On,
            Place::Outside | Place::Between => return self.stray(name, found),
        }
        let depth = self.path.depth();
        if !self.path.pop(name) {
            self.close(Some((XmlFault::Markup.into(), Some(name))));
            self.place = Place::Lost;
            return Step::Row;
        }
        if let Some((child, kept_depth)) = self.keeping
            && kept_depth == depth
        {
            self.keeping = None;
            if let Err(rejection) = self.row.fields.take(child, &self.text) {
                self.row.rejection.get_or_insert(rejection);
            }
        }
        match depth {
            1 => {
                self.close(None);
                Step::Row
            }
            2 => {
                self.is_in_assertion = false;
                Step::On
            }
            _ => Step::On,
        }
    }

    fn text(&mut self, text: &[u8], is_literal: bool, found: Found<'_>) -> Step {
        match (self.place, self.keeping) {
            (Place::Sample, Some((_, depth))) if depth == self.path.depth() => {
                if is_literal {
                    self.text.push_literal(text);
                } else {
                    self.text.push(text);
                }
                Step::On
            }
            (Place::Sample | Place::Lost, _) => Step::On,
            (Place::Outside | Place::Between, _) if self.has_begun => self.stray(text, found),
            (Place::Outside | Place::Between, _) => Step::On,
        }
    }

    /// Rejects something between samples that is not a sample. All of it up to the next sample
    /// counts as one row.
    fn stray(&mut self, text: &[u8], found: Found<'_>) -> Step {
        let trimmed = text.trim_ascii_start();
        if trimmed.is_empty() {
            return Step::On;
        }
        self.begin_row(found);
        let blank = &text[..text.len() - trimmed.len()];
        self.row.position += blank.len() as u64;
        self.row.lines += memchr::memchr_iter(b'\n', blank).count() as u64;
        self.reject(XmlFault::Stray, Some(trimmed));
        self.place = Place::Lost;
        Step::Row
    }

    /// Handles `<?xml ...?>`, with which a new document begins. Other instructions are ignored.
    fn instruction(&mut self, text: &[u8]) -> Result<Step, Unreadable> {
        if name_of(text) != b"xml" {
            return Ok(Step::On);
        }
        if self.place == Place::Sample {
            self.close(Some((XmlFault::Unclosed.into(), None)));
            return Ok(Step::RowBefore);
        }
        self.place = Place::Outside;
        if !self.is_encoding_known {
            refuse_encoding(text)?;
        }
        Ok(Step::On)
    }

    /// Rejects the sample that contains damaged markup, or that the markup would have begun.
    fn damage(&mut self, text: &[u8], found: Found<'_>) -> Step {
        match self.place {
            Place::Lost => return Step::On,
            Place::Sample => self.close(Some((XmlFault::Markup.into(), Some(text)))),
            Place::Outside | Place::Between => {
                self.begin_row(found);
                self.reject(XmlFault::Markup, Some(text));
            }
        }
        self.place = Place::Lost;
        Step::Row
    }

    fn cut_short(&mut self, text: &[u8], found: Found<'_>) -> Step {
        // The end tag of the results or a comment is not a row.
        let may_be_row = text.len() > 1 && !matches!(text[1], b'/' | b'?' | b'!');
        match self.place {
            Place::Sample => {
                self.close(Some((Fault::CutShort, None)));
                Step::Row
            }
            Place::Between if may_be_row => {
                self.begin_row(found);
                self.reject(Fault::CutShort, Some(text));
                Step::Row
            }
            _ => Step::On,
        }
    }

    /// Whether a row can begin at this indent, as far as is known.
    fn is_where_rows_begin(&self, indent: Option<u64>) -> bool {
        let is_sure = self.is_row_indent_sure || self.are_children_indented();
        !is_sure || self.row_indent == indent
    }

    /// Whether a sample begins too far left to be part of the sample being read, whose end tag must
    /// then be missing. Only known in files that are indented like JMeter's.
    fn is_next_row(&self, indent: Option<u64>) -> bool {
        indent == self.row_indent && self.are_children_indented()
    }

    /// Whether samples are the first on their lines, and the elements in them are indented further.
    fn are_children_indented(&self) -> bool {
        self.row_indent.is_some() && self.child_indent > self.row_indent
    }

    /// Ends the row, rejected or not.
    fn close(&mut self, fault: Option<(Fault, Option<&[u8]>)>) {
        if let Some((fault, value)) = fault {
            self.reject(fault, value);
        }
        self.keeping = None;
        self.path.clear();
        self.place = Place::Between;
    }

    /// Rejects the row, unless it is rejected already. Without a value, its label is shown.
    fn reject(&mut self, fault: impl Into<Fault>, value: Option<&[u8]>) {
        let value = value.unwrap_or_else(|| self.row.fields.label());
        let rejection = Rejection::new(fault, value);
        self.row.rejection.get_or_insert(rejection);
    }
}

/// Refuses encodings other than UTF-8 and ASCII, which is a part of it.
fn refuse_encoding(declaration: &[u8]) -> Result<(), Unreadable> {
    let text = fields::masked(declaration);
    let encoding = Attributes::new(&text, b"xml".len())
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.0 == "encoding")
        .map(|attribute| attribute.value);
    match encoding {
        Some(name) if !is_utf_8(&name) => {
            let name: Cow<'_, str> = name.chars().take(80).collect();
            Err(Unreadable::Encoding(name.escape_debug().to_string()))
        }
        _ => Ok(()),
    }
}

/// Whether a name stands for UTF-8 or a part of it.
fn is_utf_8(name: &str) -> bool {
    is_ascii_name(name) || name.parse() == Ok(Encoding::UTF_8)
}
