//! Results in parts: result files, summaries of them, or both, put together in their order.

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::reading::Results;
use super::selection;
use crate::error::{Error, Result};
use crate::stats::DashboardTable;
use crate::summary::{self, Part};

/// Inputs that follow one another and are read together.
enum Group<'a> {
    /// Result files.
    Files(&'a [PathBuf]),
    /// A summary.
    Summary(&'a Path),
}

/// Reads all inputs: what they come to, and the figures of JMeter's dashboard if they are wanted.
///
/// # Errors
///
/// When one cannot be read, or is a summary that does not go with the options or the others.
pub fn read(results: &Results<'_>) -> Result<(Part, Option<DashboardTable>)> {
    let groups = groups(results.paths)?;
    if groups.iter().all(|group| matches!(group, Group::Files(_))) {
        return results.read_files();
    }
    if results.compat.is_some() {
        return Err(Error::Usage(
            "--compat dashboard depends on the order of rows, which summaries do not keep: give the \
             result files"
                .to_owned(),
        ));
    }
    let mut whole: Option<Part> = None;
    for group in groups {
        let (name, part) = match group {
            Group::Files(paths) => {
                let name = paths.first().map_or(Path::new("-"), PathBuf::as_path);
                (name, Results { paths, ..*results }.read_files()?.0)
            }
            Group::Summary(path) => (path, read_summary(results, path)?),
        };
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => {
                let refused = |why| Error::input(name.to_string_lossy(), why);
                whole.append(part).map_err(refused)?;
            }
        }
    }
    let whole = whole.unwrap_or_default();
    match whole.rejections.first() {
        Some(tally) if results.reading.strict => Err(tally.refuse(&whole.inputs)),
        _ => Ok((whole, None)),
    }
}

/// The inputs, those together that are read together: a run of result files has one start and end.
fn groups(paths: &[PathBuf]) -> Result<Vec<Group<'_>>> {
    let mut groups = Vec::new();
    let mut first = 0;
    for (place, path) in paths.iter().enumerate() {
        if is_summary(path)? {
            if first < place {
                groups.push(Group::Files(&paths[first..place]));
            }
            groups.push(Group::Summary(path));
            first = place + 1;
        }
    }
    if first < paths.len() {
        groups.push(Group::Files(&paths[first..]));
    }
    Ok(groups)
}

/// Whether an input begins as a summary does. A file that cannot be opened is none: whoever reads
/// it says why. Nothing is taken from standard input.
pub fn is_summary(path: &Path) -> Result<bool> {
    if path == Path::new("-") {
        let mut stdin = io::stdin().lock();
        let start = stdin.fill_buf().map_err(|error| Error::read(path, error))?;
        return Ok(start.starts_with(&summary::MAGIC));
    }
    let mut start = Vec::new();
    // What is no plain file, such as a pipe, can be read only once.
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    if is_file && let Ok(file) = File::open(path) {
        let _ = file
            .take(summary::MAGIC.len() as u64)
            .read_to_end(&mut start);
    }
    Ok(start == summary::MAGIC)
}

/// The part of a summary, if it was made with the options that are given now.
fn read_summary(results: &Results<'_>, path: &Path) -> Result<Part> {
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        false => fs::read(path).map(|file| bytes = file),
    };
    read.map_err(|error| Error::read(path, error))?;
    let refused = |why: String| Error::input(path.to_string_lossy(), why);
    let part = summary::decode(&bytes).map_err(|why| refused(why.into_owned()))?;
    let chosen = selection::echo(results.selection);
    if !chosen.is_empty() && chosen != part.selection {
        return Err(refused(format!(
            "is a summary, and of those what counts can be chosen no more ({}): give these options when you make it",
            chosen.join(", ")
        )));
    }
    if results.reading.timestamp_is_end && !part.timestamp_is_end {
        return Err(refused(
            "is a summary that was made without --timestamp-is-end: give it when you make it"
                .to_owned(),
        ));
    }
    Ok(part)
}
