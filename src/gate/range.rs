//! The values that a metric may have if the rejected rows had been read.
//!
//! A rejected row may have failed or not, with any response code. Nobody knows how long it took:
//!
//! - A percentile has exact bounds, however long that was: it only asks how many samples are below it.
//! - The mean, the deviation and the extremes have no bounds at all then. For them, a rejected row took
//!   as long as the slowest or the fastest sample of the whole run. This bound is one that people can
//!   check, and it still reveals a run whose failures, which usually time out, were rejected.

use super::criterion::Op;
use super::value::rounded;
use crate::percentile::{Percentile, value_of_rank};

/// The lowest and highest value that a metric may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    /// A value without doubt.
    pub fn exactly(value: f64) -> Self {
        Range {
            low: value,
            high: value,
        }
    }

    /// Applies a function that never decreases to both ends.
    pub fn map(self, of: impl Fn(f64) -> f64) -> Self {
        Range {
            low: of(self.low),
            high: of(self.high),
        }
    }

    /// The range around `value` that also contains these values.
    pub fn around(value: f64, others: [f64; 2]) -> Self {
        Range {
            low: others.into_iter().fold(value, f64::min),
            high: others.into_iter().fold(value, f64::max),
        }
    }

    /// Whether a value in this range may compare with one in `limit` like this.
    pub fn may_hold(self, op: Op, limit: Range) -> bool {
        match op {
            Op::Greater | Op::GreaterOrEqual => op.holds(self.high, limit.low),
            Op::Less | Op::LessOrEqual => op.holds(self.low, limit.high),
            Op::Equal => self.low <= limit.high && limit.low <= self.high,
            Op::NotEqual => [self.high, limit.low, limit.high]
                .iter()
                .any(|&end| end != self.low),
        }
    }
}

/// A mean of `weight` values, if `rows` further values within `each` had been read.
pub(super) fn mean_with(mean: f64, weight: f64, rows: u64, each: Range) -> Range {
    let rows = rows as f64;
    let with = |value: f64| rounded(mean + (value - mean) * rows / (weight + rows));
    Range::around(mean, [with(each.low), with(each.high)])
}

/// A standard deviation around `mean`, if `rows` further values within `each` had been read.
pub(super) fn deviation_with(
    (deviation, mean): (f64, f64),
    count: f64,
    rows: u64,
    each: Range,
) -> Range {
    let rows = rows as f64;
    let all = count + rows;
    let with = |value: f64| {
        let apart = (value - mean).powi(2) * rows * count / all;
        ((deviation.powi(2) * count + apart) / all).sqrt()
    };
    let ends = [with(each.low), with(each.high)];
    // The rows change it least if all of them equal the mean.
    Range::around(with(mean), ends)
}

/// A percentile of these values, if `rows` further values had been read, however small or large.
pub(super) fn percentile_with(
    counts: &[(i64, u64)],
    percentile: Percentile,
    rows: u64,
) -> Option<Range> {
    let count = counts
        .iter()
        .fold(0, |sum: u64, of| sum.saturating_add(of.1));
    let value = |rank: u64| value_of_rank(counts, rank).map(|value| value as f64);
    let rank = percentile.rank(count.saturating_add(rows));
    if count == 0 {
        return (rows > 0).then_some(ANY_TIME);
    }
    Some(Range {
        low: match rank.checked_sub(rows) {
            Some(below) if below > 0 || rows == 0 => value(below)?,
            _ => ANY_TIME.low,
        },
        high: match rank <= count {
            true => value(rank)?,
            false => ANY_TIME.high,
        },
    })
}

/// Any elapsed time.
pub(super) const ANY_TIME: Range = Range {
    low: 0.0,
    high: f64::INFINITY,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: f64, high: f64) -> Range {
        Range { low, high }
    }

    #[test]
    fn the_worse_end_decides() {
        let may_hold = |op, found, limit| range(1.0, found).may_hold(op, Range::exactly(limit));
        assert!(may_hold(Op::Greater, 3.0, 2.0) && !may_hold(Op::Greater, 3.0, 3.0));
        assert!(may_hold(Op::GreaterOrEqual, 3.0, 3.0) && !may_hold(Op::GreaterOrEqual, 3.0, 3.1));
        assert!(may_hold(Op::Less, 3.0, 1.1) && !may_hold(Op::Less, 3.0, 1.0));
        assert!(may_hold(Op::LessOrEqual, 3.0, 1.0) && !may_hold(Op::LessOrEqual, 3.0, 0.9));
        assert!(may_hold(Op::Equal, 3.0, 2.0) && !may_hold(Op::Equal, 3.0, 3.1));
        assert!(may_hold(Op::NotEqual, 3.0, 1.0) && !may_hold(Op::NotEqual, 1.0, 1.0));
        // A limit from a baseline may be uncertain, too.
        assert!(Range::exactly(5.0).may_hold(Op::Greater, range(4.0, 6.0)));
        assert!(Range::exactly(5.0).may_hold(Op::NotEqual, range(5.0, 6.0)));
    }

    #[test]
    fn means_move_towards_the_rows() {
        // 3 of 3 rows passed, and 1 was rejected: up to 25% failed.
        assert_eq!(mean_with(0.0, 3.0, 1, range(0.0, 100.0)), range(0.0, 25.0));
        assert_eq!(
            mean_with(100.0, 4.0, 1, range(50.0, 200.0)),
            range(90.0, 120.0)
        );
        // Decimal, not binary: 1 of 98 and 2 of 2 are 3% of 100.
        let percent = mean_with(100.0 / 98.0, 98.0, 2, range(0.0, 100.0));
        assert_eq!(percent.high, 3.0);
        // 0 and 2 with a 1 deviate by sqrt(2/3), with a 4 by sqrt(8/3).
        let found = deviation_with((1.0, 1.0), 2.0, 1, range(1.0, 4.0));
        assert!((found.low - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((found.high - (8.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn percentiles_are_exact_for_any_times() {
        let counts: Vec<(i64, u64)> = (1..=100).map(|value| (value, 1)).collect();
        let with = |percent, rows| {
            let percentile = Percentile::new(percent).unwrap();
            percentile_with(&counts, percentile, rows).unwrap()
        };
        assert_eq!(with(95.0, 0), range(95.0, 95.0));
        // The 96th or 97th of 102: below the rows, or above both of them.
        assert_eq!(with(95.0, 2), range(95.0, 97.0));
        // The 101st of 106 may be one of the rows.
        assert_eq!(with(95.0, 6), range(95.0, f64::INFINITY));
        assert_eq!(with(1.0, 1), range(0.0, 1.0));
        let none = percentile_with(&[], Percentile::MEDIAN, 1);
        assert_eq!(none, Some(ANY_TIME));
        assert_eq!(percentile_with(&[], Percentile::MEDIAN, 0), None);
    }
}
