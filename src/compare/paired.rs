//! Compares two runs phase by phase: what the plan does to both cancels out, what one run does alone
//! stays.

use super::Interval;
use super::evidence::{Evidence, Method};
use super::interval::{difference, normal_quantile, wilson};
use super::noise::{BlockVariance, block_variance};
use super::pairing::{Pair, Phases};
use super::student::student_quantile;
use super::variances::Variances;
use crate::report::{Slice, Summary};

/// The paired slices of a label.
pub struct Paired<'a> {
    pub(super) pairs: &'a [Pair],
    slice_ms: u64,
}

impl<'a> Paired<'a> {
    /// Wraps pairs of slices that are usually `slice_ms` wide.
    pub fn new(pairs: &'a [Pair], slice_ms: u64) -> Self {
        Paired { pairs, slice_ms }
    }

    fn weights(&self) -> f64 {
        self.pairs.iter().map(Pair::weight).sum()
    }

    /// Describes the pairing.
    pub fn phases(&self) -> Phases {
        let ratios = self.pairs.iter().filter_map(|pair| {
            let ratio = mean(&pair.candidate) / mean(&pair.baseline);
            let is_ratio = ratio.is_finite() && ratio > 0.0;
            is_ratio.then(|| (pair.weight(), ratio.ln()))
        });
        let ratios: Vec<(f64, f64)> = ratios.collect();
        let weights: f64 = ratios.iter().map(|(weight, _)| weight).sum();
        let level = ratios.iter().map(|(weight, ln)| weight * ln).sum::<f64>() / weights;
        let squares = ratios
            .iter()
            .map(|(weight, ln)| weight * (ln - level).powi(2));
        let deviation = (squares.sum::<f64>() / weights).sqrt();
        Phases {
            slices: self.pairs.len() as u64,
            slice_ms: self.slice_ms,
            deviation: Some(deviation).filter(|deviation| deviation.is_finite()),
        }
    }

