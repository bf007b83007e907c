//! Arguments of `perfkit compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error::ValueError;
use super::{GateArgs, ReadingArgs, SelectionArgs};
use crate::apdex::Rule;
use crate::percentile::Percentile;

const EXAMPLES: &str = "\
Examples:
  perfkit compare before.jtl after.jtl             say what changed
  perfkit compare main/report.json branch.jtl --fail-if-worse
  perfkit compare --baseline a1.jtl a2.jtl a3.jtl --candidate b1.jtl b2.jtl b3.jtl
  perfkit compare before.jtl after.jtl --format html -o comparison.html
  perfkit compare before.jtl after.jtl --fail-if 'p95 > baseline * 1.1'
  perfkit compare --history runs new.jtl --fail-if-worse
  perfkit compare pi4.json pi5.json laptop.json --update README.md";

const VERDICTS: &str = "\
A change is better or worse only if it is significant and reaches both thresholds. The confidence \
holds for all verdicts together. One run per side shows only how these two runs differ; three or more per \
side also show the noise between runs.";

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a criterion failed; or, with --fail-if-worse, a figure got worse or a label is missing
  2  usage, input or output error; or a criterion cannot be judged; or --fail-if-worse has too few runs
     or too many rejected rows to judge";

/// Arguments of `perfkit compare`.
#[derive(Debug, Args)]
#[command(
    help_template = super::help::EXAMPLES_FIRST,
    before_help = EXAMPLES,
    after_help = EXIT_CODES,
    after_long_help = format!("{VERDICTS}\n\n{EXIT_CODES}")
)]
pub struct CompareArgs {
    /// The baseline, then one or more candidates: JMeter results, report.json, summary files or saved runs
    #[arg(
        required_unless_present_any = ["baseline", "candidate"],
        conflicts_with_all = ["baseline", "candidate"],
        num_args = 1..,
        value_name = "RUN"
    )]
    pub runs: Vec<PathBuf>,

    /// Runs of the baseline; 3 or more per side show the noise between runs
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "candidate")]
    pub baseline: Vec<PathBuf>,

    /// Runs of the candidate
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "baseline")]
    pub candidate: Vec<PathBuf>,

    /// Compare one run with its history: a directory of saved runs, as in perfkit history
    ///
    /// The run is judged by a prediction interval from the runs of the current level; --threshold and criteria do
    /// not apply.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["baseline", "candidate", "fail_if", "criteria", "update"]
    )]
    pub history: Option<PathBuf>,

    /// Name of a run or side; give it once for each, in order [default: file name without extension, or
    /// baseline and candidate]
    #[arg(long, value_name = "TEXT")]
    pub name: Vec<String>,

    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    pub format: CompareFormat,

    /// File to write instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Print every figure of every label, with its interval and verdict (markdown and table)
    #[arg(long)]
    pub all: bool,

    /// Make text of what a spreadsheet would take for a formula in CSV, with a single quote in front
    ///
    /// As in perfkit analyze: cells that begin with = + - @ or a line break or tab, and are not numbers.
    #[arg(long, hide_short_help = true)]
    pub csv_safe: bool,

    /// Fail with exit code 1 if a figure is worse or a label is missing
    ///
    /// With one run per side, a figure fails only if its whole interval is beyond the threshold. It is an
    /// error if rejected rows, had they failed, would raise the error rate by 0.1 percentage points.
    #[arg(long, help_heading = "Verdict")]
    pub fail_if_worse: bool,

    /// Labels that may be missing with --fail-if-worse; repeatable
    #[arg(
        long,
        value_name = "REGEX",
        allow_hyphen_values = true,
        hide_short_help = true,
        help_heading = "Verdict"
    )]
    pub allow_missing: Vec<String>,

    /// Smallest change that matters, in percent of the baseline
    #[arg(long, value_name = "PERCENT", default_value = "5", value_parser = not_negative, help_heading = "Verdict")]
    pub threshold: f64,

    /// Smallest change of a time that matters, in ms
    #[arg(long, value_name = "MS", default_value = "1", value_parser = not_negative, help_heading = "Verdict")]
    pub threshold_ms: f64,

    /// Confidence of all verdicts together, in percent
    #[arg(
        long,
        value_name = "PERCENT",
        default_value = "95",
        value_parser = confidence,
        hide_short_help = true,
        help_heading = "Verdict"
    )]
    pub confidence: f64,

    /// Percentiles to show and test [default: shows 50,90,95,99 and tests 50,95]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        help_heading = "Verdict"
    )]
    pub percentiles: Vec<Percentile>,

    /// Options that select samples.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Options that fail a candidate.
    #[command(flatten)]
    pub gate: GateArgs,

    /// Put a table of all runs into this Markdown file, or replace it there
    ///
    /// The table has one row per label and platform, and stands between marker comments. A later
    /// comparison replaces it and leaves the rest of the file unchanged. One that lacks a platform of
    /// the table is an error: compare that platform too, or give another --key.
    #[arg(long, value_name = "FILE", help_heading = "Publishing")]
    pub update: Option<PathBuf>,

    /// Name of that table's block
    #[arg(
        long,
        value_name = "NAME",
        default_value = "comparison",
        hide_short_help = true,
        help_heading = "Publishing"
    )]
    pub key: String,

    /// Apdex thresholds in ms for JMeter results, as in perfkit analyze
    #[arg(
        long,
        value_name = "[REGEX=]SATISFIED,TOLERATED",
        hide_short_help = true,
        help_heading = "Reading"
    )]
    pub apdex: Vec<Rule>,

    /// Options for reading results.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// What to print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// The verdict and what changed, for a comment on a pull request
    #[default]
    Markdown,
    /// The same, as wide as the terminal
    Table,
    /// One row per label, figure and candidate
    Csv,
    /// The whole comparison
    Json,
    /// One page, with charts that overlay the runs
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
