//! Renderers: each sees only the report, and none computes a statistic.

pub mod columns;
pub mod csv;
pub mod html;
pub mod json;
pub mod markdown;
pub mod outcomes;
pub mod table;
mod text;
