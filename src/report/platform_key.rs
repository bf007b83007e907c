//! Identifies a platform from run to run.

use super::{Detail, Report};

/// The detail that names the platform.
pub const PLATFORM: &str = "Platform";

/// The value of that detail if nothing names the platform.
pub const UNNAMED_PLATFORM: &str = "not named: give --server or --platform";

/// Maximum length of a key, in characters; the rest of a longer one is replaced by its hash.
const MAX_LETTERS: usize = 200;

/// Beginnings of words that mark a detail as one of a build or a run: `Build number`, `committed`.
const BUILD_STEMS: [&str; 15] = [
    "artifact",
    "author",
    "branch",
    "build",
    "changeset",
    "commit",
    "deploy",
    "generator",
    "jmeter",
    "perfkit",
    "pipeline",
    "revision",
    "tester",
    "timestamp",
    "workflow",
];

/// Words that do so only as a whole, because `refresh` or `runtime` are details of a platform.
const BUILD_WORDS: [&str; 29] = [
    "ci", "date", "day", "digest", "finished", "git", "hash", "hg", "issue", "job", "link", "mr",
    "pr", "ref", "release", "report", "rev", "run", "sha", "sha1", "sha256", "started", "svn",
    "tag", "tested", "ticket", "time", "url", "when",
];

/// Words for what is tested. Beside one of them, a word of [`BUILD_WORDS`] says nothing of a build:
/// `Server URL`, `OS release`, `Image tag`.
const SERVER_WORDS: [&str; 8] = [
    "container",
    "docker",
    "host",
    "image",
    "instance",
    "kernel",
    "os",
    "server",
];

/// Words for the tested application. With one of them, a version is that of a build; otherwise, as in
/// `Nginx version`, of a server.
const APPLICATION: [&str; 6] = ["api", "app", "application", "product", "project", "service"];

/// Returns the key of a platform: what it keeps from run to run, and no other platform has. Two runs
/// are of one platform if and only if their keys are equal. `None` if nothing names the platform.
///
/// The key lists, in this order:
///
/// 1. the detail `Platform`, as given with `--platform`;
/// 2. `hardware`: the CPU, memory and operating system that the server reported, without versions
///    that updates change;
/// 3. every other detail, as `key=value` in the order of their keys: `Server=nginx`, `Python=3.13`.
///
/// Details of a build or a run are no part of it: keys with a word such as `commit`, `branch`, `build`,
/// `revision`, `release`, `date`, `run` or `url`, `App version`, and values that are a date or a hash.
/// An unknown detail counts as one of the platform: to take two platforms for one would lose a result.
pub fn platform_key(hardware: Option<&str>, details: &[Detail]) -> Option<String> {
    let mut names = Vec::new();
    let mut others = Vec::new();
    for detail in details {
        let (key, value) = (tidy(&detail.key), tidy(&detail.value));
        if value.is_empty() || value == UNNAMED_PLATFORM {
            continue;
        }
        if key == PLATFORM {
            names.push(value);
        } else if !is_of_build(&key, &value) {
            others.push((key.to_lowercase(), format!("{key}={value}")));
        }
    }
    others.sort();
    names.extend(hardware.map(tidy));
    names.extend(others.into_iter().map(|(_, text)| text));
    (!names.is_empty()).then(|| bounded(&names.join(", "), MAX_LETTERS))
}

impl Report {
    /// Returns the [`platform_key`] of the run; `None` if nothing names its platform. Reports saved by
    /// earlier versions have no key, and get one from their details.
    pub fn platform_key(&self) -> Option<String> {
        let of_details = || platform_key(None, &self.details);
        self.platform.clone().or_else(of_details)
    }
}

/// Shortens a text to `max` characters, so that two different texts stay different.
pub fn bounded(text: &str, max: usize) -> String {
    const HASH: usize = 9;
    match text.char_indices().nth(max.saturating_sub(HASH)) {
        Some((end, _)) if text.chars().count() > max => {
            let start = text.get(..end).unwrap_or_default();
            format!("{}-{:08x}", start.trim_end_matches('-'), hash(text))
        }
        _ => text.to_owned(),
    }
}

/// 32-bit FNV-1a, which no release of Rust changes.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a detail is of a build or a run, and so changes while the platform stays.
fn is_of_build(key: &str, value: &str) -> bool {
    let words = words(key);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let has_stem = words
        .iter()
        .any(|word| BUILD_STEMS.iter().any(|stem| word.starts_with(stem)));
    has_stem
        || (has(&BUILD_WORDS) && !has(&SERVER_WORDS))
        || (has(&["version"]) && has(&APPLICATION))
        || is_date(value)
        || is_hash(value)
}

