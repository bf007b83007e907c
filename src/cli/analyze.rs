//! Arguments of `perfkit analyze`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{EnumValueParser, PossibleValue, StyledStr, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, Command, ValueEnum};

use super::error::ValueError;
use super::{FollowArgs, GateArgs, PublishArgs, ReadingArgs, SelectionArgs};
use crate::apdex::Rule;
use crate::chart::{SLUGS, Size};
use crate::percentile::Percentile;

const COLUMNS_HELP: &str = "\
Columns of the tables of labels, by their keys; the label comes first [default: JMeter's]

Of the Aggregate Report: samples, average, the percentiles asked for (median, p90, ...), min, max, \
error_percent, throughput, received_kb_per_sec, sent_kb_per_sec. Of the Summary Report: std_dev, \
average_bytes. Others: ok and ko (counts), average_ok and average_ko (ms), goodput (successful \
samples per second), latency and connect (averages, ms).";

/// Arguments of `perfkit analyze`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  perfkit analyze results.jtl                      table to stdout, report to results-report/
  perfkit analyze results.jtl --format csv --no-report > aggregate.csv
  perfkit analyze results.jtl --platform 'Raspberry Pi 5, 8 GB' --detail Server=gunicorn
  perfkit analyze results.jtl --include '^GET ' --trim-ramp --rename 's/[0-9]+/N/g'
  perfkit analyze results.jtl --fail-if 'error% > 1%' --fail-if 'Login: p95 > 500ms for 30s'
  perfkit analyze results.jtl --update README.md --platform 'Raspberry Pi 5, 8 GB'
  perfkit analyze engine1.jtl engine2.jtl.gz       one distributed run
  zcat results.jtl.gz | perfkit analyze -
  perfkit analyze engine*.summary                  one distributed run, of perfkit summarize
  perfkit analyze --follow results.jtl             watch a run while JMeter writes it; q ends

Exit codes: 0 done; 1 a criterion failed; 2 usage, input or output error.")]
pub struct AnalyzeArgs {
    /// JMeter result files (CSV or XML; plain, gzip or zstd) or summaries of them, read as one run;
    /// `-` is standard input
    #[arg(required = true, value_name = "RESULTS")]
    pub results: Vec<PathBuf>,

    /// What to print on standard output
    #[arg(
        short,
        long,
        default_value_t,
        value_parser = FormatParser,
        help_heading = "Output"
    )]
    pub format: Format,

    /// Directory for report.html, report.md, report.json, aggregate.csv, statistics.json and charts [default: RESULTS-report]
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Write no report directory
    #[arg(long, conflicts_with = "output", help_heading = "Output")]
    pub no_report: bool,

    /// Charts to draw, by the names of their files; `all` or `none`
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "all",
        value_parser = chart_name,
        help_heading = "Output"
    )]
    pub charts: Vec<String>,

    /// Size of charts in pixels, and pixels of the screen in each
    #[arg(
        long,
        value_name = "WxH@Nx",
        env = "PERFKIT_CHART_SIZE",
        hide_env_values = true,
        default_value = "960x540@2x",
        help_heading = "Output"
    )]
    pub chart_size: Size,

    /// Colours of charts
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "THEME",
        env = "PERFKIT_CHART_THEME",
        hide_env_values = true,
        help_heading = "Output"
    )]
    pub chart_theme: ChartTheme,

    /// Percentiles to show, in percent
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "50,90,95,99",
        help_heading = "Output"
    )]
    pub percentiles: Vec<Percentile>,

    /// Apdex thresholds in ms, for labels that match REGEX from end to end or for all others; may
    /// be given again [default: 500,1500]
    #[arg(
        long,
        value_name = "[REGEX=]SATISFIED,TOLERATED",
        help_heading = "Output"
    )]
    pub apdex: Vec<Rule>,

    /// Show the Statistics table as another tool computes it, beside the exact one
    #[arg(long, value_enum, value_name = "TOOL", help_heading = "Output")]
    pub compat: Option<Compat>,

    /// Show percentiles corrected for coordinated omission: each thread was to send every MS ms
    ///
    /// A JMeter thread waits for an answer before it sends again. While the server stalls it sends
    /// nothing, so the stall is one slow sample, where requests sent on time would all have waited.
    /// The correction adds those: for a sample of V ms, others of V - MS, V - 2 MS and so on down to
    /// MS.
    ///
    /// It applies where each thread was meant to send that label every MS ms whatever the server
    /// does, as with a constant throughput timer or a pacing timer: MS is the time between two
    /// samples of one thread, not of the whole test. It does not apply where threads stand for
    /// users who wait for the answer and think (they would not have sent), where a loop without
    /// timers sends as fast as it can (no interval was meant), to an open model thread group
    /// (whatever was due was sent), nor to transaction controllers with timers inside.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Output")]
    pub expected_interval: Option<u64>,

    /// Labels to show, those with the most samples; one row sums up the others. JMeter's CSV has
    /// all labels unless this is given [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Output")]
    pub max_labels: Option<u32>,

    /// Columns of the tables of labels, by their keys; the label comes first [default: JMeter's]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        help_heading = "Output",
        long_help = COLUMNS_HELP
    )]
    pub columns: Option<Vec<String>>,

    /// Where the platform block goes.
    #[command(flatten)]
    pub publish: PublishArgs,

    /// What counts.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// When the run fails.
    #[command(flatten)]
    pub gate: GateArgs,

    /// report.json of an earlier run, which `baseline` in a criterion stands for
    #[arg(long, value_name = "FILE", help_heading = "Criteria")]
    pub baseline: Option<PathBuf>,

    /// Whether the run is still going on.
    #[command(flatten)]
    pub follow: FollowArgs,

    /// Title of the run
    #[arg(long, value_name = "TEXT", help_heading = "Platform block")]
    pub title: Option<String>,

    /// The machine that was tested [default: this machine]
    #[arg(long, value_name = "TEXT", help_heading = "Platform block")]
    pub platform: Option<String>,

    /// Ask the `perfkit serve` that was tested for its machine, such as http://192.168.1.3:5000
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "platform",
        help_heading = "Platform block"
    )]
    pub server: Option<String>,

    /// File of `perfkit serve --monitor`: adds what the server used, and whether it was saturated
    #[arg(long, value_name = "FILE", help_heading = "Platform block")]
    pub monitor: Option<PathBuf>,

    /// One more line of details; may be given again
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, help_heading = "Platform block")]
    pub detail: Vec<(String, String)>,

    /// How the results are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

