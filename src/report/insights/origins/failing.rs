//! Finds parts of the run that always fail, and hosts that were not reached. Each failure is told once,
//! for the part that explains most of them: see [`find`].

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::super::times;
use super::super::{Evidence, Finding};
use super::always_fails::AlwaysFails;
use super::outages::Outage;
use super::parts::{Origin, Origins, Part, ratio, together};
use super::unreachable::Unreachable;
use crate::select::is_sub_result;
use crate::stats::OriginStats;
use crate::text;

/// Fewest samples of a part: of fewer, all may fail by chance.
const MIN_SAMPLES: u64 = 10;

/// Smallest share of them that fails. A part that fails nine times in ten does not work.
const MIN_RATIO: f64 = 0.9;

/// Smallest share of a host's requests that get no connection, if they do so throughout: most of them.
const MIN_RATIO_UNCONNECTED: f64 = 0.5;

/// Fewest samples of such a host, so that the share is clear.
const MIN_SAMPLES_UNCONNECTED: u64 = 50;

/// Part of a host's time, at its start and at its end, in which requests without a connection and
/// successes must both occur: otherwise it failed for a while, or from a moment on.
const MARGIN: f64 = 0.2;

/// Smallest share of a part's failures that no other part explains.
const MIN_RATIO_UNEXPLAINED: f64 = 0.1;

/// What always fails, for the search for other failures.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Failing {
    /// Whether the whole run does.
    pub is_run: bool,
    /// The numbers of the labels that do: of all or nearly all of their samples.
    pub labels: HashSet<usize>,
    /// Failed samples that the parts that always fail explain.
    pub errors: u64,
    /// Samples and failed samples of them by the number of their label, if that is known.
    pub explained: HashMap<usize, (u64, u64)>,
    /// Starts of the first and the last sample of all other parts, epoch ms, if any are known.
    pub others: Option<(i64, i64)>,
    /// Names of the hosts that do or were not reached: their times are not compared.
    pub hosts: HashSet<String>,
    /// Names of the load generators that do.
    pub engines: HashSet<String>,
    /// What does so since a moment.
    pub outages: Vec<Outage>,
}

/// The findings, and what they explain.
#[derive(Debug, Default)]
pub(in super::super) struct Failures {
    pub findings: Vec<Finding>,
    pub failing: Failing,
}

/// Parts that were chosen, and the cells that they explain.
struct Search<'a> {
    evidence: &'a Evidence<'a>,
    origins: &'a Origins<'a>,
    is_explained: Vec<bool>,
    found: Failures,
}

/// Finds what always fails. If the whole run does, nothing else is told. Hosts that were not reached come
/// next; then whatever has most failures that are not explained yet, until each is.
pub(super) fn find<'a>(evidence: &'a Evidence<'a>, origins: &'a Origins<'a>) -> Failures {
    let mut search = Search {
        evidence,
        origins,
        is_explained: vec![false; origins.cells.len()],
        found: Failures::default(),
    };
    search.found.failing.labels = failing_labels(evidence, &origins.failing_labels);
    if !search.find_run() {
        search.find_unreachable();
        search.find_parts();
    }
    let cells = search.origins.cells.iter().zip(&search.is_explained);
    let others = cells.filter(|(_, is_explained)| !**is_explained);
    let starts = others.map(|(cell, _)| (cell.stats.start(), cell.stats.last_start()));
    search.found.failing.others = starts.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    search.found
}

fn always_fails(stats: &OriginStats) -> bool {
    is_always(stats.samples, stats.errors)
}

/// Whether a part with this many samples and errors always fails.
pub(super) fn is_always(samples: u64, errors: u64) -> bool {
    samples >= MIN_SAMPLES && ratio(errors, samples) >= MIN_RATIO
}

