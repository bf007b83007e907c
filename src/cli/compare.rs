//! Arguments of `perfkit compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error::ValueError;
use super::{GateArgs, ReadingArgs, SelectionArgs};
use crate::apdex::Rule;
use crate::percentile::Percentile;

/// Arguments of `perfkit compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
A change is better or worse only if it is significant and reaches both thresholds. The confidence is \
that of all verdicts together, however many figures are tested. One run a side shows how these two \
runs differ; three or more a side also show how much runs differ anyway.

Examples:
  perfkit compare before.jtl after.jtl
  perfkit compare --baseline a1.jtl a2.jtl a3.jtl --candidate b1.jtl b2.jtl b3.jtl
  perfkit compare main/report.json branch.jtl --fail-if-worse
  perfkit compare main/report.json branch.jtl --fail-if-worse --allow-missing '^Old'
  perfkit compare before.jtl after.jtl --fail-if 'p95 > baseline * 1.1'
  perfkit compare before.jtl after.jtl --format html -o comparison.html
  perfkit compare pi4.json pi5.json laptop.json --update README.md

Exit codes:
  0  done
  1  a criterion failed; or, with --fail-if-worse, a figure got worse or a label is missing
  2  usage, input or output error; or --fail-if-worse cannot be judged for lack of runs")]
pub struct CompareArgs {
    /// The baseline, then the candidates: JMeter result files, or report.json or summaries of perfkit
    /// analyze
    #[arg(
        required_unless_present_any = ["baseline", "candidate"],
        conflicts_with_all = ["baseline", "candidate"],
        num_args = 2..,
        value_name = "RUN"
    )]
    pub runs: Vec<PathBuf>,

    /// Runs of the baseline; give 3 or more on each side to see how much runs differ anyway
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "candidate", help_heading = "Several runs a side")]
    pub baseline: Vec<PathBuf>,

    /// Runs of the candidate
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "baseline", help_heading = "Several runs a side")]
    pub candidate: Vec<PathBuf>,

    /// Name of a run, or of a side of several runs; once for each, in their order [default: the
    /// file's, without its extension; of sides baseline and candidate]
    #[arg(long, value_name = "TEXT", help_heading = "Output")]
    pub name: Vec<String>,

    /// What to print
    #[arg(short, long, value_enum, default_value_t, help_heading = "Output")]
    pub format: CompareFormat,

    /// Print every figure of every label, with its interval and verdict (markdown and table)
    #[arg(long, help_heading = "Output")]
    pub all: bool,

    /// File to write instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Percentiles to show and test, in percent [default: shows 50,90,95,99 and tests 50,95]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    pub percentiles: Vec<Percentile>,

    /// Apdex thresholds in ms of result files, as of perfkit analyze
    #[arg(
        long,
        value_name = "[REGEX=]SATISFIED,TOLERATED",
        help_heading = "Output"
    )]
    pub apdex: Vec<Rule>,

    /// Put a table of all runs into this Markdown file, one row per label and platform, between marker
    /// comments: a later run replaces the table and leaves all else alone
    #[arg(long, value_name = "FILE", help_heading = "Publishing")]
    pub update: Option<PathBuf>,

    /// Name of that block
    #[arg(
        long,
        value_name = "NAME",
        default_value = "comparison",
        help_heading = "Publishing"
    )]
    pub key: String,

    /// Smallest change that matters, in percent of the baseline
    #[arg(long, value_name = "PERCENT", default_value = "5", value_parser = not_negative, help_heading = "Verdict")]
    pub threshold: f64,

    /// Smallest change of a time that matters, in ms
    #[arg(long, value_name = "MS", default_value = "1", value_parser = not_negative, help_heading = "Verdict")]
    pub threshold_ms: f64,

    /// Confidence of the whole comparison, in percent
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = confidence, help_heading = "Verdict")]
    pub confidence: f64,

    /// Fail with exit code 1 if a figure got worse, or a label of the baseline is missing. Of single
    /// runs, only a change whose whole interval is beyond the threshold counts
    #[arg(long, help_heading = "Verdict")]
    pub fail_if_worse: bool,

    /// Labels that may be missing with --fail-if-worse; may be given again
    #[arg(
        long,
        value_name = "REGEX",
        allow_hyphen_values = true,
        help_heading = "Verdict"
    )]
    pub allow_missing: Vec<String>,

    /// What counts.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// When a candidate fails.
    #[command(flatten)]
    pub gate: GateArgs,

    /// How the results are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// What to print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// The verdict and what changed, for a comment on a pull request
    #[default]
    Markdown,
    /// The same for the terminal, as wide as it is
    Table,
    /// A row for each label, figure and candidate
    Csv,
    /// The whole comparison
    Json,
    /// One page with charts in which the runs lie over each other
    Html,
}

fn not_negative(text: &str) -> Result<f64, ValueError> {
    match text.parse() {
        Ok(number) if (0.0..=1e9).contains(&number) => Ok(number),
        _ => Err(ValueError::NotNegative),
    }
}

fn confidence(text: &str) -> Result<f64, ValueError> {
    match text.parse() {
        Ok(percent) if (50.0..=99.999).contains(&percent) => Ok(percent),
        _ => Err(ValueError::Confidence),
    }
}
