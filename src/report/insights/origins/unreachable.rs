//! Hosts that never answered: requests failed before they had a connection.

use serde::{Deserialize, Serialize};

use super::super::words;
use super::super::{Told, Totals, severity};
use super::parts::{Part, first_with, percent};
use super::steps;
use crate::format;

/// A host of which all or most requests never got a connection. Several such hosts are one finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unreachable {
    /// Host and port in its URLs; `None` if no URL names one. Of several, the one with the most errors.
    pub host: Option<String>,
    /// The other hosts that were not reached, those with most errors first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Their samples.
    pub samples: u64,
    /// How many of these failed, for whatever reason.
    pub errors: u64,
    /// How many never got a connection.
    pub unconnected: u64,
    /// Median elapsed time of those, ms.
    pub median_ms: i64,
    /// The first error of those, such as `Non HTTP response code: java.net.ConnectException/…`.
    pub error: Option<String>,
    /// Whether the run has rows of transaction controllers too: they are left out.
    #[serde(default)]
    pub beside_controllers: bool,
    /// Whether some hosts of the run differ only by their ports.
    #[serde(default)]
    pub told_by_port: bool,
}

impl Told for Unreachable {
    fn sentence(&self) -> String {
        let first = first_with(self.error.as_deref());
        let count = 1 + self.others.len();
        let is_all = self.unconnected >= self.samples;
        let unconnected = format::thousands(self.unconnected);
        let samples = format::thousands(self.samples);
        let share = percent(self.unconnected, self.samples);
        let waited = format::thousands(self.median_ms.max(0).unsigned_abs());
        let who = match &self.host {
            Some(_) if count > 1 => format!("{} hosts", format::thousands(count as u64)),
            Some(host) => format!("Host {}", words::quoted(host)),
            None => "The server".to_owned(),
        };
        match is_all {
            true => format!(
                "{who} never answered: all {unconnected} requests failed without a connection, after \
                 {waited} ms at the median{first}."
            ),
            false => format!(
                "{who} hardly answered: {unconnected} of {samples} requests ({share}) never got a \
                 connection{first}."
            ),
        }
    }

    fn next_step(&self) -> Vec<String> {
        match self.host {
            Some(_) => steps::group_by(Part::Host, self.told_by_port, self.beside_controllers),
            None => steps::group_by(Part::Run, false, self.beside_controllers),
        }
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.errors) * severity::FAILED
    }
}
