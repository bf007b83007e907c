//! Stalls: for a while no request ends although some are in flight, then all of them end at once.

use serde::{Deserialize, Serialize};

use super::super::course::{self, Course, Moment};
use super::super::times::{self, Counts};
use super::super::{Told, Totals, severity, words};
use super::silence::{Silence, silences};
use crate::format;
use crate::report::ResourceRow;
use crate::stats::{exact_from, part_ms};

/// Shortest stall in medians of elapsed time of the whole run.
const MIN_MEDIANS: i64 = 20;

/// The same of the time around it, in which the median is less certain.
const MIN_MEDIANS_AROUND: i64 = 15;

/// Shortest stall, ms: shorter ones are usual for garbage collectors, disks and networks.
const MIN_LENGTH_MS: i64 = 1_000;

/// A sample is held up if it takes half as long as the shortest stall: of those that arrive during a
/// stall, half wait at most half of it.
const HELD_UP_SHARE: i64 = 2;

/// Fewest samples that all stalls together hold up: of ten, a few may be long by themselves.
const MIN_SAMPLES: u64 = 13;

/// Fewest samples that each of several stalls holds up.
const MIN_SAMPLES_OF_EACH: u64 = 8;

/// Smallest share that the samples held up by several stalls have of all that take as long between the
/// first and the last of them.
const MIN_SHARE_HELD_UP: f64 = 0.65;

/// Fewest samples that would have ended during a stall at the rates before and after it.
const MIN_MISSING_SAMPLES: f64 = 5.0;

/// Fewest buckets in which the samples held up end: that at the end of the silence, and the next.
const MIN_BUCKETS_RELEASED: usize = 2;

/// Buckets with samples on either side that show the rate and the median around a stall.
const BUCKETS_AROUND: usize = 8;

/// How many times as far away those buckets may be, if some between are empty.
const MAX_DISTANCE: usize = 3;

/// How much of a stall a request must have waited: the first may have arrived after it began.
const MIN_IN_FLIGHT_SHARE: f64 = 0.7;

/// Largest share of the samples outside of stalls that take as long: then such requests are usual, and
/// users that go in step wait for them together. It may be larger if half of the threads were held up, not
/// counting as many as usually take as long.
const MAX_USUAL_SHARE: f64 = 0.03;
const MAX_USUAL_SHARE_OF_HALF: f64 = 0.1;

/// Share of all samples that must end elsewhere to show what is usual: one in this many.
const MIN_ELSEWHERE: u64 = 2;

/// Largest probability that all threads had a long request of their own at once.
const MAX_CHANCE: f64 = 1e-3;

/// Largest share of failures among the samples held up: more are timeouts of an outage.
const MAX_FAILED_SHARE: f64 = 0.5;

/// Shortest time between two rows of the monitor, which writes one per second, that is a gap.
const MIN_MONITOR_GAP_MS: i64 = 2_000;

/// One or a few stalls without a rhythm. Rows of transaction controllers count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stall {
    /// When the first stall began, to a fiftieth of a bucket, epoch ms.
    pub start_ms: i64,
    /// When the first stall began, ms since the start of the run.
    pub since_start_ms: i64,
    /// From the start of the first stall to the end of the last, to a fiftieth of a bucket, ms.
    pub length_ms: i64,
    /// Number of stalls.
    pub stalls: u64,
    /// How long no sample ended in all stalls together, to a fiftieth of a bucket each, ms.
    pub stalled_ms: i64,
    /// Samples that ended from `from_ms` to `to_ms` and took `held_up_ms` or longer.
    pub samples: u64,
    /// Shortest elapsed time of a sample that counts as held up, ms.
    pub held_up_ms: i64,
    /// Longest elapsed time of a sample that ended from `from_ms` to `to_ms`, ms.
    pub longest_ms: i64,
    /// Median elapsed time of all samples, ms.
    pub median_ms: i64,
    /// Start of the bucket in which the first stall ended, epoch ms.
    pub from_ms: i64,
    /// End of the bucket in which the last samples held up ended, half as long after the last stall as the
    /// shortest stall or in the bucket after it, epoch ms; not included.
    pub to_ms: i64,
    /// Whether the maximum of TOTAL in the selection of `next_step` is `longest_ms`.
    #[serde(default)]
    pub is_longest_selected: bool,
    /// Gaps of 2 s or more in the monitor's file at the time of a stall.
    #[serde(default)]
    pub monitor_gaps: u64,
}

