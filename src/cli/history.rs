//! Arguments of `perfkit history`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReadingArgs;
use crate::history::Metric;

const EXAMPLES: &str = "\
Examples:
  perfkit analyze results.jtl --save runs --detail commit=abc1234    after each run
  perfkit history runs                             since when is it slower?
  perfkit history runs --format html -o history.html
  perfkit history runs --last 100 --metrics p95,error% --include 'Checkout|Pay'
  perfkit history runs --fail-if-worse --junit history.xml
  perfkit history runs --update README.md";

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  with --fail-if-worse, the newest run is worse than the runs before it
  2  usage, input or output error; or --fail-if-worse has fewer than 5 earlier runs to judge by";

/// Arguments of `perfkit history`.
#[derive(Debug, Args)]
#[command(
    help_template = super::help::EXAMPLES_FIRST,
    before_help = EXAMPLES,
    after_help = EXIT_CODES
)]
pub struct HistoryArgs {
    /// Directories, patterns such as 'runs/2026*', saved runs, report.json, summary files or JMeter results
    #[arg(required = true, value_name = "RUNS")]
    pub runs: Vec<PathBuf>,

    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    pub format: HistoryFormat,

    /// File to write instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Options that choose runs, labels and metrics.
    #[command(flatten)]
    pub choice: HistoryChoice,

    /// Fail with exit code 1 if the newest run is worse than the runs before it let expect
    ///
    /// Of 100 unchanged runs, at most one fails, over all labels and metrics together.
    #[arg(long, help_heading = "Verdict")]
    pub fail_if_worse: bool,

    /// Write the verdict on the newest run as JUnit XML, for CI servers
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Verdict"
    )]
    pub junit: Option<PathBuf>,

    /// Put the trend into this Markdown file, or replace it there
    ///
    /// It stands between marker comments. A later call replaces it and leaves the rest of the file
    /// unchanged.
    #[arg(long, value_name = "FILE", help_heading = "Publishing")]
    pub update: Option<PathBuf>,

    /// Name of that block
    #[arg(
        long,
        value_name = "NAME",
        default_value = "history",
        hide_short_help = true,
        help_heading = "Publishing"
    )]
    pub key: String,

    /// Write the main chart as a PNG: p95 and median of all samples, with their levels
    #[arg(long, value_name = "FILE", help_heading = "Publishing")]
    pub chart: Option<PathBuf>,

    /// Options for reading results.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// Arguments that choose runs, labels and metrics of a history.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Runs")]
pub struct HistoryChoice {
    /// Only the newest N runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub last: Option<u32>,

    /// Only runs that started then or later, such as 2026-11-01 or '2026-11-01 08:00'
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,

    /// Only labels that match as a whole, besides TOTAL; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub include: Vec<String>,

    /// Metrics to follow: average, median, p90, p95, p99, error%, throughput, latency, connect, received
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "median,p95,average,error%,throughput"
    )]
    pub metrics: Vec<Metric>,

    /// Order of the runs
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub order: RunOrder,

    /// Details that tell platforms apart, such as Platform or Region [default: hardware, and all details
    /// that are not of a build or a run]; repeatable
    #[arg(long, value_name = "KEY")]
    pub platform_by: Vec<String>,
}

/// Order of the runs of a history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum RunOrder {
    /// By their first sample
    #[default]
    Start,
    /// As given; those of a directory by name
    Given,
}

/// What `perfkit history` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// Summary, changes and newest run, for a comment on a pull request
    #[default]
    Markdown,
    /// Tables with sparklines, as wide as the terminal
    Table,
    /// One page with charts, without anything to load
    Html,
    /// All figures, by the schema in examples/history.schema.json
    Json,
}
