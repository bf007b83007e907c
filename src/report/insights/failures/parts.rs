//! Decides which part of a run an error rate belongs to: the whole run, or some of its labels.

use std::ops::Range;

use super::super::origins::Failing;
use super::changes::{Change, Frame, changes, is_far_above};
use super::rates::{Rates, RunRates, Tally};
use super::segments::log_likelihood;

/// Fewest labels that share a fault for it to be the run's and not theirs, if they are not few.
const MAX_LABELS: usize = 5;

/// Smallest share of the errors beyond the usual ones for the labels that explain them.
const MIN_SHARE_OF_EXCESS: f64 = 0.9;

/// Largest share of samples for the labels that explain errors, unless the other labels clearly fail less: of
/// nearly all requests, errors say nothing about a label.
const MAX_SHARE_OF_SAMPLES: f64 = 0.75;

/// Smallest logarithm of the likelihood ratio to one error rate of all labels for that.
const MIN_EVIDENCE_OF_LABELS: f64 = 10.0;

/// Smallest share of the errors beyond the usual ones that labels must have which also succeeded before:
/// a label that begins late and fails at once changes the error rate of the run, not its own.
const MIN_SHARE_COMPARED: f64 = 0.5;

/// Fewest samples of a label for comparison with itself. Most of 60 labels of a short run have few before
/// it begins to fail, but together enough.
const MIN_COMPARED: u64 = 1;

/// How far changes of labels may be apart to be the same, as a share of the run.
const MAX_APART: f64 = 0.02;

/// A part of a run whose error rate changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// Its labels, by their place; empty for the whole run.
    pub labels: Vec<usize>,
    /// When.
    pub change: Change,
    /// What happened in that time.
    pub tally: Tally,
    /// What happened before.
    pub before: Tally,
    /// What happened in the rest of the run.
    pub rest: Tally,
}

impl Found {
    /// Whether the samples of the label at this place are among its samples.
    pub fn is_of(&self, label: usize) -> bool {
        self.labels.is_empty() || self.labels.contains(&label)
    }

    /// Returns how many more samples failed than at the rate of the rest of the run.
    pub fn excess(&self) -> f64 {
        self.tally.errors as f64 - self.tally.samples as f64 * self.rest.ratio()
    }
}

/// Adds up the slices in which any of these changes is.
pub(super) fn covered<'a>(
    rates: &Rates,
    changes: impl Iterator<Item = &'a Found> + Clone,
) -> Tally {
    let mut sum = Tally::default();
    let slices = rates.slices.iter().filter(|slice| {
        let mut changes = changes.clone();
        changes.any(|found| found.change.numbers.contains(&slice.number))
    });
    slices.for_each(|slice| sum.add(slice.tally));
    sum
}

/// Returns what happened to the samples of a burst's labels at other times, without the other bursts.
pub(super) fn otherwise(run: &RunRates<'_>, own: &Found, all: &[Found]) -> Tally {
    let bursts = all.iter().filter(|found| !found.change.is_until_end);
    if run.labels.is_empty() {
        return run.whole.total().without(covered(&run.whole, bursts));
    }
    let mut sum = Tally::default();
    for (place, (_, rates)) in run.labels.iter().enumerate() {
        if own.is_of(place) {
            let bursts = bursts.clone().filter(|found| found.is_of(place));
            sum.add(rates.total().without(covered(rates, bursts)));
        }
    }
    sum
}

/// Finds the changes of a run and of its labels; one that explains others stands for them.
pub(super) fn find(run: &RunRates<'_>, frame: Frame, failing: &Failing) -> Vec<Found> {
    if failing.is_run {
        return since_of_run(run, frame).into_iter().collect();
    }
    let of_labels: Vec<Vec<Change>> = run
        .labels
        .iter()
        .map(|(_, rates)| changes(rates, frame))
        .collect();
    let labels = run.labels.iter();
    let always: Vec<bool> = labels
        .map(|(label, _)| failing.labels.contains(&label.number))
        .collect();
    let mut found = Vec::new();
    for change in of_whole(run, &always, frame) {
        let labels = explaining(run, &always, &change.numbers);
        let part = settle(run, labels, &change, frame);
        if !found.contains(&part) {
            found.push(part);
        }
    }
    // What remains is of labels that are too few to change the rate of the run.
    let mut rest: Vec<(usize, Change)> = Vec::new();
    for (place, changes) in of_labels.into_iter().enumerate() {
        let changes = changes.into_iter().filter(|_| !always[place]);
        let new = changes.filter(|change| !is_explained(run, place, change, &found));
        rest.extend(new.map(|change| (place, change)));
    }
    let near = (frame.end.saturating_sub(frame.first) as f64 * MAX_APART).max(1.0);
    let is_near = |a: &Change, b: &Change| {
        let distances = [
            a.numbers.start.abs_diff(b.numbers.start),
            a.numbers.end.abs_diff(b.numbers.end),
        ];
        a.is_until_end == b.is_until_end
            && distances[0] as f64 <= near
            && (a.is_until_end || distances[1] as f64 <= near)
    };
    while let Some((_, change)) = rest.first().cloned() {
        let (same, others): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|(_, other)| is_near(&change, other));
        rest = others;
        let mut labels: Vec<usize> = same.iter().map(|(place, _)| *place).collect();
        let errors = |place: &usize| run.labels[*place].1.tally_of(&change.numbers).errors;
        labels.sort_by_key(|place| std::cmp::Reverse(errors(place)));
        labels.dedup();
        found.push(settle(run, labels, &change, frame));
    }
    found
}

