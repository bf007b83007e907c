//! Finds when the error rate of a part of a run was far above the usual one.

use std::ops::Range;

use super::rates::{Rates, Tally};
use super::segments::{Segment, dispersion, log_likelihood, segments};

/// By how much the error rate must exceed the usual one.
const MIN_RISE: f64 = 0.05;

/// Smallest ratio of the odds of failing to the usual ones: of error rates, 5% against 1.3%, or 63%
/// against 30%.
const MIN_ODDS_RATIO: f64 = 4.0;

/// Smallest logarithm of the likelihood ratio to a constant error rate, of errors that come alone: of those
/// that come in groups of three, it must be three times as large. Chance reaches it in one of
/// 10,000 runs with hundreds of labels and slices.
const MIN_EVIDENCE: f64 = 20.0;

/// The same for a part of a change.
const MIN_EVIDENCE_OF_PART: f64 = 10.0;

/// How many errors more than usual there must be: of samples that are so rare that these are a certain
/// share, errors come in groups of a few even if nothing happens.
const MIN_EXCESS: [(f64, f64); 3] = [(0.05, 8.0), (0.005, 20.0), (0.0, 100.0)];

/// Fewest samples at the usual error rate, for comparison.
const MIN_USUAL_SAMPLES: u64 = 20;

/// Smallest share of the samples, or of the time, that is at the usual error rate.
const MIN_USUAL_SHARE: f64 = 0.05;

/// Longest quiet time within a burst, as a share of its longer side.
const MAX_QUIET_TO_BURST: f64 = 0.25;

/// Longest quiet time within a burst, as a share of the run.
const MAX_QUIET_OF_RUN: f64 = 0.01;

/// Longest quiet time, as a share of what follows, if failures go on and off until the end.
const MAX_QUIET_TO_REST: f64 = 0.15;

/// Smallest share of the time, or of the samples, in which failures last until the end. In the last
/// moments, samples fail because threads stop.
const MIN_SHARE_UNTIL_END: f64 = 0.05;

/// Shortest time in which failures last until the end, as a multiple of the 95th percentile of elapsed:
/// whatever is under way at the end may be interrupted.
const MIN_LENGTH_TO_P95: f64 = 1.5;

/// Largest share of samples after failures that last until the end: the last threads, when the load has
/// ended.
const MAX_SHARE_AFTER_END: f64 = 0.02;

/// Groups of errors that are too small to be bursts, if there are as many as this, show how errors
/// usually come.
const MIN_GROUPS: usize = 5;

/// How many times as many errors as such groups a burst must have, unless it has
/// [`MANY`] errors.
const MIN_RATIO_TO_GROUPS: f64 = 10.0;

/// That many errors at once are a burst whatever other groups there are.
const MANY: f64 = 100.0;

/// Most bursts: more are how the run usually is.
const MAX_BURSTS: usize = 20;

/// Fewest errors of a further burst as a share of the largest one's: fewer are its aftermath.
const MIN_SHARE_OF_LARGEST: f64 = 0.1;

/// A time in which far more samples failed than usual.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// The numbers of its slices.
    pub numbers: Range<i64>,
    /// Whether it lasts until the end of the run.
    pub is_until_end: bool,
}

/// A run of which changes are sought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Number of the first slice of the run.
    pub first: i64,
    /// Number of the slice after the last.
    pub end: i64,
    /// Most threads at a time; 0 if unknown.
    pub max_threads: f64,
    /// The 95th percentile of elapsed, ms.
    pub p95_ms: i64,
}

impl Frame {
    fn share(&self, numbers: &Range<i64>) -> f64 {
        length(numbers) / length(&(self.first..self.end)).max(1.0)
    }
}

fn length(numbers: &Range<i64>) -> f64 {
    numbers.end.saturating_sub(numbers.start) as f64
}

/// Slices in which the error rate is high.
#[derive(Debug, Clone)]
struct Group {
    places: Range<usize>,
    tally: Tally,
}

