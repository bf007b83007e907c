//! Drift: response times that rise over time although the load stays the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::course::{self, Course, Moment};
use super::super::times::Counts;
use super::super::{Evidence, Told, Totals, severity, times, words};
use super::steady;
use super::window::{Figures, Window};
use crate::percentile::Percentile;
use crate::stats::{Aggregate, CompactHistogram, Slices};

/// Smallest ratio of the median in the last quarter to that in the first.
const MIN_RATIO: f64 = 1.5;

/// Smallest difference of these medians, ms.
const MIN_DIFFERENCE_MS: i64 = 10;

/// Smallest ratio of the lower and of the upper quartile: if only the median rises, two groups of times changed
/// places around it.
const MIN_RATIO_OF_QUARTILES: f64 = 1.2;

/// Fewest successes in a quarter.
const MIN_SAMPLES: u64 = 60;

/// Fewest successes of a label in a quarter for its median.
const MIN_SAMPLES_OF_LABEL: u64 = 10;

/// Smallest share of samples whose labels have that many.
const MIN_COVERED: f64 = 0.6;

/// Parts that the time is cut into to see its trend.
const PARTS: usize = 12;

/// Fewest periods.
const MIN_PERIODS: usize = 8;

/// Smallest Spearman rank correlation of the parts' medians with time: times that wander by chance
/// can reach 0.8.
const MIN_CORRELATION: f64 = 0.9;

/// Share of the rise that lies between two neighbouring parts if it is a step.
const STEP_SHARE: f64 = 0.7;

/// Fewest parts after a step: a shorter time may be a stall.
const MIN_PARTS_AFTER: usize = 3;

/// Smallest part of the run with a constant load, as a share of its buckets.
const MIN_STEADY_SHARE: f64 = 0.3;

/// Share of all threads that counts as all of them.
const MIN_SHARE_UP: f64 = 0.95;

/// A load generator starts and ends in the first and the last of this many parts.
const EDGE: usize = 10;

/// Largest ratio of requests started in the last quarter to those in the first: with more, the load
/// grows too.
const MAX_LOAD_GROWTH: f64 = 1.15;

/// Standard deviations by which random arrivals may exceed that.
const CHANCE_DEVIATIONS: f64 = 3.0;

/// Response times that rose over time at a constant load. Only successes count. A sample belongs to the
/// time of its start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Drift {
    /// Start of the time with a constant load, epoch ms.
    pub start_ms: i64,
    /// Start of that time, ms since the start of the run.
    pub since_start_ms: i64,
    /// End of that time, epoch ms.
    pub end_ms: i64,
    /// Active threads; `None` if unknown.
    pub threads: Option<f64>,
    /// End of its first quarter, epoch ms.
    pub first_end_ms: i64,
    /// Start of its last quarter, epoch ms.
    pub last_start_ms: i64,
    /// Median elapsed time in the first quarter, ms.
    pub start_median_ms: i64,
    /// Median elapsed time in the last quarter, ms.
    pub end_median_ms: i64,
    /// When times rose, epoch ms, if they rose at once and not bit by bit.
    pub step_ms: Option<i64>,
    /// The same, ms since the start of the run.
    pub step_since_start_ms: Option<i64>,
    /// Samples that start from the middle of that time to its end, failed ones included.
    pub samples: u64,
    /// Whether any sample in the last quarter failed.
    pub has_errors: bool,
}

impl Told for Drift {
    fn sentence(&self) -> String {
        let (first, last) = (
            words::whole_ms(self.start_median_ms),
            words::whole_ms(self.end_median_ms),
        );
        match self.step_ms.zip(self.step_since_start_ms) {
            Some((step, since)) => format!(
                "At constant load, the median rose from {first} to {last} at {}.",
                course::at(since, step),
            ),
            None => format!(
                "At constant load, the median kept rising: from {first} in the first quarter to {last} in the last."
            ),
        }
    }

