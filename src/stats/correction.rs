//! Correction for coordinated omission: the samples that a stalled thread would have measured had
//! it sent on time.

use crate::percentile::Percentile;

/// A distribution corrected for coordinated omission: samples are added that were due while a
/// thread waited for a slow one.
///
/// If a sample was due every `i` ms, one that took `v` adds samples of `v - i`, `v - 2i` and so on,
/// down to the last that is at least `i`. The added samples are never stored: counts and
/// percentiles are computed from the distribution, exactly.
///
/// Source: HdrHistogram's `recordValueWithExpectedInterval`.
#[derive(Debug, Clone, Copy)]
pub struct Corrected<'a> {
    counts: &'a [(i64, u64)],
    interval: i64,
}

impl<'a> Corrected<'a> {
    /// Corrects sorted counts of values (ms) for an interval (ms) of at least 1.
    pub fn new(counts: &'a [(i64, u64)], interval: u64) -> Self {
        Corrected {
            counts,
            interval: i64::try_from(interval).unwrap_or(i64::MAX).max(1),
        }
    }

    /// Number of samples, including those added.
    pub fn count(&self) -> u64 {
        self.count_up_to(i64::MAX)
    }

    /// Arithmetic mean in ms; `None` without samples.
    pub fn mean(&self) -> Option<f64> {
        let interval = self.interval as f64;
        let (mut count, mut sum) = (0.0, 0.0);
        for &(value, samples) in self.counts {
            let added = self.added(value) as f64;
            let of_one = value as f64 * (1.0 + added) - interval * added * (added + 1.0) / 2.0;
            count += samples as f64 * (1.0 + added);
            sum += samples as f64 * of_one;
        }
        (count > 0.0).then(|| sum / count)
    }

    /// The value at a percentile: the smallest that at least `rank` samples do not exceed (see
    /// [`Percentile::rank`]); `None` without samples.
    pub fn value_at(&self, percentile: Percentile) -> Option<i64> {
        let (&(first, _), &(last, _)) = (self.counts.first()?, self.counts.last()?);
        let rank = percentile.rank(self.count()).max(1);
        let (mut low, mut high) = (first.min(self.interval), last);
        while low < high {
            let middle = low.saturating_add_unsigned(high.abs_diff(low) / 2);
            if self.count_up_to(middle) >= rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(high)
    }

    /// Number of samples added for one with this value.
    fn added(&self, value: i64) -> i64 {
        (value / self.interval).saturating_sub(1).max(0)
    }

    /// Number of samples, including those added, that do not exceed `limit`.
    fn count_up_to(&self, limit: i64) -> u64 {
        let interval = i128::from(self.interval);
        let up_to = |&(value, samples): &(i64, u64)| {
            let added = i128::from(self.added(value));
            let excess = i128::from(value) - i128::from(limit);
            let within = if excess <= 0 {
                1 + added
            } else {
                // The first k for which value - k·interval does not exceed the limit.
                let first = (excess + interval - 1) / interval;
                (added - first + 1).max(0)
            };
            within.saturating_mul(i128::from(samples))
        };
        let all = self.counts.iter().map(up_to).fold(0, i128::saturating_add);
        u64::try_from(all).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::percentile::value_at;

    /// HdrHistogram's loop over a plain map.
    fn laid_out(counts: &[(i64, u64)], interval: i64) -> Vec<(i64, u64)> {
        let mut all = BTreeMap::new();
        for &(value, samples) in counts {
            *all.entry(value).or_insert(0) += samples;
            let mut missing = value - interval;
            while missing >= interval {
                *all.entry(missing).or_insert(0) += samples;
                missing -= interval;
            }
        }
        all.into_iter().collect()
    }

    #[test]
    fn a_stall_counts_for_every_sample_that_was_due() {
        // Every 10 ms; one took 45: 35, 25 and 15 were due meanwhile, and 5 is less than 10.
        let counts = [(1, 6), (45, 1)];
        let corrected = Corrected::new(&counts, 10);
        assert_eq!(corrected.count(), 10);
        let at = |percent| corrected.value_at(Percentile::new(percent).unwrap());
        assert_eq!(
            (at(50.0), at(70.0), at(90.0), at(100.0)),
            (Some(1), Some(15), Some(35), Some(45))
        );
        assert_eq!(
            corrected.mean(),
            Some((6.0 + 45.0 + 35.0 + 25.0 + 15.0) / 10.0)
        );
    }

    #[test]
    fn extreme_values_and_intervals_work() {
        let counts = [(i64::MIN, 1), (-1, 1), (i64::MAX, 1)];
        for interval in [0, 1, u64::MAX] {
            let corrected = Corrected::new(&counts, interval);
            let largest = corrected.value_at(Percentile::new(100.0).unwrap());
            assert_eq!(largest, Some(i64::MAX));
        }
        assert_eq!(Corrected::new(&counts, 1).count(), 2 + i64::MAX as u64);
        assert_eq!(Corrected::new(&[(i64::MAX, u64::MAX)], 1).count(), u64::MAX);
        assert_eq!(Corrected::new(&[], 10).value_at(Percentile::MEDIAN), None);
        assert_eq!(Corrected::new(&[], 10).mean(), None);
    }

    proptest! {
        #[test]
        fn agrees_with_laying_it_out(
            counts in proptest::collection::btree_map(-3..400_i64, 1..4_u64, 1..20),
            interval in 1..120_i64,
            percent in 0.1..100.0_f64,
        ) {
            let counts: Vec<(i64, u64)> = counts.into_iter().collect();
            let corrected = Corrected::new(&counts, interval as u64);
            let plain = laid_out(&counts, interval);
            let count = plain.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(corrected.count(), count);
            let percentile = Percentile::new(percent).unwrap();
            prop_assert_eq!(corrected.value_at(percentile), value_at(&plain, count, percentile));
            let sum: i64 = plain.iter().map(|(value, count)| value * *count as i64).sum();
            let mean = sum as f64 / count as f64;
            prop_assert!((corrected.mean().unwrap() - mean).abs() < 1e-9);
        }
    }
}
