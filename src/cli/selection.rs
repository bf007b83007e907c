//! Arguments that choose what counts.

use clap::{Args, ValueEnum};

/// Arguments that choose which samples count, and under which label.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectionArgs {
    /// Count only labels that match; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub include: Vec<String>,

    /// Leave out labels that match; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub exclude: Vec<String>,

    /// Count only samples that start at MOMENT or later, such as 07:10:00 or +30s
    ///
    /// A moment is a date and time (`2026-11-25 07:10:00`), a time (07:10:00), epoch ms, a time from
    /// the start of the run (+30s, 1m30s) or from its end (-10s).
    #[arg(long, value_name = "MOMENT", allow_hyphen_values = true)]
    pub from: Option<String>,

    /// Count only samples that start before MOMENT
    #[arg(long, value_name = "MOMENT", allow_hyphen_values = true)]
    pub to: Option<String>,

    /// Count only the steady state, while all threads are up
    #[arg(long)]
    pub trim_ramp: bool,

    /// Group samples by label, thread-group, host, code, url-path, engine, column:NAME or REGEX
    ///
    /// engine is the load generator: the host in threadName, else Hostname, else the input.
    /// column:NAME is any column, such as a sample variable. With a regular expression, the text of
    /// its (captures) becomes the new label, joined by spaces.
    #[arg(long, value_name = "KEY|REGEX", allow_hyphen_values = true)]
    pub group_by: Option<String>,

    /// Rename labels as sed does, after filtering and grouping; repeatable
    ///
    /// Takes any delimiter, \1 and & in TEXT, and the flags g and i.
    #[arg(long, value_name = "s/REGEX/TEXT/")]
    pub rename: Vec<String>,

    /// Count only samples that succeeded
    #[arg(long, conflicts_with = "only_errors", hide_short_help = true)]
    pub only_success: bool,

    /// Count only samples that failed
    #[arg(long, hide_short_help = true)]
    pub only_errors: bool,

    /// Rows of transaction controllers: responseMessage begins "Number of samples in transaction"
    #[arg(long, value_enum, default_value_t, hide_short_help = true)]
    pub controllers: Controllers,

    /// Rows of sub-results, such as redirects: `label-0`, `label-1` within the time of a `label`
    ///
    /// In XML they are samples within samples. By default they count in CSV and not in XML, as in JMeter.
    #[arg(long, value_enum, hide_short_help = true)]
    pub sub_results: Option<SubResults>,
}

/// Whether rows of transaction controllers count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Controllers {
    /// Count them like other rows
    #[default]
    Include,
    /// Leave them out
    Exclude,
    /// Count nothing else
    Only,
}

/// Whether rows of sub-results count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SubResults {
    /// Count them like other rows
    Include,
    /// Leave them out
    Exclude,
    /// Count nothing else
    Only,
}
