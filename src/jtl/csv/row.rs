//! Parsing of one row: fields to a [`Sample`].

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::columns::Columns;
use super::layout::Layout;
use super::timestamp::{DateEvidence, TimestampParser};
use super::unquoted::Unquoted;
use crate::jtl::fault::{Fault, Field};
use crate::jtl::metric::{MetricColumn, thousandths};
use crate::jtl::sample::{Origin, Sample, count};
use crate::jtl::{flag, number};

/// A row that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// Why.
    pub fault: Fault,
    /// The wrong value, or the whole row.
    pub value: &'a [u8],
}

/// Parses rows of one layout.
#[derive(Debug)]
pub struct RowParser {
    layout: Arc<Layout>,
    timestamps: TimestampParser,
    timestamp_is_end: bool,
    /// The places of the metrics' columns; empty if the layout has none of them.
    metrics: Vec<Option<usize>>,
}

impl RowParser {
    /// A parser of rows in `layout`, with dates local to `zone`.
    pub fn new(layout: Arc<Layout>, zone: TimeZone, timestamp_is_end: bool) -> Self {
        let timestamps = TimestampParser::new(layout.timestamp_format.clone(), zone);
        RowParser {
            layout,
            timestamps,
            timestamp_is_end,
            metrics: Vec::new(),
        }
    }

    /// The parser, with the columns of metrics.
    pub fn with_metrics(self, metrics: &[MetricColumn]) -> Self {
        let names = &self.layout.names;
        let place = |metric: &MetricColumn| names.iter().position(|name| *name == metric.name);
        let mut metrics: Vec<Option<usize>> = metrics.iter().map(place).collect();
        if metrics.iter().all(Option::is_none) {
            metrics.clear();
        }
        RowParser { metrics, ..self }
    }

    /// Whether rows have the column of a metric.
    pub fn has_metrics(&self) -> bool {
        !self.metrics.is_empty()
    }

    /// Reads the metrics of a row that [`RowParser::parse`] has read.
    #[cold]
    pub fn metrics(&self, bytes: &[u8], marks: &[u32], values: &mut Vec<Option<i64>>) {
        let row = Row { bytes, marks };
        let read = |place: &Option<usize>| thousandths(row.text((*place)?));
        values.clear();
        values.extend(self.metrics.iter().map(read));
    }

    /// Parses a row whose quotes have been removed.
    #[inline(never)]
    pub fn parse_unquoted<'a>(
        &self,
        fields: &'a Unquoted,
        origin: Origin,
    ) -> Result<Sample<'a>, Rejected<'a>> {
        self.parse(&fields.text, &fields.marks, origin)
    }

    /// What the dates of the rows showed so far.
    pub fn date_evidence(&self) -> DateEvidence {
        self.timestamps.evidence()
    }

    /// Whether a time stamp contradicts the assumed order of day and month.
    pub fn contradicts_date_order(&self, stamp: &[u8]) -> bool {
        self.timestamps.contradicts_order(stamp)
    }

    /// The layout of the rows.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Parses the row whose fields lie between neighbouring `marks`.
    #[inline(always)]
    pub fn parse<'a>(
        &self,
        bytes: &'a [u8],
        marks: &[u32],
        origin: Origin,
    ) -> Result<Sample<'a>, Rejected<'a>> {
        let Layout { columns, width, .. } = &*self.layout;
        let row = Row { bytes, marks };
        if marks.len() != width + 1 {
            return Err(row.reject_all());
        }
        let stamp = match self.stamp(row, columns) {
            Some(stamp) => stamp,
            None => return Err(row.reject(Field::TimeStamp, columns.time_stamp)),
        };
        let elapsed = match row.number(columns.elapsed) {
            Some(elapsed) => elapsed,
            None => return Err(row.reject(Field::Elapsed, columns.elapsed)),
        };
        let success = match flag::parse(row.text(columns.success)) {
            Some(success) => success,
            None => return Err(row.reject(Field::Success, columns.success)),
        };
        let Some(time_stamp) = self.start(stamp, elapsed) else {
            return Err(row.reject(Field::Elapsed, columns.elapsed));
        };
        let sample_count = row.count(columns.sample_count, Field::SampleCount)?;
        let error_count = row.count(columns.error_count, Field::ErrorCount)?;
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
            group_text: row.optional_text(columns.group),
            is_sub_result: None,
            success,
            bytes: row.optional(columns.bytes, Field::Bytes)?,
            sent_bytes: row.optional(columns.sent_bytes, Field::SentBytes)?,
            grp_threads: row.optional(columns.grp_threads, Field::GrpThreads)?,
            all_threads: row.optional(columns.all_threads, Field::AllThreads)?,
            sample_count: sample_count.unwrap_or(1),
            error_count: error_count.unwrap_or(u64::from(!success)),
            metrics: &[],
        })
    }

    /// The row's time stamp, epoch ms.
    #[inline(always)]
    pub fn stamp(&self, row: Row<'_, '_>, columns: &Columns) -> Option<i64> {
        let (start, end) = row.range(columns.time_stamp);
        self.timestamps.parse(row.bytes, start, end)
    }

    /// The start of a sample with this time stamp. `None` if its start or end overflows.
    #[inline(always)]
    pub fn start(&self, stamp: i64, elapsed: i64) -> Option<i64> {
        match self.timestamp_is_end {
            true => stamp.checked_sub(elapsed),
            false => stamp.checked_add(elapsed).map(|_| stamp),
        }
    }
}

