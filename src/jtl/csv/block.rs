//! Pieces of an input, which workers parse independently.

use std::sync::Arc;

use super::index::CHUNK;
use super::layout::Layout;
use crate::jtl::number::WORD;
use crate::jtl::sample::Origin;

/// Bytes that follow a block in its buffer, so that the index reads whole chunks and numbers are
/// loaded as whole words.
pub const PADDING: usize = CHUNK;

const _: () = assert!(PADDING >= CHUNK && PADDING >= WORD);

/// A piece of an input: whole records of one layout, in a buffer.
#[derive(Debug)]
pub struct Block {
    /// Its number, counted from 0 over all inputs.
    pub index: u64,
    /// Number of its input, counted from 0.
    pub input: u32,
    /// Its start: bytes from the start of the first input.
    pub position: u64,
    /// Length in bytes. The last byte is a line feed.
    pub len: usize,
    /// Number of header rows between the block before and this one.
    pub headers_before: u64,
    /// Layout of its rows.
    pub layout: Arc<Layout>,
    /// Whether the last line feed was added, because the input ends without one.
    pub is_unterminated: bool,
}

impl Block {
    /// The origin of the row that starts at this place in the block.
    #[inline(always)]
    pub fn origin(&self, place: usize) -> Origin {
        Origin {
            position: self.position + place as u64,
            input: self.input,
        }
    }
}
