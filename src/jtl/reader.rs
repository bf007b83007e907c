//! Reading results: workers take blocks in turns, parse them, and push samples into sinks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use jiff::tz::TimeZone;
use memchr::memchr_iter;

use super::blocks::{Block, InputSummary, Piece, Source, TimestampOptions};
use super::index::Index;
use super::input::Input;
use super::layout::{Columns, Layout, trim_line_end};
use super::quoted::{self, Record, Unquoted};
use super::row::{Fault, LONGEST_ROW, Origin, Rejected, RowParser};
use super::sample::Sample;
use super::xml::XmlInput;
use crate::error::{Error, Result};

/// Takes samples, in no particular order.
pub trait Sink {
    /// Takes one sample.
    fn record(&mut self, sample: &Sample<'_>);
}

/// How to read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Number of workers, each with a sink of its own.
    pub threads: usize,
    /// Bytes of a block, about. Any size gives the same samples and the same rejections.
    pub block_size: usize,
    /// How to read `timeStamp`.
    pub timestamps: TimestampOptions,
    /// Whether to stop at the first row that must be rejected.
    pub strict: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            threads: thread::available_parallelism().map_or(1, usize::from),
            block_size: 256 << 10,
            timestamps: TimestampOptions {
                format: None,
                zone: TimeZone::system(),
                is_end: false,
            },
            strict: false,
        }
    }
}

/// What was read.
#[derive(Debug)]
pub struct Outcome<S> {
    /// One sink a worker; together they hold every sample.
    pub sinks: Vec<S>,
    /// The inputs.
    pub inputs: Vec<InputRead>,
    /// Rows found: `samples + rejected`. Headers and blank lines are none.
    pub rows_read: u64,
    /// The kinds of rejected rows, in the order of their first rows.
    pub rejections: Vec<RejectionTally>,
}

/// One input, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputRead {
    /// What the source knows of it.
    pub summary: InputSummary,
    /// Number of its lines, headers included.
    pub lines: u64,
}

/// One kind of rejected row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectionTally {
    /// What is wrong with such rows.
    pub fault: Fault,
    /// How many there are.
    pub count: u64,
    /// The first one's input, counted from 0.
    pub first_input: u32,
    /// The first one's line, counted from 1.
    pub first_line: u64,
    /// The first one's value, or the row where no column is to blame.
    pub first_value: Vec<u8>,
}

/// Reads all inputs as one run. `progress` is told of every block's rows.
///
/// # Errors
///
/// When an input cannot be read or is no JTL file. Damaged rows are no errors: they are tallied.
pub fn read<S: Sink + Send>(
    inputs: Vec<Input>,
    options: &ReadOptions,
    progress: &(dyn Fn(u64) + Sync),
    make_sink: impl Fn() -> S + Sync,
) -> Result<Outcome<S>> {
    let source = Mutex::new(Source::new(
        inputs,
        options.timestamps.clone(),
        options.block_size,
    ));
    let work = || Worker::new(options, make_sink()).run(&source, progress);
    let workers: Vec<Worker<S>> = if options.threads <= 1 {
        vec![work()?]
    } else {
        thread::scope(|scope| {
            let handles: Vec<_> = (0..options.threads).map(|_| scope.spawn(work)).collect();
            handles
                .into_iter()
                .map(|handle| {
                    handle
                        .join()
                        .unwrap_or_else(|panic| panic::resume_unwind(panic))
                })
                .collect::<Result<_>>()
        })?
    };
    let summaries = source
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_summaries();
    Ok(summarise(workers, summaries))
}

fn lock<'m>(source: &'m Mutex<Source>) -> MutexGuard<'m, Source> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A rejected row's place: block, and lines in the block before it.
type Place = (u64, u64);

struct Tally {
    count: u64,
    first: Place,
    first_value: Vec<u8>,
}

struct BlockLines {
    index: u64,
    input: u32,
    headers_before: u64,
    lines: u64,
}

