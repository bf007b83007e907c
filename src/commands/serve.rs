//! `perfkit serve`.

use std::process::ExitCode;

use crate::cli::ServeArgs;
use crate::error::Result;

/// Runs `perfkit serve`.
pub fn run(_args: ServeArgs) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