/// Returns since when a run fails of which nearly all samples failed.
fn since_of_run(run: &RunRates<'_>, frame: Frame) -> Option<Found> {
    let mut changes = changes(&run.whole, frame).into_iter();
    let since = changes.rfind(|change| change.is_until_end)?;
    Some(settle(run, Vec::new(), &since, frame))
}

/// Returns the changes of the whole run, without labels that always fail.
fn of_whole(run: &RunRates<'_>, always: &[bool], frame: Frame) -> Vec<Change> {
    if run.labels.is_empty() {
        return changes(&run.whole, frame);
    }
    let labels = || {
        run.labels
            .iter()
            .zip(always)
            .filter(|(_, always)| !**always)
    };
    let rates = Rates::merged(run.whole.width_ms, labels().map(|((_, rates), _)| rates));
    let mut found = changes(&rates, frame);
    found.retain(|change| {
        let all = rates.tally_of(&change.numbers);
        let usual = rates.total().without(all).ratio();
        let excess = all.errors as f64 - all.samples as f64 * usual;
        let compared: f64 = labels()
            .map(|((_, rates), _)| excess_of(rates, &change.numbers).unwrap_or(0.0))
            .sum();
        compared >= excess * MIN_SHARE_COMPARED
    });
    found
}

/// Returns how many more samples of a label failed than at the rate of its other samples; `None` if it
/// has none.
fn excess_of(rates: &Rates, numbers: &Range<i64>) -> Option<f64> {
    let own = rates.tally_of(numbers);
    let rest = rates.total().without(own);
    (rest.samples >= MIN_COMPARED).then(|| own.errors as f64 - own.samples as f64 * rest.ratio())
}

/// Returns the few labels that explain the errors of a change of the run, those with the most errors
/// first; none if it is the whole run's.
fn explaining(run: &RunRates<'_>, always: &[bool], numbers: &Range<i64>) -> Vec<usize> {
    if run.labels.len() < 2 {
        return Vec::new();
    }
    let places = (0..run.labels.len()).filter(|place| !always[*place]);
    let mut excess: Vec<(usize, f64)> = places
        .filter_map(|place| Some((place, excess_of(&run.labels[place].1, numbers)?)))
        .filter(|(_, excess)| *excess > 0.0)
        .collect();
    excess.sort_by(|a, b| b.1.total_cmp(&a.1));
    let all: f64 = excess.iter().map(|(_, excess)| excess).sum();
    let mut sum = 0.0;
    let mut labels = Vec::new();
    for (place, excess) in excess {
        if sum >= all * MIN_SHARE_OF_EXCESS {
            break;
        }
        sum += excess;
        labels.push(place);
    }
    let tally = |place: &usize| run.labels[*place].1.tally_of(numbers);
    let mut own = Tally::default();
    labels.iter().for_each(|place| own.add(tally(place)));
    let all = run.whole.tally_of(numbers);
    let is_few = labels.len() <= MAX_LABELS
        && (own.samples as f64 <= all.samples as f64 * MAX_SHARE_OF_SAMPLES
            || evidence_of_difference(own, all.without(own)) >= MIN_EVIDENCE_OF_LABELS)
        && labels.iter().all(|place| {
            let total = run.labels[*place].1.total();
            is_far_above(tally(place), total.without(tally(place)))
        });
    if is_few { labels } else { Vec::new() }
}

/// Returns the logarithm of the likelihood ratio of two error rates to one.
fn evidence_of_difference(a: Tally, b: Tally) -> f64 {
    let likelihood = |tally: Tally| log_likelihood(tally.samples, tally.errors);
    let mut both = a;
    both.add(b);
    likelihood(a) + likelihood(b) - likelihood(both)
}

/// Returns the figures of a change of some labels, at the time that is theirs.
fn settle(run: &RunRates<'_>, mut labels: Vec<usize>, change: &Change, frame: Frame) -> Found {
    if run.labels.len() < 2 {
        labels.clear();
    }
    let merged;
    let rates = match labels.is_empty() {
        true => &run.whole,
        false => {
            let of_labels = labels.iter().filter_map(|place| run.labels.get(*place));
            merged = Rates::merged(run.whole.width_ms, of_labels.map(|(_, rates)| rates));
            &merged
        }
    };
    let overlap = |other: &Change| {
        let start = change.numbers.start.max(other.numbers.start);
        let end = change.numbers.end.min(other.numbers.end);
        rates.tally_of(&(start..end.max(start))).errors
    };
    let own = (!labels.is_empty()).then(|| changes(rates, frame));
    let own = own.unwrap_or_default().into_iter();
    let own = own.filter(|own| own.is_until_end == change.is_until_end);
    let change = own
        .max_by_key(|own| overlap(own))
        .filter(|own| overlap(own) * 2 >= rates.tally_of(&change.numbers).errors)
        .unwrap_or_else(|| change.clone());
    let tally = rates.tally_of(&change.numbers);
    Found {
        labels,
        tally,
        before: rates.tally_of(&(i64::MIN..change.numbers.start)),
        rest: rates.total().without(tally),
        change,
    }
}

/// Whether most of the errors of a label's change are told already.
fn is_explained(run: &RunRates<'_>, place: usize, change: &Change, found: &[Found]) -> bool {
    let Some((_, rates)) = run.labels.get(place) else {
        return false;
    };
    let told = found.iter().filter(|found| found.is_of(place));
    let errors: u64 = told
        .map(|found| {
            let start = found.change.numbers.start.max(change.numbers.start);
            let end = found.change.numbers.end.min(change.numbers.end);
            rates.tally_of(&(start..end.max(start))).errors
        })
        .sum();
    errors * 2 >= rates.tally_of(&change.numbers).errors
}
