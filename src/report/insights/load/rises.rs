//! Response times that rise with the number of threads although throughput still grows.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::course::{Course, Moment};
use super::super::severity;
use super::super::words;
use super::super::{Totals, times};
use super::rise::{Climb, MIN_GROWTH, MIN_MEDIANS, MIN_THREADS, Rise, Step};
use crate::format;

/// Smallest ratio of the median at the end of the rise to that at its start: a doubling is found even if
/// the medians are a little off by chance.
const MIN_SLOWDOWN: f64 = 1.8;

/// Smallest difference of these medians, ms: less does not matter and may be due to clock ticks.
const MIN_SLOWDOWN_MS: i64 = 5;

/// Smallest Spearman rank correlation of the median with the threads.
const MIN_MEDIAN_CORRELATION: f64 = 0.8;

/// Smallest ratio of mean elapsed times at the end to those at the start for the same mix of labels.
const MIN_LABEL_SLOWDOWN: f64 = 1.5;

/// Smallest ratio of the throughput at the end to that at the start.
const MIN_THROUGHPUT_GROWTH: f64 = 1.5;

/// Smallest share of the highest throughput in any step that is left at the end.
const MIN_LEFT: f64 = 0.85;

/// Parts of each of two times that are compared as levels.
const PARTS: usize = 5;

/// Share of these parts that must differ: one may have a stall.
const NEARLY_ALL_PARTS: f64 = 0.75;

/// Smallest ratio of the medians of such parts, however they are chosen.
const MIN_GAP: f64 = 1.4;

/// Fewest successes in each of the two times.
const MIN_SAMPLES: u64 = 100;

/// Response times that rose with the number of threads. Only successful samples count. A sample belongs
/// to the time of its end.
/// Medians are exact below 2,048 ms and within 0.1% above, rounded up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RisesWithLoad {
    /// Start of the first part of the rise, epoch ms.
    pub time_ms: i64,
    /// End of the first part of the rise, epoch ms.
    pub first_end_ms: i64,
    /// Start of the first part of the rise, ms since the start of the run.
    pub since_start_ms: i64,
    /// Active threads in the first part.
    pub threads: f64,
    /// Successes per second in the first part.
    pub throughput_per_second: f64,
    /// Median elapsed time in the first part, ms.
    pub median_ms: i64,
    /// Start of the last part of the rise, epoch ms.
    pub last_start_ms: i64,
    /// End of the last part of the rise, epoch ms.
    pub last_end_ms: i64,
    /// Active threads in the last part.
    pub last_threads: f64,
    /// Successes per second in the last part.
    pub last_throughput_per_second: f64,
    /// Median elapsed time in the last part, ms.
    pub last_median_ms: i64,
    /// Samples in the second half of the rise; in the last part if threads rise by few large steps.
    pub samples: u64,
}

