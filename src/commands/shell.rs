//! `perfkit completions` and `perfkit man`: prints completions, writes man pages.

use std::process::ExitCode;

use super::output;
use crate::cli::{self, CompletionsArgs, ManArgs};
use crate::error::{Error, Result};

/// Runs `perfkit completions`.
///
/// # Errors
///
/// If standard output cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<ExitCode> {
    output::print(&cli::completion_script(args.shell))?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `perfkit man`.
///
/// # Errors
///
/// If a page cannot be written.
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
