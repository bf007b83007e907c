//! `perfkit completions` and `perfkit man`: what shells and man know of the command line, from its
//! definition.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use super::output;
use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::error::{Error, Result};

const NAME: &str = "perfkit";

/// Runs `perfkit completions`.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `perfkit man`.
///
/// # Errors
///
/// When a page cannot be written.
pub fn man(args: &ManArgs) -> Result<ExitCode> {
    // `help` is a command too, but none to read about.
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let Some(directory) = &args.directory else {
        output::print(&page(cli)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    output::create_directory(directory)?;
    let commands: Vec<clap::Command> = cli.get_subcommands().cloned().collect();
    for command in commands {
        let name = format!("{NAME}-{}", command.get_name());
        let path = directory.join(format!("{name}.1"));
        output::write(&path, page(command)?.as_bytes())?;
    }
    output::write(&directory.join(format!("{NAME}.1")), page(cli)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Renders the man page of a command.
///
/// clap_mangen leaves out help that comes before the options, and the text of options that `-h` hides:
/// the first moves behind the options, and no option hides.
fn page(command: clap::Command) -> Result<String> {
    let mut command = command.mut_args(|arg| arg.hide_short_help(false));
    let examples = command.get_before_help().cloned();
    let rest = command.get_after_long_help().or(command.get_after_help());
    let parts = [examples, rest.cloned()].into_iter().flatten();
    let texts: Vec<String> = parts.map(|text| text.to_string()).collect();
    if !texts.is_empty() {
        command = command.after_long_help(texts.join("\n\n"));
    }
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Error::Internal(format!("cannot write a man page: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
