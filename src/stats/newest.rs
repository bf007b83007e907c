//! The newest errors of a running test.

use std::collections::VecDeque;

use super::errors::is_success_code;
use crate::jtl::{Sample, Sink};

/// Number of errors that are kept: enough for a tall terminal.
const MAX_ERRORS: usize = 100;

/// Bytes of each text that are kept: a message may be a whole page.
const MAX_TEXT: usize = 400;

/// The last failed samples, in file order.
#[derive(Debug, Clone, Default)]
pub struct NewestErrors(VecDeque<FailedSample>);

/// One failed sample. Its texts are shortened.
#[derive(Debug, Clone, Default)]
pub struct FailedSample {
    /// End of the sample, epoch ms.
    pub end: i64,
    /// Its label.
    pub label: Vec<u8>,
    /// Response code.
    pub code: Vec<u8>,
    /// Message of the response; empty if the response was a success.
    pub message: Vec<u8>,
    /// Message of the failed assertion.
    pub failure: Vec<u8>,
}

impl NewestErrors {
    /// The errors, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &FailedSample> {
        self.0.iter().rev()
    }
}

impl Sink for NewestErrors {
    fn record(&mut self, sample: &Sample<'_>) {
        if sample.success {
            return;
        }
        // Reuses the oldest one's memory: a run may have nothing but errors.
        let mut failed = match self.0.len() {
            MAX_ERRORS => self.0.pop_front().unwrap_or_default(),
            _ => FailedSample::default(),
        };
        let keep = |kept: &mut Vec<u8>, text: &[u8]| {
            kept.clear();
            kept.extend_from_slice(&text[..text.len().min(MAX_TEXT)]);
        };
        failed.end = sample.end();
        keep(&mut failed.label, sample.label);
        keep(&mut failed.code, sample.response_code);
        let message = match is_success_code(sample.response_code) {
            true => b"",
            false => sample.response_message,
        };
        keep(&mut failed.message, message.trim_ascii());
        keep(&mut failed.failure, sample.failure_message.trim_ascii());
        self.0.push_back(failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    #[test]
    fn the_newest_come_first_and_are_bounded() {
        let mut newest = NewestErrors::default();
        for number in 0..1_000 {
            newest.record(&Sample {
                time_stamp: number,
                success: number % 2 == 0,
                response_code: if number == 999 { b"200" } else { b"500" },
                failure_message: if number == 999 { b" no \n" } else { b"" },
                ..sample()
            });
        }
        let ends: Vec<i64> = newest.iter().map(|failed| failed.end).collect();
        assert_eq!(ends.len(), MAX_ERRORS);
        assert_eq!(ends[..3], [1_009, 1_007, 1_005]);
        let messages = |failed: &FailedSample| [failed.message.clone(), failed.failure.clone()];
        let messages: Vec<[Vec<u8>; 2]> = newest.iter().map(messages).collect();
        assert_eq!(messages[..2], [[&b""[..], b"no"], [b"OK", b""]]);
    }
}
