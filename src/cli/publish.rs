//! Arguments that publish the platform block.

use std::path::PathBuf;

use clap::Args;

/// Arguments that publish the platform block.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Publishing")]
pub struct PublishArgs {
    /// Put the platform block into this Markdown file, or replace it there
    ///
    /// The block stands between marker comments. A later run replaces its own block and leaves the
    /// rest as it was. With --output the block links to the report.
    #[arg(long, value_name = "FILE")]
    pub update: Option<PathBuf>,

    /// Name of the block [default: from --platform, or from the results file]
    #[arg(long, value_name = "NAME", requires = "update", hide_short_help = true)]
    pub key: Option<String>,

    /// Append the Markdown to this GitHub Actions step's summary ($GITHUB_STEP_SUMMARY)
    #[arg(long, hide_short_help = true)]
    pub step_summary: bool,
}
