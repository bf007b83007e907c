//! Renaming labels by expressions like those of sed: `s/pattern/replacement/flags`.

use std::borrow::Cow;

use regex::bytes::{Captures, Regex};

use super::pattern::{InvalidRegex, compile};

/// One `s/…/…/`.
#[derive(Debug, Clone)]
pub struct Rename {
    expression: String,
    regex: Regex,
    replacement: Vec<Part>,
    is_global: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

/// Text that is not a renaming expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRename {
    /// It does not have the form `s/pattern/replacement/flags`.
    #[error("`{expression}` is not of the form `s/pattern/replacement/`: {problem}")]
    Malformed {
        /// The text.
        expression: String,
        /// What is wrong with it.
        problem: RenameProblem,
    },
    /// Its pattern is not a regular expression.
    #[error(transparent)]
    Regex(#[from] InvalidRegex),
}

/// What is wrong with a renaming expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenameProblem {
    /// The first letter is not `s`.
    #[error("it does not begin with s")]
    NoCommand,
    /// The second character cannot delimit parts.
    #[error("after s comes a delimiter such as / or |")]
    NoDelimiter,
    /// There are too few or too many delimiters.
    #[error("it has {found} delimiters `{delimiter}` and not 3; within a part write \\{delimiter}")]
    Delimiters {
        /// The delimiter.
        delimiter: char,
        /// How often it occurs.
        found: usize,
    },
    /// A flag that does not exist.
    #[error("the flag `{0}` is neither g nor i")]
    Flag(char),
    /// A backslash in the replacement before a letter that it gives no meaning to.
    #[error("`\\{0}` in the replacement is neither a group such as \\1 nor `\\&`")]
    Escape(char),
    /// A backslash at the end of the replacement.
    #[error("its replacement ends in a single `\\`")]
    TrailingBackslash,
    /// A group in the replacement that the pattern does not have.
    #[error("there is no group \\{number}: the pattern has {groups} in parentheses")]
    Group {
        /// The group's number.
        number: usize,
        /// The pattern's number of groups.
        groups: usize,
    },
}

impl Rename {
    /// Compiles an expression. Any punctuation delimits its parts. In the replacement `\1` to `\9`
    /// stand for groups of the pattern and `&` for the whole match. Flags are `g` (replace every
    /// match, not only the first) and `i` (ignore case).
    ///
    /// # Errors
    ///
    /// When the expression does not have this form.
    pub fn new(expression: &str) -> Result<Self, InvalidRename> {
        let malformed = |problem| InvalidRename::Malformed {
            expression: expression.to_owned(),
            problem,
        };
        let mut letters = expression.chars();
        if letters.next() != Some('s') {
            return Err(malformed(RenameProblem::NoCommand));
        }
        let delimiter = match letters.next() {
            Some(letter) if !letter.is_alphanumeric() && !r" \".contains(letter) => letter,
            _ => return Err(malformed(RenameProblem::NoDelimiter)),
        };
        let parts = split(letters.as_str(), delimiter);
        let [pattern, replacement, flags] = parts.as_slice() else {
            let found = parts.len();
            return Err(malformed(RenameProblem::Delimiters { delimiter, found }));
        };
        if let Some(flag) = flags.chars().find(|flag| !"gi".contains(*flag)) {
            return Err(malformed(RenameProblem::Flag(flag)));
        }
        // An escaped delimiter means itself, whatever it means to regular expressions.
        let literal = regex::escape(&delimiter.to_string());
        let pattern = pattern.replace(&format!("\\{delimiter}"), &literal);
        let regex = compile(&pattern, flags.contains('i'))?;
        let replacement = replacement_parts(replacement, delimiter).map_err(malformed)?;
        let groups = regex.captures_len() - 1;
        for part in &replacement {
            if let Part::Group(number) = *part
                && number > groups
            {
                return Err(malformed(RenameProblem::Group { number, groups }));
            }
        }
        Ok(Rename {
            expression: expression.to_owned(),
            regex,
            replacement,
            is_global: flags.contains('g'),
        })
    }

    /// The expression as given.
    pub fn as_str(&self) -> &str {
        &self.expression
    }

