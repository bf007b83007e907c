//! Arguments for reading results.

use clap::Args;

/// Arguments for reading results.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Reading")]
pub struct ReadingArgs {
    /// timeStamp is the end of a sample, not its start (sampleresult.timestamp.start=false)
    #[arg(long, hide_short_help = true)]
    pub timestamp_is_end: bool,

    /// Columns of CSV without a header, in their order, such as timeStamp,elapsed,label,success
    #[arg(long, value_name = "LIST", hide_short_help = true)]
    pub header: Option<String>,

    /// Format of timeStamp in CSV, as a pattern of Java's SimpleDateFormat [default: detected]
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub timestamp_format: Option<String>,

    /// Time zone of dates in timeStamp, such as Europe/Berlin [default: this machine's]
    #[arg(
        long,
        value_name = "ZONE",
        env = "PERFKIT_TIMEZONE",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub timezone: Option<String>,

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
