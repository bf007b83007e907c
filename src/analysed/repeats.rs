//! Inputs that are given twice: every row of them would count twice.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::jtl::InputRead;

/// What makes two inputs copies of one another.
type Content = (u64, u64);

/// Refuses a file that is given twice, under the same name or another one.
///
/// # Errors
///
/// If two paths lead to the same file. The message names both.
pub fn refuse_same_files(paths: &[PathBuf]) -> Result<()> {
    let mut known: HashMap<Place, &Path> = HashMap::new();
    for path in paths {
        if let Some(first) = known.insert(Place::of(path), path) {
            return Err(refusal(&first.to_string_lossy(), &path.to_string_lossy()));
        }
    }
    Ok(())
}

/// Refuses an input of `next` that `known` already has: both have the same content, and the same name
/// apart from its directory.
///
/// # Errors
///
/// If there is such an input. The message names it and `file`, the summary file or results that
/// repeat it.
pub fn refuse_same_inputs(known: &[InputRead], next: &[InputRead], file: &Path) -> Result<()> {
    let mut by_content: HashMap<Content, Vec<&InputRead>> = HashMap::new();
    for input in known {
        if let Some(content) = content(input) {
            by_content.entry(content).or_default().push(input);
        }
    }
    let same = next.iter().find_map(|input| {
        let copies = by_content.get(&content(input)?)?;
        let is_same = |copy: &&&InputRead| file_name(copy) == file_name(input);
        copies.iter().find(is_same).map(|copy| (*copy, input))
    });
    match same {
        None => Ok(()),
        Some((first, repeated)) => {
            let (first, repeated) = (&first.summary.name, &repeated.summary.name);
            let file = file.to_string_lossy();
            match file == *repeated {
                true => Err(refusal(first, repeated)),
                false => Err(refusal(first, &format!("{repeated} in {file}"))),
            }
        }
    }
}

/// Inputs with the same content, by the number of the first one of each: those given again.
pub fn copies(inputs: &[InputRead]) -> Vec<(usize, Vec<usize>)> {
    let mut firsts: HashMap<Content, usize> = HashMap::new();
    let mut copies: Vec<(usize, Vec<usize>)> = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        let Some(content) = content(input) else {
            continue;
        };
        let first = *firsts.entry(content).or_insert(number);
        if first == number {
            continue;
        }
        match copies.iter_mut().find(|(known, _)| *known == first) {
            Some((_, again)) => again.push(number),
            None => copies.push((first, vec![number])),
        }
    }
    copies
}

/// The content of an input; `None` if it has no rows.
fn content(input: &InputRead) -> Option<Content> {
    let summary = &input.summary;
    (input.lines > summary.headers + u64::from(summary.has_separator_line))
        .then_some((summary.bytes, summary.fingerprint))
}

fn file_name(input: &InputRead) -> Option<&std::ffi::OsStr> {
    Path::new(&input.summary.name).file_name()
}

fn refusal(first: &str, again: &str) -> Error {
    let same = match first == again {
        true => "is given twice".to_owned(),
        false => format!("is the same input as {first}"),
    };
    Error::input(
        again,
        format!(
            "{same}, so every row would count twice: leave one out, or say --allow-repeats if that is \
             meant"
        ),
    )
}

/// Where a file is. Two names of a file have the same place.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Place {
    /// The numbers of its device and inode.
    #[cfg(unix)]
    Inode(u64, u64),
    /// Its path without links.
    Path(PathBuf),
}

impl Place {
    fn of(path: &Path) -> Self {
        #[cfg(unix)]
        if let Ok(data) = fs::metadata(path)
            && data.is_file()
            && path != Path::new("-")
        {
            use std::os::unix::fs::MetadataExt;
            return Place::Inode(data.dev(), data.ino());
        }
        // `-` is standard input, even if there is a file of this name.
        match path == Path::new("-") {
            true => Place::Path(path.to_owned()),
            false => Place::Path(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())),
        }
    }
}
