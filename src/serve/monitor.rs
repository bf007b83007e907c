//! The monitor: writes one CSV line per second about the server and its machine.
//!
//! [`MonitorRow`] is the format, for both sides: [`Monitor`] writes it and [`read`] reads it back.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::app::Target;
use super::metrics::{Answered, Metrics};
use super::monitor_file;
use super::usage::{Meter, Usage};
use crate::error::{Error, Result};
use crate::stderr;

/// Time between rows.
const INTERVAL: Duration = Duration::from_secs(1);

/// What the server did in the second that ended at `time_ms`; the fields are the CSV columns.
///
/// `None` is an empty cell: a value that the operating system does not report, or the latency in a
/// second without requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorRow {
    /// End of the second, in ms since 1970 (UTC), like JMeter's `timeStamp`.
    pub time_ms: i64,
    /// CPU time of the server's process, in percent of all CPUs: 100 means that it kept every core
    /// busy.
    pub process_cpu_percent: Option<f64>,
    /// CPU time of everything on the machine, on the same scale.
    pub machine_cpu_percent: Option<f64>,
    /// Resident memory of the server's process, in bytes.
    pub resident_bytes: Option<u64>,
    /// The largest number of connections open at once during the second. Files of earlier versions have
    /// those open at its end.
    pub connections: u64,
    /// Requests answered, per second.
    pub requests_per_second: f64,
    /// Median latency in ms as the server sees it: from reading the first byte of a request to
    /// writing the last byte of its answer. Within 0.1%, like the other percentiles.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the latencies in ms.
    pub p95_ms: Option<f64>,
    /// 99th percentile of the latencies in ms.
    pub p99_ms: Option<f64>,
    /// Connections opened during the second; `None` in files of earlier versions.
    #[serde(default)]
    pub connections_opened: Option<u64>,
}

/// Reads the rows of a monitor's file. `name` names the file in errors. Skips a last line that was
/// cut short, for example because the server was killed.
///
/// # Errors
///
/// If the input cannot be read, or was not written by a monitor.
pub fn read(mut input: impl io::Read, name: &str) -> Result<Vec<MonitorRow>> {
    let fail = |message: String| {
        let hint = "give a file that `perfkit serve --monitor` wrote";
        Error::input(name, format!("{message}; {hint}"))
    };
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .map_err(|error| fail(format!("cannot be read: {error}")))?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    csv::Reader::from_reader(text.get(..whole).unwrap_or_default().as_bytes())
        .deserialize()
        .collect::<csv::Result<_>>()
        .map_err(|error| fail(error.to_string()))
}

/// A running monitor: writes one row per second until it is stopped.
#[derive(Debug)]
pub struct Monitor {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Monitor {
    /// Creates the file at `path`, or continues that of an earlier monitor. The monitor has its own thread, so that it ticks on time when all others are busy. If a later write fails, it
    /// warns on standard error and the server goes on without it.
    ///
    /// # Errors
    ///
    /// If the file cannot be created, or something else than a monitor wrote it.
    pub fn start(path: &Path, target: Arc<Target>) -> Result<Self> {
        let writer = monitor_file::open(path)?;
        let sampler = Sampler::new(target.metrics());
        let (stop, stopped) = mpsc::channel();
        let path = path.to_owned();
        let thread = thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(move || {
                if let Err(error) = monitor(writer, sampler, &target, &stopped) {
                    stderr::say(format_args!(
                        "perfkit: warning: cannot write {}: {error}; the server goes on without it",
                        path.display()
                    ));
                }
            })
            .map_err(|error| Error::Internal(format!("cannot start the monitor: {error}")))?;
        Ok(Monitor { stop, thread })
    }

    /// Writes the last row and waits for the thread to end.
    pub fn stop(self) {
        drop(self.stop);
        // The thread has already reported any failure.
        let _outcome = self.thread.join();
    }
}

fn monitor(
    mut writer: csv::Writer<File>,
    mut sampler: Sampler,
    target: &Target,
    stopped: &mpsc::Receiver<()>,
) -> Result<(), csv::Error> {
    let mut next = Instant::now() + INTERVAL;
    loop {
        let wait = next.saturating_duration_since(Instant::now());
        let is_last = stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
        let row = sampler.sample(target.metrics());
        // The last interval is shorter than a second: it is written only if it has requests.
        if !is_last || row.requests_per_second > 0.0 {
            writer.serialize(row)?;
            writer.flush()?;
        }
        if is_last {
            return Ok(());
        }
        // If the machine was suspended, continue from now instead of catching up.
        next = (next + INTERVAL).max(Instant::now());
    }
}

/// Turns the difference between two readings of the counters into a row.
#[derive(Debug)]
struct Sampler {
    meter: Option<Meter>,
    before: Answered,
    accepted_before: u64,
    cpu_before: Option<Duration>,
    time_before: Instant,
}

impl Sampler {
    fn new(metrics: &Metrics) -> Self {
        let mut meter = Meter::new();
        let usage = meter.as_mut().and_then(Meter::read);
        Sampler {
            meter,
            before: metrics.answered(),
            accepted_before: metrics.accepted(),
            cpu_before: usage.map(|usage| usage.cpu),
            time_before: Instant::now(),
        }
    }

