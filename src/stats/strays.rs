//! Samples whose time is implausibly far from all others.
//!
//! A time stamp of 0, or one that has lost a digit, makes a run of minutes last for decades, and its
//! throughput nearly nothing.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::timeline::Timeline;

/// Shortest distance of a stray sample from the rest, ms.
const MIN_DISTANCE_MS: i64 = 3_600_000;

/// Shortest distance of a stray sample from the rest, in lengths of the rest.
const MIN_LENGTHS: i64 = 10;

/// Times that a clock may show during a test: the years 2000 to 2099, epoch ms.
const PLAUSIBLE: RangeInclusive<i64> = 946_684_800_000..=4_102_444_799_999;

/// Stray samples at plausible times are at most one in so many.
const MAX_SHARE: u64 = 100;

/// As many samples at about the same plausible time may be a run of their own.
const MIN_RUN: u64 = 100;

/// The stray samples of a run, and what remains without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strays {
    /// Number of stray samples.
    pub samples: u64,
    /// Start of the first of them, epoch ms.
    pub first_start: i64,
    /// Numbers of their labels; empty if labels cannot be told apart.
    pub labels: BTreeSet<usize>,
    /// Whether all of them failed.
    pub have_all_failed: bool,
    /// Number of samples without them.
    pub rest: u64,
    /// First start of a sample without them, epoch ms.
    pub start: i64,
    /// Last end of a sample without them, epoch ms.
    pub end: i64,
    /// A time between the stray samples before the others and the others, epoch ms.
    pub from: Option<i64>,
    /// A time between the others and the stray samples after them, epoch ms.
    pub to: Option<i64>,
    /// Numbers of the timeline's buckets that remain.
    pub buckets: RangeInclusive<i64>,
}

/// Neighbouring buckets in which samples started.
#[derive(Debug, Clone, Copy)]
struct Cluster {
    /// Numbers of its first and last bucket.
    first: i64,
    last: i64,
    samples: u64,
    /// First start, epoch ms.
    start: i64,
    /// Last end, epoch ms.
    end: i64,
}

impl Cluster {
    fn is_plausible(&self) -> bool {
        PLAUSIBLE.contains(&self.start)
    }
}

/// Finds the stray samples of a run, if there are any.
pub fn find(timeline: &Timeline) -> Option<Strays> {
    let clusters = clusters(timeline);
    if clusters.len() < 2 {
        return None;
    }
    let all: u64 = clusters.iter().map(|cluster| cluster.samples).sum();
    // The first of those with the most samples; in doubt, at a plausible time.
    let plausible: u64 = of(clusters.iter().filter(|cluster| cluster.is_plausible()));
    let is_plausible = plausible * 2 >= all;
    let may_be_core = |cluster: &&Cluster| !is_plausible || cluster.is_plausible();
    let most = clusters
        .iter()
        .filter(may_be_core)
        .map(|of| of.samples)
        .max()?;
    let is_core = |cluster: &Cluster| cluster.samples == most && may_be_core(&cluster);
    let core = clusters.iter().position(is_core)?;
    let core_is_plausible = clusters[core].is_plausible();
    let is_impossible = |cluster: &Cluster| core_is_plausible && !cluster.is_plausible();
    let may_be_stray = |cluster: &Cluster| {
        is_impossible(cluster) || (cluster.samples < MIN_RUN && cluster.samples <= few(all))
    };
    let width = timeline.bucket_ms();
    // Whatever is not stray belongs to the rest, and so does all between.
    let (mut first, mut last) = (core, core);
    let without_all = |first: usize, last: usize| {
        let kept = &clusters[first..=last];
        let strays = clusters[..first].iter().chain(&clusters[last + 1..]);
        let (stray, rest) = (of(strays.clone()), of(kept.iter()));
        let doubtful = of(strays.filter(|cluster| !is_impossible(cluster)));
        stray <= rest && (doubtful == 0 || doubtful <= few(all) && 2 * doubtful <= rest)
    };
    loop {
        let length = ms_between(clusters[first].first, clusters[last].last, width);
        let far = MIN_DISTANCE_MS.max(length.saturating_mul(MIN_LENGTHS));
        let before = first.checked_sub(1).map(|place| {
            (
                ms_between(clusters[place].last, clusters[first].first, width),
                place,
            )
        });
        let after = clusters
            .get(last + 1)
            .map(|next| (ms_between(clusters[last].last, next.first, width), last + 1));
        let is_kept = |&(distance, place): &(i64, usize)| {
            let beyond = if place < first {
                &clusters[..=place]
            } else {
                &clusters[place..]
            };
            let is_any = |of_beyond: &Cluster| !may_be_stray(of_beyond);
            let is_near = distance < far && !is_impossible(&clusters[place]);
            is_near || beyond.iter().any(is_any)
        };
        let nearest = [before, after].into_iter().flatten().filter(is_kept).min();
        match nearest {
            Some((_, place)) if place < first => first = place,
            Some(_) => last += 1,
            None if without_all(first, last) => break,
            // Too many to be stray: keep the nearest at a plausible time.
            None => {
                let more = [before, after].into_iter().flatten();
                let more = more.filter(|&(_, place)| !is_impossible(&clusters[place]));
                match more.min()? {
                    (_, place) if place < first => first = place,
                    _ => last += 1,
                }
            }
        }
    }
    strays(timeline, &clusters, first, last)
}

