//! Regular expressions as given: on bytes, for labels need not be UTF-8.

use regex::bytes::{Regex, RegexBuilder};

/// Compiles a regular expression.
///
/// # Errors
///
/// A sentence that shows the expression and says what is wrong with it.
pub fn regex(pattern: &str) -> Result<Regex, String> {
    compile(pattern, false)
}

/// Compiles a regular expression, for letters of either case if asked.
pub(super) fn compile(pattern: &str, ignore_case: bool) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|error| {
            // A syntax error draws the place over several lines, and ends with what is wrong.
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let why = last.strip_prefix("error: ").unwrap_or(last);
            format!("`{pattern}` is not a regular expression: {why}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        assert_eq!(
            regex("fib(o").unwrap_err(),
            "`fib(o` is not a regular expression: unclosed group"
        );
        let error = regex("(x{1000}){1000}{1000}").unwrap_err();
        assert!(error.contains("exceeds size limit"), "{error}");
    }

    #[test]
    fn labels_need_not_be_utf_8() {
        let regex = regex("caf.?$").unwrap();
        assert!(regex.is_match("café".as_bytes()));
        assert!(super::regex(r"^\w+ \d+").unwrap().is_match(b"Page 12 \xE9"));
    }
}
