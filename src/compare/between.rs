//! Compares several runs on each side, which accounts for run-to-run variation.

use super::Interval;
use super::evidence::{Evidence, Method};
use super::student::student_quantile;

/// Runs that each side needs for a verdict.
pub const MIN_RUNS: usize = 3;

/// One figure in all runs of both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Between {
    /// The baseline's figure: the geometric mean of its runs for ratios, otherwise the mean.
    pub baseline: f64,
    /// The candidate's figure, likewise.
    pub candidate: f64,
    /// The pooled run-to-run standard deviation: as a share for ratios, otherwise in the figure's
    /// unit; `None` if no side has two runs.
    pub deviation: Option<f64>,
    /// Whether changes are ratios rather than differences.
    is_ratio: bool,
    change: f64,
    /// Variance of the change as a multiple of the variance of one run.
    variance_factor: f64,
    freedom: f64,
}

impl Between {
    /// Combines the values of all runs; `None` if a side has no run. Changes are ratios if
    /// `has_ratios` and no value is 0, otherwise differences.
    pub fn new(baseline: &[f64], candidate: &[f64], has_ratios: bool) -> Option<Self> {
        let all = || baseline.iter().chain(candidate);
        let is_ratio = has_ratios && all().all(|&value| value > 0.0);
        let scaled = |values: &[f64]| -> Vec<f64> {
            let values = values.iter();
            values
                .map(|&value| if is_ratio { value.ln() } else { value })
                .collect()
        };
        let back = |value: f64| if is_ratio { value.exp() } else { value };
        let (a, b) = (scaled(baseline), scaled(candidate));
        let ((mean_a, squares_a), (mean_b, squares_b)) = (moments(&a)?, moments(&b)?);
        let freedom = (a.len() + b.len()) as f64 - 2.0;
        Some(Between {
            baseline: back(mean_a),
            candidate: back(mean_b),
            deviation: (freedom > 0.0).then(|| ((squares_a + squares_b) / freedom).sqrt()),
            is_ratio,
            change: mean_b - mean_a,
            variance_factor: 1.0 / a.len() as f64 + 1.0 / b.len() as f64,
            freedom,
        })
    }

    /// Whether changes and the deviation are ratios.
    pub fn is_ratio(&self) -> bool {
        self.is_ratio
    }

    /// Returns the change with its interval by Student's test with pooled variance; `None` without
    /// a deviation.
    pub fn evidence(&self) -> Option<Evidence<'static>> {
        let deviation = self.deviation? * self.variance_factor.sqrt();
        let Between {
            baseline,
            is_ratio,
            change,
            freedom,
            ..
        } = *self;
        let back = move |value: f64| match is_ratio {
            true => baseline * value.exp_m1(),
            false => value,
        };
        Some(Evidence {
            method: Method::BetweenRuns,
            estimate: back(change),
            interval: Box::new(move |alpha| {
                let reach = student_quantile(alpha / 2.0, freedom) * deviation;
                Interval {
                    low: Some(back(change - reach)),
                    high: Some(back(change + reach)),
                }
            }),
            independent: None,
        })
    }
}

/// Returns the mean and the sum of squared deviations from it.
fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum();
    (!values.is_empty()).then_some((mean, squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_come_from_run_to_run_deviation() {
        // Logarithms of 0, 0.1, 0.2 and 0.3, 0.4, 0.5: pooled deviation 0.1, change 0.3, standard
        // error 0.1 * sqrt(2 / 3); Student's quantile of 2.5% with 4 degrees of freedom is 2.7764.
        let runs = |of: [f64; 3]| of.map(|ln: f64| 100.0 * ln.exp());
        let (a, b) = (runs([0.0, 0.1, 0.2]), runs([0.3, 0.4, 0.5]));
        let between = Between::new(&a, &b, true).unwrap();
        assert!((between.deviation.unwrap() - 0.1).abs() < 1e-12);
        assert!((between.baseline - 100.0 * 0.1_f64.exp()).abs() < 1e-9);
        let evidence = between.evidence().unwrap();
        let low = (evidence.interval)(0.05).low.unwrap();
        let reach = 2.776_445 * 0.1 * (2.0_f64 / 3.0).sqrt();
        let expected = between.baseline * (0.3_f64 - reach).exp_m1();
        assert!((low - expected).abs() < 1e-4, "{low}, not {expected}");
    }

    #[test]
    fn values_of_0_have_differences_and_single_runs_no_deviation() {
        let between = Between::new(&[0.0, 1.0], &[2.0, 3.0], true).unwrap();
        assert!(!between.is_ratio());
        assert_eq!((between.baseline, between.candidate), (0.5, 2.5));
        let single = Between::new(&[1.0], &[2.0], true).unwrap();
        assert_eq!(single.deviation, None);
        assert!(single.evidence().is_none());
        assert_eq!(Between::new(&[], &[2.0], true), None);
    }
}
