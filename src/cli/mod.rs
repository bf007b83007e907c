//! The command line: the only module that knows clap.

mod analyze;
mod compare;
mod config;
mod error;
mod follow;
mod gate;
mod plan;
mod platform;
mod publish;
mod reading;
mod selection;
mod serve;
mod shell;
mod summarize;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use analyze::{AnalyzeArgs, ChartTheme, Compat, Format};
pub use compare::{CompareArgs, CompareFormat};
pub use config::parse;
pub use follow::FollowArgs;
pub use gate::GateArgs;
pub use plan::{PlanArgs, Protocol};
pub use platform::{PlatformArgs, PlatformFormat};
pub use publish::PublishArgs;
pub use reading::ReadingArgs;
pub use selection::{Controllers, SelectionArgs, SubResults};
pub use serve::ServeArgs;
pub use shell::{CompletionsArgs, ManArgs, man_pages};
pub use summarize::SummarizeArgs;

const AFTER_HELP: &str = "\
Examples:
  perfkit serve                                on the machine to test
  perfkit plan --host 192.168.1.3 > plan.jmx   on the machine with JMeter
  jmeter -n -t plan.jmx -l results.jtl
  perfkit analyze results.jtl --server http://192.168.1.3:5000

Defaults: perfkit.toml in the working directory, such as
  [analyze]
  percentiles = [50, 95, 99.9]
  fail-if = [\"error% > 1%\"]
An option given comes first, then the environment, then the file.";

/// Load tests with Apache JMeter, from the target server to the pasted table.
#[derive(Debug, Parser)]
#[command(name = "perfkit", version, propagate_version = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// File with defaults of options, by command [default: perfkit.toml, if there is one here]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PERFKIT_CONFIG",
        hide_env_values = true,
        help_heading = "Defaults"
    )]
    pub config: Option<PathBuf>,

    /// Read no file with defaults
    #[arg(long, global = true, help_heading = "Defaults")]
    pub no_config: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Turn JMeter results into the Aggregate Report table and charts
    Analyze(Box<AnalyzeArgs>),
    /// Compare runs: what changed, and whether it is real or noise
    Compare(Box<CompareArgs>),
    /// Save all statistics of results in a small file that merges with others
    Summarize(SummarizeArgs),
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
