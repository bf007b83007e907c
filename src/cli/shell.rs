//! Arguments of `perfkit completions` and `perfkit man`, and the texts that they ask for.

use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;

const NAME: &str = "perfkit";

/// Arguments of `perfkit completions`.
#[derive(Debug, Args)]
#[command(
    help_template = super::EXAMPLES_FIRST,
    before_help = "\
Examples:
  perfkit completions bash > ~/.local/share/bash-completion/completions/perfkit
  perfkit completions zsh > ~/.zfunc/_perfkit        with ~/.zfunc in $fpath
  perfkit completions fish > ~/.config/fish/completions/perfkit.fish
  perfkit completions powershell >> $PROFILE"
)]
pub struct CompletionsArgs {
    /// Shell to complete for
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Arguments of `perfkit man`.
#[derive(Debug, Args)]
#[command(
    help_template = super::EXAMPLES_FIRST,
    before_help = "\
Examples:
  perfkit man | man -l -
  perfkit man ~/.local/share/man/man1"
)]
pub struct ManArgs {
    /// Directory for perfkit.1 and one page per command [default: print perfkit.1]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// A man page.
#[derive(Debug)]
pub struct ManPage {
    /// File name, such as `perfkit-analyze.1`.
    pub file: String,
    /// The page, in roff.
    pub text: String,
}

impl CompletionsArgs {
    /// The script that completes command lines in the shell.
    pub fn script(&self) -> String {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), NAME, &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }
}

/// The man page of perfkit, then those of its commands.
///
/// # Errors
///
/// None is known: pages are written to memory.
pub fn man_pages() -> io::Result<Vec<ManPage>> {
    // `help` is a command too, but not one to read about.
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
/// clap_mangen leaves out help that comes before the options, and the text of options that `-h` hides:
/// the first moves behind the options, and no option hides.
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
