//! Connections: one for nearly every request, or latency that is mostly time to connect.

use serde::{Deserialize, Serialize};

use super::times;
use crate::format;
use crate::stats::LabelStats;

/// Samples, fewest.
const ENOUGH: u64 = 100;

/// Share of samples that open a connection, in percent, if all but a few do.
const NEARLY_ALL_PERCENT: u64 = 95;

/// Share of latency that is time to connect, least: more than the server's part.
const MOSTLY: f64 = 0.5;

/// Time to connect per sample, least, ms: less is of no matter.
const LEAST_MS: f64 = 5.0;

/// A new connection for nearly every request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewConnections {
    /// Share of samples with a connect time of 1 ms or more, 0 to 1.
    pub ratio_of_samples: f64,
    /// Mean time to connect, ms.
    pub connect_mean_ms: f64,
    /// Share of elapsed that is time to connect, 0 to 1; `None` without elapsed.
    pub ratio_of_elapsed: Option<f64>,
}

impl NewConnections {
    pub(super) fn sentence(&self) -> String {
        let share = match self.ratio_of_elapsed {
            Some(ratio) => format!(", {:.0}% of all", 100.0 * ratio),
            None => String::new(),
        };
        format!(
            "{:.0}% of the samples opened a new connection, and spent {:.1} ms on it on \
             average{share}: if clients are to keep theirs, see Use KeepAlive and the thread group's \
             Same user on each iteration.",
            100.0 * self.ratio_of_samples,
            self.connect_mean_ms,
        )
    }
}

/// JMeter writes a Connect of 0 ms for a sample on a connection that it had. On a fast network a new
/// one may take 0 ms too, so that nothing is said there.
pub(super) fn new_connections(samples: &LabelStats) -> Option<NewConnections> {
    let connect = samples.distributions().connect.counts();
    let (count, connected) = (times::count(&connect), times::count_from(&connect, 1));
    if count < ENOUGH || connected * 100 < count * NEARLY_ALL_PERCENT {
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

/// Latency that is mostly time to connect, which it includes in JMeter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConnectTime {
    /// Share of latency that is time to connect, 0 to 1.
    pub ratio_of_latency: f64,
    /// Mean time to connect, ms.
    pub connect_mean_ms: f64,
    /// Mean latency, ms.
    pub latency_mean_ms: f64,
    /// Share of samples with a connect time of 1 ms or more, 0 to 1.
    pub ratio_of_samples: f64,
}

impl ConnectTime {
    pub(super) fn sentence(&self) -> String {
        format!(
            "Latency is mostly time to connect: {:.1} of {:.1} ms on average ({}), spent by the {} of \
             samples that opened a connection: TLS handshakes, name resolution, a full accept queue \
             or connections that are not kept.",
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
    // Of samples that have both.
    if count < ENOUGH || times::count(&latency) != count {
        return None;
    }
    let mean = |counts: &[(i64, u64)]| times::sum(counts) as f64 / count as f64;
    let found = ConnectTime {
        ratio_of_latency: mean(&connect) / mean(&latency),
        connect_mean_ms: mean(&connect),
        latency_mean_ms: mean(&latency),
        ratio_of_samples: times::count_from(&connect, 1) as f64 / count as f64,
    };
    let is_mostly = found.ratio_of_latency >= MOSTLY && found.ratio_of_latency <= 1.0;
    (is_mostly && found.connect_mean_ms >= LEAST_MS).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::super::fast_errors::tests::of;
    use super::*;

    #[test]
    fn a_connection_for_every_request() {
        let run = of(&[(96, 20, 5, true), (4, 20, 0, true)]);
        insta::assert_snapshot!(new_connections(&run).unwrap().sentence(), @"96% of the samples opened a new connection, and spent 4.8 ms on it on average, 24% of all: if clients are to keep theirs, see Use KeepAlive and the thread group's Same user on each iteration.");
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
