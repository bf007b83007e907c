//! Errors folded: messages that differ only in numbers, ids, hosts or durations are one kind.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

use crate::stats::{Aggregate, ErrorStats};

/// Most kinds told apart in a report.
const MOST_KINDS: usize = 100;

/// Most labels named with a kind.
const MOST_LABELS: usize = 10;

/// Errors of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorKind {
    /// What its messages have in common: `expected ‹number› rows`.
    pub kind: String,
    /// The first of them.
    pub example: String,
    /// How many different messages it stands for.
    pub messages: u64,
    /// Failed rows.
    pub count: u64,
    /// Share of all errors, 0 to 1.
    pub ratio_of_errors: f64,
    /// End of the first, epoch ms.
    pub first_ms: i64,
    /// End of the last, epoch ms.
    pub last_ms: i64,
    /// The labels that failed so, most often first, at most ten.
    pub labels: Vec<String>,
    /// How many labels failed so.
    pub label_count: u64,
}

impl ErrorKind {
    /// The labels that failed so: `A, B and 3 more`.
    pub fn labels_in_words(&self) -> String {
        let labels = self.labels.join(", ");
        match self.label_count.saturating_sub(self.labels.len() as u64) {
            0 => labels,
            more => format!("{labels} and {more} more"),
        }
    }
}

/// The kinds of error of a run, most frequent first; those beyond the hundredth are left out.
pub(super) fn kinds(aggregate: &Aggregate) -> Vec<ErrorKind> {
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut number_of: HashMap<&[u8], usize> = HashMap::new();
    for (key, stats) in aggregate.errors().iter() {
        let text = kind_of(&String::from_utf8_lossy(key));
        let next = kinds.len();
        let number = *numbers.entry(text).or_insert_with_key(|text| {
            kinds.push(Kind::new(text.clone(), key, stats));
            next
        });
        number_of.insert(key, number);
        if let Some(kind) = kinds.get_mut(number) {
            kind.add(key, *stats);
        }
    }
    for label in aggregate.labels() {
        for (key, stats) in aggregate.errors_of(label) {
            let number = number_of.get(key).copied();
            if let Some(kind) = number.and_then(|number| kinds.get_mut(number)) {
                kind.hit(label.name, stats.count);
            }
        }
    }
    let all: u64 = kinds.iter().map(|kind| kind.stats.count).sum();
    kinds.sort_by_key(|kind| (Reverse(kind.stats.count), kind.stats.first_position));
    kinds.truncate(MOST_KINDS);
    kinds.into_iter().map(|kind| kind.report(all)).collect()
}

/// Errors of one kind, being counted.
struct Kind<'a> {
    text: String,
    example: &'a [u8],
    example_position: u64,
    messages: u64,
    stats: ErrorStats,
    /// The labels that failed so, in order of first appearance, and how often.
    labels: Vec<(&'a [u8], u64)>,
}

impl<'a> Kind<'a> {
    fn new(text: String, key: &'a [u8], stats: &ErrorStats) -> Self {
        Kind {
            text,
            example: key,
            example_position: stats.first_position,
            messages: 0,
            stats: ErrorStats { count: 0, ..*stats },
            labels: Vec::new(),
        }
    }

    fn add(&mut self, key: &'a [u8], stats: ErrorStats) {
        if stats.first_position < self.example_position {
            (self.example, self.example_position) = (key, stats.first_position);
        }
        self.stats = self.stats.and(stats);
        self.messages += 1;
    }

    fn hit(&mut self, label: &'a [u8], count: u64) {
        match self.labels.last_mut() {
            Some((last, known)) if *last == label => *known += count,
            _ => self.labels.push((label, count)),
        }
    }

    fn report(mut self, all: u64) -> ErrorKind {
        self.labels.sort_by_key(|(_, count)| Reverse(*count));
        let label_count = self.labels.len() as u64;
        let labels = self.labels.into_iter().take(MOST_LABELS);
        ErrorKind {
            kind: self.text,
            example: String::from_utf8_lossy(self.example).into_owned(),
            messages: self.messages,
            count: self.stats.count,
            ratio_of_errors: self.stats.count as f64 / all as f64,
            first_ms: self.stats.first_time,
            last_ms: self.stats.last_time,
            labels: labels
                .map(|(label, _)| String::from_utf8_lossy(label).into_owned())
                .collect(),
            label_count,
        }
    }
}

