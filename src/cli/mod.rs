//! The command line: the only module that knows clap.

mod analyze;
mod gate;
mod plan;
mod platform;
mod publish;
mod selection;
mod serve;
mod shell;

use clap::{Parser, Subcommand};

pub use analyze::{AnalyzeArgs, ChartTheme, Compat, Format};
pub use gate::GateArgs;
pub use plan::{PlanArgs, Protocol};
pub use platform::{PlatformArgs, PlatformFormat};
pub use publish::PublishArgs;
pub use selection::{Controllers, SelectionArgs, SubResults};
pub use serve::ServeArgs;
pub use shell::{CompletionsArgs, ManArgs};

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
    /// Write JMeter's test plan of the standard test
    Plan(PlanArgs),
    /// Serve the HTTP target that JMeter drives
    Serve(ServeArgs),
    /// Say what machine this is, for the details of a report
    Platform(PlatformArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Write man pages
    Man(ManArgs),
}
