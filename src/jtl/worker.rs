//! Parsing of blocks: rows to samples, counts, rejections and repairs.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fearless_simd::{Level, dispatch};
use memchr::{memchr_iter, memmem};

use super::csv::{
    Block, DateEvidence, FastPath, Index, Jmeter5, Kinds, NoFastPath, Record, Rejected, RowParser,
    Rows, Unquoted, has_surplus, is_jmeter5, quoted, repair, trim_line_end,
};
use super::fault::{Fault, Field, MAX_ROW, MAX_TEXT, Repair};
use super::long_text;
use super::options::ReadOptions;
use super::outcome::{BlockLines, DatesSeen, Part, Place, Tally};
use super::sample::{Origin, Sample};
use super::sink::Sink;
use super::source::{Piece, Source};
use super::xml::XmlBlock;
use crate::error::Result;
use crate::format;

/// Locks the source, even if another worker panicked.
pub(super) fn lock<'m>(source: &'m Mutex<Source>) -> MutexGuard<'m, Source> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line of a block.
#[derive(Clone, Copy)]
struct Line {
    /// Its start in the block.
    start: usize,
    /// The place of its line feed.
    end: usize,
    /// Number of lines of the block before it.
    number: u64,
}

/// A damaged row.
struct Row<'a> {
    /// Its text, without the line end.
    text: &'a [u8],
    place: Place,
    origin: Origin,
    /// Whether the file ends with the row, without a line end.
    is_cut_short: bool,
}

/// A thread that parses blocks.
pub(super) struct Worker<S> {
    pub sink: S,
    options: ReadOptions,
    index: Index,
    kinds: Kinds,
    unquoted: Unquoted,
    crlf_marks: Vec<u32>,
    /// The metrics of one row.
    metrics: Vec<Option<i64>>,
    pub rows: u64,
    pub rejected: BTreeMap<Fault, Tally>,
    pub repaired: BTreeMap<Repair, Tally>,
    pub blocks: Vec<BlockLines>,
    pub dates: DatesSeen,
}

impl<S: Sink> Worker<S> {
    pub fn into_part(self) -> Part<S> {
        Part {
            sink: self.sink,
            rows: self.rows,
            rejected: self.rejected,
            repaired: self.repaired,
            blocks: self.blocks,
            dates: self.dates,
        }
    }

    pub fn new(options: &ReadOptions, sink: S) -> Self {
        Worker {
            sink,
            options: options.clone(),
            index: Index::default(),
            kinds: Kinds::default(),
            unquoted: Unquoted::default(),
            crlf_marks: Vec::new(),
            metrics: Vec::new(),
            rows: 0,
            rejected: BTreeMap::new(),
            repaired: BTreeMap::new(),
            blocks: Vec::new(),
            dates: DatesSeen::default(),
        }
    }

    /// Whether any row was rejected or repaired.
    pub fn has_faults(&self) -> bool {
        !self.rejected.is_empty() || !self.repaired.is_empty()
    }

    pub fn run(mut self, source: &Mutex<Source>, progress: &(dyn Fn(u64) + Sync)) -> Result<Self> {
        let mut buffer = Vec::new();
        let mut parser: Option<RowParser> = None;
        loop {
            let mut reading = lock(source);
            let block = match reading.next_piece(&mut buffer) {
                Ok(Some(Piece::Block(block))) => block,
                Ok(Some(Piece::Xml(block))) => {
                    drop(reading);
                    let outcome = self.read_xml(&block, &buffer[..block.len], source, progress);
                    if outcome.is_err() || self.options.strict && self.has_faults() {
                        lock(source).stop();
                    }
                    outcome?;
                    continue;
                }
                Ok(None) => return Ok(self),
                Err(error) => {
                    reading.stop();
                    return Err(error);
                }
            };
            drop(reading);
            let rows_before = self.rows;
            self.parse(&mut parser, &buffer, &block);
            progress(self.rows - rows_before);
            let is_refused = self.options.strict && self.has_faults();
            if is_refused || self.dates.contradiction.is_some() {
                lock(source).stop();
            }
        }
    }

    /// Parses a block, reusing the parser of the block before if it has the same layout.
    pub fn parse(&mut self, parser: &mut Option<RowParser>, buffer: &[u8], block: &Block) {
        let parser = match parser {
            Some(parser) if Arc::ptr_eq(parser.layout(), &block.layout) => parser,
            parser => parser.insert(
                RowParser::new(
                    Arc::clone(&block.layout),
                    self.options.timestamps.zone.clone(),
                    self.options.timestamps.is_end,
                )
                .with_metrics(&self.options.metrics),
            ),
        };
        self.parse_block(parser, buffer, block);
        let evidence = parser.date_evidence();
        if evidence != DateEvidence::default() {
            let own = self.dates.evidence.entry(block.input).or_default();
            *own = own.and(evidence);
        }
    }