    /// Returns the row for the time since the last call.
    fn sample(&mut self, metrics: &Metrics) -> MonitorRow {
        let usage = self.meter.as_mut().and_then(Meter::read);
        let answered = metrics.answered();
        let now = Instant::now();
        let seconds = (now - self.time_before).as_secs_f64();
        let mut latency = answered.latency.clone();
        // Fails only if the bounds differ or counts went down.
        let _subtracted = latency.subtract(&self.before.latency);
        let percentile = |quantile| {
            let nanoseconds = latency.value_at_quantile(quantile);
            (!latency.is_empty()).then(|| rounded(nanoseconds as f64 / 1e6, 4))
        };
        let requests = answered.counts.total() - self.before.counts.total();
        let accepted = metrics.accepted();
        let row = MonitorRow {
            time_ms: epoch_ms(),
            process_cpu_percent: usage.and_then(|usage| self.cpu_percent(usage, seconds)),
            machine_cpu_percent: usage.map(|usage| rounded(usage.machine_cpu_percent, 1)),
            resident_bytes: usage.map(|usage| usage.resident_bytes),
            connections: metrics.take_max_connections() as u64,
            requests_per_second: rounded(requests as f64 / seconds, 1),
            p50_ms: percentile(0.50),
            p95_ms: percentile(0.95),
            p99_ms: percentile(0.99),
            connections_opened: Some(accepted - self.accepted_before),
        };
        self.accepted_before = accepted;
        self.cpu_before = usage.map(|usage| usage.cpu);
        self.before = answered;
        self.time_before = now;
        row
    }

    fn cpu_percent(&self, usage: Usage, seconds: f64) -> Option<f64> {
        let cpus = self.meter.as_ref().map_or(1, Meter::cpus) as f64;
        let busy = usage.cpu.saturating_sub(self.cpu_before?).as_secs_f64();
        // The system counts in hundredths of a second, so a short interval may exceed 100%.
        Some(rounded((100.0 * busy / seconds / cpus).min(100.0), 1))
    }
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

fn epoch_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;
    use crate::serve::metrics::Route;

    fn row() -> MonitorRow {
        MonitorRow {
            time_ms: 1_700_000_000_123,
            process_cpu_percent: Some(12.5),
            machine_cpu_percent: None,
            resident_bytes: Some(9_123_456),
            connections: 20_000,
            requests_per_second: 400.1,
            p50_ms: Some(0.0123),
            p95_ms: None,
            p99_ms: Some(2.5),
            connections_opened: Some(7),
        }
    }

    fn written(rows: &[MonitorRow]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }

    #[test]
    fn rows_are_plain_csv_and_read_back() {
        let rows = [row(), row()];
        let text = written(&rows);
        assert_eq!(
            text.lines().take(2).collect::<Vec<_>>(),
            [
                "time_ms,process_cpu_percent,machine_cpu_percent,resident_bytes,connections,\
                 requests_per_second,p50_ms,p95_ms,p99_ms,connections_opened",
                "1700000000123,12.5,,9123456,20000,400.1,0.0123,,2.5,7"
            ]
        );
        assert_eq!(read(text.as_bytes(), "usage.csv").unwrap(), rows);
        let cut_short = &text.as_bytes()[..text.len() - 5];
        assert_eq!(read(cut_short, "usage.csv").unwrap(), rows[..1]);
    }

    #[test]
    fn files_of_earlier_versions_have_no_opened_connections() {
        let older = "time_ms,process_cpu_percent,machine_cpu_percent,resident_bytes,connections,\
                     requests_per_second,p50_ms,p95_ms,p99_ms\n\
                     1700000000123,12.5,,9123456,20000,400.1,0.0123,,2.5\n";
        let expected = MonitorRow {
            connections_opened: None,
            ..row()
        };
        assert_eq!(read(older.as_bytes(), "usage.csv").unwrap(), [expected]);
    }

    #[test]
    fn other_files_are_refused() {
        let jtl = "timeStamp,elapsed,label\n1700000000123,12,Fibonacci\n";
        let error = read(jtl.as_bytes(), "results.jtl").unwrap_err().to_string();
        assert!(error.starts_with("results.jtl: "), "{error}");
        assert!(error.contains("perfkit serve --monitor"), "{error}");
    }

    #[test]
    fn a_row_is_of_its_own_second() {
        let metrics = Metrics::new().unwrap();
        let mut sampler = Sampler::new(&metrics);
        let record = |micros| {
            let latency = Duration::from_micros(micros);
            metrics.record(Route::Fibonacci, StatusCode::OK, latency);
        };
        metrics.open();
        metrics.close();
        metrics.open();
        metrics.close();
        record(1000);
        let first = sampler.sample(&metrics);
        assert_eq!(first.p99_ms.map(f64::round), Some(1.0));
        // Both are closed again.
        assert_eq!((first.connections, first.connections_opened), (1, Some(2)));
        assert!(first.requests_per_second > 0.0);
        let second = sampler.sample(&metrics);
        assert_eq!((second.requests_per_second, second.p50_ms), (0.0, None));
        assert_eq!(
            (second.connections, second.connections_opened),
            (0, Some(0))
        );
        (1..=100).for_each(|n| record(n * 1000));
        let third = sampler.sample(&metrics);
        let percentiles = [third.p50_ms, third.p95_ms, third.p99_ms].map(|ms| ms.map(f64::round));
        assert_eq!(percentiles, [Some(50.0), Some(95.0), Some(99.0)]);
        assert!(third.time_ms >= first.time_ms);
    }
}
