//! Periodic stalls: all requests wait at regular intervals, as for a garbage collection or a flush.

use serde::{Deserialize, Serialize};

use super::super::course::{self, Course, Moment};
use super::super::{Told, Totals, severity, times, words};
use super::rhythm::{self, Rhythm};
use super::silence::{Silence, silences};
use crate::format;
use crate::stats::{exact_from, part_ms};

/// Smallest ratio of a stalled sample's time to the median around it.
const MIN_STALL_RATIO: f64 = 4.0;

/// Smallest time by which a stalled sample exceeds that median, ms.
const MIN_STALL_EXCESS_MS: f64 = 50.0;

/// Largest share of stalled samples in the run: more are normal for it.
const MAX_STALLED_SHARE: f64 = 0.15;

/// Fewest stalled samples in a bucket with a stall.
const MIN_SAMPLES_IN_STALL: u64 = 3;

/// By how many standard deviations the stalled samples in a bucket must exceed the usual number.
const MIN_DEVIATIONS: f64 = 5.0;

/// Smallest size of a stall per that of the third largest: bumps are not stalls, which may differ.
const MIN_RATIO_TO_LARGE: f64 = 0.1;

/// Shortest period, in buckets: a shorter one cannot be resolved.
const MIN_PERIOD: f64 = 3.0;

/// Buckets on either side that show what is usual, in which load may grow.
const BUCKETS_AROUND: usize = 16;

/// Shortest time of a stalled sample, in buckets, from which most stalls must show a silence before it: no
/// sample ends while all requests wait.
const MIN_BUCKETS_SILENT: i64 = 4;

/// Smallest share of the stalls with such a silence.
const MIN_SILENT_SHARE: f64 = 0.5;

/// Times as many samples started as usual that make a stall a wave of load.
const MIN_RATIO_OF_WAVE: f64 = 2.0;

/// Requests stall at regular intervals. Rows of transaction controllers count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PeriodicStalls {
    /// Time from one stall to the next, ms: the mean of the intervals that match the period.
    pub period_ms: i64,
    /// Median over all stalls of the longest sample, ms.
    pub length_ms: i64,
    /// Longest elapsed time of a sample in a stall, ms.
    #[serde(default)]
    pub longest_ms: i64,
    /// Number of stalls.
    pub stalls: u64,
    /// Start of the bucket in which samples of the first stall ended first, epoch ms.
    pub first_ms: i64,
    /// Samples that ended in the buckets of stalls and took `held_up_ms` or longer.
    pub samples: u64,
    /// Shortest elapsed time of a sample that counts as stalled, ms.
    pub held_up_ms: i64,
    /// Median elapsed time of all samples, ms.
    pub median_ms: i64,
}

