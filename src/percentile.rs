//! Percentiles as JMeter defines them: ranks among samples, and the values at these ranks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A percentile in percent, above 0 and at most 100, such as 99.9.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Percentile(f64);

impl Percentile {
    /// The 50th percentile.
    pub const MEDIAN: Percentile = Percentile(50.0);
    /// The percentiles of JMeter's Aggregate Report.
    pub const DEFAULTS: [Percentile; 4] = [
        Percentile::MEDIAN,
        Percentile(90.0),
        Percentile(95.0),
        Percentile(99.0),
    ];

    /// Creates a percentile from percent; `None` outside of (0, 100].
    pub fn new(percent: f64) -> Option<Self> {
        (percent > 0.0 && percent <= 100.0).then_some(Percentile(percent))
    }

    /// Returns the percentile in percent, as given.
    pub fn percent(self) -> f64 {
        self.0
    }

    /// Returns the share in (0, 1] that JMeter uses: percent / 100 as a 32-bit float, widened.
    pub fn fraction(self) -> f64 {
        f64::from(self.0 as f32 / 100.0_f32)
    }

    /// Returns the rank among `count` sorted samples: round(count · fraction), halves up like Java's
    /// `Math.round`. The percentile is the smallest value that at least this many samples do not
    /// exceed (see [`value_of_rank`]); rank 0 gives the smallest value of all.
    ///
    /// Source: `StatCalculator.getPercentPoint` of JMeter 5.6.3.
    pub fn rank(self, count: u64) -> u64 {
        if self.0 >= 100.0 {
            return count;
        }
        let exact = count as f64 * self.fraction();
        let whole = exact.floor();
        let rank = if exact - whole >= 0.5 {
            whole + 1.0
        } else {
            whole
        };
        rank as u64
    }

    /// Returns the column title in JMeter's Aggregate Report: `Median`, `90% Line`, `99.9% Line`.
    pub fn title(self) -> String {
        if self == Percentile::MEDIAN {
            "Median".to_owned()
        } else {
            format!("{}% Line", self.0)
        }
    }

    /// Returns the machine-readable name: `median`, `p90`, `p99.9`.
    pub fn key(self) -> String {
        if self == Percentile::MEDIAN {
            "median".to_owned()
        } else {
            format!("p{}", self.0)
        }
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Returns the value at a percentile of `count` samples, given as ascending values with their numbers of
/// samples; `None` without samples.
pub fn value_at(counts: &[(i64, u64)], count: u64, percentile: Percentile) -> Option<i64> {
    value_of_rank(counts, percentile.rank(count))
}

/// Returns the smallest value that at least `rank` samples do not exceed, given ascending values with
/// their numbers of samples. With fewer samples, it is the largest value; without any, `None`.
pub fn value_of_rank(counts: &[(i64, u64)], rank: u64) -> Option<i64> {
    let mut seen = 0;
    counts
        .iter()
        .find(|(_, count)| {
            seen += count;
            seen >= rank
        })
        .or(counts.last())
        .map(|&(value, _)| value)
}

/// The error of parsing text that is not a percentile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentile: give numbers above 0 and up to 100, such as 50,90,99.9")]
pub struct InvalidPercentile(String);

impl FromStr for Percentile {
    type Err = InvalidPercentile;

    fn from_str(text: &str) -> Result<Self, InvalidPercentile> {
        text.trim()
            .trim_start_matches(['p', 'P'])
            .trim_end_matches('%')
            .parse()
            .ok()
            .and_then(Percentile::new)
            .ok_or_else(|| InvalidPercentile(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(percent: f64, count: u64) -> u64 {
        Percentile::new(percent).unwrap().rank(count)
    }

    #[test]
    fn rank_rounds_halves_up() {
        assert_eq!(rank(50.0, 1), 1);
        assert_eq!(rank(50.0, 2), 1);
        assert_eq!(rank(50.0, 3), 2);
        assert_eq!(rank(50.0, 7), 4);
        assert_eq!(rank(90.0, 10), 9);
        assert_eq!(rank(99.0, 10), 10);
        assert_eq!(rank(1.0, 10), 0);
        assert_eq!(rank(100.0, 10), 10);
    }

    #[test]
    fn a_percentile_is_the_smallest_value_that_reaches_its_rank() {
        let counts: Vec<(i64, u64)> = (1..=10).map(|value| (value, 1)).collect();
        let at = |percent| value_at(&counts, 10, Percentile::new(percent).unwrap());
        assert_eq!(at(50.0), Some(5));
        assert_eq!(at(90.0), Some(9));
        assert_eq!(at(99.0), Some(10));
        assert_eq!(at(1.0), Some(1));
        assert_eq!(value_at(&[], 0, Percentile::MEDIAN), None);
    }

    #[test]
    fn fraction_is_javas_float_widened() {
        assert_eq!(Percentile::DEFAULTS[1].fraction(), f64::from(0.9_f32));
        assert_eq!(Percentile::DEFAULTS[2].fraction(), f64::from(0.95_f32));
        assert_eq!(Percentile::DEFAULTS[3].fraction(), f64::from(0.99_f32));
        // 0.95f widened lies below 0.95, so that 10 samples reach rank 9 and not 10.
        assert_eq!(rank(95.0, 10), 9);
    }

    #[test]
    fn titles_are_jmeters() {
        let titles: Vec<String> = Percentile::DEFAULTS.iter().map(|p| p.title()).collect();
        assert_eq!(titles, ["Median", "90% Line", "95% Line", "99% Line"]);
        assert_eq!("99.9".parse::<Percentile>().unwrap().title(), "99.9% Line");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "0", "-1", "100.1", "NaN", "x"] {
            assert!(text.parse::<Percentile>().is_err(), "{text}");
        }
    }
}
