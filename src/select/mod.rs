//! Which samples count, and under which label.
//!
//! A [`Selection`] is what the user asked for. It may depend on the whole run (its start or threads), which a [`Survey`] collects in a first pass over the inputs. [`Selection::settle`]
//! turns both into a [`Choice`], which a [`Selected`] sink applies between [`crate::jtl::read`] and
//! the sink that counts.

mod choice;
mod families;
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
pub use labels::LabelSet;
pub(crate) use labels::is_sub_result;
pub use moment::{InvalidMoment, Moment};
pub use pattern::{InvalidRegex, regex};
pub use rename::{InvalidRename, Rename, RenameProblem};
pub use selected::{Filtered, Parts, Selected};
pub use selection::{Bound, Controllers, Selection, SubResults, Unselectable};
pub use survey::{Needs, Survey};
pub use threads::NoPlateau;
