//! Failures: when, which, and what they do to the figures.

mod changes;
mod error_bursts;
mod failing_since;
mod fast_errors;
mod often_fails;
mod parts;
mod rates;
mod segments;
mod steps;
mod timeouts;
mod words;

use self::changes::{Frame, is_far_above};
use self::parts::{Found, otherwise};
use self::rates::{RunRates, Tally};
use super::course::Course;
use super::origins::{Failing, Outage};
use super::times;
use super::{Evidence, Finding, Part};
use crate::stats::FirstFailure;
use crate::text;

pub use error_bursts::ErrorBurst;
pub use failing_since::FailingSince;
pub use fast_errors::FastErrors;
pub use often_fails::OftenFails;
pub use timeouts::Timeouts;

#[cfg(test)]
pub(super) use fast_errors::tests::of as label_of;

/// How many times as many errors a finding may have as those that parts which always fail do not explain:
/// some of its own are theirs.
const MAX_TO_UNEXPLAINED: f64 = 1.5;

/// Smallest share of the errors of a change that a host, load generator or thread group has for it to be
/// theirs. If the whole run fails from then on, all errors must be.
const MIN_EXPLAINED: f64 = 0.9;

/// Most findings of a kind that are told: those with the most errors.
const MAX_TOLD: usize = 3;

/// Finds failures.
///
/// Parts that always fail have no failures at a time. If the whole run fails, it may do so since a moment;
/// there are no successes to compare with. If clocks are apart there are no bursts: what fails until the end
/// would seem to end before the rows of the clock that is ahead.
pub(super) fn find(
    evidence: &Evidence<'_>,
    course: &Course,
    failing: &Failing,
    are_clocks_apart: bool,
) -> Vec<Finding> {
    let run = RunRates::new(evidence);
    let is_certain = |found: &Found| found.change.is_until_end || !are_clocks_apart;
    let changes = run
        .as_ref()
        .map(|run| changes_of(evidence, course, run, failing, is_certain));
    let (mut found, changes) = changes.unwrap_or_default();
    if failing.is_run {
        return found;
    }
    let fast = fast_errors::find(evidence.aggregate, evidence.samplers, evidence.labels);
    found.extend(fast.map(Finding::FastErrors));
    // How long requests take to fail that always do, or that get no connection, is told with them.
    let unexplained = evidence.samplers.errors.saturating_sub(failing.errors) as f64;
    let most_errors = (failing.errors > 0).then_some(unexplained * MAX_TO_UNEXPLAINED);
    let timeouts = timeouts::find(
        evidence.aggregate,
        (evidence.labels, evidence.samplers),
        course,
        most_errors,
    );
    let known = often_fails::Known {
        failing,
        changes: &changes,
        timeouts: &timeouts,
    };
    let often = often_fails::find(evidence, run.as_ref(), &known);
    found.extend(timeouts.into_iter().map(Finding::Timeouts));
    found.extend(often.into_iter().map(Finding::OftenFails));
    found
}

/// Finds times in which far more samples failed than usual, if they are certain. Returns those that are told,
/// and all.
fn changes_of(
    evidence: &Evidence<'_>,
    course: &Course,
    run: &RunRates<'_>,
    failing: &Failing,
    is_certain: impl Fn(&Found) -> bool,
) -> (Vec<Finding>, Vec<Found>) {
    let width_ms = run.whole.width_ms;
    let threads = course.moments.iter().filter_map(|moment| moment.threads);
    let frame = Frame {
        first: course.start_ms.div_euclid(width_ms),
        end: course.end_ms.div_euclid(width_ms).saturating_add(1),
        max_threads: threads.fold(0.0, f64::max),
        p95_ms: times::p95(&course.elapsed).unwrap_or(0),
    };
    let mut found = parts::find(run, frame, failing);
    found.retain(is_certain);
    // A host, load generator or thread group that always fails, but only begins late, is told as that.
    let is_known = failing.errors > 0 && !failing.is_run;
    found.retain(|found| {
        let unexplained = unexplained(evidence, run, found, failing) as f64;
        !is_known || found.excess() <= unexplained * MAX_TO_UNEXPLAINED
    });
    // Before anything else began, or after it ended, only what always fails did.
    let is_of_others = |found: &Found| {
        let numbers = &found.change.numbers;
        failing.others.is_none_or(|(first, last)| {
            numbers.start.saturating_mul(width_ms) <= last
                && numbers.end.saturating_mul(width_ms) > first
        })
    };
    found.retain(|found| !is_known || is_of_others(found));
    found.sort_by_key(|found| std::cmp::Reverse(found.tally.errors));
    // A burst must stand out from what fails until the end, too.
    let all = found.clone();
    found.retain(|found| {
        let otherwise = || otherwise(run, found, &all);
        found.change.is_until_end || is_far_above(found.tally, otherwise())
    });
    let (since, bursts): (Vec<&Found>, Vec<&Found>) =
        found.iter().partition(|found| found.change.is_until_end);
    let count = bursts.len() as u64;
    let teller = Teller {
        evidence,
        course,
        run,
        all: &found,
    };
    let mut told: Vec<Finding> = Vec::new();
    let mut outages: Vec<&Outage> = Vec::new();
    for found in since.iter().take(MAX_TOLD) {
        let outage = teller.outage(found, failing);
        match outage {
            None => told.push(Finding::FailingSince(teller.since(found))),
            Some(outage) if outages.contains(&outage) => {}
            Some(outage) => {
                told.push(Finding::FailingSince(teller.since_outage(outage)));
                outages.push(outage);
            }
        }
    }
    let bursts = bursts.iter().take(MAX_TOLD);
    told.extend(bursts.map(|found| Finding::ErrorBurst(teller.burst(found, count))));
    (told, found)
}

