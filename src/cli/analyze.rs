//! Arguments of `perfkit analyze`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::percentile::Percentile;

/// Arguments of `perfkit analyze`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  perfkit analyze results.jtl                      table to stdout, report to results-report/
  perfkit analyze results.jtl --format csv --no-report > aggregate.csv
  perfkit analyze results.jtl --platform 'Raspberry Pi 5, 8 GB' --detail Server=gunicorn
  perfkit analyze engine1.jtl engine2.jtl.gz       one distributed run
  zcat results.jtl.gz | perfkit analyze -

Exit codes: 0 done; 2 usage, input or output error.")]
pub struct AnalyzeArgs {
    /// JMeter result files (CSV, plain, gzip or zstd), read as one run; `-` is standard input
    #[arg(required = true, value_name = "RESULTS")]
    pub results: Vec<PathBuf>,

    /// What to print on standard output
    #[arg(short, long, value_enum, default_value_t, help_heading = "Output")]
    pub format: Format,

    /// Directory for report.html, report.md, aggregate.csv, report.json and charts [default: RESULTS-report]
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Write no report directory
    #[arg(long, conflicts_with = "output", help_heading = "Output")]
    pub no_report: bool,

    /// Percentiles to show, in percent
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "50,90,95,99",
        help_heading = "Output"
    )]
    pub percentiles: Vec<Percentile>,

    /// Title of the run
    #[arg(long, value_name = "TEXT", help_heading = "Platform block")]
    pub title: Option<String>,

    /// The machine that was tested [default: this machine]
    #[arg(long, value_name = "TEXT", help_heading = "Platform block")]
    pub platform: Option<String>,

    /// One more line of details; may be given again
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, help_heading = "Platform block")]
    pub detail: Vec<(String, String)>,

    /// timeStamp is the end of a sample (recorded with sampleresult.timestamp.start=false)
    #[arg(long, help_heading = "Reading")]
    pub timestamp_is_end: bool,

    /// Format of timeStamp, in the letters of Java's SimpleDateFormat [default: found out]
    #[arg(long, value_name = "PATTERN", help_heading = "Reading")]
    pub timestamp_format: Option<String>,

    /// Time zone of dates in timeStamp, such as Europe/Berlin [default: this machine's]
    #[arg(long, value_name = "ZONE", help_heading = "Reading")]
    pub timezone: Option<String>,

    /// Make a row that cannot be read an error
    #[arg(long, help_heading = "Reading")]
    pub strict: bool,

    /// Threads that parse [default: the cores there are]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Reading")]
    pub threads: Option<u16>,
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
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("give a name and a value, such as Server=gunicorn".to_owned()),
    }
}
