//! The variances of a share on both sides of paired runs.

use super::interval::normal_quantile;
use super::noise::BlockVariance;
use super::student::student_quantile;

/// The variances of a share.
#[derive(Clone, Copy)]
pub struct Variances {
    /// The variance of the paired difference.
    pub difference: BlockVariance,
    /// The variance of each side alone, including its changes over time.
    pub own: (BlockVariance, BlockVariance),
    /// The variance that each side would have if its samples were independent.
    pub independent: (f64, f64),
}

impl Variances {
    /// Returns the design effect of each side for an interval with the error probability `alpha`: its
    /// variance divided by that of independent samples, scaled up for Student's distribution.
    ///
    /// The variance of the difference is split between the sides as for independent samples. If a side
    /// varies less than its share, it gets its own variance and the other side gets the rest.
    pub fn effects(&self, alpha: f64) -> (f64, f64) {
        let tail = alpha / 2.0;
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