    fn next_step(&self) -> Vec<String> {
        let mut options = Window::new(self.last_start_ms, self.end_ms).options();
        if self.has_errors {
            options.push("--only-success".to_owned());
        }
        options
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

pub(super) fn find(evidence: &Evidence<'_>, course: &Course) -> Option<Drift> {
    let (moments, threads) = constant(course)?;
    if threads.is_none() && !do_engines_stay(evidence.aggregate, moments) {
        return None;
    }
    let end = moments.last()?.start_ms.saturating_add(course.bucket_ms);
    let periods = evidence.aggregate.periods();
    let mut window = Window::within(periods, moments.first()?.start_ms, end)?;
    let width = periods.width_ms();
    let count = window.end_ms.saturating_sub(window.start_ms) / width;
    // Whole halves.
    let left_out = (count % 2).saturating_mul(width);
    window.start_ms = window.start_ms.saturating_add(left_out);
    let count = count - count % 2;
    let parts = PARTS.min(usize::try_from(count).ok()?);
    if parts < MIN_PERIODS {
        return None;
    }
    let edge = |part: usize, parts: usize| {
        let place = count * part as i64 / parts as i64;
        window.start_ms.saturating_add(place.saturating_mul(width))
    };
    // Quarters of whole periods: a few may be left between them.
    let quarter = (count / 4).saturating_mul(width);
    let first = Window::new(window.start_ms, window.start_ms.saturating_add(quarter));
    let last = Window::new(window.end_ms.saturating_sub(quarter), window.end_ms);
    let (of_first, of_last) = (first.figures(periods), last.figures(periods));
    let (before, after) = (times::median(&of_first.ok)?, times::median(&of_last.ok)?);
    let enough = |figures: &Figures| times::count(&figures.ok) >= MIN_SAMPLES;
    let is_rise = enough(&of_first)
        && enough(&of_last)
        && after as f64 >= before as f64 * MIN_RATIO
        && after - before >= MIN_DIFFERENCE_MS
        // A quarter is longer than what is under way at its end.
        && quarter >= after
        && do_quartiles_rise(&of_first.ok, &of_last.ok)
        && !grows(
            times::count(&of_first.elapsed),
            times::count(&of_last.elapsed),
        );
    if !is_rise {
        return None;
    }
    let windows = (0..parts).map(|part| Window::new(edge(part, parts), edge(part + 1, parts)));
    let windows: Vec<Window> = windows.collect();
    let slices = evidence.aggregate.slices()?;
    let mix = Mix::new(slices, first, last);
    let (of_mix_before, of_mix_after) = (mix.median(first)?, mix.median(last)?);
    if of_mix_after < of_mix_before * MIN_RATIO {
        return None;
    }
    let medians: Vec<(f64, f64)> = (0..)
        .map(f64::from)
        .zip(&windows)
        .filter_map(|(part, &window)| Some((part, mix.median(window)?)))
        .collect();
    if medians.len() < MIN_PERIODS {
        return None;
    }
    let step = step(&medians, of_mix_before, of_mix_after);
    let step = match step {
        Some(place) => {
            let (from, to) = (
                windows.get(place)?,
                windows.get(place + 2).or(windows.last())?,
            );
            let within = (from.start_ms, to.end_ms);
            Some(moment_of_step(moments, within, (before + after) / 2)?)
        }
        None if times::rank_correlation(&medians) >= MIN_CORRELATION => None,
        None => return None,
    };
    let half = Window::new(edge(2, 4), window.end_ms).figures(periods);
    Some(Drift {
        start_ms: window.start_ms,
        since_start_ms: course.since_start(window.start_ms),
        end_ms: window.end_ms,
        threads,
        first_end_ms: first.end_ms,
        last_start_ms: last.start_ms,
        start_median_ms: before,
        end_median_ms: after,
        step_ms: step,
        step_since_start_ms: step.map(|step| course.since_start(step)),
        samples: times::count(&half.elapsed),
        has_errors: of_last.ok != of_last.elapsed,
    })
}

/// Returns the part of a run in which the load is constant, and its number of threads, if known.
fn constant(course: &Course) -> Option<(&[Moment], Option<f64>)> {
    let inner = course.inner();
    let end = inner.iter().rposition(|moment| moment.hits > 0)? + 1;
    let inner = &inner[..end];
    let known = inner.iter().filter_map(|moment| moment.threads);
    let threads = times::quantile(known, 0.9).filter(|&threads| threads > 0.0);
    let Some(threads) = threads else {
        return Some((inner, None));
    };
    let (from, to) = steady::longest(inner, threads * MIN_SHARE_UP);
    let is_long = (to - from) as f64 >= inner.len() as f64 * MIN_STEADY_SHARE;
    is_long.then(|| (&inner[from..to], Some(threads)))
}

/// Whether all load generators send from near the start of a time to near its end: another mix of them is no
/// drift.
fn do_engines_stay(aggregate: &Aggregate, moments: &[Moment]) -> bool {
    let (Some(first), Some(last)) = (
        moments.get(moments.len() / EDGE),
        moments.get(moments.len().saturating_sub(1 + moments.len() / EDGE)),
    ) else {
        return false;
    };
    let mut engines: BTreeMap<&[u8], (i64, i64)> = BTreeMap::new();
    let origins = aggregate.origins();
    for cell in origins.cells() {
        let (start, end) = engines.entry(cell.engine).or_insert((i64::MAX, i64::MIN));
        *start = cell.stats.start().min(*start);
        *end = cell.stats.last_start().max(*end);
    }
    let stays = |&(start, end): &(i64, i64)| start <= first.start_ms && end >= last.start_ms;
    engines.values().all(stays)
}

/// Whether both quartiles are longer in the last quarter than in the first.
fn do_quartiles_rise(first: &Counts, last: &Counts) -> bool {
    let quartiles = [25.0, 75.0].map(Percentile::new);
    quartiles.into_iter().flatten().all(|quartile| {
        let value = |counts| times::percentile(counts, quartile);
        value(first)
            .zip(value(last))
            .is_some_and(|(first, last)| last as f64 >= first as f64 * MIN_RATIO_OF_QUARTILES)
    })
}

/// Whether more requests start in the last quarter than in the first, and not by chance.
fn grows(first: u64, last: u64) -> bool {
    let (allowed, last) = (first as f64 * MAX_LOAD_GROWTH, last as f64);
    let deviation = (allowed * MAX_LOAD_GROWTH + last).sqrt();
    last > allowed + CHANCE_DEVIATIONS * deviation
}

/// Returns the part after which times step up, if they do so at once and stay.
fn step(medians: &[(f64, f64)], before: f64, after: f64) -> Option<usize> {
    let rise = after - before;
    let middle = before + rise / 2.0;
    let value = |place: usize| medians.get(place).map(|median| median.1);
    let is_step = |place: &usize| {
        let (Some(here), Some(next)) = (value(*place), value(place + 1)) else {
            return false;
        };
        // The step may lie within a part.
        let later = value(place + 2).unwrap_or(next).max(next);
        let (low, high) = medians.split_at(place + 1);
        let high = &high[1.min(high.len())..];
        later - here >= rise * STEP_SHARE
            && high.len() + 1 >= MIN_PARTS_AFTER
            && low.iter().all(|median| median.1 < middle)
            && high.iter().all(|median| median.1 > middle)
    };
    (0..medians.len()).find(is_step)
}

/// Returns when the median passes a value for good, to the bucket.
fn moment_of_step(moments: &[Moment], within: (i64, i64), value: i64) -> Option<i64> {
    let inside = moments
        .iter()
        .filter(|moment| (within.0..within.1).contains(&moment.start_ms));
    let medians: Vec<(i64, i64)> = inside
        .filter_map(|moment| Some((moment.start_ms, times::median(&moment.ok)?)))
        .collect();
    let below = medians.iter().rposition(|&(_, median)| median < value);
    let place = below.map_or(0, |place| place + 1);
    medians
        .get(place)
        .or(medians.last())
        .map(|&(start, _)| start)
}

/// The labels of a run and their shares, so that medians are of the same mix at any time.
struct Mix<'a> {
    slices: &'a Slices,
    /// Numbers of labels and their samples.
    labels: Vec<(usize, f64)>,
}

impl<'a> Mix<'a> {
    /// Chooses the labels with enough samples in both windows; none if they are too few of all.
    fn new(slices: &'a Slices, first: Window, last: Window) -> Self {
        let (mut labels, mut all) = (Vec::new(), 0.0);
        for label in 0..slices.labels() {
            let [before, after] =
                [first, last].map(|window| of_label(slices, label, window).count());
            let samples = (before + after) as f64;
            all += samples;
            if before.min(after) >= MIN_SAMPLES_OF_LABEL {
                labels.push((label, samples));
            }
        }
        let covered: f64 = labels.iter().map(|(_, samples)| samples).sum();
        if covered < all * MIN_COVERED {
            labels.clear();
        }
        Mix { slices, labels }
    }

