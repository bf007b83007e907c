//! The history of a system over many runs: since when is a figure higher or lower, and is the newest run
//! as expected?
//!
//! A directory of saved runs is the history: [`saved`] is their format. [`History::new`] takes the
//! [indexes](saved::Index) of the runs, keeps platforms apart, and gives for each label and metric:
//!
//! * **Changes of level**, each with the run at which it begins: see [`detect`] for the method. Over all
//!   labels and metrics, the share of false ones among those reported is at most 5%: the procedure of
//!   Benjamini and Hochberg, "Controlling the false discovery rate" (1995).
//! * **Outliers**: single runs far from their level. They are never changes.
//! * **The verdict on the newest run**: whether it lies within the prediction interval of the current
//!   level. Over all labels and metrics together, at most 1 in 100 unchanged runs is called worse.

mod build;
pub mod detect;
mod events;
mod metric;
mod model;
mod names;
mod newest;
mod regimes;
pub mod saved;
#[cfg(test)]
mod schema;

pub use build::Settings;
pub use metric::{Metric, UnknownMetric};
pub use model::{
    Change, Event, Expectation, History, Level, PlatformHistory, Run, SCHEMA_VERSION, Series,
    Since, Verdict,
};
pub(crate) use names::run_name;
