//! The steady state, when all threads were up, compared with the whole run including its ramp.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::course::{self, Course, Moment};
use super::super::times;
use super::super::words;
use crate::format;
use crate::units::MS_PER_SECOND;

/// Fewest threads: with fewer, each start and end of a thread looks like a ramp.
const MIN_THREADS: f64 = 5.0;

/// Share of threads that counts as all of them: some are always between two samples.
const MIN_SHARE_UP: f64 = 0.95;

/// Fewest buckets of the steady state.
const MIN_BUCKETS: usize = 10;

/// Shortest steady state as a share of the run: a shorter one is a peak.
const MIN_STEADY_SHARE: f64 = 0.2;

/// Longest steady state as a share of the time in which samples start: with a shorter ramp the
/// difference does not matter.
const MAX_STEADY_SHARE: f64 = 0.85;

/// Largest mean share of threads that are up outside of the steady state: with more there is no ramp.
const MAX_SHARE_UP_ON_RAMP: f64 = 0.8;

/// Fewest samples within and outside of the steady state.
const MIN_SAMPLES: u64 = 500;

/// Smallest ratio between the throughput of the steady state and of the whole run, either way.
const MIN_THROUGHPUT_RATIO: f64 = 1.15;

/// Smallest ratio between the times of the steady state and of the whole run, either way.
const MIN_TIME_RATIO: f64 = 1.25;

/// Smallest difference of these times, ms.
const MIN_TIME_DIFFERENCE_MS: i64 = 5;

/// The figures of the steady state, the longest time when all threads were up, and of the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SteadyWindow {
    /// Start of the steady state, epoch ms.
    pub start_ms: i64,
    /// End of the steady state, when the first thread left, epoch ms.
    pub end_ms: i64,
    /// Start of the steady state, ms since the start of the run.
    pub since_start_ms: i64,
    /// Number of threads.
    pub threads: f64,
    /// Samples that ended in the steady state.
    pub samples: u64,
    /// Samples per second in the steady state.
    pub throughput_per_second: f64,
    /// Median elapsed time in the steady state, ms.
    pub median_ms: i64,
    /// 95th percentile of elapsed time in the steady state, ms.
    pub p95_ms: i64,
    /// Samples per second of the whole run.
    pub whole_throughput_per_second: f64,
    /// Median elapsed time of the whole run, ms.
    pub whole_median_ms: i64,
    /// 95th percentile of elapsed time of the whole run, ms.
    pub whole_p95_ms: i64,
}

impl Told for SteadyWindow {
    fn sentence(&self) -> String {
        format!(
            "All {} were up for {}, starting {}: {} samples per second, median {} ms, p95 {} ms. The \
             whole run with its ramp has {} per second, median {} ms, p95 {} ms. --trim-ramp leaves \
             the ramp out.",
            words::threads(self.threads),
            format::duration(self.end_ms.saturating_sub(self.start_ms)),
            course::at(self.since_start_ms, self.start_ms),
            words::rate(self.throughput_per_second),
            format::thousands(self.median_ms.unsigned_abs()),
            format::thousands(self.p95_ms.unsigned_abs()),
            words::rate(self.whole_throughput_per_second),
            format::thousands(self.whole_median_ms.unsigned_abs()),
            format::thousands(self.whole_p95_ms.unsigned_abs()),
        )
    }
}

pub(super) fn find(course: &Course) -> Option<SteadyWindow> {
    let inner = course.inner();
    // After the last start, samples only end, however many threads are up.
    let end = inner.iter().rposition(|moment| moment.hits > 0)? + 1;
    let inner = &inner[..end];
    // Not the maximum: a bucket with a single sample may report more threads than the rest.
    let threads = times::quantile(inner.iter().filter_map(|moment| moment.threads), 0.9)?;
    let (from, to) = longest(inner, threads * MIN_SHARE_UP);
    let steady = &inner[from..to];
    let ramp: Vec<&Moment> = inner[..from].iter().chain(&inner[to..]).collect();
    let on_ramp: Vec<f64> = ramp.iter().filter_map(|moment| moment.threads).collect();
    let mean_on_ramp = on_ramp.iter().sum::<f64>() / on_ramp.len() as f64;
    let samples = course::samples(steady);
    let outside = course::samples(&course.moments) - samples;
    let is_steady = threads >= MIN_THREADS
        && steady.len() >= MIN_BUCKETS
        && steady.len() as f64 >= inner.len() as f64 * MIN_STEADY_SHARE
        && steady.len() as f64 <= inner.len() as f64 * MAX_STEADY_SHARE
        && mean_on_ramp <= threads * MAX_SHARE_UP_ON_RAMP
        && samples.min(outside) >= MIN_SAMPLES
        && course.length_ms() > 0;
    if !is_steady {
        return None;
    }
    let (of_steady, of_whole) = (&course::elapsed(steady), &course.elapsed);
    let throughput = course.per_second(samples, steady.len());
    let whole_throughput = (samples + outside) as f64 / course.length_ms() as f64 * MS_PER_SECOND;
    let found = SteadyWindow {
        start_ms: steady.first()?.start_ms,
        end_ms: steady.last()?.start_ms.saturating_add(course.bucket_ms),
        since_start_ms: course.since_start(steady.first()?.start_ms),
        threads,
        samples,
        throughput_per_second: throughput,
        median_ms: times::median(of_steady)?,
        p95_ms: times::p95(of_steady)?,
        whole_throughput_per_second: whole_throughput,
        whole_median_ms: times::median(of_whole)?,
        whole_p95_ms: times::p95(of_whole)?,
    };
    let is_other_rate = ratio(throughput, whole_throughput) >= MIN_THROUGHPUT_RATIO;
    let are_times_other = is_other(found.median_ms, found.whole_median_ms)
        || is_other(found.p95_ms, found.whole_p95_ms);
    let says_something = is_other_rate || (are_times_other && are_medians_apart(steady, &ramp));
    says_something.then_some(found)
}

