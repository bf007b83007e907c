//! Arguments of `perfkit platform`.

use clap::{Args, ValueEnum};

/// Arguments of `perfkit platform`.
#[derive(Debug, Args)]
#[command(after_help = "\
`perfkit serve` gives the JSON form at /platform too.

Examples:
  perfkit platform
  perfkit platform --format json")]
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
    /// The facts as one object; memory in bytes, null for what is not known
    Json,
}
