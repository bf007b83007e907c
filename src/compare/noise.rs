//! How much less the samples of a run tell than independent ones would.

/// Blocks that a run is cut into at least.
const FEWEST_BLOCKS: usize = 8;

/// The design effect of a rate or a mean: its variance over that of independent samples, at least
/// 1.
///
/// `buckets` hold the number of samples and the sum of the figure over them, by time; `variance`
/// is that of the figure among samples; `z` is how many standard deviations the interval reaches.
///
/// The variance is that of a circular block bootstrap over the buckets, whose blocks start
/// anywhere. The deviation of a bucket is its sum less what its samples would sum up to at the
/// run's mean; as the bootstrap draws whole blocks independently, the variance of their sum is
/// known exactly (the limit of infinitely many resamples), and nothing is left to chance. Blocks
/// must be longer than the correlation lasts, which nobody knows: of lengths 1, 2, 4 and so on up
/// to an eighth of the run, that with the largest variance counts. A block of a finite circle
/// varies less by its share of the circle, which is made good. A variance known from few blocks is
/// itself uncertain, for which Student's distribution takes the place of the normal one: its
/// quantile is about `z + (z^3 + z) / 4f` with one degree of freedom `f` less than blocks.
///
/// Source: Politis and Romano, "A circular block-resampling procedure for stationary data" (1992);
/// Kish, "Survey Sampling" (1965).
pub fn design_effect(buckets: &[(f64, f64)], variance: f64, z: f64) -> f64 {
    let samples: f64 = buckets.iter().map(|bucket| bucket.0).sum();
    let sum: f64 = buckets.iter().map(|bucket| bucket.1).sum();
    if samples <= 0.0 || variance <= 0.0 {
        return 1.0;
    }
    let mean = sum / samples;
    let deviations: Vec<f64> = buckets.iter().map(|(n, sum)| sum - mean * n).collect();
    let count = deviations.len();
    let longest = (count / FEWEST_BLOCKS).max(1);
    let lengths = std::iter::successors(Some(1), |length| Some(length * 2));
    let (length, largest) = lengths
        .take_while(|&length| length <= longest && length < count)
        .map(|length| (length, variance_of_sum(&deviations, length)))
        .fold(
            (1, 0.0),
            |most, next| if next.1 > most.1 { next } else { most },
        );
    let freedom = (count as f64 / length as f64 - 1.0).max(1.0);
    let student = 1.0 + (z * z + 1.0) / (4.0 * freedom);
    (largest * student * student / (samples * variance)).max(1.0)
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
        let effect = design_effect(&buckets, 0.25, 2.0);
        // Of 8 blocks, Student's quantile is 1 + 5 / 28 times as far.
        let expected = 600.0 * 8.0 / 7.0 / 40.0 * (33.0_f64 / 28.0).powi(2);
        assert!((effect - expected).abs() < 1e-9, "{effect}");
    }

    #[test]
    fn even_buckets_and_none_have_no_effect() {
        assert_eq!(design_effect(&[(10.0, 5.0); 20], 0.25, 2.0), 1.0);
        assert_eq!(design_effect(&[], 0.25, 2.0), 1.0);
        assert_eq!(design_effect(&[(10.0, 0.0)], 0.0, 2.0), 1.0);
    }
}
