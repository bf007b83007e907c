//! Arguments of `perfkit completions` and `perfkit man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Arguments of `perfkit completions`.
#[derive(Debug, Args)]
#[command(
    help_template = super::help::EXAMPLES_FIRST,
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
    help_template = super::help::EXAMPLES_FIRST,
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
