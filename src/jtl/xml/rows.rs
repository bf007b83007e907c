//! Tokens to rows: which elements are samples, where they end, and where reading resumes after
//! damage.

use std::borrow::Cow;

use quick_xml::events::attributes::Attributes;

use super::fields::{Child, ChildText, Fields, Rejection, Stamps, name_of};
use super::path::Path;
use super::summary::XmlSummary;
use super::tokens::{Found, Token, URL_INDENT};
use super::unreadable::Unreadable;
use crate::jtl::fault::{Fault, XmlFault};
use crate::jtl::input::{Encoding, is_ascii_name};

/// The names of sample elements.
const SAMPLES: [&[u8]; 3] = [b"httpSample", b"sample", b"statSample"];
const ROOT: &[u8] = b"testResults";

/// Levels of samples within samples that are read. Deeper ones are left out, and counted.
const MAX_NESTED: usize = 16;

/// What a token means for the row that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It continues, or no row is being read.
    On,
    /// It begins with the token.
    Begun,
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
    /// Whether samples within samples are rows.
    pub reads_nested: bool,
    place: Place,
    /// The open elements of a sample, beginning with itself; or those of a foreign element.
    path: Path,
    /// The samples around the one being read, outermost first.
    outer: Vec<Row>,
    /// The fault of the samples in `outer`, if all of them end with the one being read.
    ending: Option<Fault>,
    /// Memory for the fields of the next nested row.
    spare: Fields,
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
    /// In an element between samples that is not a sample.
    Foreign,
    /// After damage, where the next token may be anything.
    Lost,
}

/// What reading depends on between two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Between {
    row_indent: Option<u64>,
    is_row_indent_sure: bool,
    child_indent: Option<u64>,
}