/// Whether a host was not reached at all, or most requests got no connection from start to end.
fn is_unreachable(stats: &OriginStats) -> bool {
    let unconnected = ratio(stats.unconnected, stats.samples);
    // A host that answered at first fails from a moment on.
    let answered = stats.samples.saturating_sub(stats.errors) >= MIN_SAMPLES
        && stats.last_ok_start <= stats.first_failed_start;
    if unconnected >= MIN_RATIO {
        return stats.samples >= MIN_SAMPLES && !answered;
    }
    let (start, end) = (stats.start() as f64, stats.last_start() as f64);
    let margin = (end - start) * MARGIN;
    let is_throughout = stats.first_unconnected_start as f64 <= start + margin
        && stats.last_ok_start as f64 >= end - margin;
    unconnected >= MIN_RATIO_UNCONNECTED
        && stats.samples >= MIN_SAMPLES_UNCONNECTED
        // A host that always fails answers some of the requests, but with errors.
        && (is_throughout || (always_fails(stats) && !answered))
}

/// Returns the numbers of the labels that always fail.
fn failing_labels(evidence: &Evidence<'_>, failing: &[Origin]) -> HashSet<usize> {
    let names: HashSet<&str> = failing.iter().map(|label| label.name.as_str()).collect();
    if names.is_empty() {
        return HashSet::new();
    }
    let labels = evidence.labels.iter();
    labels
        .filter(|label| names.contains(&*text::of(label.name)))
        .map(|label| label.number)
        .collect()
}

impl<'a> Search<'a> {
    /// Tells that the whole run fails, or cannot be reached. Returns whether it does.
    fn find_run(&mut self) -> bool {
        let run = self.run();
        // Of a run in which nothing succeeded, nothing else can be said, however short it is.
        let is_all = run.stats.samples > 0 && run.stats.errors >= run.stats.samples;
        let fails = is_all || always_fails(&run.stats);
        let only_host = match &self.origins.hosts[..] {
            [host] => Some(host),
            _ => None,
        };
        let is_told = if is_unreachable(&run.stats) && self.is_evenly_unreachable(&run) {
            // Of the hosts, the only one; of requests without a URL, the server.
            let hosts: Vec<Origin> = match only_host {
                Some(host) => vec![host.clone()],
                None => self.origins.hosts.clone(),
            };
            let covered: u64 = hosts.iter().map(|host| host.stats.unconnected).sum();
            match covered == run.stats.unconnected && !hosts.is_empty() {
                true => self.tell_unreachable(hosts),
                false => self.tell_unreachable(vec![run.clone()]),
            }
            true
        } else if fails {
            self.tell(vec![run.clone()]);
            true
        } else {
            false
        };
        if is_told {
            self.found.failing.is_run = fails;
            self.found.failing.errors = run.stats.errors;
            let all = |origins: &[Origin]| origins.iter().map(|one| one.name.clone()).collect();
            self.found.failing.hosts = all(&self.origins.hosts);
            self.found.failing.engines = all(&self.origins.engines);
        }
        is_told
    }

    /// Whether each host is about as unreachable as the run.
    fn is_evenly_unreachable(&self, run: &Origin) -> bool {
        let hosts = &self.origins.hosts;
        ratio(run.stats.unconnected, run.stats.samples) >= MIN_RATIO
            || hosts.is_empty()
            || hosts.iter().all(|host| is_unreachable(&host.stats))
    }

    fn run(&self) -> Origin {
        let labels = self.origins.labels;
        let cells: Vec<usize> = (0..self.origins.cells.len()).collect();
        Origin {
            part: Part::Run,
            name: String::new(),
            stats: OriginStats {
                samples: labels.samples,
                errors: labels.errors,
                ..together(&self.origins.cells, &cells)
            },
            cells,
        }
    }

    fn find_unreachable(&mut self) {
        let hosts = self.origins.hosts.iter();
        let hosts: Vec<Origin> = hosts
            .filter(|host| is_unreachable(&host.stats))
            .cloned()
            .collect();
        // An engine or label that reaches nothing is its own fault, unless the host's samples are all its own.
        let (never, partly): (Vec<Origin>, Vec<Origin>) = hosts
            .into_iter()
            .partition(|host| ratio(host.stats.unconnected, host.stats.samples) >= MIN_RATIO);
        if !never.is_empty() {
            self.tell_unreachable(never);
        }
        for host in partly {
            if self.unexplained(&host).unconnected > 0 && !self.is_of_an_engine(&host) {
                self.tell_unreachable(vec![host]);
            }
        }
    }

