//! Renderers: each sees only the report, and none computes a statistic.

pub mod columns;
pub mod compare;
pub mod criteria;
pub mod csv;
pub mod dashboard;
pub mod hgrm;
pub mod html;
pub mod json;
pub mod junit;
pub mod live;
pub mod markdown;
pub mod marked;
pub mod outcomes;
pub mod prometheus;
pub mod statistics;
pub mod table;
pub(crate) use crate::text;
