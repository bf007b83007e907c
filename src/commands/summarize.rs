//! `perfkit summarize`: results in, a small file out that merges with others.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::{analysis, output, reading};
use crate::analysed;
use crate::cli::SummarizeArgs;
use crate::error::{Error, Result};

/// Runs `perfkit summarize`. A summary without samples is written too: other parts of the run may
/// have some.
///
/// # Errors
///
/// Options that make no sense, inputs that cannot be read, an output that cannot be written; with
/// `--strict`, a row that cannot be read.
pub fn run(args: &SummarizeArgs) -> Result<ExitCode> {
    if args.output.is_none() && io::stdout().is_terminal() {
        return Err(Error::Usage(
            "a summary is no text: name a file with -o, or redirect standard output".to_owned(),
        ));
    }
    let analysis = analysis::parse(&args.reading, &args.selection)?;
    let analysed = reading::read(&analysis, &args.results)?;
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
        "perfkit: {} rows read: {} counted, {} filtered out, {} rejected; in a summary of {} bytes",
        analysed.rows_read,
        analysed.counted()?,
        analysed.filtered_out(),
        analysed.rejected(),
        file.len(),
    );
    Ok(ExitCode::SUCCESS)
}
