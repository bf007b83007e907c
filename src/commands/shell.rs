//! `perfkit completions` and `perfkit man`: the command line's definition for shells and man.

use std::process::ExitCode;

use super::output;
use crate::cli::{self, CompletionsArgs, ManArgs};
use crate::error::{Error, Result};

/// Runs `perfkit completions`.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<ExitCode> {
    output::print(&args.script())?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `perfkit man`.
///
/// # Errors
///
/// A page cannot be written.
pub fn man(args: &ManArgs) -> Result<ExitCode> {
    let pages = cli::man_pages()
        .map_err(|error| Error::Internal(format!("cannot write a man page: {error}")))?;
    match &args.directory {
        Some(directory) => {
            output::create_directory(directory)?;
            for page in &pages {
                output::write(&directory.join(&page.file), page.text.as_bytes())?;
            }
        }
        None => {
            let main = pages.first().map_or("", |page| page.text.as_str());
            output::print(main)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
