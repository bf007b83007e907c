//! Exact distributions of response times.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::counters::Counters;

/// Values from here on (over two minutes in ms) are counted in a map.
const PAGED_VALUES: u64 = 1 << 17;

/// How many samples have each value (ms). No value is ever rounded.
///
/// Merging is associative and commutative; an empty distribution changes nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Distribution {
    counters: Counters,
    /// Negative and very large values.
    outliers: BTreeMap<i64, u64>,
}

impl Distribution {
    /// Counts `weight` samples of `value`.
    #[inline(always)]
    pub fn record(&mut self, value: i64, weight: u64) {
        if (value as u64) < PAGED_VALUES {
            self.counters.add(value as usize, weight);
        } else {
            self.record_outlier(value, weight);
        }
    }

    /// Counts a sample of each value.
    #[inline(always)]
    pub fn record_each(&mut self, mut values: impl Iterator<Item = u32>) {
        while let Some(value) = self.counters.count_low(&mut values) {
            self.record(i64::from(value), 1);
        }
    }

    /// Adds the counts of another distribution.
    pub fn merge(&mut self, other: &Distribution) {
        other.for_each(|value, count| self.record(value, count));
    }

    /// Its counts without those of a part of it.
    pub fn without(&self, part: &Distribution) -> Distribution {
        let mut without = Distribution::default();
        let part = part.counts();
        let mut part = part.iter().peekable();
        self.for_each(|value, count| {
            while part.next_if(|of_part| of_part.0 < value).is_some() {}
            let of_part = part.next_if(|of_part| of_part.0 == value);
            let left = count.saturating_sub(of_part.map_or(0, |of_part| of_part.1));
            if left > 0 {
                without.record(value, left);
            }
        });
        without
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        let mut all = 0;
        self.for_each(|_, count| all += count);
        all
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Every value that occurs and its count, ascending.
    pub fn counts(&self) -> Vec<(i64, u64)> {
        let mut counts = Vec::new();
        self.for_each(|value, count| counts.push((value, count)));
        counts
    }

    /// Calls `visit` with every value that occurs and its count, ascending.
    fn for_each(&self, mut visit: impl FnMut(i64, u64)) {
        for (&value, &count) in self.outliers.range(..0).filter(|(_, count)| **count > 0) {
            visit(value, count);
        }
        self.counters
            .for_each(|number, count| visit(number as i64, count));
        for (&value, &count) in self.outliers.range(0..).filter(|(_, count)| **count > 0) {
            visit(value, count);
        }
    }

    /// Checks a stored distribution and returns its number of samples.
    pub(super) fn check(&self) -> Checked<u64> {
        let is_outlier = |value: i64| value as u64 >= PAGED_VALUES;
        let mut is_sound = self.outliers.keys().all(|&value| is_outlier(value));
        self.counters
            .for_each(|number, _| is_sound &= !is_outlier(number as i64));
        consistency::ensure(is_sound, "a distribution has a value twice")?;
        consistency::total(self.counts().iter().map(|(_, count)| *count))
    }

    #[cold]
    #[inline(never)]
    fn record_outlier(&mut self, value: i64, weight: u64) {
        *self.outliers.entry(value).or_default() += weight;
    }
}

impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts()
    }
}

impl Eq for Distribution {}

/// The counts of several distributions together. Each must be ascending; so is the result.
pub fn merged_counts<'a>(all: impl IntoIterator<Item = &'a Vec<(i64, u64)>>) -> Vec<(i64, u64)> {
    let mut merged: Vec<(i64, u64)> = all.into_iter().flatten().copied().collect();
    // A stable sort merges parts that are sorted already.
    merged.sort_by_key(|&(value, _)| value);
    merged.dedup_by(|next, last| {
        let is_same = next.0 == last.0;
        if is_same {
            last.1 += next.1;
        }
        is_same
    });
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> Distribution {
        let mut distribution = Distribution::default();
        for &value in values {
            distribution.record(value, 1);
        }
        distribution
    }

    #[test]
    fn counts_each_value() {
        assert_eq!(of(&[5, 3, 5]).counts(), [(3, 1), (5, 2)]);
        assert_eq!(
            of(&[-1, i64::MAX, 0, i64::MIN]).counts(),
            [(i64::MIN, 1), (-1, 1), (0, 1), (i64::MAX, 1)]
        );
        assert!(of(&[]).is_empty());
    }

    fn values() -> impl Strategy<Value = Vec<i64>> {
        let value = prop_oneof![5 => 0..300_i64, 2 => 0..100_000_i64, 1 => any::<i64>()];
        proptest::collection::vec(value, 0..400)
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_map(values in values(), weight in 1..3_u64) {
            let mut distribution = Distribution::default();
            let mut plain = BTreeMap::new();
            for &value in &values {
                distribution.record(value, weight);
                *plain.entry(value).or_insert(0) += weight;
            }
            prop_assert_eq!(distribution.count(), values.len() as u64 * weight);
            prop_assert_eq!(distribution.counts(), plain.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn merging_is_recording_all(a in values(), b in values()) {
            let all = of(&[a.clone(), b.clone()].concat());
            let (mut ab, mut ba) = (of(&a), of(&b));
            ab.merge(&of(&b));
            ba.merge(&of(&a));
            prop_assert_eq!(&ab, &all);
            prop_assert_eq!(&ba, &all);
            prop_assert_eq!(all.without(&of(&a)), of(&b));
            let mut with_empty = of(&a);
            with_empty.merge(&Distribution::default());
            prop_assert_eq!(with_empty, of(&a));
        }
    }
}
