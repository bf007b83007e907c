//! The distributions of a label's times, compact while it has few samples.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::run::Run;

/// Rows that are kept one by one before counters are considered. In a run with very many labels,
/// most labels never have more.
const MAX_FEW: usize = 512;

/// Rows per page of counters from which counters take less memory than rows.
const ROWS_OF_A_PAGE: usize = 8;

/// Rows that are kept in place.
const MAX_FIRST: usize = 2;

/// Rows whose times are sorted rather than counted: with more, counting is faster.
const MAX_SORTED: usize = 32;

/// Marks a column that the row does not have.
const ABSENT: u32 = u32::MAX;

/// The distributions of a label's times, ms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distributions {
    /// Elapsed of successes.
    pub elapsed_ok: Distribution,
    /// Elapsed of failures.
    pub elapsed_ko: Distribution,
    /// Latency.
    pub latency: Distribution,
    /// Connect time.
    pub connect: Distribution,
}

/// Every time of a label that occurs and its number of samples, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeCounts {
    /// Elapsed of successes, ms.
    pub elapsed_ok: Vec<(i64, u64)>,
    /// Elapsed of failures, ms.
    pub elapsed_ko: Vec<(i64, u64)>,
    /// Latency, ms.
    pub latency: Vec<(i64, u64)>,
    /// Connect time, ms.
    pub connect: Vec<(i64, u64)>,
}

/// The times of one row, ms.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Elapsed of each sample in the row.
    pub elapsed: i64,
    /// Whether they succeeded.
    pub success: bool,
    /// Latency.
    pub latency: Option<i64>,
    /// Connect time.
    pub connect: Option<i64>,
}

/// Records times and returns their distributions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Stored", from = "Stored")]
pub enum Timings {
    /// Rows in place, and their number: a run of a million labels has few more for each.
    First(u8, [FewTimes; MAX_FIRST]),
    /// Rows, in the order of recording.
    Few(Vec<FewTimes>),
    /// Counters.
    Many(Box<Distributions>),
}

/// The stored form.
#[derive(Serialize, Deserialize)]
enum Stored {
    Few(Vec<FewTimes>),
    Many(Box<Distributions>),
}

impl From<Timings> for Stored {
    fn from(timings: Timings) -> Self {
        match timings {
            Timings::First(length, rows) => Stored::Few(rows[..usize::from(length)].to_vec()),
            Timings::Few(rows) => Stored::Few(rows),
            Timings::Many(distributions) => Stored::Many(distributions),
        }
    }
}

impl From<Stored> for Timings {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Few(rows) => Timings::Few(rows),
            Stored::Many(distributions) => Timings::Many(distributions),
        }
    }
}

/// The times of one row in 12 bytes.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct FewTimes {
    /// Twice the elapsed time, and 1 for a failure.
    elapsed_ko: u32,
    latency: u32,
    connect: u32,
}

impl Default for Timings {
    fn default() -> Self {
        Timings::First(0, [FewTimes::default(); MAX_FIRST])
    }
}

impl Timings {
    /// Counts a row that stands for `weight` samples.
    #[inline(always)]
    pub fn record(&mut self, times: Times, weight: u64) {
        match self {
            Timings::Many(distributions) => distributions.record(times, weight),
            Timings::First(..) | Timings::Few(_) => {
                self.record_few(
                    times.elapsed,
                    times.success,
                    times.latency,
                    times.connect,
                    weight,
                );
            }
        }
    }

    /// Counts rows.
    pub fn record_run(&mut self, run: &Run<'_>) {
        if let Timings::Many(distributions) = self {
            let Distributions {
                elapsed_ok,
                latency,
                connect,
                ..
            } = &mut **distributions;
            elapsed_ok.record_each(run.elapsed_times());
            latency.record_each(run.rows.iter().map(|row| row.latency));
            connect.record_each(run.rows.iter().map(|row| row.connect));
            return;
        }
        for row in run.rows {
            self.record(row.times(), 1);
        }
    }

    /// Adds the times of another label or part.
    pub fn merge(&mut self, other: &Timings) {
        match other.few() {
            Ok(rows) => {
                for row in rows {
                    self.record(row.unpack(), 1);
                }
            }
            Err(distributions) => self.distributions_mut().merge(distributions),
        }
    }

