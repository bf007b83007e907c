//! Blocks of XML, read in parallel.
//!
//! Where a block begins in the XML is known when the block before it has been read. Until then, a
//! worker guesses that it begins like others did: between two samples, at the same indent. It reads the
//! block with that guess and keeps the rows. If the guess was right, so are they, and what the reader
//! knows at the end of the block. If not, the block is read again from where it really begins. So
//! neither the cuts nor the guess affect what is read, only how fast.

use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::reader::{Row, XmlEnd};
use super::relay::Relay;
use super::unreadable::Unreadable;
use crate::error::{Error, Result};

/// A block of XML.
#[derive(Debug)]
pub struct XmlBlock {
    /// Number of the block in its input, counted from 0.
    pub(super) number: u64,
    /// See [`Block::index`](crate::jtl::csv::Block::index): the same for all blocks of an input.
    pub index: u64,
    /// See [`Sample::input`](crate::jtl::Sample::input).
    pub input: u32,
    /// Bytes from the start of the first input.
    pub position: u64,
    /// Length in bytes.
    pub len: usize,
    /// Whether the input ends with it.
    pub is_last: bool,
    pub(super) relay: Arc<Relay>,
}

impl XmlBlock {
    /// Reads the rows that end in this block, and gives them to `take` until it breaks, with the number of
    /// lines of the input before each. Returns what is known about the input if it ends here.
    ///
    /// # Errors
    ///
    /// When the XML is refused: it is not JMeter's, not UTF-8, or has a document type.
    pub fn read(
        &self,
        bytes: &[u8],
        mut take: impl FnMut(u64, Row<'_>) -> ControlFlow<()>,
    ) -> Result<Option<XmlEnd>> {
        let guess = self.relay.guess(self.number);
        let ahead = guess.map(|guess| {
            let mut ahead = self.relay.ahead();
            let outcome = ahead.read(self, bytes, guess);
            (ahead, outcome)
        });
        let Some(mut reader) = self.relay.wait(self.number) else {
            return Ok(None);
        };
        let is_right = guess.is_some() && reader.boundary() == guess;
        match ahead {
            Some((mut ahead, outcome)) if is_right => {
                outcome.map_err(|problem| self.refuse(problem))?;
                let lines = reader.lines();
                ahead.reader.follow(&mut reader);
                mem::swap(&mut ahead.reader, &mut reader);
                let end = self.is_last.then(|| reader.end());
                self.relay.pass(reader);
                ahead.rows.give(lines, take);
                self.relay.give_back(ahead);
                return Ok(end);
            }
            Some((ahead, _)) => self.relay.give_back(ahead),
            None => {}
        }
        reader.feed(bytes, self.is_last);
        while let Some((lines, row)) = reader
            .next_row(self.input)
            .map_err(|problem| self.refuse(problem))?
        {
            if take(lines, row).is_break() {
                return Ok(None);
            }
        }
        let end = self.is_last.then(|| reader.end());
        self.relay.pass(reader);
        Ok(end)
    }

    fn refuse(&self, problem: Unreadable) -> Error {
        Error::input(self.relay.setup().name.clone(), problem)
    }
}

impl Drop for XmlBlock {
    /// Nobody waits in vain for a block that was not read.
    fn drop(&mut self) {
        self.relay.leave(self.number);
    }
}
