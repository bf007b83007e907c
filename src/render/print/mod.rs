//! Printers: each takes tables, and knows nothing of reports.

pub mod csv;
pub mod html;
pub mod markdown;
pub mod terminal;
