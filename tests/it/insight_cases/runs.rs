//! What generated runs have in common: usual samples, closed loops, and changes over time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::common::load::{Random, Row, arrivals};

/// Six labels of a shop.
pub const SHOP: [&str; 6] = ["Home", "Search", "Item", "Basket", "Login", "Pay"];

/// An error of each kind, as JMeter writes code and message.
pub const NOT_FOUND: &str = "404,Not Found";
pub const UNAVAILABLE: &str = "503,Service Unavailable";
pub const REFUSED: &str = "Non HTTP response code: org.apache.http.conn.HttpHostConnectException,\
Non HTTP response message: Connect to down.example:9000 failed: Connection refused";
pub const CONNECT_TIMEOUT: &str = "Non HTTP response code: org.apache.http.conn.ConnectTimeoutException,\
Non HTTP response message: Connect to down.example:9000 failed: connect timed out";
pub const UNKNOWN_HOST: &str =
    "Non HTTP response code: java.net.UnknownHostException,Non HTTP response message: down.example";
pub const READ_TIMEOUT: &str = "Non HTTP response code: java.net.SocketTimeoutException,\
Non HTTP response message: Read timed out";

/// A sample that takes about 40 ms, of one of these labels.
pub fn usual(random: &mut Random, labels: &[&str]) -> Row {
    Row {
        elapsed: random.log_normal(40.0, 0.3),
        label: labels[random.below(labels.len())].to_owned(),
        ..Row::default()
    }
}

/// `samples` of [`usual`] within `seconds`, on average, modified by `change`.
pub fn run(
    seed: u64,
    seconds: f64,
    samples: f64,
    labels: &[&str],
    change: impl Fn(&mut Random, f64, &mut Row),
) -> Vec<Row> {
    let rate = samples / seconds;
    arrivals(
        &mut Random(seed),
        seconds,
        |_| rate,
        |random, time| {
            let mut row = usual(random, labels);
            change(random, time, &mut row);
            row
        },
    )
}

/// Makes a sample a request that never got a connection.
pub fn never_connects(row: &mut Row, error: &'static str, ms: f64) {
    row.error = Some(error);
    row.elapsed = ms;
    row.connect = ms;
    row.latency = Some(0.0);
}

/// A closed loop: each user waits for a response, thinks and requests again.
pub struct Closed {
    pub seconds: f64,
    pub users: usize,
    /// The time in which users start, s.
    pub ramp_s: f64,
    pub think_s: f64,
    /// Response time without load, ms.
    pub median_ms: f64,
    /// Requests per second that the server completes, at a number of requests in flight.
    pub capacity: fn(f64) -> f64,
}

/// A user's next request; the heap's greatest is the earliest.
#[derive(PartialEq)]
struct Next(f64, usize);

impl Eq for Next {}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0).then(other.1.cmp(&self.1))
    }
}

impl Closed {
    /// A single queue: a request is served after those before it, at the server's capacity.
    pub fn rows(&self, seed: u64) -> Vec<Row> {
        let random = &mut Random(seed);
        let starts = |user: usize| self.ramp_s * user as f64 / self.users as f64;
        let mut next: BinaryHeap<Next> = (0..self.users)
            .map(|user| Next(starts(user), user))
            .collect();
        let (mut rows, mut free_at, mut ends) = (Vec::new(), 0.0_f64, BinaryHeap::new());
        while let Some(Next(time, user)) = next.pop() {
            if time >= self.seconds {
                break;
            }
            while ends.peek().is_some_and(|Next(end, _)| *end <= time) {
                ends.pop();
            }
            let in_flight = ends.len() as f64 + 1.0;
            free_at = free_at.max(time) + 1.0 / (self.capacity)(in_flight);
            let elapsed_s = (free_at - time) + random.log_normal(self.median_ms, 0.2) / 1_000.0;
            let threads = (0..self.users)
                .take_while(|user| starts(*user) <= time)
                .count();
            rows.push(Row {
                start: time * 1_000.0,
                elapsed: elapsed_s * 1_000.0,
                threads: threads as f64,
                label: SHOP[random.below(3)].to_owned(),
                thread: Some(user + 1),
                ..Row::default()
            });
            ends.push(Next(time + elapsed_s, user));
            next.push(Next(
                time + elapsed_s + random.exponential(self.think_s),
                user,
            ));
        }
        rows
    }
}

/// Holds up all requests from `start` s on for `length` s: each waits for the end.
pub fn hold_up(time: f64, row: &mut Row, start: f64, length: f64) {
    if (start..start + length).contains(&time) {
        row.elapsed += (start + length - time) * 1_000.0;
    }
}

/// Stops everything from `start` s on for `length` s: each thread sends one request and waits for it.
pub fn stand_still(rows: &mut Vec<Row>, start: f64, length: f64) {
    let mut left = 20_u32;
    rows.retain_mut(|row| {
        let time = row.start / 1_000.0;
        if !(start..start + length).contains(&time) {
            return true;
        }
        row.elapsed += (start + length - time) * 1_000.0;
        left = left.saturating_sub(1);
        left > 0
    });
}
