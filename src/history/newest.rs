//! Judges the newest run: a prediction interval from the runs before it at the current level.
//!
//! The interval of a series is `level ± t · deviation · √(1 + 1/n)`, for `n` runs at the level. `t` is a quantile
//! of Student's distribution: with the degrees of freedom of the deviation, and those that fit the
//! tails of the noise of all series together, for some systems have rare but large deviations. All series share the
//! error probability (Bonferroni).

use super::regimes::{Found, Regime};
use crate::compare::student_quantile;

/// Probability that any series of an unchanged run is called worse.
const ERROR_PROBABILITY: f64 = 0.01;

/// Minimum runs before the newest.
pub const MIN_RUNS: usize = 5;

/// Degrees of freedom per run of a deviation from winsorised differences of neighbours.
const FREEDOM_PER_RUN: f64 = 0.6;

/// Minimum residuals that show the tails of the noise.
const MIN_RESIDUALS: usize = 100;

/// Degrees of freedom of the tails if they are not known, and of the heaviest tails.
const USUAL_TAILS: f64 = 10.0;
const HEAVIEST_TAILS: f64 = 2.2;

/// The shape of the noise of all series together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// Degrees of freedom of the Student's distribution with these tails.
    freedom: f64,
    /// The scale of that distribution, in deviations of a series.
    scale: f64,
}

impl Tails {
    /// Fits tails to the residuals of all series, in deviations: the 99th percentile of their size over the 90th
    /// gives the degrees of freedom, the 90th the scale.
    pub fn fit(mut residuals: Vec<f64>) -> Self {
        if residuals.len() < MIN_RESIDUALS {
            return Tails {
                freedom: USUAL_TAILS,
                scale: 1.0,
            };
        }
        residuals.iter_mut().for_each(|value| *value = value.abs());
        residuals.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| residuals[(share * (residuals.len() - 1) as f64) as usize];
        let (common, rare) = (at(0.9), at(0.99));
        let ratio =
            |freedom: f64| student_quantile(0.005, freedom) / student_quantile(0.05, freedom);
        let (mut low, mut high) = (HEAVIEST_TAILS, 200.0);
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            // Heavier tails have a larger ratio.
            match ratio(middle) > rare / common {
                true => low = middle,
                false => high = middle,
            }
        }
        let scale = common / student_quantile(0.05, low);
        Tails {
            freedom: low,
            scale: if scale.is_finite() {
                scale.max(1.0)
            } else {
                1.0
            },
        }
    }
}

/// What a series lets expect of its newest point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The level before it.
    pub level: f64,
    /// How far a point may be from it.
    pub reach: f64,
}

/// Returns what is expected of the newest point of a series, one of `series`; `None` if there are fewer than
/// [`MIN_RUNS`] before it. A level with few runs borrows the deviation of earlier levels.
pub fn predict(
    found: &Found,
    regimes: &[Regime],
    tails: Tails,
    series: usize,
) -> Option<Prediction> {
    let before = found.points.len().checked_sub(1)?;
    let regime = regimes.last()?;
    let count = before
        .checked_sub(regime.first)
        .filter(|count| *count > 0)?;
    if before < MIN_RUNS {
        return None;
    }
    let freedom = FREEDOM_PER_RUN * before as f64;
    let freedom = 1.0 / (1.0 / freedom + 1.0 / tails.freedom);
    let quantile = student_quantile(ERROR_PROBABILITY / series.max(1) as f64, freedom);
    // A run with few samples may be farther away.
    let newest = found.points[before].variance;
    let usual = found.points[..before].iter().map(|point| point.variance);
    let excess = newest - usual.sum::<f64>() / before as f64;
    let variance = found.deviation.powi(2) * tails.scale.powi(2) + excess.max(0.0);
    Some(Prediction {
        level: found.level(regime.first, before),
        reach: quantile * (variance * (1.0 + 1.0 / count as f64)).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::detect::Point;
    use super::*;

    #[test]
    fn tails_are_those_of_the_distribution() {
        let residuals = |freedom: f64| -> Vec<f64> {
            let tails = (1..2_000).map(|rank| f64::from(rank) / 4_000.0);
            tails.map(|tail| student_quantile(tail, freedom)).collect()
        };
        for freedom in [3.0, 10.0] {
            let tails = Tails::fit(residuals(freedom));
            assert!((tails.freedom / freedom - 1.0).abs() < 0.1, "{tails:?}");
            assert!((tails.scale - 1.0).abs() < 0.02, "{tails:?}");
        }
        assert_eq!(Tails::fit(vec![1.0; 20]).freedom, USUAL_TAILS);
        assert_eq!(Tails::fit(vec![0.0; 200]).scale, 1.0);
    }

    #[test]
    fn the_interval_widens_with_series_and_narrows_with_runs() {
        let tails = Tails {
            freedom: 10.0,
            scale: 1.0,
        };
        let reach = |runs: usize, series: usize| {
            let points = (0..=runs).map(|run| Point::new((run % 2) as f64 * 0.1));
            let found = Found::new(points.collect());
            let prediction = predict(&found, &found.regimes(), tails, series);
            prediction.map(|prediction| prediction.reach)
        };
        assert_eq!(reach(4, 1), None);
        assert!(reach(10, 1) > reach(40, 1));
        assert!(reach(40, 700) > reach(40, 1));
        // Differences of 0.1 are noise of 0.0935; t of 1% with 1 / (1/24 + 1/10) = 7.06 degrees of freedom.
        let expected = 2.99 * 0.0935 * (1.0 + 1.0 / 40.0_f64).sqrt();
        assert!(
            (reach(40, 1).unwrap() - expected).abs() < 0.002,
            "{:?}",
            reach(40, 1)
        );
    }
}
