//! What was read: samples, rows, rejections and repairs of all workers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::csv::{DateEvidence, DateOrder};
use super::dates::{Contradiction, TimestampsRead};
use super::excerpt::excerpt;
use super::fault::{Fault, Repair};
use super::input::TrailingBytes;
use super::xml::XmlSummary;
use crate::error::Error;

/// What was read.
#[derive(Debug)]
#[must_use = "its sinks hold the samples"]
pub struct Outcome<S> {
    /// One sink per worker. Together they have every sample.
    pub sinks: Vec<S>,
    /// The inputs.
    pub inputs: Vec<InputRead>,
    /// Number of rows: those recorded and those rejected. Headers and blank lines are not rows.
    pub rows_read: u64,
    /// Rejected rows by fault, in the order of the first row of each.
    pub rejections: Vec<RejectionTally>,
    /// Repaired rows, which are among those recorded, in the order of the first row of each.
    pub repairs: Vec<RepairTally>,
    /// The first row whose date contradicts the assumed order of day and month.
    pub contradiction: Option<Contradiction>,
}

/// One input, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRead {
    /// What the source knows about it.
    pub summary: InputSummary,
    /// Number of its lines, headers included.
    pub lines: u64,
}

/// What is known about an input after reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSummary {
    /// Name as given.
    pub name: String,
    /// The encoding of its text; `None` for UTF-8.
    pub encoding: Option<InputEncoding>,
    /// Number of bytes, decompressed and as UTF-8.
    pub bytes: u64,
    /// A hash by which copies are recognised: of its first and last bytes and its length.
    pub fingerprint: u64,
    /// Number of header rows.
    pub headers: u64,
    /// Whether it begins with a line such as `sep=;`, which spreadsheets write.
    pub has_separator_line: bool,
    /// Number of columns in the first layout.
    pub width: usize,
    /// Number of columns that the first layout's header names.
    pub named_columns: usize,
    /// Names of its columns that are neither read nor JMeter's own, such as `sample_variables`.
    pub extra_columns: Vec<String>,
    /// Those of them that have numbers in the first rows, and no text.
    pub numeric_columns: Vec<String>,
    /// Whether the first layout, or one that follows, has no column of response codes.
    pub lacks_codes: bool,
    /// The names in that header that differ from JMeter's spelling, such as `timestamp`.
    pub respelled: Vec<String>,
    /// Whether the columns were named by an option, because the input has no header.
    pub is_header_given: bool,
    /// Whether its last line has no line feed.
    pub is_unterminated: bool,
    /// Whether its compressed data ended early.
    pub is_truncated: bool,
    /// What follows its compressed data; `None` if nothing does.
    pub trailing_bytes: Option<TrailingBytes>,
    /// What is known about XML results; `None` for CSV.
    pub xml: Option<XmlSummary>,
    /// How time stamps were read.
    pub timestamps: TimestampsRead,
}

impl InputSummary {
    /// What is known before reading.
    pub(super) fn new(name: String) -> Self {
        InputSummary {
            name,
            encoding: None,
            bytes: 0,
            fingerprint: 0,
            headers: 0,
            has_separator_line: false,
            width: 0,
            named_columns: 0,
            extra_columns: Vec::new(),
            numeric_columns: Vec::new(),
            lacks_codes: false,
            respelled: Vec::new(),
            is_header_given: false,
            is_unterminated: false,
            is_truncated: false,
            trailing_bytes: None,
            xml: None,
            timestamps: TimestampsRead::default(),
        }
    }
}

/// The encoding of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputEncoding {
    /// Its name.
    pub name: String,
    /// Whether it was detected, rather than stated by an option or by the input.
    pub is_detected: bool,
}

/// The rejected rows with one fault.
pub type RejectionTally = RowTally<Fault>;

/// The repaired rows with one fault.
pub type RepairTally = RowTally<Repair>;

/// The rows with one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowTally<F> {
    /// What is wrong with them.
    pub fault: F,
    /// Number of rows.
    pub count: u64,
    /// The first one's input, counted from 0.
    pub first_input: u32,
    /// The first one's line, counted from 1.
    pub first_line: u64,
    /// The wrong value of the first one, or the whole row if no single value is wrong.
    pub first_value: Vec<u8>,
}

/// The place of a row: its block, and the number of lines before it in the block.
pub(super) type Place = (u64, u64);

/// The rows with one fault that a worker rejected or repaired.
#[derive(Clone)]
pub(super) struct Tally {
    /// Number of rows.
    pub count: u64,
    /// The place of the first one.
    pub first: Place,
    /// Its position, if several rows may have the same place, as in XML.
    pub first_position: u64,
    /// Its value, or the row.
    pub first_value: Vec<u8>,
}

