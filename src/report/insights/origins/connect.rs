//! Connections: a new one for nearly every request, or latency that is mostly connect time. Requests that
//! never got a connection are left out: for them, JMeter writes the time that they waited as Connect.

use serde::{Deserialize, Serialize};

use super::super::times::{self, Counts};
use super::super::{Told, Totals, severity};
use super::steps;
use crate::format;
use crate::stats::{FailedConnects, LabelStats};

/// Fewest samples that connected.
const MIN_SAMPLES: u64 = 100;

/// Smallest share of samples that open a connection, in percent, to say that nearly all do.
const MIN_CONNECTING_PERCENT: u64 = 95;

/// Smallest share of connect time in latency: more than the server's part.
const MIN_CONNECT_SHARE: f64 = 0.5;

/// Smallest mean connect time per sample, ms: less does not matter.
const MIN_CONNECT_MS: f64 = 5.0;

/// Nearly every request that connected opened a new connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewConnections {
    /// Rows that did not fail to connect.
    #[serde(default)]
    pub samples: u64,
    /// Rows that never got a connection. They are not in the other figures.
    #[serde(default)]
    pub unconnected: u64,
    /// Share of the samples with a connect time of 1 ms or more, 0 to 1.
    pub ratio_of_samples: f64,
    /// Their mean connect time, ms.
    pub connect_mean_ms: f64,
    /// Share of their elapsed time spent connecting, 0 to 1; `None` if all elapsed times are 0.
    pub ratio_of_elapsed: Option<f64>,
    /// Whether the run has rows of transaction controllers too: they are left out.
    #[serde(default)]
    pub beside_controllers: bool,
}

impl Told for NewConnections {
    fn sentence(&self) -> String {
        let share = match self.ratio_of_elapsed {
            Some(ratio) => format!(", {} of elapsed time", format::brief_percent(ratio)),
            None => String::new(),
        };
        let who = match self.unconnected {
            0 => "requests".to_owned(),
            _ => format!(
                "the {} requests that connected",
                format::thousands(self.samples)
            ),
        };
        format!(
            "{} of {who} opened a new connection: connecting took {:.1} ms on average{share}.",
            share_of_samples(self.ratio_of_samples),
            self.connect_mean_ms,
        )
    }

    fn next_step(&self) -> Vec<String> {
        next_step("samples,connect", self.unconnected, self.beside_controllers)
    }

    fn cost(&self, run: &Totals) -> f64 {
        let share = self.ratio_of_elapsed.unwrap_or(0.0).clamp(0.0, 1.0);
        run.share(self.samples) * share * severity::SLOW
    }
}

/// Formats a share of samples. Nearly all are not 100%.
fn share_of_samples(ratio: f64) -> String {
    match format::brief_percent(ratio) {
        percent if percent == "100%" && ratio < 1.0 => "Over 99%".to_owned(),
        percent => percent,
    }
}

/// The columns that show the figures, if they are those of all rows.
fn next_step(columns: &str, unconnected: u64, beside_controllers: bool) -> Vec<String> {
    if unconnected > 0 {
        return Vec::new();
    }
    let mut step = vec!["--columns".to_owned(), columns.to_owned()];
    step.extend(steps::controllers(beside_controllers));
    step
}

/// The connect times and latencies of the samples that connected, if all have both.
struct Connected {
    connect: Counts,
    latency: Counts,
    samples: u64,
    unconnected: u64,
    elapsed_sum: i128,
}

impl Connected {
    /// Returns `None` if there are few, some have no connect time, or most never got a connection.
    fn new(samples: &LabelStats, failed: &FailedConnects) -> Option<Self> {
        let distributions = samples.distributions();
        let connect = distributions.connect.counts();
        let is_known = times::count(&connect) == samples.rows;
        let latency = distributions.latency.counts();
        let connected = Connected {
            connect: times::without(&connect, &failed.connect.counts()),
            latency: times::without(&latency, &failed.latency.counts()),
            samples: samples.rows.saturating_sub(failed.rows),
            unconnected: failed.rows,
            elapsed_sum: samples.elapsed_sum() - failed.elapsed_sum(),
        };
        // If most cannot connect, that is what matters: whoever does connects anew.
        let is_usual = connected.samples >= MIN_SAMPLES && failed.rows <= connected.samples;
        (is_known && is_usual).then_some(connected)
    }

    fn mean(&self, counts: &[(i64, u64)]) -> f64 {
        times::sum(counts) as f64 / self.samples as f64
    }

    /// Samples that opened a connection. On an open one, JMeter writes a Connect of 0 ms. On a fast
    /// network a new one may take 0 ms too: it is not counted.
    fn opened(&self) -> u64 {
        times::count_from(&self.connect, 1)
    }
}

