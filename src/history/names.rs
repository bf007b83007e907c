//! Names runs.

use super::saved::Index;

/// Words of the keys of details that name a run, the best first.
const NAMING: [&str; 8] = [
    "commit", "revision", "sha", "version", "build", "tag", "release", "branch",
];

/// Digits of a commit that are shown.
const COMMIT_DIGITS: usize = 7;

/// Returns the name of a run: that given with `--key`, else the detail that says what was built, such as
/// `commit abc1234`; `None` if it has neither.
pub fn run_name(index: &Index) -> Option<String> {
    let of_details = || {
        let detail = |word: &str| {
            let mut details = index.details.iter();
            let found = details.find(|detail| {
                let key = detail.key.to_lowercase();
                let mut words = key.split(|letter: char| !letter.is_alphanumeric());
                words.any(|part| part == word)
            })?;
            let value = found.value.trim();
            let is_hash = value.len() >= 20 && value.chars().all(|digit| digit.is_ascii_hexdigit());
            let value = match is_hash {
                true => value.chars().take(COMMIT_DIGITS).collect(),
                false => value.to_owned(),
            };
            (!value.is_empty()).then(|| format!("{word} {value}"))
        };
        NAMING.iter().find_map(|word| detail(word))
    };
    let key = index.key.clone().filter(|key| !key.trim().is_empty());
    key.or_else(of_details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Detail;

    fn name(key: Option<&str>, details: &[(&str, &str)]) -> Option<String> {
        let details = details.iter().map(|(key, value)| Detail {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        });
        run_name(&Index {
            key: key.map(str::to_owned),
            details: details.collect(),
            ..Index::default()
        })
    }

    #[test]
    fn a_run_is_named_by_key_commit_or_build() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(
            name(Some("nightly"), &[("commit", hash)]).unwrap(),
            "nightly"
        );
        assert_eq!(
            name(None, &[("Branch", "main"), ("Git-Commit", hash)]).unwrap(),
            "commit 0123456"
        );
        assert_eq!(name(None, &[("Build number", "17")]).unwrap(), "build 17");
        assert_eq!(name(None, &[("Builder", "x"), ("Platform", "Pi")]), None);
    }
}
