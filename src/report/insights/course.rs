//! The course of a run: what happened in each bucket of its time series.

use super::times::{self, Counts};
use super::words;
use crate::report::{TimeSeries, Window};
use crate::stats::{DenseTimeline, Endings};
use crate::units::MS_PER_SECOND;

/// A run over time, in the buckets of the report's time series.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// When the run began, epoch ms.
    pub start_ms: i64,
    /// When it ended, epoch ms.
    pub end_ms: i64,
    /// Width of a bucket, ms.
    pub bucket_ms: i64,
    /// Elapsed times of all samples.
    pub elapsed: Counts,
    /// The buckets in order, without gaps. The run begins within the first and ends within the last.
    pub moments: Vec<Moment>,
}

/// One bucket of a run. A sample belongs to the bucket in which it ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    /// When it begins, epoch ms.
    pub start_ms: i64,
    /// Samples started.
    pub hits: u64,
    /// Elapsed times of the successful samples.
    pub ok: Counts,
    /// Elapsed times of the failed samples.
    pub ko: Counts,
    /// Active threads; `None` if not all rows report them. A load generator without a sample here counts
    /// with its last number, if it has samples later.
    pub threads: Option<f64>,
    /// The longest elapsed time of a sample, ms, at least 0.
    pub longest_ms: i64,
    /// When samples ended, those of transaction controllers only if there are no others.
    pub endings: Endings,
    /// The first start and the last end of the samples that started here, epoch ms.
    pub started: Option<(i64, i64)>,
    /// Samples of each label and the sum of their elapsed times, ms, by the label's number.
    pub labels: Vec<(u64, f64)>,
}

impl Course {
    /// Builds the course of a run from its timeline and its time series.
    pub fn new(
        timeline: &DenseTimeline,
        series: &TimeSeries,
        window: Window,
        elapsed: Counts,
    ) -> Self {
        let buckets = timeline.buckets().enumerate();
        let bucket_ms = timeline.timeline().bucket_ms();
        // JMeter's Statistical sender does not know the threads, and writes 0 in every row.
        let threads = match knows_threads(timeline) && !series.active_threads.is_empty() {
            true => timeline.threads_up(),
            false => Vec::new(),
        };
        // Transactions end later than their rows say if these leave out timers.
        let has_samplers = (timeline.buckets()).any(|bucket| bucket.endings.has_samplers());
        let moment = |(place, bucket): (usize, &crate::stats::Bucket)| Moment {
            start_ms: series
                .start_ms
                .saturating_add(bucket_ms.saturating_mul(place as i64)),
            hits: bucket.hits,
            ok: bucket.successes.counts(),
            ko: bucket.failures.counts(),
            threads: threads.get(place).copied().flatten(),
            longest_ms: bucket.longest,
            endings: match has_samplers {
                true => bucket.endings,
                false => bucket.endings.of_controllers(),
            },
            started: (bucket.hits_span.first_start()).zip(bucket.hits_span.last_end()),
            labels: (bucket.labels.iter())
                .map(|label| (label.samples(), label.elapsed.total() as f64))
                .collect(),
        };
        Course {
            start_ms: window.start_ms,
            end_ms: window.end_ms,
            bucket_ms,
            elapsed,
            moments: buckets.map(moment).collect(),
        }
    }

    /// Returns the time from the start of the run to `time_ms`, ms.
    pub fn since_start(&self, time_ms: i64) -> i64 {
        time_ms.saturating_sub(self.start_ms).max(0)
    }

    /// Returns the length of the run, ms.
    pub fn length_ms(&self) -> i64 {
        self.end_ms.saturating_sub(self.start_ms)
    }

    /// Returns all buckets except the first and the last. The run covers only part of those, so rates
    /// in them would be too low.
    pub fn inner(&self) -> &[Moment] {
        match self.moments.as_slice() {
            [_, inner @ .., _] => inner,
            _ => &[],
        }
    }

    /// Converts a count over a number of buckets to a rate per second.
    pub fn per_second(&self, count: u64, buckets: usize) -> f64 {
        count as f64 / (self.bucket_ms as f64 * buckets as f64) * MS_PER_SECOND
    }
}

impl Moment {
    /// Returns the number of samples.
    pub fn samples(&self) -> u64 {
        times::count(&self.ok) + times::count(&self.ko)
    }

    /// Returns how many samples took `min_ms` or longer.
    pub fn count_from(&self, min_ms: i64) -> u64 {
        times::count_from(&self.ok, min_ms) + times::count_from(&self.ko, min_ms)
    }