    /// Whether a load generator that always fails explains what a host fails.
    fn is_of_an_engine(&self, host: &Origin) -> bool {
        let engines = self.origins.engines.iter();
        let failing = engines.filter(|engine| always_fails(&engine.stats));
        let places: HashSet<usize> = failing.flat_map(|one| one.cells.iter().copied()).collect();
        let own = host.cells.iter().filter(|place| places.contains(place));
        let own: Vec<usize> = own.copied().collect();
        let explained = together(&self.origins.cells, &own).unconnected;
        ratio(explained, host.stats.unconnected) >= 1.0 - MIN_RATIO_UNEXPLAINED
    }

    fn find_parts(&mut self) {
        let origins: &'a Origins<'a> = self.origins;
        // Of parts with the same samples, the first one is told.
        let several = [&origins.hosts, &origins.groups, &origins.engines];
        let several = several.into_iter().flatten();
        let mut candidates: Vec<&'a Origin> = self
            .labels()
            .into_iter()
            .chain(several.filter(|origin| always_fails(&origin.stats)))
            .collect();
        let mut chosen: Vec<Origin> = Vec::new();
        loop {
            candidates.retain(|origin| self.is_unexplained(origin));
            // `max_by_key` returns the last of several.
            let largest = candidates.iter().rev();
            let Some(&largest) = largest.max_by_key(|origin| self.unexplained(origin).errors)
            else {
                break;
            };
            self.explain(largest);
            candidates.retain(|&origin| !std::ptr::eq(origin, largest));
            chosen.push(largest.clone());
        }
        for part in [Part::Engine, Part::Host, Part::ThreadGroup, Part::Label] {
            let own = chosen.iter().filter(|origin| origin.part == part);
            let own: Vec<Origin> = own.cloned().collect();
            if !own.is_empty() {
                self.tell(own);
            }
        }
    }

