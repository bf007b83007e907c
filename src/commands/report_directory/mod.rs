//! Writes the report directory, whole or not at all, without touching files of others.

mod manifest;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use self::manifest::{CHARTS, Manifest};
use super::output;
use crate::error::{Error, Result};

/// The files of every report.
const FILES: [&str; 5] = [
    "aggregate.csv",
    "report.html",
    "report.json",
    "report.md",
    "statistics.json",
];

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

/// Writes a report. If the directory is missing, empty or holds only a report of perfkit's, it is
/// replaced in one step: even if this process is killed, it holds the old report or the new one, never a
/// mix. In a directory with other files, the report's files are replaced one by one, and the others stay.
/// Only the files that an earlier report's manifest names count as perfkit's.
///
/// # Errors
///
/// If a file of the report would replace one that perfkit did not write; if the charts' folder is a
/// symbolic link; if the directory or a file cannot be written.
pub fn write(directory: &Path, files: &[ReportFile]) -> Result<()> {
    let new = Manifest::of(files.iter().map(|file| file.path.as_str()));
    let refused = |error| cannot_create(directory, error);
    if directory.exists() {
        let old = earlier_report(directory, files.iter().map(|file| file.path.as_str()))?;
        if !is_replaceable(directory, &old) {
            return write_into(directory, files, &old, &new);
        }
        // Follow a link to a directory; do not replace it.
        let place = fs::canonicalize(directory).map_err(refused)?;
        return match staging_beside(&place) {
            Ok(staged) => replace(staged, directory, &place, files, &new),
            // The user may have no permission to write beside the directory.
            Err(_) => write_into(directory, files, &old, &new),
        };
    }
    let staged = staging_beside(directory).map_err(refused)?;
    replace(staged, directory, directory, files, &new)
}

/// Returns the paths of the tables and pages that every report has.
pub fn files(directory: &Path) -> impl Iterator<Item = PathBuf> {
    FILES.into_iter().map(|file| directory.join(file))
}

/// Checks, before results are read, that a report with these charts replaces no file but those of an
/// earlier report.
///
/// # Errors
///
/// As [`write`], for files that are there already.
pub fn check(directory: &Path, charts: &[String]) -> Result<()> {
    let charts = charts.iter().map(String::as_str);
    earlier_report(directory, FILES.into_iter().chain(charts)).map(drop)
}

/// Returns the manifest of the report that is in a directory, if any.
fn earlier_report<'a>(
    directory: &Path,
    paths: impl IntoIterator<Item = &'a str>,
) -> Result<Manifest> {
    let old = Manifest::read(directory)
        .map_err(|error| Error::read(&directory.join(manifest::NAME), error))?;
    let charts = directory.join(CHARTS);
    if charts.is_symlink() {
        return Err(Error::Usage(format!(
            "{} is a symbolic link, which perfkit does not follow: remove it, or choose another \
             directory with --output",
            charts.display()
        )));
    }
    for path in paths.into_iter().chain([manifest::NAME]) {
        let place = directory.join(path);
        let is_own = match path {
            manifest::NAME => old != Manifest::default(),
            path => old.has(path),
        };
        let is_there = place.symlink_metadata().is_ok();
        if is_there && (!is_own || place.is_dir()) {
            return Err(Error::Usage(format!(
                "{} was not written by perfkit, which would replace it: move it, or choose another \
                 directory with --output",
                place.display()
            )));
        }
    }
    Ok(old)
}

/// Whether a directory can be replaced without loss: it holds only a report, and is neither the working
/// directory nor above it.
fn is_replaceable(directory: &Path, old: &Manifest) -> bool {
    let is_working_directory = match (fs::canonicalize(directory), std::env::current_dir()) {
        (Ok(place), Ok(here)) => here.starts_with(place),
        _ => true,
    };
    let is_all = |directory: &Path, is_own: &dyn Fn(&str, bool) -> bool| {
        fs::read_dir(directory).is_ok_and(|mut entries| {
            entries.all(|entry| {
                entry.is_ok_and(|entry| {
                    let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                    let name = entry.file_name();
                    name.to_str().is_some_and(|name| is_own(name, is_directory))
                })
            })
        })
    };
    let is_own = |name: &str, is_directory: bool| match is_directory {
        true => name == CHARTS && old.has_folder(CHARTS),
        false => old.has(name) || name == manifest::NAME,
    };
    let is_own_chart =
        |name: &str, is_directory: bool| !is_directory && old.has(&format!("{CHARTS}/{name}"));
    let charts = directory.join(CHARTS);
    !is_working_directory
        && is_all(directory, &is_own)
        && (!charts.exists() || is_all(&charts, &is_own_chart))
}

/// Replaces the files of a report in a directory one by one, and removes those that the new report does
/// not have.
fn write_into(
    directory: &Path,
    files: &[ReportFile],
    old: &Manifest,
    new: &Manifest,
) -> Result<()> {
    create_folders(directory, new)?;
    let manifest = directory.join(manifest::NAME);
    // Until all is done both lists hold, so that no file is left without an owner.
    output::write(&manifest, old.and(new).text().as_bytes())?;
    for file in files {
        output::write(&directory.join(&file.path), &file.bytes)?;
    }
    for path in old.without(new) {
        let path = directory.join(path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::write(&path, error));
            }
            _ => {}
        }
    }
    if old.has_folder(CHARTS) && !new.has_folder(CHARTS) {
        // Only if nothing else is in it.
        let _others_stay = fs::remove_dir(directory.join(CHARTS));
    }
    output::write(&manifest, new.text().as_bytes())
}

