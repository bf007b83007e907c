//! Saved runs: one file per run, kept for years.
//!
//! The container is that of [`analysed::saved`](crate::analysed::saved). Its sections:
//!
//! * `INDX` comes first: the [`Index`] as JSON, at most 50,000 bytes. A history reads nothing else.
//! * `REPT` is the report as JSON, in the layout of `report.json`: what a comparison needs.
//! * `SUMM` is a summary file: what analyzing the run again, or with others, needs. Other versions of
//!   perfkit may not read it.
//!
//! Fields in JSON have names, and readers ignore those that they do not know.

mod error_bars;
mod file;
mod index;

pub use file::{encode, read_index};
pub use index::{Estimate, Index, LabelIndex};
