//! Shell completions and man pages, generated from the command line's definition.

use std::io;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;

const NAME: &str = "perfkit";

/// A man page.
#[derive(Debug)]
pub struct ManPage {
    /// File name, such as `perfkit-analyze.1`.
    pub file: String,
    /// The page, in roff.
    pub text: String,
}

/// Returns the script that completes perfkit's command lines in a shell.
pub fn completion_script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Returns the man page of perfkit, then those of its commands.
///
/// # Errors
///
/// If clap_mangen fails. Pages are written to memory, so no I/O error is expected.
pub fn man_pages() -> io::Result<Vec<ManPage>> {
    // The `help` command needs no page.
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let commands = cli.get_subcommands().cloned().collect::<Vec<_>>();
    let commands = commands.into_iter().map(|command| {
        let file = format!("{NAME}-{}.1", command.get_name());
        page(file, command)
    });
    let main = page(format!("{NAME}.1"), cli);
    std::iter::once(main).chain(commands).collect()
}

/// Renders the man page of a command.
///
/// clap_mangen omits help that comes before the options, and options that `-h` hides. This moves that
/// help behind the options, and unhides every option.
fn page(file: String, command: clap::Command) -> io::Result<ManPage> {
    let mut command = command.mut_args(|arg| arg.hide_short_help(false));
    let examples = command.get_before_help().cloned();
    let rest = command.get_after_long_help().or(command.get_after_help());
    let parts = [examples, rest.cloned()].into_iter().flatten();
    let texts: Vec<String> = parts.map(|text| text.to_string()).collect();
    if !texts.is_empty() {
        command = command.after_long_help(texts.join("\n\n"));
    }
    let mut text = Vec::new();
    Man::new(command).render(&mut text)?;
    Ok(ManPage {
        file,
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}
