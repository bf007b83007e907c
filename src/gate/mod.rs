//! Criteria: conditions under which a run fails, evaluated against its report.
//!
//! ```text
//! [label or /regex/:] metric op value [for|over|within time]
//!
//! p95 > 500ms                     of all samples together
//! Login: error% > 1%              of one label
//! /^GET /: avg >= 0.2s            of each label that the regular expression matches
//! throughput < baseline * 0.9     relative to the same metric of a saved report
//! p95 > 1s for 30s                in all buckets of a stretch that long
//! errors > 10 over 30s            in any window of that length
//! ```
//!
//! A criterion that cannot be judged is an error, never a pass: one on a metric that the run does not
//! have, one that could not fail, or one that rejected rows put in doubt.

mod codes;
mod column;
mod condition;
mod criterion;
mod cursor;
mod error;
mod evaluate;
mod file;
mod metric;
mod parse;
mod range;
mod rejected;
mod series;
mod timing;
mod value;
mod whole;

pub use codes::CodePattern;
pub use column::{ColumnMetric, ColumnStatistic};
pub use criterion::{Arithmetic, Criterion, Limit, Op, Pattern, Scope, Timing};
pub use evaluate::{Run, evaluate};
pub use file::{FileError, parse as parse_file};
pub use metric::{Metric, Statistic};
pub use parse::ParseError;
pub use rejected::{InvalidMaxRejected, MaxRejected, rejected_rows};
pub use value::{Quantity, Unit};