    /// Returns the labels that always fail, without those of sub-results of others.
    fn labels(&self) -> Vec<&'a Origin> {
        let origins: &'a Origins<'a> = self.origins;
        let failing: Vec<&'a Origin> = origins.failing_labels.iter().collect();
        if failing.is_empty() {
            return failing;
        }
        let names: HashSet<&[u8]> = failing.iter().map(|label| label.name.as_bytes()).collect();
        let all: HashSet<&[u8]> = self
            .evidence
            .labels
            .iter()
            .map(|label| label.name)
            .collect();
        let is_sub_result = |label: &Origin| {
            is_sub_result(
                label.name.as_bytes(),
                |name| all.contains(name),
                |name| names.contains(name),
            )
        };
        failing
            .into_iter()
            .filter(|label| !is_sub_result(label))
            .collect()
    }

    /// Returns the figures of an origin without those that are explained.
    fn unexplained(&self, origin: &Origin) -> OriginStats {
        let places = origin.cells.iter().copied();
        let places = places.filter(|&place| !self.is_explained[place]);
        match origin.cells.is_empty() {
            // Labels are not told apart by their cells.
            true => origin.stats.clone(),
            false => together(&self.origins.cells, &places.collect::<Vec<_>>()),
        }
    }

    fn is_unexplained(&self, origin: &Origin) -> bool {
        let rest = self.unexplained(origin);
        let is_anything_explained = self.is_explained.iter().any(|explained| *explained);
        always_fails(&rest)
            && !self.is_of_its_time(origin)
            && ratio(rest.errors, origin.stats.errors) >= MIN_RATIO_UNEXPLAINED
            && !(origin.cells.is_empty() && is_anything_explained)
    }

    /// Whether nothing else succeeded since its first sample although there were others: then the run
    /// fails from a moment on, and it began after that.
    fn is_of_its_time(&self, origin: &Origin) -> bool {
        let own: HashSet<usize> = origin.cells.iter().copied().collect();
        let others = (0..self.origins.cells.len()).filter(|place| !own.contains(place));
        let others = together(&self.origins.cells, &others.collect::<Vec<_>>());
        let start = origin.stats.start();
        !own.is_empty() && others.last_failed_start > start && others.last_ok_start < start
    }

    fn explain(&mut self, origin: &Origin) {
        self.found.failing.errors += self.unexplained(origin).errors;
        for &place in &origin.cells {
            let is_new = !std::mem::replace(&mut self.is_explained[place], true);
            let cell = self.origins.cells.get(place).filter(|_| is_new);
            if let Some(cell) = cell
                && let Some(label) = cell.label
            {
                let own = self.found.failing.explained.entry(label).or_default();
                own.0 += cell.stats.samples;
                own.1 += cell.stats.errors;
            }
        }
        match origin.part {
            Part::Host => self.found.failing.hosts.insert(origin.name.clone()),
            Part::Engine => self.found.failing.engines.insert(origin.name.clone()),
            _ => false,
        };
    }

    /// Tells that parts of one kind always fail.
    fn tell(&mut self, mut parts: Vec<Origin>) {
        parts.sort_by_key(|origin| Reverse(origin.stats.errors));
        let Some(first) = parts.first() else { return };
        let origins = self.origins;
        let all = match first.part {
            Part::Run => 1,
            Part::Label => origins.labels.count,
            Part::Host => origins.hosts.len(),
            Part::Engine => origins.engines.len(),
            Part::ThreadGroup => origins.groups.len(),
        };
        let finding = AlwaysFails {
            part: first.part,
            name: (first.part != Part::Run).then(|| first.name.clone()),
            others: names(&parts),
            parts: all as u64,
            samples: parts.iter().map(|origin| origin.stats.samples).sum(),
            errors: parts.iter().map(|origin| origin.stats.errors).sum(),
            first_error: self.first_error(&parts),
            beside_controllers: self.has_controllers(),
            told_by_port: origins.are_hosts_told_by_port,
        };
        self.found.findings.push(Finding::AlwaysFails(finding));
    }

    /// Tells that hosts, or the run if no URL names one, were not reached.
    fn tell_unreachable(&mut self, mut hosts: Vec<Origin>) {
        hosts.sort_by_key(|origin| Reverse(origin.stats.errors));
        let waits: Vec<times::Counts> = hosts
            .iter()
            .map(|origin| origin.stats.waits.counts())
            .collect();
        let Some(first) = hosts.first() else { return };
        let finding = Unreachable {
            host: (first.part == Part::Host).then(|| first.name.clone()),
            others: names(&hosts),
            samples: hosts.iter().map(|origin| origin.stats.samples).sum(),
            errors: hosts.iter().map(|origin| origin.stats.errors).sum(),
            unconnected: hosts.iter().map(|origin| origin.stats.unconnected).sum(),
            median_ms: times::median(&times::merged(&waits)).unwrap_or(0),
            error: self.first_unconnected(&hosts),
            beside_controllers: self.has_controllers(),
            told_by_port: self.origins.are_hosts_told_by_port,
        };
        for host in &hosts {
            self.explain(host);
        }
        self.found.findings.push(Finding::Unreachable(finding));
    }

    fn first_unconnected(&self, hosts: &[Origin]) -> Option<String> {
        let first = hosts.iter().filter_map(|host| host.stats.first_unconnected);
        let errors = self.evidence.aggregate.errors();
        let error = text::of(errors.name(first.min()?.error));
        (!error.is_empty()).then(|| error.into_owned())
    }

    fn first_error(&self, parts: &[Origin]) -> Option<String> {
        let parts = parts.iter();
        let first = parts.min_by_key(|origin| {
            let failure = origin.stats.first_failure;
            failure.map_or((i64::MAX, u64::MAX), |first| (first.time, first.position))
        })?;
        let of_cells = first.first_error(self.evidence.aggregate);
        of_cells.or_else(|| {
            // Too many labels, hosts or thread groups to tell apart: the first type of error.
            let label = self.evidence.labels.iter();
            let mut label = label.filter(|label| text::of(label.name) == first.name);
            let errors = self
                .evidence
                .aggregate
                .errors_of(*label.next()?)
                .into_iter();
            let (error, _) =
                errors.min_by_key(|(_, stats)| (stats.first_time, stats.first_position))?;
            Some(text::of(error).into_owned()).filter(|error| !error.is_empty())
        })
    }

    fn has_controllers(&self) -> bool {
        self.evidence.samplers.samples > 0 && self.evidence.aggregate.controller_rows() > 0
    }
}

/// Returns the names of all but the first.
fn names(parts: &[Origin]) -> Vec<String> {
    let others = parts.iter().skip(1);
    others.map(|origin| origin.name.clone()).collect()
}
