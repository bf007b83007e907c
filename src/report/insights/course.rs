//! The run over time, as insights look at it.

use super::times::{self, Counts};
use crate::report::{TimeSeries, Window};
use crate::stats::{Aggregate, FirstFailure};
use crate::units::{self, MS_PER_SECOND};

/// The run over time in equal stretches, the buckets of the report's time series.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// When the run began, epoch ms.
    pub start_ms: i64,
    /// When it ended, epoch ms.
    pub end_ms: i64,
    /// Length of a stretch.
    pub bucket_ms: i64,
    /// Elapsed of all samples.
    pub elapsed: Counts,
    /// The stretches in order, without gaps. The run begins and ends within the first and last.
    pub moments: Vec<Moment>,
}

/// A stretch of a run: samples belong to the one they end in.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    /// When it begins, epoch ms.
    pub start_ms: i64,
    /// Samples started.
    pub hits: u64,
    /// Elapsed of the samples that succeeded.
    pub ok: Counts,
    /// Elapsed of the samples that failed.
    pub ko: Counts,
    /// Active threads; `None` where no row tells.
    pub threads: Option<f64>,
    /// The earliest failure.
    pub first_failure: Option<FirstFailure>,
}

impl Course {
    /// The course of a run with this time series.
    pub fn new(
        aggregate: &Aggregate,
        series: &TimeSeries,
        window: Window,
        elapsed: Counts,
    ) -> Self {
        let buckets = aggregate.timeline().buckets().enumerate();
        let bucket_ms = aggregate.timeline().bucket_ms();
        let moment = |(place, bucket): (usize, &crate::stats::Bucket)| Moment {
            start_ms: series
                .start_ms
                .saturating_add(bucket_ms.saturating_mul(place as i64)),
            hits: bucket.hits,
            ok: bucket.successes.counts(),
            ko: bucket.failures.counts(),
            threads: series.active_threads.get(place).copied().flatten(),
            first_failure: bucket.first_failure,
        };
        Course {
            start_ms: window.start_ms,
            end_ms: window.end_ms,
            bucket_ms,
            elapsed,
            moments: buckets.map(moment).collect(),
        }
    }

    /// Time into the run, ms.
    pub fn since_start(&self, time_ms: i64) -> i64 {
        time_ms.saturating_sub(self.start_ms).max(0)
    }

    /// Length of the run, ms.
    pub fn length_ms(&self) -> i64 {
        self.end_ms.saturating_sub(self.start_ms)
    }

    /// All stretches but the first and last, in which the run begins and ends: rates in those are
    /// of less time than they seem.
    pub fn inner(&self) -> &[Moment] {
        match self.moments.as_slice() {
            [_, inner @ .., _] => inner,
            _ => &[],
        }
    }

    /// So many, in so many stretches, a second.
    pub fn per_second(&self, count: u64, buckets: usize) -> f64 {
        count as f64 / (self.bucket_ms as f64 * buckets as f64) * MS_PER_SECOND
    }
}

impl Moment {
    /// Samples that ended.
    pub fn samples(&self) -> u64 {
        times::count(&self.ok) + times::count(&self.ko)
    }

    /// Samples that failed.
    pub fn errors(&self) -> u64 {
        times::count(&self.ko)
    }

    /// Samples that took `least` ms or longer.
    pub fn count_from(&self, least: i64) -> u64 {
        times::count_from(&self.ok, least) + times::count_from(&self.ko, least)
    }

    /// The longest elapsed time, ms; `None` without samples.
    pub fn max(&self) -> Option<i64> {
        let last = |counts: &Counts| counts.last().map(|&(value, _)| value);
        last(&self.ok).max(last(&self.ko))
    }

    /// Sum of elapsed, ms.
    pub fn elapsed_sum(&self) -> f64 {
        (times::sum(&self.ok) + times::sum(&self.ko)) as f64
    }
}

/// Elapsed of all samples of some stretches.
pub(super) fn elapsed(moments: &[Moment]) -> Counts {
    times::merged(moments.iter().flat_map(|moment| [&moment.ok, &moment.ko]))
}

/// Samples of some stretches.
pub(super) fn samples(moments: &[Moment]) -> u64 {
    moments.iter().map(Moment::samples).sum()
}

/// A moment in words: `2 min 5 s into the run (2026-11-25 09:10:01 UTC)`.
pub(super) fn at(since_start_ms: i64, time_ms: i64) -> String {
    format!(
        "{} into the run ({})",
        units::duration(since_start_ms),
        units::utc(time_ms)
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A moment of so many successes that took so long, and so many threads.
    pub(in super::super) fn moment(samples: u64, elapsed: i64, threads: f64) -> Moment {
        Moment {
            hits: samples,
            ok: vec![(elapsed, samples)],
            threads: Some(threads),
            ..Moment::default()
        }
    }

    /// A run of these moments, a second each, from 1970 on.
    pub(in super::super) fn course(moments: Vec<Moment>) -> Course {
        let mut course = Course {
            start_ms: 0,
            end_ms: moments.len() as i64 * 1_000,
            bucket_ms: 1_000,
            elapsed: elapsed(&moments),
            moments,
        };
        for (second, moment) in course.moments.iter_mut().enumerate() {
            moment.start_ms = second as i64 * 1_000;
        }
        course
    }

    #[test]
    fn moments_are_told_of() {
        let moment = Moment {
            ok: vec![(1, 2), (30, 1)],
            ko: vec![(20, 4)],
            ..Moment::default()
        };
        assert_eq!((moment.samples(), moment.errors()), (7, 4));
        assert_eq!((moment.max(), moment.elapsed_sum()), (Some(30), 112.0));
        assert_eq!(moment.count_from(20), 5);
        let course = course(vec![moment.clone(), moment.clone(), moment]);
        assert_eq!(course.inner().len(), 1);
        assert_eq!(course.per_second(samples(&course.moments), 3), 7.0);
        assert_eq!(elapsed(course.inner()), [(1, 2), (20, 4), (30, 1)]);
        assert_eq!(
            at(125_000, 1_700_000_000_000),
            "2 min 5 s into the run (2023-11-14 22:13:20 UTC)"
        );
    }
}
