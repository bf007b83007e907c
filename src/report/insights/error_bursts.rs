//! Bursts of errors: when, how many, and the first of them.

use serde::{Deserialize, Serialize};

use super::course::{self, Course, Moment};
use super::words;
use crate::format;
use crate::report::TimeSeries;
use crate::stats::Aggregate;

/// Errors in a stretch of time with a burst, fewest.
const FEWEST_IN_STRETCH: u64 = 5;

/// Errors in a burst, fewest.
const FEWEST_IN_BURST: u64 = 10;

/// Share of samples that fail in a burst, least.
const LEAST_SHARE: f64 = 0.05;

/// How often as many as otherwise fail in a burst, at least.
const MORE_THAN_ELSE: f64 = 5.0;

/// How far above what otherwise fails, in standard deviations, a stretch with a burst is, and three
/// errors more: failures come in small groups even where nothing happens.
const BEYOND_CHANCE: f64 = 6.0;

/// Samples outside of bursts, fewest: else there is nothing to compare with.
const FEWEST_ELSE: u64 = 100;

/// Share of the largest burst's errors that another has, least: less is its aftermath.
const LEAST_OF_LARGEST: f64 = 0.1;

/// Share of a burst's errors that a type has, least, if its first is to be the burst's.
const LEAST_OF_BURST: f64 = 0.1;

/// Bursts told of, those with the most errors.
const MOST_BURSTS: usize = 3;

/// Share of a burst's errors that are of one label, if it is to be named.
const OF_ONE_LABEL: f64 = 0.9;

/// A time in which far more samples failed than otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorBurst {
    /// When its first error ended, epoch ms.
    pub start_ms: i64,
    /// The same from the start of the run, ms.
    pub since_start_ms: i64,
    /// How long it lasted, to the end of a bucket of the time series, ms.
    pub length_ms: i64,
    /// Samples that failed.
    pub errors: u64,
    /// Samples that ended.
    pub samples: u64,
    /// Share of samples that failed outside of bursts, 0 to 1.
    pub error_ratio_otherwise: f64,
    /// The first error, such as `503/Service Unavailable`: of a type that there was not before, if
    /// there is one.
    pub first_error: Option<String>,
    /// The label that nearly all of them are of, if there are others.
    pub label: Option<String>,
    /// How many bursts the run has.
    pub bursts: u64,
}

impl ErrorBurst {
    pub(super) fn sentence(&self) -> String {
        let one_of = match self.bursts {
            1 => "Errors burst".to_owned(),
            bursts => format!("Of {bursts} bursts of errors, one came"),
        };
        let label = self.label.as_deref();
        let label = label.map(|label| format!(", nearly all of {}", words::quoted(label)));
        let first = self.first_error.as_deref();
        let first = first.map(|error| format!(", the first with {}", words::quoted(error)));
        format!(
            "{one_of} {}: {} of {} samples ({}) failed within {}{}{}; otherwise {} failed.",
            course::at(self.since_start_ms, self.start_ms),
            format::thousands(self.errors),
            format::thousands(self.samples),
            format::brief_percent(self.errors as f64 / self.samples as f64),
            format::duration(self.length_ms),
            label.unwrap_or_default(),
            first.unwrap_or_default(),
            format::brief_percent(self.error_ratio_otherwise),
        )
    }
}

/// A burst: which stretches it is seen in, and what they have.
struct Burst {
    from: usize,
    to: usize,
    errors: u64,
    samples: u64,
}

