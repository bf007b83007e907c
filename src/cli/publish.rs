//! Arguments that publish the platform block.

use std::path::PathBuf;

use clap::Args;

/// Arguments that publish the platform block.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Publishing")]
pub struct PublishArgs {
    /// Put the platform block into this Markdown file, or replace it there
    ///
    /// The block stands between marker comments. A later run on the same platform replaces it and
    /// leaves the rest of the file unchanged. Each platform has its own block; a block of another
    /// platform is never replaced. With --output, the block links to the report.
    #[arg(long, value_name = "FILE")]
    pub update: Option<PathBuf>,

    /// Name of the block [default: derived from --platform, --server and --detail, or else from the
    /// path of the results]
    #[arg(long, value_name = "NAME", requires = "update", hide_short_help = true)]
    pub key: Option<String>,

    /// Append the insights and the Markdown to this GitHub Actions step's summary ($GITHUB_STEP_SUMMARY)
    #[arg(long, hide_short_help = true)]
    pub step_summary: bool,
}
