//! Arguments that put the platform block where people read it.

use std::path::PathBuf;

use clap::Args;

/// Arguments that put the platform block where people read it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Publishing")]
pub struct PublishArgs {
    /// Put the platform block into this Markdown file, between marker comments: a run again
    /// replaces its own block and leaves all else alone; with --output it links to the report
    #[arg(long, value_name = "FILE")]
    pub update: Option<PathBuf>,

    /// Name of the block, one for each platform [default: after --platform, or the results' file]
    #[arg(long, value_name = "NAME", requires = "update")]
    pub key: Option<String>,

    /// Append the Markdown to the summary of this GitHub Actions step ($GITHUB_STEP_SUMMARY)
    #[arg(long)]
    pub step_summary: bool,
}
