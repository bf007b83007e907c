//! Says with which error something began.

use crate::format;

/// Longest error in a sentence, in characters; `report.json` has it in full.
const MAX_LENGTH: usize = 60;

/// What JMeter puts before the exception that stands for a response.
const CODE: &str = "Non HTTP response code: ";
const MESSAGE: &str = "Non HTTP response message: ";

/// Returns `, first with 503 Service Unavailable`; nothing without an error.
pub(super) fn words(key: Option<&str>) -> String {
    match key.map(short).filter(|error| !error.is_empty()) {
        Some(error) => format!(", first with {}", format::shorten(&error, MAX_LENGTH)),
        None => String::new(),
    }
}

/// Shortens the key of an error: `ConnectException: Connection refused` of `Non HTTP response code:
/// java.net.ConnectException/Non HTTP response message: Connection refused`.
fn short(key: &str) -> String {
    let Some(exception) = key.strip_prefix(CODE) else {
        return match key.split_once('/') {
            Some((code, message)) if is_code(code) => format!("{code} {message}"),
            _ => key.to_owned(),
        };
    };
    let (class, message) = exception.split_once('/').unwrap_or((exception, ""));
    let class = class.rsplit(['.', '$']).next().unwrap_or(class);
    let message = message.strip_prefix(MESSAGE).unwrap_or(message);
    // `Connect to shop:80 [shop/10.0.0.1] failed: Connection refused (Connection refused)`.
    let message = message.rsplit(" failed: ").next().unwrap_or(message);
    let message = message.split(" (").next().unwrap_or(message).trim();
    match message {
        "" => class.to_owned(),
        message => format!("{class}: {message}"),
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_shortened() {
        for (key, words) in [
            ("503/Service Unavailable", "503 Service Unavailable"),
            ("404", "404"),
            (
                "Non HTTP response code: java.net.ConnectException/Non HTTP response message: \
                 Connection refused (Connection refused)",
                "ConnectException: Connection refused",
            ),
            (
                "Non HTTP response code: org.apache.http.conn.HttpHostConnectException/Non HTTP response \
                 message: Connect to x:9000 [x/10.0.0.1] failed: Connection timed out",
                "HttpHostConnectException: Connection timed out",
            ),
            ("Non HTTP response code: a.b.C$D", "D"),
            ("expected a/b", "expected a/b"),
        ] {
            assert_eq!(short(key), words);
        }
        assert_eq!(words(Some("404")), ", first with 404");
        assert_eq!(words(None), "");
    }
}
