//! Builds a history from the indexes of its runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::thread;

use super::detect::Point;
use super::events::{changes, events, keep_significant, weigh};
use super::metric::Metric;
use super::model::{
    Event, Expectation, History, Level, PlatformHistory, Run, SCHEMA_VERSION, Series, Verdict,
};
use super::newest::{Tails, predict};
use super::regimes::{Found, Regime};
use super::saved::Index;
use crate::report::TOTAL;

/// What a history shows.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The metrics.
    pub metrics: Vec<Metric>,
    /// The keys of the details that tell platforms apart; if empty, the platform of the index does.
    pub platform_by: Vec<String>,
}

/// The runs of a platform, in order.
type Runs = Vec<(Run, Index)>;

/// A series before it is judged.
struct Draft<'a> {
    label: &'a str,
    metric: Metric,
    values: Vec<Option<f64>>,
    /// The run of each point.
    runs: Vec<usize>,
}

impl History {
    /// Builds the history of runs, given in order with their indexes. Labels that `is_shown` does not choose
    /// are left out.
    pub fn new(
        runs: Vec<(Run, Index)>,
        settings: &Settings,
        is_shown: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut platforms: Vec<(Option<String>, Runs)> = Vec::new();
        for (run, index) in runs {
            let platform = settings.platform(&index);
            // The platform of the newest run comes first.
            let mut of_platform = match platforms.iter().position(|(own, _)| *own == platform) {
                Some(place) => platforms.remove(place).1,
                None => Vec::new(),
            };
            of_platform.push((run, index));
            platforms.insert(0, (platform, of_platform));
        }
        let platforms = platforms.into_iter().map(|(platform, runs)| {
            let (mut runs, indexes): (Vec<Run>, Vec<Index>) = runs.into_iter().unzip();
            for (place, run) in runs.iter_mut().enumerate() {
                run.number = place + 1;
            }
            of_platform(platform, runs, &indexes, settings, is_shown)
        });
        History {
            schema_version: SCHEMA_VERSION,
            perfkit_version: env!("CARGO_PKG_VERSION").to_owned(),
            metrics: settings.metrics.clone(),
            platforms: platforms.collect(),
            notes: Vec::new(),
        }
    }
}

impl Settings {
    /// Returns what identifies the platform of a run.
    fn platform(&self, index: &Index) -> Option<String> {
        if self.platform_by.is_empty() {
            return index.platform.clone();
        }
        let values = self.platform_by.iter().filter_map(|key| {
            let mut details = index.details.iter();
            let detail = details.find(|detail| detail.key.eq_ignore_ascii_case(key))?;
            Some(format!("{}={}", detail.key, detail.value))
        });
        let values: Vec<String> = values.collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

fn of_platform(
    platform: Option<String>,
    runs: Vec<Run>,
    indexes: &[Index],
    settings: &Settings,
    is_shown: &dyn Fn(&str) -> bool,
) -> PlatformHistory {
    let labels = labels(indexes, is_shown);
    let (drafts, points): (Vec<Draft<'_>>, Vec<Vec<Point>>) = labels
        .iter()
        .flat_map(|(label, rows)| {
            settings
                .metrics
                .iter()
                .filter_map(|&metric| draft(label, metric, rows, indexes))
        })
        .unzip();
    let mut all = in_parallel(points);
    weigh(&mut all);
    keep_significant(&mut all);
    let regimes: Vec<Vec<Regime>> = all.iter().map(Found::regimes).collect();
    let tails = Tails::fit(residuals(&all, &regimes));
    let judged = drafts
        .iter()
        .filter(|draft| draft.has_newest(runs.len()))
        .count();
    let mut by_label: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    let series: Vec<Series> = drafts
        .iter()
        .zip(&all)
        .zip(&regimes)
        .map(|((draft, found), regimes)| {
            let of_label = by_label.entry(draft.label).or_default();
            of_label.extend(changes(draft.metric, found, &draft.runs));
            draft.finish(found, regimes, tails, judged, runs.len())
        })
        .collect();
    let mut events: Vec<Event> = by_label
        .into_iter()
        .flat_map(|(label, changes)| events(label, changes))
        .collect();
    events.sort_by(|a, b| {
        let strength = |event: &Event| event.changes.first().map_or(0.0, |first| first.strength);
        let order = Reverse(a.run).cmp(&Reverse(b.run));
        order.then(strength(b).total_cmp(&strength(a)))
    });
    let newest = series.iter().filter_map(|series| series.newest);
    let verdict = newest.map(|newest| newest.verdict).max();
    PlatformHistory {
        platform,
        runs,
        events,
        series,
        verdict: verdict.unwrap_or(Verdict::NotJudged),
    }
}

/// The labels of a platform, each with the place of its row in every index that has it.
type Labels<'a> = Vec<(&'a str, Vec<Option<usize>>)>;

/// Returns the labels: TOTAL, then the others in order of first appearance.
fn labels<'a>(indexes: &'a [Index], is_shown: &dyn Fn(&str) -> bool) -> Labels<'a> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut names: Vec<&str> = Vec::new();
    for row in indexes.iter().flat_map(|index| &index.labels) {
        if seen.insert(&row.label) && row.label != TOTAL && is_shown(&row.label) {
            names.push(&row.label);
        }
    }
    let mut labels: Labels<'a> = vec![(TOTAL, Vec::new())];
    let places: BTreeMap<&str, usize> = (1..).zip(&names).map(|(at, name)| (*name, at)).collect();
    labels.extend(names.iter().map(|name| (*name, vec![None; indexes.len()])));
    for (run, index) in indexes.iter().enumerate() {
        for (row, label) in index.labels.iter().enumerate() {
            if let Some(&place) = places.get(label.label.as_str()) {
                labels[place].1[run] = Some(row);
            }
        }
    }
    labels
}

