//! The server's use of CPU, memory and connections during the run, as its monitor recorded it.

use serde::{Deserialize, Serialize};

use super::Window;
use crate::format;

/// Lowest CPU usage, in percent of the whole machine, at which a second counts as saturated.
const SATURATED_PERCENT: f64 = 90.0;

/// Smallest share of saturated seconds at which the run counts as saturated.
const MIN_SATURATED_SHARE: f64 = 0.05;

/// One second as the server's monitor recorded it. A value that the operating system does not report
/// is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ResourceRow {
    /// End of the second, epoch ms.
    pub time_ms: i64,
    /// CPU usage of the server's process, in percent of all CPUs of the machine.
    pub process_cpu_percent: Option<f64>,
    /// CPU usage of the whole machine, on the same scale.
    pub machine_cpu_percent: Option<f64>,
    /// Resident memory of the server's process, bytes.
    pub resident_bytes: Option<u64>,
    /// The largest number of connections open at once during the second, or, if `connections_opened` is
    /// `None`, the number open at its end.
    pub connections: u64,
    /// Requests answered per second.
    pub requests_per_second: f64,
    /// Median latency as the server sees it, ms; `None` without requests.
    pub p50_ms: Option<f64>,
    /// 95th percentile of that latency, ms.
    pub p95_ms: Option<f64>,
    /// 99th percentile of that latency, ms.
    pub p99_ms: Option<f64>,
    /// Connections opened during the second; `None` if the monitor's version did not count them.
    #[serde(default)]
    pub connections_opened: Option<u64>,
}

/// The server's use of resources during the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Resources {
    /// The seconds of the run, in order.
    pub rows: Vec<ResourceRow>,
    /// Which resource was saturated, if any.
    pub saturation: Saturation,
    /// The same in a sentence, with the figures that it is based on.
    pub verdict: String,
}

/// Whose CPU usage was saturated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Saturation {
    /// The server's process used nearly all CPU.
    Server,
    /// Nearly all CPU was used, but not by the server's process alone.
    Machine,
    /// CPU was available.
    Neither,
    /// The monitor has no CPU usage.
    Unknown,
}

impl Resources {
    /// Evaluates the rows within `window`; `None` without any.
    pub fn new(rows: Vec<ResourceRow>, window: Window) -> Option<Self> {
        let mut rows = rows;
        // A row that ends up to one second after the run covers its end.
        let last = window.end_ms.saturating_add(1_000);
        rows.retain(|row| (window.start_ms..=last).contains(&row.time_ms));
        rows.sort_by_key(|row| row.time_ms);
        if rows.is_empty() {
            return None;
        }
        let (saturation, verdict) = verdict(&rows);
        Some(Resources {
            rows,
            saturation,
            verdict,
        })
    }
}

fn verdict(rows: &[ResourceRow]) -> (Saturation, String) {
    let process = Cpu::of(rows.iter().map(|row| row.process_cpu_percent));
    let machine = Cpu::of(rows.iter().map(|row| row.machine_cpu_percent));
    let memory = match rows.iter().filter_map(|row| row.resident_bytes).max() {
        Some(bytes) => format!(
            " Its memory reached {:.1} MB. {}",
            bytes as f64 / f64::from(1 << 20),
            connections(rows)
        ),
        None => format!(" {}", connections(rows)),
    };
    let (Some(process), Some(machine)) = (process, machine) else {
        let verdict = "Whether the server was saturated is unknown: its monitor could not read the \
                       CPU usage.";
        return (Saturation::Unknown, format!("{verdict}{memory}"));
    };
    let (saturation, verdict) = if process.is_saturated() {
        (
            Saturation::Server,
            format!(
                "The server was saturated: its process used {SATURATED_PERCENT}% of the machine's \
                 CPU or more in {} of {} s, {:.0}% on average.",
                process.saturated, process.seconds, process.mean
            ),
        )
    } else if machine.is_saturated() {
        (
            Saturation::Machine,
            format!(
                "The machine was saturated, but not by the server alone: all its processes used \
                 {SATURATED_PERCENT}% of the CPU or more in {} of {} s, {:.0}% on average; the \
                 server used {:.0}%. Other processes, such as JMeter, slowed the server down.",
                machine.saturated, machine.seconds, machine.mean, process.mean
            ),
        )
    } else {
        (
            Saturation::Neither,
            format!(
                "Neither the server nor its machine was saturated: the server's process used {:.0}% \
                 of the CPU on average and {:.0}% at most, the whole machine {:.0}% and {:.0}%.",
                process.mean, process.max, machine.mean, machine.max
            ),
        )
    };
    (saturation, format!("{verdict}{memory}"))
}

