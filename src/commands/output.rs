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

/// Returns the terminal's width; `None` if standard output is not one and `COLUMNS` is not set.
pub fn terminal_width() -> Option<u16> {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    if columns.is_some() {
        return columns;
    }
    let size = terminal_size::terminal_size_of(io::stdout());
    size.filter(|_| io::stdout().is_terminal())
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
    io::stdout().is_terminal() && value("TERM").is_none_or(|value| value != "dumb")
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

/// Writes a file under a temporary name beside its path, then renames it: it never appears
/// half-written.
///
/// # Errors
///
/// If it cannot be written or renamed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    put(path, bytes, allow_reading).map_err(|error| Error::write(path, error))
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
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    permit(file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// Makes a file readable for everyone; temporary files are private.
#[cfg(unix)]
fn allow_reading(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn allow_reading(_file: &fs::File) -> io::Result<()> {
    Ok(())
}
