//! A history as Markdown, terminal table, JSON and block of a README; its page is in [`super::html`].

mod criteria;
mod json;
mod markdown;
mod sentence;
mod sparkline;
mod tables;
mod terminal;

pub use criteria::criteria;
pub use json::json;
pub use markdown::{markdown, readme};
pub use sentence::{summary, verdict};
pub use terminal::terminal;

pub(super) use sentence::{amount, method, outliers, percent};
pub(super) use tables::{events, newest_of as newest_table, platform_title};
