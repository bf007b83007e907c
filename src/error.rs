//! The error type of all commands. Messages say what is wrong, where, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Result with perfkit's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command failed. Every error ends the process with exit code 2, except a broken pipe on standard
/// output: that ends it quietly with 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be read or written.
    #[error("{action} {}: {source}", one_line(path.display()))]
    Io {
        /// The failed action: "cannot read" or "cannot write".
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[source] io::Error),
    /// An argument is invalid, or arguments contradict each other.
    #[error("{0}")]
    Usage(String),
    /// An input cannot be read as results.
    #[error("{}: {message}", one_line(input))]
    Input {
        /// The input's name as given on the command line.
        input: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// An operation failed that should never fail, such as drawing or encoding.
    #[error("{0}")]
    Internal(String),
}

/// A name within a message: a line feed in it would look like a message of its own.
pub(crate) fn one_line(name: impl fmt::Display) -> String {
    name.to_string().replace('\n', "\\n").replace('\r', "\\r")
}

impl Error {
    /// Creates the error of a failed read of `path`.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Error::Io {
            action: "cannot read",
            path: path.to_owned(),
            source,
        }
    }

    /// Creates the error of a failed write of `path`.
    pub fn write(path: &Path, source: io::Error) -> Self {
        Error::Io {
            action: "cannot write",
            path: path.to_owned(),
            source,
        }
    }

    /// Creates the error of an invalid argument; `problem` says what is wrong.
    pub fn usage(problem: impl fmt::Display) -> Self {
        Error::Usage(problem.to_string())
    }

    /// Creates the error of an input that cannot be read as results; `problem` says what is wrong.
    pub fn input(input: impl Into<String>, problem: impl fmt::Display) -> Self {
        Error::Input {
            input: input.into(),
            message: problem.to_string(),
        }
    }

    /// Whether the reader of standard output went away, as `head` does.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Stdout(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
