//! The run in a few dozen periods, each with the exact distribution of its elapsed times.

use serde::{Deserialize, Serialize};

use super::bucket::HitsSpan;
use super::consistency::{self, Checked};
use super::distribution::Distribution;
use super::run::{BatchRow, Run};
use super::timeline::WIDTHS;
use crate::jtl::Sample;

/// Periods of the longest run: few, because each has a distribution without rounding.
const MAX_PERIODS: usize = 64;

/// What happened to the samples that started in each period of a run, to the millisecond.
///
/// Periods start at multiples of their width since the epoch. Only periods with samples exist, and the
/// width is the narrowest that keeps their number within bounds, so merging is associative and
/// commutative.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Periods {
    width: usize,
    /// Numbers of the periods, ascending: their starts in ms divided by the width.
    numbers: Vec<i64>,
    periods: Vec<Period>,
    #[serde(skip)]
    latest: Latest,
}

/// The period that was found last, which is usually that of the next sample too.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    place: usize,
    start: i64,
    /// 0 if no period was found yet.
    width: u64,
}

/// The samples that started in one period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Elapsed of successes, ms.
    pub successes: Distribution,
    /// Elapsed of failures, ms.
    pub failures: Distribution,
    /// Their first start and last end.
    pub span: HitsSpan,
}

impl Period {
    /// Adds another period.
    pub fn merge(&mut self, other: &Period) {
        self.successes.merge(&other.successes);
        self.failures.merge(&other.failures);
        self.span.merge(other.span);
    }

    /// Elapsed of all samples, ms.
    pub fn elapsed(&self) -> Distribution {
        let mut all = self.successes.clone();
        all.merge(&self.failures);
        all
    }
}

impl Periods {
    /// Adds a sample.
    pub fn record(&mut self, sample: &Sample<'_>) {
        if let Some(period) = self.period(sample.time_stamp) {
            let elapsed = match sample.success {
                true => &mut period.successes,
                false => &mut period.failures,
            };
            elapsed.record(sample.elapsed_each(), sample.sample_count);
            period.span.add(sample.time_stamp, sample.end());
        }
    }

    /// Adds rows.
    pub fn record_run(&mut self, run: &Run<'_>) {
        self.period(run.last_start);
        let Latest {
            start,
            width,
            place,
        } = self.latest;
        let is_latest = |row: &BatchRow| (row.time_stamp.wrapping_sub(start) as u64) < width;
        if let Some(period) = self.periods.get_mut(place) {
            let rows = || run.rows.iter().filter(|row| is_latest(row));
            rows().for_each(|row| period.span.add(row.time_stamp, row.end()));
            period.successes.record_each(rows().map(|row| row.elapsed));
        }
        for row in run.rows.iter().filter(|row| !is_latest(row)) {
            if let Some(period) = self.period(row.time_stamp) {
                period.successes.record(row.elapsed(), 1);
                period.span.add(row.time_stamp, row.end());
            }
        }
    }

    /// The period of `time` (epoch ms).
    #[inline(always)]
    fn period(&mut self, time: i64) -> Option<&mut Period> {
        let Latest {
            place,
            start,
            width,
        } = self.latest;
        let is_latest = (time.wrapping_sub(start) as u64) < width;
        let place = if is_latest { place } else { self.find(time) };
        self.periods.get_mut(place)
    }

    /// Width of a period, ms.
    pub fn width_ms(&self) -> i64 {
        WIDTHS.get(self.width).copied().unwrap_or(i64::MAX)
    }

    /// The periods with samples and their starts in epoch ms, in order.
    pub fn occupied(&self) -> impl Iterator<Item = (i64, &Period)> {
        let width = self.width_ms();
        let starts = self.numbers.iter();
        starts
            .map(move |number| number.saturating_mul(width))
            .zip(&self.periods)
    }

    /// Finds the place of the period of `time` (epoch ms), which is added if it is missing.
    #[inline(never)]
    fn find(&mut self, time: i64) -> usize {
        let number = time.div_euclid(self.width_ms());
        if let Err(place) = self.numbers.binary_search(&number) {
            self.numbers.insert(place, number);
            self.periods.insert(place, Period::default());
            while self.numbers.len() > MAX_PERIODS {
                self.widen();
            }
        }
        let width = self.width_ms();
        let number = time.div_euclid(width);
        let place = self.numbers.partition_point(|&other| other < number);
        self.latest = Latest {
            place,
            // Near i64::MIN this wraps around, and so does the comparison.
            start: time.wrapping_sub(time.rem_euclid(width)),
            width: width.unsigned_abs(),
        };
        place
    }

