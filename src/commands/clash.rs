//! Refuses outputs that are inputs, or the same file twice, before anything is read or written.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, one_line};

/// Checks that no output is an input under whatever name, and no two outputs are one file. An output is
/// the option that names it, and its path. Standard input, pipes and devices are never the same.
///
/// # Errors
///
/// If one of these would replace or change another.
pub fn check<'a>(
    inputs: impl IntoIterator<Item = &'a PathBuf>,
    outputs: impl IntoIterator<Item = (&'a str, &'a PathBuf)>,
) -> Result<()> {
    let inputs = inputs.into_iter();
    let inputs: Vec<_> = inputs.map(|path| (path, identity(path))).collect();
    let mut before = Vec::new();
    for (option, path) in outputs {
        let Some(identity) = identity(path) else {
            continue;
        };
        let mut inputs = inputs.iter();
        if let Some((input, _)) = inputs.find(|(_, input)| input.as_ref() == Some(&identity)) {
            return Err(Error::Usage(format!(
                "{option} {} would overwrite an input, {}: choose another file",
                one_line(path.display()),
                one_line(input.display())
            )));
        }
        if let Some((other, _)) = before.iter().find(|(_, known)| *known == identity) {
            return Err(Error::Usage(format!(
                "{other} and {option} would write to one file, {}: choose another for one of them",
                one_line(path.display())
            )));
        }
        before.push((option, identity));
    }
    Ok(())
}

/// What makes two paths one file.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// A file that exists: its device and inode, or its path without links.
    #[cfg(unix)]
    Existing(u64, u64),
    #[cfg(not(unix))]
    Existing(PathBuf),
    /// A file that does not exist yet: its folder without links, and its name.
    Missing(PathBuf),
}

fn identity(path: &Path) -> Option<Identity> {
    match fs::metadata(path) {
        Ok(data) if data.is_file() => existing(path, &data),
        Ok(_) => None,
        Err(_) => {
            let folder = match path.parent() {
                Some(parent) if parent != Path::new("") => parent,
                _ => Path::new("."),
            };
            let name = path.file_name()?;
            Some(Identity::Missing(fs::canonicalize(folder).ok()?.join(name)))
        }
    }
}

#[cfg(unix)]
fn existing(_: &Path, data: &fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some(Identity::Existing(data.dev(), data.ino()))
}

#[cfg(not(unix))]
fn existing(path: &Path, _: &fs::Metadata) -> Option<Identity> {
    fs::canonicalize(path).ok().map(Identity::Existing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(inputs: &[PathBuf], outputs: &[(&str, PathBuf)]) -> Option<String> {
        let outputs = outputs.iter().map(|(option, path)| (*option, path));
        let checked = check(inputs, outputs);
        checked.err().map(|error| error.to_string())
    }

    #[test]
    fn an_output_that_is_an_input_is_refused_under_any_name() {
        let place = tempfile::tempdir().unwrap();
        let of = |name: &str| place.path().join(name);
        fs::write(of("a"), "").unwrap();
        fs::hard_link(of("a"), of("hard")).unwrap();
        for output in ["a", "./a", "hard"] {
            let said = why(&[of("a")], &[("-o", of(output))]).unwrap();
            let (input, output) = (of("a"), of(output));
            assert_eq!(
                said,
                format!(
                    "-o {} would overwrite an input, {}: choose another file",
                    output.display(),
                    input.display()
                )
            );
        }
        assert_eq!(why(&[of("a")], &[("-o", of("b"))]), None);
        assert_eq!(why(&["-".into()], &[("-o", of("b"))]), None);
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_and_devices_are_never_the_same() {
        let place = tempfile::tempdir().unwrap();
        let of = |name: &str| place.path().join(name);
        fs::write(of("a"), "").unwrap();
        std::os::unix::fs::symlink(of("a"), of("soft")).unwrap();
        assert!(why(&[of("a")], &[("-o", of("soft"))]).is_some());
        assert!(why(&[of("soft")], &[("-o", of("a"))]).is_some());
        let null = || PathBuf::from("/dev/null");
        assert_eq!(why(&[null()], &[("-o", null()), ("--junit", null())]), None);
    }

    #[test]
    fn two_outputs_are_two_files() {
        let place = tempfile::tempdir().unwrap();
        let of = |name: &str| place.path().join(name);
        let same = [("--junit", of("new")), ("--update", of("new"))];
        let said = why(&[], &same).unwrap();
        assert!(said.starts_with("--junit and --update would write to one file, "));
        let others = [("--junit", of("new")), ("--update", of("other"))];
        assert_eq!(why(&[], &others), None);
    }
}