/// The text of a field with wrong marks, which never occurs. A call in a cold branch is cheaper
/// than a conditional value.
#[cold]
#[inline(never)]
fn no_text<'a>() -> &'a [u8] {
    b""
}

/// The fields of a row by column.
#[derive(Clone, Copy)]
pub struct Row<'a, 'm> {
    pub bytes: &'a [u8],
    pub marks: &'m [u32],
}

impl<'a> Row<'a, '_> {
    #[inline(always)]
    fn range(&self, column: usize) -> (usize, usize) {
        match self.marks.get(column..column + 2) {
            // The first mark is before the first byte, wrapped around.
            Some(&[before, end]) => (before.wrapping_add(1) as usize, end as usize),
            _ => (0, 0),
        }
    }

    #[inline(always)]
    pub fn text(&self, column: usize) -> &'a [u8] {
        let (start, end) = self.range(column);
        match self.bytes.get(start..end) {
            Some(text) => text,
            None => no_text(),
        }
    }

    #[inline(always)]
    fn number(&self, column: usize) -> Option<i64> {
        let (start, end) = self.range(column);
        number::parse(self.bytes, start, end)
    }

    /// The text of a column, which is empty if the column is missing or has Java's `null`.
    #[inline(always)]
    pub fn optional_text(&self, column: Option<usize>) -> &'a [u8] {
        match column.map(|column| self.text(column)) {
            None | Some(b"null") => b"",
            Some(text) => text,
        }
    }

    /// The number in a column. `None` if the column is missing, or the field is empty or `null`.
    #[inline(always)]
    fn optional(&self, column: Option<usize>, field: Field) -> Result<Option<i64>, Rejected<'a>> {
        let Some(column) = column else {
            return Ok(None);
        };
        let (start, end) = self.range(column);
        let number = match field {
            // Usually 0: most connections are reused, and most samplers do not pause.
            Field::Connect | Field::IdleTime => number::parse_short(self.bytes, start, end),
            _ => number::parse(self.bytes, start, end),
        };
        match number {
            Some(number) => Ok(Some(number)),
            None if matches!(self.text(column), b"" | b"null") => Ok(None),
            None => Err(self.reject(field, column)),
        }
    }

    /// The count in a column.
    #[inline(always)]
    fn count(&self, column: Option<usize>, field: Field) -> Result<Option<u64>, Rejected<'a>> {
        match self.optional(column, field)? {
            Some(number) => match count(number) {
                Some(count) => Ok(Some(count)),
                None => Err(self.reject(field, column.unwrap_or(0))),
            },
            None => Ok(None),
        }
    }

    #[cold]
    #[inline(never)]
    fn reject(&self, field: Field, column: usize) -> Rejected<'a> {
        Rejected {
            fault: Fault::Value(field),
            value: self.text(column),
        }
    }

    #[cold]
    #[inline(never)]
    fn reject_all(&self) -> Rejected<'a> {
        let ends = self.marks.first().zip(self.marks.last());
        let text = ends.and_then(|(&before, &end)| {
            let start = before.wrapping_add(1) as usize;
            self.bytes.get(start..end as usize)
        });
        Rejected {
            fault: Fault::Columns,
            value: text.unwrap_or_default(),
        }
    }
}
