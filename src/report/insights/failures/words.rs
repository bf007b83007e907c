//! Words about failures.

use super::super::words;
pub(super) use super::super::words::shortest;
use crate::format;

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

/// An error in words: a code or an exception with its message as it is, any other message in quotes.
pub(super) fn in_words(error: &str) -> String {
    let quoted = words::error(error);
    let is_code = error.starts_with(|first: char| first.is_ascii_digit());
    match is_code || error.starts_with("Non HTTP response code: ") {
        true => quoted.trim_matches(['“', '”']).to_owned(),
        false => quoted,
    }
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