    /// Reads a block of XML.
    fn read_xml(
        &mut self,
        block: &XmlBlock,
        bytes: &[u8],
        source: &Mutex<Source>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<()> {
        let rows_before = self.rows;
        let end = block.read(bytes, |lines, row| {
            self.rows += 1;
            match row {
                Ok(sample) => self.record(&sample, (block.index, lines)),
                Err(row) => {
                    let place = ((block.index, lines), row.position);
                    tally(&mut self.rejected, row.fault, row.value, place);
                }
            }
            match self.options.strict && self.has_faults() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        // Places count lines from the start of the input. All of them are in the last block.
        self.blocks.push(BlockLines {
            index: block.index,
            input: block.input,
            headers_before: 0,
            lines: end.as_ref().map_or(0, |end| end.lines),
        });
        if let Some(end) = end {
            lock(source).finish_xml(block.input, end);
        }
        progress(self.rows - rows_before);
        Ok(())
    }

    fn parse_block(&mut self, parser: &RowParser, buffer: &[u8], block: &Block) {
        if is_jmeter5(parser.layout()) && !parser.has_metrics() {
            // Compiled for every level of SIMD, and chosen by the processor's.
            dispatch!(Level::new(), simd => self.parse_rows(parser, Jmeter5(simd), buffer, block));
        } else {
            self.parse_rows(parser, NoFastPath, buffer, block);
        }
    }

    #[inline(always)]
    fn parse_rows<F: FastPath>(
        &mut self,
        parser: &RowParser,
        fast_path: F,
        buffer: &[u8],
        block: &Block,
    ) {
        let mut index = std::mem::take(&mut self.index);
        let mut crlf_marks = std::mem::take(&mut self.crlf_marks);
        index.build(buffer, block.len, parser.layout().delimiter);
        let mut quotes = index.quotes().iter().map(|&at| at as usize);
        let mut next_quote = quotes.next().unwrap_or(usize::MAX);
        // The index of the mark before the row.
        let (mut first_mark, mut row_start, mut lines) = (0, 0, 0_u64);
        // The number of the next row among the line ends.
        let mut next = 0;
        while let Some(&line_end) = index.line_ends().get(next) {
            let line_end = line_end as usize;
            let row_end = index.marks()[line_end] as usize;
            if row_end < row_start {
                // Part of a quoted record that has been read already.
                next += 1;
                continue;
            }
            let line = Line {
                start: row_start,
                end: row_end,
                number: lines,
            };
            while next_quote < row_start {
                next_quote = quotes.next().unwrap_or(usize::MAX);
            }
            if next_quote < row_end && row_end - row_start < MAX_ROW {
                let end = row_start
                    + self.parse_quoted(parser, &buffer[row_start..block.len], block, line);
                lines += memchr_iter(b'\n', &buffer[row_start..end]).count() as u64;
                row_start = end;
                next += 1;
                continue;
            }
            // Skips the marks of quoted records.
            while (index.marks()[first_mark].wrapping_add(1) as usize) < row_start {
                first_mark += 1;
            }
            let rows = Rows {
                bytes: buffer,
                marks: index.marks(),
                line_ends: &index.line_ends()[next..],
                first_mark,
                next_quote,
                origin: block.origin(0),
            };
            let known = fast_path.read_known(parser, rows, &mut self.kinds, &mut self.sink);
            if known > 0 {
                next += known;
                self.rows += known as u64;
                lines += known as u64;
                first_mark = index.line_ends()[next - 1] as usize;
                row_start = index.marks()[first_mark] as usize + 1;
                continue;
            }
            let mut marks = &index.marks()[first_mark..=line_end];
            if row_end > row_start && buffer[row_end - 1] == b'\r' {
                marks = without_carriage_return(marks, &mut crlf_marks);
            }
            let is_long = row_end - row_start > MAX_TEXT;
            let origin = block.origin(row_start);
            let (kinds, sink) = (&mut self.kinds, &mut self.sink);
            if !is_long && fast_path.read(parser, buffer, marks, origin, kinds, sink) {
                self.rows += 1;
            } else if F::TAKES_MOST_ROWS {
                self.take_rare(parser, buffer, block, marks, line);
            } else {
                self.take(parser, buffer, block, marks, line);
            }
            lines += 1;
            next += 1;
            row_start = row_end + 1;
            first_mark = line_end;
        }
        self.index = index;
        self.crlf_marks = crlf_marks;
        self.blocks.push(BlockLines {
            index: block.index,
            input: block.input,
            headers_before: block.headers_before,
            lines,
        });
    }

    /// Reads a row without quotes.
    #[inline(always)]
    fn take(
        &mut self,
        parser: &RowParser,
        buffer: &[u8],
        block: &Block,
        marks: &[u32],
        line: Line,
    ) {
        let place = (block.index, line.number);
        let text = &buffer[line.start..line.end];
        if text.len() >= MAX_ROW {
            self.rows += 1;
            self.reject_oversized(&text[..100], place);
        } else if marks.len() == parser.layout().width + 1 || !is_blank(text) {
            self.rows += 1;
            match parser.parse(buffer, marks, block.origin(line.start)) {
                Ok(sample) if parser.has_metrics() => {
                    self.record_with_metrics(parser, (buffer, marks), &sample, place);
                }
                Ok(sample) if text.len() <= MAX_TEXT => self.sink.record(&sample),
                Ok(sample) => self.record(&sample, place),
                Err(rejected) => {
                    let row = Row {
                        text,
                        place,
                        origin: block.origin(line.start),
                        is_cut_short: block.is_unterminated && line.end + 1 == block.len,
                    };
                    self.repair_or_reject(parser, row, rejected);
                }
            }
        }
    }

    /// Does the same as [`Worker::take`], but is not inlined into the loop over fast rows.
    #[inline(never)]
    fn take_rare(
        &mut self,
        parser: &RowParser,
        buffer: &[u8],
        block: &Block,
        marks: &[u32],
        line: Line,
    ) {
        self.take(parser, buffer, block, marks, line);
    }

    /// Reads the record with quotes at the start of `bytes`, and returns its length.
    #[inline(never)]
    fn parse_quoted(
        &mut self,
        parser: &RowParser,
        bytes: &[u8],
        block: &Block,
        line: Line,
    ) -> usize {
        let place = (block.index, line.number);
        let mut unquoted = std::mem::take(&mut self.unquoted);
        self.rows += 1;
        let end = match quoted::read(parser, bytes, true, &mut unquoted) {
            Record::Whole { end } => {
                match parser.parse_unquoted(&unquoted, block.origin(line.start)) {
                    Ok(sample) if parser.has_metrics() => {
                        let fields = (&*unquoted.text, &*unquoted.marks);
                        self.record_with_metrics(parser, fields, &sample, place);
                    }
                    Ok(sample) => self.record(&sample, place),
                    Err(rejected) => {
                        let row = Row {
                            text: trim_line_end(&bytes[..end]),
                            place,
                            origin: block.origin(line.start),
                            is_cut_short: block.is_unterminated && end == bytes.len(),
                        };
                        self.repair_or_reject(parser, row, rejected);
                    }
                }
                end
            }
            Record::Damaged { end } => {
                let first_line = bytes
                    .split(|&byte| byte == b'\n')
                    .next()
                    .unwrap_or_default();
                let text = trim_line_end(first_line);
                let row = Row {
                    text,
                    place,
                    origin: block.origin(line.start),
                    is_cut_short: block.is_unterminated && end == bytes.len(),
                };
                let rejected = Rejected {
                    fault: Fault::Quote,
                    value: text,
                };
                self.repair_or_reject(parser, row, rejected);
                end
            }
            // A block has whole records, and the caller has found a line end.
            Record::TooLong | Record::Unfinished => {
                self.reject_oversized(&bytes[..bytes.len().min(100)], place);
                memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
            }
        };
        self.unquoted = unquoted;
        end
    }

    /// Records a sample with the metrics of its row.
    #[cold]
    #[inline(never)]
    fn record_with_metrics(
        &mut self,
        parser: &RowParser,
        (bytes, marks): (&[u8], &[u32]),
        sample: &Sample<'_>,
        place: Place,
    ) {
        let mut metrics = std::mem::take(&mut self.metrics);
        parser.metrics(bytes, marks, &mut metrics);
        let sample = Sample {
            metrics: &metrics,
            ..*sample
        };
        self.record(&sample, place);
        self.metrics = metrics;
    }

    /// Records a sample, with texts of absurd length shortened. Not inlined, so that recording is inlined
    /// into the loop over rows without quotes.
    #[inline(never)]
    fn record(&mut self, sample: &Sample<'_>, place: Place) {
        let long = long_text::shorten(sample, |sample| self.sink.record(sample));
        if let Some((column, text)) = long {
            let place = (place, sample.position);
            tally(&mut self.repaired, Repair::LongText(column), text, place);
        }
    }

    /// Records a damaged row if it can be repaired, or else rejects it. If the end of the file cuts
    /// it short, that is the fault, whatever is wrong with its fields.
    #[cold]
    #[inline(never)]
    fn repair_or_reject(&mut self, parser: &RowParser, row: Row<'_>, rejected: Rejected<'_>) {
        if let Some(repaired) = repair(parser, row.text, row.is_cut_short)
            && let Ok(sample) = parser.parse_unquoted(&repaired.fields, row.origin)
        {
            let column = repaired.column;
            let value = column.map_or(row.text, |column| repaired.fields.field(column));
            let place = (row.place, row.origin.position);
            tally(&mut self.repaired, repaired.fault, value, place);
            if parser.has_metrics() {
                let fields = (&*repaired.fields.text, &*repaired.fields.marks);
                self.record_with_metrics(parser, fields, &sample, row.place);
            } else {
                self.record(&sample, row.place);
            }
            return;
        }
        if rejected.fault == Fault::Value(Field::TimeStamp)
            && self.dates.contradiction.is_none()
            && parser.contradicts_date_order(rejected.value)
        {
            self.dates.contradiction = Some((row.place, rejected.value.to_vec()));
        }
        let (fault, value) = match nul_bytes(row.text) {
            Some(nul_bytes) => (Fault::Nul, nul_bytes.into_bytes()),
            None => (rejected.fault, rejected.value.to_vec()),
        };
        // A row with too many fields does not lack its end.
        let has_surplus = || fault == Fault::Columns && has_surplus(parser, row.text);
        let fault = match row.is_cut_short && !has_surplus() {
            true => Fault::CutShort,
            false => fault,
        };
        self.reject(fault, &value, row.place);
    }

    /// Rejects a row of more than [`MAX_ROW`] bytes.
    #[cold]
    #[inline(never)]
    fn reject_oversized(&mut self, start: &[u8], place: Place) {
        if start.iter().all(|&byte| byte == 0) {
            let value = format!("more than {} MiB of NUL (0x00)", MAX_ROW >> 20);
            self.reject(Fault::Nul, value.as_bytes(), place);
        } else {
            self.reject(Fault::TooLong, start, place);
        }
    }

    #[cold]
    #[inline(never)]
    fn reject(&mut self, fault: Fault, value: &[u8], place: Place) {
        tally(&mut self.rejected, fault, value, (place, 0));
    }
}

/// Describes a row with a long run of NUL bytes, which a crash or a full disk leaves in a file: its text
/// before and after the run, and the length of the run.
fn nul_bytes(row: &[u8]) -> Option<String> {
    const MIN_RUN: usize = 8;
    const MAX_TEXT: usize = 40;
    let start = memmem::find(row, &[0; MIN_RUN])?;
    let run = row[start..].iter().take_while(|&&byte| byte == 0).count();
    let run_text = format!("{} bytes of NUL (0x00)", format::thousands(run as u64));
    let text = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        text.chars().take(MAX_TEXT).collect::<String>()
    };
    let (before, behind) = (text(&row[..start]), text(&row[start + run..]));
    Some(match (before.is_empty(), behind.is_empty()) {
        (true, true) => run_text,
        (false, true) => format!("{before} + {run_text}"),
        (true, false) => format!("{run_text} + {behind}"),
        (false, false) => format!("{before} + {run_text} + {behind}"),
    })
}

/// Counts a row with a fault. Its position matters if several rows have the same place.
fn tally<F: Ord>(
    tallies: &mut BTreeMap<F, Tally>,
    fault: F,
    value: &[u8],
    (place, position): (Place, u64),
) {
    const MAX_VALUE: usize = 200;
    let of_row = |count| Tally {
        count,
        first: place,
        first_position: position,
        first_value: value[..value.len().min(MAX_VALUE)].to_vec(),
    };
    tallies
        .entry(fault)
        // Samples within a sample end, and are counted, before it.
        .and_modify(|tally| match (place, position) < tally.order() {
            true => *tally = of_row(tally.count + 1),
            false => tally.count += 1,
        })
        .or_insert_with(|| of_row(1));
}

/// The marks of a row that ends with a carriage return and a line feed, with the last one moved
/// before both.
#[inline(never)]
fn without_carriage_return<'m>(marks: &[u32], changed: &'m mut Vec<u32>) -> &'m [u32] {
    changed.clear();
    changed.extend_from_slice(marks);
    if let Some(end) = changed.last_mut() {
        *end -= 1;
    }
    changed
}

#[inline(never)]
fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}
