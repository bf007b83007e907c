//! Arguments that publish the platform block.

use std::path::PathBuf;

use clap::Args;

/// Arguments that publish the platform block.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Publishing")]
pub struct PublishArgs {
    /// Put the platform block into this Markdown file, or replace it there
    ///
    /// The block stands between marker comments. A later run of the same platform replaces it, and
    /// leaves the rest of the file as it was. A block of another platform is never replaced: each has
    /// its own. With --output the block links to the report.
    #[arg(long, value_name = "FILE")]
    pub update: Option<PathBuf>,

    /// Name of the block [default: from --platform, --server and --detail, else from the results file]
    #[arg(long, value_name = "NAME", requires = "update", hide_short_help = true)]
    pub key: Option<String>,

    /// Append the Markdown to this GitHub Actions step's summary ($GITHUB_STEP_SUMMARY)
    #[arg(long, hide_short_help = true)]
    pub step_summary: bool,
}
