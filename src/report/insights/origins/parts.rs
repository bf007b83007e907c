//! The parts of a run by where its samples come from: labels, hosts, load generators and thread groups.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::super::{Evidence, words};
use super::failing::is_always;
use crate::format;
use crate::jtl;
use crate::report::engines;
use crate::stats::{self, Aggregate, OriginCell, OriginStats};
use crate::text;

/// What a part of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    Run,
    /// The samples of a label.
    Label,
    /// The samples of a host in the URLs.
    Host,
    /// The samples of a load generator.
    Engine,
    /// The samples of a thread group.
    ThreadGroup,
}

/// A part of a run, and its figures.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub part: Part,
    pub name: String,
    /// The places of its cells in [`Origins::cells`]; none if they are not told apart by it.
    pub cells: Vec<usize>,
    pub stats: OriginStats,
}

/// Everything that is known about where a run's samples come from.
pub(super) struct Origins<'a> {
    pub cells: Vec<OriginCell<'a>>,
    /// The labels that always fail: a run may have a million others.
    pub failing_labels: Vec<Origin>,
    /// All labels with samples.
    pub labels: LabelSums,
    pub hosts: Vec<Origin>,
    pub engines: Vec<Origin>,
    pub groups: Vec<Origin>,
    /// Whether some hosts differ only by their ports.
    pub are_hosts_told_by_port: bool,
}

/// Labels of samplers; those of transaction controllers if there is nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LabelSums {
    pub count: usize,
    pub samples: u64,
    pub errors: u64,
}

impl Origin {
    /// Returns its first error.
    pub fn first_error(&self, aggregate: &Aggregate) -> Option<String> {
        let first = self.stats.first_failure?;
        let error = text::of(aggregate.errors().name(first.error));
        (!error.is_empty()).then(|| error.into_owned())
    }
}

/// Returns a share of samples, 0 to 1. Aggregated rows may claim more errors than samples.
pub(super) fn ratio(part: u64, all: u64) -> f64 {
    part.min(all) as f64 / all.max(1) as f64
}

/// Returns `, first with “503 Service Unavailable”`; nothing without an error.
pub(super) fn first_with(error: Option<&str>) -> String {
    let said = error.map(|error| {
        // A message may have several lines.
        let error: Vec<&str> = error.split_whitespace().collect();
        format!(", first with {}", words::error(&error.join(" ")))
    });
    said.unwrap_or_default()
}

/// A part of a run in words: ` to host “shop”`; nothing for the run.
pub(in super::super) fn of_part(part: Part, name: &str) -> String {
    let name = words::quoted(name);
    match part {
        Part::Run => String::new(),
        Part::Label => format!(" of {name}"),
        Part::Host => format!(" to host {name}"),
        Part::Engine => format!(" from load generator {name}"),
        Part::ThreadGroup => format!(" of thread group {name}"),
    }
}

/// Formats a share of samples. Nearly all are not 100%.
pub(super) fn percent(part: u64, all: u64) -> String {
    let percent = format::brief_percent(ratio(part, all));
    match part < all && percent == "100%" {
        true => "over 99%".to_owned(),
        false => percent,
    }
}

impl<'a> Origins<'a> {
    pub fn new(evidence: &Evidence<'a>, origins_of_run: &'a stats::Origins) -> Self {
        let aggregate = evidence.aggregate;
        let cells: Vec<OriginCell<'a>> = origins_of_run.cells().collect();
        let pieces = engines::pieces(aggregate.timeline());
        let inputs = &evidence.analysed.inputs;
        let hosts = group(&cells, |cell| cell.host);
        let groups = group(&cells, |cell| cell.group);
        // All pieces of an engine count as its first one.
        let engines = group(&cells, |cell| {
            let keys = pieces.get(cell.engine);
            keys.map_or(cell.engine, |keys| keys[0])
        });
        let engine_name = |key: &[u8]| match pieces.get(key) {
            Some(keys) => engines::name(keys.iter().copied(), inputs),
            None => engines::name([key], inputs),
        };
        let without_port: HashSet<Vec<u8>> = hosts.keys().map(|host| without_port(host)).collect();
        let are_hosts_told_by_port = without_port.len() < hosts.len();
        let name = |key: &[u8]| text::of(key).into_owned();
        let (failing_labels, labels) = labels(evidence, &cells);
        Origins {
            failing_labels,
            labels,
            hosts: origins(Part::Host, &cells, hosts, name),
            engines: origins(Part::Engine, &cells, engines, engine_name),
            groups: origins(Part::ThreadGroup, &cells, groups, name),
            are_hosts_told_by_port,
            cells,
        }
    }
}

fn without_port(host: &[u8]) -> Vec<u8> {
    let url = [b"http://", host].concat();
    jtl::host(&url).unwrap_or_default().to_vec()
}

/// Returns the places of the cells of each name. Cells without one are left out.
fn group<'a>(
    cells: &[OriginCell<'a>],
    name: impl Fn(&OriginCell<'a>) -> &'a [u8],
) -> BTreeMap<&'a [u8], Vec<usize>> {
    let mut groups: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (place, cell) in cells.iter().enumerate() {
        let name = name(cell);
        if !name.is_empty() {
            groups.entry(name).or_default().push(place);
        }
    }
    groups
}

fn origins(
    part: Part,
    cells: &[OriginCell<'_>],
    groups: BTreeMap<&[u8], Vec<usize>>,
    name: impl Fn(&[u8]) -> String,
) -> Vec<Origin> {
    let groups = groups.into_iter();
    groups
        .map(|(key, places)| Origin {
            part,
            name: name(key),
            stats: together(cells, &places),
            cells: places,
        })
        .collect()
}

/// Returns the figures of several cells together.
pub(super) fn together(cells: &[OriginCell<'_>], places: &[usize]) -> OriginStats {
    let mut all = OriginStats::default();
    for cell in places.iter().filter_map(|&place| cells.get(place)) {
        all.merge(cell.stats, &|error| error);
    }
    all
}

/// Returns the labels that always fail, and the sums of all.
fn labels(evidence: &Evidence<'_>, cells: &[OriginCell<'_>]) -> (Vec<Origin>, LabelSums) {
    let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, cell) in cells.iter().enumerate() {
        if let Some(label) = cell.label {
            places.entry(label).or_default().push(place);
        }
    }
    let has_samplers = evidence.samplers.samples > 0;
    let (mut failing, mut sums) = (Vec::new(), LabelSums::default());
    for label in evidence.labels {
        let all = match has_samplers {
            true => std::borrow::Cow::Borrowed(label.samplers),
            false => label.counted_by_dashboard(),
        };
        let (samples, errors) = (all.samples, all.errors);
        sums.count += usize::from(samples > 0);
        sums.samples += samples;
        sums.errors += errors;
        if is_always(samples, errors) {
            let own = places.remove(&label.number).unwrap_or_default();
            failing.push(Origin {
                part: Part::Label,
                name: text::of(label.name).into_owned(),
                stats: OriginStats {
                    samples,
                    errors,
                    ..together(cells, &own)
                },
                cells: own,
            });
        }
    }
    (failing, sums)
}
