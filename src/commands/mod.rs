//! The commands: each turns arguments into options, reads inputs, writes outputs and returns an exit code.

mod analysis;
mod analyze;
mod clash;
mod columns;
mod compare;
mod follow;
mod gate;
mod history;
mod input_name;
mod metrics;
mod output;
mod plan;
mod platform;
mod publish;
mod reading;
mod readme;
mod report_directory;
mod reporting;
mod save;
mod saved_report;
mod serve;
mod server;
mod shell;
mod summarize;

use std::process::ExitCode;

use crate::cli::{self, Cli, Command, Defaults};
use crate::error::Result;
use crate::stderr;

/// Runs the command line of this process.
///
/// Exit codes: 0 done; 1 a criterion failed or a regression was found; 2 usage, input or output error.
pub fn main() -> ExitCode {
    stderr::report_panics("internal error");
    output::survive_file_size_limit();
    let outcome = cli::parse().and_then(run);
    match outcome {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // Some messages have several lines, such as that of a mistake in perfkit.toml.
            stderr::say_lines(format_args!("perfkit: error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run((cli, defaults): (Cli, Option<Defaults>)) -> Result<ExitCode> {
    let notes: Vec<String> = defaults.iter().map(Defaults::to_string).collect();
    for note in &notes {
        stderr::say(format_args!("perfkit: note: {note}"));
    }
    match cli.command {
        Command::Analyze(args) => analyze::run(*args, notes),
        Command::Compare(args) => compare::run(*args, notes),
        Command::History(args) => history::run(&args, notes),
        Command::Summarize(args) => summarize::run(&args),
        Command::Plan(args) => plan::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Platform(args) => platform::run(args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    }
}
