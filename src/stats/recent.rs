//! The last seconds of a running test, in bounded memory.

use super::histogram::Histogram;
use super::sum::Sum;
use crate::jtl::{Sample, Sink};

/// Number of seconds that are summed up: the last ones that are over.
pub const SECONDS: i64 = 10;

/// Number of seconds that are kept: a few more, because rows come late.
const KEPT: i64 = 16;

/// A row that ends more seconds than this before the last one comes from another run or clock.
const MAX_STEP_BACK: i64 = 60;

/// The last seconds before the latest row. A sample belongs to the second of its end.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    /// The second of the last end, since the epoch; `None` before the first row.
    latest: Option<i64>,
    /// The first second of the run.
    first: i64,
    seconds: [Second; KEPT as usize],
}

/// The samples that ended in one second, or in several.
#[derive(Debug, Clone, Default)]
pub struct Second {
    /// Its number since the epoch.
    number: i64,
    /// Samples.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// Sum of elapsed, ms.
    pub elapsed: Sum,
    /// Histogram of elapsed, ms.
    pub times: Histogram,
}

impl Recent {
    /// The sum of the last [`SECONDS`], and their number, which is smaller at the start of the run.
    /// `None` before the first second is over.
    pub fn sum(&self) -> Option<(Second, i64)> {
        let latest = self.latest?;
        let first = self.first.max(latest.saturating_sub(SECONDS));
        let length = latest.saturating_sub(first);
        let mut sum = Second::default();
        for second in &self.seconds {
            if (first..latest).contains(&second.number) {
                sum.samples += second.samples;
                sum.errors += second.errors;
                sum.elapsed.merge(second.elapsed);
                sum.times.merge(&second.times);
            }
        }
        (length > 0).then_some((sum, length))
    }
}

impl Sink for Recent {
    fn record(&mut self, sample: &Sample<'_>) {
        let number = sample.end().div_euclid(1_000);
        let latest = match self.latest {
            None => {
                self.first = number;
                number
            }
            Some(latest) if latest.saturating_sub(number) > MAX_STEP_BACK => {
                self.first = self.first.min(number);
                number
            }
            Some(latest) => latest.max(number),
        };
        self.latest = Some(latest);
        if latest.saturating_sub(number) >= KEPT {
            return;
        }
        let second = &mut self.seconds[number.rem_euclid(KEPT) as usize];
        if second.number != number || second.samples == 0 {
            *second = Second {
                number,
                ..Second::default()
            };
        }
        second.samples += sample.sample_count;
        second.errors += sample.error_count;
        second.elapsed.add(sample.elapsed);
        second
            .times
            .record(sample.elapsed_each(), sample.sample_count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    fn of(ends: &[i64]) -> Recent {
        let mut recent = Recent::default();
        for &end in ends {
            let sample = Sample {
                time_stamp: end - 10,
                ..sample()
            };
            recent.record(&sample);
        }
        recent
    }

    fn samples(recent: &Recent) -> Option<(u64, i64)> {
        let (sum, seconds) = recent.sum()?;
        Some((sum.samples, seconds))
    }

    #[test]
    fn the_current_second_is_left_out() {
        assert_eq!(samples(&of(&[])), None);
        assert_eq!(samples(&of(&[5_000, 5_900])), None);
        assert_eq!(samples(&of(&[5_000, 5_900, 6_000])), Some((2, 1)));
        assert_eq!(samples(&of(&[5_000, 5_900, 8_000])), Some((2, 3)));
    }

    #[test]
    fn ten_seconds_are_summed_up() {
        let ends: Vec<i64> = (0..100).map(|number| number * 500).collect();
        assert_eq!(samples(&of(&ends)), Some((20, 10)));
    }

    #[test]
    fn rows_come_late_and_clocks_step_back() {
        // The last but one belongs to a second that is kept, though it was over already.
        assert_eq!(samples(&of(&[5_000, 9_000, 5_500, 9_900])), Some((2, 4)));
        // One row from the future does not hide what follows.
        assert_eq!(
            samples(&of(&[5_000, 9_000_000, 6_000, 7_000])),
            Some((2, 2))
        );
    }
}