    /// The distributions.
    pub fn distributions(&self) -> Cow<'_, Distributions> {
        match self.few() {
            Ok(rows) => Cow::Owned(Distributions::of(rows)),
            Err(distributions) => Cow::Borrowed(distributions),
        }
    }

    /// The rows, as long as they are kept; else their distributions.
    fn few(&self) -> Result<&[FewTimes], &Distributions> {
        match self {
            Timings::First(length, rows) => Ok(&rows[..usize::from(*length)]),
            Timings::Few(rows) => Ok(rows),
            Timings::Many(distributions) => Err(distributions),
        }
    }

    /// The counts of the distributions. To sort few rows takes less work than to count them.
    pub fn counts(&self) -> TimeCounts {
        match self.few() {
            Ok(rows) if rows.len() <= MAX_SORTED => TimeCounts::of(rows),
            _ => {
                let distributions = self.distributions();
                TimeCounts {
                    elapsed_ok: distributions.elapsed_ok.counts(),
                    elapsed_ko: distributions.elapsed_ko.counts(),
                    latency: distributions.latency.counts(),
                    connect: distributions.connect.counts(),
                }
            }
        }
    }

    /// The counts of elapsed of all rows.
    pub fn elapsed_counts(&self) -> Vec<(i64, u64)> {
        match self.few() {
            Ok(rows) if rows.len() <= MAX_SORTED => counted(rows.iter().map(|row| row.elapsed())),
            Ok(rows) => Distributions::of(rows).elapsed().counts(),
            Err(distributions) => distributions.elapsed().counts(),
        }
    }

    /// Number of successes and of failures.
    pub fn results(&self) -> (u64, u64) {
        match self.few() {
            Ok(rows) => {
                let failures = rows.iter().filter(|row| !row.is_success()).count();
                ((rows.len() - failures) as u64, failures as u64)
            }
            Err(distributions) => (
                distributions.elapsed_ok.count(),
                distributions.elapsed_ko.count(),
            ),
        }
    }

    /// Takes the fields of [`Times`] one by one, so that they are passed in registers.
    #[inline(never)]
    fn record_few(
        &mut self,
        elapsed: i64,
        success: bool,
        latency: Option<i64>,
        connect: Option<i64>,
        weight: u64,
    ) {
        let times = Times {
            elapsed,
            success,
            latency,
            connect,
        };
        if weight == 1
            && let Some(few) = FewTimes::pack(times)
            && self.keep(few)
        {
            return;
        }
        self.distributions_mut().record(times, weight);
    }

    /// Keeps a row, unless counters take less memory.
    fn keep(&mut self, row: FewTimes) -> bool {
        match self {
            Timings::First(length, rows) => {
                match rows.get_mut(usize::from(*length)) {
                    Some(free) => {
                        *free = row;
                        *length += 1;
                    }
                    None => *self = Timings::Few([&rows[..], &[row]].concat()),
                }
                true
            }
            Timings::Few(rows) => {
                let has_room = rows.len() < rows.capacity() || rows.len() < MAX_FEW;
                let is_kept = has_room || !is_worth_counters(rows);
                if is_kept {
                    rows.push(row);
                }
                is_kept
            }
            Timings::Many(_) => false,
        }
    }

    fn distributions_mut(&mut self) -> &mut Distributions {
        if let Ok(rows) = self.few() {
            *self = Timings::Many(Box::new(Distributions::of(rows)));
        }
        match self {
            Timings::Many(distributions) => distributions,
            Timings::First(..) | Timings::Few(_) => unreachable!("counted above"),
        }
    }
}

impl PartialEq for Timings {
    fn eq(&self, other: &Self) -> bool {
        self.distributions() == other.distributions()
    }
}

impl Eq for Timings {}

/// Whether the rows' times lie close enough together for counters to take no more memory than rows.
fn is_worth_counters(rows: &[FewTimes]) -> bool {
    let mut pages: Vec<u32> = rows
        .iter()
        .map(|row| row.elapsed_ko / 2 / super::counters::PAGE as u32)
        .collect();
    pages.sort_unstable();
    pages.dedup();
    pages.len() <= rows.len() / ROWS_OF_A_PAGE
}

impl FewTimes {
    fn pack(times: Times) -> Option<Self> {
        let elapsed = u32::try_from(times.elapsed).ok()?.checked_mul(2)?;
        let optional = |time: Option<i64>| match time {
            Some(time) => u32::try_from(time).ok().filter(|&time| time != ABSENT),
            None => Some(ABSENT),
        };
        Some(FewTimes {
            elapsed_ko: elapsed | u32::from(!times.success),
            latency: optional(times.latency)?,
            connect: optional(times.connect)?,
        })
    }

    fn is_success(self) -> bool {
        self.elapsed_ko & 1 == 0
    }

    fn elapsed(self) -> i64 {
        i64::from(self.elapsed_ko / 2)
    }

    fn unpack(self) -> Times {
        let optional = |time: u32| (time != ABSENT).then_some(i64::from(time));
        Times {
            elapsed: self.elapsed(),
            success: self.is_success(),
            latency: optional(self.latency),
            connect: optional(self.connect),
        }
    }
}

