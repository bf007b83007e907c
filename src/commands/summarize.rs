//! `perfkit summarize`: reads results, writes a summary file.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::{analysis, clash, metrics, output, reading};
use crate::analysed::{self, Analysed, Analysis};
use crate::cli::SummarizeArgs;
use crate::error::{Error, Result};
use crate::report::Accounting;
use crate::stderr;

/// Runs `perfkit summarize`. Results without samples also get a summary file, because other parts of the
/// run may have samples.
///
/// # Errors
///
/// If an option is invalid, an input cannot be read, or the output cannot be written; with `--strict`,
/// also if a row is rejected.
pub fn run(args: &SummarizeArgs) -> Result<ExitCode> {
    if args.output.is_none() && io::stdout().is_terminal() {
        return Err(Error::Usage(
            "a summary file is binary: name it with -o, or redirect standard output".to_owned(),
        ));
    }
    let output = args.output.iter().map(|path| ("--output", path));
    clash::check(&args.results, output)?;
    if let Some(path) = &args.output {
        output::check_file(path)?;
    }
    if args.name.is_some() && args.results.len() > 1 {
        return Err(Error::Usage(format!(
            "--name names one input, but there are {}: make a summary file of each, then one of these",
            args.results.len()
        )));
    }
    let analysis = Analysis {
        input_name: args.name.clone(),
        allow_repeats: args.allow_repeats,
        ..analysis::parse(&args.reading, &args.selection)?
    };
    let mut analysed = reading::read(&analysis, &args.results)?;
    if let Some(name) = &args.name {
        rename(&mut analysed, name)?;
    }
    metrics::refuse_unknown(&analysed)?;
    let file = analysed::encode(&analysed)?;
    match &args.output {
        Some(path) => output::write(path, &file)?,
        None => {
            let mut stdout = io::stdout().lock();
            let printed = stdout.write_all(&file).and_then(|()| stdout.flush());
            printed.map_err(Error::Stdout)?;
        }
    }
    stderr::say(format_args!(
        "perfkit: {}; the summary file has {} bytes",
        Accounting::new(&analysed)?.phrase(),
        file.len(),
    ));
    Ok(ExitCode::SUCCESS)
}

/// Names the only input.
fn rename(analysed: &mut Analysed, name: &str) -> Result<()> {
    match &mut analysed.inputs[..] {
        [input] => {
            name.clone_into(&mut input.summary.name);
            Ok(())
        }
        inputs => Err(Error::Usage(format!(
            "--name names one input, but the summary file holds {}: give the names when you make the \
             summary file of each",
            inputs.len()
        ))),
    }
}
