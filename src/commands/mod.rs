//! The commands: each turns arguments into options, reads inputs, writes outputs and returns an exit code.

mod analysis;
mod analyze;
mod columns;
mod compare;
mod follow;
mod gate;
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
mod saved_report;
mod serve;
mod server;
mod shell;
mod summarize;

use std::process::ExitCode;

use crate::cli::{self, Cli, Command};
use crate::error::Result;

/// Runs the command line of this process.
///
/// Exit codes: 0 done; 1 a criterion failed or a regression was found; 2 usage, input or output error.
pub fn main() -> ExitCode {
    let outcome = cli::parse().and_then(run);
    match outcome {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("perfkit: error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Analyze(args) => analyze::run(*args),
        Command::Compare(args) => compare::run(*args),
        Command::Summarize(args) => summarize::run(&args),
        Command::Plan(args) => plan::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Platform(args) => platform::run(args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    }
}