impl Tally {
    /// What decides which of two rows is the first.
    pub fn order(&self) -> (Place, u64) {
        (self.first, self.first_position)
    }
}

/// What dates showed to a worker.
#[derive(Clone, Default)]
pub(super) struct DatesSeen {
    /// By input.
    pub evidence: BTreeMap<u32, DateEvidence>,
    /// The first row that contradicts the assumed order of day and month: its place, and its time
    /// stamp.
    pub contradiction: Option<(Place, Vec<u8>)>,
}

/// The lines of a block.
#[derive(Clone)]
pub(super) struct BlockLines {
    /// Number of the block.
    pub index: u64,
    /// Its input.
    pub input: u32,
    /// Header rows between the block before and this one.
    pub headers_before: u64,
    /// Number of its lines.
    pub lines: u64,
}

/// What one worker found.
pub(super) struct Part<S> {
    /// Its samples.
    pub sink: S,
    /// Number of rows.
    pub rows: u64,
    /// Rejected rows, by fault.
    pub rejected: BTreeMap<Fault, Tally>,
    /// Repaired rows, by fault.
    pub repaired: BTreeMap<Repair, Tally>,
    /// The blocks it parsed, in order.
    pub blocks: Vec<BlockLines>,
    /// What dates showed, by input.
    pub dates: DatesSeen,
}

impl<S> Outcome<S> {
    /// Combines the workers' parts, and turns places into line numbers.
    pub(super) fn new(parts: Vec<Part<S>>, summaries: Vec<InputSummary>) -> Self {
        let mut outcome = Outcome {
            sinks: Vec::with_capacity(parts.len()),
            inputs: Vec::new(),
            rows_read: 0,
            rejections: Vec::new(),
            repairs: Vec::new(),
            contradiction: None,
        };
        let mut dates = DatesSeen::default();
        let mut blocks = Vec::new();
        let (mut rejected, mut repaired) = (BTreeMap::new(), BTreeMap::new());
        for part in parts {
            outcome.sinks.push(part.sink);
            outcome.rows_read += part.rows;
            blocks.extend(part.blocks);
            dates.add(part.dates);
            merge_tallies(&mut rejected, part.rejected);
            merge_tallies(&mut repaired, part.repaired);
        }
        blocks.sort_unstable_by_key(|block| block.index);
        outcome.rejections = in_order(rejected, &blocks);
        outcome.repairs = in_order(repaired, &blocks);
        for (number, mut summary) in summaries.into_iter().enumerate() {
            if let Some(evidence) = dates.evidence.get(&(number as u32)) {
                summary.timestamps.add_evidence(*evidence);
            }
            let own = blocks.iter().filter(|block| block.input as usize == number);
            let before = summary.headers + u64::from(summary.has_separator_line);
            let lines = before + own.map(|block| block.lines).sum::<u64>();
            outcome.inputs.push(InputRead { summary, lines });
        }
        if let Some(((block, line), value)) = dates.contradiction {
            let at = blocks.partition_point(|other| other.index < block);
            let input = blocks.get(at).map_or(0, |block| block.input);
            let read = outcome.inputs.get(input as usize);
            outcome.contradiction = read.and_then(|read| {
                Some(Contradiction {
                    input,
                    name: read.summary.name.clone(),
                    line: line_numbers(&blocks).get(at).copied().unwrap_or(1) + line,
                    value,
                    dates: read.summary.timestamps.dates.clone()?,
                })
            });
        }
        outcome
    }

    /// An input whose dates are to be read in the other order of day and month, and that order:
    /// a row contradicts the assumed one, or no row shows it but those of another input do.
    pub(crate) fn other_order(&self) -> Option<(u32, DateOrder)> {
        if let Some(contradiction) = &self.contradiction {
            return Some((contradiction.input, contradiction.order()));
        }
        let all = || {
            self.inputs
                .iter()
                .filter_map(|input| input.summary.timestamps.dates.as_ref())
        };
        (0..).zip(&self.inputs).find_map(|(number, input)| {
            let dates = input.summary.timestamps.dates.as_ref()?;
            Some((number, dates.order_of_others(all())?))
        })
    }

