//! Estimates how much the figures of a run vary over time, by block variances.

use super::student::student_quantile;

/// Fewest blocks that a run is cut into.
const MIN_BLOCKS: usize = 8;

/// The variance of a sum over time, and the degrees of freedom of that estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockVariance {
    /// The variance of the sum.
    pub variance: f64,
    /// Its degrees of freedom.
    pub freedom: f64,
}

/// Estimates the variance of the sum of `deviations`, which are in time order and add up to 0.
/// `scales` are the relative magnitudes that they may have.
///
/// This is the variance of a circular block bootstrap. Because the bootstrap draws whole blocks
/// independently, the variance of their sum has a closed form, the limit of infinitely many resamples.
/// Blocks must be longer than the correlation lasts, which is unknown: of the lengths 1, 2, 4 and so
/// on up to an eighth of the run, the one with the largest variance is used. A block of a finite
/// circle varies less, by its share of the circle; the result is corrected for that.
///
/// Overlapping blocks of length `l` of `k` equal deviations estimate the variance with
/// `k / (1 + (l - 1) (2 l - 1) / 3 l) - 1` degrees of freedom, 1.5 times as many as adjacent blocks.
/// If a few deviations are much larger than the rest, as in a load spike, only these count: `k` is
/// then the number of equal deviations that would vary as much, after Satterthwaite.
///
/// Sources: Politis and Romano, "A circular block-resampling procedure for stationary data" (1992);
/// Meketon and Schmeiser, "Overlapping batch means: something for nothing?" (1984); Satterthwaite,
/// "An approximate distribution of estimates of variance components" (1946).
pub fn block_variance(deviations: &[f64], scales: &[f64]) -> BlockVariance {
    let count = deviations.len();
    let longest = (count / MIN_BLOCKS).max(1);
    let lengths = std::iter::successors(Some(1), |length| Some(length * 2));
    let lengths = lengths.take_while(|&length| length <= longest && length < count);
    let (length, variance) = lengths
        .map(|length| (length, variance_of_sum(deviations, length)))
        .fold((1, 0.0), |largest, next| match next.1 > largest.1 {
            true => next,
            false => largest,
        });
    let squares = || scales.iter().map(|scale| scale * scale);
    let fourths = squares().map(|square| square * square).sum::<f64>();
    let equal = squares().sum::<f64>().powi(2) / fourths;
    let equal = if equal.is_finite() {
        equal
    } else {
        count as f64
    };
    let length = length as f64;
    let overlap = 1.0 + (length - 1.0) * (2.0 * length - 1.0) / (3.0 * length);
    BlockVariance {
        variance,
        freedom: (equal / overlap - 1.0).max(1.0),
    }
}

fn variance_of_sum(deviations: &[f64], length: usize) -> f64 {
    let count = deviations.len();
    let mut block: f64 = deviations.iter().take(length).sum();
    let mut squares = 0.0;
    for (place, first) in deviations.iter().enumerate() {
        squares += block * block;
        block += deviations[(place + length) % count] - first;
    }
    squares / length as f64 / (1.0 - length as f64 / count as f64)
}

/// Returns the design effect of a rate or a mean in one run: its variance divided by that of
/// independent samples, at least 1.
///
/// `buckets` hold the number of samples and the sum of the figure over them, in time order;
/// `variance` is the variance of the figure among samples. A bucket's deviation is its sum minus the
/// sum expected at the run's mean. A variance estimated from few blocks is itself uncertain: the
/// effect is scaled up by how far Student's quantile of `tail` exceeds the normal one, `z`.
///
/// Source of the term: Kish, "Survey Sampling" (1965).
pub fn design_effect(buckets: &[(f64, f64)], variance: f64, tail: f64, z: f64) -> f64 {
    let samples: f64 = buckets.iter().map(|bucket| bucket.0).sum();
    let sum: f64 = buckets.iter().map(|bucket| bucket.1).sum();
    if samples <= 0.0 || variance <= 0.0 {
        return 1.0;
    }
    let mean = sum / samples;
    let deviations: Vec<f64> = buckets.iter().map(|(n, sum)| sum - mean * n).collect();
    let scales: Vec<f64> = buckets.iter().map(|(n, _)| *n).collect();
    let found = block_variance(&deviations, &scales);
    let reach = student_quantile(tail, found.freedom) / z;
    (found.variance * reach * reach / (samples * variance)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_buckets_together_tell_less() {
        // 16 buckets of 10 samples; blocks of 1 and 2. Deviations are 5 or -5 in runs of four: the
        // sum of blocks of two is +-10 (12 of 16) or 0, so squares 1200 / 2 / (7 / 8) = 685.7;
        // independent: 160 samples * 0.25 = 40.
        let buckets: Vec<(f64, f64)> = (0..16)
            .map(|bucket| (10.0, if bucket % 8 < 4 { 10.0 } else { 0.0 }))
            .collect();
        let (tail, z) = (0.025, 1.959_964);
        let effect = design_effect(&buckets, 0.25, tail, z);
        // Overlapping blocks of two: 16 / 1.5 - 1 = 9.67 degrees of freedom.
        let student = student_quantile(tail, 29.0 / 3.0);
        let expected = 600.0 * 8.0 / 7.0 / 40.0 * (student / z).powi(2);
        assert!((effect - expected).abs() < 1e-9, "{effect}");
    }

    #[test]
    fn few_large_deviations_are_few_degrees_of_freedom() {
        let deviations = [0.0, 9.0, -9.0, 0.0, 0.0, 0.0, 0.0];
        let freedom = |scales: &[f64]| block_variance(&deviations, scales).freedom;
        assert_eq!(freedom(&[1.0; 7]), 6.0);
        assert_eq!(freedom(&[0.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0]), 2.0);
        assert_eq!(freedom(&[0.0; 7]), 6.0);
    }

    #[test]
    fn even_buckets_and_none_have_no_effect() {
        assert_eq!(design_effect(&[(10.0, 5.0); 20], 0.25, 0.025, 1.96), 1.0);
        assert_eq!(design_effect(&[], 0.25, 0.025, 1.96), 1.0);
        assert_eq!(design_effect(&[(10.0, 0.0)], 0.0, 0.025, 1.96), 1.0);
    }
}
