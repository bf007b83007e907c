//! Connections: a new one for nearly every request, or latency that is mostly connect time.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::times;
use crate::format;
use crate::stats::LabelStats;

/// Fewest samples.
const MIN_SAMPLES: u64 = 100;

/// Smallest share of samples that open a connection, in percent, to say that nearly all do.
const MIN_CONNECTING_PERCENT: u64 = 95;

/// Smallest share of connect time in latency: more than the server's part.
const MIN_CONNECT_SHARE: f64 = 0.5;

/// Smallest mean connect time per sample, ms: less does not matter.
const MIN_CONNECT_MS: f64 = 5.0;

/// Nearly every request opened a new connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewConnections {
    /// Share of samples with a connect time of 1 ms or more, 0 to 1.
    pub ratio_of_samples: f64,
    /// Mean connect time, ms.
    pub connect_mean_ms: f64,
    /// Share of elapsed time spent connecting, 0 to 1; `None` if all elapsed times are 0.
    pub ratio_of_elapsed: Option<f64>,
}

impl Told for NewConnections {
    fn sentence(&self) -> String {
        let share = match self.ratio_of_elapsed {
            Some(ratio) => format!(", {:.0}% of elapsed time", 100.0 * ratio),
            None => String::new(),
        };
        format!(
            "{:.0}% of samples opened a new connection, which took {:.1} ms on average{share}. If \
             clients should reuse connections, check Use KeepAlive and the thread group's Same user \
             on each iteration.",
            100.0 * self.ratio_of_samples,
            self.connect_mean_ms,
        )
    }
}

/// Finds runs in which nearly all samples connect. JMeter writes a Connect of 0 ms for a sample on an
/// open connection. On a fast network a new one may take 0 ms too: then this finds nothing.
pub(super) fn new_connections(samples: &LabelStats) -> Option<NewConnections> {
    let connect = samples.distributions().connect.counts();
    let (count, connected) = (times::count(&connect), times::count_from(&connect, 1));
    // Only if all samples have the column.
    let is_known = count >= MIN_SAMPLES && count == samples.rows;
    if !is_known || connected * 100 < count * MIN_CONNECTING_PERCENT {
        return None;
    }
    let ms = times::sum(&connect) as f64;
    let elapsed = samples.elapsed_sum();
    Some(NewConnections {
        ratio_of_samples: connected as f64 / count as f64,
        connect_mean_ms: ms / count as f64,
        ratio_of_elapsed: (elapsed > 0).then(|| ms / elapsed as f64),
    })
}

/// Latency is mostly connect time. JMeter's latency includes connecting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConnectTime {
    /// Share of connect time in latency, 0 to 1.
    pub ratio_of_latency: f64,
    /// Mean connect time, ms.
    pub connect_mean_ms: f64,
    /// Mean latency, ms.
    pub latency_mean_ms: f64,
    /// Share of samples with a connect time of 1 ms or more, 0 to 1.
    pub ratio_of_samples: f64,
}

impl Told for ConnectTime {
    fn sentence(&self) -> String {
        format!(
            "Latency is mostly connect time: {:.1} of {:.1} ms on average ({}), from the {} of samples \
             that opened a connection. Common causes: TLS handshakes, DNS lookups, a full accept \
             queue, or connections that are not reused.",
            self.connect_mean_ms,
            self.latency_mean_ms,
            format::brief_percent(self.ratio_of_latency),
            format::brief_percent(self.ratio_of_samples),
        )
    }
}

pub(super) fn connect_time(samples: &LabelStats) -> Option<ConnectTime> {
    let distributions = samples.distributions();
    let (connect, latency) = (
        distributions.connect.counts(),
        distributions.latency.counts(),
    );
    let count = times::count(&connect);
    // Only if all samples have both times.
    if count < MIN_SAMPLES || count != samples.rows || times::count(&latency) != count {
        return None;
    }
    let mean = |counts: &[(i64, u64)]| times::sum(counts) as f64 / count as f64;
    let found = ConnectTime {
        ratio_of_latency: mean(&connect) / mean(&latency),
        connect_mean_ms: mean(&connect),
        latency_mean_ms: mean(&latency),
        ratio_of_samples: times::count_from(&connect, 1) as f64 / count as f64,
    };
    let is_mostly = found.ratio_of_latency >= MIN_CONNECT_SHARE && found.ratio_of_latency <= 1.0;
    (is_mostly && found.connect_mean_ms >= MIN_CONNECT_MS).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::super::super::failures::label_of as of;
    use super::*;

    #[test]
    fn a_connection_for_every_request() {
        let run = of(&[(96, 20, 5, true), (4, 20, 0, true)]);
        insta::assert_snapshot!(new_connections(&run).unwrap().sentence(), @"96% of samples opened a new connection, which took 4.8 ms on average, 24% of elapsed time. If clients should reuse connections, check Use KeepAlive and the thread group's Same user on each iteration.");
    }

    #[test]
    fn latency_that_is_mostly_connecting() {
        // (40·90 + 60·0) of (40·100 + 60·20) ms: 36 of 52.
        let run = of(&[(40, 100, 90, true), (60, 20, 0, true)]);
        insta::assert_snapshot!(connect_time(&run).unwrap().sentence());
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Half of the connections; hardly any sample; nothing.
        for run in [
            of(&[(100, 400, 7, true), (100, 400, 0, true)]),
            of(&[(20, 400, 300, true)]),
            LabelStats::default(),
        ] {
            assert_eq!(new_connections(&run), None);
            assert_eq!(connect_time(&run), None);
        }
        // A third of latency; hardly a millisecond.
        assert_eq!(
            connect_time(&of(&[(50, 150, 100, true), (50, 150, 0, true)])),
            None
        );
        assert_eq!(
            connect_time(&of(&[(50, 2, 2, true), (50, 1, 0, true)])),
            None
        );
    }
}
