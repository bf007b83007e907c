//! Updates a block of a README between marker comments.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::output;
use crate::error::{Error, Result};
use crate::format;
use crate::render::readme_block::{self, Choice, MAX_KEY, Updated, Wanted};
use crate::render::text::printable;
use crate::report::Report;
use crate::stderr;

/// A block of a Markdown file.
#[derive(Debug)]
pub struct Readme {
    path: PathBuf,
    wanted: Wanted,
}

/// A file with its block in place, and the block that it had there.
struct Outcome {
    before: Vec<u8>,
    updated: Updated,
    /// The key and the name of the block that was replaced.
    replaced: Option<(String, String)>,
}

impl Readme {
    /// Chooses a block. Reads the file once, so that its errors appear before perfkit reads results, which
    /// may take long.
    ///
    /// # Errors
    ///
    /// If the file is missing or cannot be read, its markers are damaged, or the block is of another
    /// platform.
    pub fn new(path: PathBuf, wanted: Wanted) -> Result<Self> {
        let readme = Readme { path, wanted };
        // The platforms of a comparison are known only once its runs are read.
        let blocks = readme.read()?.1;
        if !readme.wanted.origin.platforms.is_empty() || readme.wanted.origin.results.is_some() {
            readme.choose(&blocks)?;
        }
        Ok(readme)
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets the platforms of a comparison, and what earlier versions called them.
    pub fn set_platforms(&mut self, platforms: Vec<String>, former_names: Vec<String>) {
        self.wanted.origin.platforms = platforms;
        self.wanted.former_names = former_names;
    }

    /// Replaces or adds the block, and says so on standard error. Leaves a file alone that is up to date.
    ///
    /// # Errors
    ///
    /// If the file can no longer be read, or cannot be written, or the block is of another platform.
    pub fn update<'r>(
        &mut self,
        block: &str,
        runs: impl Iterator<Item = &'r Report>,
    ) -> Result<()> {
        let ends = runs.filter_map(|report| report.window.map(|window| window.end_ms));
        self.wanted.origin.date = ends.max().map(format::utc_date);
        let Outcome {
            before,
            updated,
            replaced,
        } = self.updated(block)?;
        if before != updated.bytes {
            output::rewrite(&self.path, &updated.bytes)?;
        }
        let (path, key, line) = (self.path.display(), &self.wanted.key, updated.line);
        match replaced {
            None => stderr::say(format_args!(
                "perfkit: added the markers `{}` and `{}` to {path}, at line {line}; move the \
                 block with its markers wherever you like",
                readme_block::begin_marker(key),
                readme_block::end_marker(key)
            )),
            Some(_) if before == updated.bytes => {
                stderr::say(format_args!(
                    "perfkit: the block `{key}` of {path}, at line {line}, is up to date"
                ));
            }
            Some((old, name)) => {
                let renamed = match old == *key {
                    true => String::new(),
                    false => format!(", named `{}` before", printable(&old)),
                };
                let replaced = match name.is_empty() {
                    true => String::new(),
                    false => format!(": replaced the block{}", of(&name)),
                };
                stderr::say(format_args!(
                    "perfkit: updated the block `{key}` of {path}, at line {line}{renamed}{replaced}"
                ));
            }
        }
        Ok(())
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<readme_block::Block>)> {
        let path = &self.path;
        let bytes = fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::input(
                path.to_string_lossy(),
                "does not exist: create it first, if only as an empty file",
            ),
            _ => Error::read(path, error),
        })?;
        let blocks = readme_block::blocks(&bytes).map_err(|why| self.error(&why))?;
        Ok((bytes, blocks))
    }

    fn choose<'b>(&self, blocks: &'b [readme_block::Block]) -> Result<Choice<'b>> {
        readme_block::choose(blocks, &self.wanted).map_err(|why| self.error(&why))
    }

    fn error(&self, why: &impl ToString) -> Error {
        Error::input(self.path.to_string_lossy(), printable(&why.to_string()))
    }

    /// Returns the file with the block in place.
    fn updated(&self, block: &str) -> Result<Outcome> {
        let (before, blocks) = self.read()?;
        let choice = self.choose(&blocks)?;
        let Wanted { key, origin, .. } = &self.wanted;
        let replaced = match &choice {
            Choice::Replace(old) => Some((old.key.clone(), dated_name(old))),
            Choice::Add => None,
        };
        Ok(Outcome {
            updated: readme_block::put(&before, &choice, key, origin, block),
            before,
            replaced,
        })
    }
}

/// Names what a block shows, and its date: `Pi 5 of 2026-11-02`. Empty if unknown.
fn dated_name(block: &readme_block::Block) -> String {
    let name = format::shorten_middle(&printable(&readme_block::name(block)), 120);
    let date = block
        .origin
        .as_ref()
        .and_then(|origin| origin.date.as_deref());
    match date {
        Some(date) => format!("{name} of {}", printable(date)).trim().to_owned(),
        None => name,
    }
}

fn of(name: &str) -> String {
    match name.strip_prefix("of ") {
        // Only its date is known.
        Some(_) => format!(" {name}"),
        None if name.is_empty() => String::new(),
        None => format!(" of {name}"),
    }
}

/// Makes a key of the name that the user gave.
///
/// # Errors
///
/// If it has no letter or digit.
pub fn key_given(name: &str) -> Result<String> {
    match readme_block::key_of(name, MAX_KEY) {
        key if key.is_empty() => Err(Error::Usage(
            "--key: the name needs a letter or digit, such as --key raspberry-pi-5".to_owned(),
        )),
        key => Ok(key),
    }
}
