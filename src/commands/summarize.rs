//! `perfkit summarize`: reads results, writes a summary file.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::{analysis, metrics, output, reading};
use crate::analysed;
use crate::cli::SummarizeArgs;
use crate::error::{Error, Result};
use crate::report::Accounting;

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
    let analysis = analysis::parse(&args.reading, &args.selection)?;
    let analysed = reading::read(&analysis, &args.results)?;
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
    eprintln!(
        "perfkit: {}; the summary file has {} bytes",
        Accounting::new(&analysed)?.phrase(),
        file.len(),
    );
    Ok(ExitCode::SUCCESS)
}