/// Returns the times in which far more samples failed than usual, in order.
pub(super) fn changes(rates: &Rates, frame: Frame) -> Vec<Change> {
    let total = rates.total();
    if total.errors < 8 || total.errors == total.samples {
        return Vec::new();
    }
    let segments = segments(&rates.slices);
    let dispersion = dispersion(&rates.slices, &segments);
    let Some(is_high) = high(rates, &segments, dispersion, frame) else {
        return Vec::new();
    };
    let mut usual = Tally::default();
    let mut groups: Vec<Group> = Vec::new();
    for (segment, is_high) in segments.iter().zip(&is_high) {
        if !is_high {
            usual.add(tally(segment));
            continue;
        }
        match groups.last_mut() {
            Some(last) if last.places.end == segment.places.start => {
                last.places.end = segment.places.end;
                last.tally.add(tally(segment));
            }
            _ => groups.push(Group {
                places: segment.places.clone(),
                tally: tally(segment),
            }),
        }
    }
    join(rates, &mut groups, usual, frame);
    let until_end = until_end(rates, &mut groups, usual);
    let last = groups.len().checked_sub(1).filter(|_| until_end);
    for (place, group) in groups.iter_mut().enumerate() {
        trim(rates, group, Some(place) == last);
    }
    let excess =
        |group: &Group| group.tally.errors as f64 - group.tally.samples as f64 * usual.ratio();
    let is_large = |group: &Group| {
        let excess = excess(group);
        let share = excess / total.samples as f64;
        let needed = MIN_EXCESS.iter().find(|(least, _)| share >= *least);
        needed.is_some_and(|(_, errors)| excess >= *errors)
            && evidence(group.tally, usual) >= MIN_EVIDENCE * dispersion
    };
    let (large, small): (Vec<(usize, &Group)>, Vec<_>) = groups
        .iter()
        .enumerate()
        .partition(|(_, group)| is_large(group));
    let mut sizes: Vec<f64> = small.iter().map(|(_, group)| excess(group)).collect();
    sizes.sort_by(f64::total_cmp);
    let usual_size = match sizes.len() >= MIN_GROUPS {
        true => sizes[sizes.len() / 2],
        false => 0.0,
    };
    let largest = large
        .iter()
        .map(|(_, group)| excess(group))
        .fold(0.0, f64::max);
    let is_outstanding = |group: &Group| {
        let excess = excess(group);
        let least = (usual_size * MIN_RATIO_TO_GROUPS).min(MANY);
        excess >= least && excess >= largest * MIN_SHARE_OF_LARGEST
    };
    let mut found: Vec<Change> = Vec::new();
    for (place, group) in large {
        let numbers = rates.numbers(&group.places);
        if Some(place) == last {
            let shares = [
                frame.share(&(numbers.start..frame.end)),
                group.tally.samples as f64 / total.samples as f64,
            ];
            let is_long = length(&numbers) * rates.width_ms as f64
                >= frame.p95_ms as f64 * MIN_LENGTH_TO_P95
                && shares.iter().any(|share| *share >= MIN_SHARE_UNTIL_END);
            // Each thread can be interrupted only once.
            let is_often = excess(group) >= (2.0 * frame.max_threads).max(MANY);
            if is_long || is_often {
                found.push(Change {
                    numbers,
                    is_until_end: true,
                });
            }
        } else if is_outstanding(group) {
            found.push(Change {
                numbers,
                is_until_end: false,
            });
        }
    }
    if found.iter().filter(|change| !change.is_until_end).count() > MAX_BURSTS {
        found.retain(|change| change.is_until_end);
    }
    found
}

fn tally(segment: &Segment) -> Tally {
    Tally {
        samples: segment.samples,
        errors: segment.errors,
        first: None,
    }
}

/// Whether an error rate is far above another one.
pub(super) fn is_far_above(own: Tally, usual: Tally) -> bool {
    let (own, usual) = (own.ratio(), usual.ratio());
    own >= usual + MIN_RISE && own * (1.0 - usual) >= usual * (1.0 - own) * MIN_ODDS_RATIO
}

/// Returns the logarithm of the likelihood ratio of two error rates to one.
pub(super) fn evidence(a: Tally, b: Tally) -> f64 {
    log_likelihood(a.samples, a.errors) + log_likelihood(b.samples, b.errors)
        - log_likelihood(a.samples + b.samples, a.errors + b.errors)
}

