//! One row: fields to a [`Sample`], or the reason why not.

use jiff::tz::TimeZone;
use std::sync::Arc;

use super::layout::{Layout, parse_flag};
use super::number;
use super::sample::Sample;
use super::timestamp::TimestampParser;
use super::xml::XmlFault;

/// Bytes of the longest row that is read: longer ones are rejected, so that memory stays bounded.
pub const LONGEST_ROW: usize = 4 << 20;

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The number of fields is not the number of columns.
    Columns,
    /// A field's value cannot be read as what its column holds.
    Value(Field),
    /// A quoted field is not closed, or followed by something other than a delimiter.
    Quote,
    /// The file ends within the row.
    CutShort,
    /// The row is longer than [`LONGEST_ROW`].
    TooLong,
    /// The row is an element of XML results, and something is wrong that only XML knows.
    Xml(XmlFault),
}

impl From<XmlFault> for Fault {
    fn from(fault: XmlFault) -> Self {
        Fault::Xml(fault)
    }
}

/// A column whose values can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `timeStamp`
    TimeStamp,
    /// `elapsed`
    Elapsed,
    /// `success`
    Success,
    /// `bytes`
    Bytes,
    /// `sentBytes`
    SentBytes,
    /// `grpThreads`
    GrpThreads,
    /// `allThreads`
    AllThreads,
    /// `Latency`
    Latency,
    /// `IdleTime`
    IdleTime,
    /// `Connect`
    Connect,
    /// `SampleCount`
    SampleCount,
    /// `ErrorCount`
    ErrorCount,
}

impl Field {
    /// The column's name in a JTL header.
    pub fn name(self) -> &'static str {
        match self {
            Field::TimeStamp => "timeStamp",
            Field::Elapsed => "elapsed",
            Field::Success => "success",
            Field::Bytes => "bytes",
            Field::SentBytes => "sentBytes",
            Field::GrpThreads => "grpThreads",
            Field::AllThreads => "allThreads",
            Field::Latency => "Latency",
            Field::IdleTime => "IdleTime",
            Field::Connect => "Connect",
            Field::SampleCount => "SampleCount",
            Field::ErrorCount => "ErrorCount",
        }
    }
}

impl Fault {
    /// The reason in words, the same for every row with this fault.
    pub fn reason(self) -> String {
        match self {
            Fault::Columns => "wrong number of columns".to_owned(),
            Fault::Value(Field::TimeStamp) => {
                "timeStamp is not a time in the file's format".to_owned()
            }
            Fault::Value(Field::Success) => "success is neither true nor false".to_owned(),
            Fault::Value(field) => format!("{} is not a whole number in range", field.name()),
            Fault::Quote => "a quoted field is not closed properly".to_owned(),
            Fault::CutShort => "the file ends within the row".to_owned(),
            Fault::TooLong => format!("longer than {} MiB", LONGEST_ROW >> 20),
            Fault::Xml(fault) => fault.reason(),
        }
    }

    /// The name of the column or attribute to blame, if one is.
    pub fn column(self) -> Option<&'static str> {
        match self {
            Fault::Value(field) => Some(field.name()),
            Fault::Xml(fault) => fault.attribute(),
            _ => None,
        }
    }
}

/// A row that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// Why.
    pub fault: Fault,
    /// The value to blame, or the row.
    pub value: &'a [u8],
}

/// Where a row comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// See [`Sample::position`].
    pub position: u64,
    /// See [`Sample::input`].
    pub input: u32,
}

/// Reads rows of one layout.
#[derive(Debug)]
pub struct RowParser {
    layout: Arc<Layout>,
    timestamps: TimestampParser,
    timestamp_is_end: bool,
}

impl RowParser {
    /// A parser of rows in `layout`, dates local to `zone`.
    pub fn new(layout: Arc<Layout>, zone: TimeZone, timestamp_is_end: bool) -> Self {
        let timestamps = TimestampParser::new(layout.timestamp_format.clone(), zone);
        RowParser {
            layout,
            timestamps,
            timestamp_is_end,
        }
    }