    /// Returns the change of the mean: the ratio of the weighted sums of the slices' means, applied to
    /// the baseline's mean over the whole run. The interval is that of the logarithm of the ratio,
    /// from the linearised differences of the slices. The summaries are those of the whole runs.
    pub fn mean(&self, baseline: &Summary, candidate: &Summary) -> Evidence<'static> {
        let whole_run = baseline.mean;
        let weights = self.weights();
        let sums = |of: fn(&Pair) -> &Slice| {
            let terms = self.pairs.iter();
            terms
                .map(|pair| pair.weight() * mean(of(pair)))
                .sum::<f64>()
        };
        let (a, b) = (sums(|pair| &pair.baseline), sums(|pair| &pair.candidate));
        let terms = |share_of: (f64, f64), centre: f64| -> BlockVariance {
            let terms = self.pairs.iter().map(|pair| {
                let change = mean(&pair.candidate) / share_of.1 - mean(&pair.baseline) / share_of.0;
                pair.weight() * (change - centre)
            });
            let scales = self.pairs.iter().map(|pair| {
                let level = mean(&pair.candidate) / share_of.1 + mean(&pair.baseline) / share_of.0;
                pair.weight() * level
            });
            block_variance(&terms.collect::<Vec<f64>>(), &scales.collect::<Vec<f64>>())
        };
        let is_ratio = a > 0.0 && b > 0.0 && whole_run > 0.0;
        let (estimate, found) = match is_ratio {
            true => ((b / a).ln(), terms((a, b), 0.0)),
            // A mean of 0 ms has no ratio.
            false => (
                (b - a) / weights,
                terms((weights, weights), (b - a) / weights / weights),
            ),
        };
        let back = move |value: f64| match is_ratio {
            true => whole_run * value.exp_m1(),
            false => value,
        };
        let around = move |reach: f64| Interval {
            low: Some(back(estimate - reach)),
            high: Some(back(estimate + reach)),
        };
        let deviation = found.variance.sqrt();
        let of_samples = |summary: &Summary| {
            let scale = if is_ratio { summary.mean } else { 1.0 };
            (summary.std_dev / scale).powi(2) / summary.count as f64
        };
        let of_independent = (of_samples(baseline) + of_samples(candidate)).sqrt();
        Evidence {
            method: Method::Paired,
            estimate: back(estimate),
            interval: Box::new(move |alpha| {
                around(student_quantile(alpha / 2.0, found.freedom) * deviation)
            }),
            independent: Some(Box::new(move |alpha| {
                around(normal_quantile(alpha / 2.0) * of_independent)
            })),
        }
    }

    /// Returns the change of the error rate in percentage points, with samples weighted alike in both
    /// runs.
    pub fn error_rate(&self) -> Evidence<'static> {
        let weights = self.weights();
        let rate = |of: fn(&Pair) -> &Slice| {
            let rates = self
                .pairs
                .iter()
                .map(|pair| pair.weight() * failed(of(pair)));
            rates.sum::<f64>() / weights
        };
        let (a, b) = (rate(|pair| &pair.baseline), rate(|pair| &pair.candidate));
        let effective = self.effective_samples();
        let independent = (a * (1.0 - a) / effective.0, b * (1.0 - b) / effective.1);
        let variances = self.variances(failed, failed, independent);
        let interval = move |alpha: f64, effects: (f64, f64)| {
            let z = normal_quantile(alpha / 2.0);
            let side = |rate: f64, samples: f64| {
                let (low, high) = wilson(rate, samples, z);
                let interval = Interval {
                    low: Some(low * 100.0),
                    high: Some(high * 100.0),
                };
                (rate * 100.0, interval)
            };
            difference(
                side(a, effective.0 / effects.0),
                side(b, effective.1 / effects.1),
            )
        };
        Evidence {
            method: Method::Paired,
            estimate: (b - a) * 100.0,
            interval: Box::new(move |alpha| interval(alpha, variances.effects(alpha))),
            independent: Some(Box::new(move |alpha| interval(alpha, (1.0, 1.0)))),
        }
    }

    /// Returns the variances of a share, given its value in a slice of each side and the variances
    /// that it would have among independent samples.
    pub fn variances(
        &self,
        of_baseline: impl Fn(&Slice) -> f64,
        of_candidate: impl Fn(&Slice) -> f64,
        independent: (f64, f64),
    ) -> Variances {
        let weights = self.weights();
        let (mut a, mut b, mut both, mut scales) = (vec![], vec![], vec![], vec![]);
        for pair in self.pairs {
            let weight = pair.weight() / weights;
            let (from, to) = (of_baseline(&pair.baseline), of_candidate(&pair.candidate));
            a.push((weight, from));
            b.push((weight, to));
            both.push((weight, to - from));
            scales.push(weight * spread((from + to) / 2.0));
        }
        let variance = |shares: Vec<(f64, f64)>, scales: &[f64]| {
            let mean = shares.iter().map(|(weight, share)| weight * share);
            let mean = mean.sum::<f64>();
            let terms = shares.iter().map(|(weight, share)| weight * (share - mean));
            block_variance(&terms.collect::<Vec<f64>>(), scales)
        };
        let weights: Vec<f64> = a.iter().map(|(weight, _)| *weight).collect();
        Variances {
            difference: variance(both, &scales),
            own: (variance(a, &weights), variance(b, &weights)),
            independent,
        }
    }

    /// Returns the effective number of weighted samples on each side: the numbers of independent
    /// samples whose difference would have the same variance.
    pub fn effective_samples(&self) -> (f64, f64) {
        let side = |of: fn(&Pair) -> &Slice| {
            let samples = self.pairs.iter().map(|pair| of(pair).samples());
            samples.sum::<u64>() as f64
        };
        let (a, b) = (side(|pair| &pair.baseline), side(|pair| &pair.candidate));
        let weights = self.weights();
        (weights * (a + b) / b, weights * (a + b) / a)
    }
}