impl Stall {
    /// Whether samples that start in this time are those that it holds up.
    pub(in super::super) fn holds_up(&self, start_ms: i64, end_ms: i64) -> bool {
        start_ms >= self.from_ms.saturating_sub(self.longest_ms) && end_ms <= self.to_ms
    }
}

impl Told for Stall {
    fn sentence(&self) -> String {
        let (who, median) = match self.monitor_gaps {
            0 => (
                "all requests stalled",
                format!(" (median {})", words::ms(self.median_ms)),
            ),
            _ => ("the machine stood still", String::new()),
        };
        let often = match self.stalls {
            1 => String::new(),
            stalls => format!(" {} times", format::thousands(stalls)),
        };
        let end_ms = self.start_ms.saturating_add(self.length_ms);
        format!(
            "{}: {who}{often}; {} took {} to {}{median}.",
            words::span(self.since_start_ms, self.start_ms, end_ms),
            format::counted(self.samples, "sample"),
            words::ms(self.held_up_ms),
            words::ms(self.longest_ms),
        )
    }

    fn next_step(&self) -> Vec<String> {
        if !self.is_longest_selected {
            return Vec::new();
        }
        let start = self.start_ms.saturating_sub(self.since_start_ms);
        let from = self.from_ms.saturating_sub(self.longest_ms).max(start);
        [
            "--from",
            &super::moment_option(from),
            "--to",
            &super::moment_option(self.to_ms),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

/// Finds stalls; `monitored` are the rows of the server's monitor.
pub(super) fn find(course: &Course, monitored: &[ResourceRow]) -> Option<Stall> {
    let median = times::median(&course.elapsed)?;
    let min = median.saturating_mul(MIN_MEDIANS).max(MIN_LENGTH_MS);
    let held_up = exact_from(min / HELD_UP_SHARE);
    let buckets_released = buckets_released(course, min);
    let released = |silence: &Silence| {
        let after = course.moments.get(silence.last..).unwrap_or_default();
        &after[..after.len().min(buckets_released)]
    };
    let mut found = silences(course, min.saturating_sub(slack(course)));
    found.retain(|silence| is_stall(course, silence, released(silence), (min, held_up)));
    let usual = Usual::new(course, &found, buckets_released);
    if times::count(&usual.elsewhere) < times::count(&usual.all) / MIN_ELSEWHERE {
        return None;
    }
    let held = |silence: &Silence| count_from(released(silence), held_up);
    found.retain(|silence| {
        usual.is_exceeded(course, silence, released(silence), held_up)
            && held(silence) >= MIN_SAMPLES_OF_EACH
    });
    if !are_told_together(course, &found, held, held_up) {
        let largest = found.iter().copied().max_by_key(held);
        found = largest.into_iter().collect();
    }
    let (first, last) = (found.first()?, found.last()?);
    let range = course.moments.get(first.last..)?;
    let buckets = (last.last - first.last).saturating_add(buckets_released);
    let range = &range[..buckets.min(range.len())];
    let samples = count_from(range, held_up);
    if samples < MIN_SAMPLES {
        return None;
    }
    let longest_ms = range.iter().map(|moment| moment.longest_ms).max()?;
    let from_ms = range.first()?.start_ms;
    let to_ms = (range.last()?.start_ms).saturating_add(course.bucket_ms);
    // Samples that start before the end of the range and end after it may take longer.
    let mut later = course
        .moments
        .iter()
        .skip_while(|moment| moment.start_ms < to_ms);
    let is_longest_selected = !later.any(|moment| {
        moment.longest_ms > longest_ms && moment.start_ms.saturating_sub(moment.longest_ms) < to_ms
    });
    Some(Stall {
        start_ms: first.start_ms,
        since_start_ms: course.since_start(first.start_ms),
        length_ms: last.end_ms.saturating_sub(first.start_ms),
        stalls: found.len() as u64,
        stalled_ms: found.iter().map(Silence::length_ms).sum(),
        samples,
        held_up_ms: held_up,
        longest_ms,
        median_ms: median,
        from_ms,
        to_ms,
        is_longest_selected,
        monitor_gaps: monitor_gaps(&found, monitored),
    })
}

/// Whether most of the samples that take as long in the time of several stalls are those that they hold up.
/// Otherwise the figures of that time are of other slow samples.
fn are_told_together(
    course: &Course,
    stalls: &[Silence],
    held: impl Fn(&Silence) -> u64,
    held_up: i64,
) -> bool {
    let (Some(first), Some(last)) = (stalls.first(), stalls.last()) else {
        return true;
    };
    let range = course.moments.get(first.last..=last.last);
    let all = count_from(range.unwrap_or_default(), held_up);
    let of_stalls: u64 = stalls.iter().map(held).sum();
    of_stalls as f64 >= all as f64 * MIN_SHARE_HELD_UP
}

/// How much longer than measured a silence may be.
fn slack(course: &Course) -> i64 {
    part_ms(course.bucket_ms).saturating_mul(2)
}

/// Whether requests were in flight during a silence that is too long for the run, and were held up.
fn is_stall(
    course: &Course,
    silence: &Silence,
    released: &[Moment],
    (min, held_up): (i64, i64),
) -> bool {
    let length = silence.length_ms();
    let longest = released.iter().map(|moment| moment.longest_ms).max();
    let long_enough = (min.max(length) as f64 * MIN_IN_FLIGHT_SHARE) as i64;
    if longest.is_none_or(|longest| longest < long_enough) {
        return false;
    }
    let long = held_up.max(length / HELD_UP_SHARE);
    let held = count_from(released, long);
    let failed: u64 = (released.iter())
        .map(|moment| times::count_from(&moment.ko, long))
        .sum();
    if held == 0 || failed as f64 > held as f64 * MAX_FAILED_SHARE {
        return false;
    }
    let near = BUCKETS_AROUND * MAX_DISTANCE;
    let before = course.moments.get(..silence.first).unwrap_or_default();
    let before = busy(before.iter().rev().take(near));
    let after = course
        .moments
        .get(silence.last + released.len()..)
        .unwrap_or_default();
    let after = busy(after.iter().take(near));
    let missing = [&before, &after]
        .into_iter()
        .filter(|side| !side.is_empty())
        .map(|side| rate(course, side) * length as f64);
    if missing.fold(f64::INFINITY, f64::min) < MIN_MISSING_SAMPLES {
        return false;
    }
    let around = before.iter().chain(&after);
    let around = times::merged(around.flat_map(|moment| [&moment.ok, &moment.ko]));
    times::median(&around).is_none_or(|median| {
        length.saturating_add(slack(course)) >= median.saturating_mul(MIN_MEDIANS_AROUND)
    })
}

/// Returns in how many buckets the samples held up end: they take a few medians after a stall.
fn buckets_released(course: &Course, min: i64) -> usize {
    let buckets = min / HELD_UP_SHARE / course.bucket_ms.max(1) + 1;
    usize::try_from(buckets).map_or(MIN_BUCKETS_RELEASED, |buckets| {
        buckets.max(MIN_BUCKETS_RELEASED)
    })
}

fn count_from(moments: &[Moment], min_ms: i64) -> u64 {
    moments.iter().map(|moment| moment.count_from(min_ms)).sum()
}

/// The nearest buckets with samples: other stalls may be near.
fn busy<'c>(moments: impl Iterator<Item = &'c Moment>) -> Vec<&'c Moment> {
    let busy = moments.filter(|moment| moment.samples() > 0);
    busy.take(BUCKETS_AROUND).collect()
}

/// Samples per ms in the part of some buckets that the run covers.
fn rate(course: &Course, moments: &[&Moment]) -> f64 {
    let covered = moments.iter().map(|moment| {
        let from = moment.start_ms.max(course.start_ms);
        let to = (moment.start_ms.saturating_add(course.bucket_ms)).min(course.end_ms);
        to.saturating_sub(from).max(1) as f64
    });
    let samples: u64 = moments.iter().map(|moment| moment.samples()).sum();
    samples as f64 / covered.sum::<f64>()
}

/// What a stall must exceed.
struct Usual {
    /// Elapsed times of all samples.
    all: Counts,
    /// Those of the samples that did not end after a silence.
    elsewhere: Counts,
    /// The most threads; 0 if unknown.
    threads: f64,
}

impl Usual {
    fn new(course: &Course, silences: &[Silence], buckets_released: usize) -> Self {
        let is_released = |place: usize| {
            let zone =
                |silence: &Silence| silence.last..silence.last.saturating_add(buckets_released);
            (silences.iter()).any(|silence| zone(silence).contains(&place))
        };
        let moments = course.moments.iter().enumerate();
        let elsewhere = moments.filter(|(place, _)| !is_released(*place));
        let threads = course.moments.iter().filter_map(|moment| moment.threads);
        Usual {
            all: course::elapsed(&course.moments),
            elsewhere: times::merged(elsewhere.flat_map(|(_, moment)| [&moment.ok, &moment.ko])),
            threads: threads.fold(0.0, f64::max),
        }
    }