pub(super) fn find(
    course: &Course,
    aggregate: &Aggregate,
    series: Option<&TimeSeries>,
) -> Vec<ErrorBurst> {
    let (mut bursts, ratio_otherwise) = bursts(&course.moments);
    let all = bursts.len() as u64;
    bursts.sort_by_key(|burst| std::cmp::Reverse(burst.errors));
    bursts.truncate(MOST_BURSTS);
    bursts.sort_by_key(|burst| burst.from);
    let told = bursts.iter().filter_map(|burst| {
        let moments = course.moments.get(burst.from..burst.to)?;
        let begin = moments.first()?.start_ms;
        let end = moments.last()?.start_ms.saturating_add(course.bucket_ms);
        let first = first_of_new_type(aggregate, begin..end, burst.errors).or_else(|| {
            let first = moments.iter().find_map(|moment| moment.first_failure)?;
            Some((first.time, aggregate.errors().name(first.error)))
        });
        let start = first.map_or(begin, |(time, _)| time);
        Some(ErrorBurst {
            start_ms: start,
            since_start_ms: course.since_start(start),
            length_ms: end.min(course.end_ms).saturating_sub(start),
            errors: burst.errors,
            samples: burst.samples,
            error_ratio_otherwise: ratio_otherwise,
            first_error: first
                .map(|(_, error)| String::from_utf8_lossy(error).into_owned())
                .filter(|error| !error.is_empty()),
            label: series.and_then(|series| label(series, burst)),
            bursts: all,
        })
    });
    told.collect()
}

/// When the first error of a type that there was not before came, and the type, if it has a share in
/// the burst: errors that come all the time did not begin it.
fn first_of_new_type(
    aggregate: &Aggregate,
    burst: std::ops::Range<i64>,
    errors: u64,
) -> Option<(i64, &[u8])> {
    let new = aggregate.errors().iter().filter(|(_, stats)| {
        let has_share = stats.count as f64 >= errors as f64 * LEAST_OF_BURST;
        burst.contains(&stats.first_time) && has_share
    });
    let first = new.min_by_key(|(_, stats)| (stats.first_time, stats.first_position));
    first.map(|(error, stats)| (stats.first_time, error))
}

/// The bursts in order, and the share of samples that fail outside of them.
fn bursts(moments: &[Moment]) -> (Vec<Burst>, f64) {
    let counts: Vec<(u64, u64)> = moments
        .iter()
        .map(|moment| (moment.errors(), moment.samples()))
        .collect();
    // What otherwise fails is known only without the bursts: at first, in the better half.
    let mut ratio = ratio_of_better_half(&counts);
    let beyond = |ratio: f64| -> Vec<bool> {
        counts
            .iter()
            .map(|&counts| is_beyond(counts, ratio))
            .collect()
    };
    let mut is_burst = beyond(ratio);
    for _ in 0..10 {
        let rest = counts.iter().zip(&is_burst).filter(|(_, burst)| !**burst);
        let (errors, samples) = rest.fold((0, 0), |(errors, samples), (counts, _)| {
            (errors + counts.0, samples + counts.1)
        });
        if samples < FEWEST_ELSE {
            return (Vec::new(), 0.0);
        }
        ratio = errors as f64 / samples as f64;
        let found = beyond(ratio);
        if found == is_burst {
            break;
        }
        is_burst = found;
    }
    let mut bursts: Vec<Burst> = Vec::new();
    for (place, &(errors, samples)) in counts.iter().enumerate() {
        // An edge of a burst may be too short to stand for itself.
        let is_next = |place: Option<usize>| {
            place
                .and_then(|place| is_burst.get(place))
                .is_some_and(|burst| *burst)
        };
        let is_edge = (is_next(place.checked_sub(1)) || is_next(place.checked_add(1)))
            && errors > 0
            && errors as f64 >= samples as f64 * (ratio * MORE_THAN_ELSE).max(LEAST_SHARE);
        if !is_burst[place] && !is_edge {
            continue;
        }
        match bursts.last_mut() {
            Some(last) if last.to == place => {
                last.to += 1;
                last.errors += errors;
                last.samples += samples;
            }
            _ => bursts.push(Burst {
                from: place,
                to: place + 1,
                errors,
                samples,
            }),
        }
    }
    bursts.retain(|burst| {
        burst.errors >= FEWEST_IN_BURST
            && burst.errors as f64 >= burst.samples as f64 * ratio * MORE_THAN_ELSE
    });
    let largest = bursts.iter().map(|burst| burst.errors).max().unwrap_or(0);
    bursts.retain(|burst| burst.errors as f64 >= largest as f64 * LEAST_OF_LARGEST);
    (bursts, ratio)
}

