//! Statistics of response times counted by value, and of small sets of numbers.

use std::collections::BTreeMap;

use crate::percentile::{Percentile, value_at};
pub(super) use crate::stats::merged_counts as merged;

/// Values in ms with their numbers of samples, ascending.
pub(super) type Counts = Vec<(i64, u64)>;

/// Returns the number of samples.
pub(super) fn count(counts: &[(i64, u64)]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}

/// Returns the value at a percentile; `None` without samples.
pub(super) fn percentile(counts: &[(i64, u64)], percentile: Percentile) -> Option<i64> {
    value_at(counts, count(counts), percentile)
}

/// Returns the median; `None` without samples.
pub(super) fn median(counts: &[(i64, u64)]) -> Option<i64> {
    percentile(counts, Percentile::MEDIAN)
}

/// Returns the 95th percentile; `None` without samples.
pub(super) fn p95(counts: &[(i64, u64)]) -> Option<i64> {
    percentile(counts, Percentile::DEFAULTS[2])
}

/// Returns the sum of the values, ms.
pub(super) fn sum(counts: &[(i64, u64)]) -> i128 {
    let products = counts
        .iter()
        .map(|&(value, count)| i128::from(value) * i128::from(count));
    products.sum()
}

/// Returns how many samples took `min_ms` or longer.
pub(super) fn count_from(counts: &[(i64, u64)], min_ms: i64) -> u64 {
    let place = counts.partition_point(|&(value, _)| value < min_ms);
    count(&counts[place..])
}

/// Subtracts the counts of a part from those of the whole.
pub(super) fn without(all: &[(i64, u64)], part: &[(i64, u64)]) -> Counts {
    let part: BTreeMap<i64, u64> = part.iter().copied().collect();
    let rest = all.iter().map(|&(value, count)| {
        let taken = part.get(&value).copied().unwrap_or(0);
        (value, count.saturating_sub(taken))
    });
    rest.filter(|&(_, count)| count > 0).collect()
}

/// Returns the lower median of some numbers; `None` without any.
pub(super) fn lower_median(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    quantile(numbers, 0.5)
}

/// Returns the number that a share of some numbers does not exceed; `None` without any.
pub(super) fn quantile(numbers: impl IntoIterator<Item = f64>, share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share) as usize).copied()
}

/// Returns Spearman's rank correlation: 1 if one number grows with the other, -1 if it falls, 0 if
/// either is constant. Ties get the mean of their ranks.
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
    fn statistics_of_counts() {
        let counts = vec![(1, 3), (5, 2), (9, 1)];
        assert_eq!((count(&counts), sum(&counts)), (6, 22));
        assert_eq!((median(&counts), p95(&counts)), (Some(1), Some(9)));
        assert_eq!((median(&[]), p95(&[])), (None, None));
        assert_eq!(
            [1, 2, 5, 10].map(|min_ms| count_from(&counts, min_ms)),
            [6, 3, 3, 0]
        );
        assert_eq!(
            merged([&counts, &vec![(5, 1), (7, 1)]]),
            [(1, 3), (5, 3), (7, 1), (9, 1)]
        );
        assert_eq!(without(&counts, &[(1, 1), (5, 2)]), [(1, 2), (9, 1)]);
    }

    #[test]
    fn quantiles_of_numbers() {
        assert_eq!(lower_median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(lower_median([2.0, 1.0]), Some(1.0));
        assert_eq!(quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.75), Some(4.0));
        assert_eq!(lower_median([]), None);
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
