//! The steady state, when all threads were up, compared with the whole run including its ramp.

use serde::{Deserialize, Serialize};

use super::super::course::{self, Course, Moment};
use super::super::{Told, Totals, severity, times, words};
use super::window::{Figures, Window};
use crate::stats::Periods;

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

/// By how much more the share of failed samples may be in the steady state than outside of it: with more,
/// its figures are those of errors, which end fast or at a timeout.
const MAX_MORE_FAILED: f64 = 0.3;

/// Smallest difference of these times, ms.
const MIN_TIME_DIFFERENCE_MS: i64 = 5;

/// The figures of samples that started in the steady state, the longest time when all threads were up,
/// and of the whole run: those of TOTAL in the aggregate table with `--from` and `--to`, and without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SteadyWindow {
    /// Start of the steady state, epoch ms.
    pub start_ms: i64,
    /// End of the steady state, epoch ms.
    pub end_ms: i64,
    /// Start of the steady state, ms since the start of the run.
    pub since_start_ms: i64,
    /// Number of threads.
    pub threads: f64,
    /// Samples that started in the steady state.
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
        let of_time = |name: &str, steady: i64, whole: i64| {
            let (steady, whole) = (words::whole_ms(steady), words::whole_ms(whole));
            format!("At full load {name} is {steady}; the whole-run {whole} includes the ramp.")
        };
        if is_other(self.p95_ms, self.whole_p95_ms) {
            of_time("p95", self.p95_ms, self.whole_p95_ms)
        } else if is_other(self.median_ms, self.whole_median_ms) {
            of_time("the median", self.median_ms, self.whole_median_ms)
        } else {
            format!(
                "At full load throughput is {}/s; the whole-run {}/s includes the ramp.",
                words::rate(self.throughput_per_second),
                words::rate(self.whole_throughput_per_second),
            )
        }
    }

    fn next_step(&self) -> Vec<String> {
        Window::new(self.start_ms, self.end_ms).options()
    }

    fn cost(&self, run: &Totals) -> f64 {
        (1.0 - run.share(self.samples)) * severity::MISLEADING
    }
}

/// What the aggregate table has for the whole run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole {
    pub samples: u64,
    pub throughput: f64,
}

pub(super) fn find(course: &Course, periods: &Periods, whole: Whole) -> Option<SteadyWindow> {
    let inner = course.inner();
    // After the last start, samples only end, however many threads are up.
    let end = inner.iter().rposition(|moment| moment.hits > 0)? + 1;
    let inner = &inner[..end];
    // Not the maximum: a bucket with a single sample may report more threads than the rest.
    let known = || inner.iter().filter_map(|moment| moment.threads);
    let threads = times::quantile(known(), 0.9)?;
    let most = known().fold(0.0, f64::max);
    let (from, to) = longest(inner, threads * MIN_SHARE_UP);
    let steady = &inner[from..to];
    let ramp: Vec<&Moment> = inner[..from].iter().chain(&inner[to..]).collect();
    let on_ramp: Vec<f64> = ramp.iter().filter_map(|moment| moment.threads).collect();
    let mean_on_ramp = on_ramp.iter().sum::<f64>() / on_ramp.len() as f64;
    let outside = course::samples(&course.moments) - course::samples(steady);
    // With more threads at another time, this is not full load.
    let is_steady = threads >= MIN_THREADS
        && threads >= most * MIN_SHARE_UP
        && steady.len() >= MIN_BUCKETS
        && steady.len() as f64 >= inner.len() as f64 * MIN_STEADY_SHARE
        && steady.len() as f64 <= inner.len() as f64 * MAX_STEADY_SHARE
        && mean_on_ramp <= threads * MAX_SHARE_UP_ON_RAMP
        && outside >= MIN_SAMPLES;
    if !is_steady {
        return None;
    }
    let steady_end = steady.last()?.start_ms.saturating_add(course.bucket_ms);
    let window = Window::within(periods, steady.first()?.start_ms, steady_end)?;
    let figures = window.figures(periods);
    let (of_steady, of_whole) = (&figures.elapsed, &course.elapsed);
    let samples = times::count(of_steady);
    let found = SteadyWindow {
        start_ms: window.start_ms,
        end_ms: window.end_ms,
        since_start_ms: course.since_start(window.start_ms),
        threads,
        samples,
        throughput_per_second: figures.throughput?,
        median_ms: times::median(of_steady)?,
        p95_ms: times::p95(of_steady)?,
        whole_throughput_per_second: whole.throughput,
        whole_median_ms: times::median(of_whole)?,
        whole_p95_ms: times::p95(of_whole)?,
    };
    let is_other_rate =
        ratio(found.throughput_per_second, whole.throughput) >= MIN_THROUGHPUT_RATIO;
    let are_times_other = is_other(found.median_ms, found.whole_median_ms)
        || is_other(found.p95_ms, found.whole_p95_ms);
    // The errors have insights of their own.
    let all = Window::new(i64::MIN, i64::MAX).figures(periods);
    let share = |failed: u64, all: u64| failed as f64 / all.max(1) as f64;
    let failed_outside = failed(&all).saturating_sub(failed(&figures));
    let outside = times::count(&all.elapsed).saturating_sub(samples);
    let is_failing =
        share(failed(&figures), samples) >= share(failed_outside, outside) + MAX_MORE_FAILED;
    let has_enough = samples.min(whole.samples.saturating_sub(samples)) >= MIN_SAMPLES;
    let says_something = is_other_rate || (are_times_other && are_medians_apart(steady, &ramp));
    (has_enough && says_something && !is_failing).then_some(found)
}

