//! The knee: where throughput stops growing with the threads while response times rise.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::course::{self, Course, Moment};
use super::super::times;
use super::super::words;
use crate::format;

/// Numbers of steps that the ramp is cut into, in the order tried: many show a knee near its start;
/// few give each step enough samples.
const STEPS: [usize; 2] = [24, 12];

/// Fewest successes in a step: with 100, the rate is nearly always within a fifth.
const MIN_SAMPLES: u64 = 100;

/// Smallest ratio of the threads in the last step of a ramp to those in its first.
const MIN_RAMP_RATIO: f64 = 3.0;

/// Smallest Spearman rank correlation of threads with time on a ramp.
const MIN_RAMP_CORRELATION: f64 = 0.95;

/// Share of the throughput at the end of the ramp that is reached at the knee.
const PLATEAU_REACHED: f64 = 0.95;

/// Share of the throughput at the end of the ramp that steps after the knee keep; with less, it is not
/// a plateau.
const PLATEAU_KEPT: f64 = 0.75;

/// Smallest share of those steps that keep it: others may have an error burst.
const MIN_KEPT_SHARE: f64 = 0.75;

/// Smallest ratio of the throughput at the knee to that of the first step: with less, it never grew.
const MIN_THROUGHPUT_GROWTH: f64 = 1.5;

/// Smallest ratio of the threads at the end to those at the knee: throughput should have grown by it.
const MIN_THREAD_GROWTH: f64 = 1.5;

/// Smallest ratio of the median at the end to that at the knee.
const MIN_SLOWDOWN: f64 = 1.5;

/// Smallest difference of these medians, ms: less does not matter and may be due to clock ticks.
const MIN_SLOWDOWN_MS: i64 = 5;

/// Fewest steps from the knee to the end.
const MIN_STEPS_FROM_KNEE: usize = 4;

/// Smallest Spearman rank correlation of the median with the threads from the knee on.
const MIN_MEDIAN_CORRELATION: f64 = 0.8;

/// The point where throughput stopped growing. Only successful samples count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Knee {
    /// Active threads at the knee.
    pub threads: f64,
    /// Time of the knee, epoch ms.
    pub time_ms: i64,
    /// Time of the knee, ms since the start of the run.
    pub since_start_ms: i64,
    /// Successes per second at the knee.
    pub throughput_per_second: f64,
    /// Median elapsed time at the knee, ms.
    pub median_ms: i64,
    /// Active threads at the end of the ramp.
    pub last_threads: f64,
    /// Successes per second in the last third of the ramp.
    pub last_throughput_per_second: f64,
    /// Median elapsed time at the end of the ramp, ms.
    pub last_median_ms: i64,
}

impl Told for Knee {
    fn sentence(&self) -> String {
        format!(
            "Throughput stopped growing at about {}, {}: from there to {}, successes went from {} to {} \
             per second while their median rose from {} to {} ms.",
            words::threads(self.threads),
            course::at(self.since_start_ms, self.time_ms),
            words::threads(self.last_threads),
            words::rate(self.throughput_per_second),
            words::rate(self.last_throughput_per_second),
            format::thousands(self.median_ms.unsigned_abs()),
            format::thousands(self.last_median_ms.unsigned_abs()),
        )
    }
}

/// A step of the ramp.
struct Step {
    start_ms: i64,
    threads: f64,
    throughput: f64,
    median: i64,
}

pub(super) fn find(course: &Course) -> Option<Knee> {
    let find = |steps: usize| {
        let ramp = ramp(course.inner(), steps)?;
        knee(course, &self::steps(course, ramp)?)
    };
    STEPS.into_iter().find_map(find)
}

fn knee(course: &Course, steps: &[Step]) -> Option<Knee> {
    let (first, last) = (steps.first()?, steps.last()?);
    let throughput = |steps: &[Step]| times::lower_median(steps.iter().map(|step| step.throughput));
    let last_throughput = throughput(&steps[steps.len() - steps.len() / 3..])?;
    let at = steps
        .iter()
        .position(|step| step.throughput >= last_throughput * PLATEAU_REACHED)?;
    let (knee, from_knee) = (&steps[at], &steps[at..]);
    let by_threads: Vec<_> = from_knee
        .iter()
        .map(|step| (step.threads, step.median as f64))
        .collect();
    let kept = from_knee
        .iter()
        .filter(|step| step.throughput >= last_throughput * PLATEAU_KEPT);
    let kept = kept.count();
    let is_knee = from_knee.len() >= MIN_STEPS_FROM_KNEE
        && knee.throughput >= first.throughput * MIN_THROUGHPUT_GROWTH
        && last.threads >= knee.threads * MIN_THREAD_GROWTH
        && last_throughput * PLATEAU_REACHED <= knee.throughput
        && kept as f64 >= from_knee.len() as f64 * MIN_KEPT_SHARE
        && last.median as f64 >= knee.median as f64 * MIN_SLOWDOWN
        && last.median - knee.median >= MIN_SLOWDOWN_MS
        && times::rank_correlation(&by_threads) >= MIN_MEDIAN_CORRELATION;
    is_knee.then(|| Knee {
        threads: knee.threads,
        time_ms: knee.start_ms,
        since_start_ms: course.since_start(knee.start_ms),
        throughput_per_second: knee.throughput,
        median_ms: knee.median,
        last_threads: last.threads,
        last_throughput_per_second: last_throughput,
        last_median_ms: last.median,
    })
}

