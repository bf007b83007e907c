//! Saves a run as a file of a history.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{input_name, output};
use crate::analysed::{self, Analysed};
use crate::cli::AnalyzeArgs;
use crate::error::{Error, Result};
use crate::history::run_name;
use crate::history::saved::{self, Index};
use crate::report::Report;
use crate::stderr;

/// Ending of the names of saved runs.
const ENDING: &str = "run";

/// Maximum length of the key within a file's name, in characters.
const MAX_KEY: usize = 60;

/// Maximum number of runs with the same start and key.
const MAX_ALIKE: u32 = 1_000;

/// Where a run is saved.
#[derive(Debug)]
pub struct Saving {
    directory: PathBuf,
    key: Option<String>,
    /// The name of its results.
    results: String,
}

impl Saving {
    /// Takes the directory and the key from the arguments; `None` without `--save`.
    ///
    /// # Errors
    ///
    /// If the directory cannot be created or written.
    pub fn of(args: &AnalyzeArgs, results: &Path) -> Result<Option<Self>> {
        let Some(directory) = &args.publish.save else {
            return Ok(None);
        };
        output::check_directory(directory)?;
        Ok(Some(Saving {
            directory: directory.clone(),
            key: args.publish.key.clone(),
            results: input_name::stem_of(results),
        }))
    }

    /// Saves a run under a name that sorts by start and key, and says where. A run that is already there is
    /// not saved twice; another run is never replaced.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self, analysed: &Analysed, report: &Report) -> Result<()> {
        let index = Index::new(report, self.key.clone());
        let json = serde_json::to_vec(report)
            .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))?;
        let file = saved::encode(&index, json, analysed::encode(analysed)?)?;
        output::create_directory(&self.directory)?;
        let stem = self.stem(&index);
        for number in 1..=MAX_ALIKE {
            let name = match number {
                1 => format!("{stem}.{ENDING}"),
                _ => format!("{stem}-{number}.{ENDING}"),
            };
            let path = self.directory.join(name);
            if self.put(&path, &file)? {
                stderr::say(format_args!("perfkit: saved the run as {}", path.display()));
                return Ok(());
            }
            if is_same(&path, &index) {
                stderr::say(format_args!(
                    "perfkit: the run is already saved as {}",
                    path.display()
                ));
                return Ok(());
            }
        }
        Err(Error::Usage(format!(
            "--save: {MAX_ALIKE} other runs in {} have the same start and key: give another --key",
            self.directory.display()
        )))
    }

    /// Returns the name of the file without its ending, such as `20261120T101500.250Z-abc1234`.
    fn stem(&self, index: &Index) -> String {
        let start = jiff::Timestamp::from_millisecond(index.start_ms).unwrap_or_default();
        let start = start.strftime("%Y%m%dT%H%M%S%.3fZ");
        let name = run_name(index).unwrap_or_else(|| self.results.clone());
        format!("{start}-{}", slug(&name))
    }

    /// Writes a file whole, or not at all; `false` if there is one of that name.
    fn put(&self, path: &Path, bytes: &[u8]) -> Result<bool> {
        let written = || {
            let mut file = NamedTempFile::new_in(&self.directory)?;
            file.write_all(bytes)?;
            output::allow_reading(file.as_file())?;
            match file.persist_noclobber(path) {
                Ok(_) => Ok(true),
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error.error),
            }
        };
        written().map_err(|error| Error::write(path, error))
    }
}

/// Whether a file is a saved run with the same figures.
fn is_same(path: &Path, index: &Index) -> bool {
    let is_file = fs::metadata(path).is_ok_and(|data| data.is_file());
    let known = File::open(path).ok().filter(|_| is_file);
    let known = known.and_then(|file| saved::read_index(BufReader::new(file)).ok());
    known.is_some_and(|known| known.is_same_run(index))
}

/// Makes a name harmless in paths of every system: letters, digits, dots and hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars().take(MAX_KEY) {
        match letter {
            letter if letter.is_alphanumeric() || letter == '.' || letter == '_' => {
                slug.push(letter)
            }
            _ if !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_harmless() {
        for (name, expected) in [
            ("commit abc1234", "commit-abc1234"),
            ("../../etc/passwd", "etc-passwd"),
            ("build 17: main", "build-17-main"),
            ("größe_2.5", "größe_2.5"),
            ("...", ""),
        ] {
            assert_eq!(slug(name), expected);
        }
        assert_eq!(slug(&"x".repeat(100)).len(), MAX_KEY);
    }
}
