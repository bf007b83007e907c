//! Counts requests by route and status, their latency, and connections.
//!
//! Counting must not slow the server down: each thread has its own shard with an uncontended lock,
//! and reading sums up the shards.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::StatusCode;

use crate::error::{Error, Result};

/// Largest latency in the histogram, in nanoseconds (100 s); longer ones count as this.
const MAX_LATENCY_NS: u64 = 100_000_000_000;
/// Significant decimal digits that the histogram keeps of a latency.
const LATENCY_DIGITS: u8 = 3;

/// The endpoint that a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `/fibo/N`
    Fibonacci,
    /// `/isprime/N`
    Prime,
    /// `/healthz`
    Health,
    /// `/metrics`
    Metrics,
    /// `/platform`
    Platform,
    /// `/`
    Description,
    /// Any other path.
    Unknown,
    /// Unknown: the request could not be read, or its connection was refused.
    Unread,
}

/// All routes, in the order of the enum.
const ROUTES: [Route; 8] = [
    Route::Fibonacci,
    Route::Prime,
    Route::Health,
    Route::Metrics,
    Route::Platform,
    Route::Description,
    Route::Unknown,
    Route::Unread,
];

/// All statuses that the server answers with, most frequent first; the last also counts any other.
const STATUSES: [StatusCode; 9] = [
    StatusCode::OK,
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::INTERNAL_SERVER_ERROR,
];

/// Requests by route and status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([[u64; STATUSES.len()]; ROUTES.len()]);

impl Counts {
    fn count(&mut self, route: Route, status: StatusCode) {
        let column = STATUSES
            .iter()
            .position(|&known| known == status)
            .unwrap_or(STATUSES.len() - 1);
        let row = self.0.get_mut(route as usize);
        if let Some(count) = row.and_then(|row| row.get_mut(column)) {
            *count += 1;
        }
    }

    fn add(&mut self, other: &Counts) {
        let pairs = self.0.iter_mut().flatten().zip(other.0.iter().flatten());
        pairs.for_each(|(ours, theirs)| *ours += theirs);
    }

    /// Iterates over the counts that are not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Route, StatusCode, u64)> {
        ROUTES.iter().zip(&self.0).flat_map(|(&route, row)| {
            let counts = STATUSES.iter().zip(row);
            counts
                .filter(|&(_, &count)| count > 0)
                .map(move |(&status, &count)| (route, status, count))
        })
    }

    /// Returns the number of all requests.
    pub fn total(&self) -> u64 {
        self.0.iter().flatten().sum()
    }

    /// Returns the number of requests answered with status 400 or above.
    pub fn errors(&self) -> u64 {
        self.iter()
            .filter(|(_, status, _)| status.is_client_error() || status.is_server_error())
            .map(|(_, _, count)| count)
            .sum()
    }
}

/// A snapshot of the requests answered so far.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Counts by route and status.
    pub counts: Counts,
    /// Latencies in nanoseconds, to three significant digits and 100 s at most: from reading the
    /// first byte of a request to writing the last byte of its answer.
    pub latency: Histogram<u64>,
    /// Sum of the latencies in nanoseconds.
    pub latency_sum: u64,
}

impl Answered {
    fn new() -> Result<Self> {
        let latency = Histogram::new_with_bounds(1, MAX_LATENCY_NS, LATENCY_DIGITS)
            .map_err(|error| Error::Internal(format!("cannot make a histogram: {error}")))?;
        Ok(Answered {
            counts: Counts::default(),
            latency,
            latency_sum: 0,
        })
    }

    fn record(&mut self, route: Route, status: StatusCode, latency: Duration) {
        let latency = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.counts.count(route, status);
        self.latency.saturating_record(latency);
        self.latency_sum = self.latency_sum.saturating_add(latency);
    }

    fn add(&mut self, other: &Answered) {
        self.counts.add(&other.counts);
        // Fails only if the bounds differ.
        let _same_bounds = self.latency.add(&other.latency);
        self.latency_sum = self.latency_sum.saturating_add(other.latency_sum);
    }
}

/// One thread's counts, aligned to avoid sharing cache lines.
#[repr(align(128))]
struct Shard {
    answered: Mutex<Answered>,
    /// Requests begun minus requests ended on this thread. A request may end on another thread, so
    /// only the sum over all shards is meaningful.
    in_flight: AtomicI64,
}

