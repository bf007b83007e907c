//! Collapse: throughput falls as the number of threads grows.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::course::{self, Course, Moment};
use super::super::severity;
use super::super::words;
use super::super::{Totals, times};
use super::rise::{Rise, Step};
use crate::format;

/// Largest share of the throughput at its peak that is left at the end of the rise. A fall by 25% is
/// found even if the peak is a little high by chance.
const MAX_LEFT: f64 = 0.8;

/// Largest share of that peak in nearly all parts of the end of the rise: with more, only a stall or a
/// burst of errors lowers it.
const MAX_LEFT_IN_PART: f64 = 0.87;

/// Smallest share of the parts that must have so little.
const MIN_LOW_SHARE: f64 = 0.75;

/// Share of the peak that, if reached again while all threads stay, shows that the fall was a passing
/// one.
const RECOVERED: f64 = 0.92;

/// Successes in the window that slides over the rise to find the peak: few, so that the flanks of a
/// sharp peak do not lower it. The wide window tells it from chance.
const WINDOW_SUCCESSES: f64 = 300.0;

/// Longest window as a share of the rise.
const MAX_WINDOW_SHARE: usize = 16;

/// The end of the rise: one part in this many of its buckets, and twice as many of those after it.
const END_SHARE: usize = 8;

/// Smallest ratio of the threads at the end to those at the start.
const MIN_GROWTH: f64 = 3.0;

/// Smallest ratio of the threads at the end to those at the peak.
const MIN_THREAD_GROWTH: f64 = 1.2;

/// A wide window, as a part of the rise: it has enough successes to tell a fall from chance.
const WIDE_SHARE: usize = 6;

/// Largest share of the throughput in the best wide window that is left at the end of the rise.
const MAX_LEFT_OF_WIDE: f64 = 0.84;

/// Smallest fall from the best wide window, in standard deviations of the difference.
const MIN_DEVIATIONS: f64 = 5.0;

/// Longest stall in the time at the end of the rise, as a share of it.
const MAX_STALLED: f64 = 0.15;

/// Smallest share of added threads that queue: see `Step::share_queued`.
const MIN_QUEUED: f64 = 0.5;

/// Smallest ratio of mean elapsed times at the end to those at the peak for the same mix of labels.
const MIN_LABEL_SLOWDOWN: f64 = 1.15;

/// Smallest share of failures at the end for which errors explain the fall.
const MIN_ERRORS: f64 = 0.2;

/// Fewest steps in which errors are between 15% and 85% of those at the end: with fewer, they set in at
/// a moment and not with the load.
const MIN_STEPS_BETWEEN: usize = 3;

/// Throughput that fell as the threads grew. Only successful samples count. A sample belongs to the
/// time of its end.
/// Medians are exact below 2,048 ms and within 0.1% above, rounded up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Collapse {
    /// Active threads when throughput was at its peak.
    pub threads: f64,
    /// Time of the peak, epoch ms. Its figures are those from here to `peak_end_ms`.
    pub time_ms: i64,
    /// End of that time, epoch ms.
    pub peak_end_ms: i64,
    /// Time of the peak, ms since the start of the run.
    pub since_start_ms: i64,
    /// Successes per second at the peak.
    pub throughput_per_second: f64,
    /// Median elapsed time at the peak, ms.
    pub median_ms: i64,
    /// Start of the time when nearly all threads were up, epoch ms.
    pub last_start_ms: i64,
    /// End of that time, epoch ms.
    pub last_end_ms: i64,
    /// Active threads in that time.
    pub last_threads: f64,
    /// Successes per second in that time.
    pub last_throughput_per_second: f64,
    /// Median elapsed time in that time, ms; `None` if nothing succeeded.
    pub last_median_ms: Option<i64>,
    /// Share of samples that failed in that time.
    pub last_error_ratio: f64,
    /// Whether failures, and not longer times, lowered the number of successes.
    pub is_by_errors: bool,
    /// Samples from the peak on.
    pub samples: u64,
}

impl Told for Collapse {
    fn sentence(&self) -> String {
        let fall = format!(
            "peaked near {}/s at {} and fell to {}/s at {}",
            words::rate(self.throughput_per_second),
            words::threads(self.threads),
            words::rate(self.last_throughput_per_second),
            format::thousands(self.last_threads.round() as u64),
        );
        match self.is_by_errors {
            true => format!(
                "Successes {fall}, where {} failed.",
                format::brief_percent(self.last_error_ratio)
            ),
            false => format!("Throughput {fall}."),
        }
    }

