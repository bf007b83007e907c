//! Defines the command line; no other module uses clap.

mod analyze;
mod compare;
mod config;
mod error;
mod follow;
mod gate;
mod help;
mod history;
mod plan;
mod platform;
mod publish;
mod reading;
mod selection;
mod serve;
mod shell;
mod shell_files;
mod summarize;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use analyze::{AnalyzeArgs, ChartTheme, Compat, Format, InsightCount};
pub use compare::{CompareArgs, CompareFormat};
pub use config::{Defaults, parse};
pub use follow::FollowArgs;
pub use gate::GateArgs;
pub use history::{HistoryArgs, HistoryChoice, HistoryFormat, RunOrder};
pub use plan::{PlanArgs, Protocol};
pub use platform::{PlatformArgs, PlatformFormat};
pub use publish::PublishArgs;
pub use reading::{ReadingArgs, TimestampUnit};
pub use selection::{Controllers, SelectionArgs, SubResults};
pub use serve::ServeArgs;
pub use shell::{CompletionsArgs, ManArgs};
pub use shell_files::{completion_script, man_pages};
pub use summarize::SummarizeArgs;

const EXAMPLES: &str = "\
Examples:
  perfkit analyze results.jtl                    print the table, write results-report/
  perfkit compare before.jtl after.jtl           say what changed
  perfkit history runs                           since when is it slower?
  perfkit analyze results.jtl --fail-if 'p95 > 500ms'
  perfkit analyze --follow results.jtl           watch a run while JMeter writes it";

const DEFAULTS: &str = "\
perfkit.toml in the working directory sets defaults, by command:
  [analyze]
  percentiles = [50, 95, 99.9]
  fail-if = [\"error% > 1%\"]

An option on the command line overrides the environment, which overrides the file. Only
a file named by --config may set server, listen, monitor, or paths outside its directory.";

/// Analyze and compare Apache JMeter load tests
#[derive(Debug, Parser)]
#[command(
    name = "perfkit",
    version,
    propagate_version = true,
    help_template = help::EXAMPLES_FIRST,
    before_help = EXAMPLES,
    after_long_help = DEFAULTS
)]
pub struct Cli {
    /// The subcommand to run.
    #[command(subcommand)]
    pub command: Command,

    /// Read defaults of options from FILE [default: perfkit.toml in the working directory]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PERFKIT_CONFIG",
        hide_env_values = true,
        hide_short_help = true,
        help_heading = "Configuration"
    )]
    pub config: Option<PathBuf>,

    /// Ignore perfkit.toml
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        help_heading = "Configuration"
    )]
    pub no_config: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyze a run: table, charts and insights from JMeter results
    Analyze(Box<AnalyzeArgs>),
    /// Compare runs: what changed, and is it more than noise?
    Compare(Box<CompareArgs>),
    /// Follow figures over many runs: since when is it slower?
    History(Box<HistoryArgs>),
    /// Save all statistics of results in a summary file that can be merged with others
    Summarize(Box<SummarizeArgs>),
    /// Write the standard JMeter test plan for `perfkit serve`
    Plan(PlanArgs),
    /// Run a small HTTP server to test machines with
    Serve(ServeArgs),
    /// Print this machine's hardware and operating system
    Platform(PlatformArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Write man pages
    Man(ManArgs),
}