fn create_folders(directory: &Path, new: &Manifest) -> Result<()> {
    output::create_directory(directory)?;
    match new.has_folder(CHARTS) {
        true => output::create_directory(&directory.join(CHARTS)),
        false => Ok(()),
    }
}

/// Creates an empty directory beside `place`, in which a report is made.
fn staging_beside(place: &Path) -> io::Result<TempDir> {
    let parent = match place.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent)?;
    tempfile::Builder::new()
        .prefix(".perfkit-report-")
        .tempdir_in(parent)
}

/// Makes a report in the staging directory, and moves it to `place` in one step. Messages name
/// `directory`, as the user gave it.
fn replace(
    staged: TempDir,
    directory: &Path,
    place: &Path,
    files: &[ReportFile],
    new: &Manifest,
) -> Result<()> {
    create_folders(staged.path(), new)?;
    let manifest = ReportFile::new(manifest::NAME, new.text());
    for file in files.iter().chain([&manifest]) {
        let written = fs::write(staged.path().join(&file.path), &file.bytes);
        written.map_err(|error| Error::write(&directory.join(&file.path), error))?;
    }
    put_in_place(staged, place).map_err(|error| cannot_create(directory, error))
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
    if let Err(error) = fs::rename(a, b) {
        // Nothing is lost: put the old directory back.
        fs::rename(&aside, b)?;
        return Err(error);
    }
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
        assert_eq!(names(&place), [".perfkit-report", "charts", "report.md"]);
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
        assert_eq!(
            names(&place),
            [".perfkit-report", "charts", "mine.txt", "report.md"]
        );
        // A picture of someone else's in the charts' folder stays; the old report's goes.
        fs::write(place.join("charts/mine.png"), "mine").unwrap();
        write(
            &place,
            &[file("report.md", "newer"), file("charts/c.png", "")],
        )
        .unwrap();
        assert_eq!(names(&place.join("charts")), ["c.png", "mine.png"]);
        write(&place, &[file("report.md", "newest")]).unwrap();
        assert_eq!(names(&place.join("charts")), ["mine.png"]);
        fs::remove_file(place.join("charts/mine.png")).unwrap();
        fs::remove_file(place.join("mine.txt")).unwrap();
        write(&place, &[file("aggregate.csv", "")]).unwrap();
        assert_eq!(names(&place)[..2], [".perfkit-report", "aggregate.csv"]);
    }

    /// A directory with files that perfkit did not write, and why it writes no report there.
    fn refusal(prepare: impl FnOnce(&Path)) -> String {
        let parent = tempfile::tempdir().unwrap();
        let place = parent.path().join("docs");
        fs::create_dir(&place).unwrap();
        prepare(&place);
        let before = names(&place);
        let files = [file("report.md", "new"), file("charts/b.png", "")];
        let why = write(&place, &files).unwrap_err().to_string();
        assert_eq!(names(&place), before);
        why.replace(&place.display().to_string(), "DIR")
    }

    #[test]
    fn a_file_of_someone_else_is_not_replaced() {
        let why = refusal(|place| fs::write(place.join("report.md"), "mine").unwrap());
        assert_eq!(
            why,
            "DIR/report.md was not written by perfkit, which would replace it: move it, or choose another \
             directory with --output"
        );
        let why = refusal(|place| {
            fs::create_dir(place.join("charts")).unwrap();
            fs::write(place.join("charts/b.png"), "mine").unwrap();
        });
        assert!(why.starts_with("DIR/charts/b.png was not"), "{why}");
        let why = refusal(|place| fs::write(place.join(".perfkit-report"), "mine").unwrap());
        assert!(why.starts_with("DIR/.perfkit-report was not"), "{why}");
        let why = refusal(|place| {
            write(place, &[file("report.md", "")]).unwrap();
            fs::remove_file(place.join("report.md")).unwrap();
            fs::create_dir(place.join("report.md")).unwrap();
        });
        assert!(why.starts_with("DIR/report.md was not"), "{why}");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_place_of_the_charts_is_not_followed() {
        let elsewhere = tempfile::tempdir().unwrap();
        let why = refusal(|place| {
            std::os::unix::fs::symlink(elsewhere.path(), place.join("charts")).unwrap();
        });
        assert!(why.starts_with("DIR/charts is a symbolic link"), "{why}");
        assert!(names(elsewhere.path()).is_empty());
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
    fn a_failed_exchange_leaves_the_old_directory() {
        let parent = tempfile::tempdir().unwrap();
        let (missing, old) = (parent.path().join("missing"), parent.path().join("old"));
        fs::create_dir(&old).unwrap();
        exchange_in_steps(&missing, &old).unwrap_err();
        assert_eq!(names(parent.path()), ["old"]);
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
