//! Saturation: throughput stops growing with the threads while response times rise.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::Totals;
use super::super::course::Course;
use super::super::severity;
use super::super::times;
use super::super::words;
use super::rise::{MIN_MEDIANS, Rise, Step};
use crate::format;

/// Share of the throughput at the end of the rise that is reached at the knee.
const PLATEAU_REACHED: f64 = 0.95;

/// Share of the throughput at the end of the rise that steps after the knee keep; with less, it is not
/// a plateau.
const PLATEAU_KEPT: f64 = 0.75;

/// Smallest share of those steps that keep it.
const MIN_KEPT_SHARE: f64 = 0.75;

/// Share of the throughput at the end of the rise with which the first step has reached the plateau
/// already, or nearly.
const REACHED_AT_FIRST: f64 = 0.9;

/// Smallest ratio of the threads at the end to those in a first step that has. An open workload that
/// slows down at a constant rate has as many more threads as its times are longer, which is rarely so
/// much.
const MIN_GROWTH_FROM_FIRST: f64 = 10.0;

/// Smallest ratio of the threads at the end to those at the start otherwise.
const MIN_GROWTH: f64 = 3.0;

/// Smallest ratio of the threads at the end to those at the knee: throughput should have grown by it.
const MIN_THREAD_GROWTH: f64 = 1.5;

/// Smallest ratio of the median at the end to that at the knee.
const MIN_SLOWDOWN: f64 = 1.5;

/// Smallest difference of these medians, ms: less does not matter and may be due to clock ticks.
const MIN_SLOWDOWN_MS: i64 = 5;

/// Ratio of the medians from which a shorter time than [`MIN_MEDIANS`] will do: so far they do not seem to
/// rise.
const CLEAR_SLOWDOWN: f64 = 3.0;

/// Largest growth of the rate of all requests from the knee to the end, as a share of that of the threads.
const MAX_RATE_GROWTH: f64 = 0.5;

/// Fewest steps from the knee to the end.
const MIN_STEPS_FROM_KNEE: usize = 3;

/// Largest share of failures in a step that counts, if enough steps have no more: while most requests fail,
/// the server is free for the rest.
const MAX_ERRORS: f64 = 0.2;

/// Smallest share of steps with that few failures.
const MIN_CALM_SHARE: f64 = 0.6;

/// Ratio of the threads up to which neighbouring steps are on one stair. Their medians are compared as one.
const SAME_STAIR: f64 = 1.05;

/// Smallest Spearman rank correlation of the median with the threads from the knee on.
const MIN_MEDIAN_CORRELATION: f64 = 0.9;

/// Smallest ratio of mean elapsed times at the end to those at the knee for the same mix of labels.
const MIN_LABEL_SLOWDOWN: f64 = 1.3;

/// Smallest share of added threads that queue: see `Step::share_queued`.
const MIN_QUEUED: f64 = 0.5;

/// The point where throughput stopped growing. Only successful samples count. A sample belongs to the
/// time of its end.
/// Medians are exact below 2,048 ms and within 0.1% above, rounded up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SaturatedThroughput {
    /// Active threads at the knee.
    pub threads: f64,
    /// Time of the knee, epoch ms. Its figures are those from here to `knee_end_ms`.
    pub time_ms: i64,
    /// End of that time, epoch ms.
    pub knee_end_ms: i64,
    /// Time of the knee, ms since the start of the run.
    pub since_start_ms: i64,
    /// Successes per second at the knee.
    pub throughput_per_second: f64,
    /// Median elapsed time at the knee, ms.
    pub median_ms: i64,
    /// Start of the last part of the rise, epoch ms.
    pub last_start_ms: i64,
    /// End of the last part of the rise, epoch ms.
    pub last_end_ms: i64,
    /// Active threads in the last part of the rise.
    pub last_threads: f64,
    /// Successes per second in the last part of the rise.
    pub last_throughput_per_second: f64,
    /// Median elapsed time in the last part of the rise, ms.
    pub last_median_ms: i64,
    /// Samples from the knee to the end of the rise.
    pub samples: u64,
}

