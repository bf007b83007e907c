//! Analysed results as a small file that merges with others, without loss.
//!
//! Results of a run on many machines, or of more rows than one machine is to read, are analysed where
//! they lie. Each gives a [`Part`]: the whole aggregate, what became of every row, and what a report
//! says of the inputs. Parts put together in the order of their inputs are what reading all of the
//! inputs at once gives, bit for bit.
//!
//! [`encode`] and [`decode`] turn parts into bytes and back. Bytes come from anywhere: what is not a
//! summary, damaged, or does not hold together is refused, and memory stays in proportion to them.

mod file;
mod part;

pub use file::{MAGIC, decode, decode_text, encode, encode_text};
pub use part::Part;