/// Returns the standard deviation of a share.
fn spread(share: f64) -> f64 {
    (share * (1.0 - share)).max(0.0).sqrt()
}

fn mean(slice: &Slice) -> f64 {
    slice.elapsed_sum as f64 / slice.samples() as f64
}

fn failed(slice: &Slice) -> f64 {
    slice.failures() as f64 / slice.samples() as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A slice of samples that all took the same time, below 64 ms, of which some failed.
    pub fn slice(samples: u64, ms: u16, failed: u64) -> Slice {
        let steps = |count: u64| match count {
            0 => Vec::new(),
            count => vec![(ms, count)],
        };
        Slice {
            index: 0,
            elapsed_sum: samples as i64 * i64::from(ms),
            ok: steps(samples - failed),
            ko: steps(failed),
        }
    }

    /// Pairs of these slices.
    pub fn pairs(of: &[(Slice, Slice)]) -> Vec<Pair> {
        let pairs = of.iter().cloned();
        let pairs = pairs.map(|(baseline, candidate)| Pair {
            baseline,
            candidate,
        });
        pairs.collect()
    }

    fn summary(mean: f64) -> Summary {
        Summary {
            count: 1_000,
            mean,
            std_dev: mean / 4.0,
            min: 0,
            max: 1_000,
            percentiles: Vec::new(),
        }
    }

    #[test]
    fn what_the_plan_does_to_both_cancels() {
        // Times grow tenfold over both runs, and the candidate takes half as long again in each
        // slice, give or take a ms: the interval is narrow although the runs vary widely.
        let of: Vec<(Slice, Slice)> = (0..20)
            .map(|n| {
                let ms = 4 + 2 * n;
                (slice(30, ms, 0), slice(30, ms * 3 / 2 + n % 2, 0))
            })
            .collect();
        let pairs = pairs(&of);
        let paired = Paired::new(&pairs, 1_000);
        let mean = paired.mean(&summary(23.0), &summary(35.0));
        let interval = (mean.interval)(0.01);
        let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
        assert!(
            (mean.estimate / 23.0 - 0.52).abs() < 0.01,
            "{}",
            mean.estimate
        );
        assert!(low > 11.0 && high < 13.5, "{low} to {high}");
        assert_eq!(paired.phases().slices, 20);
        assert!(paired.phases().deviation.unwrap() < 0.05);
    }

    #[test]
    fn a_slice_of_0_ms_breaks_nothing() {
        let of: Vec<(Slice, Slice)> = (0..10)
            .map(|n| (slice(20, n % 2, 0), slice(20, 1 + n % 2, 0)))
            .collect();
        let (pairs, zero) = (
            pairs(&of),
            pairs(&vec![(slice(20, 0, 0), slice(20, 1, 0)); 8]),
        );
        let mean = Paired::new(&pairs, 1).mean(&summary(0.5), &summary(1.5));
        // Sums of 5 and 15: three times as long.
        assert!((mean.estimate - 1.0).abs() < 1e-9, "{}", mean.estimate);
        let mean = Paired::new(&zero, 1).mean(&summary(0.0), &summary(1.0));
        assert_eq!(mean.estimate, 1.0);
        assert_eq!((mean.interval)(0.05).low, Some(1.0));
        assert_eq!(Paired::new(&zero, 1).phases().deviation, None);
    }

    #[test]
    fn errors_on_one_side_do_not_widen_the_other() {
        let of: Vec<(Slice, Slice)> = (0..16)
            .map(|n| (slice(50, 5, 0), slice(50, 5, if n < 8 { 25 } else { 20 })))
            .collect();
        let evidence = Paired::new(&pairs(&of), 1_000).error_rate();
        assert!((evidence.estimate - 45.0).abs() < 1e-9);
        let low = (evidence.interval)(0.01).low.unwrap();
        assert!(low > 35.0, "{low}");
    }
}