/// Finds runs in which nearly all samples that connect open a connection.
pub(super) fn new_connections(
    samples: &LabelStats,
    failed: &FailedConnects,
    beside_controllers: bool,
) -> Option<NewConnections> {
    let connected = Connected::new(samples, failed)?;
    let opened = connected.opened();
    if opened * 100 < connected.samples * MIN_CONNECTING_PERCENT {
        return None;
    }
    let elapsed = connected.elapsed_sum;
    Some(NewConnections {
        samples: connected.samples,
        unconnected: connected.unconnected,
        ratio_of_samples: opened as f64 / connected.samples as f64,
        connect_mean_ms: connected.mean(&connected.connect),
        ratio_of_elapsed: (elapsed > 0)
            .then(|| times::sum(&connected.connect) as f64 / elapsed as f64),
        beside_controllers,
    })
}

/// Latency is mostly connect time. JMeter's latency includes connecting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConnectTime {
    /// Rows that did not fail to connect.
    #[serde(default)]
    pub samples: u64,
    /// Rows that never got a connection. They are not in the other figures.
    #[serde(default)]
    pub unconnected: u64,
    /// Share of connect time in latency, 0 to 1.
    pub ratio_of_latency: f64,
    /// Mean connect time, ms.
    pub connect_mean_ms: f64,
    /// Mean latency, ms.
    pub latency_mean_ms: f64,
    /// Share of samples with a connect time of 1 ms or more, 0 to 1.
    pub ratio_of_samples: f64,
    /// Whether the run has rows of transaction controllers too: they are left out.
    #[serde(default)]
    pub beside_controllers: bool,
}

impl Told for ConnectTime {
    fn sentence(&self) -> String {
        let who = match self.unconnected {
            0 => "requests".to_owned(),
            _ => format!(
                "the {} requests that connected",
                format::thousands(self.samples)
            ),
        };
        format!(
            "Latency is mostly connect time: {:.1} of {:.1} ms on average, as {} of {who} opened a \
             connection.",
            self.connect_mean_ms,
            self.latency_mean_ms,
            format::brief_percent(self.ratio_of_samples),
        )
    }

    fn next_step(&self) -> Vec<String> {
        next_step(
            "samples,latency,connect",
            self.unconnected,
            self.beside_controllers,
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * self.ratio_of_samples * severity::SLOW
    }
}

pub(super) fn connect_time(
    samples: &LabelStats,
    failed: &FailedConnects,
    beside_controllers: bool,
) -> Option<ConnectTime> {
    let connected = Connected::new(samples, failed)?;
    // Only if all samples have both times.
    if times::count(&connected.latency) != connected.samples {
        return None;
    }
    let (connect, latency) = (
        connected.mean(&connected.connect),
        connected.mean(&connected.latency),
    );
    let found = ConnectTime {
        samples: connected.samples,
        unconnected: connected.unconnected,
        ratio_of_latency: connect / latency,
        connect_mean_ms: connect,
        latency_mean_ms: latency,
        ratio_of_samples: connected.opened() as f64 / connected.samples as f64,
        beside_controllers,
    };
    let is_mostly = found.ratio_of_latency >= MIN_CONNECT_SHARE && found.ratio_of_latency <= 1.0;
    (is_mostly && found.connect_mean_ms >= MIN_CONNECT_MS).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::super::super::failures::label_of as of;
    use super::*;

    fn none() -> FailedConnects {
        FailedConnects::default()
    }

    #[test]
    fn a_connection_for_every_request() {
        let run = of(&[(96, 20, 5, true), (4, 20, 0, true)]);
        insta::assert_snapshot!(new_connections(&run, &none(), false).unwrap().sentence(), @"96% of requests opened a new connection: connecting took 4.8 ms on average, 24% of elapsed time.");
    }

    #[test]
    fn latency_that_is_mostly_connecting() {
        // (40·90 + 60·0) of (40·100 + 60·20) ms: 36 of 52.
        let run = of(&[(40, 100, 90, true), (60, 20, 0, true)]);
        insta::assert_snapshot!(connect_time(&run, &none(), false).unwrap().sentence(), @"Latency is mostly connect time: 36.0 of 52.0 ms on average, as 40% of requests opened a connection.");
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Half of the connections; hardly any sample; nothing.
        for run in [
            of(&[(100, 400, 7, true), (100, 400, 0, true)]),
            of(&[(20, 400, 300, true)]),
            LabelStats::default(),
        ] {
            assert_eq!(new_connections(&run, &none(), false), None);
            assert_eq!(connect_time(&run, &none(), false), None);
        }
        // A third of latency; hardly a millisecond.
        assert_eq!(
            connect_time(
                &of(&[(50, 150, 100, true), (50, 150, 0, true)]),
                &none(),
                false
            ),
            None
        );
        assert_eq!(
            connect_time(&of(&[(50, 2, 2, true), (50, 1, 0, true)]), &none(), false),
            None
        );
    }
}
