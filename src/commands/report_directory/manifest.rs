//! Which files of a directory belong to a report: those that its manifest names.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// The manifest's name in the directory.
pub const NAME: &str = ".perfkit-report";

/// The folder of the pictures.
pub const CHARTS: &str = "charts";

/// The first line of every manifest.
const HEAD: &str =
    "# The files of this report, which perfkit wrote and may replace. It touches no others.\n";

/// The paths of a report's files within its directory, with `/` between folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest(BTreeSet<String>);

impl Manifest {
    /// Collects the paths of files. The manifest itself is not listed.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        Manifest(paths.into_iter().map(str::to_owned).collect())
    }

    /// Reads the manifest of a directory. Without one, or if perfkit did not write that file, the manifest
    /// is empty.
    ///
    /// # Errors
    ///
    /// If the file exists but cannot be read.
    pub fn read(directory: &Path) -> io::Result<Self> {
        match fs::read(directory.join(NAME)) {
            Ok(bytes) => Ok(std::str::from_utf8(&bytes)
                .ok()
                .and_then(|text| text.strip_prefix(HEAD))
                .map(|paths| Manifest::of(paths.lines().filter(|path| is_inside(path))))
                .unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Manifest::default()),
            Err(error) => Err(error),
        }
    }

    /// Returns the text of the file.
    pub fn text(&self) -> String {
        let paths = self.0.iter().map(|path| format!("{path}\n"));
        [HEAD.to_owned()].into_iter().chain(paths).collect()
    }

    /// Whether it names a path.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains(path)
    }

    /// Whether it names a file in `folder`.
    pub fn has_folder(&self, folder: &str) -> bool {
        self.0
            .iter()
            .any(|path| path.split_once('/').is_some_and(|(of, _)| of == folder))
    }

    /// Returns the manifest of both.
    pub fn and(&self, other: &Manifest) -> Manifest {
        Manifest(self.0.union(&other.0).cloned().collect())
    }

    /// Returns the paths that `other` does not name.
    pub fn without<'a>(&'a self, other: &'a Manifest) -> impl Iterator<Item = &'a str> {
        self.0.difference(&other.0).map(String::as_str)
    }
}

/// Whether a path of a manifest, which anyone may have edited, is a file of the directory or of its
/// charts.
fn is_inside(path: &str) -> bool {
    let name = match path.split_once('/') {
        Some((CHARTS, name)) => name,
        Some(_) => return false,
        None => path,
    };
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let place = tempfile::tempdir().unwrap();
        let manifest = Manifest::of(["report.md", "charts/a.png"]);
        fs::write(place.path().join(NAME), manifest.text()).unwrap();
        assert_eq!(Manifest::read(place.path()).unwrap(), manifest);
        assert!(manifest.has("charts/a.png") && !manifest.has("a.png"));
        assert!(manifest.has_folder("charts") && !manifest.has_folder("report.md"));
    }

    #[test]
    fn a_manifest_names_nothing_outside_its_directory() {
        let place = tempfile::tempdir().unwrap();
        let paths = "../x\n/etc/passwd\ncharts/../../x\ncharts/..\n..\ndeep/er\ncharts\\x\nC:x\n\nreport.md\n";
        fs::write(place.path().join(NAME), format!("{HEAD}{paths}")).unwrap();
        let manifest = Manifest::read(place.path()).unwrap();
        assert_eq!(manifest, Manifest::of(["report.md"]));
    }

    #[test]
    fn a_file_of_that_name_that_perfkit_did_not_write_names_nothing() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(place.path()).unwrap(), Manifest::default());
        for text in [&b"report.md\n"[..], b"\xFF\n"] {
            fs::write(place.path().join(NAME), text).unwrap();
            assert_eq!(Manifest::read(place.path()).unwrap(), Manifest::default());
        }
    }
}
