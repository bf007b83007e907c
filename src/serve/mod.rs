//! The target server: two CPU-bound HTTP endpoints, monitored while they are under test.
//!
//! [`app`] builds the application for a [`Target`]. [`run`] serves it within [`Limits`] until its
//! shutdown future completes.

mod access_log;
mod activity;
mod answer;
mod app;
mod connection;
mod decimal;
mod exposition;
mod fibonacci;
mod limits;
mod listener;
mod metrics;
pub mod monitor;
mod monitor_file;
pub mod platform;
mod prime;
mod usage;
mod wire;

pub use access_log::AccessLog;
pub use app::{DEFAULT_MAX_FIBONACCI, Target, app};
pub use fibonacci::Fibonacci;
pub use limits::{Limits, MIN_OPEN_FILES, connections_within, open_files_for};
pub use listener::{listen, run, run_all};
pub use metrics::{Answered, Counts, Metrics, Route};
pub use prime::{TRIAL_DIVISION_LIMIT, is_prime};