/// A sample, or something in the place of one.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub position: u64,
    /// Lines before it.
    pub lines: u64,
    /// Open elements up to and with this one.
    depth: u64,
    /// Whether it is within another sample.
    pub is_nested: bool,
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

    /// Begins anew between samples.
    pub fn restart(&mut self, between: Between) {
        self.place = Place::Between;
        self.has_begun = true;
        self.outer.clear();
        self.ending = None;
        self.row_indent = between.row_indent;
        self.is_row_indent_sure = between.is_row_indent_sure;
        self.child_indent = between.child_indent;
        self.summary = XmlSummary::default();
        self.row.fields.settle_extras();
    }

    /// What reading on depends on, if no sample is open and the first samples have been read.
    pub fn between(&self) -> Option<Between> {
        let is_between = self.place == Place::Between && self.outer.is_empty();
        (is_between && self.row.fields.extras().are_settled()).then_some(Between {
            row_indent: self.row_indent,
            is_row_indent_sure: self.is_row_indent_sure,
            child_indent: self.child_indent,
        })
    }

    /// Puts what `earlier` read before everything that was read here, since the last restart. The input has
    /// this many lines before it.
    pub fn follow(&mut self, earlier: &mut Rows, lines: u64) {
        let outermost = self.outer.first_mut().unwrap_or(&mut self.row);
        outermost.fields.swap_extras(&mut earlier.row.fields);
        self.summary.documents += earlier.summary.documents;
        self.summary.nested_samples += earlier.summary.nested_samples;
        for row in self.outer.iter_mut().chain([&mut self.row]) {
            row.lines += lines;
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
                line: found.lines() + 1,
            }),
            Token::Malformed(text) => Ok(self.damage(text, found)),
            Token::CutShort(text) => Ok(self.cut_short(text, found)),
        }
    }

    /// Returns to the sample around the last row, if any. Returns whether that sample has ended, too,
    /// and is the next row.
    pub fn resume(&mut self) -> bool {
        if self.place == Place::Sample {
            return false;
        }
        let Some(outer) = self.outer.pop() else {
            self.ending = None;
            return false;
        };
        // The fields of the last row are read into again.
        let last = std::mem::replace(&mut self.row, outer);
        self.spare = last.fields;
        match self.ending {
            Some(fault) => {
                self.reject(fault, None);
                true
            }
            None => {
                self.place = Place::Sample;
                false
            }
        }
    }

    /// Handles the end of the input. Returns whether that completes a row.
    pub fn finish(&mut self) -> bool {
        let was_in_sample = self.place == Place::Sample;
        if was_in_sample {
            self.close((Fault::CutShort, None));
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
                return Ok(self.foreign(name, is_empty, found));
            }
            Place::Lost | Place::Foreign if is_sample && self.is_where_rows_begin(found.indent) => {
            }
            Place::Foreign => {
                if !is_empty {
                    self.path.push(name);
                }
                return Ok(Step::On);
            }
            Place::Lost if self.is_row_indent_known() && self.row_indent == found.indent => {
                return Ok(self.foreign(name, is_empty, found));
            }
            Place::Lost => return Ok(Step::On),
            Place::Sample if is_sample && !is_too_long && self.is_next_row(found.indent) => {
                self.close((XmlFault::Unclosed.into(), None));
                return Ok(Step::RowBefore);
            }
            Place::Sample if is_sample && self.is_nested_row() => {
                self.child_indent = found.indent.max(self.child_indent);
                self.begin_nested(found);
                return Ok(self.begin_sample(tag, is_empty, is_too_long));
            }
            Place::Sample => {
                self.child(name, is_empty, is_sample, found.indent);
                return Ok(Step::On);
            }
        }
        self.begin_row(found);
        self.is_row_indent_sure = found.indent.is_some() && found.indent == self.row_indent;
        self.row_indent = found.indent;
        Ok(self.begin_sample(tag, is_empty, is_too_long))
    }

    /// Reads the start tag of a sample.
    fn begin_sample(&mut self, tag: &[u8], is_empty: bool, is_too_long: bool) -> Step {
        if is_too_long {
            self.reject(Fault::TooLong, Some(tag));
        } else if let Err(rejection) = self.row.fields.read(tag, self.stamps) {
            self.row.rejection = Some(rejection);
        }
        if is_empty {
            self.place = Place::Between;
            return Step::Row;
        }
        self.place = Place::Sample;
        self.path.push(name_of(tag));
        Step::Begun
    }

    /// The name of the sample that has just begun, if it may end with [`Rows::end_plain`].
    pub fn begun(&self) -> Option<&[u8]> {
        (self.path.depth() == 1).then(|| self.path.innermost())
    }

    /// Ends the sample that has just begun and has nothing but this URL, which has no references.
    pub fn end_plain(&mut self, url: &[u8]) {
        self.child_indent = self.child_indent.max(Some(URL_INDENT));
        self.text.clear();
        self.text.push(url);
        if let Err(rejection) = self.row.fields.take(Child::Url, &self.text) {
            self.row.rejection.get_or_insert(rejection);
        }
        self.path.clear();
        self.place = Place::Between;
    }

    /// Whether a sample that begins here is a row within the one being read: directly in it.
    fn is_nested_row(&self) -> bool {
        self.reads_nested && self.path.depth() == self.row.depth && self.outer.len() < MAX_NESTED
    }

    /// Begins a row within the one being read.
    fn begin_nested(&mut self, found: Found<'_>) {
        let inner = Row {
            position: found.position,
            lines: found.lines(),
            depth: self.path.depth() + 1,
            is_nested: true,
            fields: self.spare.take_for(&self.row.fields),
            rejection: None,
        };
        self.outer.push(std::mem::replace(&mut self.row, inner));
    }

    fn begin_results(&mut self, is_empty: bool) -> Step {
        if self.place == Place::Sample {
            self.close((XmlFault::Unclosed.into(), None));
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
        self.row.lines = found.lines();
        self.row.depth = 1;
        self.row.is_nested = false;
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
        // Counted from the sample being read.
        let within = depth + 1 - self.row.depth;
        self.summary.nested_samples += u64::from(is_sample);
        if is_empty {
            return;
        }
        self.path.push(name);
        let child = match (within, name) {
            (1, b"java.net.URL") => Child::Url,
            (2, b"failureMessage") if self.is_in_assertion => Child::FailureMessage,
            (1, b"assertionResult") => {
                self.is_in_assertion = true;
                return;
            }
            (1, name) => match self.metric(name) {
                Some(metric) => Child::Metric(metric),
                None => return,
            },
            _ => return,
        };
        self.text.clear();
        self.keeping = Some((child, depth + 1));
    }

    /// The number of the metric that an element holds.
    fn metric(&self, name: &[u8]) -> Option<usize> {
        self.row.fields.metric(std::str::from_utf8(name).ok()?)
    }

    fn end(&mut self, name: &[u8], found: Found<'_>) -> Step {
        let is_root = name == ROOT;
        match self.place {
            Place::Sample if is_root => {
                self.close((XmlFault::Unclosed.into(), None));
                return Step::RowBefore;
            }
            Place::Sample => {}
            _ if is_root => {
                self.summary.is_closed = true;
                self.place = Place::Outside;
                return Step::On;
            }
            Place::Foreign => {
                self.leave_foreign(name);
                return Step::On;
            }
            Place::Lost => return Step::On,
            Place::Outside | Place::Between => return self.stray(name, found),
        }
        let depth = self.path.depth();
        if !self.path.pop(name) {
            self.close((XmlFault::Markup.into(), Some(name)));
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
        if depth == self.row.depth {
            self.keeping = None;
            self.place = Place::Between;
            return Step::Row;
        }
        if depth == self.row.depth + 1 {
            self.is_in_assertion = false;
        }
        Step::On
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
            (Place::Sample | Place::Foreign | Place::Lost, _) => Step::On,
            (Place::Outside | Place::Between, _) if self.has_begun => self.stray(text, found),
            (Place::Outside | Place::Between, _) => Step::On,
        }
    }

    /// Rejects an element between samples that is not a sample, by its name.
    fn foreign(&mut self, name: &[u8], is_empty: bool, found: Found<'_>) -> Step {
        self.begin_row(found);
        self.reject(XmlFault::Stray, Some(name));
        self.place = match is_empty {
            true => Place::Between,
            false => Place::Foreign,
        };
        if !is_empty {
            self.path.push(name);
        }
        Step::Row
    }

    /// Closes an element in a foreign one, or that itself.
    fn leave_foreign(&mut self, name: &[u8]) {
        if !self.path.pop(name) {
            self.path.clear();
            self.place = Place::Lost;
        } else if self.path.depth() == 0 {
            self.place = Place::Between;
        }
    }

    /// Rejects text or an end tag between samples. All of it up to the next sample,
    /// or to an element that begins where samples do, counts as one row.
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
            self.close((XmlFault::Unclosed.into(), None));
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
            Place::Lost | Place::Foreign => {
                self.place = Place::Lost;
                return Step::On;
            }
            Place::Sample => self.close((XmlFault::Markup.into(), Some(text))),
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
                self.close((Fault::CutShort, None));
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
        !self.is_row_indent_known() || self.row_indent == indent
    }

    /// Whether all samples are the first on their lines, at the same indent.
    fn is_row_indent_known(&self) -> bool {
        self.is_row_indent_sure || self.are_children_indented()
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

    /// Ends the row, and all samples around it, by a fault.
    fn close(&mut self, (fault, value): (Fault, Option<&[u8]>)) {
        self.reject(fault, value);
        self.ending = Some(fault);
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
    let text = String::from_utf8_lossy(declaration);
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
