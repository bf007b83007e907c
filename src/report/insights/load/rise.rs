//! The part of a run in which the number of threads rises, cut into steps.

use super::super::course::{self, Course, Moment};
use super::super::times;
use crate::units::MS_PER_SECOND;

/// Numbers of steps that a rise is cut into, in the order tried: many show a knee near its start; few
/// give each step enough samples.
const STEPS: [usize; 3] = [24, 12, 8];

/// Fewest samples per step on average: with 100, the rate is nearly always within a fifth.
const MIN_SAMPLES: u64 = 100;

/// Fewest samples in any step: a server that collapses answers few.
const MIN_SAMPLES_IN_ANY: u64 = 20;

/// How much of the time before the rise belongs to its first step, as a share of the rise: one stair
/// of a rise by stairs.
const SHARE_BEFORE: usize = 6;

/// Smallest number of medians that a time in which times rise lasts. In the first moments of a run only quick
/// samples have ended, so that its times seem to rise.
pub(super) const MIN_MEDIANS: i64 = 8;

/// Fewest threads at the top: with fewer, each start of a thread is a rise of its own.
pub(super) const MIN_THREADS: f64 = 5.0;

/// Smallest ratio of the threads in the last step to those in the first.
pub(super) const MIN_GROWTH: f64 = 2.0;

/// Smallest Spearman rank correlation of threads with time.
const MIN_CORRELATION: f64 = 0.95;

/// Smallest ratio of the threads that leave during a rise to those that are added on balance if they come and
/// go. In a ramp-up, none leaves.
const MIN_LEAVING: f64 = 0.25;

/// Share of all threads that counts as all of them: the last few may start late.
const NEARLY_ALL: f64 = 0.98;

/// Share of the largest number of threads that counts as the number before the rise.
const BEFORE: f64 = 0.05;

/// Share of the threads between the fewest and the most up to which they are few.
const LOW: f64 = 0.2;

/// Smallest share of all threads while they stay: some are always between two samples.
const STAY: f64 = 0.95;

/// Consecutive buckets. Only successful samples count in `ok` and `median`.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub start_ms: i64,
    pub end_ms: i64,
    /// Mean number of active threads.
    pub threads: f64,
    pub samples: u64,
    pub ok: u64,
    /// Successes per second.
    pub throughput: f64,
    /// Samples per second.
    pub rate: f64,
    /// Median elapsed time, ms; `None` without successes.
    pub median: Option<i64>,
    /// Samples of each label and the sum of their elapsed times, ms.
    pub labels: Vec<(u64, f64)>,
    /// Sum of elapsed times of all samples, ms.
    pub elapsed_sum: f64,
}

/// Where the number of threads rises to its maximum for the first time: in a spike test, the first spike
/// up to its top.
pub(super) struct Climb<'a> {
    /// The buckets with few threads before it.
    pub low: &'a [Moment],
    /// All buckets from the beginning to its top.
    up: &'a [Moment],
    /// Where the number of threads begins to rise in them.
    start: usize,
    /// The buckets after them in which all threads stay.
    pub stay: &'a [Moment],
    /// The fewest threads before the top, and the most.
    threads: (f64, f64),
}

impl<'a> Climb<'a> {
    /// Finds where threads rise; `None` if their number is unknown.
    pub fn of(course: &'a Course) -> Option<Self> {
        let inner = course.inner();
        // After the last start, samples only end, however many threads are up.
        let end = inner.iter().rposition(|moment| moment.hits > 0)? + 1;
        let inner = &inner[..end];
        let known = || inner.iter().filter_map(|moment| moment.threads);
        let max = known().fold(0.0, f64::max);
        let is_up = |moment: &Moment, share| moment.threads.is_some_and(|own| own >= max * share);
        let top = inner.iter().position(|moment| is_up(moment, NEARLY_ALL))?;
        let min = inner[..=top].iter().filter_map(|moment| moment.threads);
        let min = min.fold(f64::MAX, f64::min);
        let up = &inner[..=top];
        let has_few = |moment: &Moment, share| {
            let own = moment.threads;
            own.is_some_and(|own| own <= min + (max - min) * share)
        };
        let start_from = |share| {
            let start = inner[..top].iter().rposition(|own| has_few(own, share));
            start.unwrap_or(0)
        };
        let low_end = start_from(LOW);
        let low = up[..low_end].iter().rev();
        let low = low.take_while(|own| own.threads.is_none() || has_few(own, LOW));
        let has_left = |moment: &Moment| moment.threads.is_some_and(|own| own < max * STAY);
        let left = inner[top..].iter().position(has_left);
        Some(Climb {
            low: &up[low_end - low.count()..low_end],
            up,
            start: start_from(BEFORE),
            stay: &inner[top + 1..left.map_or(inner.len(), |left| (top + left).max(top + 1))],
            threads: (min, max),
        })
    }

    /// Returns the number of buckets from those with few threads to the top.
    pub fn climbing(&self) -> usize {
        let is_first = |moment: &Moment| {
            self.low
                .last()
                .is_some_and(|last| moment.start_ms > last.start_ms)
        };
        self.up.iter().filter(|moment| is_first(moment)).count()
    }

    /// Returns the buckets in which the number of threads rises, and some of those before.
    fn moments(&self) -> &'a [Moment] {
        let (min, max) = self.threads;
        let most = min + (max - min) * BEFORE;
        let before = self.up[..self.start].iter().rev();
        let before = before.take_while(|own| own.threads.is_some_and(|own| own <= most));
        let longest = (self.up.len() - 1 - self.start) / SHARE_BEFORE;
        &self.up[self.start - before.count().min(longest)..]
    }
}

