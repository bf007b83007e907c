//! The knee: where throughput stopped growing with the threads while response times rose.

use serde::{Deserialize, Serialize};

use super::course::{self, Course, Moment};
use super::times;
use super::words;
use crate::format;

/// Parts that the ramp is cut into: many, to see a knee near its start, or few where many have too
/// few samples each.
const STEPS: [usize; 2] = [24, 12];

/// Samples that succeeded in each step, fewest: the rate of 100 is right within a fifth nearly always.
const FEWEST_SAMPLES: u64 = 100;

/// Threads in the last part of a ramp, in those of its first, at least.
const RAMP: f64 = 3.0;

/// How closely threads grow with time on a ramp: Spearman's rank correlation of the steps.
const STEADY_RAMP: f64 = 0.95;

/// Share of the throughput at the end of the ramp that the knee has reached.
const REACHED: f64 = 0.95;

/// Share of the throughput at the end of the ramp that steps behind the knee keep, or it is no
/// plateau that was reached.
const KEPT: f64 = 0.75;

/// Share of those steps that keep it, least: errors may burst meanwhile.
const KEPT_MOSTLY: f64 = 0.75;

/// How often as much as at first throughput is at the knee, at least: else it never grew.
const GREW: f64 = 1.5;

/// How often as many threads as at the knee there are at the end, at least: they should have given
/// as many times the throughput.
const MORE_THREADS: f64 = 1.5;

/// How often as long as at the knee the median is at the end, at least.
const SLOWER: f64 = 1.5;

/// By how much, at least, ms: less is of no matter, and the clock's ticks may make it up.
const SLOWER_MS: i64 = 5;

/// Steps from the knee on, fewest.
const FEWEST_BEHIND: usize = 4;

/// How closely the median grows with the threads behind the knee: Spearman's rank correlation.
const RISING: f64 = 0.8;

/// Where throughput stopped growing. Only samples that succeeded count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Knee {
    /// Active threads there.
    pub threads: f64,
    /// When there were so many, epoch ms.
    pub time_ms: i64,
    /// The same from the start of the run, ms.
    pub since_start_ms: i64,
    /// Successes per second there.
    pub throughput_per_second: f64,
    /// Median elapsed time there, ms.
    pub median_ms: i64,
    /// Active threads at the end of the ramp.
    pub last_threads: f64,
    /// Successes per second there, of its last third.
    pub last_throughput_per_second: f64,
    /// Median elapsed time there, ms.
    pub last_median_ms: i64,
}

impl Knee {
    pub(super) fn sentence(&self) -> String {
        format!(
            "Throughput stopped growing at about {}, {}: from there to {} successes went from {} to \
             {} a second, while their median went from {} to {} ms.",
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

/// A part of the ramp.
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
    let throughput = |steps: &[Step]| times::middle(steps.iter().map(|step| step.throughput));
    let last_throughput = throughput(&steps[steps.len() - steps.len() / 3..])?;
    let at = steps
        .iter()
        .position(|step| step.throughput >= last_throughput * REACHED)?;
    let (knee, behind) = (&steps[at], &steps[at..]);
    let by_threads: Vec<_> = behind
        .iter()
        .map(|step| (step.threads, step.median as f64))
        .collect();
    let kept = behind
        .iter()
        .filter(|step| step.throughput >= last_throughput * KEPT);
    let kept = kept.count();
    let is_knee = behind.len() >= FEWEST_BEHIND
        && knee.throughput >= first.throughput * GREW
        && last.threads >= knee.threads * MORE_THREADS
        && last_throughput * REACHED <= knee.throughput
        && kept as f64 >= behind.len() as f64 * KEPT_MOSTLY
        && last.median as f64 >= knee.median as f64 * SLOWER
        && last.median - knee.median >= SLOWER_MS
        && times::rank_correlation(&by_threads) >= RISING;
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

/// The stretches until nearly all threads are up, if there are more and more, in so many parts.
fn ramp(moments: &[Moment], steps: usize) -> Option<Vec<&[Moment]>> {
    /// The last few may be up in a stretch of their own.
    const NEARLY: f64 = 0.98;
    let threads = moments.iter().filter_map(|moment| moment.threads);
    let most = threads.fold(0.0, f64::max);
    let is_last = |moment: &Moment| moment.threads.is_some_and(|own| own >= most * NEARLY);
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
    let is_ramp = threads.last()? >= &(threads.first()? * RAMP)
        && times::rank_correlation(&by_time) >= STEADY_RAMP;
    is_ramp.then_some(ramp)
}

/// Mean active threads; `None` where no row tells.
fn threads_of(moments: &[Moment]) -> Option<f64> {
    let threads: Vec<f64> = moments.iter().filter_map(|moment| moment.threads).collect();
    (!threads.is_empty()).then(|| threads.iter().sum::<f64>() / threads.len() as f64)
}

/// The figures of each part of a ramp; `None` where a part has too few samples.
fn steps(course: &Course, ramp: Vec<&[Moment]>) -> Option<Vec<Step>> {
    let step = |part: &[Moment]| {
        let ok = times::merged(part.iter().map(|moment| &moment.ok));
        let count = times::count(&ok);
        (count >= FEWEST_SAMPLES).then_some(Step {
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
    use super::super::course::tests::{course, moment};
    use super::*;

    /// A ramp of ten threads a second up to 400: samples take 100 ms each, until the server gives
    /// no more than so many a second.
    fn ramp_to(most_per_second: f64) -> Course {
        course(
            (1..=40)
                .map(|second| {
                    let threads = f64::from(second) * 10.0;
                    let rate = (threads / 0.1).min(most_per_second);
                    moment(rate as u64, (threads / rate * 1_000.0) as i64, threads)
                })
                .collect(),
        )
    }

    #[test]
    fn throughput_that_stops_growing_while_times_rise() {
        // 1,500 a second are reached with 150 threads.
        let knee = find(&ramp_to(1_500.0)).unwrap();
        insta::assert_snapshot!(knee.sentence());
    }

    #[test]
    fn a_knee_near_the_start() {
        // 600 a second are reached with 60 threads.
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
