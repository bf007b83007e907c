//! Histograms of response times in bounded memory.

use serde::{Deserialize, Serialize};

use super::counters::Counters;
use super::steps::{range_of, step_of};

/// Values below 2^11 ms have a counter each. Above, each doubling is divided into 2^10 steps.
const EXACT_BITS: u32 = 11;

/// How many samples took each time (ms): exact below 2,048 ms, within 0.1% above. All histograms
/// have the same steps, so merging is associative and commutative.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Histogram(Counters);

impl Histogram {
    /// Counts `weight` samples of `value`; a negative one as 0.
    #[inline(always)]
    pub fn record(&mut self, value: i64, weight: u64) {
        self.0
            .add(step_of::<EXACT_BITS>(value.max(0) as u64), weight);
    }

    /// Counts a sample of each value.
    #[inline(always)]
    pub fn record_each(&mut self, mut values: impl Iterator<Item = u32>) {
        // The numbers of low counters are below 2^11, where each is the step of itself.
        while let Some(value) = self.0.count_low(&mut values) {
            self.record(i64::from(value), 1);
        }
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Histogram) {
        other.0.for_each(|step, count| self.0.add(step, count));
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The largest value of every step that occurs and the step's count, ascending.
    pub fn counts(&self) -> Vec<(i64, u64)> {
        let mut counts = Vec::new();
        self.0
            .for_each(|step, count| counts.push((range_of::<EXACT_BITS>(step).1, count)));
        counts
    }
}

/// Returns the largest time up to `ms` from which on a histogram's counts are exact.
pub fn exact_from(ms: i64) -> i64 {
    range_of::<EXACT_BITS>(step_of::<EXACT_BITS>(ms.max(0) as u64)).0
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts()
    }
}