/// The most stray samples of a run, at plausible times.
fn few(all: u64) -> u64 {
    (all / MAX_SHARE).max(1)
}

fn of<'a>(clusters: impl Iterator<Item = &'a Cluster>) -> u64 {
    clusters.map(|cluster| cluster.samples).sum()
}

/// The time from the bucket with one number to the bucket with a later one, ms.
fn ms_between(earlier: i64, later: i64, width: i64) -> i64 {
    later.saturating_sub(earlier).saturating_mul(width)
}

fn clusters(timeline: &Timeline) -> Vec<Cluster> {
    let width = timeline.bucket_ms();
    let mut clusters: Vec<Cluster> = Vec::new();
    for (number, bucket) in timeline.occupied() {
        let span = bucket.hits_span;
        let (Some(start), Some(end)) = (span.first_start(), span.last_end()) else {
            continue;
        };
        match clusters.last_mut() {
            Some(last)
                if number.saturating_sub(last.last) == 1
                    || ms_between(last.last, number, width) <= MIN_DISTANCE_MS =>
            {
                last.last = number;
                last.samples += bucket.hits;
                last.end = last.end.max(end);
            }
            _ => clusters.push(Cluster {
                first: number,
                last: number,
                samples: bucket.hits,
                start,
                end,
            }),
        }
    }
    clusters
}

