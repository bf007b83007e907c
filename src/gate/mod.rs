//! Criteria: conditions under which a run fails, held against its report.
//!
//! ```text
//! [label or /regex/:] metric op value [for time]
//!
//! p95 > 500ms                     of all samples together
//! Login: error% > 1%              of one label
//! /^GET /: avg >= 0.2s            of each label that the regular expression finds
//! throughput < baseline * 0.9     against the same figure of a saved report
//! p95 > 1s for 30s                in every bucket of time of a stretch that long
//! ```
//!
//! A metric that a run does not have is an error, never a pass.

mod criterion;
mod cursor;
mod evaluate;
mod file;
mod metric;
mod parse;
mod sustained;
mod value;

pub use criterion::{Arithmetic, Criterion, Limit, Op, Pattern, Target};
pub use evaluate::evaluate;
pub use file::{FileError, parse as parse_file};
pub use metric::{Figure, Metric};
pub use parse::ParseError;
pub use value::{Quantity, Unit};
