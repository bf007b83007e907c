//! Words about failures.

use super::super::words;
use crate::format;

/// Longest sentence, in words.
const MAX_WORDS: usize = 25;

/// Longest error in a sentence, in characters.
const MAX_ERROR_LENGTH: usize = 60;

const NO_CODE: &str = "Non HTTP response code: ";
const NO_MESSAGE: &str = "Non HTTP response message: ";

/// Returns the first sentence that is short enough, or the last.
pub(super) fn shortest(sentences: &[String]) -> String {
    let is_short = |sentence: &&String| sentence.split_whitespace().count() <= MAX_WORDS;
    let found = sentences.iter().find(is_short).or(sentences.last());
    found.cloned().unwrap_or_default()
}

/// What fails: `requests`, `requests to “Pay”`, `requests to “Pay” and 2 other labels`.
pub(super) fn subject(name: Option<&str>, others: &[String], is_brief: bool) -> String {
    let Some(name) = name else {
        return "requests".to_owned();
    };
    let name = words::quoted(name);
    match others.len() {
        0 => format!("requests to {name}"),
        count if is_brief => format!("requests to {name} and {count} more"),
        count => format!(
            "requests to {name} and {}",
            format::counted(count as i128, "other label")
        ),
    }
}

/// A share: nearly all are not 100%.
pub(super) fn percent_of(ratio: f64) -> String {
    match ratio {
        ratio if (0.995..1.0).contains(&ratio) => "over 99%".to_owned(),
        ratio => format::brief_percent(ratio),
    }
}

/// How failures begin: `, first with 503 Service Unavailable`.
pub(super) fn first_with(error: Option<&str>) -> String {
    match error {
        Some(error) => format!(", first with {}", in_words(error)),
        None => String::new(),
    }
}

/// An error of JMeter's in words: `503 Service Unavailable` for `503/Service Unavailable`, and for an
/// exception its name and its message.
pub(super) fn in_words(error: &str) -> String {
    let (code, message) = match error.split_once('/') {
        Some((code, message)) if is_code(code) => (code, message),
        _ if is_code(error) => (error, ""),
        _ => ("", error),
    };
    let message = message.strip_prefix(NO_MESSAGE).unwrap_or(message);
    let text = match code.strip_prefix(NO_CODE) {
        Some(class) => {
            let class = class.rsplit('.').next().unwrap_or(class);
            match message.is_empty() {
                true => class.to_owned(),
                false => format!("{class}: {message}"),
            }
        }
        None if code.is_empty() => format!("“{}”", message.trim()),
        None => format!("{code} {message}"),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format::shorten(&text, MAX_ERROR_LENGTH)
}

/// Whether the part of an error before a slash is a code, not a word of a message.
fn is_code(text: &str) -> bool {
    text.starts_with(NO_CODE)
        || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_in_words() {
        for (error, said) in [
            ("503/Service Unavailable", "503 Service Unavailable"),
            ("404", "404"),
            ("expected 7 rows / got 3", "“expected 7 rows / got 3”"),
            (
                "Non HTTP response code: java.net.SocketTimeoutException/Non HTTP response message: Read timed out",
                "SocketTimeoutException: Read timed out",
            ),
            (
                "Non HTTP response code: java.net.ConnectException",
                "ConnectException",
            ),
        ] {
            assert_eq!(in_words(error), said);
        }
    }
}
