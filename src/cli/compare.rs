//! Arguments of `perfkit compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{GateArgs, ReadingArgs, SelectionArgs};
use crate::apdex::Rule;
use crate::percentile::Percentile;

/// Arguments of `perfkit compare`.
#[derive(Debug, Args)]
// The first run is the baseline: the option is there only to say so when it is given.
#[command(mut_arg("baseline", |argument| argument.hide(true)))]
#[command(after_help = "\
A change is better or worse only if it reaches both thresholds, and its interval excludes zero. The \
confidence is that of the whole comparison: the figures tested share the doubt (Bonferroni). \
Intervals are wider than of independent samples by what the run varies over time.

Examples:
  perfkit compare before.jtl after.jtl
  perfkit compare main/report.json branch.jtl --fail-if-worse
  perfkit compare pi4.json pi5.json laptop.json --name 'Pi 4' --name 'Pi 5' --name Laptop
  perfkit compare before.jtl after.jtl --format html -o comparison.html
  perfkit compare before.jtl after.jtl --fail-if 'p95 > baseline * 1.1'

Exit codes: 0 done; 1 a criterion failed, or --fail-if-worse and a figure got worse; 2 usage, input \
or output error.")]
pub struct CompareArgs {
    /// The baseline, then the candidates: JMeter result files, or report.json or summaries of perfkit
    /// analyze
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub runs: Vec<PathBuf>,

    /// Name of a run, once for each in their order [default: the file's, without its extension]
    #[arg(long, value_name = "TEXT", help_heading = "Output")]
    pub name: Vec<String>,

    /// What to print
    #[arg(short, long, value_enum, default_value_t, help_heading = "Output")]
    pub format: CompareFormat,

    /// File to write instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Percentiles to compare, in percent
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "50,90,95,99",
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

    /// Smallest change that matters, in percent of the baseline
    #[arg(long, value_name = "PERCENT", default_value = "5", value_parser = not_negative, help_heading = "Verdict")]
    pub threshold: f64,

    /// Smallest change of a time that matters, in ms
    #[arg(long, value_name = "MS", default_value = "1", value_parser = not_negative, help_heading = "Verdict")]
    pub threshold_ms: f64,

    /// Confidence of the whole comparison, in percent
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = confidence, help_heading = "Verdict")]
    pub confidence: f64,

    /// Fail with exit code 1 if any figure got worse
    #[arg(long, help_heading = "Verdict")]
    pub fail_if_worse: bool,

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
    /// The verdict, what changed, and all figures, to paste into a pull request
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

fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1e9).contains(&number) => Ok(number),
        _ => Err("give a number from 0 up".to_owned()),
    }
}

fn confidence(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(percent) if (50.0..=99.999).contains(&percent) => Ok(percent),
        _ => Err("give percent, from 50 to 99.999".to_owned()),
    }
}
