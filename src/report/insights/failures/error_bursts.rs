//! Error bursts: when they happen, how large they are, and how they begin.

use serde::{Deserialize, Serialize};

use super::super::course::{self, Course, Moment};
use super::super::words;
use super::super::{Told, Totals, severity};
use crate::format;
use crate::report::TimeSeries;
use crate::stats::Aggregate;
use crate::text;

/// Fewest errors in a bucket that belongs to a burst.
const MIN_ERRORS_IN_BUCKET: u64 = 5;

/// Fewest errors in a burst.
const MIN_ERRORS: u64 = 10;

/// Smallest share of samples that fail in a burst.
const MIN_ERROR_SHARE: f64 = 0.05;

/// Smallest ratio of the error rate in a burst to the rate outside.
const MIN_RATIO_TO_REST: f64 = 5.0;

/// How many standard deviations, plus three errors, a bucket must be above the usual number of
/// errors: failures come in small groups even if nothing happens.
const MIN_DEVIATIONS: f64 = 6.0;

/// Fewest samples outside of bursts, for comparison.
const MIN_SAMPLES_OUTSIDE: u64 = 100;

/// Fewest errors of a further burst as a share of the largest one's: fewer are its aftermath.
const MIN_SHARE_OF_LARGEST: f64 = 0.1;

/// Smallest share of a burst's errors that a type needs to count as its first error.
const MIN_SHARE_OF_BURST: f64 = 0.1;

/// Most bursts that are reported: those with the most errors.
const MAX_BURSTS: usize = 3;

/// Smallest share of a burst's errors with the same label for the label to be named.
const MIN_SHARE_OF_LABEL: f64 = 0.9;

/// A time in which far more samples failed than otherwise in the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorBurst {
    /// End of its first failed sample, epoch ms.
    pub start_ms: i64,
    /// The same, ms since the start of the run.
    pub since_start_ms: i64,
    /// Length up to the end of a bucket of the time series, ms.
    pub length_ms: i64,
    /// Failed samples.
    pub errors: u64,
    /// All samples in that time.
    pub samples: u64,
    /// Error rate outside of bursts, 0 to 1.
    pub error_ratio_otherwise: f64,
    /// The first error, such as `503/Service Unavailable`; if possible, of a type that did not occur
    /// before.
    pub first_error: Option<String>,
    /// The label of nearly all errors, if the run has several labels.
    pub label: Option<String>,
    /// Number of bursts in the run.
    pub bursts: u64,
}

impl Told for ErrorBurst {
    fn sentence(&self) -> String {
        let one_of = match self.bursts {
            1 => "Error burst".to_owned(),
            bursts => format!("Error burst (one of {bursts})"),
        };
        let label = self.label.as_deref();
        let label = label.map(|label| format!(", nearly all for {}", words::quoted(label)));
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

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.errors) * severity::FAILED
    }
}

/// A burst: its buckets, and their counts.
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
    bursts.truncate(MAX_BURSTS);
    bursts.sort_by_key(|burst| burst.from);
    let reported = bursts.iter().filter_map(|burst| {
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
                .map(|(_, error)| text::of(error).into_owned())
                .filter(|error| !error.is_empty()),
            label: series.and_then(|series| label(series, burst)),
            bursts: all,
        })
    });
    reported.collect()
}

/// Returns the time and type of the first error of a new type, if that type has enough errors in the
/// burst: types that occur all the time did not start it.
fn first_of_new_type(
    aggregate: &Aggregate,
    burst: std::ops::Range<i64>,
    errors: u64,
) -> Option<(i64, &[u8])> {
    let new = aggregate.errors().iter().filter(|(_, stats)| {
        let has_share = stats.count as f64 >= errors as f64 * MIN_SHARE_OF_BURST;
        burst.contains(&stats.first_time) && has_share
    });
    let first = new.min_by_key(|(_, stats)| (stats.first_time, stats.first_position));
    first.map(|(error, stats)| (stats.first_time, error))
}

/// Returns the bursts in order, and the error rate outside of them.
fn bursts(moments: &[Moment]) -> (Vec<Burst>, f64) {
    let counts: Vec<(u64, u64)> = moments
        .iter()
        .map(|moment| (moment.errors(), moment.samples()))
        .collect();
    // The usual error rate must exclude the bursts: start with that of the better half.
    let mut ratio = ratio_of_better_half(&counts);
    let beyond = |ratio: f64| -> Vec<bool> {
        counts
            .iter()
            .map(|&counts| is_burst(counts, ratio))
            .collect()
    };
    let mut is_burst = beyond(ratio);
    for _ in 0..10 {
        let rest = counts.iter().zip(&is_burst).filter(|(_, burst)| !**burst);
        let (errors, samples) = rest.fold((0, 0), |(errors, samples), (counts, _)| {
            (errors + counts.0, samples + counts.1)
        });
        if samples < MIN_SAMPLES_OUTSIDE {
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
        // The bucket at an edge of a burst may hold too little of it to qualify by itself.
        let is_next = |place: Option<usize>| {
            place
                .and_then(|place| is_burst.get(place))
                .is_some_and(|burst| *burst)
        };
        let is_edge = (is_next(place.checked_sub(1)) || is_next(place.checked_add(1)))
            && errors > 0
            && errors as f64 >= samples as f64 * (ratio * MIN_RATIO_TO_REST).max(MIN_ERROR_SHARE);
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
        burst.errors >= MIN_ERRORS
            && burst.errors as f64 >= burst.samples as f64 * ratio * MIN_RATIO_TO_REST
    });
    let largest = bursts.iter().map(|burst| burst.errors).max().unwrap_or(0);
    bursts.retain(|burst| burst.errors as f64 >= largest as f64 * MIN_SHARE_OF_LARGEST);
    (bursts, ratio)
}

/// Whether the errors among the samples are a burst, given the usual error rate.
fn is_burst((errors, samples): (u64, u64), ratio: f64) -> bool {
    let expected = samples as f64 * ratio;
    let by_chance = expected + MIN_DEVIATIONS * (expected * (1.0 - ratio)).sqrt() + 3.0;
    let share = errors as f64 / samples as f64;
    errors >= MIN_ERRORS_IN_BUCKET && errors as f64 > by_chance && share >= MIN_ERROR_SHARE
}

/// Returns the error rate of the half of the buckets with the lowest error rates.
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

/// Returns the label of nearly all errors of a burst, if the run has several labels.
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
    (most as f64 >= burst.errors as f64 * MIN_SHARE_OF_LABEL).then(|| of.label.clone())
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::*;
    use crate::stats::FirstFailure;

    /// 100 s with 50 samples per second; `failing` returns how many of them fail.
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
    fn the_largest_of_many_bursts_is_reported() {
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
