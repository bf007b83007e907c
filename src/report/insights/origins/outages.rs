//! Hosts, load generators and thread groups that fail every request from a moment on.

use super::parts::{Origin, Origins, Part};
use crate::stats::FirstFailure;

/// Fewest successes before that moment, and fewest failures since then.
const MIN_SAMPLES: u64 = 20;

/// A part of the run of which every request failed from a moment on, and none before.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Outage {
    /// What fails: a host, a load generator or a thread group.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// The first failure.
    pub first: FirstFailure,
    /// Failures, which are all of its samples since the first one.
    pub errors: u64,
    /// The same by the number of their label; empty if labels are not told apart.
    pub by_label: Vec<(usize, u64)>,
    /// Whether some hosts of the run differ only by their ports.
    pub told_by_port: bool,
}

impl Outage {
    /// Returns its failed samples of these labels, of all labels without any.
    pub fn errors_of(&self, labels: &[usize]) -> u64 {
        let own = self.by_label.iter();
        let own = own.filter(|(label, _)| labels.contains(label));
        match labels {
            [] => self.errors,
            _ => own.map(|(_, errors)| errors).sum(),
        }
    }
}

/// Finds outages, of those with the same samples the host first. Of samples that succeed and fail by turns,
/// cells know only the first and the last.
pub(super) fn find(origins: &Origins<'_>) -> Vec<Outage> {
    let run: u64 = origins.cells.iter().map(|cell| cell.stats.samples).sum();
    let parts = [&origins.hosts, &origins.engines, &origins.groups];
    let parts = parts.into_iter().flatten();
    let mut found: Vec<Outage> = parts
        .filter(|origin| origin.stats.samples < run)
        .filter_map(|origin| outage(origins, origin))
        .collect();
    // A stable sort.
    found.sort_by_key(|outage| std::cmp::Reverse(outage.errors));
    found
}

fn outage(origins: &Origins<'_>, origin: &Origin) -> Option<Outage> {
    let stats = &origin.stats;
    let is_one = stats.first_failed_start > stats.last_ok_start
        && stats.errors >= MIN_SAMPLES
        && stats.samples.saturating_sub(stats.errors) >= MIN_SAMPLES;
    let cells = origin
        .cells
        .iter()
        .filter_map(|&place| origins.cells.get(place));
    is_one.then_some(Outage {
        part: origin.part,
        name: origin.name.clone(),
        first: stats.first_failure?,
        errors: stats.errors,
        by_label: cells
            .filter_map(|cell| Some((cell.label?, cell.stats.errors)))
            .collect(),
        told_by_port: origins.are_hosts_told_by_port,
    })
}
