//! Arguments of `perfkit analyze`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{EnumValueParser, PossibleValue, StyledStr, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, Command, ValueEnum};

use super::error::ValueError;
use super::{FollowArgs, GateArgs, PublishArgs, ReadingArgs, SelectionArgs};
use crate::apdex::Rule;
use crate::chart::{METRIC_SLUGS, SLUGS, Size};
use crate::percentile::Percentile;
use crate::stats::DashboardSettings;

const COLUMNS_HELP: &str = "\
Columns of the label tables, in this order; the label comes first [default: JMeter's]

From the Aggregate Report: samples, average, the percentiles asked for (median, p90, ...), min, max, \
error_percent, throughput, received_kb_per_sec, sent_kb_per_sec. From the Summary Report: std_dev, \
average_bytes. Others: ok and ko (numbers of successes and failures), average_ok and average_ko (ms), \
goodput (successful samples per second), latency and connect (averages, ms).";

const EXAMPLES: &str = "\
Examples:
  perfkit analyze results.jtl                      print the table, write results-report/
  perfkit analyze engine1.jtl engine2.jtl.gz       read several files as one run
  perfkit analyze --follow results.jtl             watch a run while JMeter writes it
  perfkit analyze results.jtl --trim-ramp          count only the steady state
  perfkit analyze results.jtl --fail-if 'error% > 1%' --fail-if 'Login: p95 > 500ms for 30s'
  perfkit analyze results.jtl --platform 'Raspberry Pi 5, 8 GB' --update README.md
  perfkit analyze results.jtl --format csv --no-report > aggregate.csv
  zcat results.jtl.gz | perfkit analyze -";

/// Arguments of `perfkit analyze`.
#[derive(Debug, Args)]
#[command(
    // The next step of an insight is added to the options given.
    args_override_self = true,
    help_template = super::help::EXAMPLES_FIRST,
    before_help = EXAMPLES,
    after_help = "Exit codes: 0 done; 1 a criterion failed; 2 usage, input or output error, or a criterion that cannot be judged."
)]
pub struct AnalyzeArgs {
    /// JMeter results (CSV or XML, plain, gzip or zstd) or summary files, read as one run; `-` is
    /// standard input
    #[arg(required = true, value_name = "RESULTS")]
    pub results: Vec<PathBuf>,

    /// Take the same input twice: its rows count twice
    #[arg(long, hide_short_help = true, help_heading = "Reading")]
    pub allow_repeats: bool,

    /// What to print on standard output [default: overview on a terminal, else markdown]
    #[arg(short, long, value_parser = FormatParser)]
    pub format: Option<Format>,

    /// Report directory [default: RESULTS-report]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Write no report directory
    #[arg(long, conflicts_with = "output")]
    pub no_report: bool,

    /// Name of the tested machine, shown in the report
    #[arg(long, value_name = "TEXT")]
    pub platform: Option<String>,

