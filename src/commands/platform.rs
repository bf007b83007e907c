//! `perfkit platform`: prints the details of this machine.

use std::process::ExitCode;

use super::output;
use crate::cli::{PlatformArgs, PlatformFormat};
use crate::error::{Error, Result};
use crate::render::markdown;
use crate::report::Detail;
use crate::serve::platform::Platform;

/// Runs `perfkit platform`.
///
/// # Errors
///
/// If standard output cannot be written.
pub fn run(args: PlatformArgs) -> Result<ExitCode> {
    let platform = Platform::detect();
    let text = match args.format {
        PlatformFormat::Markdown => markdown::details_table(&details(&platform)),
        PlatformFormat::Json => {
            let json = serde_json::to_string_pretty(&platform)
                .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))?;
            json + "\n"
        }
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn details(platform: &Platform) -> Vec<Detail> {
    let details = platform.details().into_iter();
    details
        .map(|(key, value)| Detail {
            key: key.to_owned(),
            value,
        })
        .collect()
}
