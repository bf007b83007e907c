//! Sums of 64-bit integers that never overflow, at the cost of a 64-bit addition.

use serde::{Deserialize, Serialize};

/// A sum of up to 2^63 values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The sum modulo 2^64, nearest to zero.
    low: i64,
    /// Multiples of 2^64.
    carries: i64,
}

impl Sum {
    /// Adds a value.
    #[inline(always)]
    pub fn add(&mut self, value: i64) {
        // Written in either case, so that one instruction adds in memory.
        let (low, is_carried) = self.low.overflowing_add(value);
        self.low = low;
        if is_carried {
            self.carry(value);
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Sum) {
        self.add(other.low);
        self.carries += other.carries;
    }

    /// The sum.
    pub fn total(self) -> i128 {
        (i128::from(self.carries) << 64) + i128::from(self.low)
    }

    /// Whether this many values can have this sum.
    pub(super) fn is_of(self, values: u64) -> bool {
        self.carries.unsigned_abs() <= values
    }

    #[cold]
    fn carry(&mut self, value: i64) {
        self.carries += value.signum();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> Sum {
        let mut sum = Sum::default();
        for &value in values {
            sum.add(value);
        }
        sum
    }

    proptest! {
        #[test]
        fn agrees_with_wider_integers(
            a in proptest::collection::vec(prop_oneof![any::<i64>(), Just(i64::MAX), Just(i64::MIN)], 0..20),
            b in proptest::collection::vec(any::<i64>(), 0..20),
        ) {
            let all = of(&[a.clone(), b.clone()].concat());
            prop_assert_eq!(all.total(), a.iter().chain(&b).map(|&value| i128::from(value)).sum::<i128>());
            let mut merged = of(&b);
            merged.merge(of(&a));
            prop_assert_eq!(merged, all);
        }
    }
}
