//! Origins: labels, hosts, load generators and connections that make samples slow.

mod bimodal;
mod connect;
mod slow_label;
mod slow_origin;

use super::{Evidence, Finding};

pub use bimodal::Bimodal;
pub use connect::{ConnectTime, NewConnections};
pub use slow_label::SlowLabel;
pub use slow_origin::{SlowEngine, SlowHost};

/// Finds slow labels, hosts and engines, and what makes samples slow.
pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Evidence {
        aggregate,
        labels,
        samplers,
        ..
    } = *evidence;
    let slow_labels = slow_label::find(labels, samplers);
    let host = slow_origin::slow_host(aggregate, labels, &slow_labels);
    let engine = slow_origin::slow_engine(aggregate, &evidence.analysed.inputs);
    let connections = connect::new_connections(samplers);
    // The insight on new connections already states the connect time.
    let connect_time = connect::connect_time(samplers).filter(|_| connections.is_none());
    // Each of these causes two groups of response times, and explains them.
    let is_explained =
        host.is_some() || engine.is_some() || connections.is_some() || connect_time.is_some();
    let bimodal = match is_explained {
        true => Vec::new(),
        false => bimodal::find(labels, aggregate.slices()),
    };
    let mut found: Vec<Finding> = connections
        .map(Finding::NewConnections)
        .into_iter()
        .collect();
    found.extend(slow_labels.into_iter().map(Finding::SlowLabel));
    found.extend(host.map(Finding::SlowHost));
    found.extend(engine.map(Finding::SlowEngine));
    found.extend(connect_time.map(Finding::ConnectTime));
    found.extend(bimodal.into_iter().map(Finding::Bimodal));
    found
}
