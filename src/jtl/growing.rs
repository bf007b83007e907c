//! Results that are still being written: read as far as they are there, and then further.

use super::csv::RowParser;
use super::input::Input;
use super::options::ReadOptions;
use super::outcome::{Outcome, Part, Tally};
use super::sink::Sink;
use super::source::{Piece, Source};
use super::worker::Worker;
use crate::error::{Error, Result};

/// How far reading came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// As far as was asked; there may be more.
    Further,
    /// To the end of what is there.
    ToTheEnd,
    /// What is there shows that the beginning was taken for something else than it is, as when the
    /// first rows are damaged: it is to be read again.
    Misjudged,
}

/// One input of CSV, read as it grows by a single sink. The input's reader says with
/// [`WouldBlock`](std::io::ErrorKind::WouldBlock) that there is no more for now, and ends as any
/// reader does. However the input grows, in the end all samples and rejections are those of
/// [`read`](super::read).
pub struct Growing<S> {
    name: String,
    source: Source,
    worker: Worker<S>,
    parser: Option<RowParser>,
    buffer: Vec<u8>,
}

impl<S: Sink> Growing<S> {
    /// Reads nothing yet.
    pub fn new(input: Input, options: &ReadOptions, sink: S) -> Self {
        let timestamps = options.timestamps.clone();
        Growing {
            name: input.name.clone(),
            source: Source::new(vec![input], timestamps, options.block_size),
            worker: Worker::new(options, sink),
            parser: None,
            buffer: Vec::new(),
        }
    }

    /// Reads on, at most so many blocks.
    ///
    /// # Errors
    ///
    /// When the input cannot be read, or is no CSV of results.
    pub fn read_on(&mut self, most_blocks: usize) -> Result<Progress> {
        for _ in 0..most_blocks {
            match self.source.next_piece(&mut self.buffer)? {
                Some(Piece::Block(block)) => {
                    self.worker.parse(&mut self.parser, &self.buffer, &block);
                    self.join_blocks();
                }
                Some(Piece::Xml(_)) => {
                    return Err(Error::input(
                        self.name.as_str(),
                        "is XML, which is complete only when the run has ended: analyze it then, or \
                         have JMeter write CSV (-Jjmeter.save.saveservice.output_format=csv)",
                    ));
                }
                None if self.source.holds_layouts() => return Ok(Progress::ToTheEnd),
                None => return Ok(Progress::Misjudged),
            }
        }
        Ok(Progress::Further)
    }

    /// The sink, with every sample read so far.
    pub fn sink(&self) -> &S {
        &self.worker.sink
    }

    /// Rows read so far.
    pub fn rows(&self) -> u64 {
        self.worker.rows
    }

    /// Whether a row could not be read.
    pub fn has_rejected(&self) -> bool {
        !self.worker.rejected.is_empty()
    }

    /// The sink, when all was read.
    pub fn into_sink(self) -> S {
        self.worker.sink
    }

    /// What became of the rows read so far.
    pub fn outcome(&self) -> Outcome<()> {
        let worker = &self.worker;
        let part = Part {
            sink: (),
            rows: worker.rows,
            rejected: worker.rejected.clone(),
            blocks: worker.blocks.clone(),
        };
        Outcome::new(vec![part], self.source.summaries())
    }

    /// Makes one of the last two blocks where no header lies between them: hours of a few rows at a
    /// time would be a great many.
    fn join_blocks(&mut self) {
        let Worker {
            rejected, blocks, ..
        } = &mut self.worker;
        let [.., one, other] = &mut blocks[..] else {
            return;
        };
        if other.headers_before > 0 {
            return;
        }
        for Tally { first, .. } in rejected.values_mut() {
            if first.0 == other.index {
                *first = (one.index, one.lines + first.1);
            }
        }
        one.lines += other.lines;
        blocks.pop();
    }
}
