//! The standard errors of a label's figures within one run.

use crate::percentile::{Percentile, value_of_rank};
use crate::report::{LabelReport, Slice};

/// Blocks of time that a run is cut into: longer than samples usually influence each other.
const BLOCKS: u64 = 24;

/// Minimum samples of a block on average.
const MIN_SAMPLES: u64 = 4;

/// How far samples of one label are from independent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorBars {
    /// The variance of a mean, divided by that of independent samples: at least 1.
    ///
    /// Source: Kish, "Survey Sampling" (1965).
    pub design_effect: f64,
}

impl ErrorBars {
    /// Estimates the design effect from the means of blocks of time. It takes the differences of neighbouring
    /// blocks, because what the plan does over the run, such as a ramp, is no noise (von Neumann, "Distribution
    /// of the ratio of the mean square successive difference to the variance", 1941).
    pub fn new(row: &LabelReport, slices: &[Slice]) -> Self {
        let estimate = || {
            let variance = row.elapsed.as_ref()?.std_dev.powi(2);
            let length = slices.last()?.index + 1;
            let by = length.div_ceil(BLOCKS);
            let mut blocks: Vec<(u64, f64, f64)> = Vec::new();
            for slice in slices {
                let (samples, sum) = (slice.samples() as f64, slice.elapsed_sum as f64);
                match blocks.last_mut() {
                    Some(last) if last.0 == slice.index / by => {
                        last.1 += samples;
                        last.2 += sum;
                    }
                    _ => blocks.push((slice.index / by, samples, sum)),
                }
            }
            let pairs: Vec<f64> = blocks
                .windows(2)
                .map(|pair| {
                    let [a, b] = [pair[0], pair[1]];
                    let difference = a.2 / a.1 - b.2 / b.1;
                    // Its variance with independent samples would be that of one, over this.
                    difference * difference / (1.0 / a.1 + 1.0 / b.1)
                })
                .collect();
            let is_enough = pairs.len() >= 4 && row.samples >= MIN_SAMPLES * blocks.len() as u64;
            let mean = pairs.iter().sum::<f64>() / pairs.len() as f64;
            (is_enough && variance > 0.0).then_some(mean / variance)
        };
        ErrorBars {
            design_effect: estimate()
                .filter(|effect| effect.is_finite())
                .unwrap_or(1.0)
                .max(1.0),
        }
    }

    /// Returns the standard error of a mean of samples with this deviation.
    pub fn mean(&self, deviation: f64, samples: u64) -> Option<f64> {
        (samples > 1).then(|| deviation * (self.design_effect / samples as f64).sqrt())
    }

    /// Returns the standard error of a percentile: half the distance of the values whose ranks are one
    /// standard deviation of the binomial away.
    pub fn percentile(
        &self,
        counts: &[(i64, u64)],
        samples: u64,
        percentile: Percentile,
    ) -> Option<f64> {
        let (count, share) = (samples as f64, percentile.percent() / 100.0);
        let reach = (count * share * (1.0 - share) * self.design_effect).sqrt();
        let at = |rank: f64| value_of_rank(counts, rank.clamp(1.0, count) as u64);
        let low = at((count * share - reach).floor())?;
        let high = at((count * share + reach).ceil())?;
        (samples > 1).then(|| (high - low) as f64 / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Summary;

    fn row(samples: u64, deviation: f64) -> LabelReport {
        LabelReport {
            samples,
            elapsed: Some(Summary {
                count: samples,
                mean: 0.0,
                std_dev: deviation,
                min: 0,
                max: 0,
                percentiles: Vec::new(),
            }),
            ..LabelReport::default()
        }
    }

    fn slices(means: &[i64]) -> Vec<Slice> {
        let of = |(index, mean): (usize, &i64)| Slice {
            index: index as u64,
            elapsed_sum: mean * 10,
            ok: vec![(5, 10)],
            ko: Vec::new(),
        };
        means.iter().enumerate().map(of).collect()
    }

    #[test]
    fn blocks_that_vary_more_than_samples_have_an_effect() {
        // Ten samples a block with deviation 10: means of blocks vary by 10 if independent. These differ
        // by 20, whose square of 400 is 80 after division by 1/10 + 1/10... 2,000, 20 times 100.
        let apart = slices(&[90, 110, 90, 110, 90, 110, 90, 110]);
        assert_eq!(ErrorBars::new(&row(80, 10.0), &apart).design_effect, 20.0);
        // A ramp is no noise: its neighbours differ by 1.
        let ramp = slices(&[90, 91, 92, 93, 94, 95, 96, 97]);
        assert_eq!(ErrorBars::new(&row(80, 10.0), &ramp).design_effect, 1.0);
        assert_eq!(ErrorBars::new(&row(80, 10.0), &[]).design_effect, 1.0);
    }

    #[test]
    fn errors_shrink_with_the_root_of_the_samples() {
        let bars = ErrorBars { design_effect: 4.0 };
        assert_eq!(bars.mean(10.0, 400), Some(1.0));
        // Of the values 1 to 400, the median's rank varies by √(400 / 4 · 4) = 20.
        let counts: Vec<(i64, u64)> = (1..=400).map(|value| (value, 1)).collect();
        assert_eq!(
            bars.percentile(&counts, 400, Percentile::MEDIAN),
            Some(20.0)
        );
        assert_eq!(bars.percentile(&[(5, 1)], 1, Percentile::MEDIAN), None);
    }
}
