//! Inputs: files, standard input, and files that grow, plain or compressed.

mod decode;
mod kind;
mod open;
mod tail;

pub use self::open::{BytesRead, Input, open};
pub use self::tail::{Change, Tail};