    /// The layout of the rows.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Reads the row that begins at `start`, whose fields end at `marks`.
    #[inline]
    pub fn parse<'a>(
        &self,
        bytes: &'a [u8],
        start: usize,
        marks: &[u32],
        origin: Origin,
    ) -> Result<Sample<'a>, Rejected<'a>> {
        if marks.len() != self.layout.width {
            let end = marks.last().map_or(start, |&end| end as usize);
            return Err(Rejected {
                fault: Fault::Columns,
                value: bytes.get(start..end).unwrap_or_default(),
            });
        }
        let row = Row {
            bytes,
            start,
            marks,
        };
        let columns = &self.layout.columns;
        let (from, to) = row.range(columns.time_stamp);
        let stamp = match self.timestamps.parse(bytes, from, to) {
            Some(stamp) => stamp,
            None => return Err(row.reject(Field::TimeStamp, columns.time_stamp)),
        };
        let elapsed = match row.number(columns.elapsed) {
            Some(elapsed) => elapsed,
            None => return Err(row.reject(Field::Elapsed, columns.elapsed)),
        };
        let success = match parse_flag(row.text(columns.success)) {
            Some(success) => success,
            None => return Err(row.reject(Field::Success, columns.success)),
        };
        // Start and end must both exist as epoch ms.
        let ends = if self.timestamp_is_end {
            stamp.checked_sub(elapsed).map(|start| (start, stamp))
        } else {
            stamp.checked_add(elapsed).map(|end| (stamp, end))
        };
        let Some((time_stamp, _)) = ends else {
            return Err(row.reject(Field::Elapsed, columns.elapsed));
        };
        let sample_count = match row.optional(columns.sample_count, Field::SampleCount)? {
            Some(count) => u64::try_from(count)
                .map_err(|_| row.reject(Field::SampleCount, columns.sample_count.unwrap_or(0)))?,
            None => 1,
        };
        let error_count = match row.optional(columns.error_count, Field::ErrorCount)? {
            Some(count) => u64::try_from(count)
                .map_err(|_| row.reject(Field::ErrorCount, columns.error_count.unwrap_or(0)))?,
            None => u64::from(!success),
        };
        Ok(Sample {
            position: origin.position,
            input: origin.input,
            time_stamp,
            elapsed,
            latency: row.optional(columns.latency, Field::Latency)?,
            connect: row.optional(columns.connect, Field::Connect)?,
            idle_time: row.optional(columns.idle_time, Field::IdleTime)?,
            label: row.text(columns.label),
            response_code: row.optional_text(columns.response_code),
            response_message: row.optional_text(columns.response_message),
            failure_message: row.optional_text(columns.failure_message),
            thread_name: row.optional_text(columns.thread_name),
            url: row.optional_text(columns.url),
            hostname: row.optional_text(columns.hostname),
            success,
            bytes: row.optional(columns.bytes, Field::Bytes)?,
            sent_bytes: row.optional(columns.sent_bytes, Field::SentBytes)?,
            grp_threads: row.optional(columns.grp_threads, Field::GrpThreads)?,
            all_threads: row.optional(columns.all_threads, Field::AllThreads)?,
            sample_count,
            error_count,
        })
    }
}

/// The fields of a row by column.
#[derive(Clone, Copy)]
struct Row<'a, 'm> {
    bytes: &'a [u8],
    start: usize,
    marks: &'m [u32],
}

impl<'a> Row<'a, '_> {
    #[inline]
    fn range(&self, column: usize) -> (usize, usize) {
        let start = match column.checked_sub(1) {
            Some(before) => self.marks.get(before).map_or(0, |&mark| mark as usize + 1),
            None => self.start,
        };
        (
            start,
            self.marks.get(column).map_or(start, |&mark| mark as usize),
        )
    }

    #[inline]
    fn text(&self, column: usize) -> &'a [u8] {
        let (start, end) = self.range(column);
        self.bytes.get(start..end).unwrap_or_default()
    }

    #[inline]
    fn number(&self, column: usize) -> Option<i64> {
        let (start, end) = self.range(column);
        number::parse(self.bytes, start, end)
    }

    /// An absent column is empty text; so is the `null` that Java writes for nothing.
    #[inline]
    fn optional_text(&self, column: Option<usize>) -> &'a [u8] {
        match column.map(|column| self.text(column)) {
            None | Some(b"null") => b"",
            Some(text) => text,
        }
    }

    /// An absent column, a blank field and `null` are `None`; other text must be a number.
    #[inline]
    fn optional(&self, column: Option<usize>, field: Field) -> Result<Option<i64>, Rejected<'a>> {
        let Some(column) = column else {
            return Ok(None);
        };
        match self.number(column) {
            Some(number) => Ok(Some(number)),
            None => match self.text(column) {
                b"" | b"null" => Ok(None),
                _ => Err(self.reject(field, column)),
            },
        }
    }

    #[cold]
    fn reject(&self, field: Field, column: usize) -> Rejected<'a> {
        Rejected {
            fault: Fault::Value(field),
            value: self.text(column),
        }
    }
}
