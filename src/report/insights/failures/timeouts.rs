//! Timeouts: many samples end at one same time, which a client or a proxy has set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::course::Course;
use super::super::times::{self, Counts};
use super::super::{Told, Totals, severity};
use super::words::{in_words, percent_of, shortest, subject};
use crate::format;
use crate::stats::{Aggregate, Label, LabelStats, merged_counts};
use crate::text;

/// Shortest timeout, ms: below, clocks and fixed response times cluster, too.
const MIN_VALUE_MS: i64 = 500;

/// Width of the band above a timeout in which its samples end: 2%.
const BAND: (i64, i64) = (51, 50);

/// Fewest samples that end at one time, and the smallest share of all.
const MIN_SAMPLES: u64 = 10;
const MIN_SHARE: f64 = 0.005;

/// How many times as many samples must end in the band as in a band of that width beside it.
const MIN_CONTRAST: f64 = 8.0;

/// Largest number of samples that take longer, as a share of those in the band: a timeout ends all.
const MAX_SHARE_ABOVE: f64 = 0.25;

/// Largest share of the successful samples that end in the band. A server whose responses always take as
/// long has no timeout, and neither has one whose users all wait for each other.
const MAX_SHARE_OF_SUCCESSES: f64 = 0.2;

/// Share of samples that fail if something always fails, which is told as that.
const ALWAYS: f64 = 0.9;

/// From this share of failures on, the band is one of failures.
const MIN_FAILED: f64 = 0.5;

/// Shortest timeout that ends as a success, ms, and its smallest ratio to the median.
const MIN_SUCCESSFUL_MS: i64 = 1_000;
const MIN_SUCCESSFUL_TO_MEDIAN: i64 = 5;

/// Fewest buckets of the time series in which it occurs: a stall ends all samples at once.
const MIN_BUCKETS: u64 = 3;
const MIN_SUCCESSFUL_BUCKETS: u64 = 5;

/// Most samples per such bucket if they succeed, unless most buckets have some.
const MAX_SUCCESSFUL_PER_BUCKET: u64 = 4;

/// Smallest share of the times that are multiples of 100 ms if the clock is as coarse as that.
const COARSE: f64 = 0.9;

/// Most different times of nearly all other samples if all responses take fixed times, as a stub's.
const MAX_FIXED: usize = 3;

/// Shortest of these times, ms: shorter ones fall into few values anyway.
const MIN_FIXED_MS: i64 = 20;

/// Nearly all samples, as a share.
const NEARLY_ALL: f64 = 0.95;

/// Most bands that are looked at: the fullest ones.
const MAX_BANDS: usize = 3;

/// Most timeouts that are told.
const MAX_TOLD: usize = 2;

/// Many samples end at one same time, although few others take nearly as long, or longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Timeouts {
    /// The timeout, ms: a round number, or the shortest of their times.
    pub value_ms: i64,
    /// Samples that took that long, or up to 2% longer; of the label if one is named, else of the run.
    pub samples: u64,
    /// How many of these failed.
    pub errors: u64,
    /// The longest of them, ms.
    pub longest_ms: i64,
    /// Their share of all samples of the label, or of the run, 0 to 1.
    pub ratio: f64,
    /// The label of nearly all of them, if the run has several labels.
    pub label: Option<String>,
    /// The error of most of those that failed, if the number of errors proves it.
    pub error: Option<String>,
}

