//! The percentile estimators of JMeter's dashboard (`backend_metrics_percentile_estimator`).
//!
//! Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), as commons-math 3.6.1
//! computes them (`Percentile.EstimationType`), in the same order of operations.

use std::fmt;
use std::str::FromStr;

/// How a percentile is estimated from sorted values. R_1 to R_9 are the types 1 to 9 of Hyndman and
/// Fan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Estimator {
    /// At position (n + 1) · p, interpolated: JMeter's default.
    #[default]
    Legacy,
    /// The inverse of the empirical distribution.
    R1,
    /// The same, averaged where it jumps.
    R2,
    /// The value nearest to position n · p; of two, the even one.
    R3,
    /// At position n · p, interpolated.
    R4,
    /// At position n · p + 1/2, interpolated.
    R5,
    /// At position (n + 1) · p, interpolated.
    R6,
    /// At position (n - 1) · p + 1, interpolated: the default of R and of spreadsheets.
    R7,
    /// At position (n + 1/3) · p + 1/3, interpolated.
    R8,
    /// At position (n + 1/4) · p + 3/8, interpolated.
    R9,
}

/// The estimators and JMeter's names of them.
const NAMES: [(&str, Estimator); 10] = [
    ("LEGACY", Estimator::Legacy),
    ("R_1", Estimator::R1),
    ("R_2", Estimator::R2),
    ("R_3", Estimator::R3),
    ("R_4", Estimator::R4),
    ("R_5", Estimator::R5),
    ("R_6", Estimator::R6),
    ("R_7", Estimator::R7),
    ("R_8", Estimator::R8),
    ("R_9", Estimator::R9),
];

impl fmt::Display for Estimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMES.iter().find(|(_, estimator)| estimator == self);
        f.write_str(named.map_or("LEGACY", |(name, _)| name))
    }
}

/// Text that names no estimator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no estimator of JMeter's: take LEGACY or one of R_1 to R_9")]
pub struct UnknownEstimator(String);

impl FromStr for Estimator {
    type Err = UnknownEstimator;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        named
            .map(|(_, estimator)| *estimator)
            .ok_or_else(|| UnknownEstimator(text.to_owned()))
    }
}

impl Estimator {
    /// The percentile of sorted values; `None` without values.
    pub fn percentile(self, sorted: &[f64], percent: f64) -> Option<f64> {
        if let [only] = sorted {
            return Some(*only);
        }
        let position = self.position(percent / 100.0, sorted.len() as f64);
        match self {
            Estimator::R1 => at(sorted, (position - 0.5).ceil()),
            Estimator::R2 => {
                let low = at(sorted, (position - 0.5).ceil())?;
                let high = at(sorted, (position + 0.5).floor())?;
                Some((low + high) / 2.0)
            }
            _ => at(sorted, position),
        }
    }

    /// The position, counted from 1, of the quantile `p` of `n` values.
    fn position(self, p: f64, n: f64) -> f64 {
        const THIRD: f64 = 1.0 / 3.0;
        let within = |from: f64, to: f64, position: f64| match p {
            p if p < from => 0.0,
            p if p >= to => n,
            _ => position,
        };
        match self {
            _ if p <= 0.0 => 0.0,
            Estimator::Legacy if p >= 1.0 => n,
            Estimator::Legacy => p * (n + 1.0),
            Estimator::R1 => n * p + 0.5,
            Estimator::R2 if p >= 1.0 => n,
            Estimator::R2 => n * p + 0.5,
            Estimator::R3 if p <= 0.5 / n => 0.0,
            Estimator::R3 => (n * p).round_ties_even(),
            Estimator::R4 => within(1.0 / n, 1.0, n * p),
            Estimator::R5 => within(0.5 / n, (n - 0.5) / n, n * p + 0.5),
            Estimator::R6 => within(1.0 / (n + 1.0), n / (n + 1.0), (n + 1.0) * p),
            Estimator::R7 => within(0.0, 1.0, 1.0 + (n - 1.0) * p),
            Estimator::R8 => within(
                2.0 / 3.0 / (n + THIRD),
                (n - THIRD) / (n + THIRD),
                (n + THIRD) * p + THIRD,
            ),
            Estimator::R9 => within(
                0.625 / (n + 0.25),
                (n - 0.375) / (n + 0.25),
                (n + 0.25) * p + 0.375,
            ),
        }
    }
}

