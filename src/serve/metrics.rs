//! What the server counts: requests by route and status, latency, connections.
//!
//! Counting must not slow down what is counted: every thread has a shard of its own, whose lock is
//! free when it is taken, and whoever asks adds the shards up.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::StatusCode;

use crate::error::{Error, Result};

/// Longest latency told apart from longer ones, in nanoseconds: 100 s.
const MAX_LATENCY_NS: u64 = 100_000_000_000;
/// Significant decimal digits of latencies.
const LATENCY_DIGITS: u8 = 3;

/// What a request asked for.
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
    /// Nothing known: the request could not be read, or the connection was refused.
    Unread,
}

/// Every route, in the order of the enum.
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

/// Every status that is answered, the most frequent first; the last stands for all others.
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

    /// The counts that are not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Route, StatusCode, u64)> {
        ROUTES.iter().zip(&self.0).flat_map(|(&route, row)| {
            let counts = STATUSES.iter().zip(row);
            counts
                .filter(|&(_, &count)| count > 0)
                .map(move |(&status, &count)| (route, status, count))
        })
    }

    /// All requests.
    pub fn total(&self) -> u64 {
        self.0.iter().flatten().sum()
    }

    /// Requests answered with a status of 400 and above.
    pub fn errors(&self) -> u64 {
        self.iter()
            .filter(|(_, status, _)| status.is_client_error() || status.is_server_error())
            .map(|(_, _, count)| count)
            .sum()
    }
}

/// The requests answered up to some moment.
#[derive(Debug, Clone)]
pub struct Answered {
    /// By route and status.
    pub counts: Counts,
    /// Latencies in nanoseconds, to three significant digits and 100 s at most: from the first
    /// byte of a request read to the last byte of its answer written.
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
        // Fails for histograms of different bounds only.
        let _same_bounds = self.latency.add(&other.latency);
        self.latency_sum = self.latency_sum.saturating_add(other.latency_sum);
    }
}

/// One thread's counts, on cache lines of their own.
#[repr(align(128))]
struct Shard {
    answered: Mutex<Answered>,
    /// Requests begun less requests ended here; a request may end on another thread, so that only
    /// the sum over all shards means something.
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
    accepted: AtomicU64,
    refused: AtomicU64,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Counters at zero.
    ///
    /// # Errors
    ///
    /// When there cannot be a histogram, which does not happen.
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

    /// A request has begun to arrive.
    pub fn begin(&self) {
        if let Some(shard) = self.shard() {
            shard.in_flight.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A request that had begun has ended, answered or not.
    pub fn end(&self) {
        if let Some(shard) = self.shard() {
            shard.in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// A request was answered.
    pub fn record(&self, route: Route, status: StatusCode, latency: Duration) {
        if let Some(shard) = self.shard() {
            shard.with(|answered| answered.record(route, status, latency));
        }
    }

    /// Something was answered that was no request read to its end, so that it has no latency.
    pub fn count(&self, route: Route, status: StatusCode) {
        if let Some(shard) = self.shard() {
            shard.with(|answered| answered.counts.count(route, status));
        }
    }

    /// A connection was accepted and is open.
    pub fn open(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// An open connection was closed.
    pub fn close(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// A connection was refused for being one too many.
    pub fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        self.count(Route::Unread, StatusCode::SERVICE_UNAVAILABLE);
    }

    /// Connections open.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections accepted to be served, so far.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections refused for being one too many, so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Requests that are arriving, at work, or whose answer is being written.
    pub fn in_flight(&self) -> u64 {
        let shards = self.shards.iter();
        let sum: i64 = shards
            .map(|shard| shard.in_flight.load(Ordering::Relaxed))
            .sum();
        // Read one after the other, the shards may miss a beginning and see its end.
        u64::try_from(sum).unwrap_or(0)
    }

    /// The requests answered so far, by route and status.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for shard in &self.shards {
            shard.with(|answered| counts.add(&answered.counts));
        }
        counts
    }

    /// Everything about the requests answered so far.
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