/// What varies in a message, each with the word that takes its place; the first that fits counts.
const VARIABLES: [(&str, &str); 6] = [
    (
        "id",
        r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
    ),
    // An address with or without a port, as `localhost/127.0.0.1:8080` has it, or a name with one.
    (
        "host",
        r"(?:\b[\w.-]+/)?\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d{1,5}\b)?",
    ),
    ("host", r"\b[A-Za-z](?:[\w-]*\w)?(?:\.[\w-]*\w)*:\d{2,5}\b"),
    (
        "duration",
        r"\b\d+(?:[.,]\d+)?\s?(?:milliseconds?|millis|seconds?|minutes?|hours?|secs?|mins?|ms|s|h)\b",
    ),
    // Hexadecimal with a digit in it, or it might be a word.
    (
        "id",
        r"\b(?:0x[0-9a-fA-F]+|[a-f]{0,31}[0-9][0-9a-f]{6,}[a-f][0-9a-f]*|[A-F]{0,31}[0-9][0-9A-F]{6,}[A-F][0-9A-F]*)\b",
    ),
    ("number", r"\d+(?:[.,]\d+)*"),
];

/// All of [`VARIABLES`], each a group; `None` should one of them be no regular expression.
static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let groups = VARIABLES.map(|(_, pattern)| format!("({pattern})"));
    Regex::new(&groups.join("|")).ok()
});

/// The kind of a message: what varies in it replaced by what it is. A response code at its start
/// does not vary: 404 and 500 are two kinds.
fn kind_of(message: &str) -> String {
    let Some(variable) = &*VARIABLE else {
        return message.to_owned();
    };
    let (code, rest) = match message.as_bytes() {
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => (message, ""),
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b'/', ..] => message.split_at(3),
        _ => ("", message),
    };
    let kind = variable.replace_all(rest, |found: &Captures<'_>| {
        let which = (1..=VARIABLES.len()).find(|&group| found.get(group).is_some());
        let name = which.and_then(|group| VARIABLES.get(group - 1));
        name.map_or_else(String::new, |(name, _)| format!("‹{name}›"))
    });
    format!("{code}{kind}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    #[test]
    fn messages_that_differ_in_a_number_are_one_kind() {
        let mut aggregate = Aggregate::default();
        for (position, (label, failure)) in [
            (b"B".as_slice(), "item 2 is sold out"),
            (b"A", "item 1 is sold out"),
            (b"B", "item 1 is sold out"),
            (b"A", "no item"),
        ]
        .into_iter()
        .enumerate()
        {
            aggregate.record(&Sample {
                position: position as u64,
                time_stamp: position as i64 * 1_000,
                elapsed: 0,
                label,
                failure_message: failure.as_bytes(),
                success: false,
                error_count: 1,
                ..sample()
            });
        }
        let kinds = kinds(&aggregate);
        let sold_out = ErrorKind {
            kind: "item ‹number› is sold out".to_owned(),
            example: "item 2 is sold out".to_owned(),
            messages: 2,
            count: 3,
            ratio_of_errors: 0.75,
            first_ms: 0,
            last_ms: 2_000,
            labels: vec!["B".to_owned(), "A".to_owned()],
            label_count: 2,
        };
        assert_eq!(kinds.len(), 2);
        assert_eq!(kinds[0], sold_out);
        assert_eq!(sold_out.labels_in_words(), "B, A");
        let hit_more = ErrorKind {
            label_count: 5,
            ..sold_out
        };
        assert_eq!(hit_more.labels_in_words(), "B, A and 3 more");
        assert_eq!((kinds[1].kind.as_str(), kinds[1].count), ("no item", 1));
    }

    #[test]
    fn what_varies_is_named() {
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
            // A code at the start may come to stand there by folding what was before it, never else.
            prop_assert_eq!(kind_of(&once), once);
        }

        #[test]
        fn numbers_alone_never_tell_two_kinds_apart(a in 0..1_000_000_u32, b in 0..1_000_000_u32) {
            let message = |number: u32| format!("item {number} of order {number} is sold out");
            prop_assert_eq!(kind_of(&message(a)), kind_of(&message(b)));
        }
    }
}
