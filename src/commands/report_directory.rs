//! Writes the report directory, whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::output;
use crate::error::{Error, Result};

/// Files of a report. A directory with nothing else may be replaced as a whole.
const OWN_FILES: [&str; 5] = [
    "aggregate.csv",
    "report.html",
    "report.json",
    "report.md",
    "statistics.json",
];
const CHARTS: &str = "charts";

/// One file of the report.
#[derive(Debug)]
pub struct ReportFile {
    /// The path within the directory.
    pub path: String,
    /// The content.
    pub bytes: Vec<u8>,
}

impl ReportFile {
    /// Creates a file from its path within the directory and its content.
    pub fn new(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        ReportFile {
            path: path.to_owned(),
            bytes: bytes.into(),
        }
    }
}

/// Writes a report. If the directory is missing, empty or holds only a report, it is replaced in one
/// step: even if this process is killed, it holds the old report or the new one, never a mix. In a
/// directory with other files, the report's files are replaced one by one, and the others stay.
///
/// # Errors
///
/// If the directory or a file cannot be written.
pub fn write(directory: &Path, files: &[ReportFile]) -> Result<()> {
    let exists = directory.exists();
    if exists && !is_replaceable(directory) {
        return write_into(directory, files);
    }
    // Follow a link to a directory; do not replace it.
    let place = match exists {
        true => fs::canonicalize(directory).map_err(|error| cannot_create(directory, error))?,
        false => directory.to_owned(),
    };
    let parent = match place.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(|error| cannot_create(directory, error))?;
    let Ok(staged) = tempfile::Builder::new()
        .prefix(".perfkit-report-")
        .tempdir_in(parent)
    else {
        // The user may have no permission to write beside the directory.
        return write_into(directory, files);
    };
    fill(staged.path(), files)?;
    put_in_place(staged, &place).map_err(|error| cannot_create(directory, error))
}

/// Whether a directory can be replaced without loss: it holds only a report, and is neither the working
/// directory nor above it.
fn is_replaceable(directory: &Path) -> bool {
    let is_own = |directory: &Path, is_own: fn(&str) -> bool| {
        fs::read_dir(directory).is_ok_and(|mut entries| {
            entries.all(|entry| {
                entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(is_own))
            })
        })
    };
    let charts = directory.join(CHARTS);
    let is_working_directory = match (fs::canonicalize(directory), std::env::current_dir()) {
        (Ok(place), Ok(here)) => here.starts_with(place),
        _ => true,
    };
    !is_working_directory
        && is_own(directory, |name| {
            OWN_FILES.contains(&name) || name == CHARTS
        })
        && (!charts.exists() || is_own(&charts, |name| name.ends_with(".png")))
}

/// Replaces the files of a directory one by one.
fn write_into(directory: &Path, files: &[ReportFile]) -> Result<()> {
    output::create_directory(&directory.join(CHARTS))?;
    for file in files {
        output::write(&directory.join(&file.path), &file.bytes)?;
    }
    Ok(())
}

fn fill(directory: &Path, files: &[ReportFile]) -> Result<()> {
    output::create_directory(&directory.join(CHARTS))?;
    for file in files {
        let path = directory.join(&file.path);
        fs::write(&path, &file.bytes).map_err(|error| Error::write(&path, error))?;
    }
    Ok(())
}

fn put_in_place(staged: TempDir, place: &Path) -> io::Result<()> {
    allow_entering(staged.path())?;
    if !place.exists() && fs::rename(staged.path(), place).is_ok() {
        let _moved = staged.keep();
        return Ok(());
    }
    // The exchange moved the old directory to the temporary path; remove it.
    exchange(staged.path(), place)?;
    staged.close()
}

/// Swaps two directories in one step.
#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        // The file system cannot exchange: the directory is missing for a moment.
        Err(_) => exchange_in_steps(a, b),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    exchange_in_steps(a, b)
}

fn exchange_in_steps(a: &Path, b: &Path) -> io::Result<()> {
    let mut aside: PathBuf = a.to_owned();
    aside.set_extension("old");
    fs::rename(b, &aside)?;
    fs::rename(a, b)?;
    fs::rename(&aside, a)
}

/// Opens a private temporary directory to everyone who may enter its parent.
#[cfg(unix)]
fn allow_entering(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn allow_entering(_directory: &Path) -> io::Result<()> {
    Ok(())
}

fn cannot_create(directory: &Path, source: io::Error) -> Error {
    Error::Io {
        action: "cannot create the directory",
        path: directory.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> ReportFile {
        ReportFile {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_report_replaces_a_report_as_a_whole() {
        let parent = tempfile::tempdir().unwrap();
        let place = parent.path().join("deep/report");
        write(
            &place,
            &[file("report.md", "old"), file("charts/a.png", "")],
        )
        .unwrap();
        write(
            &place,
            &[file("report.md", "new"), file("charts/b.png", "")],
        )
        .unwrap();
        assert_eq!(names(&place), ["charts", "report.md"]);
        assert_eq!(names(&place.join("charts")), ["b.png"]);
        assert_eq!(fs::read_to_string(place.join("report.md")).unwrap(), "new");
        assert_eq!(
            names(&parent.path().join("deep")),
            ["report"],
            "nothing is left beside it"
        );
    }

    #[test]
    fn other_files_are_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let place = parent.path().join("docs");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("mine.txt"), "mine").unwrap();
        write(
            &place,
            &[file("report.md", "new"), file("charts/b.png", "")],
        )
        .unwrap();
        assert_eq!(names(&place), ["charts", "mine.txt", "report.md"]);
    }

    #[test]
    fn exchanging_in_steps_does_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let (a, b) = (parent.path().join("a"), parent.path().join("b"));
        fs::create_dir(&a).unwrap();
        fs::write(&b, "b").unwrap();
        exchange_in_steps(&a, &b).unwrap();
        assert!(b.is_dir() && a.is_file());
        assert_eq!(names(parent.path()), ["a", "b"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_to_a_directory_is_followed() {
        let parent = tempfile::tempdir().unwrap();
        let (place, link) = (parent.path().join("place"), parent.path().join("link"));
        fs::create_dir(&place).unwrap();
        std::os::unix::fs::symlink(&place, &link).unwrap();
        write(&link, &[file("report.md", "new")]).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(place.join("report.md")).unwrap(), "new");
    }
}