    /// Whether requests as long as a stall are rare in the run, and too rare for as many threads as were
    /// held up to have one at once: with the share of the threads' time that such requests take, to the
    /// power of the threads, times the number of moments in the run.
    fn is_exceeded(
        &self,
        course: &Course,
        silence: &Silence,
        released: &[Moment],
        held_up: i64,
    ) -> bool {
        let length = silence.length_ms();
        let long = held_up.max(length / HELD_UP_SHARE);
        let elsewhere = times::count(&self.elsewhere).max(1) as f64;
        let usual_share = times::count_from(&self.elsewhere, long) as f64 / elsewhere;
        let held = count_from(released, long) as f64;
        // Wide buckets have many that took as long anyway.
        let usual = course::samples(released) as f64 * usual_share;
        let is_half = self.threads > 0.0 && (held - 2.0 * usual) * 2.0 >= self.threads;
        let max_usual_share = match is_half {
            true => MAX_USUAL_SHARE_OF_HALF,
            false => MAX_USUAL_SHARE,
        };
        if usual_share > max_usual_share {
            return false;
        }
        let threads = self.threads.max(1.0);
        let threads_held = if self.threads > 0.0 {
            held.min(threads)
        } else {
            held
        };
        let place = self.all.partition_point(|&(value, _)| value < long);
        let time = times::sum(&self.all[place..]) as f64;
        let run = course.length_ms().max(1) as f64;
        let share = (time / (threads.max(held) * run)).min(1.0);
        share.powf(threads_held) * (run / length.max(1) as f64) <= MAX_CHANCE
    }
}

/// Returns how many gaps in the monitor's file coincide with stalls.
fn monitor_gaps(stalls: &[Silence], monitored: &[ResourceRow]) -> u64 {
    let mut times: Vec<i64> = monitored.iter().map(|row| row.time_ms).collect();
    times.sort_unstable();
    let gaps = times.windows(2).filter(|pair| {
        // A row has the end of its second.
        pair[1].saturating_sub(pair[0]) >= MIN_MONITOR_GAP_MS
            && (stalls.iter()).any(|stall| stall.start_ms < pair[1] && pair[0] < stall.end_ms)
    });
    gaps.count() as u64
}
