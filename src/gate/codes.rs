//! Response codes that a criterion counts, such as `rc5xx`.

use std::fmt;

use crate::report::CodeCount;

/// Which response codes count: one code in quotes, or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePattern {
    text: String,
    is_quoted: bool,
}

impl CodePattern {
    /// Creates a pattern. In three characters of digits and `x`, each `x` stands for a digit; otherwise
    /// `*` stands for any text and `?` for any character.
    ///
    /// `None` for other text than a number if it has no `*` and `?`. As the whole of a code, such as
    /// `Timeout`, it would usually be a mistake for a part of one, and never match.
    pub fn new(text: &str) -> Option<Self> {
        let pattern = CodePattern {
            text: text.to_owned(),
            is_quoted: false,
        };
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (is_number || pattern.has_digits() || text.contains(['*', '?'])).then_some(pattern)
    }

    /// Creates a pattern of exactly this code.
    pub fn exactly(code: &str) -> Self {
        CodePattern {
            text: code.to_owned(),
            is_quoted: true,
        }
    }

    /// Whether a response code counts.
    pub fn matches(&self, code: &str) -> bool {
        if self.is_quoted {
            return self.text == code;
        }
        if self.has_digits() {
            let pairs = || self.text.bytes().zip(code.bytes());
            return code.len() == self.text.len()
                && pairs().all(|(wanted, byte)| match wanted {
                    b'x' | b'X' => byte.is_ascii_digit(),
                    digit => digit == byte,
                });
        }
        let wanted: Vec<char> = self.text.chars().collect();
        let letters: Vec<char> = code.chars().collect();
        is_match(&wanted, &letters)
    }

    /// Whether a code of a report counts, which may be a class such as `4xx`.
    pub(super) fn counts(&self, code: &str) -> bool {
        self.matches(code) || !self.is_quoted && code.eq_ignore_ascii_case(&self.text)
    }

    /// Counts the samples whose code matches. `None` if the report has only classes such as `4xx`, and
    /// the pattern is not one of them.
    pub(super) fn count(&self, codes: &[CodeCount]) -> Option<f64> {
        let is_class = |code: &CodeCount| {
            let code = code.code.as_bytes();
            matches!(code, [b'1'..=b'5', b'x', b'x'] | b"other")
        };
        let are_classes = !codes.is_empty() && codes.iter().all(is_class);
        let is_known = match self.text.to_ascii_lowercase().as_bytes() {
            _ if !are_classes => true,
            b"*" | [b'1'..=b'5', b'x', b'x'] => !self.is_quoted,
            _ => false,
        };
        is_known.then(|| {
            let counted = codes.iter().filter(|code| self.counts(&code.code));
            counted.map(|code| code.samples as f64).sum()
        })
    }

    /// Whether it consists of three digits, some of them open.
    fn has_digits(&self) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'x' | b'X');
        self.text.len() == 3 && self.text.bytes().all(is_digit)
    }
}

/// Whether `*` and `?` in `wanted` can stand for what makes it equal to `text`.
fn is_match(wanted: &[char], text: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    // Where the last `*` is, and how far its text goes.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match wanted.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&letter) if letter == '?' || letter == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match &mut star {
                Some((star, end)) => {
                    *end += 1;
                    (at, read) = (*star + 1, *end);
                }
                None => return false,
            },
        }
    }
    wanted.iter().skip(at).all(|&letter| letter == '*')
}

/// Writes what follows `rc`.
impl fmt::Display for CodePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_quoted {
            true => write!(f, "\"{}\"", self.text),
            false => f.write_str(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, code: &str) -> bool {
        CodePattern::new(pattern).unwrap().matches(code)
    }

    #[test]
    fn patterns_match_whole_codes() {
        assert!(matches("404", "404"));
        assert!(!matches("404", "4040"));
        assert!(matches("5xx", "503") && matches("5XX", "503") && matches("50x", "503"));
        assert!(!matches("5xx", "5xx") && !matches("5xx", "403") && !matches("5xx", "50"));
        assert!(matches("4??", "404") && !matches("4??", "40"));
        let timeout = "Non HTTP response code: java.net.SocketTimeoutException";
        assert!(matches("*Timeout*", timeout) && matches("Non*tion", timeout));
        assert!(matches("*", "") && matches("*", timeout) && !matches("?", ""));
        assert!(!matches("*timeout*", timeout) && !matches("Timeout*", timeout));
        assert!(matches("*a*b", "xaxbab") && !matches("*a*b", "xaxbac"));
        assert!(CodePattern::exactly("*").matches("*") && !CodePattern::exactly("*").matches("4"));
        for text in ["", "Timeout", "5x", "5xxx", "40l"] {
            assert!(CodePattern::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn classes_answer_only_for_classes() {
        let count = |pattern: &str, codes: &[&str]| {
            let codes = codes.iter().map(|code| CodeCount {
                code: (*code).to_owned(),
                samples: 2,
            });
            let codes: Vec<CodeCount> = codes.collect();
            CodePattern::new(pattern).unwrap().count(&codes)
        };
        assert_eq!(count("5xx", &["200", "500", "503"]), Some(4.0));
        assert_eq!(count("404", &["200"]), Some(0.0));
        let classes = ["2xx", "5xx", "other"];
        assert_eq!(count("5xx", &classes), Some(2.0));
        assert_eq!(count("4XX", &classes), Some(0.0));
        assert_eq!(count("*", &classes), Some(6.0));
        assert_eq!(count("503", &classes), None);
        assert_eq!(count("*Timeout*", &classes), None);
    }
}