    /// Renames a label.
    pub fn apply<'a>(&self, label: &'a [u8]) -> Cow<'a, [u8]> {
        let most = usize::from(!self.is_global);
        self.regex.replacen(label, most, |captures: &Captures<'_>| {
            let mut text = Vec::new();
            for part in &self.replacement {
                match part {
                    Part::Text(literal) => text.extend_from_slice(literal.as_bytes()),
                    Part::Group(number) => {
                        let group = captures.get(*number);
                        text.extend_from_slice(group.map_or(b"", |group| group.as_bytes()));
                    }
                }
            }
            text
        })
    }
}

/// Splits at delimiters, except at those behind a backslash.
fn split(text: &str, delimiter: char) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == delimiter {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        part.push(letter);
        if letter == '\\' {
            part.extend(letters.next());
        }
    }
    parts.push(part);
    parts
}

/// The literal text and groups of a replacement.
fn replacement_parts(text: &str, delimiter: char) -> Result<Vec<Part>, RenameProblem> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let group = match letter {
            '&' => 0,
            '\\' => match letters.next() {
                Some(escaped) if escaped == delimiter || r"\&".contains(escaped) => {
                    literal.push(escaped);
                    continue;
                }
                Some(digit @ '0'..='9') => digit as usize - '0' as usize,
                Some(other) => return Err(RenameProblem::Escape(other)),
                None => return Err(RenameProblem::TrailingBackslash),
            },
            letter => {
                literal.push(letter);
                continue;
            }
        };
        parts.push(Part::Text(std::mem::take(&mut literal)));
        parts.push(Part::Group(group));
    }
    parts.push(Part::Text(literal));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(expression: &str, label: &str) -> String {
        let rename = Rename::new(expression).unwrap();
        String::from_utf8(rename.apply(label.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn replaces_as_sed_does() {
        assert_eq!(renamed("s/a/b/", "banana"), "bbnana");
        assert_eq!(renamed("s/a/b/g", "banana"), "bbnbnb");
        assert_eq!(renamed("s/A/b/", "banana"), "banana");
        assert_eq!(renamed("s/A/b/gi", "banana"), "bbnbnb");
        assert_eq!(renamed("s/x//", "xy"), "y");
        assert_eq!(
            renamed("s|/users/\\d+|/users/N|", "GET /users/17"),
            "GET /users/N"
        );
        assert_eq!(renamed(r"s/(\w+) (\w+)/\2 \1/", "one two"), "two one");
        assert_eq!(renamed(r"s/n+/<&>\&\\/", "anna"), r"a<nn>&\a");
        assert_eq!(renamed(r"s/(x)?y/[\1]/", "y"), "[]");
        assert_eq!(renamed("s/$1/x/", "$1"), "$1");
        assert_eq!(renamed("s/a/$1/", "a"), "$1");
    }

    #[test]
    fn an_escaped_delimiter_is_itself() {
        assert_eq!(renamed(r"s/\/a/\/b/", "x/a"), "x/b");
        // Elsewhere `|` would mean "or", `.` anything.
        assert_eq!(renamed(r"s|a\|b|c\|d|", "a|b"), "c|d");
        assert_eq!(renamed(r"s.a\.b.c.", "a-b a.b"), "a-b c");
        assert_eq!(renamed(r"s,\\,x,", r"a\b"), "axb");
    }

    #[test]
    fn labels_with_invalid_utf_8_keep_their_bytes() {
        let rename = Rename::new("s/a/b/").unwrap();
        assert_eq!(&*rename.apply(b"\xE9a\xFF"), b"\xE9b\xFF");
    }

    #[test]
    fn errors_name_the_problem() {
        let why = |expression: &str| Rename::new(expression).unwrap_err().to_string();
        assert_eq!(
            why("s/a/b"),
            "`s/a/b` is not of the form `s/pattern/replacement/`: it has 2 delimiters `/` and not 3; within a part write \\/"
        );
        for (expression, part) in [
            ("", "does not begin with s"),
            ("y/a/b/", "does not begin with s"),
            ("s", "after s comes a delimiter"),
            ("sxaxbx", "after s comes a delimiter"),
            ("s/a/b/c/", "it has 4 delimiters"),
            ("s/a/b/x", "the flag `x` is neither g nor i"),
            (
                "s/(a/b/",
                "`(a` is not a regular expression: unclosed group",
            ),
            (
                r"s/(a)/\2/",
                "there is no group \\2: the pattern has 1 in parentheses",
            ),
            (r"s/a/\n/", "`\\n` in the replacement is neither"),
        ] {
            assert!(why(expression).contains(part), "{}", why(expression));
        }
    }
}
