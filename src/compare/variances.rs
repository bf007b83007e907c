//! How much a share varies on both sides of paired runs.

use super::noise::BlockVariance;
use super::{normal_quantile, student_quantile};

/// The variances of a share.
#[derive(Clone, Copy)]
pub struct Variances {
    /// Of the difference of both sides, paired.
    pub difference: BlockVariance,
    /// Of each side alone, its course included.
    pub own: (BlockVariance, BlockVariance),
    /// Of each side if its samples were independent.
    pub independent: (f64, f64),
}

impl Variances {
    /// By side, the variance over that of independent samples, with the reach of Student's
    /// distribution: for an interval of this doubt.
    ///
    /// The variance of the difference is shared as that of independent samples would be. A side that
    /// varies less by itself has that, and the other side has the rest: together they have what the
    /// difference has.
    pub fn effects(&self, doubt: f64) -> (f64, f64) {
        let tail = doubt / 2.0;
        let z = normal_quantile(tail);
        let reaching = |found: BlockVariance| {
            found.variance * (student_quantile(tail, found.freedom) / z).powi(2)
        };
        let (a, b) = self.independent;
        let all = reaching(self.difference).max(a + b);
        let shared = (all * a / (a + b), all * b / (a + b));
        let own = (reaching(self.own.0).max(a), reaching(self.own.1).max(b));
        let (of_a, of_b) = if own.0 < shared.0 {
            (own.0, all - own.0)
        } else if own.1 < shared.1 {
            (all - own.1, own.1)
        } else {
            shared
        };
        let effect = |of: f64, independent: f64| match independent > 0.0 {
            true => (of / independent).max(1.0),
            false => 1.0,
        };
        (effect(of_a, a), effect(of_b, b))
    }
}