impl Told for RisesWithLoad {
    fn sentence(&self) -> String {
        format!(
            "The median rose with the load from {} at {} to {} at {}, while throughput grew to {}/s.",
            words::ms(self.median_ms),
            words::threads(self.threads),
            words::ms(self.last_median_ms),
            format::thousands(self.last_threads.round() as u64),
            words::rate(self.last_throughput_per_second),
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

pub(super) fn find(
    course: &Course,
    rise: Option<&Rise<'_>>,
    climb: &Climb<'_>,
) -> Option<RisesWithLoad> {
    rise.and_then(|rise| by_steps(course, rise))
        .or_else(|| by_levels(course, climb))
}

/// Compares the first and the last step of a rise.
fn by_steps(course: &Course, rise: &Rise<'_>) -> Option<RisesWithLoad> {
    let steps = &rise.steps;
    let (first, last) = (steps.first()?, steps.last()?);
    let by_threads: Vec<(f64, f64)> = steps
        .iter()
        .map(|step| Some((step.threads, step.median? as f64)))
        .collect::<Option<_>>()?;
    let highest = steps.iter().map(|step| step.throughput).fold(0.0, f64::max);
    // In an open workload, the rate is the load.
    let by_rate = steps.iter().zip(&by_threads);
    let by_rate: Vec<(f64, f64)> = by_rate
        .map(|(step, (_, median))| (step.rate, *median))
        .collect();
    // At first, only quick samples have ended, also of those that take longer than most.
    let p95 = times::p95(&course.elapsed)?;
    let is_under_way = first.end_ms.saturating_sub(course.start_ms) >= p95;
    let does_follow_load = !rise.do_threads_come_and_go()
        || times::rank_correlation(&by_rate) >= MIN_MEDIAN_CORRELATION;
    let does_rise = is_under_way
        && does_follow_load
        && times::rank_correlation(&by_threads) >= MIN_MEDIAN_CORRELATION
        && last.throughput >= highest * MIN_LEFT;
    let samples = steps.iter().skip(steps.len() / 2).map(|step| step.samples);
    between(course, first, last, samples.sum()).filter(|_| does_rise)
}

/// Compares the times before and after a climb by few large steps, or by one.
fn by_levels(course: &Course, climb: &Climb<'_>) -> Option<RisesWithLoad> {
    let is_known = |moments: &[Moment]| {
        let known = moments.iter().filter(|moment| moment.threads.is_some());
        known.count() >= PARTS
    };
    if !is_known(climb.low) || !is_known(climb.stay) {
        return None;
    }
    // As much of the time after it as before its top, so that nothing else changes much.
    let longest = climb.low.len() + climb.climbing();
    let stay = &climb.stay[..climb.stay.len().min(longest)];
    let (low, high) = (
        Step::of(course.bucket_ms, climb.low)?,
        Step::of(course.bucket_ms, stay)?,
    );
    let medians = |moments: &[Moment]| -> Vec<f64> {
        let parts = (0..PARTS).filter_map(|part| {
            let (from, to) = (
                moments.len() * part / PARTS,
                moments.len() * (part + 1) / PARTS,
            );
            Step::of(course.bucket_ms, moments.get(from..to)?)?.median
        });
        parts.map(|median| median as f64).collect()
    };
    let (before, after) = (medians(climb.low), medians(stay));
    let most_before = times::quantile(before.iter().copied(), NEARLY_ALL_PARTS)?;
    let least_after = times::quantile(after.iter().copied(), 1.0 - NEARLY_ALL_PARTS)?;
    let is_clear = low.ok.min(high.ok) >= MIN_SAMPLES
        && high.threads >= MIN_THREADS
        && high.threads >= low.threads * MIN_GROWTH
        && least_after >= most_before * MIN_GAP;
    between(course, &low, &high, high.samples).filter(|_| is_clear)
}

/// The finding between two parts of a run, if times rise much from one to the other and throughput too.
fn between(course: &Course, first: &Step, last: &Step, samples: u64) -> Option<RisesWithLoad> {
    let (median, last_median) = (first.median?, last.median?);
    let length = last.end_ms.saturating_sub(first.start_ms);
    let does_rise = length >= last_median.saturating_mul(MIN_MEDIANS)
        && last_median as f64 >= median as f64 * MIN_SLOWDOWN
        && last_median - median >= MIN_SLOWDOWN_MS
        && last.throughput >= first.throughput * MIN_THROUGHPUT_GROWTH
        && last.slowdown_by_label(first) >= MIN_LABEL_SLOWDOWN;
    does_rise.then(|| RisesWithLoad {
        time_ms: first.start_ms,
        first_end_ms: first.end_ms,
        since_start_ms: course.since_start(first.start_ms),
        threads: first.threads,
        throughput_per_second: first.throughput,
        median_ms: median,
        last_start_ms: last.start_ms,
        last_end_ms: last.end_ms,
        last_threads: last.threads,
        last_throughput_per_second: last.throughput,
        last_median_ms: last_median,
        samples,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::*;

    /// A ramp of one thread per second up to 60. Each waits as long as `elapsed` says for a number of
    /// threads, then for 400 ms.
    fn ramp(elapsed: impl Fn(f64) -> f64) -> Option<RisesWithLoad> {
        run((1..=60).map(f64::from), elapsed)
    }

    /// The same with these threads, second by second.
    fn run(
        threads: impl Iterator<Item = f64>,
        elapsed: impl Fn(f64) -> f64,
    ) -> Option<RisesWithLoad> {
        let moments = threads.map(|threads| {
            let elapsed = elapsed(threads);
            let rate = threads / (elapsed + 400.0) * 1_000.0;
            moment(rate as u64, elapsed as i64, threads)
        });
        let course = course(moments.collect());
        let climb = Climb::of(&course)?;
        find(&course, Rise::of(&course, &climb).as_ref(), &climb)
    }

    #[test]
    fn times_that_rise_with_the_threads() {
        let found = ramp(|threads| 40.0 + 2.0 * threads).unwrap();
        assert_eq!(
            found.sentence(),
            "The median rose with the load from 48 ms at 4 threads to 152 ms at 56, while throughput grew to 101/s."
        );
    }

    #[test]
    fn threads_that_rise_in_steps() {
        let stair = |threads: f64| std::iter::repeat_n(threads, 20);
        let slower = |threads: f64| 40.0 + 4.0 * threads;
        let found = run(
            [25.0, 50.0, 75.0, 100.0].into_iter().flat_map(stair),
            slower,
        )
        .unwrap();
        assert_eq!((found.threads, found.median_ms), (25.0, 140));
        assert_eq!((found.last_threads, found.last_median_ms), (100.0, 440));
        // A spike; its samples are those of the last part.
        let spike = || [10.0, 40.0, 10.0].into_iter().flat_map(stair);
        let found = run(spike(), slower).unwrap();
        assert_eq!((found.median_ms, found.last_median_ms), (80, 200));
        // 66 a second, in 19 of 20 s: the first is the top.
        assert_eq!(found.samples, 66 * 19);
        // Not slower; slower in one stair of the way only.
        assert_eq!(run(spike(), |_| 40.0), None);
        let steps = [25.0, 50.0, 75.0, 100.0].into_iter().flat_map(stair);
        assert_eq!(
            run(steps, |threads| if threads == 50.0 { 400.0 } else { 40.0 }),
            None
        );
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // They stay; they rise by half; they rise by less than 5 ms.
        assert_eq!(ramp(|_| 40.0), None);
        assert_eq!(ramp(|threads| 100.0 + threads), None);
        assert_eq!(ramp(|threads| 2.0 + threads / 15.0), None);
    }
}
