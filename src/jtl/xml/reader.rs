//! XML results, read row by row.

use std::ops::ControlFlow;

use super::fields::Stamps;
use super::rows::{Rows, Step};
use super::summary::XmlSummary;
use super::tokens::Tokens;
use crate::error::{Error, Result};
use crate::jtl::fault::Fault;
use crate::jtl::input::{LineEnds, TrailingBytes};
use crate::jtl::metric::MetricColumn;
use crate::jtl::sample::{Origin, Sample};

/// Whether an input that begins with `start` is XML.
pub fn is_xml(start: &[u8]) -> bool {
    let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    text.trim_ascii_start().starts_with(b"<") && !text.starts_with(b"<\0")
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A row that cannot be read.
#[derive(Debug)]
pub struct RejectedRow<'a> {
    /// Why.
    pub fault: Fault,
    /// The wrong value, or the start of the element.
    pub value: &'a [u8],
}

/// A row, or why it cannot be read.
type Row<'a> = std::result::Result<Sample<'a>, RejectedRow<'a>>;

/// An input of XML results.
pub struct XmlInput {
    /// Its reader.
    pub reader: XmlReader,
    /// See [`Block::index`](crate::jtl::csv::Block::index).
    pub index: u64,
    /// See [`Sample::input`].
    pub input: u32,
    /// Bytes from the start of the first input.
    pub position: u64,
}

impl XmlInput {
    /// Reads rows to the end, or until `take` breaks, which gets the number of lines before each. Returns
    /// the number of rows, and reports it to `progress` as it grows.
    ///
    /// # Errors
    ///
    /// Those of [`XmlReader::next_row`].
    pub fn read(
        &mut self,
        progress: &(dyn Fn(u64) + Sync),
        mut take: impl FnMut(u64, Row<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        const BYTES_PER_REPORT: u64 = 1 << 20;
        let (mut rows, mut reported, mut reported_at) = (0, 0, 0);
        while let Some((lines, row)) = self.reader.next_row(self.input, self.position)? {
            rows += 1;
            if take(lines, row).is_break() {
                break;
            }
            if self.reader.bytes() - reported_at >= BYTES_PER_REPORT {
                progress(rows - reported);
                (reported, reported_at) = (rows, self.reader.bytes());
            }
        }
        progress(rows - reported);
        Ok(rows)
    }
}

/// A reader of XML results.
pub struct XmlReader {
    tokens: Tokens,
    rows: Rows,
    /// Bytes of the byte-order mark at the start.
    mark: u64,
    is_finished: bool,
}

impl XmlReader {
    /// A reader of an input that begins with `start` and continues with `reader`. `name` is the
    /// input's name, for errors.
    pub fn new(name: String, mut start: Vec<u8>, reader: LineEnds, stamps: Stamps) -> Self {
        let mark = match start.strip_prefix(BYTE_ORDER_MARK) {
            Some(_) => start.drain(..BYTE_ORDER_MARK.len()).len() as u64,
            None => 0,
        };
        XmlReader {
            rows: Rows::new(stamps, reader.is_settled()),
            tokens: Tokens::new(name, start, Box::new(reader)),
            mark,
            is_finished: false,
        }
    }

    /// Reads these metrics too.
    pub fn read_metrics(&mut self, metrics: &[MetricColumn]) {
        self.rows.row.fields.read_metrics(metrics);
    }

    /// Names of the attributes that are neither read nor JMeter's own, in the first samples.
    pub fn extra_columns(&self) -> Vec<String> {
        self.rows.row.fields.extras().names()
    }

    /// Those of them that have numbers.
    pub fn numeric_columns(&self) -> Vec<String> {
        self.rows.row.fields.extras().numeric()
    }

    /// Also reads the attribute of this column: a sample variable, or what JMeter calls it in CSV.
    pub fn with_column(mut self, column: Option<&str>) -> Self {
        self.rows.row.fields.keep(column);
        self
    }

    /// Also reads samples within samples, if `are_rows`.
    pub fn with_nested(mut self, are_rows: bool) -> Self {
        self.rows.reads_nested = are_rows;
        self
    }

    /// The next row and the number of lines before it, or `None` at the end. The input's number is `input`, and it starts at
    /// `position`.
    ///
    /// # Errors
    ///
    /// When the input cannot be read, or is XML that is refused: not JMeter's, not UTF-8, or with a
    /// document type.
    pub fn next_row(&mut self, input: u32, position: u64) -> Result<Option<(u64, Row<'_>)>> {
        if !self.find_row()? {
            return Ok(None);
        }
        let row = &self.rows.row;
        let origin = Origin {
            position: position + row.position,
            input,
        };
        let read = match &row.rejection {
            None => Ok(Sample {
                is_sub_result: Some(row.is_nested),
                ..row.fields.sample(origin)
            }),
            Some(rejection) => Err(RejectedRow {
                fault: rejection.fault,
                value: &rejection.value,
            }),
        };
        Ok(Some((row.lines, read)))
    }

    fn find_row(&mut self) -> Result<bool> {
        if self.rows.resume() {
            return Ok(true);
        }
        while !self.is_finished {
            let Some(found) = self.tokens.next()? else {
                self.is_finished = true;
                return Ok(self.rows.finish());
            };
            let step = self.rows.take(found);
            match step.map_err(|problem| Error::input(self.tokens.name(), problem))? {
                Step::On => {}
                Step::Row => return Ok(true),
                Step::RowBefore => {
                    self.tokens.rewind();
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.mark + self.tokens.position()
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        self.tokens.lines()
    }

    /// Whether compressed data ended early.
    pub fn is_truncated(&self) -> bool {
        self.tokens.is_truncated
    }

    /// What follows compressed data.
    pub fn trailing_bytes(&self) -> Option<TrailingBytes> {
        self.tokens.trailing_bytes
    }

    /// What is known about the input so far.
    pub fn summary(&self) -> XmlSummary {
        self.rows.summary.clone()
    }
}
