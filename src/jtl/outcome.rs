//! What was read: samples, rows and rejections of all workers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::excerpt::excerpt;
use super::fault::Fault;
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
    /// Number of bytes, decompressed.
    pub bytes: u64,
    /// Number of header rows.
    pub headers: u64,
    /// Number of columns in the first layout.
    pub width: usize,
    /// Number of columns that the first layout's header names.
    pub named_columns: usize,
    /// Names of its columns that are neither read nor JMeter's own, such as `sample_variables`.
    pub extra_columns: Vec<String>,
    /// Those of them that have numbers in the first rows, and no text.
    pub numeric_columns: Vec<String>,
    /// Whether its last line has no line feed.
    pub is_unterminated: bool,
    /// Whether its compressed data ended early.
    pub is_truncated: bool,
    /// What is known about XML results; `None` for CSV.
    pub xml: Option<XmlSummary>,
}

/// The rejected rows with one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectionTally {
    /// What is wrong with them.
    pub fault: Fault,
    /// Number of rows.
    pub count: u64,
    /// The first one's input, counted from 0.
    pub first_input: u32,
    /// The first one's line, counted from 1.
    pub first_line: u64,
    /// The wrong value of the first one, or the whole row if no single value is wrong.
    pub first_value: Vec<u8>,
}

/// The place of a rejected row: its block, and the number of lines before it in the block.
pub(super) type Place = (u64, u64);

/// The rows with one fault that a worker rejected.
#[derive(Clone)]
pub(super) struct Tally {
    /// Number of rows.
    pub count: u64,
    /// The place of the first one.
    pub first: Place,
    /// Its value, or the row.
    pub first_value: Vec<u8>,
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
    /// The blocks it parsed, in order.
    pub blocks: Vec<BlockLines>,
}

impl<S> Outcome<S> {
    /// Combines the workers' parts, and turns places into line numbers.
    pub(super) fn new(parts: Vec<Part<S>>, summaries: Vec<InputSummary>) -> Self {
        let mut outcome = Outcome {
            sinks: Vec::with_capacity(parts.len()),
            inputs: Vec::new(),
            rows_read: 0,
            rejections: Vec::new(),
        };
        let mut blocks = Vec::new();
        let mut rejected: BTreeMap<Fault, Tally> = BTreeMap::new();
        for part in parts {
            outcome.sinks.push(part.sink);
            outcome.rows_read += part.rows;
            blocks.extend(part.blocks);
            for (fault, tally) in part.rejected {
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
        };
        (merged.unwrap_or_else(empty), rest)
    }

    /// Number of rejected rows.
    pub fn rejected(&self) -> u64 {
        self.rejections.iter().map(|tally| tally.count).sum()
    }

    /// The error for `--strict`: the place of the first rejected row and its fault.
    pub fn first_rejection(&self) -> Option<Error> {
        let tally = self.rejections.first()?;
        Some(tally.refuse(&self.inputs))
    }
}

impl RejectionTally {
    /// The error for `--strict`: the place of the first of these rows and its fault.
    pub fn refuse(&self, inputs: &[InputRead]) -> Error {
        let name = inputs
            .get(self.first_input as usize)
            .map_or("-", |input| input.summary.name.as_str());
        let column = match self.fault.column() {
            Some(column) => format!(", column {column}"),
            None => String::new(),
        };
        Error::input(
            format!("{name}:{}{column}", self.first_line),
            format!(
                "{} (--strict): {}",
                self.fault.reason(),
                excerpt(&self.first_value)
            ),
        )
    }
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
