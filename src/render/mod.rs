//! Renderers: each sees only the report, and none computes a statistic.
//!
//! Tables are built once from the report (`tables`), and printers that know only tables print them in
//! each format (`print`).

pub(crate) mod columns;
pub mod compare;
pub mod criteria;
pub mod csv;
pub mod hgrm;
pub mod history;
#[cfg(feature = "charts")]
pub mod html;
pub mod json;
pub mod junit;
#[cfg(feature = "live")]
pub mod live;
pub mod markdown;
pub mod overview;
pub(crate) mod print;
pub mod prometheus;
#[cfg(feature = "cli")]
pub(crate) mod readme_block;
pub mod statistics;
pub(crate) mod table;
pub(crate) mod tables;
pub mod terminal;
mod verdict;

pub(crate) use crate::text;
