//! Percentiles of weighted samples, known only by the step of a compact histogram.

use crate::report::Slice;
use crate::stats::CompactHistogram;

/// A distribution of weighted samples: the share of each step, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// For each step its first value, the first value beyond it, and the share of samples up to its
    /// end.
    steps: Vec<(f64, f64, f64)>,
}

impl Weighted {
    /// Builds the distribution of slices, each with the weight of its samples; `None` without samples.
    pub fn new<'a>(slices: impl Iterator<Item = (&'a Slice, f64)>) -> Option<Self> {
        let mut masses: Vec<f64> = Vec::new();
        for (slice, weight) in slices {
            for &(step, count) in slice.ok.iter().chain(&slice.ko) {
                let step = usize::from(step);
                if masses.len() <= step {
                    masses.resize(step + 1, 0.0);
                }
                masses[step] += weight * count as f64;
            }
        }
        let all: f64 = masses.iter().sum();
        let mut below = 0.0;
        let steps = (0_u16..).zip(masses).filter(|(_, mass)| *mass > 0.0);
        let steps: Vec<(f64, f64, f64)> = steps
            .map(|(step, mass)| {
                below += mass / all;
                let (low, high) = CompactHistogram::range(step);
                (low as f64, high as f64 + 1.0, below)
            })
            .collect();
        (all > 0.0).then_some(Weighted { steps })
    }

    /// Returns the value that a share of the samples does not exceed, ms. Values are interpolated
    /// within a step: a sample of 5 ms lasted from 5 up to 6 ms.
    pub fn quantile(&self, share: f64) -> f64 {
        let index = self.steps.partition_point(|step| step.2 < share);
        let Some(&(low, end, upto)) = self.steps.get(index).or(self.steps.last()) else {
            return 0.0;
        };
        let before = index.checked_sub(1).and_then(|index| self.steps.get(index));
        let before = before.map_or(0.0, |step| step.2);
        match upto > before {
            true => low + (end - low) * ((share - before) / (upto - before)).clamp(0.0, 1.0),
            false => low,
        }
    }
}

/// Returns how many of a slice's samples are above a value in ms, interpolated within a step.
pub fn above(slice: &Slice, value: f64) -> f64 {
    let steps = slice.ok.iter().chain(&slice.ko);
    let shares = steps.map(|&(step, count)| {
        let (low, high) = CompactHistogram::range(step);
        let (low, end) = (low as f64, high as f64 + 1.0);
        count as f64 * ((end - value) / (end - low)).clamp(0.0, 1.0)
    });
    shares.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(ok: &[(u16, u64)], ko: &[(u16, u64)]) -> Slice {
        Slice {
            ok: ok.to_vec(),
            ko: ko.to_vec(),
            ..Slice::default()
        }
    }

    #[test]
    fn weights_count_as_samples_do() {
        // One sample of 10 ms that counts twice, and two of 20 ms: the median is where 20 begins.
        let (a, b) = (slice(&[(10, 1)], &[]), slice(&[], &[(20, 2)]));
        let both = Weighted::new([(&a, 2.0), (&b, 1.0)].into_iter()).unwrap();
        assert_eq!(both.quantile(0.25), 10.5);
        assert_eq!(both.quantile(0.5), 11.0);
        assert_eq!(both.quantile(0.75), 20.5);
        assert_eq!(both.quantile(1.0), 21.0);
        assert_eq!(Weighted::new([(&a, 0.0)].into_iter()), None);
    }

    #[test]
    fn part_of_a_step_may_be_above() {
        // Step 64 holds 64 and 65 ms.
        let of = slice(&[(10, 3), (64, 4)], &[(70, 1)]);
        assert_eq!(above(&of, 65.0), 3.0);
        assert_eq!(above(&of, 10.0), 8.0);
        assert_eq!(above(&of, 10.5), 6.5);
        assert_eq!(above(&of, 500.0), 0.0);
    }
}
