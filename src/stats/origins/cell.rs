//! The figures of one origin of samples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::FirstFailure;
use crate::jtl::Sample;
use crate::stats::consistency::{self, Checked};
use crate::stats::distribution::Distribution;
use crate::stats::run::Run;

/// The figures of the samples of a label, host, engine and thread group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginStats {
    /// Samples.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// Failed samples that never got a connection.
    pub unconnected: u64,
    /// The failure that started first.
    pub first_failure: Option<FirstFailure>,
    /// The failure without a connection that started first.
    pub first_unconnected: Option<FirstFailure>,
    /// Start of the earliest failed sample, epoch ms; [`i64::MAX`] without one.
    pub first_failed_start: i64,
    /// Start of the last failed sample, epoch ms; [`i64::MIN`] without one.
    pub last_failed_start: i64,
    /// Start of the earliest failed sample without a connection, epoch ms; [`i64::MAX`] without one.
    pub first_unconnected_start: i64,
    /// Start of the earliest successful sample, epoch ms; [`i64::MAX`] without one.
    pub first_ok_start: i64,
    /// Start of the last successful sample, epoch ms; [`i64::MIN`] without one.
    pub last_ok_start: i64,
    /// Whether [`OriginStats::elapsed_ok`] is left out: it is what the other cells of the label leave of
    /// the label's own.
    pub is_rest: bool,
    /// Elapsed times of the successful samples, ms.
    pub elapsed_ok: Distribution,
    /// Elapsed times of the samples that never got a connection, ms.
    pub waits: Distribution,
    /// The largest number of a thread by the number of its group: 137 of group 1 for `Users 1-137`.
    /// Of more than [`MAX_GROUPS`], only those with the smallest numbers.
    pub threads: BTreeMap<u32, u32>,
    /// The group of the last row, and the largest number of a thread of it; not in
    /// [`OriginStats::threads`] until [`OriginStats::settle`].
    #[serde(skip)]
    pub latest_threads: Option<(u32, u32)>,
    /// The largest `allThreads`; 0 without one.
    pub max_all_threads: i64,
}

/// Numbers of groups with the same name that are told apart.
const MAX_GROUPS: usize = 100;

impl Default for OriginStats {
    fn default() -> Self {
        OriginStats {
            samples: 0,
            errors: 0,
            unconnected: 0,
            first_failure: None,
            first_unconnected: None,
            first_failed_start: i64::MAX,
            last_failed_start: i64::MIN,
            first_unconnected_start: i64::MAX,
            first_ok_start: i64::MAX,
            last_ok_start: i64::MIN,
            is_rest: false,
            elapsed_ok: Distribution::default(),
            waits: Distribution::default(),
            threads: BTreeMap::new(),
            latest_threads: None,
            max_all_threads: 0,
        }
    }
}

impl OriginStats {
    /// Counts a row, except the number of its thread.
    #[inline(always)]
    pub(super) fn record(&mut self, sample: &Sample<'_>) {
        self.samples += sample.sample_count;
        self.errors += sample.error_count;
        self.max_all_threads = self.max_all_threads.max(sample.all_threads.unwrap_or(0));
        if sample.success {
            self.first_ok_start = self.first_ok_start.min(sample.time_stamp);
            self.last_ok_start = self.last_ok_start.max(sample.time_stamp);
            if !self.is_rest {
                let elapsed = sample.elapsed_each();
                self.elapsed_ok.record(elapsed, sample.sample_count);
            }
        }
    }

    /// Counts rows, except the numbers of their threads.
    pub(super) fn record_run(&mut self, run: &Run<'_>) {
        self.samples += run.count();
        self.max_all_threads = self.max_all_threads.max(i64::from(run.max_threads));
        self.first_ok_start = self.first_ok_start.min(run.first_start);
        self.last_ok_start = self.last_ok_start.max(run.last_start);
        if !self.is_rest {
            self.elapsed_ok.record_each(run.elapsed_times());
        }
    }

    /// Counts the number of a row's thread and of its group.
    #[inline(always)]
    pub(super) fn record_thread(&mut self, (group, thread): (u32, u32)) {
        match &mut self.latest_threads {
            Some((latest, most)) if *latest == group => *most = thread.max(*most),
            _ => self.begin_group(group, thread),
        }
    }

    #[cold]
    fn begin_group(&mut self, group: u32, thread: u32) {
        self.settle();
        self.latest_threads = Some((group, thread));
    }

