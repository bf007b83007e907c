//! What to give in place of a directory.

use std::path::Path;

/// Endings of the names of results files, likeliest first.
const ENDINGS: [&str; 8] = [
    ".jtl", ".jtl.gz", ".jtl.zst", ".csv", ".csv.gz", ".csv.zst", ".perfkit", ".xml",
];

/// Files that perfkit and JMeter's dashboard write beside results.
const OUTPUTS: [&str; 1] = ["aggregate.csv"];

/// Says that a path is a directory, and names the files in it that may be meant.
pub fn describe_directory(path: &Path) -> String {
    const MAX_NAMED: usize = 3;
    let entries = path.read_dir().into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let rank = |name: &str| {
        let name = name.to_ascii_lowercase();
        let rank = ENDINGS.iter().position(|ending| name.ends_with(ending));
        rank.filter(|_| !OUTPUTS.contains(&&*name))
    };
    let mut found: Vec<(usize, String)> = names
        .filter_map(|name| Some((rank(&name)?, name)))
        .collect();
    found.sort_unstable();
    let Some((best, _)) = found.first() else {
        return "is a directory: name the result files in it".to_owned();
    };
    let best = *best;
    let likeliest: Vec<String> = found
        .iter()
        .filter(|(rank, _)| *rank == best)
        .map(|(_, name)| path.join(name).display().to_string())
        .collect();
    match &likeliest[..] {
        [only] => format!("is a directory: did you mean {only}?"),
        several => {
            let more = match several.len().saturating_sub(MAX_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let several = &several[..several.len().min(MAX_NAMED)];
            format!(
                "is a directory: name the result files in it, such as {}{more}",
                several.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn names_the_files_that_may_be_meant() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let said = || describe_directory(path).replace(&path.display().to_string(), "d");
        fs::write(path.join("aggregate.csv"), "").unwrap();
        assert_eq!(said(), "is a directory: name the result files in it");
        fs::write(path.join("kpi.csv"), "").unwrap();
        fs::write(path.join("b.jtl"), "").unwrap();
        assert_eq!(said(), "is a directory: did you mean d/b.jtl?");
        for name in ["a.jtl", "c.jtl", "d.jtl"] {
            fs::write(path.join(name), "").unwrap();
        }
        assert_eq!(
            said(),
            "is a directory: name the result files in it, such as d/a.jtl, d/b.jtl, d/c.jtl and 1 more"
        );
    }
}
