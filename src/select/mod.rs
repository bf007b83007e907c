//! Which samples count, and under which label.
//!
//! A [`Selection`] is what was asked for. Some of it depends on the whole run (its start, its
//! threads, its labels), which a [`Survey`] finds out in a first pass over the inputs.
//! [`Selection::settle`] makes a [`Choice`] of both, and a [`Selected`] sink applies it between
//! [`crate::jtl::read`] and the sink that counts.

mod choice;
mod group;
mod labels;
mod memo;
mod moment;
mod pattern;
mod rename;
mod selected;
mod selection;
mod survey;
mod threads;

pub use choice::Choice;
pub use group::GroupBy;
pub use labels::{LabelSet, is_sub_result};
pub use moment::Moment;
pub use pattern::regex;
pub use rename::Rename;
pub use selected::{Filtered, Parts, Selected};
pub use selection::{Bound, Controllers, Selection};
pub use survey::{Needs, Survey};