    /// Returns the mean of the labels' medians in a window, weighted by their shares in the run; `None`
    /// without samples.
    fn median(&self, window: Window) -> Option<f64> {
        let mut sums = (0.0, 0.0);
        for &(label, weight) in &self.labels {
            if let Some(median) = median_of(&of_label(self.slices, label, window)) {
                sums = (sums.0 + weight, sums.1 + weight * median);
            }
        }
        // A label that is missing at times would change the mix.
        let all: f64 = self.labels.iter().map(|(_, weight)| weight).sum();
        (sums.0 > 0.0 && sums.0 >= all * MIN_COVERED).then(|| sums.1 / sums.0)
    }
}

/// The elapsed times of a label's successes in a window, in slices that start in it.
fn of_label(slices: &Slices, label: usize, window: Window) -> CompactHistogram {
    let mut all = CompactHistogram::default();
    for (number, cell) in slices.of_label(label) {
        let start = number.saturating_mul(slices.width_ms());
        if (window.start_ms..window.end_ms).contains(&start) {
            all.merge(&cell.successes);
        }
    }
    all
}

fn median_of(histogram: &CompactHistogram) -> Option<f64> {
    let steps = histogram.steps();
    let counts: Vec<(i64, u64)> = steps
        .into_iter()
        .map(|(step, count)| (CompactHistogram::range(step).1, count))
        .collect();
    times::median(&counts).map(|median| median as f64)
}
