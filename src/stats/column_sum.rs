//! Sums of a column that some samples may lack.

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::sum::Sum;

/// The sum of a column's values, and the number of samples that lack the column. An absent value is
/// never counted as 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSum {
    sum: Sum,
    /// Number of samples without a value.
    missing: u64,
}

/// The sum of a column's values, and the number of samples that have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnTotal {
    /// The sum.
    pub sum: i128,
    /// Number of samples with a value.
    pub samples: u64,
}

impl ColumnSum {
    /// Adds the value of a row that stands for `weight` samples.
    #[inline(always)]
    pub fn add(&mut self, value: Option<i64>, weight: u64) {
        match value {
            Some(value) => self.sum.add(value),
            None => self.missing += weight,
        }
    }

    /// Adds the sum of the values of rows that all have one.
    #[inline(always)]
    pub fn add_sum(&mut self, sum: i64) {
        self.sum.add(sum);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: ColumnSum) {
        self.sum.merge(other.sum);
        self.missing += other.missing;
    }

    /// Returns the total of `samples` samples, of which some may lack the column; `None` if all do.
    pub fn total(self, samples: u64) -> Option<ColumnTotal> {
        let with_column = samples.saturating_sub(self.missing);
        let sum = self.sum.total();
        // Rows that stand for no sample may have a value all the same.
        (with_column > 0 || sum != 0).then_some(ColumnTotal {
            sum,
            samples: with_column,
        })
    }

    /// Checks a stored sum of `rows` rows that stand for `samples` samples.
    pub(super) fn check(self, rows: u64, samples: u64) -> Checked<()> {
        let is_sound = self.sum.is_of(rows) && self.missing <= samples;
        consistency::ensure(is_sound, "a sum is too large for its number of rows")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_are_counted_apart() {
        let mut bytes = ColumnSum::default();
        bytes.add(Some(1_000), 1);
        bytes.add(None, 3);
        let total = |sum, samples| Some(ColumnTotal { sum, samples });
        assert_eq!(bytes.total(4), total(1_000, 1));
        let mut absent = ColumnSum::default();
        absent.add(None, 2);
        assert_eq!(absent.total(2), None);
        bytes.merge(absent);
        assert_eq!(bytes.total(6), total(1_000, 1));
        // No sample, no value.
        assert_eq!(ColumnSum::default().total(0), None);
        assert!(bytes.check(4, 4).is_err());
        assert!(bytes.check(6, 6).is_ok());
    }
}
