//! Origins: labels, hosts, load generators and thread groups that always fail, hosts that were not
//! reached, and what makes samples slow.
//!
//! The figures come from the exact table of [`crate::stats::Aggregate::origins`].

mod always_fails;
mod bimodal;
mod connect;
mod failing;
mod outages;
mod parts;
mod slow_label;
mod slow_origin;
mod steps;
#[cfg(test)]
mod tests;
mod unreachable;

use std::collections::HashSet;

use self::parts::Origins;
use super::{Evidence, Finding};
use crate::stats::Label;
use crate::text;

pub use always_fails::AlwaysFails;
pub use bimodal::Bimodal;
pub use connect::{ConnectTime, NewConnections};
pub(super) use failing::Failing;
pub(super) use outages::Outage;
pub use parts::Part;
pub(super) use parts::of_part;
pub use slow_label::SlowLabel;
pub use slow_origin::{SlowEngine, SlowHost};
pub(super) use steps::group_by;
pub use unreachable::Unreachable;

/// Finds what always fails, slow labels, hosts and engines, and what makes samples slow. Returns what
/// always fails too: it has no error bursts of its own, nor fast errors.
pub(super) fn find(evidence: &Evidence<'_>) -> (Vec<Finding>, Failing) {
    let Evidence {
        aggregate,
        labels,
        samplers,
        ..
    } = *evidence;
    let origins_of_run = aggregate.origins();
    let origins = Origins::new(evidence, &origins_of_run);
    let failures = failing::find(evidence, &origins);
    let mut failing = failures.failing;
    if !failing.is_run {
        failing.outages = outages::find(&origins);
    }
    let failed_connects = origins_of_run.failed_connects();
    let has_controllers = aggregate.controller_rows() > 0;
    // How long requests take to fail is not how long they take.
    let answering: Vec<Label<'_>> = (labels.iter().copied())
        .filter(|label| !failing.labels.contains(&label.number))
        .collect();
    let slow_labels = match failing.is_run {
        true => Vec::new(),
        false => slow_label::find(&answering, samplers),
    };
    let numbers: HashSet<usize> = labels
        .iter()
        .filter(|label| {
            let is_it = |slow: &SlowLabel| slow.label == text::of(label.name);
            slow_labels.iter().any(is_it)
        })
        .map(|label| label.number)
        .collect();
    let host = slow_origin::slow_host(&origins, &numbers, &failing.hosts, has_controllers);
    let engine = slow_origin::slow_engine(&origins, &failing.engines, has_controllers);
    let connections = connect::new_connections(samplers, failed_connects, has_controllers);
    // The insight on new connections already states the connect time.
    let connect_time = connect::connect_time(samplers, failed_connects, has_controllers)
        .filter(|_| connections.is_none());
    // Each of these causes two groups of response times, and explains them.
    let is_explained =
        host.is_some() || engine.is_some() || connections.is_some() || connect_time.is_some();
    let bimodal = match is_explained {
        true => Vec::new(),
        false => bimodal::find(&answering, aggregate.slices()),
    };
    let mut found = failures.findings;
    found.extend(connections.map(Finding::NewConnections));
    found.extend(slow_labels.into_iter().map(Finding::SlowLabel));
    found.extend(host.map(Finding::SlowHost));
    found.extend(engine.map(Finding::SlowEngine));
    found.extend(connect_time.map(Finding::ConnectTime));
    found.extend(bimodal.into_iter().map(Finding::Bimodal));
    (found, failing)
}