/// Returns the failed samples of a change's labels, at any time, that parts which always fail do not explain.
fn unexplained(
    evidence: &Evidence<'_>,
    run: &RunRates<'_>,
    found: &Found,
    failing: &Failing,
) -> u64 {
    let all = evidence.samplers.errors.saturating_sub(failing.errors);
    let labels = found
        .labels
        .iter()
        .filter_map(|&place| run.labels.get(place));
    let of_labels = labels.map(|(label, _)| {
        let explained = failing.explained.get(&label.number);
        let explained = explained.map_or(0, |(_, errors)| *errors);
        label.samplers.errors.saturating_sub(explained)
    });
    match found.labels.is_empty() {
        true => all,
        false => of_labels.sum::<u64>().min(all),
    }
}

/// Turns changes of the error rate into findings.
struct Teller<'a> {
    evidence: &'a Evidence<'a>,
    course: &'a Course,
    run: &'a RunRates<'a>,
    all: &'a [Found],
}

impl Teller<'_> {
    /// Returns the host, load generator or thread group that explains a change, unless its labels do.
    fn outage<'f>(&self, found: &Found, failing: &'f Failing) -> Option<&'f Outage> {
        let labels = found.labels.iter();
        let labels = labels.filter_map(|&place| Some(self.run.labels.get(place)?.0.number));
        let labels: Vec<usize> = labels.collect();
        let does_all_fail = labels.is_empty() && self.exact(found).is_some();
        let is_explained = |outage: &&Outage| {
            let own = outage.errors_of(&labels) as f64;
            let share = if does_all_fail { 1.0 } else { MIN_EXPLAINED };
            own >= found.tally.errors as f64 * share
        };
        let is_one_label = |outage: &Outage| {
            labels.len() == 1 && outage.errors as f64 <= found.tally.errors as f64
        };
        // The figures of an outage may include samples at stray times.
        let outages = failing.outages.iter();
        let outage = outages.filter(|_| self.evidence.stray_times.is_none());
        outage
            .filter(is_explained)
            .find(|outage| !is_one_label(outage))
    }

    fn since_outage(&self, outage: &Outage) -> FailingSince {
        let start_ms = outage.first.time;
        FailingSince {
            part: outage.part,
            name: Some(outage.name.clone()),
            others: Vec::new(),
            start_ms,
            since_start_ms: self.course.since_start(start_ms),
            end_ms: None,
            threads: FailingSince::threads_at(self.course, start_ms),
            samples: outage.errors,
            errors: outage.errors,
            ratio_before: 0.0,
            first_error: self.name_of(outage.first),
            first_error_ms: start_ms,
            is_without_controllers: self.evidence.aggregate.controller_rows() > 0,
            told_by_port: outage.told_by_port,
        }
    }

    fn since(&self, found: &Found) -> FailingSince {
        let figures = self.exact(found).unwrap_or_else(|| self.of_slices(found));
        let Figures { start_ms, .. } = figures;
        let mut names = self.names(found);
        let name = (!names.is_empty()).then(|| names.remove(0));
        let has_later = self.evidence.stray_times.is_some();
        FailingSince {
            part: match name {
                Some(_) => Part::Label,
                None => Part::Run,
            },
            name,
            others: names,
            start_ms,
            since_start_ms: self.course.since_start(start_ms),
            end_ms: has_later.then_some(figures.end_ms),
            threads: FailingSince::threads_at(self.course, start_ms),
            samples: figures.samples,
            errors: found.tally.errors,
            ratio_before: figures.before.ratio(),
            first_error: self.first_error(found),
            first_error_ms: first_error_ms(found, start_ms),
            is_without_controllers: self.run.is_without_controllers,
            told_by_port: false,
        }
    }

    fn burst(&self, found: &Found, bursts: u64) -> ErrorBurst {
        let figures = self.exact(found).unwrap_or_else(|| self.of_slices(found));
        let Figures { start_ms, .. } = figures;
        let mut names = self.names(found);
        ErrorBurst {
            start_ms,
            since_start_ms: self.course.since_start(start_ms),
            length_ms: figures.end_ms.saturating_sub(start_ms),
            errors: found.tally.errors,
            samples: figures.samples,
            error_ratio_otherwise: otherwise(self.run, found, self.all).ratio(),
            first_error: self.first_error(found),
            first_error_ms: first_error_ms(found, start_ms),
            label: (!names.is_empty()).then(|| names.remove(0)),
            others: names,
            bursts,
            is_without_controllers: self.run.is_without_controllers,
        }
    }

    /// The figures of whole slices.
    fn of_slices(&self, found: &Found) -> Figures {
        Figures {
            start_ms: self.start(found),
            end_ms: self.end(found),
            samples: found.tally.samples,
            before: found.before,
        }
    }

    /// The figures from the first failure on, or up to the last one, if every sample failed from then on
    /// or until then; `None` if some succeeded, or if that is unknown.
    fn exact(&self, found: &Found) -> Option<Figures> {
        let first_ms = found.tally.first?.time;
        let aggregate = self.evidence.aggregate;
        // Cells of origins have no rows of transaction controllers.
        if !self.run.is_without_controllers && aggregate.controller_rows() > 0 {
            return None;
        }
        let labels = found.labels.iter();
        let labels: Option<Vec<usize>> = labels
            .map(|&place| Some(self.run.labels.get(place)?.0.number))
            .collect();
        let labels = labels?;
        let (mut first_ok, mut last_ok, mut last_failed, mut errors) =
            (i64::MAX, i64::MIN, i64::MIN, 0_u64);
        for cell in aggregate.origins().cells() {
            if !labels.is_empty() && !labels.contains(&cell.label?) {
                continue;
            }
            first_ok = first_ok.min(cell.stats.first_ok_start);
            last_ok = last_ok.max(cell.stats.last_ok_start);
            last_failed = last_failed.max(cell.stats.last_failed_start);
            errors = errors.saturating_add(cell.stats.errors);
        }
        let mut figures = Figures {
            start_ms: first_ms,
            samples: found.tally.errors,
            ..self.of_slices(found)
        };
        let succeeded = found.tally.samples.saturating_sub(found.tally.errors);
        if found.change.is_until_end && errors > 0 && last_ok < first_ms {
            figures.before.samples = figures.before.samples.saturating_add(succeeded);
            return Some(figures);
        }
        let is_at_start =
            !found.change.is_until_end && errors == found.tally.errors && first_ok > last_failed;
        figures.end_ms = last_failed.saturating_add(1);
        is_at_start.then_some(figures)
    }

    /// The start of the first slice, or of the run within it.
    fn start(&self, found: &Found) -> i64 {
        let start = found.change.numbers.start;
        start
            .saturating_mul(self.run.whole.width_ms)
            .max(self.course.start_ms)
    }

    fn end(&self, found: &Found) -> i64 {
        let end = found.change.numbers.end;
        end.saturating_mul(self.run.whole.width_ms)
    }

    fn names(&self, found: &Found) -> Vec<String> {
        let labels = found.labels.iter().filter_map(|&place| {
            let (label, _) = self.run.labels.get(place)?;
            Some(text::of(label.name).into_owned())
        });
        labels.collect()
    }

    fn first_error(&self, found: &Found) -> Option<String> {
        self.name_of(found.tally.first?)
    }

    fn name_of(&self, first: FirstFailure) -> Option<String> {
        let name = text::of(self.evidence.aggregate.errors().name(first.error)).into_owned();
        (!name.is_empty()).then_some(name)
    }
}

/// The figures of a change, and their time.
#[derive(Debug, Clone, Copy)]
struct Figures {
    start_ms: i64,
    end_ms: i64,
    samples: u64,
    before: Tally,
}

/// When the failed sample started that started first, or else when the slice did.
fn first_error_ms(found: &Found, start_ms: i64) -> i64 {
    found.tally.first.map_or(start_ms, |first| first.time)
}
