//! Arguments of `perfkit summarize`.

use std::path::PathBuf;

use clap::Args;

use super::{ReadingArgs, SelectionArgs};

/// Arguments of `perfkit summarize`.
#[derive(Debug, Args)]
#[command(after_help = "\
perfkit analyze and perfkit compare read summaries in the place of results. Several are read as one \
run: bit for bit what reading all their results at once gives.

Examples:
  perfkit summarize engine1.jtl -o engine1.summary     on each engine
  perfkit analyze engine*.summary                      then, with their summaries together
  perfkit summarize monday.summary tuesday.jtl -o week.summary

Exit codes: 0 done; 2 usage, input or output error.")]
pub struct SummarizeArgs {
    /// JMeter result files (CSV or XML; plain, gzip or zstd) or summaries of them, read as one run;
    /// `-` is standard input
    #[arg(required = true, value_name = "RESULTS")]
    pub results: Vec<PathBuf>,

    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// What counts.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// How the results are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
