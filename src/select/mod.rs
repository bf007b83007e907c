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
pub use group::{GroupBy, InvalidGroupBy};
pub use labels::{LabelSet, is_sub_result};
pub use moment::{InvalidMoment, Moment};
pub use pattern::{InvalidRegex, regex};
pub use rename::{InvalidRename, Rename, RenameProblem};
pub use selected::{Parts, Selected};
pub use selection::{Bound, Controllers, Selection, Unselectable};
pub use survey::{Needs, Survey};
pub use threads::NoPlateau;