/// The words of a key in lower case: `GIT_COMMIT`, `git-commit` and `gitCommit` have the same.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_after_lower = false;
    for letter in key.chars() {
        let starts_word = letter.is_uppercase() && is_after_lower;
        if starts_word || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        is_after_lower = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text starts with a date such as 2026-11-02 or 2026/11/02.
fn is_date(text: &str) -> bool {
    let shape: String = text
        .chars()
        .take(10)
        .map(|letter| match letter {
            '/' => '-',
            letter if letter.is_ascii_digit() => '9',
            letter => letter,
        })
        .collect();
    shape == "9999-99-99"
}

/// Whether a text is a hash, such as the 7 or more digits that Git prints of a commit's.
fn is_hash(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    (7..=64).contains(&digits.len())
        && digits.chars().all(|digit| digit.is_ascii_hexdigit())
        && digits.chars().any(|digit| digit.is_ascii_digit())
        && digits.chars().any(|digit| digit.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(hardware: Option<&str>, details: &[(&str, &str)]) -> Option<String> {
        let details: Vec<Detail> = details
            .iter()
            .map(|(key, value)| Detail {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        platform_key(hardware, &details)
    }

    #[test]
    fn name_hardware_and_server_make_the_key() {
        let pi = ("Platform", "Pi 5,  8 GB");
        assert_eq!(key(None, &[pi]).unwrap(), "Pi 5, 8 GB");
        assert_eq!(
            key(Some("AMD EPYC (2 threads)"), &[pi]).unwrap(),
            "Pi 5, 8 GB, AMD EPYC (2 threads)"
        );
        assert_eq!(
            key(None, &[("Server", "Flask"), pi, ("Nginx", "1.25")]).unwrap(),
            "Pi 5, 8 GB, Nginx=1.25, Server=Flask"
        );
        // The order of details on the command line means nothing.
        assert_eq!(
            key(None, &[("Nginx", "1.25"), ("Server", "Flask"), pi]),
            key(None, &[("Server", "Flask"), pi, ("Nginx", "1.25")])
        );
        assert_ne!(
            key(None, &[("Nginx", "1.25")]),
            key(None, &[("Nginx", "1.27")])
        );
    }

    #[test]
    fn builds_and_runs_are_left_out() {
        for (name, value) in [
            ("commit", "anything"),
            ("GIT_COMMIT", "x"),
            ("gitBranch", "main"),
            ("Build", "17"),
            ("Build server", "ci-3"),
            ("buildNumber", "17"),
            ("build-date", "today"),
            ("Date", "today"),
            ("Test date", "today"),
            ("SHA", "x"),
            ("Revision", "r5"),
            ("Run", "3"),
            ("CI job", "3"),
            ("App version", "1.4.2"),
            ("Release", "1.4.2"),
            ("perfkit", "0.1.0"),
            ("JMeter", "5.6.3"),
            ("Load generator", "laptop"),
            ("Measured", "2026-11-02 10:00"),
            ("Code", "3f2a9c1"),
            ("Image", "sha256:3f2a9c1d"),
            ("Server", ""),
            ("Platform", UNNAMED_PLATFORM),
        ] {
            assert_eq!(key(None, &[(name, value)]), None, "{name}={value}");
        }
    }

    #[test]
    fn servers_and_unknown_details_are_part_of_it() {
        for (name, value) in [
            ("Server", "perfkit serve"),
            ("Nginx version", "1.25"),
            ("Server URL", "http://a"),
            ("OS release", "12"),
            ("Version", "1.25"),
            ("Runtime", "Python 3.13"),
            ("Refresh", "on"),
            ("Workers", "4"),
            ("Note", "with a cache"),
            ("Cores", "12345678"),
            ("Memory", "deadbeef"),
        ] {
            assert!(key(None, &[(name, value)]).is_some(), "{name}={value}");
        }
    }

    #[test]
    fn long_keys_stay_different() {
        let long = |end: &str| key(None, &[("Platform", &("é".repeat(300) + end))]).unwrap();
        assert_eq!(long("a").chars().count(), MAX_LETTERS);
        assert_ne!(long("a"), long("b"));
        assert_eq!(bounded("short", 5), "short");
        assert_eq!(bounded("0123456789abc", 12).len(), 12);
    }

    #[test]
    fn saved_reports_without_a_key_get_it_from_their_details() {
        let detail = |key: &str, value: &str| Detail {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let mut report = Report {
            details: vec![detail("Platform", "Pi 5"), detail("perfkit", "0.1.0")],
            ..Report::default()
        };
        assert_eq!(report.platform_key().unwrap(), "Pi 5");
        report.platform = Some("of the run".to_owned());
        assert_eq!(report.platform_key().unwrap(), "of the run");
    }
}
