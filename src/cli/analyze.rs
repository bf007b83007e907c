//! Arguments of `perfkit analyze`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `perfkit analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// JMeter result files (.jtl), read as one run; `-` is standard input
    #[arg(required = true, value_name = "RESULTS")]
    pub results: Vec<PathBuf>,
}
