//! Printers: each takes tables, and knows nothing of reports.

pub mod csv;
#[cfg(feature = "charts")]
pub mod html;
pub mod markdown;
pub mod terminal;
