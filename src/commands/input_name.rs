//! Names derived from results files.

use std::path::Path;

/// Returns the name of a results file without its extensions; `stdin` for `-`.
pub fn stem_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let mut stem = name.as_deref().unwrap_or("-");
    for extension in [".gz", ".zst", ".jtl", ".csv", ".xml", ".json", ".summary"] {
        stem = stem.strip_suffix(extension).unwrap_or(stem);
    }
    if matches!(stem, "" | "-") {
        stem = "stdin";
    }
    stem.to_owned()
}
