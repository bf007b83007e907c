//! Blocks of XML, read in parallel.
//!
//! Where a block begins in the XML is known when the block before it has been read. Until then, a
//! worker guesses that it begins like others did: between two samples, at the same indent. It reads the
//! block with that guess and keeps the rows. If the guess was right, so are they, and what the reader
//! knows at the end of the block. If not, or if the XML seems to be refused, the block is read again from
//! where it really begins. So neither the cuts nor the guess affect what is read, only how fast.

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
            let is_read = ahead.read(self, bytes, guess).is_ok();
            (ahead, is_read)
        });
        let Some(mut reader) = self.relay.wait(self.number) else {
            return Ok(None);
        };
        let is_right = guess.is_some() && reader.boundary() == guess;
        match ahead {
            Some((mut ahead, true)) if is_right => {
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

#[cfg(test)]
mod tests {
    use super::super::cut::XmlCutter;
    use super::super::reader::Setup;
    use super::*;
    use crate::jtl::xml::Stamps;

    /// The text in blocks of about this size.
    fn blocks(text: &str, size: usize) -> Vec<(XmlBlock, &[u8])> {
        let setup = Setup {
            name: "results.xml".to_owned(),
            stamps: Stamps::default(),
            is_encoding_known: false,
            group: None,
            metrics: Vec::new(),
            reads_nested: false,
        };
        let mut rest = text.as_bytes();
        let mut cutter = XmlCutter::new(setup, rest, (0, 0), 0);
        let mut blocks = Vec::new();
        while !rest.is_empty() {
            let is_last = rest.len() <= size;
            let len = match is_last {
                true => rest.len(),
                false => cutter.cut(&rest[..size]),
            };
            let position = (text.len() - rest.len()) as u64;
            blocks.push((cutter.block(len, position, is_last), &rest[..len]));
            rest = &rest[len..];
        }
        blocks
    }

    const ROW: &str =
        "<sample t=\"1\" ts=\"2\" s=\"true\" lb=\"a\">\n  <x/>\n  <sample/>\n</sample>\n";

    /// Reads blocks in order, and returns the number of rows and of right guesses.
    fn read(blocks: &[(XmlBlock, &[u8])]) -> (usize, usize) {
        let (mut rows, mut right) = (0, 0);
        for (block, bytes) in blocks {
            // As if the block before were still being read.
            let guess = block.relay.guess(block.number + 1);
            right += usize::from(guess.is_some() && block.relay.boundary() == guess);
            let count = |_, row: Row<'_>| {
                rows += usize::from(row.is_ok());
                ControlFlow::Continue(())
            };
            block.read(bytes, count).unwrap();
        }
        (rows, right)
    }

    #[test]
    fn guesses_are_right_after_the_first_blocks() {
        let text = format!("<testResults>\n{}</testResults>\n", ROW.repeat(1_000));
        let blocks = blocks(&text, 2_000);
        assert!(blocks.len() > 30);
        assert_eq!(read(&blocks), (1_000, blocks.len() - 1));
    }

    #[test]
    fn guesses_are_right_again_after_damage() {
        let damaged = ROW.replace("<x/>", "<x><y");
        let rows = [ROW.repeat(500), damaged, ROW.repeat(500)].concat();
        let text = format!("<testResults>\n{rows}</testResults>\n");
        let blocks = blocks(&text, 2_000);
        let (rows, right) = read(&blocks);
        assert_eq!(rows, 1_000);
        assert!(right >= blocks.len() - 3, "{right} of {}", blocks.len());
    }

    #[test]
    fn a_block_that_is_dropped_stops_those_that_follow() {
        let text = format!("<testResults>\n{}</testResults>\n", ROW.repeat(100));
        let mut blocks = blocks(&text, 2_000).into_iter();
        drop(blocks.next());
        let (block, bytes) = blocks.next().unwrap();
        let end = block.read(bytes, |_, _| unreachable!()).unwrap();
        assert!(end.is_none());
    }
}
