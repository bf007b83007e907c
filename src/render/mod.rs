//! Renderers: each sees only the report, and none computes a statistic.
//!
//! Tables are built once from the report ([`tables`]) and printed by what knows only tables
//! ([`print`]).

pub mod columns;
pub mod compare;
pub mod criteria;
pub mod csv;
pub mod hgrm;
pub mod html;
pub mod json;
pub mod junit;
pub mod live;
pub mod markdown;
pub mod print;
pub mod prometheus;
pub mod readme_block;
pub mod statistics;
pub mod table;
pub mod tables;
pub mod terminal;

pub(crate) use crate::text;
