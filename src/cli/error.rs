//! Errors of values on the command line and in `perfkit.toml`.

use crate::chart::SLUGS;
use crate::stats::UnknownEstimator;

/// Why the value of an argument is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not the name of a chart.
    #[error("there is no chart `{name}`: choose from all, none, metrics, {}", SLUGS.join(", "))]
    Chart {
        /// The name given.
        name: String,
    },
    /// Not `KEY=VALUE`.
    #[error("give a name and a value, such as Server=gunicorn")]
    KeyValue,
    /// Not a tool to be compatible with.
    #[error("write dashboard, dashboard:R_3 or dashboard:R_3,window=5000")]
    Compat,
    /// Not an estimator of percentiles.
    #[error(transparent)]
    Estimator(#[from] UnknownEstimator),
    /// Not a size of the dashboard's window.
    #[error(
        "the window is a number of rows of 1 or more, or -1 for all; JMeter, too, refuses other values"
    )]
    Window,
    /// Not a time with a unit.
    #[error("give a time such as 30s, 5min or 1h")]
    Time,
    /// Not an address of this machine.
    #[error(
        "give a port such as 8080, or an address of this machine with a port, such as 0.0.0.0:8080"
    )]
    Address,
    /// Not a number of labels that a report can show.
    #[error(
        "give a number from 1 to {0}: a report with more would be too large to open. JMeter's CSV has all \
         labels without this option"
    )]
    Labels(u32),
    /// Not a number of insights.
    #[error("give a number, all or none")]
    Insights,
    /// A negative number, or no number.
    #[error("give a number of 0 or more")]
    NotNegative,
    /// Not a confidence in percent.
    #[error("give a percentage from 50 to 99.999")]
    Confidence,
    /// Not a positive whole number.
    #[error("give a whole number of 1 or more")]
    AtLeastOne,
    /// Not a number of seconds up to a day.
    #[error("give seconds from 0.001 to 86400")]
    Seconds,
}

/// Why `perfkit.toml` is invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML.
    #[error("{}", .0.to_string().trim_end())]
    Toml(#[from] toml::de::Error),
    /// A table is not named after a command.
    #[error("`{table}` is not a command{hint}; write options under a command, such as [analyze]")]
    Command {
        /// The name of the table.
        table: String,
        /// The command that was probably meant.
        hint: String,
    },
    /// The value of a command is not a table.
    #[error("`{0}` must be a table: write [{0}]")]
    Table(String),
    /// The command has no such option.
    #[error("[{table}] has no option `{key}`{hint}: perfkit {table} --help lists them")]
    Option {
        /// The name of the table.
        table: String,
        /// The option.
        key: String,
        /// The option that was probably meant.
        hint: String,
    },
    /// The value has the wrong type.
    #[error("[{table}] {key}: give {wanted}")]
    Type {
        /// The name of the table.
        table: String,
        /// The option.
        key: String,
        /// The types that the option takes.
        wanted: &'static str,
    },
    /// The option reaches beyond the working directory, and nobody named the file.
    #[error(
        "[{table}] {key} reaches beyond this directory, which a file that the command line does not \
         name may not: give --config {file} to allow it, or --no-config to ignore the file"
    )]
    OnlyIfNamed {
        /// The name of the table.
        table: String,
        /// The option.
        key: String,
        /// The file.
        file: &'static str,
    },
    /// The command line refuses the value.
    #[error("{0}")]
    Refused(String),
}