/// The climb in equal parts, with some of the time before it.
pub(super) struct Rise<'a> {
    /// The buckets in which the number of threads rises.
    pub moments: &'a [Moment],
    /// The buckets after them in which all threads stay.
    pub stay: &'a [Moment],
    /// The rise in equal parts.
    pub steps: Vec<Step>,
}

impl<'a> Rise<'a> {
    /// Cuts a climb into steps; `None` if the number of threads does not rise steadily, or with too few
    /// samples.
    pub fn of(course: &Course, climb: &Climb<'a>) -> Option<Self> {
        let (moments, max) = (climb.moments(), climb.threads.1);
        let steps = STEPS
            .into_iter()
            .find_map(|count| steps(course.bucket_ms, moments, count))?;
        let by_time: Vec<(f64, f64)> = (0..)
            .map(f64::from)
            .zip(steps.iter().map(|step| step.threads))
            .collect();
        let is_rise = max >= MIN_THREADS
            && steps.last()?.threads >= steps.first()?.threads * MIN_GROWTH
            && times::rank_correlation(&by_time) >= MIN_CORRELATION;
        is_rise.then_some(Rise {
            moments,
            stay: climb.stay,
            steps,
        })
    }
}

impl Rise<'_> {
    /// Whether threads come and go, as in an open workload, while they rise. Their number then follows response
    /// times, not the other way round.
    pub fn do_threads_come_and_go(&self) -> bool {
        let threads = self.moments.iter().filter_map(|moment| moment.threads);
        let threads: Vec<f64> = threads.collect();
        let (added, left) = threads.windows(2).fold((0.0, 0.0), |sum, pair| {
            let change = pair[1] - pair[0];
            (
                sum.0 + f64::max(change, 0.0),
                sum.1 + f64::max(-change, 0.0),
            )
        });
        left >= (added - left) * MIN_LEAVING
    }
}

fn steps(bucket_ms: i64, moments: &[Moment], count: usize) -> Option<Vec<Step>> {
    if moments.len() < count {
        return None;
    }
    let part =
        |step: usize| moments.get(moments.len() * step / count..moments.len() * (step + 1) / count);
    let steps = (0..count).map(|step| Step::of(bucket_ms, part(step)?));
    let steps: Vec<Step> = steps.collect::<Option<_>>()?;
    let samples: u64 = steps.iter().map(|step| step.samples).sum();
    let is_any_empty = steps.iter().any(|step| step.samples < MIN_SAMPLES_IN_ANY);
    let has_enough = samples >= MIN_SAMPLES * count as u64 && !is_any_empty;
    has_enough.then_some(steps)
}

impl Step {
    /// Computes the figures of some buckets; `None` if no row in them reports threads.
    pub fn of(bucket_ms: i64, moments: &[Moment]) -> Option<Step> {
        let threads: Vec<f64> = moments.iter().filter_map(|moment| moment.threads).collect();
        let ok = times::merged(moments.iter().map(|moment| &moment.ok));
        let count = times::count(&ok);
        let samples = course::samples(moments);
        let length_ms = bucket_ms.saturating_mul(moments.len() as i64);
        let per_second = |count: u64| count as f64 / length_ms as f64 * MS_PER_SECOND;
        let mut labels = Vec::new();
        for moment in moments {
            labels.resize(moment.labels.len().max(labels.len()), (0, 0.0));
            for (sum, own) in labels.iter_mut().zip(&moment.labels) {
                *sum = (sum.0 + own.0, sum.1 + own.1);
            }
        }
        let start_ms = moments.first()?.start_ms;
        (!threads.is_empty()).then(|| Step {
            start_ms,
            end_ms: start_ms.saturating_add(length_ms),
            threads: threads.iter().sum::<f64>() / threads.len() as f64,
            samples,
            ok: count,
            throughput: per_second(count),
            rate: per_second(samples),
            median: times::median(&ok),
            labels,
            elapsed_sum: moments.iter().map(Moment::elapsed_sum).sum(),
        })
    }

    /// Mean elapsed time of all samples, ms.
    pub fn mean(&self) -> f64 {
        self.elapsed_sum / self.samples.max(1) as f64
    }

    /// Returns the ratio of this mean elapsed time to that of an earlier step as it would be with the
    /// same mix of labels in both.
    pub fn slowdown_by_label(&self, before: &Step) -> f64 {
        let mut sums = (0.0, 0.0);
        for (now, then) in self.labels.iter().zip(&before.labels) {
            if now.0 > 0 && then.0 > 0 {
                let weight = (now.0 + then.0) as f64;
                sums.0 += weight * now.1 / now.0 as f64;
                sums.1 += weight * then.1 / then.0 as f64;
            }
        }
        match sums.1 > 0.0 {
            true => sums.0 / sums.1,
            false => self.mean() / before.mean(),
        }
    }

    /// Returns the share of the threads added since an earlier step that wait for responses because of
    /// longer response times, where none would wait if times had stayed as they were.
    ///
    /// A thread sends, waits for the response and pauses. By Little's law threads are the rate times
    /// the time of such a round, so that with a constant pause times grow by the growth of threads
    /// over rate. If they grow less, the plan holds the rate and not the server.
    pub fn share_queued(&self, before: &Step) -> f64 {
        let round = |step: &Step| step.threads / step.rate * MS_PER_SECOND;
        (self.mean() - before.mean()) / (round(self) - round(before))
    }
}