    fn cost(&self, run: &Totals) -> f64 {
        let lost = 1.0 - self.last_throughput_per_second / self.throughput_per_second;
        run.share(self.samples) * severity::SLOW.max(severity::FAILED * lost)
    }
}

pub(super) fn find(course: &Course, rise: &Rise<'_>) -> Option<Collapse> {
    let width = window(rise);
    let (peak, peak_at) = peak(course.bucket_ms, rise.moments, width)?;
    let part = (rise.moments.len() / END_SHARE).max(1);
    let (_, end) = rise.moments.split_at(rise.moments.len() - part);
    let stay = rise.stay.split_at((part * 2).min(rise.stay.len()));
    let end: Vec<Moment> = end.iter().chain(stay.0).cloned().collect();
    if has_stalled(&end) {
        return None;
    }
    let last = Step::of(course.bucket_ms, &end)?;
    let is_low = |moments: &[Moment]| {
        successes(moments) <= peak.throughput * MAX_LEFT_IN_PART * seconds(course, moments)
    };
    let parts = end.chunks_exact(width.min(end.len()));
    let low = parts.clone().filter(|part| is_low(part)).count();
    let (wide, _) = self::peak(
        course.bucket_ms,
        rise.moments,
        (rise.moments.len() / WIDE_SHARE).max(1),
    )?;
    // Of two rates that random arrivals have.
    let variance = |step: &Step| step.throughput.powi(2) / step.ok.max(1) as f64;
    let deviations =
        (wide.throughput - last.throughput) / (variance(&wide) + variance(&last)).sqrt();
    let first = rise.steps.first()?;
    let has_fallen = last.threads >= first.threads * MIN_GROWTH
        && last.threads >= peak.threads * MIN_THREAD_GROWTH
        && last.throughput <= peak.throughput * MAX_LEFT
        && last.throughput <= wide.throughput * MAX_LEFT_OF_WIDE
        && deviations >= MIN_DEVIATIONS
        && low as f64 >= parts.len() as f64 * MIN_LOW_SHARE
        && !has_recovered(course, stay.1, peak.throughput);
    if !has_fallen {
        return None;
    }
    let error_ratio = (last.samples - last.ok) as f64 / last.samples.max(1) as f64;
    let is_slower = last.rate <= peak.rate * MAX_LEFT
        && last.share_queued(&peak) >= MIN_QUEUED
        && last.slowdown_by_label(&peak) >= MIN_LABEL_SLOWDOWN;
    let is_by_errors =
        !is_slower && error_ratio >= MIN_ERRORS && do_errors_grow(&rise.steps, error_ratio);
    if !is_slower && !is_by_errors {
        return None;
    }
    let after = &rise.moments[peak_at..];
    Some(Collapse {
        threads: peak.threads,
        time_ms: peak.start_ms,
        peak_end_ms: peak.end_ms,
        since_start_ms: course.since_start(peak.start_ms),
        throughput_per_second: peak.throughput,
        median_ms: peak.median?,
        last_start_ms: last.start_ms,
        last_end_ms: last.end_ms,
        last_threads: last.threads,
        last_throughput_per_second: last.throughput,
        last_median_ms: last.median,
        last_error_ratio: error_ratio,
        is_by_errors,
        samples: course::samples(after) + course::samples(rise.stay),
    })
}

/// Returns the number of buckets in the window that finds the peak.
fn window(rise: &Rise<'_>) -> usize {
    let most = rise.moments.iter().map(|moment| times::count(&moment.ok));
    let most = most.max().unwrap_or(0).max(1) as f64;
    let longest = (rise.moments.len() / MAX_WINDOW_SHARE).max(1);
    ((WINDOW_SUCCESSES / most).ceil() as usize).clamp(1, longest)
}

/// Returns the window with the most successes, the first if several have as many, and where it begins.
fn peak(bucket_ms: i64, moments: &[Moment], width: usize) -> Option<(Step, usize)> {
    let counts = moments.windows(width).map(|part| {
        let counts = part.iter().map(|moment| times::count(&moment.ok));
        counts.sum::<u64>()
    });
    let (at, _) = counts
        .enumerate()
        .min_by_key(|&(_, count)| Reverse(count))?;
    let peak = Step::of(bucket_ms, &moments[at..at + width])?;
    Some((peak, at))
}

fn successes(moments: &[Moment]) -> f64 {
    let counts = moments.iter().map(|moment| times::count(&moment.ok));
    counts.sum::<u64>() as f64
}

fn seconds(course: &Course, moments: &[Moment]) -> f64 {
    course.bucket_ms as f64 * moments.len() as f64 / crate::units::MS_PER_SECOND
}