impl Told for PeriodicStalls {
    fn sentence(&self) -> String {
        let (period, stalls) = (
            words::period(self.period_ms),
            format::thousands(self.stalls),
        );
        let (longest, held_up) = (words::ms(self.longest_ms), words::ms(self.held_up_ms));
        let samples = format::counted(self.samples, "sample");
        let took = format!("{samples} took {held_up} or longer");
        words::shortest(&[
            format!(
                "About every {period} ({stalls} times), all requests stall for up to {longest}; {took}."
            ),
            format!("Every {period} ({stalls} times), all requests stall up to {longest}; {took}."),
            format!(
                "About every {period} ({stalls} times), all requests stall for up to {longest}."
            ),
        ])
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

/// A stall, as a range of buckets.
struct Stall {
    from: usize,
    to: usize,
    /// Stalled samples.
    samples: u64,
    /// The same, per sample that a bucket usually has.
    size: f64,
}

/// What is usual around a bucket.
struct Usual {
    median: f64,
    samples: f64,
    hits: f64,
}

pub(super) fn find(course: &Course) -> Option<PeriodicStalls> {
    let median = times::median(&course.elapsed)?;
    let usual = usual(&course.moments);
    let found = levels(course, &usual).filter_map(|held_up| {
        let stalls = stalls(course, &usual, held_up)?;
        let rhythm = rhythm(course, &stalls, held_up)?;
        Some((held_up, stalls, rhythm))
    });
    let (held_up, stalls, rhythm) = found.min_by(|a, b| a.2.chance.total_cmp(&b.2.chance))?;
    let longest: Vec<i64> = stalls
        .iter()
        .filter_map(|stall| longest(course, stall))
        .collect();
    let first = stalls.first()?.from;
    Some(PeriodicStalls {
        period_ms: rhythm.period_ms.round() as i64,
        length_ms: times::lower_median(longest.iter().map(|&ms| ms as f64))? as i64,
        longest_ms: longest.iter().copied().max()?,
        stalls: stalls.len() as u64,
        first_ms: course.moments.get(first)?.start_ms,
        samples: stalls.iter().map(|stall| stall.samples).sum(),
        held_up_ms: held_up,
        median_ms: median,
    })
}

/// Returns the elapsed times from which samples may count as stalled: the smaller ones include bumps that
/// hide the rhythm, and the larger ones leave out small stalls.
fn levels(course: &Course, usual: &[Usual]) -> impl Iterator<Item = i64> {
    let lowest = times::quantile(usual.iter().map(|usual| usual.median), 0.1).unwrap_or(0.0);
    let longest = course.moments.iter().map(|moment| moment.longest_ms).max();
    let longest = longest.unwrap_or(0) as f64;
    let levels = std::iter::successors(Some(stalled_from(lowest)), |level| Some(level * 2.0));
    levels
        .take_while(move |&level| level <= longest)
        .map(|level| exact_from(level as i64))
}

/// The shortest time of a stalled sample, given the median.
fn stalled_from(median: f64) -> f64 {
    (median * MIN_STALL_RATIO).max(median + MIN_STALL_EXCESS_MS)
}

/// Returns what is usual around each bucket: medians of its neighbours.
fn usual(moments: &[Moment]) -> Vec<Usual> {
    let medians: Vec<Option<f64>> = moments
        .iter()
        .map(|moment| Some(times::median(&course::elapsed(std::slice::from_ref(moment)))? as f64))
        .collect();
    let around = |place: usize| {
        place.saturating_sub(BUCKETS_AROUND)..(place + BUCKETS_AROUND + 1).min(moments.len())
    };
    let usual = |place: usize| {
        let busy = || {
            moments[around(place)]
                .iter()
                .filter(|moment| moment.samples() > 0)
        };
        Usual {
            median: times::lower_median(medians[around(place)].iter().copied().flatten())
                .unwrap_or(0.0),
            samples: times::lower_median(busy().map(|moment| moment.samples() as f64))
                .unwrap_or(0.0),
            hits: times::lower_median(busy().map(|moment| moment.hits as f64)).unwrap_or(0.0),
        }
    };
    (0..moments.len()).map(usual).collect()
}

/// Finds buckets with far more stalled samples than usual, merges neighbours, and keeps those comparable
/// to the largest; `None` if stalled samples are normal for the run.
fn stalls(course: &Course, usual: &[Usual], held_up: i64) -> Option<Vec<Stall>> {
    let moments = &course.moments;
    let counts: Vec<(u64, u64)> = moments
        .iter()
        .map(|moment| (moment.count_from(held_up), moment.samples()))
        .collect();
    let share = |counts: &mut dyn Iterator<Item = &(u64, u64)>| {
        let (held, all) = counts.fold((0, 0), |(held, all), of| (held + of.0, all + of.1));
        held as f64 / all.max(1) as f64
    };
    if share(&mut counts.iter()) > MAX_STALLED_SHARE {
        return None;
    }
    let shares: Vec<Option<f64>> = counts
        .iter()
        .map(|&(held, all)| (all > 0).then(|| held as f64 / all as f64))
        .collect();
    let is_many = |place: usize, usual_share: f64| {
        let (held, all) = counts[place];
        let expected = all as f64 * usual_share;
        let by_chance = expected + MIN_DEVIATIONS * (expected + 1.0).sqrt() - MIN_DEVIATIONS;
        held >= MIN_SAMPLES_IN_STALL && held as f64 > by_chance
    };
    let is_bump = |place: usize| {
        let from = place.saturating_sub(BUCKETS_AROUND);
        let to = (place + BUCKETS_AROUND + 1).min(shares.len());
        let usual_share = times::lower_median(shares[from..to].iter().copied().flatten());
        held_up as f64 >= stalled_from(usual[place].median).floor()
            && is_many(place, usual_share.unwrap_or(0.0))
    };
    let bumps: Vec<bool> = (0..moments.len()).map(is_bump).collect();
    let others = counts.iter().zip(&bumps).filter(|(_, bump)| !**bump);
    let background = share(&mut others.map(|(count, _)| count));
    let mut stalls: Vec<Stall> = Vec::new();
    for place in (0..moments.len()).filter(|&place| bumps[place] && is_many(place, background)) {
        let samples = counts[place].0;
        let size = samples as f64 / usual[place].samples.max(1.0);
        match stalls.last_mut() {
            Some(last) if last.to == place => {
                last.to = place + 1;
                last.samples += samples;
                last.size += size;
            }
            _ => stalls.push(Stall {
                from: place,
                to: place + 1,
                samples,
                size,
            }),
        }
    }
    let mut sizes: Vec<f64> = stalls.iter().map(|stall| stall.size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let min = sizes.get(2)? * MIN_RATIO_TO_LARGE;
    stalls.retain(|stall| stall.size >= min && !is_wave(course, usual, stall));
    Some(stalls)
}

/// Whether far more samples than usual started before the end of a stall: then the load came in a wave.
fn is_wave(course: &Course, usual: &[Usual], stall: &Stall) -> bool {
    let waited = longest(course, stall).unwrap_or(0) / course.bucket_ms.max(1) + 2;
    let from = stall.from.saturating_sub(waited as usize);
    let hits = course.moments[from..stall.to]
        .iter()
        .map(|moment| moment.hits);
    let mean = hits.sum::<u64>() as f64 / (stall.to - from) as f64;
    mean >= usual[stall.from].hits.max(1.0) * MIN_RATIO_OF_WAVE
}

fn longest(course: &Course, stall: &Stall) -> Option<i64> {
    let moments = course.moments.get(stall.from..stall.to)?;
    moments.iter().map(|moment| moment.longest_ms).max()
}

/// Returns the rhythm of stalls: by when samples ceased to end if all stalls show that, or else by the
/// bucket in which stalled samples ended.
fn rhythm(course: &Course, stalls: &[Stall], held_up: i64) -> Option<Rhythm> {
    let part = part_ms(course.bucket_ms);
    let silences = silences(course, (held_up / 4).max(part.saturating_mul(3)));
    let silence_of = |stall: &Stall| {
        let ends_in = |silence: &&Silence| (stall.from..stall.to).contains(&silence.last);
        let longest = silences
            .iter()
            .filter(ends_in)
            .max_by_key(|found| found.length_ms())?;
        Some(longest.start_ms)
    };
    let silent = stalls.iter().filter_map(silence_of).count();
    let must_be_silent = held_up >= course.bucket_ms.saturating_mul(MIN_BUCKETS_SILENT);
    if must_be_silent && (silent as f64) < stalls.len() as f64 * MIN_SILENT_SHARE {
        return None;
    }
    let exact: Option<Vec<i64>> = stalls.iter().map(silence_of).collect();
    let by_bucket = || {
        let starts = stalls.iter().map(|stall| stall.from);
        let starts = starts.filter_map(|from| Some(course.moments.get(from)?.start_ms));
        rhythm::of(&starts.collect::<Vec<i64>>(), course.bucket_ms)
    };
    let rhythm = match exact {
        Some(starts) => rhythm::of(&starts, part.saturating_mul(2)).or_else(by_bucket),
        None => by_bucket(),
    };
    rhythm.filter(|rhythm| rhythm.period_ms >= course.bucket_ms as f64 * MIN_PERIOD)
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::course_of;
    use super::*;

    /// 200 s of a sample of 20 ms every 10 ms. Those that start up to 900 ms after the given seconds wait
    /// for the end of this time.
    fn run(stalls: impl Iterator<Item = i64>) -> Course {
        let stalls: Vec<i64> = stalls.map(|second| second * 1_000).collect();
        let samples: Vec<(i64, i64)> = (0..20_000)
            .map(|number| {
                let start = number * 10;
                let stall = stalls.iter().find(|&&at| (at..at + 900).contains(&start));
                (start, stall.map_or(20, |at| at + 920 - start))
            })
            .collect();
        course_of(&samples, 500)
    }

    #[test]
    fn long_times_make_a_shorter_sentence() {
        let found = PeriodicStalls {
            period_ms: 795_000,
            length_ms: 103_000,
            longest_ms: 103_000,
            stalls: 7,
            first_ms: 0,
            samples: 53,
            held_up_ms: 92_000,
            median_ms: 900,
        };
        assert_eq!(
            found.sentence(),
            "Every 13 min 15 s (7 times), all requests stall up to 1 min 43 s; 53 samples took 1 min 32 s or longer."
        );
    }

    #[test]
    fn stalls_that_come_regularly() {
        let found = find(&run((7..200).step_by(15))).unwrap();
        insta::assert_snapshot!(found.sentence());
        assert_eq!((found.first_ms, found.stalls), (7_500, 13));
        assert_eq!((found.period_ms, found.longest_ms), (15_000, 920));
        // Of 80 ms or longer: those that waited for 60 ms or longer, so all but the last five.
        assert_eq!((found.held_up_ms, found.samples), (80, 13 * 85));
    }

    #[test]
    fn one_early_and_one_missing_are_forgiven() {
        let early = (7..200)
            .step_by(15)
            .filter(|&at| at != 97)
            .map(|at| if at == 37 { 36 } else { at });
        let found = find(&run(early)).unwrap();
        assert!((14_900..15_100).contains(&found.period_ms), "{found:?}");
    }

    #[test]
    fn four_that_are_exact() {
        let found = find(&run([10, 60, 110, 160].into_iter())).unwrap();
        assert_eq!((found.stalls, found.period_ms), (4, 50_000));
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // At random; too few to tell; a single one; never.
        for stalls in [
            vec![3, 9, 11, 40, 43, 77, 120, 124, 151, 190],
            vec![10, 60, 110],
            vec![50],
            vec![],
        ] {
            assert_eq!(find(&run(stalls.into_iter())), None);
        }
        assert_eq!(find(&Course::default()), None);
    }
}
