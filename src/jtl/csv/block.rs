//! Pieces of an input that workers parse on their own.

use std::sync::Arc;

use super::index::CHUNK;
use super::layout::Layout;
use crate::jtl::number::WORD;
use crate::jtl::sample::Origin;

/// Bytes that follow a block in its buffer, so that the index reads whole chunks and numbers are
/// loaded as whole words.
pub const PADDING: usize = CHUNK;

const _: () = assert!(PADDING >= CHUNK && PADDING >= WORD);

/// A piece of an input: whole records of one layout, in the buffer that was filled.
#[derive(Debug)]
pub struct Block {
    /// Counted from 0 over all inputs.
    pub index: u64,
    /// Which input, counted from 0.
    pub input: u32,
    /// Bytes from the start of the first input.
    pub position: u64,
    /// Bytes of the buffer that belong to the block; the last one is a line feed.
    pub len: usize,
    /// Header rows between the block before and this one.
    pub headers_before: u64,
    /// What the columns are.
    pub layout: Arc<Layout>,
    /// Whether the line feed at the end is added, because the input ends without one.
    pub is_unterminated: bool,
}

impl Block {
    /// Where a row that begins at this place in the block comes from.
    #[inline(always)]
    pub fn origin(&self, place: usize) -> Origin {
        Origin {
            position: self.position + place as u64,
            input: self.input,
        }
    }
}
