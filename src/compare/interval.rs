//! Two-sided confidence intervals, with half the error probability on each side.

use serde::{Deserialize, Serialize};

/// A confidence interval; an end is `None` if the samples do not bound it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Interval {
    /// The interval without bounds.
    pub const OPEN: Interval = Interval {
        low: None,
        high: None,
    };
}

/// Returns the ranks (from 1) of two of `count` independent samples between which the quantile of
/// `fraction` lies, except with a probability of at most `alpha`. An end is `None` if no sample
/// bounds it.
///
/// The number of samples below a quantile is binomial: the lower rank is the largest `l` with
/// `P(B < l) <= alpha / 2`, the upper the smallest `u` with `P(B >= u) <= alpha / 2`.
///
/// Source: David and Nagaraja, "Order Statistics" (2003), section 7.1.
pub fn order_statistics(count: u64, fraction: f64, alpha: f64) -> (Option<u64>, Option<u64>) {
    let tail = alpha / 2.0;
    let low = lower_rank(count, fraction, tail);
    // By symmetry: the upper rank is the lower rank of the complementary fraction, from the top.
    let high = lower_rank(count, 1.0 - fraction, tail).map(|rank| count + 1 - rank);
    (low, high)
}

/// Returns the largest `l` from 1 with `P(B < l) <= tail`, for a binomial `B`.
fn lower_rank(count: u64, fraction: f64, tail: f64) -> Option<u64> {
    if count == 0 || fraction <= 0.0 || fraction >= 1.0 {
        return None;
    }
    let mean = count as f64 * fraction;
    let spread = (mean * (1.0 - fraction)).sqrt();
    // Below this, the probabilities are too small to add up to anything.
    let mut hits = (mean - 12.0 * spread - 12.0).max(0.0) as u64;
    let odds = fraction / (1.0 - fraction);
    let mut term = (ln_choose(count, hits)
        + hits as f64 * fraction.ln()
        + (count - hits) as f64 * (1.0 - fraction).ln())
    .exp();
    let mut below = 0.0;
    while hits < count && below + term <= tail {
        below += term;
        term *= (count - hits) as f64 / (hits + 1) as f64 * odds;
        hits += 1;
    }
    (hits > 0).then_some(hits)
}

fn ln_choose(count: u64, hits: u64) -> f64 {
    ln_factorial(count) - ln_factorial(hits) - ln_factorial(count - hits)
}

/// Returns the logarithm of a factorial; by Stirling's series from 16 up, exact to twelve digits.
fn ln_factorial(number: u64) -> f64 {
    if number < 16 {
        return (2..=number).map(|factor| (factor as f64).ln()).sum();
    }
    let n = number as f64;
    (n + 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln() + 1.0 / (12.0 * n)
        - 1.0 / (360.0 * n.powi(3))
        + 1.0 / (1_260.0 * n.powi(5))
}

/// Returns Wilson's interval of a rate observed in `samples` samples, at `z` standard deviations.
///
/// Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
pub fn wilson(rate: f64, samples: f64, z: f64) -> (f64, f64) {
    let weight = z * z / samples;
    let centre = rate + weight / 2.0;
    let half = (weight * (rate * (1.0 - rate) + weight / 4.0)).sqrt();
    let bound = |value: f64| (value / (1.0 + weight)).clamp(0.0, 1.0);
    (bound(centre - half), bound(centre + half))
}

/// Returns the interval of `candidate - baseline`, given the estimate and the interval of each.
///
/// Source: Zou and Donner, "Construction of confidence limits about effect measures" (2008).
pub fn difference(baseline: (f64, Interval), candidate: (f64, Interval)) -> Interval {
    let change = candidate.0 - baseline.0;
    let reach = |of: (f64, Option<f64>), other: (f64, Option<f64>)| {
        Some((of.1? - of.0).hypot(other.1? - other.0))
    };
    let down = reach(
        (candidate.0, candidate.1.low),
        (baseline.0, baseline.1.high),
    );
    let up = reach(
        (candidate.0, candidate.1.high),
        (baseline.0, baseline.1.low),
    );
    Interval {
        low: down.map(|down| change - down),
        high: up.map(|up| change + up),
    }
}

/// Returns the value that a standard normal variable exceeds with probability `tail`, which must be
/// below one half.
///
/// By bisection on the continued fraction of Mills' ratio and, near 0, the series of the
/// distribution.
///
/// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.11 and 26.2.14.
pub fn normal_quantile(tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 38.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if normal_tail(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Returns the probability that a standard normal variable exceeds `z`, which must not be negative.
pub fn normal_tail(z: f64) -> f64 {
    let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if z < 3.0 {
        let (mut term, mut sum) = (z, z);
        for step in 1..60 {
            term *= z * z / f64::from(2 * step + 1);
            sum += term;
        }
        return 0.5 - density * sum;
    }
    density
        / (1..120)
            .rev()
            .fold(z, |rest, step| z + f64::from(step) / rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, within: f64) {
        assert!(
            (found - expected).abs() <= within,
            "{found}, not {expected}"
        );
    }

    #[test]
    fn ranks_are_those_of_the_binomial() {
        // Of 10 fair coins at most one shows heads with (1 + 10) / 1024 = 1.1%, two with 5.5%.
        assert_eq!(order_statistics(10, 0.5, 0.05), (Some(2), Some(9)));
        // Of 5 all do with 3.1%: more than the 2.5% that the alpha allows.
        assert_eq!(order_statistics(5, 0.5, 0.05), (None, None));
        // All 299 are below the 99th percentile with 4.96%, 298 with 5.01%: as in tolerance tables.
        assert_eq!(order_statistics(298, 0.99, 0.1).1, None);
        assert_eq!(order_statistics(299, 0.99, 0.1).1, Some(299));
        assert_eq!(order_statistics(0, 0.5, 0.05), (None, None));
    }

    #[test]
    fn ranks_of_many_are_nearly_normal() {
        let (low, high) = order_statistics(1_000_000, 0.5, 0.05);
        near(low.unwrap() as f64, 500_000.0 - 980.0, 2.0);
        near(high.unwrap() as f64, 500_000.0 + 981.0, 2.0);
    }

    #[test]
    fn wilson_is_as_published() {
        // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        let z = normal_quantile(0.025);
        for (hits, samples, low, high) in [
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
            (0.0, 20.0, 0.0, 0.1611),
            (1.0, 29.0, 0.0061, 0.1718),
        ] {
            let found = wilson(hits / samples, samples, z);
            near(found.0, low, 5e-5);
            near(found.1, high, 5e-5);
        }
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (tail, z) in [
            (0.025, 1.959_964),
            (0.005, 2.575_829),
            (1e-4, 3.719_016),
            (1e-6, 4.753_424),
        ] {
            near(normal_quantile(tail), z, 1e-6);
        }
    }

    #[test]
    fn a_difference_adds_what_both_sides_leave_open() {
        let of = |low, high| Interval {
            low: Some(low),
            high: Some(high),
        };
        // Down: 4 of the candidate and 3 of the baseline; up: 12 and 5.
        let found = difference((10.0, of(5.0, 13.0)), (20.0, of(16.0, 32.0)));
        assert_eq!(found, of(5.0, 23.0));
        let open = Interval {
            low: Some(5.0),
            high: None,
        };
        assert_eq!(difference((10.0, open), (20.0, of(16.0, 32.0))).low, None);
    }
}