/// Returns whether the error rate of each segment is far above the usual one; `None` if it is never
/// usual.
fn high(rates: &Rates, segments: &[Segment], dispersion: f64, frame: Frame) -> Option<Vec<bool>> {
    let total = rates.total();
    let mut by_ratio: Vec<&Segment> = segments.iter().collect();
    by_ratio.sort_by(|a, b| tally(a).ratio().total_cmp(&tally(b).ratio()));
    let mut usual = Tally::default();
    let mut time = 0.0;
    let is_enough = |usual: Tally, time: f64| {
        let share = usual.samples as f64 / total.samples as f64;
        usual.samples >= MIN_USUAL_SAMPLES && (share >= MIN_USUAL_SHARE || time >= MIN_USUAL_SHARE)
    };
    // The lowest error rates at first, then all that are not far above them.
    for segment in by_ratio {
        usual.add(tally(segment));
        // Up to the next segment, so that a gap counts.
        let next = rates.slices.get(segment.places.end);
        let end = next.map_or(frame.end, |slice| slice.number);
        time += frame.share(&(rates.numbers(&segment.places).start..end));
        if is_enough(usual, time) {
            break;
        }
    }
    let beyond = |usual: Tally| -> Vec<bool> {
        let far = segments.iter().map(|segment| {
            is_far_above(tally(segment), usual)
                && evidence(tally(segment), usual) >= MIN_EVIDENCE_OF_PART * dispersion
        });
        far.collect()
    };
    let mut is_high = beyond(usual);
    for _ in 0..5 {
        usual = Tally::default();
        let rest = segments.iter().zip(&is_high).filter(|(_, high)| !**high);
        rest.for_each(|(segment, _)| usual.add(tally(segment)));
        let next = beyond(usual);
        if next == is_high {
            break;
        }
        is_high = next;
    }
    (usual.samples >= MIN_USUAL_SAMPLES).then_some(is_high)
}

/// Joins groups if the quiet time between is short.
fn join(rates: &Rates, groups: &mut Vec<Group>, usual: Tally, frame: Frame) {
    let mut at = 1;
    while at < groups.len() {
        let (a, b) = (&groups[at - 1], &groups[at]);
        let both = a.places.start..b.places.end;
        let joined = rates.tally(both.clone());
        let [of_a, of_b] = [a, b].map(|group| rates.numbers(&group.places));
        let quiet = of_a.end..of_b.start;
        let is_short = length(&quiet) <= length(&of_a).max(length(&of_b)) * MAX_QUIET_TO_BURST
            || frame.share(&quiet) <= MAX_QUIET_OF_RUN;
        let lower = a.tally.ratio().min(b.tally.ratio());
        if is_short && joined.ratio() >= lower / 2.0 && is_far_above(joined, usual) {
            groups[at - 1] = Group {
                places: both,
                tally: joined,
            };
            groups.remove(at);
            at = at.saturating_sub(1).max(1);
        } else {
            at += 1;
        }
    }
}

/// Whether the last group lasts until the end of the run. Joins it with those before if failures go on
/// and off from there on, and drops it if too little went before.
fn until_end(rates: &Rates, groups: &mut Vec<Group>, usual: Tally) -> bool {
    let Some(last) = groups.last() else {
        return false;
    };
    let after = rates.tally(last.places.end..rates.slices.len());
    let is_last = after.samples as f64 <= last.tally.samples as f64 * MAX_SHARE_AFTER_END
        && after.samples < MIN_USUAL_SAMPLES;
    if !is_last {
        return false;
    }
    let end = rates.slices.len();
    let numbers = |group: &Group| rates.numbers(&group.places);
    let goes_on = |at: &usize| {
        let rest = groups.get(*at..).unwrap_or_default();
        let quiet = rest.windows(2).map(|pair| match pair {
            [a, b] => length(&(numbers(a).end..numbers(b).start)),
            _ => 0.0,
        });
        let quiet: Vec<f64> = quiet.collect();
        let longest = quiet.iter().copied().fold(0.0, f64::max);
        let places = groups[*at].places.start..end;
        let length = length(&rates.numbers(&places));
        longest <= length * MAX_QUIET_TO_REST
            && quiet.iter().sum::<f64>() <= length / 2.0
            && is_far_above(rates.tally(places), usual)
    };
    let first = (0..groups.len()).find(goes_on).unwrap_or(groups.len() - 1);
    let places = groups[first].places.start..end;
    let before = rates.tally(0..places.start);
    let tally = rates.tally(places.clone());
    groups.truncate(first);
    let is_rise = before.samples >= MIN_USUAL_SAMPLES && is_far_above(tally, before);
    if is_rise {
        groups.push(Group { places, tally });
    }
    is_rise
}

