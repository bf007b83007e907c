//! Arguments of `perfkit platform`.

use clap::{Args, ValueEnum};

/// Arguments of `perfkit platform`.
#[derive(Debug, Args)]
#[command(
    help_template = super::help::EXAMPLES_FIRST,
    before_help = "\
Examples:
  perfkit platform
  perfkit platform --format json",
    after_help = "`perfkit serve` also returns the JSON form at /platform."
)]
pub struct PlatformArgs {
    /// What to print on standard output
    #[arg(short, long, value_enum, default_value_t)]
    pub format: PlatformFormat,
}

/// What to print on standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum PlatformFormat {
    /// The details table, to paste into a README
    #[default]
    Markdown,
    /// One object; memory in bytes, null if unknown
    Json,
}