impl Told for SaturatedThroughput {
    fn sentence(&self) -> String {
        format!(
            "Throughput stopped growing near {}/s at {}; from there to {} the median rose from {} to {}.",
            words::rate(self.throughput_per_second),
            words::threads(self.threads),
            format::thousands(self.last_threads.round() as u64),
            words::ms(self.median_ms),
            words::ms(self.last_median_ms),
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

pub(super) fn find(course: &Course, rise: &Rise<'_>) -> Option<SaturatedThroughput> {
    if rise.do_threads_come_and_go() {
        return None;
    }
    let calm = rise.steps.iter().filter(|step| step.is_calm());
    let calm: Vec<&Step> = calm.collect();
    let steps: Vec<&Step> = match calm.len() as f64 >= rise.steps.len() as f64 * MIN_CALM_SHARE {
        true => calm,
        false => rise.steps.iter().collect(),
    };
    let third = &steps[steps.len() - steps.len() / 3..];
    let plateau = times::lower_median(third.iter().map(|step| step.throughput))?;
    let at = steps
        .iter()
        .position(|step| step.throughput >= plateau * PLATEAU_REACHED)?;
    let from_knee = &steps[at..];
    let (knee, last) = (&steps[at], steps.last()?);
    let by_threads = by_stair(from_knee)?;
    let kept = from_knee
        .iter()
        .filter(|step| step.throughput >= plateau * PLATEAU_KEPT)
        .count();
    let first = steps.first()?;
    let min_growth = match first.throughput >= plateau * REACHED_AT_FIRST {
        true => MIN_GROWTH_FROM_FIRST,
        false => MIN_GROWTH,
    };
    let (median, last_median) = (knee.median?, last.median?);
    let length = last.end_ms.saturating_sub(knee.start_ms);
    let is_long = length >= last_median.saturating_mul(MIN_MEDIANS)
        || last_median as f64 >= median as f64 * CLEAR_SLOWDOWN;
    let is_saturated = is_long
        && from_knee.len() >= MIN_STEPS_FROM_KNEE
        && last.threads >= knee.threads * MIN_THREAD_GROWTH
        && last.threads >= first.threads * min_growth
        && kept as f64 >= from_knee.len() as f64 * MIN_KEPT_SHARE
        && last_median as f64 >= median as f64 * MIN_SLOWDOWN
        && last_median - median >= MIN_SLOWDOWN_MS
        && times::rank_correlation(&by_threads) >= MIN_MEDIAN_CORRELATION
        && last.slowdown_by_label(knee) >= MIN_LABEL_SLOWDOWN
        && last.share_queued(knee) >= MIN_QUEUED
        && !do_requests_grow(knee, last);
    // Those of steps with many failures, too.
    let within = rise
        .steps
        .iter()
        .filter(|step| step.start_ms >= knee.start_ms && step.end_ms <= last.end_ms);
    is_saturated.then(|| SaturatedThroughput {
        threads: knee.threads,
        time_ms: knee.start_ms,
        knee_end_ms: knee.end_ms,
        since_start_ms: course.since_start(knee.start_ms),
        throughput_per_second: knee.throughput,
        median_ms: median,
        last_start_ms: last.start_ms,
        last_end_ms: last.end_ms,
        last_threads: last.threads,
        last_throughput_per_second: last.throughput,
        last_median_ms: last_median,
        samples: within.map(|step| step.samples).sum(),
    })
}

impl Step {
    fn is_calm(&self) -> bool {
        (self.samples - self.ok) as f64 <= self.samples as f64 * MAX_ERRORS
    }
}

/// Returns the threads of each stair and the mean of the medians of its steps; `None` if a step has no
/// median.
fn by_stair(steps: &[&Step]) -> Option<Vec<(f64, f64)>> {
    let is_same = |a: &&Step, b: &&Step| b.threads <= a.threads * SAME_STAIR;
    let stairs = steps.chunk_by(is_same).map(|stair| {
        let medians = stair.iter().map(|step| step.median.map(|ms| ms as f64));
        let sum: f64 = medians.sum::<Option<f64>>()?;
        Some((stair.first()?.threads, sum / stair.len() as f64))
    });
    stairs.collect()
}

/// Whether all requests, those that fail too, grow with the threads: then failures and not the server's limit
/// hold the number of successes.
fn do_requests_grow(knee: &Step, last: &Step) -> bool {
    let growth = last.threads / knee.threads - 1.0;
    last.rate > knee.rate * (1.0 + growth * MAX_RATE_GROWTH)
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::super::rise::Climb;
    use super::*;

    /// A ramp of ten threads per second up to 400. Samples take 100 ms until the server reaches its
    /// maximum throughput.
    fn ramp_to(max_per_second: f64) -> Course {
        course(
            (1..=40)
                .map(|second| {
                    let threads = f64::from(second) * 10.0;
                    let rate = (threads / 0.1).min(max_per_second);
                    moment(rate as u64, (threads / rate * 1_000.0) as i64, threads)
                })
                .collect(),
        )
    }

    fn found(course: &Course) -> Option<SaturatedThroughput> {
        find(course, &Rise::of(course, &Climb::of(course)?)?)
    }

    #[test]
    fn throughput_that_stops_growing_while_times_rise() {
        // 150 threads reach 1,500 per second.
        let found = found(&ramp_to(1_500.0)).unwrap();
        assert_eq!(
            found.sentence(),
            "Throughput stopped growing near 1,450/s at 145 threads; from there to 385 the median rose from 100 ms to 253 ms."
        );
    }

    #[test]
    fn a_knee_near_the_start() {
        // 60 threads reach 600 per second.
        let found = found(&ramp_to(600.0)).unwrap();
        assert!((50.0..80.0).contains(&found.threads), "{found:?}");
        // Throughput that stayed as it was from the first threads on.
        assert!(self::found(&ramp_to(150.0)).is_some());
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // It grows to the end; it stops near the end.
        assert_eq!(found(&ramp_to(1e9)), None);
        assert_eq!(found(&ramp_to(3_500.0)), None);
        // It is held by a timer: times do not rise, or rise less than threads would wait.
        for slower in [0, 1] {
            let mut paced = ramp_to(1_500.0);
            for (second, moment) in (0..).zip(&mut paced.moments) {
                moment.ok[0].0 = 20 + slower * second;
            }
            assert_eq!(found(&paced), None);
        }
        // Always as many threads; too few samples; no samples.
        let mut flat = ramp_to(1_500.0);
        flat.moments
            .iter_mut()
            .for_each(|moment| moment.threads = Some(40.0));
        assert_eq!(found(&flat), None);
        let mut few = ramp_to(1_500.0);
        few.moments
            .iter_mut()
            .for_each(|moment| moment.ok[0].1 = 20);
        assert_eq!(found(&few), None);
        assert_eq!(found(&Course::default()), None);
    }
}
