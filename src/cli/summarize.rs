//! Arguments of `perfkit summarize`.

use std::path::PathBuf;

use clap::Args;

use super::{ReadingArgs, SelectionArgs};

/// Arguments of `perfkit summarize`.
#[derive(Debug, Args)]
#[command(after_help = "\
perfkit analyze and perfkit compare read summary files in place of results. Several are read as one \
run, with the same report, bit for bit, as from all their results at once.

Examples:
  perfkit summarize engine1.jtl -o engine1.summary     on each load generator
  perfkit analyze engine*.summary                      merge their summary files
  zstdcat engine1.zst | perfkit summarize - --name engine1 -o engine1.summary
  perfkit summarize monday.summary tuesday.jtl -o week.summary

Exit codes: 0 done; 2 usage, input or output error.")]
pub struct SummarizeArgs {
    /// JMeter results (CSV or XML, plain, gzip or zstd) or summary files, read as one run; `-` is
    /// standard input
    #[arg(required = true, value_name = "RESULTS")]
    pub results: Vec<PathBuf>,

    /// Name of the one input in notes and insights, such as its load generator's [default: its path]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Take the same input twice: its rows count twice
    #[arg(long, hide_short_help = true, help_heading = "Reading")]
    pub allow_repeats: bool,

    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Options that select samples.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Options for reading results.
    #[command(flatten)]
    pub reading: ReadingArgs,
}