    /// Returns the sum of elapsed times, ms.
    pub fn elapsed_sum(&self) -> f64 {
        (times::sum(&self.ok) + times::sum(&self.ko)) as f64
    }
}

/// Whether nearly all samples report their threads. If those of a whole file do not, the number of all
/// threads is unknown.
fn knows_threads(timeline: &DenseTimeline) -> bool {
    const MAX_UNKNOWN_PERCENT: u64 = 1;
    let buckets = timeline.buckets();
    let (all, without) = buckets.fold((0, 0), |(all, without), bucket| {
        (all + bucket.samples(), without + bucket.without_threads())
    });
    without.saturating_mul(100) <= all.saturating_mul(MAX_UNKNOWN_PERCENT)
}

/// Returns the elapsed times of all samples in some buckets.
pub(super) fn elapsed(moments: &[Moment]) -> Counts {
    times::merged(moments.iter().flat_map(|moment| [&moment.ok, &moment.ko]))
}

/// Returns the number of samples in some buckets.
pub(super) fn samples(moments: &[Moment]) -> u64 {
    moments.iter().map(Moment::samples).sum()
}

/// Formats a moment: `22:15:04 UTC (1 min 44 s in)`.
pub(super) fn at(since_start_ms: i64, time_ms: i64) -> String {
    words::moment(since_start_ms, time_ms)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A bucket of successes that all took `elapsed` ms, with this many threads.
    pub(in super::super) fn moment(samples: u64, elapsed: i64, threads: f64) -> Moment {
        Moment {
            hits: samples,
            ok: vec![(elapsed, samples)],
            threads: Some(threads),
            ..Moment::default()
        }
    }

    /// A run of these buckets, one second each, starting in 1970.
    pub(in super::super) fn course(moments: Vec<Moment>) -> Course {
        let mut course = Course {
            start_ms: 0,
            end_ms: moments.len() as i64 * 1_000,
            bucket_ms: 1_000,
            elapsed: times::merged(moments.iter().flat_map(|moment| [&moment.ok, &moment.ko])),
            moments,
        };
        for (second, moment) in course.moments.iter_mut().enumerate() {
            moment.start_ms = second as i64 * 1_000;
        }
        course
    }

    /// A run of samples with these starts and elapsed times, ms, in buckets of this width.
    pub(in super::super) fn course_of(samples: &[(i64, i64)], bucket_ms: i64) -> Course {
        let ends = || samples.iter().map(|&(start, elapsed)| start + elapsed);
        let start_ms = samples.iter().map(|sample| sample.0).min().unwrap();
        let end_ms = ends().max().unwrap();
        let first = start_ms.div_euclid(bucket_ms);
        let mut moments: Vec<Moment> = (first..=end_ms.div_euclid(bucket_ms))
            .map(|number| Moment {
                start_ms: number * bucket_ms,
                ..Moment::default()
            })
            .collect();
        for &(start, elapsed) in samples {
            let moment = &mut moments[(start.div_euclid(bucket_ms) - first) as usize];
            let (from, to) = moment.started.unwrap_or((start, start + elapsed));
            moment.started = Some((from.min(start), to.max(start + elapsed)));
            moment.hits += 1;
            let moment = &mut moments[((start + elapsed).div_euclid(bucket_ms) - first) as usize];
            moment.ok = times::merged([&moment.ok, &vec![(elapsed, 1)]]);
            moment.longest_ms = moment.longest_ms.max(elapsed);
            moment.endings.add(start + elapsed, bucket_ms);
        }
        Course {
            start_ms,
            end_ms,
            bucket_ms,
            elapsed: elapsed(&moments),
            moments,
        }
    }

    #[test]
    fn figures_of_a_bucket() {
        let moment = Moment {
            ok: vec![(1, 2), (30, 1)],
            ko: vec![(20, 4)],
            ..Moment::default()
        };
        assert_eq!(moment.samples(), 7);
        assert_eq!(moment.elapsed_sum(), 112.0);
        assert_eq!(moment.count_from(20), 5);
        let course = course(vec![moment.clone(), moment.clone(), moment]);
        assert_eq!(course.inner().len(), 1);
        assert_eq!(course.per_second(samples(&course.moments), 3), 7.0);
        assert_eq!(
            at(125_000, 1_700_000_000_000),
            "22:13:20 UTC (2 min 5 s in)"
        );
    }
}
