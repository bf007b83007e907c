//! Cuts a series of points into levels.

use super::detect::{Detector, Point, Shift};

/// Values count for their level as if they were at most this many standard deviations from its median.
const CLIP: f64 = 3.0;

/// Runs farther than this many standard deviations from their level are outliers.
const OUTLIER: f64 = 5.0;

/// A stretch of points at one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regime {
    /// Index of its first point.
    pub first: usize,
    /// Index behind its last point.
    pub end: usize,
    /// Its level.
    pub level: f64,
}

/// The points of one series, those runs that have the figure, with the shifts found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The points.
    pub points: Vec<Point>,
    /// The shifts.
    pub shifts: Vec<Shift>,
    /// The standard deviation of the noise.
    pub deviation: f64,
    /// What found the shifts.
    pub detector: Detector,
}

impl Found {
    /// Seeks shifts in a series, run by run.
    pub fn new(points: Vec<Point>) -> Self {
        let mut detector = Detector::default();
        for &point in &points {
            detector.push(point);
        }
        Found {
            points,
            shifts: detector.shifts(0.0),
            deviation: detector.deviation(),
            detector,
        }
    }

    /// Weighs its shifts anew, with neighbouring runs correlated at least this much.
    pub fn weigh(&mut self, min_autocorrelation: f64) {
        if !self.shifts.is_empty() {
            self.shifts = self.detector.shifts(min_autocorrelation);
        }
    }

    /// Returns the sums of the products of neighbouring residuals, and of their squares. Each level adds a square
    /// of the deviation to the products: what taking off its mean removes.
    pub fn products(&self, regimes: &[Regime]) -> (f64, f64) {
        let residuals = self.residuals(regimes);
        let clipped: Vec<f64> = residuals.iter().map(|of| of.clamp(-CLIP, CLIP)).collect();
        let products: f64 = clipped.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let squares: f64 = clipped.iter().map(|of| of * of).sum();
        let bias = squares / clipped.len().max(1) as f64 * regimes.len() as f64;
        (products + bias, squares)
    }

    /// Returns the levels between its shifts.
    pub fn regimes(&self) -> Vec<Regime> {
        let starts: Vec<usize> = [0]
            .into_iter()
            .chain(self.shifts.iter().map(|shift| shift.at))
            .collect();
        let ends = starts.iter().skip(1).copied().chain([self.points.len()]);
        let regimes = starts.iter().copied().zip(ends);
        regimes
            .filter(|(first, end)| first < end)
            .map(|(first, end)| Regime {
                first,
                end,
                level: self.level(first, end),
            })
            .collect()
    }

    /// Returns the level of some points: their mean, with outliers clipped.
    pub fn level(&self, first: usize, end: usize) -> f64 {
        let values = self.points[first..end].iter().map(|point| point.value);
        let mut sorted: Vec<f64> = values.clone().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len();
        let median = sorted[count / 2].midpoint(sorted[(count - 1) / 2]);
        let reach = CLIP * self.deviation;
        let clipped = values.map(|value| value.clamp(median - reach, median + reach));
        clipped.sum::<f64>() / count as f64
    }

    /// Returns how far each point is from its level, in standard deviations.
    pub fn residuals(&self, regimes: &[Regime]) -> Vec<f64> {
        let residuals = regimes.iter().flat_map(|regime| {
            let points = &self.points[regime.first..regime.end];
            let level = regime.level;
            points
                .iter()
                .map(move |point| (point.value - level) / self.deviation)
        });
        residuals.collect()
    }

    /// Returns the indices of the points far from their level.
    pub fn outliers(&self, regimes: &[Regime]) -> Vec<usize> {
        let residuals = self.residuals(regimes).into_iter().enumerate();
        residuals
            .filter(|(_, residual)| residual.abs() > OUTLIER)
            .map(|(place, _)| place)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_lie_between_shifts_and_outliers_do_not_move_them() {
        let value = |run: usize| match run {
            10 => 9.0,
            _ => (run % 2) as f64 * 0.02 + if run < 20 { 1.0 } else { 2.0 },
        };
        let found = Found::new((0..40).map(|run| Point::new(value(run))).collect());
        let regimes = found.regimes();
        assert_eq!(
            regimes
                .iter()
                .map(|of| (of.first, of.end))
                .collect::<Vec<_>>(),
            [(0, 20), (20, 40)]
        );
        assert!(
            (regimes[0].level - 1.01).abs() < 0.01,
            "{}",
            regimes[0].level
        );
        assert!((regimes[1].level - 2.01).abs() < 1e-9);
        assert_eq!(found.outliers(&regimes), [10]);
        assert_eq!(Found::default().regimes(), []);
    }
}
