//! The one error type: every message says where and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Result with perfkit's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command could not do its work. Every variant ends the process with exit code 2,
/// except a broken pipe, which ends it quietly with 0.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done: "cannot read", "cannot write".
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[source] io::Error),
    /// The arguments do not make sense together.
    #[error("{0}")]
    Usage(String),
    /// An input is not what it should be. The message says what it is and what to do.
    #[error("{input}: {message}")]
    Input {
        /// The input's name as given on the command line.
        input: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// Something that should always work did not (drawing, encoding).
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// A failed read of `path`.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Error::Io {
            action: "cannot read",
            path: path.to_owned(),
            source,
        }
    }

    /// A failed write of `path`.
    pub fn write(path: &Path, source: io::Error) -> Self {
        Error::Io {
            action: "cannot write",
            path: path.to_owned(),
            source,
        }
    }

    /// An input that is not what it should be.
    pub fn input(input: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Input {
            input: input.into(),
            message: message.into(),
        }
    }

    /// Whether the reader of our output went away, as `head` does: not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Stdout(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
