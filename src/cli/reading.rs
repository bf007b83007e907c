//! Arguments for reading results.

use clap::{Args, ValueEnum};

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TimestampUnit {
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

use crate::jtl::MetricColumn;

/// Arguments for reading results.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Reading")]
pub struct ReadingArgs {
    /// Report a column of numbers, such as one of sample_variables, like the times; repeatable
    ///
    /// NAME is the name in the header of a CSV file, or of an attribute in XML. The column gets a table by
    /// label and charts; criteria and comparisons take NAME.avg, NAME.p95, NAME.min and NAME.max. Values
    /// are kept to three decimals. A field without a number does not count. UNIT, such as ms, only names
    /// the unit.
    #[arg(long, value_name = "NAME[=UNIT]", help_heading = "Metrics")]
    pub metric: Vec<MetricColumn>,

    /// timeStamp is the end of a sample, not its start (sampleresult.timestamp.start=false)
    #[arg(long, hide_short_help = true)]
    pub timestamp_is_end: bool,

    /// Columns of CSV without a header, in their order, such as timeStamp,elapsed,label,success
    #[arg(long, value_name = "LIST", hide_short_help = true)]
    pub header: Option<String>,

    /// Format of dates in timeStamp, as in Java's SimpleDateFormat [default: detected]
    ///
    /// Letters: yyyy yy MM MMM dd HH, hh with a, mm ss SSS, EEE, and the zone as X, XX, XXX, Z or z.
    /// Example: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX". Without it, perfkit recognises the usual formats. If no row
    /// shows whether 01/11/23 is in January or November, it is read as in January, with a note.
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub timestamp_format: Option<String>,

    /// Unit of numbers in timeStamp: ms as in JMeter, s, us or ns [default: detected]
    #[arg(
        long,
        value_name = "UNIT",
        value_enum,
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub timestamp_unit: Option<TimestampUnit>,

    /// Time zone of dates in timeStamp, such as Europe/Berlin [default: this machine's]
    #[arg(
        long,
        value_name = "ZONE",
        env = "PERFKIT_TIMEZONE",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub timezone: Option<String>,

    /// Encoding of the results, such as windows-1252, GBK or UTF-16LE [default: detected]
    ///
    /// A byte-order mark in a file decides over it.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub encoding: Option<String>,

    /// Fail on the first row that cannot be read, or only after a repair
    #[arg(long, hide_short_help = true)]
    pub strict: bool,

    /// Threads that read [default: one per core]
    #[arg(
        long,
        value_name = "N",
        env = "PERFKIT_THREADS",
        hide_env_values = true,
        hide_short_help = true,
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    pub threads: Option<u16>,
}