    /// Adds the threads of the last rows to those of the others.
    pub(super) fn settle(&mut self) {
        if let Some((group, thread)) = self.latest_threads.take() {
            self.add_thread(group, thread);
        }
    }

    fn add_thread(&mut self, group: u32, thread: u32) {
        let own = self.threads.entry(group).or_default();
        *own = thread.max(*own);
        while self.threads.len() > MAX_GROUPS {
            self.threads.pop_last();
        }
    }

    /// Start of its earliest sample, epoch ms; [`i64::MAX`] without one.
    pub fn start(&self) -> i64 {
        self.first_ok_start.min(self.first_failed_start)
    }

    /// Start of its last sample, epoch ms; [`i64::MIN`] without one.
    pub fn last_start(&self) -> i64 {
        self.last_ok_start.max(self.last_failed_start)
    }

    /// Adds what only failed rows have.
    pub(super) fn record_failure(
        &mut self,
        sample: &Sample<'_>,
        error: usize,
        is_unconnected: bool,
    ) {
        let start = sample.time_stamp;
        let failure = FirstFailure {
            time: start,
            position: sample.position,
            error,
        };
        self.first_failure = first(self.first_failure, Some(failure));
        self.first_failed_start = self.first_failed_start.min(start);
        self.last_failed_start = self.last_failed_start.max(start);
        if is_unconnected {
            self.unconnected += sample.error_count;
            self.first_unconnected = first(self.first_unconnected, Some(failure));
            self.first_unconnected_start = self.first_unconnected_start.min(start);
            self.waits.record(sample.elapsed_each(), sample.error_count);
        }
    }

    /// Adds another part, which is settled. Its types of error have the numbers here that `error` returns.
    pub(crate) fn merge(&mut self, other: &OriginStats, error: &dyn Fn(usize) -> usize) {
        self.samples += other.samples;
        self.errors += other.errors;
        self.unconnected += other.unconnected;
        let numbered = |failure: Option<FirstFailure>| {
            failure.map(|failure| FirstFailure {
                error: error(failure.error),
                ..failure
            })
        };
        self.first_failure = first(self.first_failure, numbered(other.first_failure));
        self.first_unconnected = first(self.first_unconnected, numbered(other.first_unconnected));
        self.first_failed_start = self.first_failed_start.min(other.first_failed_start);
        self.last_failed_start = self.last_failed_start.max(other.last_failed_start);
        self.first_unconnected_start = self
            .first_unconnected_start
            .min(other.first_unconnected_start);
        self.first_ok_start = self.first_ok_start.min(other.first_ok_start);
        self.last_ok_start = self.last_ok_start.max(other.last_ok_start);
        if !self.is_rest {
            self.elapsed_ok.merge(&other.elapsed_ok);
        }
        self.waits.merge(&other.waits);
        for (&group, &thread) in &other.threads {
            self.add_thread(group, thread);
        }
        self.max_all_threads = self.max_all_threads.max(other.max_all_threads);
    }

    /// Gives types of error new numbers.
    pub(super) fn renumber_errors(&mut self, numbers: &[usize]) {
        for failure in self.firsts() {
            failure.error = numbers.get(failure.error).copied().unwrap_or(failure.error);
        }
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        for failure in self.firsts() {
            failure.position = failure.position.saturating_add(positions);
        }
    }

    fn firsts(&mut self) -> impl Iterator<Item = &mut FirstFailure> {
        let firsts = [&mut self.first_failure, &mut self.first_unconnected];
        firsts.into_iter().flatten()
    }

    /// Checks stored figures against the number of types of error.
    pub(super) fn check(&self, errors: usize) -> Checked<()> {
        let firsts = [self.first_failure, self.first_unconnected];
        let is_known = firsts.iter().flatten().all(|first| first.error < errors);
        consistency::ensure(is_known, "a host has an unknown type of error")?;
        let (ok, waits) = (self.elapsed_ok.check()?, self.waits.check()?);
        let is_sound = self.threads.len() <= MAX_GROUPS
            && ok <= self.samples
            && waits == self.unconnected
            && self.unconnected <= self.errors;
        consistency::ensure(is_sound, "the samples and times of a host differ in number")
    }
}

/// Returns the earlier of two failures.
fn first(a: Option<FirstFailure>, b: Option<FirstFailure>) -> Option<FirstFailure> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
