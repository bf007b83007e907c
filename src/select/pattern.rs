//! Regular expressions on bytes, because labels need not be UTF-8.

use regex::bytes::{Regex, RegexBuilder};

/// Text that is not a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a regular expression: {problem}")]
pub struct InvalidRegex {
    pattern: String,
    problem: String,
}

/// Compiles a regular expression.
///
/// # Errors
///
/// When the expression has a syntax error or would be too large.
pub fn regex(pattern: &str) -> Result<Regex, InvalidRegex> {
    compile(pattern, false)
}

/// Compiles a regular expression, ignoring case if asked.
pub(super) fn compile(pattern: &str, ignore_case: bool) -> Result<Regex, InvalidRegex> {
    RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|error| {
            // A syntax error shows the place over several lines; the last one says what is wrong.
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            InvalidRegex {
                pattern: pattern.to_owned(),
                problem: last.strip_prefix("error: ").unwrap_or(last).to_owned(),
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_one_line() {
        assert_eq!(
            regex("fib(o").unwrap_err().to_string(),
            "`fib(o` is not a regular expression: unclosed group"
        );
        let error = regex("(x{1000}){1000}{1000}").unwrap_err().to_string();
        assert!(error.contains("exceeds size limit"), "{error}");
    }

    #[test]
    fn labels_need_not_be_utf_8() {
        let regex = regex("caf.?$").unwrap();
        assert!(regex.is_match("café".as_bytes()));
        assert!(super::regex(r"^\w+ \d+").unwrap().is_match(b"Page 12 \xE9"));
    }
}
