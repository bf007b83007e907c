//! Criteria from a TOML file: `fail-if = ["p95 > 500ms", "error% > 1%"]`.

use serde::Deserialize;
use toml::Spanned;

use super::criterion::Criterion;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    fail_if: Vec<Spanned<String>>,
}

/// What is wrong with a file of criteria, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// Line, counted from 1.
    pub line: usize,
    /// Character in the line, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// The criteria of a file, in their order.
///
/// # Errors
///
/// Text that is no TOML, another key than `fail-if`, a criterion that makes no sense, none at all.
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
    let file: File = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        at(offset, error.message().trim().replace('\n', ", "))
    })?;
    if file.fail_if.is_empty() {
        return Err(at(
            0,
            "there are no criteria: give some, such as fail-if = [\"p95 > 500ms\"]".to_owned(),
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
        let error = parse(text).unwrap_err();
        format!("{}:{}: {}", error.line, error.column, error.message)
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
    fn what_is_wrong_is_said_with_its_place() {
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
