//! Reads the inputs of a run: results files, summary files, or both.

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::saved::{self, Sections};
use super::{Analysed, Analysis, MAGIC, SoFar, decode, metric_options, repeats, same_names};
use crate::error::{Error, Result};

/// Consecutive inputs that are read together.
enum Group<'a> {
    /// Results files.
    Files(&'a [PathBuf]),
    /// A summary file.
    Summary(&'a Path),
}

impl Analysis {
    /// Reads results files and summary files as one run, in their order; `-` is standard input.
    ///
    /// # Errors
    ///
    /// If an input is given twice or cannot be read, a summary file was made with other options, or the run lacks what the
    /// selection needs; with [`strict`](crate::jtl::ReadOptions::strict), also if a row is rejected.
    pub fn read(&self, paths: &[PathBuf], progress: &(dyn Fn(SoFar) + Sync)) -> Result<Analysed> {
        if !self.allow_repeats {
            repeats::refuse_same_files(paths)?;
        }
        let groups = groups(paths)?;
        if let [] | [Group::Files(_)] = groups[..] {
            return self.read_files(paths, progress);
        }
        if self.dashboard.is_some() {
            return Err(Error::Usage(
                "--compat dashboard depends on the order of rows, which summary files do not \
                 keep: give the results files"
                    .to_owned(),
            ));
        }
        let mut whole: Option<Analysed> = None;
        for group in groups {
            let (name, next) = match group {
                Group::Files(paths) => {
                    let name = paths.first().map_or(Path::new("-"), PathBuf::as_path);
                    (name, self.read_files(paths, progress)?)
                }
                Group::Summary(path) => (path, self.read_summary(path)?),
            };
            match &mut whole {
                None => whole = Some(next),
                Some(whole) => {
                    if !self.allow_repeats {
                        repeats::refuse_same_inputs(&whole.inputs, &next.inputs, name)?;
                    }
                    whole
                        .append(next)
                        .map_err(|why| Error::input(name.to_string_lossy(), why.to_string()))?;
                }
            }
        }
        whole.unwrap_or_default().check_strictly(&self.reading)
    }

    /// Reads a summary file, or that of a saved run, and checks that it was made with the options of this
    /// analysis.
    fn read_summary(&self, path: &Path) -> Result<Analysed> {
        let mut bytes = Vec::new();
        let read = match path == Path::new("-") {
            true => io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
            false => fs::read(path).map(|file| bytes = file),
        };
        read.map_err(|error| Error::read(path, error))?;
        let refused = |why: String| Error::input(path.to_string_lossy(), why);
        if bytes.starts_with(&saved::MAGIC) {
            let sections = Sections::decode(&bytes).map_err(|why| refused(why.to_string()))?;
            bytes = sections.summary;
        }
        let mut analysed = decode(&bytes).map_err(|why| refused(why.to_string()))?;
        let options = self.selection.options();
        if !options.is_empty() && options != analysed.selection {
            return Err(refused(format!(
                "is a summary file, whose selection is fixed: give {} when you make it",
                options.join(" ")
            )));
        }
        let metrics = &self.reading.metrics;
        if !metrics.is_empty() {
            if !same_names(metrics, &analysed.metrics) {
                return Err(refused(format!(
                    "is a summary file that was made {}, and not {}: give the option when you make it",
                    metric_options(&analysed.metrics),
                    metric_options(metrics)
                )));
            }
            analysed.metrics.clone_from(metrics);
        }
        if self.reading.timestamps.is_end && !analysed.timestamp_is_end {
            return Err(refused(
                "is a summary file that was made without --timestamp-is-end: give the option when you make it"
                    .to_owned(),
            ));
        }
        Ok(analysed)
    }
}

/// Groups the inputs: consecutive results files share one start and end of the run.
fn groups(paths: &[PathBuf]) -> Result<Vec<Group<'_>>> {
    let mut groups = Vec::new();
    let mut first = 0;
    for (place, path) in paths.iter().enumerate() {
        if is_summary(path)? {
            if first < place {
                groups.push(Group::Files(&paths[first..place]));
            }
            groups.push(Group::Summary(path));
            first = place + 1;
        }
    }
    if first < paths.len() {
        groups.push(Group::Files(&paths[first..]));
    }
    Ok(groups)
}

/// Whether an input starts like a summary file or a saved run, which contains one. `false` for a file that cannot be opened: reading it
/// later reports the error. Consumes nothing of standard input.
///
/// # Errors
///
/// If standard input cannot be read.
pub fn is_summary(path: &Path) -> Result<bool> {
    if path == Path::new("-") {
        let mut stdin = io::stdin().lock();
        let start = stdin.fill_buf().map_err(|error| Error::read(path, error))?;
        return Ok(is_magic(start));
    }
    let mut start = Vec::new();
    // A pipe can be read only once: look only into regular files.
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    if is_file && let Ok(file) = File::open(path) {
        let _ = file.take(MAGIC.len() as u64).read_to_end(&mut start);
    }
    Ok(is_magic(&start))
}

fn is_magic(start: &[u8]) -> bool {
    start.starts_with(&MAGIC) || start.starts_with(&saved::MAGIC)
}
