//! The command line: the only module that knows clap.

mod analyze;
mod compare;
mod gate;
mod platform;
mod selection;
mod serve;

use clap::{Parser, Subcommand};

pub use analyze::{AnalyzeArgs, ChartTheme, Compat, Format};
pub use compare::{CompareArgs, CompareFormat};
pub use gate::GateArgs;
pub use platform::{PlatformArgs, PlatformFormat};
pub use selection::{Controllers, SelectionArgs, SubResults};
pub use serve::ServeArgs;

/// Load tests with Apache JMeter, from the target server to the pasted table.
#[derive(Debug, Parser)]
#[command(name = "perfkit", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Turn JMeter results into the Aggregate Report table and charts
    Analyze(Box<AnalyzeArgs>),
    /// Compare runs: what changed, and whether it is real or noise
    Compare(Box<CompareArgs>),
    /// Serve the HTTP target that JMeter drives
    Serve(ServeArgs),
    /// Say what machine this is, for the details of a report
    Platform(PlatformArgs),
}
