//! Reading of results that are still being written.

use super::csv::RowParser;
use super::input::Input;
use super::options::ReadOptions;
use super::outcome::{Outcome, Part, Tally};
use super::sink::Sink;
use super::source::{Piece, Source};
use super::worker::Worker;
use crate::error::{Error, Result};

/// How far reading got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// As many blocks as asked for; there may be more.
    Further,
    /// To the current end of the input.
    ToTheEnd,
    /// Later rows show that the layout was detected wrongly, for example because the first rows are
    /// damaged. The input has to be read again.
    Misjudged,
}

/// Reads one CSV input as it grows, into a single sink. The input's reader returns
/// [`WouldBlock`](std::io::ErrorKind::WouldBlock) while there is no more for now, and ends like any
/// other reader. However the input grows, the samples and rejections are those of
/// [`read`](super::read) in the end.
pub struct Growing<S> {
    name: String,
    source: Source,
    worker: Worker<S>,
    parser: Option<RowParser>,
    buffer: Vec<u8>,
    /// Whether an earlier reading showed the order of day and month.
    is_order_known: bool,
}

impl<S: Sink> Growing<S> {
    /// Prepares to read `input`.
    pub fn new(input: Input, options: &ReadOptions, sink: S) -> Self {
        Growing {
            name: input.name.clone(),
            source: Source::new(vec![input], options),
            worker: Worker::new(options, sink),
            parser: None,
            buffer: Vec::new(),
            is_order_known: !options.timestamps.orders.is_empty(),
        }
    }

    /// Continues to read, at most `max_blocks` blocks.
    ///
    /// # Errors
    ///
    /// When the input cannot be read, or is not CSV results.
    pub fn read_on(&mut self, max_blocks: usize) -> Result<Progress> {
        for _ in 0..max_blocks {
            match self.source.next_piece(&mut self.buffer)? {
                Some(Piece::Block(block)) => {
                    self.worker.parse(&mut self.parser, &self.buffer, &block);
                    if self.worker.dates.contradiction.is_some() {
                        return self.contradicted();
                    }
                    self.join_blocks();
                }
                Some(Piece::Xml(_)) => {
                    return Err(Error::input(
                        self.name.as_str(),
                        "is XML, which is complete only when the run has ended: analyze it then, or \
                         have JMeter write CSV (-Jjmeter.save.saveservice.output_format=csv)",
                    ));
                }
                None if self.source.confirms_layouts() => return Ok(Progress::ToTheEnd),
                None => return Ok(Progress::Misjudged),
            }
        }
        Ok(Progress::Further)
    }

    /// Stops at a row that contradicts the assumed order of day and month.
    fn contradicted(&mut self) -> Result<Progress> {
        self.source.stop();
        match self.outcome().contradiction {
            Some(contradiction) if self.is_order_known => Err(contradiction.refuse(true)),
            _ => Ok(Progress::Misjudged),
        }
    }

    /// The options to read the input with again after [`Progress::Misjudged`].
    pub fn options_for_next(&self, options: &ReadOptions) -> ReadOptions {
        let mut options = options.clone();
        options
            .timestamps
            .orders
            .extend(self.outcome().other_order());
        options
    }

    /// The sink, with every sample read so far.
    pub fn sink(&self) -> &S {
        &self.worker.sink
    }

    /// Number of rows read so far.
    pub fn rows(&self) -> u64 {
        self.worker.rows
    }

    /// Whether any row was rejected or repaired.
    pub fn has_faults(&self) -> bool {
        self.worker.has_faults()
    }

    /// The sink, with every sample that was read.
    pub fn into_sink(self) -> S {
        self.worker.sink
    }

    /// The outcome so far.
    pub fn outcome(&self) -> Outcome<()> {
        let worker = &self.worker;
        let part = Part {
            sink: (),
            rows: worker.rows,
            rejected: worker.rejected.clone(),
            repaired: worker.repaired.clone(),
            blocks: worker.blocks.clone(),
            dates: worker.dates.clone(),
        };
        Outcome::new(vec![part], self.source.summaries())
    }

    /// Joins the last two blocks if there is no header between them. A file that grows by a few
    /// rows at a time for hours would have very many blocks.
    fn join_blocks(&mut self) {
        let Worker {
            rejected,
            repaired,
            blocks,
            ..
        } = &mut self.worker;
        let [.., one, other] = &mut blocks[..] else {
            return;
        };
        if other.headers_before > 0 {
            return;
        }
        for Tally { first, .. } in rejected.values_mut().chain(repaired.values_mut()) {
            if first.0 == other.index {
                *first = (one.index, one.lines + first.1);
            }
        }
        one.lines += other.lines;
        blocks.pop();
    }
}
