//! Criteria: conditions under which a run fails, evaluated against its report.
//!
//! ```text
//! [label or /regex/:] metric op value [for time]
//!
//! p95 > 500ms                     of all samples together
//! Login: error% > 1%              of one label
//! /^GET /: avg >= 0.2s            of each label that the regular expression matches
//! throughput < baseline * 0.9     relative to the same metric of a saved report
//! p95 > 1s for 30s                in all buckets of a stretch that long
//! ```
//!
//! A criterion on a metric that the run does not have is an error, never a pass.

mod criterion;
mod cursor;
mod error;
mod evaluate;
mod file;
mod metric;
mod parse;
mod sustained;
mod value;

pub use criterion::{Arithmetic, Criterion, Limit, Op, Pattern, Scope};
pub use error::{EvaluateError, Undecidable};
pub use evaluate::evaluate;
pub use file::{FileError, parse as parse_file};
pub use metric::{Metric, Statistic};
pub use parse::ParseError;
pub use value::{Quantity, Unit};
