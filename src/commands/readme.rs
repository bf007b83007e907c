//! Updates a block of a README between marker comments.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::output;
use crate::error::{Error, Result};
use crate::render::readme_block;

/// A block of a Markdown file, found by its key.
#[derive(Debug)]
pub struct Readme {
    path: PathBuf,
    key: String,
}

impl Readme {
    /// Names a block. Reads the file once, so that its errors appear before perfkit reads results, which
    /// may take long.
    ///
    /// # Errors
    ///
    /// If the file is missing or cannot be read, or its markers are damaged.
    pub fn new(path: PathBuf, key: String) -> Result<Self> {
        let readme = Readme { path, key };
        readme.updated("")?;
        Ok(readme)
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces or adds the block, and says so on standard error. Leaves a file alone that is up to date.
    ///
    /// # Errors
    ///
    /// If the file can no longer be read, or cannot be written.
    pub fn update(&self, block: &str) -> Result<()> {
        let (before, updated) = self.updated(block)?;
        if before != updated.bytes {
            output::rewrite(&self.path, &updated.bytes)?;
        }
        let (path, key, line) = (self.path.display(), &self.key, updated.line);
        match updated.is_new {
            true => eprintln!(
                "perfkit: added the markers `{}` and `{}` to {path}, at line {line}; move the \
                 block with its markers wherever you like",
                readme_block::begin_marker(key),
                readme_block::end_marker(key)
            ),
            false => eprintln!("perfkit: updated the block `{key}` of {path}, at line {line}"),
        }
        Ok(())
    }

    /// Returns the bytes of the file, and the file with the block in place.
    fn updated(&self, block: &str) -> Result<(Vec<u8>, readme_block::Updated)> {
        let path = &self.path;
        let bytes = fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::input(
                path.to_string_lossy(),
                "does not exist: create it first, if only as an empty file",
            ),
            _ => Error::read(path, error),
        })?;
        let updated = readme_block::update(&bytes, &self.key, block)
            .map_err(|why| Error::input(path.to_string_lossy(), why.to_string()))?;
        Ok((bytes, updated))
    }
}

/// Makes a key of the first name that has a letter or digit.
///
/// # Errors
///
/// If no name has one.
pub fn key<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let mut keys = names.into_iter().map(readme_block::key_of);
    keys.find(|key| !key.is_empty()).ok_or_else(|| {
        Error::Usage(
            "--key: the name needs a letter or digit, such as --key raspberry-pi-5".to_owned(),
        )
    })
}