/// The value at a position counted from 1, interpolated between its neighbours.
fn at(sorted: &[f64], position: f64) -> Option<f64> {
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    if position < 1.0 {
        return Some(first);
    }
    let below = position.floor();
    let (Some(&lower), Some(&upper)) = (sorted.get(below as usize - 1), sorted.get(below as usize))
    else {
        return Some(last);
    };
    Some(lower + (position - below) * (upper - lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each estimator's percentile of 10, 20, 30 and so on up to `n` values.
    fn all(n: u32, percent: f64) -> [f64; 10] {
        let sorted: Vec<f64> = (1..=n).map(|value| f64::from(value) * 10.0).collect();
        NAMES.map(|(_, estimator)| {
            let value = estimator.percentile(&sorted, percent).unwrap();
            (value * 1e6).round() / 1e6
        })
    }

    #[test]
    fn definitions_by_hyndman_and_fan() {
        // Of 4 values 10 to 40; positions: 4p = 2, 4p + 1/2 = 2.5, 5p = 2.5, 3p + 1 = 2.5,
        // 4⅓p + ⅓ = 2.5, 4¼p + ⅜ = 2.5.
        let median = [25.0, 20.0, 25.0, 20.0, 20.0, 25.0, 25.0, 25.0, 25.0, 25.0];
        assert_eq!(all(4, 50.0), median);
        // Of 10 values at p = 0.25: 11p = 2.75, 10p = 2.5 (R_1 rounds up, R_3 to the even 2),
        // 10p + 1/2 = 3, 9p + 1 = 3.25, 10⅓p + ⅓ = 2.916667, 10¼p + ⅜ = 2.9375.
        let quarter = [
            27.5, 30.0, 30.0, 20.0, 25.0, 30.0, 27.5, 32.5, 29.166667, 29.375,
        ];
        assert_eq!(all(10, 25.0), quarter);
        // Of 10 values at p = 0.9: 11p = 9.9, 10p = 9 (R_2 takes 9 and 10), 10p + 1/2 = 9.5,
        // 9p + 1 = 9.1, 10⅓p + ⅓ = 9.633333, 10¼p + ⅜ = 9.6.
        let ninety = [
            99.0, 90.0, 95.0, 90.0, 90.0, 95.0, 99.0, 91.0, 96.333333, 96.0,
        ];
        assert_eq!(all(10, 90.0), ninety);
        // At p = 0.99 most are beyond the last value: 11p = 10.89, 10p = 9.9, 9p + 1 = 9.91.
        let most = [
            100.0, 100.0, 100.0, 100.0, 99.0, 100.0, 100.0, 99.1, 100.0, 100.0,
        ];
        assert_eq!(all(10, 99.0), most);
        // At p = 0.01 all are before the first one, except R_7 at 9p + 1 = 1.09.
        let fewest = [10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.9, 10.0, 10.0];
        assert_eq!(all(10, 1.0), fewest);
    }

    #[test]
    fn one_value_the_ends_and_none() {
        assert_eq!(all(1, 50.0), [10.0; 10]);
        assert_eq!(all(7, 100.0), [70.0; 10]);
        for (_, estimator) in NAMES {
            assert_eq!(estimator.percentile(&[], 50.0), None);
        }
    }

    #[test]
    fn names_are_jmeters() {
        for (name, estimator) in NAMES {
            assert_eq!(name.parse(), Ok(estimator));
            assert_eq!(name.to_lowercase().parse(), Ok(estimator));
            assert_eq!(estimator.to_string(), name);
        }
        for name in ["R_10", "R3", ""] {
            assert!(name.parse::<Estimator>().is_err());
        }
    }
}