/// Describes the stray samples: those before the cluster `first` and after the cluster `last`.
fn strays(timeline: &Timeline, clusters: &[Cluster], first: usize, last: usize) -> Option<Strays> {
    let kept = &clusters[first..=last];
    let (before, after) = (&clusters[..first], &clusters[last + 1..]);
    let width = timeline.bucket_ms();
    let first_stray = before.first().or(after.first())?;
    let (kept_first, kept_last) = (kept.first()?.first, kept.last()?.last);
    // Samples may end after the last start, but those that end near a stray one are stray.
    let upper = match after.first() {
        Some(next) => kept_last.saturating_add(next.first.saturating_sub(kept_last) / 2),
        None => i64::MAX,
    };
    let buckets = kept_first..=upper;
    let of_strays = timeline
        .occupied()
        .filter(|(number, _)| !buckets.contains(number));
    let (mut labels, mut ok) = (BTreeSet::new(), 0);
    for (_, bucket) in of_strays {
        let with_samples = bucket.labels.iter().enumerate();
        let with_samples = with_samples.filter(|(_, label)| label.samples() > 0);
        ok += bucket.total().ok;
        labels.extend(with_samples.map(|(number, _)| number));
    }
    if timeline.are_labels_joined() {
        labels.clear();
    }
    let start = kept.first()?.start;
    Some(Strays {
        samples: of(before.iter().chain(after)),
        first_start: first_stray.start,
        labels,
        have_all_failed: ok == 0,
        rest: of(kept.iter()),
        start,
        end: kept.iter().map(|cluster| cluster.end).max()?,
        from: (!before.is_empty()).then(|| start.saturating_sub(start.rem_euclid(1_000))),
        to: (!after.is_empty()).then(|| {
            let end = kept_last.saturating_add(1).saturating_mul(width);
            end.saturating_add((1_000 - end.rem_euclid(1_000)) % 1_000)
        }),
        buckets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    const T: i64 = 1_700_000_000_000;
    const HOUR: i64 = 3_600_000;

    /// Stray samples, and the start and end of the rest.
    fn found(starts: impl IntoIterator<Item = i64>) -> Option<(u64, i64, i64)> {
        let mut timeline = Timeline::default();
        for time_stamp in starts {
            timeline.record(
                &Sample {
                    time_stamp,
                    ..sample()
                },
                0,
            );
        }
        let strays = find(&timeline)?;
        assert_eq!(timeline.samples(), strays.samples + strays.rest);
        Some((strays.samples, strays.start, strays.end))
    }

    /// A run of this number of samples, one every 100 ms, and others.
    fn run(samples: i64, others: &[i64]) -> Option<(u64, i64, i64)> {
        let run = (0..samples).map(|number| T + 100 * number);
        found(run.chain(others.iter().copied()))
    }

    #[test]
    fn impossible_times() {
        assert_eq!(run(1_000, &[]), None);
        assert_eq!(run(1_000, &[0]), Some((1, T, T + 99_910)));
        // A digit lost and a digit added, and strays at both ends.
        assert_eq!(run(1_000, &[T / 10]), Some((1, T, T + 99_910)));
        assert_eq!(run(1_000, &[T * 10]), Some((1, T, T + 99_910)));
        assert_eq!(
            run(1_000, &[0, 0, T / 10, T * 10, -5]),
            Some((5, T, T + 99_910))
        );
        assert_eq!(run(100, &[0; 100]), Some((100, T, T + 9_910)));
        assert_eq!(run(2, &[0]), Some((1, T, T + 110)));
        assert_eq!(run(1, &[0]), Some((1, T, T + 10)));
        // Relative times, and a clock that was set.
        assert_eq!(found((0..1_000).map(|n| 100 * n)), None);
        assert_eq!(
            found((0..1_000).map(|n| 100 * n).chain([T])),
            Some((1, 0, 99_910))
        );
    }

    #[test]
    fn possible_times_that_are_far_away() {
        // A digit changed.
        assert_eq!(run(1_000, &[T - 90_000_000]), Some((1, T, T + 99_910)));
        assert_eq!(run(1_000, &[T + 90_000_000]), Some((1, T, T + 99_910)));
        assert_eq!(run(3, &[T + 90_000_000]), Some((1, T, T + 210)));
        // Not far enough; not few enough; another run.
        assert_eq!(run(1_000, &[T + HOUR / 2]), None);
        assert_eq!(run(100, &[T + 10 * HOUR; 5]), None);
        assert_eq!(run(20_000, &[T + 50 * HOUR; 150]), None);
        assert_eq!(run(1, &[T + 100 * HOUR]), None);
        let long = (0..10_000).map(|n| T + 10_000 * n);
        assert_eq!(found(long.chain([T + 200 * HOUR])), None);
        // A rare sampler.
        let rare = (0..24).map(|n| T + 2 * HOUR * n);
        assert_eq!(found((0..5).map(|n| T + n).chain(rare)), None);
    }

    #[test]
    fn two_runs_and_a_stray_sample() {
        let runs = (0..1_000).flat_map(|n| [T + 100 * n, T + 24 * HOUR + 100 * n]);
        let end = T + 24 * HOUR + 99_910;
        assert_eq!(found(runs.chain([0])), Some((1, T, end)));
    }

    #[test]
    fn the_bounds_lie_between() {
        let mut timeline = Timeline::default();
        for (number, time_stamp) in [0, T + 1, T + 2_345, T * 10].into_iter().enumerate() {
            let success = number == 0;
            timeline.record(
                &Sample {
                    time_stamp,
                    success,
                    ..sample()
                },
                number,
            );
        }
        let strays = find(&timeline).unwrap();
        assert_eq!((strays.from, strays.to), (Some(T), Some(T + 3_000)));
        assert_eq!(strays.labels, BTreeSet::from([0, 3]));
        assert!(!strays.have_all_failed);
        assert_eq!(timeline.dense(strays.buckets).buckets().count(), 24);
    }
}