    /// Percentiles to show
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "50,90,95,99"
    )]
    pub percentiles: Vec<Percentile>,

    /// Insights to show: at most N, those that cost most; `all`, or `none`
    ///
    /// report.md and report.html fold the others, and report.json has all of them.
    #[arg(
        long,
        value_name = "N|all|none",
        default_value = "5",
        value_parser = insight_count,
        hide_short_help = true,
    )]
    pub insights: InsightCount,

    /// Options that select samples and labels.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Options that fail the run.
    #[command(flatten)]
    pub gate: GateArgs,

    /// report.json of an earlier run; `baseline` in a criterion refers to it
    #[arg(long, value_name = "FILE", help_heading = "Criteria")]
    pub baseline: Option<PathBuf>,

    /// Options for watching a run.
    #[command(flatten)]
    pub follow: FollowArgs,

    /// Options that publish the platform block.
    #[command(flatten)]
    pub publish: PublishArgs,

    /// Title of the report
    #[arg(
        long,
        value_name = "TEXT",
        hide_short_help = true,
        help_heading = "Platform"
    )]
    pub title: Option<String>,

    /// Ask the tested `perfkit serve` for its hardware, such as http://192.168.1.3:5000
    ///
    /// With --platform, the report shows both. A server that does not report its hardware is an error,
    /// unless --platform or --detail names the machine: then perfkit only prints a note.
    #[arg(
        long,
        value_name = "URL",
        hide_short_help = true,
        help_heading = "Platform"
    )]
    pub server: Option<String>,

    /// File written by `perfkit serve --monitor`: charts what the server used, and says whether it
    /// was saturated
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Platform"
    )]
    pub monitor: Option<PathBuf>,

    /// Add a line to the platform's details, such as Server=nginx or Commit=3f2a9c1; repeatable
    ///
    /// For --update, lines that say what ran (Server=nginx, Python=3.13) are part of the platform. Lines
    /// about a build or a run are not: keys with a word such as commit, branch, build, release or date,
    /// and values that are a date or a hash.
    #[arg(
        long,
        value_name = "KEY=VALUE",
        value_parser = key_value,
        hide_short_help = true,
        help_heading = "Platform"
    )]
    pub detail: Vec<(String, String)>,

    /// Columns of the label tables, in this order; the label comes first [default: JMeter's]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        hide_short_help = true,
        help_heading = "Tables",
        long_help = COLUMNS_HELP
    )]
    pub columns: Option<Vec<String>>,

    /// Show the N labels with the most samples, and one row for the rest. JMeter's CSV has all
    /// labels unless you give this [default: 100]
    #[arg(
        long,
        value_name = "N",
        value_parser = max_labels,
        hide_short_help = true,
        help_heading = "Tables"
    )]
    pub max_labels: Option<u32>,

    /// Make text of what a spreadsheet would take for a formula in CSV, with a single quote in front
    ///
    /// A label such as =cmd|'/C calc'!A0 comes from whoever wrote the results, and a spreadsheet that
    /// opens the CSV may run it. Without this, CSV is JMeter's byte for byte. With it, cells that begin
    /// with = + - @ or a line break or tab, and are not numbers, get a quote, in aggregate.csv too.
    #[arg(long, hide_short_help = true, help_heading = "Tables")]
    pub csv_safe: bool,

    /// Apdex thresholds in ms, for labels that match REGEX as a whole, or for all others; repeatable
    /// [default: 500,1500]
    #[arg(
        long,
        value_name = "[REGEX=]SATISFIED,TOLERATED",
        hide_short_help = true,
        help_heading = "Tables"
    )]
    pub apdex: Vec<Rule>,

    /// Add the Statistics table as JMeter's dashboard (jmeter -g) computes it, beside the exact one;
    /// reads with one thread
    ///
    /// The dashboard takes percentiles of the last 20,000 rows of each label. If your JMeter sets
    /// backend_metrics_percentile_estimator or jmeter.reportgenerator.statistic_window, say so:
    /// dashboard:R_3, dashboard:LEGACY,window=5000, dashboard:window=-1 (-1 is all rows).
    #[arg(
        long,
        value_parser = compat,
        value_name = "dashboard[:ESTIMATOR][,window=N]",
        hide_short_help = true,
        help_heading = "Tables"
    )]
    pub compat: Option<Compat>,

    /// Add percentiles corrected for coordinated omission: each thread should have sent every MS ms
    ///
    /// A JMeter thread waits for a response before it sends again. While the server stalls it sends
    /// nothing, so the stall is one slow sample, although requests sent on time would all have
    /// waited. The correction adds those: for a sample of V ms, others of V - MS, V - 2 MS and so on
    /// down to MS.
    ///
    /// Use it if each thread should have sent that label every MS ms whatever the server did, as with
    /// a constant throughput timer or a pacing timer. MS is the time between two samples of one
    /// thread, not of the whole test.
    ///
    /// Do not use it if threads stand for users who wait for the response and think: they would not
    /// have sent. Nor for a loop without timers, which has no intended interval; for an open model
    /// thread group, which sends whatever is due; or for transaction controllers with timers inside.
    #[arg(
        long,
        value_name = "MS",
        value_parser = clap::value_parser!(u64).range(1..),
        hide_short_help = true,
        help_heading = "Tables"
    )]
    pub expected_interval: Option<u64>,

    /// Charts to draw, by file name; or `all`, `none`, or `metrics` for those of --metric
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "all",
        value_parser = chart_name,
        hide_short_help = true,
        help_heading = "Charts"
    )]
    pub charts: Vec<String>,

    /// Size of charts in CSS pixels, and device pixels per CSS pixel
    #[arg(
        long,
        value_name = "WxH@Nx",
        env = "PERFKIT_CHART_SIZE",
        hide_env_values = true,
        default_value = "960x540@2x",
        hide_short_help = true,
        help_heading = "Charts"
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
        hide_short_help = true,
        help_heading = "Charts"
    )]
    pub chart_theme: ChartTheme,

    /// Options for reading results.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// Most labels that a report shows one by one: their figures take 300 MB of memory, and 100 MB in JSON.