/// Returns the number of failed samples in a window.
fn failed(figures: &Figures) -> u64 {
    times::count(&figures.elapsed).saturating_sub(times::count(&figures.ok))
}

/// Returns the start and end of the longest stretch with at least `threads` threads. A bucket without
/// a thread count does not end a stretch.
pub(super) fn longest(moments: &[Moment], threads: f64) -> (usize, usize) {
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
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    /// 100 s with a ramp to 100 threads, then all of them. `of` returns the samples per second and their
    /// elapsed time for a number of threads. Those of 2 ms fail.
    fn run(ramp: u32, of: impl Fn(f64) -> (u64, i64)) -> Option<SteadyWindow> {
        let mut periods = Periods::default();
        let moments = (1..=100).map(|second| {
            let threads = f64::from(second.min(ramp)) * 100.0 / f64::from(ramp);
            let (samples, elapsed) = of(threads);
            for number in 0..samples {
                periods.record(&Sample {
                    time_stamp: i64::from(second - 1) * 1_000 + (number * 1_000 / samples) as i64,
                    elapsed,
                    success: elapsed != 2,
                    ..sample()
                });
            }
            moment(samples, elapsed, threads)
        });
        let course = course(moments.collect());
        let elapsed = times::merged(course.moments.iter().map(|moment| &moment.ok));
        let samples = times::count(&elapsed);
        let whole = Whole {
            samples,
            throughput: samples as f64 / 100.0,
        };
        find(&Course { elapsed, ..course }, &periods, whole)
    }

    #[test]
    fn throughput_on_the_ramp_is_less() {
        let found = run(40, |threads| (threads as u64, 50)).unwrap();
        assert_eq!(
            found.sentence(),
            "At full load throughput is 99.9/s; the whole-run 80.4/s includes the ramp."
        );
        // From the first period of 5 s with all threads to the last.
        assert_eq!(
            found.next_step(),
            [
                "--from",
                "1970-01-01T00:00:40Z",
                "--to",
                "1970-01-01T00:01:35Z"
            ]
        );
        // 100 each second from 40 s on, the last ends at 94.99 s + 50 ms.
        assert_eq!(found.samples, 5_500);
        assert_eq!(found.throughput_per_second, 5_500.0 / 55.04);
    }

    #[test]
    fn times_on_the_ramp_are_shorter() {
        let found = run(60, |threads| (100, 20 + (threads * threads / 25.0) as i64)).unwrap();
        assert_eq!((found.since_start_ms, found.samples), (60_000, 3_500));
        assert_eq!((found.median_ms, found.whole_median_ms), (420, 297));
        assert_eq!(found.threads, 100.0);
    }

    #[test]
    fn figures_of_errors_are_left_out() {
        let of =
            |elapsed: i64| move |threads: f64| (100, if threads < 100.0 { 80 } else { elapsed });
        assert!(run(60, of(3)).is_some());
        assert_eq!(run(60, of(2)), None);
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // No other figures; hardly any samples; no ramp; no threads; nothing.
        assert_eq!(run(40, |_| (100, 50)), None);
        assert_eq!(run(40, |threads| (threads as u64 / 20, 50)), None);
        assert_eq!(run(1, |threads| (threads as u64, 50)), None);
        let whole = Whole {
            samples: 0,
            throughput: 1.0,
        };
        assert_eq!(find(&Course::default(), &Periods::default(), whole), None);
    }
}