/// Whether so many errors of so many samples are a burst where this share otherwise fails.
fn is_beyond((errors, samples): (u64, u64), ratio: f64) -> bool {
    let expected = samples as f64 * ratio;
    let by_chance = expected + BEYOND_CHANCE * (expected * (1.0 - ratio)).sqrt() + 3.0;
    let share = errors as f64 / samples as f64;
    errors >= FEWEST_IN_STRETCH && errors as f64 > by_chance && share >= LEAST_SHARE
}

/// The share of samples that fail in those stretches where the fewest of them do, half of all.
fn ratio_of_better_half(counts: &[(u64, u64)]) -> f64 {
    let mut by_share: Vec<(u64, u64)> = counts.to_vec();
    by_share.retain(|(_, samples)| *samples > 0);
    let share = |(errors, samples): &(u64, u64)| *errors as f64 / *samples as f64;
    by_share.sort_by(|a, b| share(a).total_cmp(&share(b)));
    by_share.truncate(by_share.len().div_ceil(2));
    let (errors, samples) = by_share
        .iter()
        .fold((0, 0), |all, own| (all.0 + own.0, all.1 + own.1));
    errors as f64 / f64::max(samples as f64, 1.0)
}

/// The label that nearly all errors of a burst are of, if the run has several.
fn label(series: &TimeSeries, burst: &Burst) -> Option<String> {
    if series.labels.len() < 2 {
        return None;
    }
    let errors = |ko: &[u64]| {
        ko.get(burst.from..burst.to)
            .map(|ko| ko.iter().sum::<u64>())
    };
    let of_labels = series.labels.iter();
    let of_labels = of_labels.filter_map(|of| Some((errors(&of.activity.ko)?, of)));
    let (most, of) = of_labels.max_by_key(|(errors, _)| *errors)?;
    (most as f64 >= burst.errors as f64 * OF_ONE_LABEL).then(|| of.label.clone())
}

#[cfg(test)]
mod tests {
    use super::super::course::tests::{course, moment};
    use super::*;
    use crate::stats::FirstFailure;

    /// 100 s of 50 samples a second, of which so many fail in each.
    fn run(failing: impl Fn(usize) -> u64) -> Course {
        let moments = (0..100).map(|second| {
            let errors = failing(second);
            let mut moment = moment(50 - errors, 20, 5.0);
            moment.ko = vec![(20, errors)];
            moment.first_failure = (errors > 0).then_some(FirstFailure {
                time: second as i64 * 1_000 + 300,
                position: 0,
                error: 0,
            });
            moment
        });
        course(moments.collect())
    }

    fn found(course: &Course) -> Vec<ErrorBurst> {
        find(course, &Aggregate::default(), None)
    }

    #[test]
    fn many_errors_at_once() {
        let bursts = found(&run(|second| match second {
            40..44 => 45,
            44 => 3,
            second => u64::from(second % 10 == 0),
        }));
        assert_eq!(bursts.len(), 1);
        insta::assert_snapshot!(bursts[0].sentence());
        assert_eq!((bursts[0].start_ms, bursts[0].length_ms), (40_300, 4_700));
    }

    #[test]
    fn from_a_moment_on_everything_fails() {
        let bursts = found(&run(|second| if second < 50 { 0 } else { 50 }));
        assert_eq!(bursts.len(), 1);
        assert_eq!(
            (bursts[0].errors, bursts[0].error_ratio_otherwise),
            (2_500, 0.0)
        );
    }

    #[test]
    fn of_many_bursts_the_largest_are_told() {
        let bursts = found(&run(|second| match second % 20 {
            10 => 20 + second as u64 / 5,
            _ => 0,
        }));
        let starts: Vec<i64> = bursts.iter().map(|burst| burst.start_ms).collect();
        assert_eq!(
            (starts, bursts[0].bursts),
            (vec![50_300, 70_300, 90_300], 5)
        );
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Always as many; a few more at a time; a group of four; everything fails; nothing does.
        assert_eq!(found(&run(|_| 5)), []);
        assert_eq!(found(&run(|second| 2 + second as u64 % 5)), []);
        assert_eq!(found(&run(|second| if second == 50 { 4 } else { 0 })), []);
        assert_eq!(found(&run(|_| 50)), []);
        assert_eq!(found(&run(|_| 0)), []);
        assert_eq!(found(&Course::default()), []);
    }
}