/// A thread that parses blocks.
struct Worker<S> {
    sink: S,
    options: ReadOptions,
    index: Index,
    unquoted: Unquoted,
    crlf_marks: Vec<u32>,
    rows: u64,
    rejected: BTreeMap<Fault, Tally>,
    blocks: Vec<BlockLines>,
}

impl<S: Sink> Worker<S> {
    fn new(options: &ReadOptions, sink: S) -> Self {
        Worker {
            sink,
            options: options.clone(),
            index: Index::default(),
            unquoted: Unquoted::default(),
            crlf_marks: Vec::new(),
            rows: 0,
            rejected: BTreeMap::new(),
            blocks: Vec::new(),
        }
    }

    fn run(mut self, source: &Mutex<Source>, progress: &(dyn Fn(u64) + Sync)) -> Result<Self> {
        let mut buffer = Vec::new();
        let mut parser: Option<RowParser> = None;
        loop {
            let mut reading = lock(source);
            let block = match reading.next_piece(&mut buffer) {
                Ok(Some(Piece::Block(block))) => block,
                Ok(Some(Piece::Xml(input))) => {
                    // The source stays locked: where the next input begins is not known before.
                    let outcome = self.read_xml(*input, &mut reading, progress);
                    if outcome.is_err() || self.options.strict && !self.rejected.is_empty() {
                        reading.stop();
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
            let parser = match &mut parser {
                Some(parser) if Arc::ptr_eq(parser.layout(), &block.layout) => parser,
                parser => parser.insert(RowParser::new(
                    Arc::clone(&block.layout),
                    self.options.timestamps.zone.clone(),
                    self.options.timestamps.is_end,
                )),
            };
            let rows_before = self.rows;
            self.parse_block(parser, &buffer, &block);
            progress(self.rows - rows_before);
            if self.options.strict && !self.rejected.is_empty() {
                lock(source).stop();
            }
        }
    }

    /// Reads XML results to their end.
    fn read_xml(
        &mut self,
        mut input: XmlInput,
        source: &mut Source,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<()> {
        let index = input.index;
        self.rows += input.read(progress, |row| match row {
            Ok(sample) => {
                self.sink.record(&sample);
                ControlFlow::Continue(())
            }
            Err(row) => {
                self.reject(row.fault, row.value, (index, row.lines));
                match self.options.strict {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            }
        })?;
        self.blocks.push(BlockLines {
            index,
            input: input.input,
            headers_before: 0,
            lines: input.reader.lines(),
        });
        source.finish_xml(&input.reader);
        Ok(())
    }

    fn parse_block(&mut self, parser: &RowParser, buffer: &[u8], block: &Block) {
        let Layout { columns, width, .. } = &**parser.layout();
        // Compiled twice: where the columns are known beforehand, nothing is asked about them.
        if *columns == Columns::JMETER_5 && *width == Columns::JMETER_5_WIDTH {
            let (columns, width) = (&Columns::JMETER_5, Columns::JMETER_5_WIDTH);
            self.parse_rows(parser, columns, width, buffer, block);
        } else {
            self.parse_rows(parser, columns, *width, buffer, block);
        }
    }

    #[inline(always)]
    fn parse_rows(
        &mut self,
        parser: &RowParser,
        columns: &Columns,
        width: usize,
        buffer: &[u8],
        block: &Block,
    ) {
        let mut index = std::mem::take(&mut self.index);
        index.build(buffer, block.len, parser.layout().delimiter);
        let mut quotes = index.quotes().iter().map(|&at| at as usize);
        let mut next_quote = quotes.next().unwrap_or(usize::MAX);
        // The mark before the row.
        let (mut first_mark, mut row_start, mut lines) = (0, 0, 0_u64);
        for &line_end in index.line_ends() {
            let line_end = line_end as usize;
            let row_end = index.marks()[line_end] as usize;
            if row_end < row_start {
                // Within a quoted record that has been read already.
                continue;
            }
            let origin = Origin {
                position: block.position + row_start as u64,
                input: block.input,
            };
            let place = (block.index, lines);
            while next_quote < row_start {
                next_quote = quotes.next().unwrap_or(usize::MAX);
            }
            if next_quote < row_end && row_end - row_start < LONGEST_ROW {
                let end = row_start
                    + self.parse_quoted(
                        parser,
                        &buffer[row_start..block.len],
                        origin,
                        block,
                        place,
                    );
                lines += memchr_iter(b'\n', &buffer[row_start..end]).count() as u64;
                row_start = end;
                continue;
            }
            // Quoted records moved on without their marks.
            while (index.marks()[first_mark].wrapping_add(1) as usize) < row_start {
                first_mark += 1;
            }
            let mut marks = &index.marks()[first_mark..=line_end];
            if row_end > row_start && buffer[row_end - 1] == b'\r' {
                marks = without_carriage_return(marks, &mut self.crlf_marks);
            }
            if row_end - row_start >= LONGEST_ROW {
                self.rows += 1;
                let value = &buffer[row_start..row_start + 100];
                self.reject(Fault::TooLong, value, place);
            } else if marks.len() == width + 1 || !is_blank(&buffer[row_start..row_end]) {
                self.rows += 1;
                match parser.parse(columns, width, buffer, marks, origin) {
                    Ok(sample) => self.sink.record(&sample),
                    Err(rejected) => {
                        let is_last = row_end + 1 == block.len;
                        self.reject_row(rejected, is_last && block.is_unterminated, place);
                    }
                }
            }
            lines += 1;
            row_start = row_end + 1;
            first_mark = line_end;
        }
        self.index = index;
        self.blocks.push(BlockLines {
            index: block.index,
            input: block.input,
            headers_before: block.headers_before,
            lines,
        });
    }

    /// Reads the record with quotes at the start of `bytes`; its length.
    #[inline(never)]
    fn parse_quoted(
        &mut self,
        parser: &RowParser,
        bytes: &[u8],
        origin: Origin,
        block: &Block,
        place: Place,
    ) -> usize {
        let mut unquoted = std::mem::take(&mut self.unquoted);
        self.rows += 1;
        let end = match quoted::read(parser, bytes, true, &mut unquoted) {
            Record::Whole { end } => {
                match parser.parse_unquoted(&unquoted, origin) {
                    Ok(sample) => record_unquoted(&mut self.sink, &sample),
                    Err(rejected) => {
                        let is_last = end == bytes.len();
                        self.reject_row(rejected, is_last && block.is_unterminated, place);
                    }
                }
                end
            }
            Record::Damaged { end } => {
                let first_line = bytes
                    .split(|&byte| byte == b'\n')
                    .next()
                    .unwrap_or_default();
                let is_cut_short = block.is_unterminated && end == bytes.len();
                let fault = if is_cut_short {
                    Fault::CutShort
                } else {
                    Fault::Quote
                };
                self.reject(fault, trim_line_end(first_line), place);
                end
            }
            // A block holds whole records, and the caller has seen the line end.
            Record::TooLong | Record::Unfinished => {
                self.reject(Fault::TooLong, &bytes[..bytes.len().min(100)], place);
                memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
            }
        };
        self.unquoted = unquoted;
        end
    }

    /// A row that the end of the file cuts short is just that, whatever its fields look like.
    #[cold]
    #[inline(never)]
    fn reject_row(&mut self, rejected: Rejected<'_>, is_cut_short: bool, place: Place) {
        let fault = if is_cut_short {
            Fault::CutShort
        } else {
            rejected.fault
        };
        self.reject(fault, rejected.value, place);
    }

    #[cold]
    #[inline(never)]
    fn reject(&mut self, fault: Fault, value: &[u8], place: Place) {
        const LONGEST_VALUE: usize = 200;
        let value = &value[..value.len().min(LONGEST_VALUE)];
        self.rejected
            .entry(fault)
            .and_modify(|tally| tally.count += 1)
            .or_insert_with(|| Tally {
                count: 1,
                first: place,
                first_value: value.to_vec(),
            });
    }
}

/// The marks of a row whose line end is a carriage return and a line feed: both belong to it.
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

/// Kept apart from the loop over plain rows, so that recording is compiled into that one.
#[inline(never)]
fn record_unquoted(sink: &mut impl Sink, sample: &Sample<'_>) {
    sink.record(sample);
}

/// Puts the workers' tallies together, and turns places into line numbers.
fn summarise<S>(workers: Vec<Worker<S>>, summaries: Vec<InputSummary>) -> Outcome<S> {
    let mut outcome = Outcome {
        sinks: Vec::with_capacity(workers.len()),
        inputs: Vec::new(),
        rows_read: 0,
        rejections: Vec::new(),
    };
    let mut blocks = Vec::new();
    let mut rejected: BTreeMap<Fault, Tally> = BTreeMap::new();
    for worker in workers {
        outcome.sinks.push(worker.sink);
        outcome.rows_read += worker.rows;
        blocks.extend(worker.blocks);
        for (fault, tally) in worker.rejected {
            // Blocks come to a worker in order, so each tally's first row is its earliest.
            match rejected.get_mut(&fault) {
                Some(known) if known.first <= tally.first => known.count += tally.count,
                Some(known) => {
                    let count = known.count + tally.count;
                    *known = Tally { count, ..tally };
                }
                None => {
                    rejected.insert(fault, tally);
                }
            }
        }
    }
    blocks.sort_unstable_by_key(|block| block.index);
    let first_lines = line_numbers(&blocks);
    let mut tallies: Vec<(Fault, Tally)> = rejected.into_iter().collect();
    tallies.sort_by_key(|(_, tally)| tally.first);
    for (fault, tally) in tallies {
        let (block, line) = tally.first;
        let at = blocks.partition_point(|other| other.index < block);
        outcome.rejections.push(RejectionTally {
            fault,
            count: tally.count,
            first_input: blocks.get(at).map_or(0, |block| block.input),
            first_line: first_lines.get(at).copied().unwrap_or(1) + line,
            first_value: tally.first_value,
        });
    }
    for (number, summary) in summaries.into_iter().enumerate() {
        let own = blocks.iter().filter(|block| block.input as usize == number);
        let lines = summary.headers + own.map(|block| block.lines).sum::<u64>();
        outcome.inputs.push(InputRead { summary, lines });
    }
    outcome
}

/// The line number of each block's first line in its input, from blocks in order.
fn line_numbers(blocks: &[BlockLines]) -> Vec<u64> {
    let mut input = None;
    let mut next = 1;
    blocks
        .iter()
        .map(|block| {
            if input != Some(block.input) {
                input = Some(block.input);
                next = 1;
            }
            let first = next + block.headers_before;
            next = first + block.lines;
            first
        })
        .collect()
}

impl<S> Outcome<S> {
    /// Rows that could not be read.
    pub fn rejected(&self) -> u64 {
        self.rejections.iter().map(|tally| tally.count).sum()
    }

    /// The error of `--strict`: where the first rejected row is and what is wrong with it.
    pub fn first_rejection(&self) -> Option<Error> {
        let tally = self.rejections.first()?;
        let name = self
            .inputs
            .get(tally.first_input as usize)
            .map_or("-", |input| input.summary.name.as_str());
        let column = match tally.fault.column() {
            Some(column) => format!(", column {column}"),
            None => String::new(),
        };
        Some(Error::input(
            format!("{name}:{}{column}", tally.first_line),
            format!(
                "{} (--strict): {}",
                tally.fault.reason(),
                super::layout::quote(&tally.first_value)
            ),
        ))
    }
}
