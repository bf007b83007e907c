//! Reads criteria from a TOML file: `fail-if = ["p95 > 500ms", "error% > 1%"]`.

use serde::Deserialize;
use toml::Spanned;

use super::criterion::Criterion;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CriteriaFile {
    fail_if: Vec<Spanned<String>>,
}

/// What is wrong in a file of criteria, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
#[non_exhaustive]
pub struct FileError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// Parses the criteria of a file, in order.
///
/// # Errors
///
/// If `text` is not valid TOML, has a key other than `fail-if`, or has no valid criterion.
pub fn parse(text: &str) -> Result<Vec<Criterion>, FileError> {
    let at = |offset: usize, message: String| {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        FileError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            message,
        }
    };
    let file: CriteriaFile = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        at(offset, error.message().trim().replace('\n', ", "))
    })?;
    if file.fail_if.is_empty() {
        return Err(at(
            0,
            "the file has no criteria: add some, such as fail-if = [\"p95 > 500ms\"]".to_owned(),
        ));
    }
    let criteria = file.fail_if.iter().map(|criterion| {
        let parsed = criterion.get_ref().parse::<Criterion>();
        parsed.map_err(|error| at(criterion.span().start, error.to_string()))
    });
    criteria.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn criteria_come_in_their_order() {
        let file =
            "# Ours\nfail-if = [\n  \"p95 > 500ms\", # slow\n  '/^\\w+$/: error% > 1%',\n]\n";
        let criteria = parse(file).unwrap();
        let shown: Vec<String> = criteria.iter().map(Criterion::to_string).collect();
        assert_eq!(shown, ["p95 > 500ms", r"/^\w+$/: error% > 1%"]);
    }

    #[test]
    fn errors_name_line_and_column() {
        let errors = [
            "",
            "fail-if = []",
            "fail-if = 'p95 > 1s'",
            "fail_if = ['p95 > 1s']",
            "fail-if = ['p95 > 1s']\nfailif = 1",
            "fail-if = [\n  'p95 > 1s',\n  'ä', 'p95 > 1 fortnight',\n]",
            "fail-if = ['p95 > 1s'",
            "fail-if = [1]",
        ]
        .map(error);
        insta::assert_snapshot!(errors.join("\n"));
    }
}