impl Told for Timeouts {
    fn sentence(&self) -> String {
        let share = percent_of(self.ratio);
        let samples = format::thousands(self.samples);
        let subject = subject(self.label.as_deref(), &[], false);
        let value = format::thousands(self.value_ms);
        let failed = match self.errors {
            0 => "; none of them failed".to_owned(),
            errors if errors == self.samples => "; all of them failed".to_owned(),
            errors => format!("; {} of them failed", format::thousands(errors)),
        };
        let error = self.error.as_deref();
        let error = error.map(|error| format!(" with {}", in_words(error)));
        let say = |error: &str| {
            format!(
                "{samples} {subject} ({share}) ended after {value} ms or just over, as at a timeout{failed}{error}."
            )
        };
        shortest(&[say(error.as_deref().unwrap_or_default()), say("")])
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

/// The elapsed times of some labels.
#[derive(Debug, Clone, Default)]
struct Times {
    ok: Counts,
    ko: Counts,
}

impl Times {
    fn of(label: &Label<'_>) -> Self {
        let counts = label.samplers.time_counts();
        Times {
            ok: counts.elapsed_ok,
            ko: counts.elapsed_ko,
        }
    }

    fn merged<'a>(all: impl Iterator<Item = &'a Times> + Clone) -> Self {
        Times {
            ok: merged_counts(all.clone().map(|times| &times.ok)),
            ko: merged_counts(all.map(|times| &times.ko)),
        }
    }

    fn without(&self, part: &Times) -> Self {
        Times {
            ok: times::without(&self.ok, &part.ok),
            ko: times::without(&self.ko, &part.ko),
        }
    }

    fn all(&self) -> Counts {
        merged_counts([&self.ok, &self.ko])
    }
}

fn end_of_band(value: i64) -> i64 {
    let end = i128::from(value) * i128::from(BAND.0) / i128::from(BAND.1);
    // A negative time is the end of its own band.
    i64::try_from(end).unwrap_or(i64::MAX).max(value)
}

/// Number of samples that took from `from` to `to` ms, both included.
fn between(counts: &[(i64, u64)], from: i64, to: i64) -> u64 {
    times::count_from(counts, from).saturating_sub(times::count_from(counts, to.saturating_add(1)))
}

/// Finds timeouts with at most this many errors, if that is given.
pub(super) fn find(
    aggregate: &Aggregate,
    (labels, samplers): (&[Label<'_>], &LabelStats),
    course: &Course,
    most_errors: Option<f64>,
) -> Vec<Timeouts> {
    let labels: Vec<&Label<'_>> = labels
        .iter()
        .filter(|label| label.samplers.samples > 0)
        .collect();
    let fails_always = |label: &Label<'_>| {
        let (ok, ko) = label.samplers.results();
        ko as f64 >= (ok + ko) as f64 * ALWAYS
    };
    let (always, candidates): (Vec<usize>, Vec<usize>) =
        (0..labels.len()).partition(|&place| fails_always(labels[place]));
    // Of a million labels, few have enough samples.
    let busy = candidates.iter().filter(|&&place| {
        let (ok, ko) = labels[place].samplers.results();
        ok + ko >= MIN_SAMPLES
    });
    let busy: Vec<(usize, Times)> = busy
        .map(|&place| (place, Times::of(labels[place])))
        .collect();
    let all = samplers.time_counts();
    let all = Times {
        ok: all.elapsed_ok,
        ko: all.elapsed_ko,
    };
    let always: Vec<Times> = always
        .iter()
        .map(|&place| Times::of(labels[place]))
        .collect();
    let tested = all.without(&Times::merged(always.iter()));
    let mut found: Vec<(Timeouts, Vec<usize>)> = Vec::new();
    for value in plateaus(&tested, course) {
        let is_constant = busy.iter().any(|(_, times)| {
            let own = between(&times.ok, value, end_of_band(value));
            own >= MIN_SAMPLES
                && own as f64 > times::count(&times.ok) as f64 * MAX_SHARE_OF_SUCCESSES
        });
        if !is_constant {
            found.push((timeouts(value, &all), candidates.clone()));
        }
    }
    for (place, times) in &busy {
        let label = labels[*place];
        for value in plateaus(times, course) {
            let own = timeouts(value, times);
            // Of the run, unless nearly all are of this label.
            match found.iter_mut().find(|(of, _)| of.value_ms == value) {
                Some((of, places)) if of.label.is_none() => {
                    if labels.len() > 1 && own.samples * 10 >= of.samples * 9 {
                        *of = named(own, label);
                        *places = vec![*place];
                    }
                }
                _ => found.push((named(own, label), vec![*place])),
            }
        }
    }
    found.retain(|(found, _)| most_errors.is_none_or(|most| found.errors as f64 <= most));
    found.sort_by_key(|(found, _)| std::cmp::Reverse(found.samples));
    found.truncate(MAX_TOLD);
    let with_error = found.into_iter().map(|(mut found, places)| {
        let labels: Vec<Label<'_>> = places.iter().map(|&place| *labels[place]).collect();
        found.error = error(aggregate, &labels, &found);
        found
    });
    with_error.collect()
}

fn timeouts(value_ms: i64, times: &Times) -> Timeouts {
    let end = end_of_band(value_ms);
    let all = times.all();
    let longest = all.iter().rev().find(|(value, _)| *value <= end);
    let samples = between(&all, value_ms, end);
    Timeouts {
        value_ms,
        samples,
        errors: between(&times.ko, value_ms, end),
        longest_ms: longest.map_or(value_ms, |(value, _)| *value),
        ratio: samples as f64 / times::count(&all).max(1) as f64,
        label: None,
        error: None,
    }
}

fn named(found: Timeouts, label: &Label<'_>) -> Timeouts {
    Timeouts {
        label: Some(text::of(label.name).into_owned()),
        ..found
    }
}

/// Returns the times at which far more samples end than just before or after, of the fullest bands.
fn plateaus(times: &Times, course: &Course) -> Vec<i64> {
    let all = times.all();
    let from = all.partition_point(|&(value, _)| value < MIN_VALUE_MS);
    let mut long = all.get(from..).unwrap_or_default().to_vec();
    let mut found = Vec::new();
    for _ in 0..MAX_BANDS {
        let places = fullest_band(&long);
        // Without the few that happen to take a little less.
        let Some(low) = value_at_share(&long[places.clone()], 0.05) else {
            break;
        };
        let round = [1_000, 500, 100].map(|step| low / step * step);
        let value = round
            .into_iter()
            .find(|round| *round >= MIN_VALUE_MS && low.saturating_sub(*round) <= low / 200)
            .unwrap_or(low);
        if is_plateau(value, times, &all, course) {
            found.push(value);
        }
        long.drain(places);
    }
    found
}

/// Returns the places of the values in the band that has most samples.
fn fullest_band(counts: &[(i64, u64)]) -> std::ops::Range<usize> {
    let mut best = (0, 0..0);
    let (mut end, mut sum) = (0, 0);
    for (place, &(value, own)) in counts.iter().enumerate() {
        while let Some(&(next, samples)) = counts.get(end)
            && next <= end_of_band(value)
        {
            sum += samples;
            end += 1;
        }
        if sum > best.0 {
            best = (sum, place..end);
        }
        sum -= own;
    }
    best.1
}

fn value_at_share(counts: &[(i64, u64)], share: f64) -> Option<i64> {
    let needed = times::count(counts) as f64 * share;
    let mut sum = 0.0;
    let found = counts.iter().find(|(_, count)| {
        sum += *count as f64;
        sum > needed
    });
    found.map(|(value, _)| *value)
}

fn is_plateau(value: i64, times: &Times, all: &Counts, course: &Course) -> bool {
    let count = times::count(all);
    let end = end_of_band(value);
    let own = between(all, value, end);
    let failed = between(&times.ko, value, end);
    let succeeded = own.saturating_sub(failed);
    let is_enough = own >= MIN_SAMPLES && own as f64 >= count as f64 * MIN_SHARE;
    // Three bands on either side.
    let width = (i128::from(value) * 3 / 50) as i64;
    let beside = [
        between(all, value.saturating_sub(width), value.saturating_sub(1)),
        between(all, end.saturating_add(1), end.saturating_add(width)),
    ];
    let usual = beside.iter().max().copied().unwrap_or(0) as f64 / 3.0;
    let above = times::count_from(all, end.saturating_add(1));
    let successes = times::count(&times.ok);
    let is_fixed = succeeded as f64 > successes as f64 * MAX_SHARE_OF_SUCCESSES;
    if !is_enough
        || (own as f64) < usual * MIN_CONTRAST
        || above as f64 > own as f64 * MAX_SHARE_ABOVE
        || is_fixed
        || is_coarse(all, value, end)
        || are_fixed(all, value, end)
    {
        return false;
    }
    let (buckets, in_buckets) = buckets_with(course, value, end);
    match failed as f64 >= own as f64 * MIN_FAILED {
        true => buckets >= MIN_BUCKETS,
        false => {
            let median = times::median(all).unwrap_or(0);
            value >= MIN_SUCCESSFUL_MS
                && value % 500 == 0
                && value >= median.saturating_mul(MIN_SUCCESSFUL_TO_MEDIAN)
                && (own as f64) >= usual * MIN_CONTRAST * 2.0
                && own >= 2 * MIN_SAMPLES
                && buckets >= MIN_SUCCESSFUL_BUCKETS
                && (in_buckets <= buckets * MAX_SUCCESSFUL_PER_BUCKET
                    || buckets * 3 >= course.moments.len() as u64)
        }
    }
}

/// Whether nearly all other times are multiples of 100 ms.
fn is_coarse(all: &Counts, from: i64, to: i64) -> bool {
    let others = all
        .iter()
        .filter(|(value, _)| !(from..=to).contains(value) && *value >= 100);
    let (coarse, count) = others.fold((0, 0), |sum, &(value, count)| {
        let coarse = if value % 100 == 0 { count } else { 0 };
        (sum.0 + coarse, sum.1 + count)
    });
    let distinct = all.iter().filter(|(value, _)| *value >= 100).count();
    distinct > 3 && coarse as f64 >= f64::max(count as f64, 1.0) * COARSE
}

/// Whether nearly all other samples take one of a few times.
fn are_fixed(all: &Counts, from: i64, to: i64) -> bool {
    let others = all.iter().filter(|(value, _)| !(from..=to).contains(value));
    let mut others: Vec<(i64, u64)> = others.copied().collect();
    others.sort_unstable_by_key(|&(_, count)| std::cmp::Reverse(count));
    let count = times::count(&others);
    others.truncate(MAX_FIXED);
    let most = times::count(&others);
    let is_long = others.iter().any(|&(value, _)| value >= MIN_FIXED_MS);
    is_long && count >= 2 * MIN_SAMPLES && most as f64 >= count as f64 * NEARLY_ALL
}

/// Returns in how many buckets samples ended in a band, and how many did.
fn buckets_with(course: &Course, from: i64, to: i64) -> (u64, u64) {
    // Times in buckets are rounded up by 0.1%.
    let to = to.saturating_add(to / 1_000);
    let counts = course
        .moments
        .iter()
        .map(|moment| between(&moment.ok, from, to) + between(&moment.ko, from, to));
    let counts: Vec<u64> = counts.filter(|count| *count > 0).collect();
    (counts.len() as u64, counts.iter().sum())
}

/// Returns the type of most errors in the band: the one that has too many errors for all
/// of them to be outside of the band.
fn error(aggregate: &Aggregate, labels: &[Label<'_>], found: &Timeouts) -> Option<String> {
    let mut by_type: BTreeMap<&[u8], u64> = BTreeMap::new();
    for label in labels {
        for (key, stats) in aggregate.errors_of(*label) {
            *by_type.entry(key).or_default() += stats.count;
        }
    }
    let outside = by_type.values().sum::<u64>().saturating_sub(found.errors);
    let (key, count) = by_type.into_iter().max_by_key(|(_, count)| *count)?;
    let inside = count.saturating_sub(outside);
    let name = text::of(key).into_owned();
    (inside > 0 && inside * 2 >= found.errors && !name.is_empty()).then_some(name)
}