/// Cuts the ramp, up to where nearly all threads are up, into steps; `None` if there is no steady ramp.
fn ramp(moments: &[Moment], steps: usize) -> Option<Vec<&[Moment]>> {
    /// The last few threads may start in a bucket of their own.
    const NEARLY_ALL: f64 = 0.98;
    let threads = moments.iter().filter_map(|moment| moment.threads);
    let max_threads = threads.fold(0.0, f64::max);
    let is_last = |moment: &Moment| {
        moment
            .threads
            .is_some_and(|own| own >= max_threads * NEARLY_ALL)
    };
    let end = moments.iter().position(is_last)? + 1;
    if end < steps {
        return None;
    }
    let part = |step: usize| moments.get(end * step / steps..end * (step + 1) / steps);
    let ramp: Vec<&[Moment]> = (0..steps).map(part).collect::<Option<_>>()?;
    let threads: Vec<f64> = ramp
        .iter()
        .map(|part| threads_of(part))
        .collect::<Option<_>>()?;
    let by_time: Vec<(f64, f64)> = (0..).map(f64::from).zip(threads.iter().copied()).collect();
    let is_ramp = threads.last()? >= &(threads.first()? * MIN_RAMP_RATIO)
        && times::rank_correlation(&by_time) >= MIN_RAMP_CORRELATION;
    is_ramp.then_some(ramp)
}

/// Returns the mean of active threads; `None` if no row reports them.
fn threads_of(moments: &[Moment]) -> Option<f64> {
    let threads: Vec<f64> = moments.iter().filter_map(|moment| moment.threads).collect();
    (!threads.is_empty()).then(|| threads.iter().sum::<f64>() / threads.len() as f64)
}

/// Computes the figures of each step of a ramp; `None` if a step has too few samples.
fn steps(course: &Course, ramp: Vec<&[Moment]>) -> Option<Vec<Step>> {
    let step = |part: &[Moment]| {
        let ok = times::merged(part.iter().map(|moment| &moment.ok));
        let count = times::count(&ok);
        (count >= MIN_SAMPLES).then_some(Step {
            start_ms: part.first()?.start_ms,
            threads: threads_of(part)?,
            throughput: course.per_second(count, part.len()),
            median: times::median(&ok)?,
        })
    };
    ramp.into_iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
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

    #[test]
    fn throughput_that_stops_growing_while_times_rise() {
        // 150 threads reach 1,500 per second.
        let knee = find(&ramp_to(1_500.0)).unwrap();
        insta::assert_snapshot!(knee.sentence());
    }

    #[test]
    fn a_knee_near_the_start() {
        // 60 threads reach 600 per second.
        let knee = find(&ramp_to(600.0)).unwrap();
        assert!((50.0..80.0).contains(&knee.threads), "{knee:?}");
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // It grows to the end; it stops near the end; it never grew.
        assert_eq!(find(&ramp_to(1e9)), None);
        assert_eq!(find(&ramp_to(3_500.0)), None);
        assert_eq!(find(&ramp_to(200.0)), None);
        // It is held by a timer: times do not rise.
        let mut paced = ramp_to(1_500.0);
        for moment in &mut paced.moments {
            moment.ok[0].0 = 100;
        }
        assert_eq!(find(&paced), None);
        // Always as many threads; too few samples; no samples.
        let mut flat = ramp_to(1_500.0);
        flat.moments
            .iter_mut()
            .for_each(|moment| moment.threads = Some(40.0));
        assert_eq!(find(&flat), None);
        let mut few = ramp_to(1_500.0);
        few.moments
            .iter_mut()
            .for_each(|moment| moment.ok[0].1 = 20);
        assert_eq!(find(&few), None);
        assert_eq!(find(&Course::default()), None);
    }
}
