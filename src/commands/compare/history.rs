//! `perfkit compare --history`: judges one run by the runs of a history.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::{CompareArgs, CompareFormat, HistoryChoice};
use crate::commands::{history, output};
use crate::error::{Error, Result};
use crate::history::Metric;
use crate::render;

/// Compares a run with the history in a directory, and prints it in the format of the comparison.
///
/// # Errors
///
/// If a run cannot be read, an output cannot be written, or the format is CSV; with `--fail-if-worse`, if there are
/// too few runs to judge by.
pub fn against(
    args: &CompareArgs,
    directory: &Path,
    run: &Path,
    notes: Vec<String>,
) -> Result<ExitCode> {
    let metrics = Metric::DEFAULTS.iter().map(|name| name.parse());
    let choice = HistoryChoice {
        metrics: metrics.collect::<Result<_, _>>().map_err(Error::usage)?,
        ..HistoryChoice::default()
    };
    let files = [&args.output, &args.gate.junit];
    let mut files = files.into_iter().flatten();
    files.try_for_each(|path| output::check_file(path))?;
    let (mut found, judged) = history::judge(directory, run, &choice, &args.reading)?;
    found.notes.splice(0..0, notes);
    if let Some(path) = &args.gate.junit {
        output::write(path, render::junit::render(&judged).as_bytes())?;
    }
    let text = match args.format {
        CompareFormat::Markdown => render::history::markdown(&found),
        CompareFormat::Table => {
            let (width, has_colors) = match &args.output {
                None => (output::terminal_width(), output::has_colors()),
                Some(_) => (None, false),
            };
            render::history::terminal(&found, width, has_colors)
        }
        CompareFormat::Html => render::html::history(&found, args.output.as_deref())?,
        CompareFormat::Json => render::history::json(&found)?,
        CompareFormat::Csv => {
            return Err(Error::Usage(
                "a comparison with a history has no CSV: use --format json".to_owned(),
            ));
        }
    };
    let printed = match &args.output {
        Some(path) => output::write(path, text.as_bytes()),
        None => output::print(&text),
    };
    history::conclude(&found, &judged, args.fail_if_worse, printed)
}
