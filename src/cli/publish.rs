//! Arguments that publish the platform block.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

/// Arguments that publish the platform block, or save the run.
#[derive(Debug, Default, Args)]
#[command(
    next_help_heading = "Publishing",
    group = ArgGroup::new("named").args(["update", "save"]).multiple(true)
)]
pub struct PublishArgs {
    /// Put the platform block into this Markdown file, or replace it there
    ///
    /// The block stands between marker comments. A later run on the same platform replaces it and
    /// leaves the rest of the file unchanged. Each platform has its own block; a block of another
    /// platform is never replaced. With --output, the block links to the report.
    #[arg(long, value_name = "FILE")]
    pub update: Option<PathBuf>,

    /// Save the run in this directory, as a file for perfkit history
    ///
    /// The file has the run's start and key in its name, and never replaces that of another run. Compare
    /// and analyze read it, too.
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,

    /// Name of the block [default: derived from --platform, --server and --detail, or else from the
    /// path of the results], and of the saved run
    #[arg(long, value_name = "NAME", requires = "named", hide_short_help = true)]
    pub key: Option<String>,

    /// Append the insights and the Markdown to this GitHub Actions step's summary ($GITHUB_STEP_SUMMARY)
    #[arg(long, hide_short_help = true)]
    pub step_summary: bool,
}
