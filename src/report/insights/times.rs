//! Response times counted by value, and what is told of them.

use std::collections::BTreeMap;

use crate::percentile::{Percentile, value_at};
pub(super) use crate::stats::merged_counts as merged;

/// Values (ms) and how many samples took them, ascending.
pub(super) type Counts = Vec<(i64, u64)>;

/// Number of samples.
pub(super) fn count(counts: &[(i64, u64)]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}

/// The value at a percentile; `None` without samples.
pub(super) fn percentile(counts: &[(i64, u64)], percentile: Percentile) -> Option<i64> {
    value_at(counts, count(counts), percentile)
}

/// The median; `None` without samples.
pub(super) fn median(counts: &[(i64, u64)]) -> Option<i64> {
    percentile(counts, Percentile::MEDIAN)
}

/// The 95th percentile; `None` without samples.
pub(super) fn p95(counts: &[(i64, u64)]) -> Option<i64> {
    percentile(counts, Percentile::DEFAULTS[2])
}

/// Sum of the values, ms.
pub(super) fn sum(counts: &[(i64, u64)]) -> i128 {
    let products = counts
        .iter()
        .map(|&(value, count)| i128::from(value) * i128::from(count));
    products.sum()
}

/// Samples that took `least` ms or longer.
pub(super) fn count_from(counts: &[(i64, u64)], least: i64) -> u64 {
    let place = counts.partition_point(|&(value, _)| value < least);
    count(&counts[place..])
}

/// What is left of counts when those of a part are taken away.
pub(super) fn without(all: &[(i64, u64)], part: &[(i64, u64)]) -> Counts {
    let part: BTreeMap<i64, u64> = part.iter().copied().collect();
    let rest = all.iter().map(|&(value, count)| {
        let taken = part.get(&value).copied().unwrap_or(0);
        (value, count.saturating_sub(taken))
    });
    rest.filter(|&(_, count)| count > 0).collect()
}

/// The middle one of some numbers, the lower of two; `None` without any.
pub(super) fn middle(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    quantile(numbers, 0.5)
}

/// The number that a share of some numbers does not exceed; `None` without any.
pub(super) fn quantile(numbers: impl IntoIterator<Item = f64>, share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share) as usize).copied()
}

/// Spearman's rank correlation: 1 where one number grows with the other, -1 where it falls; ties
/// have the mean of their ranks. 0 where either is always the same.
///
/// Source: Spearman, "The proof and measurement of association between two things" (1904).
pub(super) fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let (x, y) = (
        ranks(pairs.iter().map(|pair| pair.0)),
        ranks(pairs.iter().map(|pair| pair.1)),
    );
    let mean = (pairs.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean));
        products.sum()
    };
    let spread = (product(&x, &x) * product(&y, &y)).sqrt();
    if spread > 0.0 {
        product(&x, &y) / spread
    } else {
        0.0
    }
}

fn ranks(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let numbers: Vec<f64> = numbers.collect();
    let rank = |number: f64| {
        let below = numbers.iter().filter(|&&other| other < number).count();
        let equal = numbers.iter().filter(|&&other| other == number).count();
        below as f64 + (equal as f64 + 1.0) / 2.0
    };
    numbers.iter().map(|&number| rank(number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_of() {
        let counts = vec![(1, 3), (5, 2), (9, 1)];
        assert_eq!((count(&counts), sum(&counts)), (6, 22));
        assert_eq!((median(&counts), p95(&counts)), (Some(1), Some(9)));
        assert_eq!((median(&[]), p95(&[])), (None, None));
        assert_eq!(
            [1, 2, 5, 10].map(|least| count_from(&counts, least)),
            [6, 3, 3, 0]
        );
        assert_eq!(
            merged([&counts, &vec![(5, 1), (7, 1)]]),
            [(1, 3), (5, 3), (7, 1), (9, 1)]
        );
        assert_eq!(without(&counts, &[(1, 1), (5, 2)]), [(1, 2), (9, 1)]);
    }

    #[test]
    fn numbers_are_told_of() {
        assert_eq!(middle([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(middle([2.0, 1.0]), Some(1.0));
        assert_eq!(quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.75), Some(4.0));
        assert_eq!(middle([]), None);
    }

    #[test]
    fn ranks_correlate() {
        let with =
            |y: [f64; 4]| rank_correlation(&[(1.0, y[0]), (2.0, y[1]), (3.0, y[2]), (9.0, y[3])]);
        assert_eq!(with([1.0, 2.0, 8.0, 9.0]), 1.0);
        assert_eq!(with([9.0, 8.0, 2.0, 1.0]), -1.0);
        assert_eq!(with([1.0, 1.0, 1.0, 1.0]), 0.0);
        // Ranks 1, 2, 3, 4 against 2, 1, 4, 3: 1 - 6·4/(4·15).
        assert!((with([2.0, 1.0, 4.0, 3.0]) - 0.6).abs() < 1e-12);
    }
}
