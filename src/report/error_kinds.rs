//! Groups errors into kinds: messages that differ only in numbers, ids, hosts or durations are one kind.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::stats::{Aggregate, ErrorStats, Label, kind_of};
use crate::text;

/// Maximum kinds of error in a report.
const MAX_KINDS: usize = 100;

/// Maximum labels named for a kind.
const MAX_LABELS: usize = 10;

/// Errors of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorKind {
    /// What its messages have in common, such as `expected ‹number› rows`.
    pub kind: String,
    /// The first of its messages.
    pub example: String,
    /// Number of different messages.
    pub messages: u64,
    /// Number of failed rows.
    pub count: u64,
    /// Share of all errors, 0 to 1.
    pub ratio_of_errors: f64,
    /// End of the first, epoch ms.
    pub first_ms: i64,
    /// End of the last, epoch ms.
    pub last_ms: i64,
    /// The labels with this kind of error, at most ten, those with the most errors first.
    pub labels: Vec<String>,
    /// Number of labels with this kind of error.
    pub label_count: u64,
}

impl ErrorKind {
    /// Lists the labels with this kind of error: `A, B and 3 more`.
    pub fn labels_in_words(&self) -> String {
        let labels = self.labels.join(", ");
        match self.label_count.saturating_sub(self.labels.len() as u64) {
            0 => labels,
            more => format!("{labels} and {more} more"),
        }
    }
}

/// Returns at most 100 kinds of error of all labels, the most frequent first.
pub(super) fn kinds<'a>(aggregate: &'a Aggregate, labels: &[Label<'a>]) -> Vec<ErrorKind> {
    let mut kinds: Vec<KindCounts<'_>> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut number_of: HashMap<&[u8], usize> = HashMap::new();
    for (key, stats) in aggregate.errors().iter() {
        let text = kind_of(&String::from_utf8_lossy(key));
        let next = kinds.len();
        let number = *numbers.entry(text).or_insert_with_key(|text| {
            kinds.push(KindCounts::new(text.clone(), key, stats));
            next
        });
        number_of.insert(key, number);
        if let Some(kind) = kinds.get_mut(number) {
            kind.add(key, *stats);
        }
    }
    let have_errors = aggregate.have_errors();
    let failing = labels.iter().filter(|label| have_errors[label.number]);
    for label in failing {
        for (key, stats) in aggregate.errors_of(*label) {
            let number = number_of.get(key).copied();
            if let Some(kind) = number.and_then(|number| kinds.get_mut(number)) {
                kind.hit(label.name, stats.count);
            }
        }
    }
    let all: u64 = kinds.iter().map(|kind| kind.stats.count).sum();
    kinds.sort_by_key(|kind| (Reverse(kind.stats.count), kind.stats.first_position));
    kinds.truncate(MAX_KINDS);
    kinds.into_iter().map(|kind| kind.report(all)).collect()
}

/// Returns the most frequent kind of error of some labels, and its number of failed rows.
pub(super) fn most_frequent(aggregate: &Aggregate, labels: &[Label<'_>]) -> Option<(String, u64)> {
    let mut of_keys: BTreeMap<&[u8], ErrorStats> = BTreeMap::new();
    for (key, stats) in labels.iter().flat_map(|label| aggregate.errors_of(*label)) {
        let own = of_keys.entry(key);
        own.and_modify(|own| *own = own.and(stats)).or_insert(stats);
    }
    let mut kinds: HashMap<String, ErrorStats> = HashMap::new();
    for (key, stats) in of_keys {
        let own = kinds.entry(kind_of(&String::from_utf8_lossy(key)));
        own.and_modify(|own| *own = own.and(stats)).or_insert(stats);
    }
    let kinds = kinds.into_iter();
    let (kind, stats) =
        kinds.max_by_key(|(_, stats)| (stats.count, Reverse(stats.first_position)))?;
    Some((kind, stats.count))
}

/// Counts the errors of one kind.
struct KindCounts<'a> {
    text: String,
    example: &'a [u8],
    example_position: u64,
    messages: u64,
    stats: ErrorStats,
    /// The labels with this kind of error and their counts, in order of first appearance.
    labels: Vec<(&'a [u8], u64)>,
}

impl<'a> KindCounts<'a> {
    fn new(text: String, key: &'a [u8], stats: &ErrorStats) -> Self {
        KindCounts {
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
        let labels = self.labels.into_iter().take(MAX_LABELS);
        ErrorKind {
            kind: self.text,
            example: text::of(self.example).into_owned(),
            messages: self.messages,
            count: self.stats.count,
            ratio_of_errors: self.stats.count as f64 / all as f64,
            first_ms: self.stats.first_time,
            last_ms: self.stats.last_time,
            labels: labels
                .map(|(label, _)| text::of(label).into_owned())
                .collect(),
            label_count,
        }
    }
}

#[cfg(test)]
mod tests {
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
        let kinds = kinds(&aggregate, &aggregate.labels());
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
        let labels: Vec<Label<'_>> = aggregate.labels();
        let most = most_frequent(&aggregate, &labels).unwrap();
        assert_eq!(most, (sold_out.kind.clone(), 3));
        assert_eq!(most_frequent(&aggregate, &[]), None);
        assert_eq!(sold_out.labels_in_words(), "B, A");
        let hit_more = ErrorKind {
            label_count: 5,
            ..sold_out
        };
        assert_eq!(hit_more.labels_in_words(), "B, A and 3 more");
        assert_eq!((kinds[1].kind.as_str(), kinds[1].count), ("no item", 1));
    }
}
