//! A percentile on both sides of paired runs.

use super::noise::BlockVariance;
use super::paired::Paired;
use super::pairing::Pair;
use super::quantile::{Weighted, above};
use super::variances::Variances;
use super::{Interval, normal_quantile, order_statistics, student_quantile, wilson};
use crate::report::Slice;

/// If a side varies too much around its percentile to bound it, a value further out may be a bound:
/// one with this share of the samples that are beyond the percentile. It has this share of the doubt.
const RESERVE: f64 = 0.1;

/// A percentile of both sides of pairs.
pub struct Quantiles {
    fraction: f64,
    sides: (Weighted, Weighted),
    /// Its value on each side, ms.
    pub at: (f64, f64),
    worth: (f64, f64),
    variances: Variances,
    /// By side, what may bound it below and above.
    reserves: [[Reserve; 2]; 2],
}

/// A value that bounds a percentile if surely too few samples are beyond it.
#[derive(Clone, Copy)]
struct Reserve {
    value: f64,
    /// The share of samples beyond it, and the variance of that share.
    share: f64,
    variance: BlockVariance,
    /// The share of samples beyond it that the value must stay below to be a bound.
    limit: f64,
}

impl Reserve {
    /// The value, if it is a bound.
    fn bound(&self, doubt: f64) -> Option<f64> {
        let tail = doubt * RESERVE / 2.0;
        let z = normal_quantile(tail);
        let reach = student_quantile(tail, self.variance.freedom) / z;
        let independent = self.share * (1.0 - self.share)
            / (self.variance.variance * reach * reach).max(f64::MIN_POSITIVE);
        let (_, most) = wilson(self.share, independent, z);
        (independent >= 1.0 && most < self.limit).then_some(self.value)
    }
}

impl Quantiles {
    /// The percentile of this share; `None` without samples.
    pub fn new(paired: &Paired<'_>, fraction: f64) -> Option<Self> {
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
        let worth = paired.worth();
        let share = |value| move |slice: &Slice| above(slice, value) / slice.samples() as f64;
        let variance = fraction * (1.0 - fraction);
        let independent = (variance / worth.0, variance / worth.1);
        let variances = paired.variances(share(at.0), share(at.1), independent);
        let (low, high) = (fraction * RESERVE, 1.0 - (1.0 - fraction) * RESERVE);
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
            worth,
            variances,
            reserves: [
                [is_below(below.0, of_low.0), is_above(beyond.0, of_high.0)],
                [is_below(below.1, of_low.1), is_above(beyond.1, of_high.1)],
            ],
            sides: (a, b),
        })
    }

    /// The interval of each side, for this doubt.
    pub fn intervals(&self, doubt: f64, is_independent: bool) -> (Interval, Interval) {
        let effects = match is_independent {
            true => (1.0, 1.0),
            false => self.variances.effects(doubt),
        };
        let side = |of: &Weighted, samples: f64, reserves: &[Reserve; 2]| {
            let (low, high) = order_statistics(samples as u64, self.fraction, doubt);
            let low = low.map(|rank| of.quantile((rank - 1) as f64 / samples));
            let high = high.map(|rank| of.quantile((rank as f64 / samples).min(1.0)));
            Interval {
                low: low.or_else(|| reserves[0].bound(doubt)),
                high: high.or_else(|| reserves[1].bound(doubt)),
            }
        };
        let [of_a, of_b] = &self.reserves;
        (
            side(&self.sides.0, self.worth.0 / effects.0, of_a),
            side(&self.sides.1, self.worth.1 / effects.1, of_b),
        )
    }
}
