//! Response times that rise with the number of threads although throughput still grows.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::course::Course;
use super::super::severity;
use super::super::words;
use super::super::{Totals, times};
use super::rise::Rise;
use crate::format;

/// Smallest ratio of the median at the end of the rise to that at its start.
const MIN_SLOWDOWN: f64 = 2.0;

/// Smallest difference of these medians, ms.
const MIN_SLOWDOWN_MS: i64 = 20;

/// Smallest Spearman rank correlation of the median with the threads.
const MIN_MEDIAN_CORRELATION: f64 = 0.8;

/// Smallest ratio of mean elapsed times at the end to those at the start for the same mix of labels.
const MIN_LABEL_SLOWDOWN: f64 = 1.5;

/// Smallest ratio of the throughput at the end to that at the start.
const MIN_THROUGHPUT_GROWTH: f64 = 1.5;

/// Smallest share of the highest throughput in any step that is left at the end.
const MIN_LEFT: f64 = 0.85;

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
    /// Samples in the second half of the rise.
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

pub(super) fn find(course: &Course, rise: &Rise<'_>) -> Option<RisesWithLoad> {
    let steps = &rise.steps;
    let (first, last) = (steps.first()?, steps.last()?);
    let by_threads: Vec<(f64, f64)> = steps
        .iter()
        .map(|step| Some((step.threads, step.median? as f64)))
        .collect::<Option<_>>()?;
    let (median, last_median) = (first.median?, last.median?);
    let highest = steps.iter().map(|step| step.throughput).fold(0.0, f64::max);
    let does_rise = last_median as f64 >= median as f64 * MIN_SLOWDOWN
        && last_median - median >= MIN_SLOWDOWN_MS
        && times::rank_correlation(&by_threads) >= MIN_MEDIAN_CORRELATION
        && last.throughput >= first.throughput * MIN_THROUGHPUT_GROWTH
        && last.throughput >= highest * MIN_LEFT
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
        samples: (steps.iter().skip(steps.len() / 2))
            .map(|step| step.samples)
            .sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::*;

    /// A ramp of one thread per second up to 60. Each waits as long as `elapsed` says for a number of
    /// threads, then for 400 ms.
    fn ramp(elapsed: impl Fn(f64) -> f64) -> Option<RisesWithLoad> {
        let moments = (1..=60).map(|second| {
            let threads = f64::from(second);
            let elapsed = elapsed(threads);
            let rate = threads / (elapsed + 400.0) * 1_000.0;
            moment(rate as u64, elapsed as i64, threads)
        });
        let course = course(moments.collect());
        find(&course, &Rise::of(&course)?)
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
    fn weak_evidence_says_nothing() {
        // They stay; they rise by half; they rise by less than 20 ms.
        assert_eq!(ramp(|_| 40.0), None);
        assert_eq!(ramp(|threads| 100.0 + threads), None);
        assert_eq!(ramp(|threads| 2.0 + threads / 5.0), None);
    }
}
