//! Reads the platforms from the tables of a block whose comment is missing: earlier versions wrote none.

use crate::report::{Detail, PLATFORM, platform_key};

/// The platforms that a block's tables show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// That of a run: its key, and the key that it has without the versions of its operating system.
    /// A server's hardware had them in its name.
    Run {
        /// The key of the details as they are.
        key: String,
        /// The key without versions.
        unversioned: String,
    },
    /// Those of a comparison, by name.
    Comparison(Vec<String>),
    /// No table names a platform.
    Nothing,
}

/// Reads the platforms that the tables of a block show.
pub fn shown(content: &str) -> Shown {
    let mut lines = content.lines().map(cells);
    while let Some(header) = lines.next() {
        let column = |title: &str| header.iter().position(|cell| cell == title);
        if column("**Details**") == Some(1) && header.len() == 2 {
            let rows = lines.by_ref().take_while(|row| row.len() == 2).skip(1);
            let details: Vec<Detail> = rows.filter_map(|row| detail(&row)).collect();
            return of_run(details);
        }
        if let (Some(0), Some(at)) = (column("**Label**"), column("**Platform**")) {
            let rows = lines.by_ref().take_while(|row| row.len() == header.len());
            let mut names: Vec<String> = Vec::new();
            for name in rows.skip(1).filter_map(|row| row.get(at).cloned()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            return Shown::Comparison(names);
        }
    }
    Shown::Nothing
}

fn detail(row: &[String]) -> Option<Detail> {
    let [key, value] = row else { return None };
    let key = key.strip_prefix("**")?.strip_suffix("**")?;
    Some(Detail {
        key: key.to_owned(),
        value: value.clone(),
    })
}

fn of_run(mut details: Vec<Detail>) -> Shown {
    let Some(key) = platform_key(None, &details) else {
        return Shown::Nothing;
    };
    for detail in details.iter_mut().filter(|detail| detail.key == PLATFORM) {
        detail.value = without_versions(&detail.value);
    }
    Shown::Run {
        unversioned: platform_key(None, &details).unwrap_or_default(),
        key,
    }
}

/// Removes the versions from a machine in one line: `AMD EPYC (2 threads), 24 GB, Debian 12, Linux 6.1`
/// gives `AMD EPYC (2 threads), 24 GB, Debian`.
fn without_versions(text: &str) -> String {
    let mut parts: Vec<&str> = text.split(", ").collect();
    if parts.len() > 1 {
        parts.pop_if(|last| last.starts_with("Linux ") || last.starts_with("kernel "));
    }
    if let [_, .., last] = parts.as_mut_slice() {
        let is_version = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
        if let Some((name, version)) = last.split_once(' ')
            && is_version(version)
            && !is_version(name)
        {
            *last = name;
        }
    }
    parts.join(", ")
}

/// The cells of a table's row, as they were before they became Markdown; empty for other lines.
fn cells(line: &str) -> Vec<String> {
    let Some(inside) = line.trim().strip_prefix('|') else {
        return Vec::new();
    };
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => cell.extend(letters.next()),
            '|' => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    let literal = |cell: &String| {
        let cell = cell.trim().replace("&lt;", "<").replace("&gt;", ">");
        cell.replace("&amp;", "&")
    };
    cells.iter().map(literal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::markdown::details_table;

    fn detail(key: &str, value: &str) -> Detail {
        Detail {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn details_read_back_from_markdown() {
        let details = [
            detail("Platform", "a|b\\c <d> & *e* _f_, Debian 12"),
            detail("Server", "perfkit serve"),
            detail("Commit", "abc"),
        ];
        let block = format!("### Title\n\n{}\n| other |\n", details_table(&details));
        for content in [block.clone(), block.replace('\n', "\r\n")] {
            assert_eq!(
                shown(&content),
                Shown::Run {
                    key: platform_key(None, &details).unwrap(),
                    unversioned: "a|b\\c <d> & *e* _f_, Debian, Server=perfkit serve".to_owned(),
                }
            );
        }
    }

    #[test]
    fn comparisons_have_their_platforms_in_a_column() {
        let block = "\
| **Label** | **Platform** | **Average** |
|-----------|--------------|-------------|
| a         | Pi 4         | 1           |
| a         | Pi 5         | 2           |
| **TOTAL** | Pi 4         | 1           |
| **TOTAL** | Pi 5         | 2           |

text | x |
";
        assert_eq!(
            shown(block),
            Shown::Comparison(vec!["Pi 4".to_owned(), "Pi 5".to_owned()])
        );
    }

    #[test]
    fn other_contents_show_no_platform() {
        let of_build = details_table(&[detail("Commit", "abc"), detail("perfkit", "0.1.0")]);
        for content in ["", "old", "| a | b |\n|---|---|\n| c | d |", "|", &of_build] {
            assert_eq!(shown(content), Shown::Nothing, "{content}");
        }
    }

    #[test]
    fn versions_are_removed_from_machines() {
        for (text, expected) in [
            (
                "AMD EPYC (2 threads), 24 GB, Debian 12, Linux 6.1.0-18-amd64",
                "AMD EPYC (2 threads), 24 GB, Debian",
            ),
            ("x (2 threads), 24 GB, Linux 6.1", "x (2 threads), 24 GB"),
            ("x, 24 GB", "x, 24 GB"),
            ("Pi 5", "Pi 5"),
            ("Linux 6", "Linux 6"),
            ("", ""),
        ] {
            assert_eq!(without_versions(text), expected);
        }
    }
}
