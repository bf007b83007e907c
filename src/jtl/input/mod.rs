//! Inputs: files, standard input, and files that grow, plain or compressed.

mod budget;
mod directory;
mod encoding;
mod extent;
mod kind;
mod line_ends;
mod members;
mod open;
mod tail;
mod transcode;
mod unpack;

pub use self::encoding::{Encoding, UnknownEncoding};
pub(super) use self::encoding::{Source as EncodingSource, is_ascii_name};
pub(super) use self::kind::describe_other;
pub(super) use self::line_ends::LineEnds;
pub use self::members::TrailingBytes;
pub use self::open::{BytesRead, Input, open, open_all};
pub use self::tail::{Change, Tail};
pub(super) use self::transcode::Transcoder;