const MAX_LABELS: u32 = 50_000;

fn max_labels(text: &str) -> Result<u32, ValueError> {
    text.parse()
        .ok()
        .filter(|labels| (1..=MAX_LABELS).contains(labels))
        .ok_or(ValueError::Labels(MAX_LABELS))
}

/// Maximum insights to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsightCount {
    /// At most so many.
    Max(usize),
    /// All of them.
    All,
}

fn insight_count(text: &str) -> Result<InsightCount, ValueError> {
    match text {
        "all" => Ok(InsightCount::All),
        "none" => Ok(InsightCount::Max(0)),
        number => {
            let max: u32 = number.parse().map_err(|_| ValueError::Insights)?;
            Ok(InsightCount::Max(max as usize))
        }
    }
}

impl AnalyzeArgs {
    /// Returns the slugs of the charts to draw.
    pub fn wanted_charts(&self) -> Vec<&'static str> {
        let is_wanted = |slug: &&str| {
            let mut names = self.charts.iter();
            names.any(|name| name == "all" || name == slug)
        };
        let wanted = SLUGS.into_iter().filter(is_wanted);
        let has_metrics = self
            .charts
            .iter()
            .any(|name| name == "all" || name == "metrics");
        let of_metrics = METRIC_SLUGS.into_iter().flatten().filter(|_| has_metrics);
        wanted.chain(of_metrics).collect()
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Verdict, insights, the busiest labels and criteria, as wide as the terminal
    Overview,
    /// The platform block, to paste into a README
    Markdown,
    /// The whole table; columns that do not fit follow below
    Table,
    /// The CSV of JMeter's "Save Table Data", byte for byte
    Csv,
    /// The whole report
    Json,
    /// Metrics in Prometheus' text format
    Prometheus,
    /// Percentile distributions in HdrHistogram's text format, one block per label and TOTAL
    Hgrm,
}

/// Parses a [`Format`]; for `summary`, points to `perfkit summarize`.
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
                let hint =
                    StyledStr::from("`perfkit summarize RESULTS -o FILE` writes a summary file");
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compat {
    /// JMeter's HTML dashboard (`jmeter -g`), with these properties.
    Dashboard(DashboardSettings),
}

/// Reads `dashboard`, `dashboard:R_3`, `dashboard:R_3,window=5000` or `dashboard:window=-1`.
fn compat(text: &str) -> Result<Compat, ValueError> {
    let (tool, settings) = text.split_once(':').unwrap_or((text, "LEGACY"));
    if tool != "dashboard" {
        return Err(ValueError::Compat);
    }
    let mut found = DashboardSettings::default();
    for setting in settings.split(',').map(str::trim) {
        match setting.split_once('=') {
            Some(("window", rows)) => {
                found.window = match rows.parse::<i64>() {
                    Ok(-1) => None,
                    Ok(rows @ 1..=MAX_WINDOW) => Some(rows as usize),
                    _ => return Err(ValueError::Window),
                };
            }
            _ => found.estimator = setting.parse()?,
        }
    }
    Ok(Compat::Dashboard(found))
}

/// Rows of the largest window: Java's largest `int`.
const MAX_WINDOW: i64 = i32::MAX as i64;

fn chart_name(text: &str) -> Result<String, ValueError> {
    let name = text.trim().trim_end_matches(".png");
    match name {
        "all" | "none" | "metrics" => Ok(name.to_owned()),
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
