//! Whether moments follow one another at regular intervals.

use super::super::times;

/// Fewest moments with a rhythm.
const MIN_MOMENTS: usize = 4;

/// How far an interval may be from the median one, as shares of it: the closest that fits is taken.
/// Garbage collections come early or late by a tenth, so two intervals differ by a fifth.
const TOLERANCES: [f64; 6] = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2];

/// Smallest share of the intervals that match the period.
const MIN_ON_TIME: f64 = 0.75;

/// Largest probability that random moments would be this regular.
const MAX_CHANCE: f64 = 3e-3;

/// A rhythm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rhythm {
    /// From one moment to the next, ms.
    pub period_ms: f64,
    /// The probability that random moments would be this regular.
    pub chance: f64,
}

/// Returns the rhythm of moments (ms, ascending) that are known to `resolution` ms.
///
/// If moments were random, the intervals between them would be exponential and the number of those
/// close to a given period binomial. One interval defines the period, so it is not counted.
pub fn of(moments: &[i64], resolution: i64) -> Option<Rhythm> {
    if moments.len() < MIN_MOMENTS {
        return None;
    }
    let between: Vec<f64> = moments
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]) as f64)
        .collect();
    let count = between.len();
    let median = times::lower_median(between.iter().copied())?;
    let often = count as f64 / between.iter().sum::<f64>().max(1.0);
    let resolution = resolution as f64;
    let rhythms = TOLERANCES.iter().filter_map(|share| {
        let tolerance = (median * share).max(resolution);
        let regular: Vec<f64> = between
            .iter()
            .copied()
            .filter(|time| (time - median).abs() <= tolerance)
            .collect();
        if (regular.len() as f64) < count as f64 * MIN_ON_TIME {
            return None;
        }
        let around = tolerance + resolution / 2.0;
        let within = (-often * (median - around)).exp() - (-often * (median + around)).exp();
        Some(Rhythm {
            period_ms: regular.iter().sum::<f64>() / regular.len() as f64,
            chance: at_least(regular.len() - 1, count - 1, within.min(1.0)) * count as f64,
        })
    });
    rhythms
        .min_by(|a, b| a.chance.total_cmp(&b.chance))
        .filter(|rhythm| rhythm.chance <= MAX_CHANCE)
}

/// Returns the probability of at least `hits` successes in `count` trials with probability `chance`.
fn at_least(hits: usize, count: usize, chance: f64) -> f64 {
    if chance <= 0.0 || chance >= 1.0 {
        return if chance >= 1.0 || hits == 0 { 1.0 } else { 0.0 };
    }
    let mut choose = 0.0_f64;
    let mut sum = 0.0;
    for k in 0..=count {
        if k > 0 {
            choose += ((count - k + 1) as f64 / k as f64).ln();
        }
        if k >= hits {
            let (k, rest) = (k as f64, (count - k) as f64);
            sum += (choose + k * chance.ln() + rest * (1.0 - chance).ln()).exp();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_moments() {
        let exact: Vec<i64> = (0..4).map(|n| 7_000 + n * 300_000).collect();
        let rhythm = of(&exact, 20).unwrap();
        assert_eq!(rhythm.period_ms, 300_000.0);
        // Too coarse to tell; too few.
        assert_eq!(of(&exact, 30_000), None);
        assert_eq!(of(&exact[..3], 20), None);
        // A tenth early or late.
        let loose = [0, 110, 200, 295, 405, 500, 590, 700].map(|n| n * 1_000);
        assert!(of(&loose, 100).is_some());
        // One is missing.
        let missing = [0, 100, 200, 400, 500, 600, 700].map(|n| n * 1_000);
        assert_eq!(of(&missing, 100).unwrap().period_ms, 100_000.0);
    }

    #[test]
    fn random_moments() {
        for moments in [
            &[3, 9, 11, 40, 41, 43, 77, 120, 124, 151, 190][..],
            &[10, 62, 110, 300],
            &[0, 100, 250, 420, 640],
        ] {
            let moments: Vec<i64> = moments.iter().map(|n| n * 1_000).collect();
            assert_eq!(of(&moments, 1_000), None, "{moments:?}");
        }
    }

    #[test]
    fn chances_are_binomial() {
        // Of three coins at least two: 4 of 8.
        assert!((at_least(2, 3, 0.5) - 0.5).abs() < 1e-12);
        assert_eq!(
            (
                at_least(0, 3, 0.0),
                at_least(1, 3, 0.0),
                at_least(3, 3, 1.0)
            ),
            (1.0, 0.0, 1.0)
        );
    }
}
