//! JMeter result files: bytes to blocks to records to samples.
//!
//! [`read`] opens nothing and computes nothing: it takes [`input::Input`]s, finds out their
//! [`layout`], cuts them into [`blocks`] of whole records, and pushes a borrowed [`Sample`] for
//! each good row into a [`Sink`]. Bad rows are tallied by [`Fault`]. `xml` does the same for the
//! results that JMeter writes as XML. [`Growing`] reads a file that is still being written, of which a
//! [`tail::Tail`] tells whether it is still the same.

pub mod blocks;
mod cut;
mod default_order;
mod engine;
mod growing;
#[doc(hidden)]
pub mod index;
pub mod input;
#[doc(hidden)]
pub mod layout;
mod number;
mod opening;
mod outcome;
mod pair;
mod plain;
mod quoted;
mod reader;
mod row;
mod sample;
pub mod tail;
pub mod timestamp;
mod xml;

pub use engine::{Engine, host_prefix, shifted_engine};
pub use growing::{Growing, Progress};
pub use outcome::{InputRead, Outcome, RejectionTally};
pub use reader::{ReadOptions, Sink, read};
pub use row::{Fault, Field, LONGEST_ROW};
pub use sample::Sample;
pub use xml::{XmlFault, XmlSummary};
