//! Finds and reads the runs of a history.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::analysed::{self, Analysis, saved as container};
use crate::commands::{input_name, reading, saved_report};
use crate::error::{Error, Result};
use crate::history::saved::{Index, read_index};
use crate::history::{Run, run_name};
use crate::report::{Options, Presentation, Report};

/// A report in a directory of its own.
const REPORT: &str = "report.json";

/// The page beside it.
const PAGE: &str = "report.html";

/// Endings of results and of what perfkit writes; other files of a directory are foreign.
const ENDINGS: [&str; 9] = [
    ".run", ".json", ".summary", ".perfkit", ".jtl", ".csv", ".xml", ".gz", ".zst",
];

/// A file that may be a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Candidate {
    path: PathBuf,
    /// Whether it was named, rather than found in a directory.
    is_named: bool,
}

/// What reading the candidates gave.
#[derive(Debug, Default)]
pub struct RunsRead {
    /// The runs, in the order of the candidates.
    pub runs: Vec<(Run, Index)>,
    /// Why files were passed over.
    pub passed_over: Vec<Error>,
}

/// Returns the files that the arguments name, in their order. Of a directory, those that may be runs by their
/// names, and reports in directories within it; of a pattern, those that match.
///
/// # Errors
///
/// If a directory cannot be read, or a pattern is invalid or matches nothing.
pub fn find(arguments: &[PathBuf]) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for argument in arguments {
        let text = argument.to_string_lossy();
        if argument.is_dir() {
            found.extend(in_directory(argument)?);
        } else if text.contains(['*', '?', '[']) && !argument.exists() {
            found.extend(of_pattern(&text)?);
        } else {
            found.push(Candidate {
                path: argument.clone(),
                is_named: true,
            });
        }
    }
    Ok(found)
}

fn of_pattern(pattern: &str) -> Result<Vec<Candidate>> {
    let refused = |why: String| Err(Error::Usage(format!("`{pattern}` {why}")));
    let paths = match glob::glob(pattern) {
        Ok(paths) => paths,
        Err(why) => return refused(format!("is not a pattern: {why}")),
    };
    let mut found = Vec::new();
    for path in paths {
        let path = path.map_err(|error| {
            let place = error.path().to_owned();
            Error::read(&place, error.into())
        })?;
        match path.is_dir() {
            true => found.extend(in_directory(&path)?),
            false => found.push(Candidate {
                path,
                is_named: false,
            }),
        }
    }
    match found.is_empty() {
        true => refused("matches no file".to_owned()),
        false => Ok(found),
    }
}

fn in_directory(directory: &Path) -> Result<Vec<Candidate>> {
    let failed = |error| Error::read(directory, error);
    let mut paths = Vec::new();
    for entry in directory.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let report = path.join(REPORT);
        if is_hidden {
            continue;
        }
        match path.is_dir() {
            true if report.is_file() => paths.push(report),
            true => {}
            false => paths.push(path),
        }
    }
    paths.sort();
    let candidates = paths.into_iter().map(|path| Candidate {
        path,
        is_named: false,
    });
    Ok(candidates.collect())
}

/// Reads all candidates. One that was found in a directory and cannot be read is passed over.
///
/// # Errors
///
/// If a file that was named cannot be read as a run.
pub fn read(candidates: Vec<Candidate>, analysis: &Analysis) -> Result<RunsRead> {
    let mut read = RunsRead::default();
    for Candidate { path, is_named } in candidates {
        match index(&path, is_named, analysis) {
            Ok(index) => read.runs.push((run(&path, &index), index)),
            Err(error) if is_named => return Err(error),
            Err(error) => read.passed_over.push(error),
        }
    }
    Ok(read)
}

fn index(path: &Path, is_named: bool, analysis: &Analysis) -> Result<Index> {
    let name = || path.display().to_string();
    if is_saved(path) {
        let file = File::open(path).map_err(|error| Error::read(path, error))?;
        let index = read_index(BufReader::new(file));
        return index.map_err(|why| Error::input(name(), why));
    }
    if saved_report::is_report(path) {
        return with_samples(&saved_report::read(path)?, &name());
    }
    let text = name().to_ascii_lowercase();
    let may_be_results = ENDINGS.iter().any(|ending| text.ends_with(ending));
    if !is_named && !may_be_results && !analysed::is_summary(path)? {
        return Err(Error::input(
            name(),
            "is neither a saved run nor results by its name",
        ));
    }
    let analysed = reading::read(analysis, &[path.to_owned()])?;
    let presentation = Presentation {
        options: Options::default(),
        ..Presentation::default()
    };
    with_samples(&Report::new(&analysed, presentation)?, &name())
}

fn with_samples(report: &Report, name: &str) -> Result<Index> {
    match report.total.samples {
        0 => Err(Error::input(name, "has no samples")),
        _ => Ok(Index::new(report, None)),
    }
}

/// Whether a file starts like a saved run.
fn is_saved(path: &Path) -> bool {
    let mut start = [0; container::MAGIC.len()];
    let is_file = fs::metadata(path).is_ok_and(|data| data.is_file());
    let file = File::open(path).ok().filter(|_| is_file);
    file.is_some_and(|mut file| file.read_exact(&mut start).is_ok()) && start == container::MAGIC
}

/// Names a run, and finds the page of its report.
fn run(path: &Path, index: &Index) -> Run {
    let directory = path.parent().unwrap_or(Path::new(""));
    let is_report = path.file_name().is_some_and(|name| name == REPORT);
    let stem = match (is_report, directory.file_name()) {
        (true, Some(name)) => name.to_string_lossy().into_owned(),
        _ => input_name::stem_of(path),
    };
    let page = match is_report {
        true => directory.join(PAGE),
        false => directory.join(format!("{stem}-report")).join(PAGE),
    };
    Run {
        number: 0,
        name: run_name(index).unwrap_or(stem),
        start_ms: index.start_ms,
        details: index.details.clone(),
        input: path.display().to_string(),
        report: page.is_file().then(|| page.display().to_string()),
    }
}