/// Leaves out slices without failures on either side, except at the end of the run.
fn trim(rates: &Rates, group: &mut Group, is_to_the_end: bool) {
    let fails = |place: usize| rates.slices[place].tally.errors > 0;
    while group.places.len() > 1 && !fails(group.places.start) {
        group.places.start += 1;
    }
    while !is_to_the_end && group.places.len() > 1 && !fails(group.places.end - 1) {
        group.places.end -= 1;
    }
    group.tally = rates.tally(group.places.clone());
}

#[cfg(test)]
mod tests {
    use super::super::rates::Slice;
    use super::*;

    /// 200 slices with 10 samples each, of which `failing` fail.
    fn rates(failing: impl Fn(i64) -> u64) -> Rates {
        let slices = (0..200).map(|number| Slice {
            number,
            tally: Tally {
                samples: 10,
                errors: failing(number),
                first: None,
            },
        });
        Rates {
            width_ms: 1_024,
            slices: slices.collect(),
        }
    }

    /// The numbers of the changes, and whether each lasts until the end.
    fn found(rates: &Rates) -> Vec<(Range<i64>, bool)> {
        let frame = Frame {
            first: 0,
            end: 200,
            max_threads: 10.0,
            p95_ms: 500,
        };
        let found = changes(rates, frame).into_iter();
        found
            .map(|change| (change.numbers, change.is_until_end))
            .collect()
    }

    #[test]
    fn failures_that_stay() {
        // All of them, some of them, more than usual; more and more.
        let all = rates(|number| if number < 80 { 0 } else { 10 });
        assert_eq!(found(&all), [(80..200, true)]);
        let some = rates(|number| match number {
            ..100 => u64::from(number % 50 == 0),
            _ => 2,
        });
        assert_eq!(found(&some), [(100..200, true)]);
        let more = rates(|number| match number {
            ..100 => u64::from(number % 2 == 0),
            _ => 3,
        });
        assert_eq!(found(&more), [(100..200, true)]);
        let ramp = rates(|number| (number - 100).max(0) as u64 / 20);
        assert_eq!(found(&ramp), [(120..200, true)]);
        // On and off: there is no burst that ends.
        let groups = rates(|number| match number {
            ..60 => 0,
            number if number % 10 == 9 => 0,
            _ => 9,
        });
        assert_eq!(found(&groups), [(60..200, true)]);
    }

    #[test]
    fn failures_that_pass() {
        let one = rates(|number| match number {
            50..60 => 5,
            number => u64::from(number % 20 == 0),
        });
        assert_eq!(found(&one), [(50..60, false)]);
        // A short quiet time does not end it, a long one does.
        let two = rates(|number| match number {
            50..60 | 62..72 | 120..140 => 9,
            _ => 0,
        });
        assert_eq!(found(&two), [(50..72, false), (120..140, false)]);
        let at_the_start = rates(|number| if number < 20 { 10 } else { 0 });
        assert_eq!(found(&at_the_start), [(0..20, false)]);
    }

    #[test]
    fn weak_evidence_says_nothing() {
        assert_eq!(found(&rates(|_| 0)), []);
        assert_eq!(found(&rates(|_| 3)), []);
        assert_eq!(found(&rates(|_| 10)), []);
        // Groups of errors, all alike; a few errors at the end, as threads stop.
        let groups = rates(|number| if number % 17 == 0 { 9 } else { 0 });
        assert_eq!(found(&groups), []);
        let at_the_end = rates(|number| if number >= 198 { 10 } else { 0 });
        assert_eq!(found(&at_the_end), []);
        // The samples of 20 threads that were under way at the end.
        let frame = Frame {
            first: 0,
            end: 200,
            max_threads: 20.0,
            p95_ms: 15_000,
        };
        let interrupted = rates(|number| if number >= 188 { 3 } else { 0 });
        assert_eq!(changes(&interrupted, frame), []);
        assert_eq!(found(&Rates::default()), []);
    }
}