    /// Merges neighbours into periods of the next width.
    #[cold]
    fn widen(&mut self) {
        let narrow = self.width_ms();
        self.width += 1;
        let ratio = self.width_ms() / narrow;
        self.latest = Latest::default();
        let numbers = std::mem::take(&mut self.numbers);
        let periods = std::mem::take(&mut self.periods);
        for (number, period) in numbers.into_iter().zip(periods) {
            let number = number.div_euclid(ratio);
            match self.periods.last_mut() {
                Some(last) if self.numbers.last() == Some(&number) => last.merge(&period),
                _ => {
                    self.numbers.push(number);
                    self.periods.push(period);
                }
            }
        }
    }

    /// Adds other periods.
    pub fn merge(&mut self, other: &Periods) {
        while self.width < other.width {
            self.widen();
        }
        for (start, period) in other.occupied() {
            let place = self.find(start);
            if let Some(own) = self.periods.get_mut(place) {
                own.merge(period);
            }
        }
    }

    /// Checks stored periods against the number of samples.
    pub(super) fn check(&self, samples: u64) -> Checked<()> {
        let width = self.width_ms();
        let numbers = i64::MIN.div_euclid(width)..=i64::MAX.div_euclid(width);
        let are_times = self.width < WIDTHS.len()
            && self.periods.len() <= MAX_PERIODS
            && self.periods.len() == self.numbers.len()
            && self.numbers.is_sorted_by(|a, b| a < b)
            && self.numbers.iter().all(|number| numbers.contains(number));
        let mut starts = self.numbers.iter().zip(&self.periods);
        let are_starts = starts.all(|(&number, period)| {
            let start = period.span.first_start();
            start.is_some_and(|start| start.div_euclid(width) == number)
        });
        consistency::ensure(are_times && are_starts, "it contains no valid periods")?;
        let counts = self.periods.iter();
        let counts = counts.flat_map(|period| [&period.successes, &period.failures]);
        let counts = counts
            .map(Distribution::check)
            .collect::<Checked<Vec<u64>>>()?;
        consistency::ensure(
            consistency::total(counts)? == samples,
            "it has different samples in periods and by label",
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::sample;

    /// Start, elapsed, success.
    type Row = (i64, i64, bool);

    fn of(rows: &[Row]) -> Periods {
        let mut periods = Periods::default();
        for &(time_stamp, elapsed, success) in rows {
            periods.record(&Sample {
                time_stamp,
                elapsed,
                success,
                ..sample()
            });
        }
        periods
    }

    #[test]
    fn samples_are_in_the_period_of_their_start() {
        let periods = of(&[(40, 500, true), (250, 10, false), (99, 30, true)]);
        let found: Vec<(i64, u64, u64, Option<i64>)> = periods
            .occupied()
            .map(|(start, period)| {
                let end = period.span.last_end();
                (
                    start,
                    period.successes.count(),
                    period.failures.count(),
                    end,
                )
            })
            .collect();
        assert_eq!(periods.width_ms(), 100);
        assert_eq!(found, [(0, 2, 0, Some(540)), (200, 0, 1, Some(260))]);
    }

    #[test]
    fn a_longer_run_has_wider_periods_whatever_a_stray_time_stamp_says() {
        let mut rows: Vec<Row> = (0..300).map(|second| (second * 1_000, 1, true)).collect();
        rows.push((1_700_000_000_000, 1, true));
        let periods = of(&rows);
        assert_eq!((periods.width_ms(), periods.numbers.len()), (5_000, 61));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_split_and_order_gives_the_same(
            rows in proptest::collection::vec(
                (
                    prop_oneof![8 => 0..40_000_i64, 1 => 0..4_000_000_i64, 1 => any::<i64>()],
                    0..200_000_i64,
                    any::<bool>(),
                ),
                0..600,
            ),
            chosen in any::<u64>(),
        ) {
            let is_left = |place: usize| chosen >> (place % 64) & 1 == 0;
            let part = |of_left: bool| {
                let rows = rows.iter().enumerate();
                let rows = rows.filter(|(place, _)| is_left(*place) == of_left);
                of(&rows.map(|(_, row)| *row).collect::<Vec<Row>>())
            };
            let (left, right) = (part(true), part(false));
            let all = of(&rows);
            let (mut ab, mut ba) = (left.clone(), right.clone());
            ab.merge(&right);
            ba.merge(&left);
            for merged in [&ab, &ba] {
                prop_assert_eq!((merged.width, &merged.numbers), (all.width, &all.numbers));
                prop_assert_eq!(&merged.periods, &all.periods);
            }
            prop_assert_eq!(all.check(rows.len() as u64), Ok(()));
            prop_assert!(all.check(rows.len() as u64 + 1).is_err());
            let stored = postcard::to_stdvec(&all).unwrap();
            prop_assert_eq!(&postcard::to_stdvec(&ab).unwrap(), &stored);
            let read: Periods = postcard::from_bytes(&stored).unwrap();
            prop_assert_eq!(&read.periods, &all.periods);
        }
    }
}