/// Takes a metric of a label from all runs; `None` if no run has it.
fn draft<'a>(
    label: &'a str,
    metric: Metric,
    rows: &[Option<usize>],
    indexes: &[Index],
) -> Option<(Draft<'a>, Vec<Point>)> {
    let mut draft = Draft {
        label,
        metric,
        values: Vec::with_capacity(indexes.len()),
        runs: Vec::with_capacity(indexes.len()),
    };
    let mut points = Vec::with_capacity(indexes.len());
    for (run, index) in indexes.iter().enumerate() {
        let row = match label {
            TOTAL => Some(&index.total),
            _ => rows[run].and_then(|row| index.labels.get(row)),
        };
        let point = row.and_then(|row| metric.point(row));
        draft.values.push(
            row.and_then(|row| metric.value(row))
                .filter(|_| point.is_some()),
        );
        if let Some(point) = point {
            draft.runs.push(run);
            points.push(point);
        }
    }
    (!points.is_empty()).then_some((draft, points))
}

/// Seeks shifts in all series, on all cores.
fn in_parallel(series: Vec<Vec<Point>>) -> Vec<Found> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = series.len().div_ceil(threads).max(1);
    let mut rest = series.into_iter();
    let parts: Vec<Vec<Vec<Point>>> = std::iter::from_fn(|| {
        let part: Vec<Vec<Point>> = rest.by_ref().take(share).collect();
        (!part.is_empty()).then_some(part)
    })
    .collect();
    thread::scope(|scope| {
        let parts = parts.into_iter().map(|part| {
            let seek = move || part.into_iter().map(Found::new).collect::<Vec<_>>();
            scope.spawn(seek)
        });
        let handles: Vec<_> = parts.collect();
        let found = handles.into_iter().flat_map(|handle| {
            let found = handle.join();
            found.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        found.collect()
    })
}

/// Returns the residuals of all series, without their newest points.
fn residuals(all: &[Found], regimes: &[Vec<Regime>]) -> Vec<f64> {
    let of_series = all.iter().zip(regimes).flat_map(|(found, regimes)| {
        let mut residuals = found.residuals(regimes);
        residuals.pop();
        residuals
    });
    of_series.collect()
}

impl Draft<'_> {
    fn has_newest(&self, runs: usize) -> bool {
        self.runs.last().is_some_and(|last| last + 1 == runs)
    }

    fn finish(
        &self,
        found: &Found,
        regimes: &[Regime],
        tails: Tails,
        judged: usize,
        runs: usize,
    ) -> Series {
        let metric = self.metric;
        let level = |regime: &Regime| Level {
            first: self.runs[regime.first],
            last: self.runs[regime.end - 1],
            value: metric.unscaled(regime.level),
            low: metric.unscaled(regime.level - found.deviation),
            high: metric.unscaled(regime.level + found.deviation),
        };
        let newest = || {
            let value = self.values.last().copied().flatten()?;
            let point = found.points.last()?;
            let prediction = predict(found, regimes, tails, judged);
            let unscaled = |value: f64| metric.unscaled(value);
            let distance = prediction.map(|of| (point.value - of.level, of.reach));
            let verdict = match distance {
                None => Verdict::NotJudged,
                Some((distance, reach)) if distance.abs() <= reach => Verdict::AsExpected,
                Some((distance, _)) => match (distance > 0.0) != metric.is_more_better() {
                    true => Verdict::Worse,
                    false => Verdict::Better,
                },
            };
            Some(Expectation {
                value,
                level: prediction.map(|of| unscaled(of.level)),
                low: prediction.map(|of| unscaled(of.level - of.reach)),
                high: prediction.map(|of| unscaled(of.level + of.reach)),
                verdict,
            })
        };
        let outliers = found.outliers(regimes).into_iter();
        Series {
            label: self.label.to_owned(),
            metric,
            unit: metric.unit(),
            values: self.values.clone(),
            levels: regimes.iter().map(level).collect(),
            outliers: outliers.map(|point| self.runs[point]).collect(),
            newest: newest().filter(|_| self.has_newest(runs)),
        }
    }
}