impl Shard {
    fn with<T>(&self, job: impl FnOnce(&mut Answered) -> T) -> T {
        job(&mut self.answered.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The server's counters.
pub struct Metrics {
    nothing: Answered,
    shards: Box<[Shard]>,
    open: AtomicUsize,
    max_open: AtomicUsize,
    accepted: AtomicU64,
    refused: AtomicU64,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Creates counters at zero.
    ///
    /// # Errors
    ///
    /// If the latency histogram cannot be created. Its bounds are constants, so this is a bug.
    pub fn new() -> Result<Self> {
        let nothing = Answered::new()?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let shards = (0..threads).map(|_| Shard {
            answered: Mutex::new(nothing.clone()),
            in_flight: AtomicI64::new(0),
        });
        Ok(Metrics {
            shards: shards.collect(),
            nothing,
            open: AtomicUsize::new(0),
            max_open: AtomicUsize::new(0),
            accepted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    /// The calling thread's shard.
    fn shard(&self) -> Option<&Shard> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: Cell<usize> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed));
        }
        self.shards.get(THREAD.get() % self.shards.len())
    }

    /// Counts a request that has begun to arrive.
    pub fn begin(&self) {
        if let Some(shard) = self.shard() {
            shard.in_flight.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts the end of a request, answered or not.
    pub fn end(&self) {
        if let Some(shard) = self.shard() {
            shard.in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Counts an answered request and its latency.
    pub fn record(&self, route: Route, status: StatusCode, latency: Duration) {
        if let Some(shard) = self.shard() {
            shard.with(|answered| answered.record(route, status, latency));
        }
    }

    /// Counts an answer without a latency: the request was not read completely.
    pub fn count(&self, route: Route, status: StatusCode) {
        if let Some(shard) = self.shard() {
            shard.with(|answered| answered.counts.count(route, status));
        }
    }

    /// Counts a connection that was accepted.
    pub fn open(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        let others = self.open.fetch_add(1, Ordering::Relaxed);
        self.max_open.fetch_max(others + 1, Ordering::Relaxed);
    }

    /// Counts a connection that was closed.
    pub fn close(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a connection that was refused because the limit was reached.
    pub fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        self.count(Route::Unread, StatusCode::SERVICE_UNAVAILABLE);
    }

    /// Returns the number of open connections.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Returns the largest number of connections open at once since the last call. Only the monitor
    /// calls this.
    pub fn take_max_connections(&self) -> usize {
        let now = self.connections();
        self.max_open.swap(now, Ordering::Relaxed).max(now)
    }

    /// Returns the number of connections accepted so far.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Returns the number of connections refused so far because the limit was reached.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Returns the number of requests that are being read, computed or answered.
    pub fn in_flight(&self) -> u64 {
        let shards = self.shards.iter();
        let sum: i64 = shards
            .map(|shard| shard.in_flight.load(Ordering::Relaxed))
            .sum();
        // The shards are read one by one: a request's end may be seen without its beginning.
        u64::try_from(sum).unwrap_or(0)
    }

    /// Returns the number of requests answered so far, by route and status.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for shard in &self.shards {
            shard.with(|answered| counts.add(&answered.counts));
        }
        counts
    }

    /// Returns the counts and latencies of the requests answered so far.
    pub fn answered(&self) -> Answered {
        let mut sum = self.nothing.clone();
        for shard in &self.shards {
            shard.with(|answered| sum.add(answered));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_add_up() {
        let metrics = Metrics::new().unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for micros in 1..=100 {
                        let latency = Duration::from_micros(micros);
                        metrics.begin();
                        metrics.record(Route::Prime, StatusCode::OK, latency);
                        metrics.end();
                    }
                });
            }
        });
        metrics.record(Route::Unknown, StatusCode::NOT_FOUND, Duration::MAX);
        metrics.begin();
        let answered = metrics.answered();
        assert_eq!(
            answered.counts.iter().collect::<Vec<_>>(),
            [
                (Route::Prime, StatusCode::OK, 400),
                (Route::Unknown, StatusCode::NOT_FOUND, 1)
            ]
        );
        assert_eq!(
            (metrics.counts().total(), metrics.counts().errors()),
            (401, 1)
        );
        assert_eq!(answered.latency.len(), 401);
        assert!(answered.latency.max() >= MAX_LATENCY_NS);
        assert_eq!(answered.latency.value_at_quantile(0.5) / 1000, 51);
        assert_eq!(metrics.in_flight(), 1);
    }

    #[test]
    fn connections_are_counted_although_they_are_closed() {
        let metrics = Metrics::new().unwrap();
        for _ in 0..3 {
            metrics.open();
            metrics.open();
            metrics.close();
            metrics.close();
        }
        metrics.open();
        assert_eq!((metrics.connections(), metrics.accepted()), (1, 7));
        assert_eq!(metrics.take_max_connections(), 2);
        assert_eq!(metrics.take_max_connections(), 1);
        metrics.close();
        assert_eq!(metrics.take_max_connections(), 1);
        assert_eq!(metrics.take_max_connections(), 0);
    }

    #[test]
    fn routes_are_in_order() {
        for (index, &route) in ROUTES.iter().enumerate() {
            assert_eq!(route as usize, index);
        }
    }

    #[test]
    fn a_status_that_is_not_expected_counts_as_a_failure() {
        let mut counts = Counts::default();
        counts.count(Route::Health, StatusCode::IM_A_TEAPOT);
        assert_eq!(
            counts.iter().collect::<Vec<_>>(),
            [(Route::Health, StatusCode::INTERNAL_SERVER_ERROR, 1)]
        );
    }
}
