//! Renaming labels by expressions as sed has them: `s/pattern/replacement/flags`.

use std::borrow::Cow;

use regex::bytes::{Captures, Regex};

use super::pattern::compile;

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

impl Rename {
    /// Compiles an expression: any punctuation delimits its parts, `\1` to `\9` stand for groups
    /// of the pattern, `&` for all of what it matched; flags are `g` (every match, not only the
    /// first) and `i` (letters of either case).
    ///
    /// # Errors
    ///
    /// A sentence that shows the expression and says what is wrong with it.
    pub fn new(expression: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{expression}` is no `s/pattern/replacement/`: {why}");
        let mut letters = expression.chars();
        if letters.next() != Some('s') {
            return Err(wrong("it does not begin with s"));
        }
        let delimiter = match letters.next() {
            Some(letter) if !letter.is_alphanumeric() && !r" \".contains(letter) => letter,
            _ => return Err(wrong("after s comes a delimiter such as / or |")),
        };
        let parts = split(letters.as_str(), delimiter);
        let [pattern, replacement, flags] = parts.as_slice() else {
            return Err(wrong(&format!(
                "it has {} delimiters `{delimiter}` and not 3; within a part write \\{delimiter}",
                parts.len()
            )));
        };
        if let Some(flag) = flags.chars().find(|flag| !"gi".contains(*flag)) {
            return Err(wrong(&format!("the flag `{flag}` is neither g nor i")));
        }
        // An escaped delimiter means itself, whatever else it means to regular expressions.
        let literal = regex::escape(&delimiter.to_string());
        let pattern = pattern.replace(&format!("\\{delimiter}"), &literal);
        let regex = compile(&pattern, flags.contains('i'))?;
        let replacement =
            replacement_parts(replacement, delimiter).map_err(|letter| match letter {
                Some(letter) => wrong(&format!(
                    "`\\{letter}` in the replacement is neither a group such as \\1 nor `\\&`"
                )),
                None => wrong("its replacement ends in a single `\\`"),
            })?;
        let groups = regex.captures_len() - 1;
        for part in &replacement {
            if let Part::Group(number) = part
                && *number > groups
            {
                return Err(wrong(&format!(
                    "there is no group \\{number}, for the pattern has {groups} in parentheses"
                )));
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

    /// The label, renamed.
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

/// The parts between delimiters that no backslash is before.
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

/// The literal text and groups of a replacement, or the letter after a backslash that is neither.
fn replacement_parts(text: &str, delimiter: char) -> Result<Vec<Part>, Option<char>> {
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
                other => return Err(other),
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
    fn as_sed_does_it() {
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
    fn labels_that_are_no_utf_8_keep_their_bytes() {
        let rename = Rename::new("s/a/b/").unwrap();
        assert_eq!(&*rename.apply(b"\xE9a\xFF"), b"\xE9b\xFF");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let why = |expression: &str| Rename::new(expression).unwrap_err();
        assert_eq!(
            why("s/a/b"),
            "`s/a/b` is no `s/pattern/replacement/`: it has 2 delimiters `/` and not 3; within a part write \\/"
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
                "there is no group \\2, for the pattern has 1 in parentheses",
            ),
            (r"s/a/\n/", "`\\n` in the replacement is neither"),
        ] {
            assert!(why(expression).contains(part), "{}", why(expression));
        }
    }
}
