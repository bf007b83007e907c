//! Inputs: files, standard input, and files that grow, plain or compressed.

mod decode;
mod directory;
mod kind;
mod open;
mod tail;

pub(super) use self::kind::describe_other;
pub use self::open::{BytesRead, Input, open};
pub use self::tail::{Change, Tail};
