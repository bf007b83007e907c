//! XML results, read row by row.

use super::fields::Stamps;
use super::rows::{Between, Rows, Step};
use super::summary::XmlSummary;
use super::tokens::Tokens;
use super::unreadable::Unreadable;
use crate::jtl::fault::Fault;
use crate::jtl::metric::MetricColumn;
use crate::jtl::sample::{Origin, Sample};

/// Whether an input that begins with `start` is XML.
pub fn is_xml(start: &[u8]) -> bool {
    let text = without_mark(start);
    text.trim_ascii_start().starts_with(b"<") && !text.starts_with(b"<\0")
}

/// Text without the byte-order mark that it may begin with.
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A row that cannot be read.
#[derive(Debug)]
pub struct RejectedRow<'a> {
    /// See [`Sample::position`].
    pub position: u64,
    /// Why.
    pub fault: Fault,
    /// The wrong value, or the start of the element.
    pub value: &'a [u8],
}

/// A row, or why it cannot be read.
pub(super) type Row<'a> = Result<Sample<'a>, RejectedRow<'a>>;

/// How an input of XML results is read.
#[derive(Debug)]
pub struct Setup {
    /// The input's name, for errors.
    pub name: String,
    /// How its time stamps are read.
    pub stamps: Stamps,
    /// Whether its encoding is known, whatever the XML declares.
    pub is_encoding_known: bool,
    /// The column whose text is read, too: a sample variable, or what JMeter calls it in CSV.
    pub group: Option<String>,
    /// The metrics that are read.
    pub metrics: Vec<MetricColumn>,
    /// Whether samples within samples are rows.
    pub reads_nested: bool,
}

/// What is known about an input after reading.
#[derive(Debug)]
pub struct XmlEnd {
    /// Of its elements.
    pub summary: XmlSummary,
    /// Names of the attributes that are neither read nor JMeter's own, in the first samples.
    pub extra_columns: Vec<String>,
    /// Those of them that have numbers.
    pub numeric_columns: Vec<String>,
    /// Number of its lines.
    pub lines: u64,
}

/// Everything that reading on depends on between two samples. Most samples of a file have the same one
/// before and after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Boundary {
    indent: Option<u64>,
    between: Between,
}

/// A reader of XML results, which come in blocks that end anywhere.
#[derive(Debug)]
pub(super) struct XmlReader {
    tokens: Tokens,
    rows: Rows,
    is_finished: bool,
}

impl XmlReader {
    /// A reader of an input that begins at `position`.
    pub fn new(setup: &Setup, position: u64) -> Self {
        let mut rows = Rows::new(setup.stamps, setup.is_encoding_known);
        rows.reads_nested = setup.reads_nested;
        rows.row.fields.keep(setup.group.as_deref());
        rows.row.fields.read_metrics(&setup.metrics);
        let mut tokens = Tokens::default();
        tokens.restart(position, Some(0));
        XmlReader {
            tokens,
            rows,
            is_finished: false,
        }
    }

    /// Begins anew between two samples at `position`. Lines are counted from there.
    pub fn restart(&mut self, boundary: Boundary, position: u64) {
        self.tokens.restart(position, boundary.indent);
        self.rows.restart(boundary.between);
        self.is_finished = false;
    }

    /// Whether everything before has been read, and where that ends; `None` if that is in the middle of
    /// something, or the first samples have not been read yet.
    pub fn boundary(&self) -> Option<Boundary> {
        Some(Boundary {
            indent: self.tokens.boundary()?,
            between: self.rows.between()?,
        })
    }

    /// Adds what `earlier` read, up to where this reader began.
    pub fn follow(&mut self, earlier: &mut XmlReader) {
        let lines = earlier.lines();
        self.tokens.add_lines(lines);
        self.rows.follow(&mut earlier.rows, lines);
    }

    /// Takes the next block, after whose rows the input may end.
    pub fn feed(&mut self, block: &[u8], is_last: bool) {
        self.tokens.feed(block, is_last);
    }

    /// The next row of the input with this number and the number of lines before it, or `None` if it is
    /// not complete yet.
    ///
    /// # Errors
    ///
    /// When the XML is refused: it is not JMeter's, not UTF-8, or has a document type.
    pub fn next_row(&mut self, input: u32) -> Result<Option<(u64, Row<'_>)>, Unreadable> {
        if !self.find_row()? {
            return Ok(None);
        }
        let row = &self.rows.row;
        let origin = Origin {
            position: row.position,
            input,
        };
        let read = match &row.rejection {
            None => Ok(Sample {
                is_sub_result: Some(row.is_nested),
                ..row.fields.sample(origin)
            }),
            Some(rejection) => Err(RejectedRow {
                position: row.position,
                fault: rejection.fault,
                value: &rejection.value,
            }),
        };
        Ok(Some((row.lines, read)))
    }

    fn find_row(&mut self) -> Result<bool, Unreadable> {
        if self.rows.resume() {
            return Ok(true);
        }
        while let Some(found) = self.tokens.next() {
            match self.rows.take(found)? {
                Step::On => {}
                Step::Begun => {
                    let rest = self.rows.begun();
                    if let Some(url) = rest.and_then(|name| self.tokens.rest_of_plain_sample(name))
                    {
                        self.rows.end_plain(url);
                        return Ok(true);
                    }
                }
                Step::Row => return Ok(true),
                Step::RowBefore => {
                    self.tokens.rewind();
                    return Ok(true);
                }
            }
        }
        let is_end = self.tokens.is_last() && !self.is_finished;
        self.is_finished |= is_end;
        Ok(is_end && self.rows.finish())
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        self.tokens.lines()
    }

    /// What is known about the input so far.
    pub fn end(&self) -> XmlEnd {
        let extras = self.rows.row.fields.extras();
        XmlEnd {
            summary: self.rows.summary.clone(),
            extra_columns: extras.names(),
            numeric_columns: extras.numeric(),
            lines: self.lines(),
        }
    }
}
