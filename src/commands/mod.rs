//! Commands: arguments to options, inputs opened, outputs written, exit code.

mod analyze;
mod columns;
mod compare;
mod gate;
mod output;
mod platform;
mod report_directory;
mod saved;
mod selection;
mod serve;
mod server;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

/// Runs the command line of this process.
///
/// Exit codes: 0 done; 1 a criterion failed, or a run got worse and was not to; 2 usage, input or output error.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Analyze(args) => analyze::run(*args),
        Command::Compare(args) => compare::run(*args),
        Command::Serve(args) => serve::run(args),
        Command::Platform(args) => platform::run(args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("perfkit: error: {error}");
            ExitCode::from(2)
        }
    }
}
