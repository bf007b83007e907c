//! The monitor: a line of CSV a second about the server and its machine, while it serves.
//!
//! [`Row`] is the format, for both sides: [`Monitor`] writes it and [`read`] reads it back.

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
use super::usage::{Meter, Usage};
use crate::error::{Error, Result};

/// Time between rows.
const INTERVAL: Duration = Duration::from_secs(1);

/// What happened in the second that ended at `time_ms`; its fields are the columns. `None`, an
/// empty cell, is what the operating system does not tell, and the latency of no requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// End of the second, in ms since 1970 (UTC), as JMeter's timeStamp.
    pub time_ms: i64,
    /// CPU time of the server's process, in percent of what all CPUs of the machine have: 100 is
    /// every core busy with it.
    pub process_cpu_percent: Option<f64>,
    /// CPU time of everything on the machine, on the same scale.
    pub machine_cpu_percent: Option<f64>,
    /// Memory of the server's process that is in RAM, in bytes.
    pub resident_bytes: Option<u64>,
    /// Connections open at the end of the second.
    pub connections: u64,
    /// Requests answered, per second.
    pub requests_per_second: f64,
    /// Median of the latencies in ms, seen from the server: from the first byte of a request read
    /// to the last byte of its answer written. Within 0.1 %, as are the others.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the latencies in ms.
    pub p95_ms: Option<f64>,
    /// 99th percentile of the latencies in ms.
    pub p99_ms: Option<f64>,
}

/// Reads the rows of a monitor's file; `name` is what errors call it. A last line that was cut
/// short, as where the server was killed, is left out.
///
/// # Errors
///
/// When the input cannot be read, or is no file of a monitor's.
pub fn read(mut input: impl io::Read, name: &str) -> Result<Vec<Row>> {
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

/// Writes rows until it is stopped.
#[derive(Debug)]
pub struct Monitor {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Monitor {
    /// Starts to write a file, in place of what it held. It has a thread of its own, so that its
    /// seconds are seconds when all others are busy. Should writing fail later, that is said on
    /// standard error and the server goes on without it.
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn start(path: &Path, target: Arc<Target>) -> Result<Self> {
        let file = File::create(path).map_err(|source| Error::write(path, source))?;
        let sampler = Sampler::new(target.metrics());
        let (stop, stopped) = mpsc::channel();
        let path = path.to_owned();
        let thread = thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(move || {
                if let Err(error) = monitor(file, sampler, &target, &stopped) {
                    eprintln!(
                        "perfkit: warning: cannot write {}: {error}; serving goes on without it",
                        path.display()
                    );
                }
            })
            .map_err(|error| Error::Internal(format!("cannot start the monitor: {error}")))?;
        Ok(Monitor { stop, thread })
    }

    /// Writes what is left, and ends.
    pub fn stop(self) {
        drop(self.stop);
        // It has said itself what went wrong, if anything did.
        let _ended = self.thread.join();
    }
}

fn monitor(
    file: File,
    mut sampler: Sampler,
    target: &Target,
    stopped: &mpsc::Receiver<()>,
) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(file);
    let mut next = Instant::now() + INTERVAL;
    loop {
        let wait = next.saturating_duration_since(Instant::now());
        let is_last = stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
        let row = sampler.sample(target.metrics());
        // The last second is none, and counts only if something was answered in it.
        if !is_last || row.requests_per_second > 0.0 {
            writer.serialize(row)?;
            writer.flush()?;
        }
        if is_last {
            return Ok(());
        }
        // After a pause of the machine's, seconds are counted anew.
        next = (next + INTERVAL).max(Instant::now());
    }
}

/// Makes rows out of what changed from one to the next.
#[derive(Debug)]
struct Sampler {
    meter: Option<Meter>,
    before: Answered,
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
            cpu_before: usage.map(|usage| usage.cpu),
            time_before: Instant::now(),
        }
    }

    /// The row of the time since the last one.
    fn sample(&mut self, metrics: &Metrics) -> Row {
        let usage = self.meter.as_mut().and_then(Meter::read);
        let answered = metrics.answered();
        let now = Instant::now();
        let seconds = (now - self.time_before).as_secs_f64();
        let mut latency = answered.latency.clone();
        // Fails for histograms of different bounds, or if counts went down.
        let _subtracted = latency.subtract(&self.before.latency);
        let percentile = |quantile| {
            let nanoseconds = latency.value_at_quantile(quantile);
            (!latency.is_empty()).then(|| rounded(nanoseconds as f64 / 1e6, 4))
        };
        let requests = answered.counts.total() - self.before.counts.total();
        let row = Row {
            time_ms: epoch_ms(),
            process_cpu_percent: usage.and_then(|usage| self.cpu_percent(usage, seconds)),
            machine_cpu_percent: usage.map(|usage| rounded(usage.machine_cpu_percent, 1)),
            resident_bytes: usage.map(|usage| usage.resident_bytes),
            connections: metrics.connections() as u64,
            requests_per_second: rounded(requests as f64 / seconds, 1),
            p50_ms: percentile(0.50),
            p95_ms: percentile(0.95),
            p99_ms: percentile(0.99),
        };
        self.cpu_before = usage.map(|usage| usage.cpu);
        self.before = answered;
        self.time_before = now;
        row
    }

    fn cpu_percent(&self, usage: Usage, seconds: f64) -> Option<f64> {
        let cpus = self.meter.as_ref().map_or(1, Meter::cpus) as f64;
        let busy = usage.cpu.saturating_sub(self.cpu_before?).as_secs_f64();
        // The system counts in hundredths of a second, so that a short time may seem overfull.
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

    fn row() -> Row {
        Row {
            time_ms: 1_700_000_000_123,
            process_cpu_percent: Some(12.5),
            machine_cpu_percent: None,
            resident_bytes: Some(9_123_456),
            connections: 20_000,
            requests_per_second: 400.1,
            p50_ms: Some(0.0123),
            p95_ms: None,
            p99_ms: Some(2.5),
        }
    }

    fn written(rows: &[Row]) -> String {
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
                 requests_per_second,p50_ms,p95_ms,p99_ms",
                "1700000000123,12.5,,9123456,20000,400.1,0.0123,,2.5"
            ]
        );
        assert_eq!(read(text.as_bytes(), "usage.csv").unwrap(), rows);
        let cut_short = &text.as_bytes()[..text.len() - 5];
        assert_eq!(read(cut_short, "usage.csv").unwrap(), rows[..1]);
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
        record(1000);
        let first = sampler.sample(&metrics);
        assert_eq!(
            (first.connections, first.p99_ms.map(f64::round)),
            (1, Some(1.0))
        );
        assert!(first.requests_per_second > 0.0);
        let second = sampler.sample(&metrics);
        assert_eq!((second.requests_per_second, second.p50_ms), (0.0, None));
        (1..=100).for_each(|n| record(n * 1000));
        let third = sampler.sample(&metrics);
        let percentiles = [third.p50_ms, third.p95_ms, third.p99_ms].map(|ms| ms.map(f64::round));
        assert_eq!(percentiles, [Some(50.0), Some(95.0), Some(99.0)]);
        assert!(third.time_ms >= first.time_ms);
    }
}
