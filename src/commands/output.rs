//! Writes results to standard output, and to files that appear whole or not at all.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Makes writing beyond `ulimit -f` an error like a full disk. The signal that the system sends by default
/// would end the process at once, and leave temporary files behind.
#[cfg(unix)]
pub fn survive_file_size_limit() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    let is_seen = Arc::new(AtomicBool::new(false));
    // Without a handler the process would only end earlier.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, is_seen);
}

#[cfg(not(unix))]
pub fn survive_file_size_limit() {}

/// Prints a result on standard output.
///
/// # Errors
///
/// If standard output cannot be written; see [`Error::is_broken_pipe`].
pub fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Error::Stdout)
}

/// Whether a person reads standard output at a terminal.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Returns the terminal's width; `None` if standard output is not one and `COLUMNS` is not set.
pub fn terminal_width() -> Option<u16> {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    if columns.is_some() {
        return columns;
    }
    let size = terminal_size::terminal_size_of(io::stdout());
    size.filter(|_| is_terminal())
        .map(|(terminal_size::Width(width), _)| width)
}

/// Whether to print colours: if standard output is a terminal, unless `NO_COLOR` or `CLICOLOR_FORCE`
/// overrides that.
pub fn has_colors() -> bool {
    let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if value("NO_COLOR").is_some() {
        return false;
    }
    if value("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    is_terminal() && value("TERM").is_none_or(|value| value != "dumb")
}

/// Creates a directory and its missing parents.
///
/// # Errors
///
/// If it cannot be created, for example because a file has its name.
pub fn create_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|source| Error::Io {
        action: "cannot create the directory",
        path: path.to_owned(),
        source,
    })
}

/// Checks that a file can be written, before work that may take long. Leaves no trace.
///
/// # Errors
///
/// If it is a directory, or its directory is missing or cannot be written.
pub fn check_file(path: &Path) -> Result<()> {
    if is_special(path) {
        return Ok(());
    }
    let refused = |kind, why: String| Err(Error::write(path, io::Error::new(kind, why)));
    if path.is_dir() {
        return refused(
            io::ErrorKind::IsADirectory,
            "it is a directory: name a file".to_owned(),
        );
    }
    let parent = parent(path);
    match parent.metadata() {
        Ok(data) if data.is_dir() => {
            let tried = tempfile::tempfile_in(parent);
            tried.map_err(|error| Error::write(path, error))?;
            Ok(())
        }
        Ok(_) => refused(
            io::ErrorKind::NotADirectory,
            format!("{} is a file, not a directory", parent.display()),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => refused(
            error.kind(),
            format!(
                "there is no directory {}: create it first",
                parent.display()
            ),
        ),
        Err(error) => Err(Error::write(path, error)),
    }
}

/// Checks that a directory can be created or written, before work that may take long. Leaves no trace.
///
/// # Errors
///
/// If it is a file, or the first of its parents that exists is no directory or cannot be written.
pub fn check_directory(path: &Path) -> Result<()> {
    let refused = |source| Error::Io {
        action: "cannot create the directory",
        path: path.to_owned(),
        source,
    };
    let found = path.ancestors().find_map(|place| {
        let place = if place == Path::new("") {
            Path::new(".")
        } else {
            place
        };
        place.metadata().ok().map(|data| (place, data.is_dir()))
    });
    let Some((place, is_directory)) = found else {
        return Ok(());
    };
    if !is_directory {
        let why = match place == path {
            true => "it is a file: name a directory".to_owned(),
            false => format!("{} is a file, not a directory", place.display()),
        };
        return Err(refused(io::Error::new(io::ErrorKind::NotADirectory, why)));
    }
    // A report is replaced from beside it if possible, or else file by file.
    let tried = tempfile::tempfile_in(place).or_else(|_| tempfile::tempfile_in(parent(place)));
    tried.map(drop).map_err(refused)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Whether a path is a pipe, a terminal or another device, which is written to rather than replaced.
fn is_special(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|data| !data.is_file() && !data.is_dir())
}

/// Writes a file under a temporary name beside its path, then renames it: it never appears
/// half-written. A pipe or a device is written to.
///
/// # Errors
///
/// If it cannot be written or renamed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = match is_special(path) {
        true => fs::write(path, bytes),
        false => put(path, bytes, allow_reading),
    };
    written.map_err(|error| Error::write(path, error))
}

/// Rewrites an existing file like [`write`]. Follows links, and keeps the file's permissions.
///
/// # Errors
///
/// If it is read-only, or cannot be written or renamed.
pub fn rewrite(path: &Path, bytes: &[u8]) -> Result<()> {
    let rewritten = fs::canonicalize(path).and_then(|place| {
        let permissions = fs::metadata(&place)?.permissions();
        match permissions.readonly() {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => put(&place, bytes, |file| file.set_permissions(permissions)),
        }
    });
    rewritten.map_err(|error| Error::write(path, error))
}

/// Writes a temporary file, lets `permit` set its permissions, and renames it to `path`.
fn put(
    path: &Path,
    bytes: &[u8],
    permit: impl FnOnce(&fs::File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(parent(path))?;
    file.write_all(bytes)?;
    permit(file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// Makes a file readable for everyone; temporary files are private.
#[cfg(unix)]
pub fn allow_reading(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub fn allow_reading(_file: &fs::File) -> io::Result<()> {
    Ok(())
}
