//! `perfkit analyze`.

use std::process::ExitCode;

use crate::cli::AnalyzeArgs;
use crate::error::Result;

/// Runs `perfkit analyze`.
pub fn run(_args: AnalyzeArgs) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
