//! Errors by type, under the keys of JMeter's dashboard.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::interner::Interner;
use super::message_kind::{code_of, kind_of};
use crate::jtl::Sample;

/// Types of error that are told apart. If a run has more, they are told apart in less detail.
pub const MAX_TYPES: usize = 10_000;

/// Bytes of all types that are told apart: a message may be a whole page.
const MAX_BYTES: usize = 16 << 20;

/// Counts of failed samples by type.
///
/// Memory is bounded: types that do not fit are told apart in less detail. The detail depends only
/// on the set of keys, so merging is associative and commutative.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ErrorTable {
    keys: Interner,
    stats: Vec<ErrorStats>,
    bytes: usize,
    detail: ErrorDetail,
}

/// How finely types of error are told apart, finest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ErrorDetail {
    /// JMeter's key of an error.
    #[default]
    Key,
    /// JMeter's key with its numbers, ids, hosts and durations replaced.
    Kind,
    /// The response code at the start of the key.
    Code,
}

impl ErrorDetail {
    /// The type of a key, which is JMeter's or a type of finer detail.
    fn of(self, key: &[u8]) -> Cow<'_, [u8]> {
        match self {
            ErrorDetail::Key => Cow::Borrowed(key),
            ErrorDetail::Kind => Cow::Owned(kind_of(&String::from_utf8_lossy(key)).into_bytes()),
            ErrorDetail::Code => Cow::Borrowed(code_of(key).unwrap_or(b"(no response code)")),
        }
    }
}

/// One type of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorStats {
    /// Failed rows.
    pub count: u64,
    /// Position of the first row.
    pub first_position: u64,
    /// End of the earliest row, epoch ms.
    pub first_time: i64,
    /// End of the latest row, epoch ms.
    pub last_time: i64,
}

impl ErrorStats {
    /// One failed sample.
    pub fn of(sample: &Sample<'_>) -> Self {
        ErrorStats {
            count: 1,
            first_position: sample.position,
            first_time: sample.end(),
            last_time: sample.end(),
        }
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        self.first_position = self.first_position.saturating_add(positions);
    }

    /// Returns the sum of both.
    pub fn and(self, other: ErrorStats) -> ErrorStats {
        ErrorStats {
            count: self.count + other.count,
            first_position: self.first_position.min(other.first_position),
            first_time: self.first_time.min(other.first_time),
            last_time: self.last_time.max(other.last_time),
        }
    }
}

impl ErrorTable {
    /// Counts a failed sample and returns the number of its type.
    pub fn record(&mut self, sample: &Sample<'_>) -> usize {
        self.add(&self.detail.of(&key(sample)), ErrorStats::of(sample))
    }

    /// How finely its types are told apart.
    pub fn detail(&self) -> ErrorDetail {
        self.detail
    }

    /// Whether there are too many types, so that the table must be made coarser.
    pub fn is_too_large(&self) -> bool {
        let is_over = self.stats.len() > MAX_TYPES || self.bytes > MAX_BYTES;
        is_over && self.detail < ErrorDetail::Code
    }

    /// Reduces the detail by one step. Returns the new number of each type by its old number.
    pub fn coarsen(&mut self) -> Vec<usize> {
        let detail = match self.detail {
            ErrorDetail::Key => ErrorDetail::Kind,
            ErrorDetail::Kind | ErrorDetail::Code => ErrorDetail::Code,
        };
        let finer = std::mem::take(self);
        self.detail = detail;
        self.merge(&finer)
    }

    /// Adds the counts of another table, whose detail must not be coarser than this one's. Returns
    /// the numbers that its types have here.
    pub fn merge(&mut self, other: &ErrorTable) -> Vec<usize> {
        let types = other.iter();
        let is_finer = other.detail < self.detail;
        types
            .map(|(key, &stats)| match is_finer {
                true => self.add(&self.detail.of(key), stats),
                false => self.add(key, stats),
            })
            .collect()
    }

    /// Number of types.
    pub(super) fn types(&self) -> usize {
        self.stats.len()
    }

    /// The type with this number.
    pub fn name(&self, number: usize) -> &[u8] {
        self.keys.name(number)
    }