/// Says how many connections were open and opened.
fn connections(rows: &[ResourceRow]) -> String {
    let max = rows.iter().map(|row| row.connections).max().unwrap_or(0);
    let were = if max == 1 { "was" } else { "were" };
    let max = format::counted(max, "connection");
    let opened = rows.iter().try_fold(0_u64, |sum, row| {
        Some(sum.saturating_add(row.connections_opened?))
    });
    match opened {
        Some(opened) => format!(
            "At most {max} {were} open at once, of {} opened during the run.",
            format::thousands(opened)
        ),
        // Connections that opened and closed within a second were not seen.
        None => format!("At most {max} {were} open at the end of any second."),
    }
}

/// CPU usage over a run.
struct Cpu {
    seconds: usize,
    saturated: usize,
    mean: f64,
    max: f64,
}

impl Cpu {
    fn of(percents: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        let percents: Vec<f64> = percents.flatten().collect();
        let seconds = percents.len();
        (seconds > 0).then(|| Cpu {
            seconds,
            saturated: percents.iter().filter(|p| **p >= SATURATED_PERCENT).count(),
            mean: percents.iter().sum::<f64>() / seconds as f64,
            max: percents.iter().copied().fold(0.0, f64::max),
        })
    }

    fn is_saturated(&self) -> bool {
        self.saturated as f64 >= self.seconds as f64 * MIN_SATURATED_SHARE && self.saturated > 0
    }
}

/// Explains why a monitor's file has no row within a run.
pub fn no_overlap(rows: &[ResourceRow], window: Window) -> String {
    let times = || rows.iter().map(|row| row.time_ms);
    match (times().min(), times().max()) {
        (Some(first), Some(last)) => format!(
            "covers {} to {}, but the run lasted from {} to {}: it belongs to another run, or the \
             clocks of the two machines differ",
            format::utc(first),
            format::utc(last),
            format::utc(window.start_ms),
            format::utc(window.end_ms)
        ),
        _ => "holds no rows: was the server stopped within a second?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(second: i64, process: f64, machine: f64) -> ResourceRow {
        ResourceRow {
            time_ms: second * 1_000,
            process_cpu_percent: Some(process),
            machine_cpu_percent: Some(machine),
            resident_bytes: Some(34 << 20),
            connections: 7,
            requests_per_second: 100.0,
            p50_ms: Some(0.1),
            p95_ms: Some(0.2),
            p99_ms: Some(0.3),
            connections_opened: Some(100),
        }
    }

    const WINDOW: Window = Window {
        start_ms: 10_000,
        end_ms: 20_500,
    };

    /// Eleven seconds of which the first few are busy.
    fn of(busy: i64, process: f64, machine: f64) -> Resources {
        let busy_rows = (10..10 + busy).map(|second| row(second, process, machine));
        let idle_rows = (10 + busy..21).map(|second| row(second, 10.0, 20.0));
        // Seconds before and after the run do not count, however busy.
        let others = [row(9, 100.0, 100.0), row(22, 100.0, 100.0)];
        Resources::new(busy_rows.chain(idle_rows).chain(others).collect(), WINDOW).unwrap()
    }

    #[test]
    fn saturation_is_reported() {
        let resources = of(3, 95.0, 99.0);
        assert_eq!(resources.rows.len(), 11);
        assert_eq!(resources.saturation, Saturation::Server);
        assert!(
            resources
                .verdict
                .contains("90% of the machine's CPU or more in 3 of 11 s, 33% on average"),
            "{}",
            resources.verdict
        );
        let resources = of(3, 30.0, 99.0);
        assert_eq!(resources.saturation, Saturation::Machine);
        let resources = of(0, 0.0, 0.0);
        assert_eq!(
            resources.verdict,
            "Neither the server nor its machine was saturated: the server's process used 10% of the \
             CPU on average and 10% at most, the whole machine 20% and 20%. Its memory reached 34.0 \
             MB. At most 7 connections were open at once, of 1,100 opened during the run."
        );
    }

    #[test]
    fn opened_connections_are_known_only_if_every_row_has_them() {
        let mut rows = [row(11, 0.0, 0.0), row(12, 0.0, 0.0)];
        rows[1].connections = 1;
        assert_eq!(
            connections(&rows[1..]),
            "At most 1 connection was open at once, of 100 opened during the run."
        );
        rows[0].connections_opened = None;
        assert_eq!(
            connections(&rows),
            "At most 7 connections were open at the end of any second."
        );
    }

    #[test]
    fn missing_usage_is_unknown() {
        let mut unknown = row(12, 0.0, 0.0);
        unknown.process_cpu_percent = None;
        let resources = Resources::new(vec![unknown], WINDOW).unwrap();
        assert_eq!(resources.saturation, Saturation::Unknown);
        assert_eq!(Resources::new(vec![row(1, 0.0, 0.0)], WINDOW), None);
        assert!(no_overlap(&[row(1, 0.0, 0.0)], WINDOW).contains("clocks"));
    }
}
