//! Compares one level of a stretch of runs with two.

/// Weighted sums of standardised values up to each run, from some run on.
#[derive(Debug, Clone)]
pub struct Levels {
    first: usize,
    /// The sum of weights and of weighted values before each run.
    sums: Vec<(f64, f64)>,
    /// By number of runs, the variance of their mean as a multiple of that of independent runs; empty if
    /// the runs are independent.
    inflation: Vec<f64>,
}

/// A split of a stretch into two levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// First run of the second level.
    pub at: usize,
    /// Twice the logarithm of the likelihood ratio of two levels to one.
    pub gain: f64,
    /// What the split costs, as a multiple of what it costs with independent runs.
    pub penalty: f64,
}

impl Split {
    /// Whether the gain exceeds a penalty for independent runs.
    pub fn exceeds(&self, limit: f64) -> bool {
        self.gain > self.penalty * limit
    }
}

/// Weighs gain against penalty in the choice of a place: about what a shift must exceed.
const PLACE_PENALTY: f64 = 20.0;

impl Levels {
    /// Takes the values from run `first` on, in standard deviations, with their weights.
    pub fn new(
        first: usize,
        values: impl Iterator<Item = (f64, f64)>,
        autocorrelation: f64,
    ) -> Self {
        let mut sums = Vec::with_capacity(values.size_hint().0 + 1);
        sums.push((0.0, 0.0));
        let (mut weights, mut sum) = (0.0, 0.0);
        for (value, weight) in values {
            weights += weight;
            sum += weight * value;
            sums.push((weights, sum));
        }
        Levels {
            first,
            inflation: match autocorrelation > 0.0 {
                true => inflation(sums.len(), autocorrelation),
                false => Vec::new(),
            },
            sums,
        }
    }

    /// Returns the best split of the runs `from..to` with its place within `range`, both ends included,
    /// and at least `min_runs` on each side; `None` if there is no such place.
    pub fn best_split(
        &self,
        from: usize,
        to: usize,
        range: (usize, usize),
        min_runs: usize,
    ) -> Option<Split> {
        let index = |run: usize| run.saturating_sub(self.first);
        let (from, to) = (index(from), index(to));
        let (start, end) = (self.sums.get(from)?, self.sums.get(to)?);
        let inflation = |runs: usize| self.inflation.get(runs).copied().unwrap_or(1.0);
        let whole = inflation(to - from);
        let low = index(range.0).max(from + min_runs);
        let high = index(range.1).min(to.checked_sub(min_runs)?);
        let mut best: Option<(f64, Split)> = None;
        for at in low..=high {
            let middle = self.sums[at];
            let (left, right) = (middle.0 - start.0, end.0 - middle.0);
            // The squared difference of the means over its variance, with a single division.
            let difference = (middle.1 - start.1) * right - (end.1 - middle.1) * left;
            let split = Split {
                at: at + self.first,
                gain: difference * difference / (left * right * (left + right)),
                penalty: inflation(at - from) + inflation(to - at) - whole,
            };
            let score = split.gain - split.penalty * PLACE_PENALTY;
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, split));
            }
        }
        best.map(|(_, split)| split)
    }

    /// Returns the best split into levels of two runs or more if it exceeds a penalty.
    pub fn holds(
        &self,
        from: usize,
        to: usize,
        range: (usize, usize),
        limit: f64,
    ) -> Option<Split> {
        let best = self.best_split(from, to, range, super::MIN_LEVEL);
        best.filter(|split| split.exceeds(limit))
    }
}

/// Returns, by number of runs, how much larger the variance of the mean of autocorrelated values is than
/// that of independent ones: `(1 + f) / (1 - f) - 2 f (1 - f^n) / (n (1 - f)^2)`. All are divided by
/// `1 - f`, because the noise is measured from differences of neighbours, which lack that share.
///
/// Source: Box, Jenkins and Reinsel, "Time Series Analysis", section 2.1 (mean of a process of order 1).
fn inflation(lengths: usize, f: f64) -> Vec<f64> {
    let mut power = 1.0;
    let values = (0..lengths).map(|runs| {
        let n = runs.max(1) as f64;
        if runs > 0 {
            power *= f;
        }
        let share = 2.0 * f * (1.0 - power) / (n * (1.0 - f) * (1.0 - f));
        match runs {
            0 => 1.0,
            _ => ((1.0 + f) / (1.0 - f) - share) / (1.0 - f),
        }
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gain_is_the_squared_difference_over_its_variance() {
        // Means 0 and 2 of two values each: 2² / (1/2 + 1/2) = 4.
        let values = [0.0, 0.0, 2.0, 2.0].map(|value| (value, 1.0));
        let levels = Levels::new(10, values.into_iter(), 0.0);
        let best = levels.best_split(10, 14, (0, 99), 1).unwrap();
        assert_eq!((best.at, best.gain, best.penalty), (12, 4.0, 1.0));
        assert!(levels.holds(10, 14, (0, 99), 3.9).is_some());
        assert_eq!(levels.holds(10, 14, (0, 99), 4.0), None);
        assert_eq!(levels.best_split(10, 13, (0, 99), 2), None);
    }

    #[test]
    fn means_of_autocorrelated_values_vary_more() {
        // Two values with correlation 1/2: variance of the mean (1 + 1/2) / 2, so 1.5 times as large.
        let inflated = inflation(3, 0.5);
        assert!((inflated[1] * 0.5 - 1.0).abs() < 1e-12);
        assert!((inflated[2] * 0.5 - 1.5).abs() < 1e-12);
        assert_eq!(inflation(4, 0.0), [1.0; 4]);
    }
}