impl AnalyzeArgs {
    /// The slugs of the charts to draw.
    pub fn wanted_charts(&self) -> Vec<&'static str> {
        let is_wanted = |slug: &&str| {
            let mut names = self.charts.iter();
            names.any(|name| name == "all" || name == slug)
        };
        SLUGS.into_iter().filter(is_wanted).collect()
    }
}

/// Colours of charts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ChartTheme {
    /// Dark on white
    #[default]
    Light,
    /// Light on black
    Dark,
}

/// What to print on standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The platform block, to paste into a README
    #[default]
    Markdown,
    /// A table for the terminal, as wide as it is
    Table,
    /// The CSV of JMeter's "Save Table Data", byte for byte
    Csv,
    /// The whole report
    Json,
    /// Metrics in Prometheus' text format
    Prometheus,
    /// Percentile distributions in HdrHistogram's text format, a block for each label and TOTAL
    Hgrm,
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value();
        formatter.write_str(value.as_ref().map_or("", PossibleValue::get_name))
    }
}

/// Parses a [`Format`], and says where `summary` is now.
#[derive(Clone)]
struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Format, clap::Error> {
        let parsed = EnumValueParser::<Format>::new().parse_ref(command, argument, value);
        parsed.map_err(|mut error| {
            if value == "summary" {
                let hint = StyledStr::from("`perfkit summarize RESULTS -o FILE` writes a summary");
                let hints = ContextValue::StyledStrs(vec![hint]);
                error.insert(ContextKind::Suggested, hints);
            }
            error
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = Format::value_variants().iter();
        Some(Box::new(values.filter_map(Format::to_possible_value)))
    }
}

/// A tool whose figures can be reproduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Compat {
    /// JMeter's HTML dashboard (jmeter -g), which takes percentiles from the last 20,000 rows of a
    /// label; reads with one thread
    Dashboard,
}

fn chart_name(text: &str) -> Result<String, ValueError> {
    let name = text.trim().trim_end_matches(".png");
    match name {
        "all" | "none" => Ok(name.to_owned()),
        name if SLUGS.contains(&name) => Ok(name.to_owned()),
        name => Err(ValueError::Chart {
            name: name.to_owned(),
        }),
    }
}

fn key_value(text: &str) -> Result<(String, String), ValueError> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(ValueError::KeyValue),
    }
}
