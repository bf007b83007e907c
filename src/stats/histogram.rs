//! Response times of one bucket of time, in bounded memory.

use serde::{Deserialize, Serialize};

use super::counters::Counters;

/// Values below 2^11 ms are counted one by one; above, each doubling is cut into 2^10 steps.
const EXACT_BITS: u32 = 11;

/// How many samples took each time (ms): exact below 2,048 ms, within 0.1% above. The steps are
/// the same for every histogram, so that merging is associative and commutative.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Histogram(Counters);

impl Histogram {
    /// Counts `weight` samples of `value`; a negative one as 0.
    #[inline(always)]
    pub fn record(&mut self, value: i64, weight: u64) {
        self.0.add(step_of(value.max(0) as u64), weight);
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Histogram) {
        other.0.for_each(|step, count| self.0.add(step, count));
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every step that occurs, by the largest value that it stands for, and its count, ascending.
    pub fn counts(&self) -> Vec<(i64, u64)> {
        let mut counts = Vec::new();
        self.0
            .for_each(|step, count| counts.push((largest_in(step), count)));
        counts
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts()
    }
}

#[inline(always)]
fn step_of(value: u64) -> usize {
    let bits = u64::BITS - (value | ((1 << EXACT_BITS) - 1)).leading_zeros();
    let doublings = bits - EXACT_BITS;
    ((doublings as usize) << (EXACT_BITS - 1)) + (value >> doublings) as usize
}

fn largest_in(step: usize) -> i64 {
    let doublings = (step >> (EXACT_BITS - 1)).saturating_sub(1);
    let start = (step - (doublings << (EXACT_BITS - 1))) as u64;
    (((start + 1) << doublings) - 1) as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_values_are_exact_and_steps_follow_one_another() {
        for value in 0..2_048 {
            assert_eq!(step_of(value), value as usize);
            assert_eq!(largest_in(value as usize), value as i64);
        }
        assert_eq!(step_of(2_048), 2_048);
        assert_eq!(step_of(2_049), 2_048);
        assert_eq!(largest_in(2_048), 2_049);
        assert_eq!(step_of(4_096), 3_072);
        assert!(step_of(i64::MAX as u64) < 1 << 19);
        assert_eq!(largest_in(step_of(i64::MAX as u64)), i64::MAX);
    }

    proptest! {
        #[test]
        fn a_step_is_within_a_thousandth(value in prop_oneof![0..1_000_000_u64, 0..i64::MAX as u64]) {
            let largest = largest_in(step_of(value)) as u64;
            prop_assert!(largest >= value && (largest - value) as f64 <= value as f64 / 1_000.0);
            prop_assert_eq!(step_of(largest), step_of(value));
        }
    }
}