    /// Merges the sinks of all workers into one that holds every sample, or makes an `empty` one if
    /// there are no sinks. Returns it with the rest of what was read.
    pub fn merge_sinks(
        self,
        empty: impl FnOnce() -> S,
        mut merge: impl FnMut(&mut S, S),
    ) -> (S, Outcome<()>) {
        let sinks = self.sinks.into_iter();
        let merged = sinks.reduce(|mut whole, part| {
            merge(&mut whole, part);
            whole
        });
        let rest = Outcome {
            sinks: Vec::new(),
            inputs: self.inputs,
            rows_read: self.rows_read,
            rejections: self.rejections,
            repairs: self.repairs,
            contradiction: self.contradiction,
        };
        (merged.unwrap_or_else(empty), rest)
    }

    /// Number of rejected rows.
    pub fn rejected(&self) -> u64 {
        self.rejections.iter().map(|tally| tally.count).sum()
    }

    /// Number of repaired rows.
    pub fn repaired(&self) -> u64 {
        self.repairs.iter().map(|tally| tally.count).sum()
    }

    /// The error for `--strict`: the first row that was rejected or repaired, if any.
    pub fn first_fault(&self) -> Option<Error> {
        first_fault(&self.rejections, &self.repairs, &self.inputs)
    }
}

impl DatesSeen {
    fn add(&mut self, other: DatesSeen) {
        for (input, evidence) in other.evidence {
            let own = self.evidence.entry(input).or_default();
            *own = own.and(evidence);
        }
        let first = [self.contradiction.take(), other.contradiction];
        self.contradiction = first.into_iter().flatten().min_by_key(|(place, _)| *place);
    }
}

/// The error for `--strict`: the first row that was rejected or repaired, if any.
pub(crate) fn first_fault(
    rejections: &[RejectionTally],
    repairs: &[RepairTally],
    inputs: &[InputRead],
) -> Option<Error> {
    let rejected = rejections.iter().min_by_key(|tally| tally.place());
    let repaired = repairs.iter().min_by_key(|tally| tally.place());
    match (rejected, repaired) {
        (Some(rejected), Some(repaired)) if repaired.place() < rejected.place() => {
            Some(repaired.refuse(inputs))
        }
        (Some(rejected), _) => Some(rejected.refuse(inputs)),
        (None, repaired) => repaired.map(|repaired| repaired.refuse(inputs)),
    }
}

impl<F> RowTally<F> {
    /// The input and the line of the first row.
    fn place(&self) -> (u32, u64) {
        (self.first_input, self.first_line)
    }

    fn refuse_for(&self, reason: &str, column: Option<&str>, inputs: &[InputRead]) -> Error {
        let name = inputs
            .get(self.first_input as usize)
            .map_or("-", |input| input.summary.name.as_str());
        let column = match column {
            Some(column) => format!(", column {column}"),
            None => String::new(),
        };
        Error::input(
            format!("{name}:{}{column}", self.first_line),
            format!("{reason} (--strict): {}", excerpt(&self.first_value)),
        )
    }
}

impl RejectionTally {
    fn refuse(&self, inputs: &[InputRead]) -> Error {
        self.refuse_for(&self.fault.reason(), self.fault.column(), inputs)
    }
}

impl RepairTally {
    fn refuse(&self, inputs: &[InputRead]) -> Error {
        self.refuse_for(&self.fault.reason(), self.fault.column(), inputs)
    }
}

/// Adds the tallies of a worker to those of others.
fn merge_tallies<F: Ord>(all: &mut BTreeMap<F, Tally>, part: BTreeMap<F, Tally>) {
    for (fault, tally) in part {
        match all.get_mut(&fault) {
            Some(known) if known.order() <= tally.order() => known.count += tally.count,
            Some(known) => {
                let count = known.count + tally.count;
                *known = Tally { count, ..tally };
            }
            None => {
                all.insert(fault, tally);
            }
        }
    }
}

/// The tallies in the order of their first rows, with places turned into lines. `blocks` are sorted.
fn in_order<F>(tallies: BTreeMap<F, Tally>, blocks: &[BlockLines]) -> Vec<RowTally<F>> {
    let first_lines = line_numbers(blocks);
    let mut tallies: Vec<(F, Tally)> = tallies.into_iter().collect();
    tallies.sort_by_key(|(_, tally)| tally.order());
    let row_tally = |(fault, tally): (F, Tally)| {
        let (block, line) = tally.first;
        let at = blocks.partition_point(|other| other.index < block);
        RowTally {
            fault,
            count: tally.count,
            first_input: blocks.get(at).map_or(0, |block| block.input),
            first_line: first_lines.get(at).copied().unwrap_or(1) + line,
            first_value: tally.first_value,
        }
    };
    tallies.into_iter().map(row_tally).collect()
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
