//! Renderers: each sees only the report, and none computes a statistic.

pub mod columns;
pub mod criteria;
pub mod csv;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod table;
mod text;
