//! `perfkit analyze --format summary`: results in, a small file out that merges with others.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::output;
use super::parts;
use super::reading::Results;
use crate::cli::AnalyzeArgs;
use crate::error::{Error, Result};
use crate::summary;

/// Writes the summary of results. One without samples is written too: the other parts of the run
/// may have some.
///
/// # Errors
///
/// Options that make no sense of a part, inputs that cannot be read, an output that cannot be
/// written; with `--strict`, a row that cannot be read.
pub fn run(args: &AnalyzeArgs) -> Result<ExitCode> {
    refuse_others(args)?;
    let results = Results {
        paths: &args.results,
        reading: &args.reading,
        selection: &args.selection,
        compat: None,
    };
    let (part, _) = parts::read(&results)?;
    let file = summary::encode(&part)?;
    match &args.output {
        Some(path) => output::write(path, &file)?,
        None => {
            let mut stdout = io::stdout().lock();
            let printed = stdout.write_all(&file).and_then(|()| stdout.flush());
            printed.map_err(Error::Stdout)?;
        }
    }
    let rejected: u64 = part.rejections.iter().map(|tally| tally.count).sum();
    let filtered: u64 = part.filtered.iter().map(|filter| filter.count).sum();
    eprintln!(
        "perfkit: {} rows read: {} counted, {filtered} filtered out, {rejected} rejected; in a summary of {} bytes",
        part.rows_read,
        part.rows_read - filtered - rejected,
        file.len(),
    );
    Ok(ExitCode::SUCCESS)
}

/// Options that say what is made of a whole run, and so are for whoever reads the summaries.
fn refuse_others(args: &AnalyzeArgs) -> Result<()> {
    let options = [
        ("--compat", args.compat.is_some()),
        ("--fail-if", !args.gate.fail_if.is_empty()),
        ("--criteria", args.gate.criteria.is_some()),
        ("--baseline", args.baseline.is_some()),
        ("--junit", args.gate.junit.is_some()),
        ("--update", args.publish.update.is_some()),
        ("--step-summary", args.publish.step_summary),
    ];
    let given = options.into_iter().find(|(_, is_given)| *is_given);
    if let Some((option, _)) = given {
        return Err(Error::Usage(format!(
            "{option} is not for --format summary, which may hold a part of a run: give it when you analyze the summaries"
        )));
    }
    if args.follow.follow {
        return Err(Error::Usage(
            "--follow is not for --format summary: write it when the run has ended".to_owned(),
        ));
    }
    match args.output.is_none() && io::stdout().is_terminal() {
        true => Err(Error::Usage(
            "--format summary is no text: name a file with -o, or redirect standard output"
                .to_owned(),
        )),
        false => Ok(()),
    }
}
