//! Reading a block before it is known where the one before it ends.

use super::batch::Batch;
use super::block::XmlBlock;
use super::reader::{Boundary, Setup, XmlReader};
use super::unreadable::Unreadable;

/// A reader of one block, from where the block before it probably ends.
#[derive(Debug)]
pub(super) struct Ahead {
    pub reader: XmlReader,
    pub rows: Batch,
}

impl Ahead {
    pub fn new(setup: &Setup) -> Self {
        Ahead {
            reader: XmlReader::new(setup, 0),
            rows: Batch::default(),
        }
    }

    /// Reads a block that begins at this boundary. Its rows are kept, with their lines counted from the
    /// start of the block.
    ///
    /// # Errors
    ///
    /// When the XML is refused, if that is where the block begins.
    pub fn read(
        &mut self,
        block: &XmlBlock,
        bytes: &[u8],
        boundary: Boundary,
    ) -> Result<(), Unreadable> {
        self.rows.clear();
        self.reader.restart(boundary, block.position);
        self.reader.feed(bytes, block.is_last);
        while let Some((lines, row)) = self.reader.next_row(block.input)? {
            self.rows.push(lines, row);
        }
        Ok(())
    }
}
