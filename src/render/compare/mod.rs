//! A comparison as Markdown, terminal table, CSV and JSON; its page is in [`super::html`].

mod cells;
mod compact;
mod csv;
mod figures;
mod json;
mod markdown;
mod platforms;
mod readme;
mod sentence;
mod terminal;

pub use csv::csv;
pub use json::json;
pub use markdown::markdown;
pub(crate) use readme::readme_names;
pub use readme::readme_table;
pub use sentence::{missing_labels, summary};
pub use terminal::terminal;

pub(super) use compact::{Compact, Row, legend, table as compact_table};
pub(super) use figures::of_all as all_figures;
pub(super) use platforms::platforms;
pub(super) use sentence::{effect, method};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The labels that changed, then the others in brief.
    Changes,
    /// Every figure of every label.
    All,
}
