//! JMeter result files: bytes to blocks to records to samples.
//!
//! [`read`] opens nothing and computes nothing: it takes [`input::Input`]s, detects whether each is
//! CSV or XML, cuts it into blocks that several threads parse, and pushes a borrowed [`Sample`] for each
//! good row into a [`Sink`]. Bad rows are counted by [`Fault`]. [`Growing`] reads a file that is
//! still being written; an [`input::Tail`] tells whether it is still the same file.
//!
//! Imports run only downward in this list:
//!
//! | part | job |
//! |---|---|
//! | `reader`, `growing` | read whole inputs, or one that grows |
//! | `worker` | parse blocks, count rows, rejections and repairs |
//! | `source` | inputs to blocks of CSV or XML |
//! | `outcome`, `dates`, `options` | what was read; how to read |
//! | `csv`, `xml` | the two formats: bytes to samples |
//! | [`input`] | files and standard input, decompressed |
//! | `sink`, `sample`, `fault` and the like | what all of them share |

#[doc(hidden)]
pub mod csv;
mod dates;
mod engine;
mod excerpt;
mod fault;
mod fingerprint;
mod flag;
mod growing;
pub mod input;
mod long_text;
mod metric;
mod names;
pub(crate) mod number;
mod options;
mod outcome;
mod pieces;
mod reader;
mod sample;
mod sink;
mod source;
mod usual;
mod worker;
mod xml;

pub use csv::{DateOrder, DatePattern, EpochUnit, GivenHeader, InvalidDatePattern};
pub use dates::{AssumedDates, Contradiction, TimestampsRead};
pub(crate) use engine::{Engine, shifted_engine};
pub use fault::{Fault, Field, MAX_ROW, MAX_TEXT, Repair, TextColumn, XmlFault};
pub use growing::{Growing, Progress};
pub use input::{Encoding, UnknownEncoding};
pub use metric::{InvalidMetric, MetricColumn};
pub(crate) use names::{host, host_and_port, path, thread_group, thread_number, up_to_host};
pub use options::{ColumnOptions, ReadOptions, TimestampOptions};
pub(crate) use outcome::first_fault;
pub use outcome::{
    InputEncoding, InputRead, InputSummary, Outcome, RejectionTally, RepairTally, RowTally,
};
pub(crate) use pieces::{Edge, Reach, Trace, chains};
pub use reader::read;
pub(crate) use reader::read_unchecked;
pub use sample::Sample;
pub use sink::Sink;
#[doc(hidden)]
pub use usual::{AT_ONCE, Kind, UsualRow};
pub use xml::XmlSummary;
