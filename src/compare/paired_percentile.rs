//! Compares a percentile of two paired runs.

use std::rc::Rc;

use super::Interval;
use super::evidence::{Evidence, Method};
use super::interval::{difference, normal_quantile, order_statistics, wilson};
use super::noise::BlockVariance;
use super::paired::Paired;
use super::pairing::Pair;
use super::quantile::{Weighted, above};
use super::student::student_quantile;
use super::variances::Variances;
use crate::percentile::Percentile;
use crate::report::Slice;

/// If a side varies too much around its percentile to bound it, a value further out may bound it: the
/// one with this share of the samples beyond the percentile. It gets this share of `alpha`.
const RESERVE_SHARE: f64 = 0.1;

/// Returns the change of a percentile, with samples weighted alike in both runs. The share of samples
/// beyond each run's percentile, paired by slice, gives the effective number of independent samples;
/// the intervals are those of order statistics. `None` without samples.
pub fn change(paired: &Paired<'_>, percent: Percentile) -> Option<Evidence<'static>> {
    let quantiles = Quantiles::new(paired, percent.fraction())?;
    let at = quantiles.at;
    let both = Rc::new(move |alpha: f64, is_independent: bool| {
        let (a, b) = quantiles.intervals(alpha, is_independent);
        difference((at.0, a), (at.1, b))
    });
    let of_independent = Rc::clone(&both);
    Some(Evidence {
        method: Method::Paired,
        estimate: at.1 - at.0,
        interval: Box::new(move |alpha| both(alpha, false)),
        independent: Some(Box::new(move |alpha| of_independent(alpha, true))),
    })
}

/// A percentile of both sides of paired runs.
struct Quantiles {
    fraction: f64,
    sides: (Weighted, Weighted),
    /// Its value on each side, ms.
    at: (f64, f64),
    effective: (f64, f64),
    variances: Variances,
    /// Per side, the values that may bound it below and above.
    reserves: [[Reserve; 2]; 2],
}

/// A value that bounds a percentile if significantly few samples are beyond it.
#[derive(Clone, Copy)]
struct Reserve {
    value: f64,
    /// The share of samples beyond it, with the variance of that share below.
    share: f64,
    variance: BlockVariance,
    /// The share of samples beyond it that the value must stay below to be a bound.
    limit: f64,
}

impl Reserve {
    /// Returns the value if it is a bound.
    fn bound(&self, alpha: f64) -> Option<f64> {
        let tail = alpha * RESERVE_SHARE / 2.0;
        let z = normal_quantile(tail);
        let reach = student_quantile(tail, self.variance.freedom) / z;
        let independent = self.share * (1.0 - self.share)
            / (self.variance.variance * reach * reach).max(f64::MIN_POSITIVE);
        let (_, max_share) = wilson(self.share, independent, z);
        (independent >= 1.0 && max_share < self.limit).then_some(self.value)
    }
}

impl Quantiles {
    /// Computes the quantile of `fraction`; `None` without samples.
    fn new(paired: &Paired<'_>, fraction: f64) -> Option<Self> {
        let weighted = |of: fn(&Pair) -> &Slice| {
            let slices = paired.pairs.iter();
            Weighted::new(slices.map(|pair| {
                let slice = of(pair);
                (slice, pair.weight() / slice.samples() as f64)
            }))
        };
        let (a, b) = (
            weighted(|pair| &pair.baseline)?,
            weighted(|pair| &pair.candidate)?,
        );
        let at = (a.quantile(fraction), b.quantile(fraction));
        let effective = paired.effective_samples();
        let share = |value| move |slice: &Slice| above(slice, value) / slice.samples() as f64;
        let variance = fraction * (1.0 - fraction);
        let independent = (variance / effective.0, variance / effective.1);
        let variances = paired.variances(share(at.0), share(at.1), independent);
        let (low, high) = (
            fraction * RESERVE_SHARE,
            1.0 - (1.0 - fraction) * RESERVE_SHARE,
        );
        let below = (a.quantile(low), b.quantile(low));
        let beyond = (a.quantile(high), b.quantile(high));
        let of_low = paired
            .variances(share(below.0), share(below.1), independent)
            .own;
        let of_high = paired
            .variances(share(beyond.0), share(beyond.1), independent)
            .own;
        let reserve = |value, share, limit, variance| Reserve {
            value,
            share,
            variance,
            limit,
        };
        let is_below = |value, variance| reserve(value, low, fraction, variance);
        let is_above = |value, variance| reserve(value, 1.0 - high, 1.0 - fraction, variance);
        Some(Quantiles {
            fraction,
            at,
            effective,
            variances,
            reserves: [
                [is_below(below.0, of_low.0), is_above(beyond.0, of_high.0)],
                [is_below(below.1, of_low.1), is_above(beyond.1, of_high.1)],
            ],
            sides: (a, b),
        })
    }

    /// Returns the interval of each side for the error probability `alpha`.
    fn intervals(&self, alpha: f64, is_independent: bool) -> (Interval, Interval) {
        let effects = match is_independent {
            true => (1.0, 1.0),
            false => self.variances.effects(alpha),
        };
        let side = |of: &Weighted, samples: f64, reserves: &[Reserve; 2]| {
            let (low, high) = order_statistics(samples as u64, self.fraction, alpha);
            let low = low.map(|rank| of.quantile((rank - 1) as f64 / samples));
            let high = high.map(|rank| of.quantile((rank as f64 / samples).min(1.0)));
            Interval {
                low: low.or_else(|| reserves[0].bound(alpha)),
                high: high.or_else(|| reserves[1].bound(alpha)),
            }
        };
        let [of_a, of_b] = &self.reserves;
        (
            side(&self.sides.0, self.effective.0 / effects.0, of_a),
            side(&self.sides.1, self.effective.1 / effects.1, of_b),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::paired::tests::{pairs, slice};
    use super::*;

    #[test]
    fn a_steady_side_is_bounded_whatever_the_other_does() {
        // The baseline takes 5 ms throughout; the candidate 10 to 49 ms, rising all the time.
        let of: Vec<(Slice, Slice)> = (0..40)
            .map(|n| (slice(25, 5, 0), slice(25, 10 + n, 0)))
            .collect();
        let pairs = pairs(&of);
        let paired = Paired::new(&pairs, 1_000);
        for percent in [50.0, 95.0] {
            let percent = Percentile::new(percent).unwrap();
            let evidence = change(&paired, percent).unwrap();
            let low = (evidence.interval)(0.01).low;
            assert!(low.is_some_and(|low| low > 0.0), "{percent:?}: {low:?}");
        }
    }
}