/// Whether no sample ended in a large part of a time, and then some did again: a stall hides how many the
/// server could have served.
fn has_stalled(moments: &[Moment]) -> bool {
    let longest = moments.len() as f64 * MAX_STALLED;
    let mut stall = 0;
    moments.iter().any(|moment| {
        let before = stall;
        stall = if moment.samples() == 0 { stall + 1 } else { 0 };
        stall == 0 && before as f64 > longest
    })
}

/// Whether half of the time in which all threads stay has nearly as many successes as the peak.
fn has_recovered(course: &Course, stay: &[Moment], peak: f64) -> bool {
    let rates = stay
        .iter()
        .map(|moment| course.per_second(times::count(&moment.ok), 1));
    times::quantile(rates, 0.6).is_some_and(|usual| usual >= peak * RECOVERED)
}

/// Whether errors grow step by step with the load. If they set in at a moment, that is a failure of its
/// own.
fn do_errors_grow(steps: &[Step], last: f64) -> bool {
    let ratios = steps
        .iter()
        .map(|step| (step.samples - step.ok) as f64 / step.samples as f64);
    let between = ratios.filter(|ratio| (last * 0.15..=last * 0.85).contains(ratio));
    between.count() >= MIN_STEPS_BETWEEN
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::super::rise::Climb;
    use super::*;

    /// A ramp of two threads per second up to 160, which stay for 40 s. A thread sends ten requests
    /// per second; the server answers 800 per second with 80 threads, and `fall` times as many with 160.
    fn ramp(fall: f64) -> Course {
        let moments = (1..=120).map(|second| {
            let threads = f64::from(second.min(80)) * 2.0;
            let left = 1.0 - (1.0 - fall) * ((threads - 80.0) / 80.0).max(0.0);
            let rate = (threads * 10.0).min(800.0) * left;
            moment(rate as u64, (threads / rate * 1_000.0) as i64, threads)
        });
        course(moments.collect())
    }

    fn found(course: &Course) -> Option<Collapse> {
        find(course, &Rise::of(course, &Climb::of(course)?)?)
    }

    #[test]
    fn throughput_that_falls_as_threads_grow() {
        let found = found(&ramp(0.25)).unwrap();
        assert_eq!(
            found.sentence(),
            "Throughput peaked near 800/s at 80 threads and fell to 225/s at 157."
        );
        assert!(!found.is_by_errors);
        // By a quarter is enough.
        assert!(self::found(&ramp(0.75)).is_some());
    }

    #[test]
    fn successes_that_fall_because_ever_more_requests_fail() {
        let mut course = ramp(1.0);
        for moment in &mut course.moments {
            let failing = (moment.threads.unwrap() - 80.0).max(0.0) as u64 * 8;
            moment.ok[0].1 -= failing;
            moment.ko = vec![(2, failing * 2)];
        }
        let found = found(&course).unwrap();
        assert!(found.is_by_errors);
        assert!(
            found
                .sentence()
                .starts_with("Successes peaked near 800/s at 80 threads and fell to 187/s at 157"),
            "{}",
            found.sentence()
        );
    }

    #[test]
    fn other_falls_are_none() {
        // By a tenth.
        assert_eq!(found(&ramp(0.9)), None);
        // A pause in the plan: times stay as they are.
        let mut paused = ramp(0.25);
        for moment in &mut paused.moments {
            moment.ok[0].0 = 100;
        }
        assert_eq!(found(&paused), None);
        // A stall at the end of the ramp, after which all is well.
        let mut stalled = ramp(1.0);
        for moment in &mut stalled.moments[60..95] {
            moment.ok = vec![(4_000, 40)];
        }
        assert_eq!(found(&stalled), None);
        // A server that has slowed down a little, and stands still with all threads up.
        let mut still = ramp(0.85);
        for moment in &mut still.moments[82..92] {
            moment.ok.clear();
        }
        assert_eq!(found(&still), None);
        // Errors that set in at a moment.
        let mut failing = ramp(1.0);
        for moment in &mut failing.moments[60..] {
            moment.ok[0].1 = 100;
            moment.ko = vec![(2, 900)];
        }
        assert_eq!(found(&failing), None);
        // Threads that leave.
        let mut leaving = ramp(1.0);
        for (place, moment) in leaving.moments[80..].iter_mut().enumerate() {
            moment.threads = Some(160.0 - 4.0 * place as f64);
            moment.ok[0].1 = 800 - 20 * place as u64;
        }
        assert_eq!(found(&leaving), None);
    }
}
