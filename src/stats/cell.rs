//! What one label did in one slice of time.

use serde::{Deserialize, Serialize};

use super::bucket::FirstFailure;
use super::compact::CompactHistogram;
use super::consistency::{self, Checked};
use super::run::BatchRow;
use super::sum::Sum;
use crate::jtl::Sample;

/// What one label did in one slice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Sum of elapsed, ms.
    pub elapsed: Sum,
    /// Elapsed of successes, ms.
    pub successes: CompactHistogram,
    /// Elapsed of failures, ms; `None` without failures.
    pub failures: Option<Box<CompactHistogram>>,
    /// The failure that started first, not counting transaction controllers.
    first_failure: Option<Box<FirstFailure>>,
}

impl Cell {
    /// Adds a sample.
    #[inline(always)]
    pub fn record(&mut self, sample: &Sample<'_>) {
        self.elapsed.add(sample.elapsed);
        let (each, weight) = (sample.elapsed_each(), sample.sample_count);
        if sample.success {
            self.successes.record(each, weight);
        } else {
            self.record_failure(each, weight);
        }
    }

    /// Adds rows.
    pub(super) fn record_rows(&mut self, rows: &[BatchRow]) {
        self.elapsed.add(rows.iter().map(BatchRow::elapsed).sum());
        self.successes.record_rows(rows);
    }

    #[inline(never)]
    fn record_failure(&mut self, each: i64, weight: u64) {
        self.histogram(false).record(each, weight);
    }

    /// Adds the part of a row that is needed: its elapsed time, and that of each sample in it.
    pub(super) fn add(&mut self, elapsed: i64, (each, success, weight): (i64, bool, u64)) {
        self.elapsed.add(elapsed);
        self.histogram(success).record(each, weight);
    }

    fn histogram(&mut self, success: bool) -> &mut CompactHistogram {
        match success {
            true => &mut self.successes,
            false => self.failures.get_or_insert_default(),
        }
    }

    /// Keeps a failure if it started first.
    pub(super) fn add_failure(&mut self, failure: FirstFailure) {
        match &mut self.first_failure {
            Some(first) => **first = failure.min(**first),
            None => self.first_failure = Some(Box::new(failure)),
        }
    }

    /// The failure that started first, not counting transaction controllers.
    pub(crate) fn first_failure(&self) -> Option<FirstFailure> {
        self.first_failure.as_deref().copied()
    }

    /// Gives types of error new numbers.
    pub(super) fn renumber_errors(&mut self, numbers: &[usize]) {
        if let Some(failure) = &mut self.first_failure {
            failure.error = numbers.get(failure.error).copied().unwrap_or(failure.error);
        }
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        if let Some(failure) = &mut self.first_failure {
            failure.position = failure.position.saturating_add(positions);
        }
    }

    /// Adds another cell.
    pub fn merge(&mut self, other: &Cell) {
        self.elapsed.merge(other.elapsed);
        self.successes.merge(&other.successes);
        if let Some(failures) = &other.failures {
            self.failures.get_or_insert_default().merge(failures);
        }
        if let Some(failure) = other.first_failure() {
            self.add_failure(failure);
        }
    }

    /// Samples that succeeded.
    pub fn ok(&self) -> u64 {
        self.successes.count()
    }

    /// Samples that failed.
    pub fn ko(&self) -> u64 {
        self.failures
            .as_ref()
            .map_or(0, |failures| failures.count())
    }

    /// Samples.
    pub fn samples(&self) -> u64 {
        self.ok() + self.ko()
    }

    /// Checks a stored cell and returns its number of samples.
    pub(super) fn check(&self) -> Checked<u64> {
        let failures = self.failures.as_ref().map(|failures| failures.check());
        let samples =
            consistency::total([self.successes.check()?, failures.transpose()?.unwrap_or(0)])?;
        consistency::ensure(samples > 0, "a slice has no samples")?;
        let is_sum = self.elapsed.is_of(samples);
        consistency::ensure(is_sum, "a sum is larger than its rows can have")?;
        Ok(samples)
    }
}