/// Returns the start and end of the longest stretch with at least `threads` threads. A bucket without
/// a thread count does not end a stretch.
fn longest(moments: &[Moment], threads: f64) -> (usize, usize) {
    let (mut best, mut start) = ((0, 0), 0);
    for (place, moment) in moments.iter().enumerate() {
        if moment.threads.is_some_and(|own| own < threads) {
            start = place + 1;
        }
        if place + 1 - start > best.1 - best.0 {
            best = (start, place + 1);
        }
    }
    best
}

fn ratio(a: f64, b: f64) -> f64 {
    a.max(b) / a.min(b)
}

fn is_other(a: i64, b: i64) -> bool {
    ratio(a as f64, b as f64) >= MIN_TIME_RATIO
        && a.abs_diff(b) >= MIN_TIME_DIFFERENCE_MS.unsigned_abs()
}

/// Whether the medians of the buckets differ between the steady state and the ramp: their
/// interquartile ranges must not overlap, so that a slow moment by chance is not taken for the ramp.
fn are_medians_apart(steady: &[Moment], ramp: &[&Moment]) -> bool {
    let median = |moment: &Moment| {
        let all = times::merged([&moment.ok, &moment.ko]);
        times::median(&all).map(|median| median as f64)
    };
    let steady: Vec<f64> = steady.iter().filter_map(median).collect();
    let ramp: Vec<f64> = ramp.iter().filter_map(|moment| median(moment)).collect();
    let quarters = |medians: &[f64]| {
        let quantile = |share| times::quantile(medians.iter().copied(), share);
        Some((quantile(0.25)?, quantile(0.75)?))
    };
    match (quarters(&steady), quarters(&ramp)) {
        (Some(steady), Some(ramp)) => steady.1 < ramp.0 || ramp.1 < steady.0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::*;

    /// 100 s with a ramp to 100 threads, then all of them. `of` returns the samples per second and their
    /// elapsed time for a number of threads.
    fn run(ramp: u32, of: impl Fn(f64) -> (u64, i64)) -> Course {
        let moments = (1..=100).map(|second| {
            let threads = f64::from(second.min(ramp)) * 100.0 / f64::from(ramp);
            let (samples, elapsed) = of(threads);
            moment(samples, elapsed, threads)
        });
        course(moments.collect())
    }

    #[test]
    fn throughput_on_the_ramp_is_less() {
        let found = find(&run(40, |threads| (threads as u64, 50))).unwrap();
        insta::assert_snapshot!(found.sentence());
    }

    #[test]
    fn times_on_the_ramp_are_shorter() {
        let found = find(&run(60, |threads| {
            (100, 20 + (threads * threads / 25.0) as i64)
        }))
        .unwrap();
        assert_eq!((found.since_start_ms, found.samples), (56_000, 4_300));
        assert_eq!((found.median_ms, found.whole_median_ms), (420, 297));
        assert_eq!(found.threads, 100.0);
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // No other figures; hardly any samples; no ramp; no threads; nothing.
        assert_eq!(find(&run(40, |_| (100, 50))), None);
        assert_eq!(find(&run(40, |threads| (threads as u64 / 20, 50))), None);
        assert_eq!(find(&course(vec![moment(100, 50, 10.0); 100])), None);
        assert_eq!(find(&course(vec![moment(100, 50, 1.0); 100])), None);
        assert_eq!(find(&Course::default()), None);
    }
}