    /// Every type, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &ErrorStats)> {
        self.keys.names().zip(&self.stats)
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        for stats in &mut self.stats {
            stats.shift(positions);
        }
    }

    /// Checks a stored table and returns its number of failed rows.
    pub(super) fn check(&self) -> Checked<u64> {
        let bytes: usize = self.keys.names().map(<[u8]>::len).sum();
        let is_sound =
            self.stats.len() == self.keys.len() && self.bytes == bytes && !self.is_too_large();
        consistency::ensure(is_sound, "its errors and their figures differ in number")?;
        consistency::total(self.stats.iter().map(|stats| stats.count))
    }

    fn add(&mut self, key: &[u8], stats: ErrorStats) -> usize {
        let number = self.keys.number(key);
        match self.stats.get_mut(number) {
            Some(known) => *known = known.and(stats),
            None => {
                self.stats.push(stats);
                self.bytes += key.len();
            }
        }
        number
    }
}

/// JMeter's key of an error: code and message, or the failure message if the code is missing or
/// means success.
///
/// Source: `ErrorsSummaryConsumer.getErrorKey` of JMeter 5.6.3.
fn key<'a>(sample: &Sample<'a>) -> Cow<'a, [u8]> {
    let has_failure_message = !sample.failure_message.trim_ascii().is_empty();
    let is_assertion = is_success_code(sample.response_code)
        || (sample.response_code.is_empty() && has_failure_message);
    if is_assertion {
        Cow::Borrowed(if has_failure_message {
            sample.failure_message
        } else {
            b"Assertion failed"
        })
    } else if sample.response_message.is_empty() {
        Cow::Borrowed(sample.response_code)
    } else {
        Cow::Owned([sample.response_code, b"/", sample.response_message].concat())
    }
}

/// Whether a response code is a number from 200 to 399.
pub(super) fn is_success_code(code: &[u8]) -> bool {
    matches!(code, [b'2' | b'3', b'0'..=b'9', b'0'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    fn key_of(code: &str, message: &str, failure: &str) -> String {
        let sample = Sample {
            response_code: code.as_bytes(),
            response_message: message.as_bytes(),
            failure_message: failure.as_bytes(),
            ..sample()
        };
        String::from_utf8(key(&sample).into_owned()).unwrap()
    }

    #[test]
    fn keys_are_jmeters() {
        assert_eq!(
            key_of("500", "Internal Server Error", "x"),
            "500/Internal Server Error"
        );
        assert_eq!(key_of("404", "", ""), "404");
        assert_eq!(key_of("200", "OK", "Test failed"), "Test failed");
        assert_eq!(key_of("302", "Found", " "), "Assertion failed");
        assert_eq!(key_of("", "", "Test failed"), "Test failed");
        assert_eq!(key_of("", "reset", ""), "/reset");
    }

    #[test]
    fn detail_is_given_up_in_steps() {
        for (key, kind, code) in [
            ("500/row 7", "500/row ‹number›", "500"),
            ("404", "404", "404"),
            ("4041/x", "‹number›/x", "(no response code)"),
            ("row 7", "row ‹number›", "(no response code)"),
            ("", "", "(no response code)"),
        ] {
            let kind_found = ErrorDetail::Kind.of(key.as_bytes());
            assert_eq!(&*kind_found, kind.as_bytes());
            assert_eq!(&*ErrorDetail::Code.of(&kind_found), code.as_bytes());
            assert_eq!(&*ErrorDetail::Code.of(key.as_bytes()), code.as_bytes());
        }
    }

    #[test]
    fn counts_and_remembers_the_first() {
        let at = |position| Sample {
            position,
            time_stamp: position as i64,
            response_code: b"500",
            ..sample()
        };
        let (mut a, mut b) = (ErrorTable::default(), ErrorTable::default());
        a.record(&at(20));
        b.record(&at(10));
        b.record(&at(30));
        a.merge(&b);
        let all: Vec<_> = a.iter().collect();
        let stats = ErrorStats {
            count: 3,
            first_position: 10,
            first_time: 20,
            last_time: 40,
        };
        assert_eq!(all, [(b"500/OK".as_slice(), &stats)]);
    }
}
