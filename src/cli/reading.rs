//! Arguments that say how results are read.

use clap::Args;

/// Arguments that say how results are read.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Reading")]
pub struct ReadingArgs {
    /// timeStamp is the end of a sample (recorded with sampleresult.timestamp.start=false)
    #[arg(long)]
    pub timestamp_is_end: bool,

    /// Format of timeStamp in CSV, in the letters of Java's SimpleDateFormat [default: found out]
    #[arg(long, value_name = "PATTERN")]
    pub timestamp_format: Option<String>,

    /// Time zone of dates in timeStamp, such as Europe/Berlin [default: this machine's]
    #[arg(
        long,
        value_name = "ZONE",
        env = "PERFKIT_TIMEZONE",
        hide_env_values = true
    )]
    pub timezone: Option<String>,

    /// Make a row that cannot be read an error
    #[arg(long)]
    pub strict: bool,

    /// Threads that parse [default: the cores there are]
    #[arg(long, value_name = "N", env = "PERFKIT_THREADS", hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}
