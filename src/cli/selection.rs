//! Arguments that choose what counts.

use clap::{Args, ValueEnum};

/// Arguments that choose which samples count, and under which label.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Choosing what counts")]
pub struct SelectionArgs {
    /// Count only labels that match; given again, those that match any
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub include: Vec<String>,

    /// Leave out labels that match; may be given again
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub exclude: Vec<String>,

    /// Count only samples that succeeded
    #[arg(long, conflicts_with = "only_errors")]
    pub only_success: bool,

    /// Count only samples that failed
    #[arg(long)]
    pub only_errors: bool,

    /// Rows of transaction controllers: responseMessage begins "Number of samples in transaction"
    #[arg(long, value_enum, default_value_t)]
    pub controllers: Controllers,

    /// Rows of sub-results: `label-0`, `label-1` where the run has a `label` and a `label-0`
    #[arg(long, value_enum, default_value_t)]
    pub sub_results: SubResults,

    /// Count only samples that start at this moment or later: `2026-11-25 07:10:00`, 07:10:00, epoch
    /// ms, +30s or 1m30s from the run's start, -10s from its end
    #[arg(long, value_name = "MOMENT", allow_hyphen_values = true)]
    pub from: Option<String>,

    /// Count only samples that start before this moment
    #[arg(long, value_name = "MOMENT", allow_hyphen_values = true)]
    pub to: Option<String>,

    /// Count only samples that start after all threads are up and before the first leaves
    #[arg(long)]
    pub trim_ramp: bool,

    /// What tables are by: label, thread-group, host, code, url-path, or what the (captures) of a
    /// regular expression find in the label, joined by blanks
    #[arg(long, value_name = "KEY|REGEX", allow_hyphen_values = true)]
    pub group_by: Option<String>,

    /// Rename labels as sed does, after filtering and grouping: any delimiter, \1 and &, flags g
    /// and i; may be given again
    #[arg(long, value_name = "s/REGEX/TEXT/")]
    pub rename: Vec<String>,
}

/// What becomes of transaction controllers' rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Controllers {
    /// Count them as other rows
    #[default]
    Include,
    /// Leave them out
    Exclude,
    /// Leave out all others
    Only,
}

/// What becomes of sub-results' rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SubResults {
    /// Count them as other rows
    #[default]
    Include,
    /// Leave them out
    Exclude,
}
