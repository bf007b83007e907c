//! Kinds of messages: messages of one kind differ only in numbers, ids, hosts or durations.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Parts of a message that vary, each with the word that replaces it. The first match counts.
const VARIABLES: [(&str, &str); 6] = [
    (
        "id",
        r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
    ),
    // An address such as `localhost/127.0.0.1:8080`, with or without port, or a name with a port.
    (
        "host",
        r"(?:\b[\w.-]+/)?\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d{1,5}\b)?",
    ),
    ("host", r"\b[A-Za-z](?:[\w-]*\w)?(?:\.[\w-]*\w)*:\d{2,5}\b"),
    (
        "duration",
        r"\b\d+(?:[.,]\d+)?\s?(?:milliseconds?|millis|seconds?|minutes?|hours?|secs?|mins?|ms|s|h)\b",
    ),
    // A hexadecimal number must have a digit, or it might be a word.
    (
        "id",
        r"\b(?:0x[0-9a-fA-F]+|[a-f]{0,31}[0-9][0-9a-f]{6,}[a-f][0-9a-f]*|[A-F]{0,31}[0-9][0-9A-F]{6,}[A-F][0-9A-F]*)\b",
    ),
    ("number", r"\d+(?:[.,]\d+)*"),
];

/// All of [`VARIABLES`], one per group; `None` if one of them is not a regular expression.
static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let groups = VARIABLES.map(|(_, pattern)| format!("({pattern})"));
    Regex::new(&groups.join("|")).ok()
});

/// The kind of a message: the message with its varying parts replaced. A response code at its start
/// is kept: 404 and 500 are two kinds.
pub fn kind_of(message: &str) -> String {
    let (code, rest) = message.split_at(code_of(message.as_bytes()).map_or(0, <[u8]>::len));
    // The regular expression takes longer to compile than thousands of messages to look through.
    if !may_vary(rest) {
        return message.to_owned();
    }
    let Some(variable) = &*VARIABLE else {
        return message.to_owned();
    };
    let kind = variable.replace_all(rest, |found: &Captures<'_>| {
        let which = (1..=VARIABLES.len()).find(|&group| found.get(group).is_some());
        let name = which.and_then(|group| VARIABLES.get(group - 1));
        name.map_or_else(String::new, |(name, _)| format!("‹{name}›"))
    });
    format!("{code}{kind}")
}

/// Whether there may be a part that varies: each has a digit, or the hyphens of an id.
fn may_vary(message: &str) -> bool {
    message.contains(char::is_numeric) || message.matches('-').nth(3).is_some()
}

/// The response code in an error's key: all of it, or the part before a slash.
pub fn code_of(key: &[u8]) -> Option<&[u8]> {
    match key.split_at_checked(3)? {
        (code @ [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'], [] | [b'/', ..]) => Some(code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn varying_parts_are_replaced() {
        for (message, kind) in [
            ("404/Not Found", "404/Not Found"),
            ("500", "500"),
            (
                "expected 12 rows, found 1,024",
                "expected ‹number› rows, found ‹number›",
            ),
            (
                "took 1.5 s, limit 500ms",
                "took ‹duration›, limit ‹duration›",
            ),
            (
                "Connect to 127.0.0.1:1 [/127.0.0.1] failed: Connection refused",
                "Connect to ‹host› [/‹host›] failed: Connection refused",
            ),
            (
                "Connect to api.example.com:443 [api.example.com/10.0.0.7] failed",
                "Connect to ‹host› [‹host›] failed",
            ),
            (
                "no order 0b6f3b54-9c2e-4d0a-8e65-0c2b1f7a9d11 for user 77",
                "no order ‹id› for user ‹number›",
            ),
            (
                "no order abcdefab-abcd-abcd-abcd-abcdefabcdef",
                "no order ‹id›",
            ),
            ("took \u{664}\u{662} s", "took ‹duration›"),
            ("object 0x7ffd and 3fa9c1e2b", "object ‹id› and ‹id›"),
            (
                "The body of \"/fibo/935\" should tell",
                "The body of \"/fibo/‹number›\" should tell",
            ),
            ("defaced facade, deadbeef", "defaced facade, deadbeef"),
            (
                "java.net.SocketTimeoutException: Read timed out",
                "java.net.SocketTimeoutException: Read timed out",
            ),
        ] {
            assert_eq!(kind_of(message), kind, "{message}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(message in "[a-z0-9 .:/,-]{0,60}") {
            let once = kind_of(&message);
            // A code at the start may come to stand there by folding what was before it, never
            // else.
            prop_assert_eq!(kind_of(&once), once);
        }

        #[test]
        fn numbers_alone_never_tell_two_kinds_apart(a in 0..1_000_000_u32, b in 0..1_000_000_u32) {
            let message = |number: u32| format!("item {number} of order {number} is sold out");
            prop_assert_eq!(kind_of(&message(a)), kind_of(&message(b)));
        }
    }
}