impl TimeCounts {
    fn of(rows: &[FewTimes]) -> Self {
        let rows = || rows.iter().map(|row| row.unpack());
        let elapsed = |is_ok: bool| {
            let rows = rows().filter(move |row| row.success == is_ok);
            rows.map(|row| row.elapsed)
        };
        TimeCounts {
            elapsed_ok: counted(elapsed(true)),
            elapsed_ko: counted(elapsed(false)),
            latency: counted(rows().filter_map(|row| row.latency)),
            connect: counted(rows().filter_map(|row| row.connect)),
        }
    }
}

/// How often each value occurs, ascending.
fn counted(values: impl Iterator<Item = i64>) -> Vec<(i64, u64)> {
    let mut counts: Vec<(i64, u64)> = values.map(|value| (value, 1)).collect();
    counts.sort_unstable();
    counts.dedup_by(|next, last| {
        let is_same = next.0 == last.0;
        last.1 += u64::from(is_same);
        is_same
    });
    counts
}

impl Distributions {
    fn of(rows: &[FewTimes]) -> Self {
        let mut distributions = Distributions::default();
        for row in rows {
            distributions.record(row.unpack(), 1);
        }
        distributions
    }

    /// Elapsed of all samples.
    pub fn elapsed(&self) -> Distribution {
        let mut all = self.elapsed_ok.clone();
        all.merge(&self.elapsed_ko);
        all
    }

    #[inline(always)]
    fn record(&mut self, times: Times, weight: u64) {
        if times.success {
            self.elapsed_ok.record(times.elapsed, weight);
        } else {
            self.elapsed_ko.record(times.elapsed, weight);
        }
        if let Some(latency) = times.latency {
            self.latency.record(latency, 1);
        }
        if let Some(connect) = times.connect {
            self.connect.record(connect, 1);
        }
    }

    fn merge(&mut self, other: &Distributions) {
        self.elapsed_ok.merge(&other.elapsed_ok);
        self.elapsed_ko.merge(&other.elapsed_ko);
        self.latency.merge(&other.latency);
        self.connect.merge(&other.connect);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times() -> impl Strategy<Value = Times> {
        let value = || {
            prop_oneof![
                8 => 0..300_i64,
                1 => 0..200_000_i64,
                1 => prop_oneof![Just(-1), Just(i64::from(u32::MAX)), Just(i64::MAX)],
            ]
        };
        let optional = || prop_oneof![4 => value().prop_map(Some), 1 => Just(None)];
        (value(), any::<bool>(), optional(), optional()).prop_map(
            |(elapsed, success, latency, connect)| Times {
                elapsed,
                success,
                latency,
                connect,
            },
        )
    }

    fn of(rows: &[Times]) -> Timings {
        let mut timings = Timings::default();
        for &row in rows {
            timings.record(row, 1);
        }
        timings
    }

    #[test]
    fn many_close_values_are_counted_and_scattered_ones_kept() {
        let row = |elapsed| Times {
            elapsed,
            success: true,
            latency: None,
            connect: None,
        };
        let close: Vec<Times> = (0..2_000).map(|n| row(n % 100)).collect();
        assert!(matches!(of(&close), Timings::Many(_)));
        let scattered: Vec<Times> = (0..2_000).map(|n| row(n * 50)).collect();
        assert!(matches!(of(&scattered), Timings::Few(_)));
        assert_eq!(of(&scattered).distributions().elapsed_ok.count(), 2_000);
    }

    proptest! {
        // Each case has up to 1,500 samples, enough for all representations.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn agrees_with_plain_distributions(
            a in prop_oneof![
                proptest::collection::vec(times(), 0..1_500),
                proptest::collection::vec(times(), 0..MAX_SORTED),
            ],
            b in proptest::collection::vec(times(), 0..10),
        ) {
            let all = [a.clone(), b.clone()].concat();
            let mut plain = Distributions::default();
            for &row in &all {
                plain.record(row, 1);
            }
            let timings = of(&all);
            prop_assert_eq!(timings.distributions().into_owned(), plain.clone());
            let results = (plain.elapsed_ok.count(), plain.elapsed_ko.count());
            prop_assert_eq!(timings.results(), results);
            let counts = TimeCounts {
                elapsed_ok: plain.elapsed_ok.counts(),
                elapsed_ko: plain.elapsed_ko.counts(),
                latency: plain.latency.counts(),
                connect: plain.connect.counts(),
            };
            prop_assert_eq!(timings.counts(), counts);
            prop_assert_eq!(timings.elapsed_counts(), plain.elapsed().counts());
            let (mut ab, mut ba) = (of(&a), of(&b));
            ab.merge(&of(&b));
            ba.merge(&of(&a));
            prop_assert_eq!(ab.distributions().into_owned(), plain.clone());
            prop_assert_eq!(ba.distributions().into_owned(), plain);
        }
    }
}
