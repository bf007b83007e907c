//! The run over time, in buckets that widen as the run grows longer, so that memory is bounded.

use std::collections::VecDeque;

use hdrhistogram::Histogram;

use super::interner::Interner;
use crate::jtl::Sample;

/// Most buckets kept: enough for a chart as wide as a page, few enough that each has samples for its
/// percentiles. With the widths below a run has 66 to 400, but for the shortest and longest.
const MOST_BUCKETS: i64 = 400;

const DAY: i64 = 86_400_000;

/// Widths of a bucket in ms; each divides the next, so that neighbours merge without remainder.
/// The last are for stray time stamps: [`MOST_BUCKETS`] of the widest hold every i64.
const WIDTHS: [i64; 24] = [
    100,
    500,
    1_000,
    5_000,
    10_000,
    30_000,
    60_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    10_800_000,
    43_200_000,
    DAY,
    DAY * 10,
    DAY * 100,
    DAY * 1_000,
    DAY * 10_000,
    DAY * 100_000,
    DAY * 1_000_000,
    DAY * 10_000_000,
    DAY * 100_000_000,
    DAY * 1_000_000_000,
    DAY * 10_000_000_000,
];

/// Significant digits of the percentiles over time: exact below 256 ms, within 1% above.
const SIGNIFICANT_DIGITS: u8 = 2;

/// Engines told apart; in a run with more, threads are not summed over engines.
const MOST_ENGINES: usize = 256;

/// The run over time. A sample belongs to the bucket of its end; only hits go by the start.
///
/// Buckets lie at multiples of their width since the epoch, and the width depends on nothing but
/// the first and last bucket: so merging is associative and commutative.
#[derive(Debug, Clone, Default)]
pub struct TimeSeries {
    width: usize,
    /// Number of the first bucket: its start in ms divided by the width.
    first: i64,
    buckets: VecDeque<Bucket>,
    engines: Interner,
}

/// One bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bucket {
    /// Samples started.
    pub hits: u64,
    /// Samples that succeeded.
    pub ok: u64,
    /// Samples that failed.
    pub ko: u64,
    /// Sum of elapsed, ms.
    pub elapsed: i128,
    /// Sum of latency, ms.
    pub latency: i128,
    /// Sum of connect time, ms.
    pub connect: i128,
    /// Bytes received.
    pub bytes: i128,
    /// Bytes sent.
    pub sent_bytes: i128,
    /// Elapsed of successes, ms; `None` without any.
    pub histogram: Option<Histogram<u64>>,
    /// Active threads seen by each engine.
    threads: Vec<ThreadMean>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ThreadMean {
    rows: u64,
    sum: i128,
}

impl TimeSeries {
    /// Adds a sample.
    pub fn record(&mut self, sample: &Sample<'_>) {
        let engine = match sample.all_threads {
            Some(_) => self.engines.number(&Engine::of(sample).key()),
            None => 0,
        };
        let weight = sample.sample_count;
        self.bucket(sample.time_stamp).hits += weight;
        let bucket = self.bucket(sample.end());
        bucket.elapsed += i128::from(sample.elapsed);
        bucket.latency += i128::from(sample.latency.unwrap_or(0));
        bucket.connect += i128::from(sample.connect.unwrap_or(0));
        bucket.bytes += i128::from(sample.bytes.unwrap_or(0));
        bucket.sent_bytes += i128::from(sample.sent_bytes.unwrap_or(0));
        if sample.success {
            bucket.ok += weight;
            bucket.record_success(sample.elapsed_each(), weight);
        } else {
            bucket.ko += weight;
        }
        if let Some(threads) = sample.all_threads {
            let mean = bucket.threads_of(engine);
            mean.rows += 1;
            mean.sum += i128::from(threads);
        }
    }

    /// Adds another series.
    pub fn merge(&mut self, other: TimeSeries) {
        let engine_numbers: Vec<usize> = other
            .engines
            .names()
            .iter()
            .map(|name| self.engines.number(name))
            .collect();
        let width = other.bucket_ms();
        for (number, bucket) in other.buckets.into_iter().enumerate() {
            if bucket != Bucket::default() {
                // The first bucket may begin before the first i64, and holds it.
                let start = (other.first + number as i64).saturating_mul(width);
                // The whole bucket lies in one of ours only if ours are as wide.
                self.widen_to(width);
                self.bucket(start).merge(&bucket, &engine_numbers);
            }
        }
    }

    /// Width of a bucket in ms.
    pub fn bucket_ms(&self) -> i64 {
        WIDTHS[self.width]
    }

    /// Start of the first bucket, epoch ms.
    pub fn start_ms(&self) -> i64 {
        self.first.saturating_mul(self.bucket_ms())
    }

    /// The buckets in order, without gaps.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = &Bucket> {
        self.buckets.iter()
    }

    /// Active threads in a bucket: the mean of each engine, summed; `None` without any row that
    /// tells.
    pub fn active_threads(&self, bucket: &Bucket) -> Option<f64> {
        let is_separate = self.engines.names().len() <= MOST_ENGINES;
        let means = bucket.threads.iter().filter(|mean| mean.rows > 0);
        means.clone().next()?;
        let of = |mean: &ThreadMean| mean.sum as f64 / mean.rows as f64;
        Some(if is_separate {
            // By engine name, so that the sum does not depend on the order of merging.
            let mut terms: Vec<f64> = means.map(of).collect();
            terms.sort_by(f64::total_cmp);
            terms.iter().sum()
        } else {
            let (rows, sum) = means.fold((0, 0), |(rows, sum), mean| {
                (rows + mean.rows, sum + mean.sum)
            });
            sum as f64 / rows as f64
        })
    }

    /// The bucket that `time` (epoch ms) falls into, widening all if there would be too many.
    #[inline]
    fn bucket(&mut self, time: i64) -> &mut Bucket {
        let number = time.div_euclid(WIDTHS[self.width]);
        let offset = number.wrapping_sub(self.first);
        if offset >= 0 && offset < self.buckets.len() as i64 {
            return &mut self.buckets[offset as usize];
        }
        self.make_room(time)
    }

    #[cold]
    fn make_room(&mut self, time: i64) -> &mut Bucket {
        loop {
            let number = time.div_euclid(WIDTHS[self.width]);
            if self.buckets.is_empty() {
                self.first = number;
            }
            let last = self.first + self.buckets.len() as i64 - 1;
            let span = number.max(last).saturating_sub(number.min(self.first));
            if span < MOST_BUCKETS {
                while number < self.first {
                    self.buckets.push_front(Bucket::default());
                    self.first -= 1;
                }
                let offset = (number - self.first) as usize;
                if self.buckets.len() <= offset {
                    self.buckets.resize_with(offset + 1, Bucket::default);
                }
                return &mut self.buckets[offset];
            }
            self.widen();
        }
    }

    fn widen_to(&mut self, bucket_ms: i64) {
        while self.bucket_ms() < bucket_ms {
            self.widen();
        }
    }

    /// Merges neighbours into buckets of the next width.
    fn widen(&mut self) {
        let narrow = WIDTHS[self.width];
        self.width += 1;
        let ratio = WIDTHS[self.width] / narrow;
        let identity: Vec<usize> = (0..self.engines.names().len()).collect();
        let narrow_buckets = std::mem::take(&mut self.buckets);
        let narrow_first = self.first;
        self.first = narrow_first.div_euclid(ratio);
        for (number, bucket) in narrow_buckets.into_iter().enumerate() {
            let wide_number = (narrow_first + number as i64).div_euclid(ratio);
            let offset = (wide_number - self.first) as usize;
            if offset < self.buckets.len() {
                self.buckets[offset].merge(&bucket, &identity);
            } else {
                self.buckets.push_back(bucket);
            }
        }
    }
}

impl Bucket {
    fn record_success(&mut self, elapsed: i64, weight: u64) {
        if self.histogram.is_none() {
            self.histogram = Histogram::new(SIGNIFICANT_DIGITS).ok();
        }
        if let Some(histogram) = &mut self.histogram {
            let elapsed = u64::try_from(elapsed).unwrap_or(0);
            // An auto-resizing histogram takes every value.
            histogram.record_n(elapsed, weight).unwrap_or(());
        }
    }

    fn threads_of(&mut self, engine: usize) -> &mut ThreadMean {
        if self.threads.len() <= engine {
            self.threads.resize(engine + 1, ThreadMean::default());
        }
        &mut self.threads[engine]
    }

    fn merge(&mut self, other: &Bucket, engine_numbers: &[usize]) {
        self.hits += other.hits;
        self.ok += other.ok;
        self.ko += other.ko;
        self.elapsed += other.elapsed;
        self.latency += other.latency;
        self.connect += other.connect;
        self.bytes += other.bytes;
        self.sent_bytes += other.sent_bytes;
        match (&mut self.histogram, &other.histogram) {
            // Both resize by themselves, so that adding cannot fail.
            (Some(own), Some(theirs)) => own.add(theirs).unwrap_or(()),
            (own @ None, Some(theirs)) => *own = Some(theirs.clone()),
            (_, None) => {}
        }
        for (mean, &engine) in other.threads.iter().zip(engine_numbers) {
            let own = self.threads_of(engine);
            own.rows += mean.rows;
            own.sum += mean.sum;
        }
    }
}

/// Which load generator wrote a row: JMeter counts `allThreads` for each on its own.
#[derive(Debug, PartialEq, Eq)]
enum Engine<'a> {
    Named(&'a [u8]),
    Input(u32),
}

impl<'a> Engine<'a> {
    /// The engine by the `host:port-` that distributed runs put before thread names, which tells
    /// two engines on one host apart; else by its Hostname column, else by the file.
    fn of(sample: &Sample<'a>) -> Self {
        match host_prefix(sample.thread_name) {
            Some(host_and_port) => Engine::Named(host_and_port),
            None if !sample.hostname.is_empty() => Engine::Named(sample.hostname),
            None => Engine::Input(sample.input),
        }
    }

    fn key(&self) -> std::borrow::Cow<'a, [u8]> {
        match self {
            Engine::Named(name) => std::borrow::Cow::Borrowed(name),
            // No host begins with a NUL.
            Engine::Input(0) => std::borrow::Cow::Borrowed(b"\0"),
            Engine::Input(number) => std::borrow::Cow::Owned(format!("\0{number}").into_bytes()),
        }
    }
}

/// `192.168.1.5:1099` of the thread name `192.168.1.5:1099-Thread Group 1-1`.
fn host_prefix(thread_name: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', thread_name)?;
    let port = thread_name.get(colon + 1..)?;
    let digits = port.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (colon > 0 && digits > 0 && port.get(digits) == Some(&b'-'))
        .then(|| &thread_name[..colon + 1 + digits])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::sample;

    fn of(times: &[(i64, i64)]) -> TimeSeries {
        let mut series = TimeSeries::default();
        for &(time_stamp, elapsed) in times {
            series.record(&Sample {
                time_stamp,
                elapsed,
                ..sample()
            });
        }
        series
    }

    fn buckets(series: &TimeSeries) -> (i64, i64, Vec<Bucket>) {
        let buckets = series.buckets().cloned().collect();
        (series.bucket_ms(), series.start_ms(), buckets)
    }

    #[test]
    fn a_sample_starts_in_one_bucket_and_ends_in_another() {
        let series = of(&[(1_000, 50), (1_050, 60)]);
        let counts: Vec<(u64, u64)> = series.buckets().map(|b| (b.hits, b.ok)).collect();
        assert_eq!((series.start_ms(), series.bucket_ms()), (1_000, 100));
        assert_eq!(counts, [(2, 1), (0, 1)]);
    }

    #[test]
    fn buckets_widen_as_the_run_grows() {
        // 400 buckets of 100 ms hold 40 s; from there on they are 500 ms wide.
        assert_eq!(of(&[(0, 0), (39_999, 0)]).bucket_ms(), 100);
        assert_eq!(of(&[(0, 0), (40_000, 0)]).bucket_ms(), 500);
        assert_eq!(of(&[(0, 0), (500_000, 0)]).bucket_ms(), 5_000);
    }

    #[test]
    fn percentiles_are_within_a_percent() {
        for elapsed in [0, 1, 255, 300, 70_000, i64::MAX / 4] {
            let series = of(&[(0, elapsed)]);
            let bucket = series.buckets().last().unwrap();
            let median = bucket.histogram.as_ref().unwrap().value_at_percentile(50.0) as f64;
            let elapsed = elapsed as f64;
            assert!(
                (elapsed..=elapsed * 1.01).contains(&median),
                "{elapsed}: {median}"
            );
        }
    }

    #[test]
    fn threads_are_summed_over_engines() {
        let mut series = TimeSeries::default();
        for (thread_name, threads) in [("10.0.0.1:1099-T 1-1", 3), ("10.0.0.2:1099-T 1-1", 5)] {
            for more in [0, 2] {
                series.record(&Sample {
                    thread_name: thread_name.as_bytes(),
                    all_threads: Some(threads + more),
                    ..sample()
                });
            }
        }
        let bucket = series.buckets().next().unwrap();
        assert_eq!(series.active_threads(bucket), Some(4.0 + 6.0));
    }

    proptest! {
        #[test]
        fn any_split_and_order_gives_the_same(
            times in proptest::collection::vec(
                (prop_oneof![6 => 0..100_000_i64, 2 => 0..i64::MAX / 4, 1 => any::<i64>()], 0..5_000_i64),
                0..40,
            ),
            at in 0..40_usize,
        ) {
            let (a, b) = times.split_at(at.min(times.len()));
            let (mut ab, mut ba) = (of(a), of(b));
            ab.merge(of(b));
            ba.merge(of(a));
            let all = of(&times);
            prop_assert!(all.buckets().len() <= MOST_BUCKETS as usize);
            prop_assert_eq!(buckets(&ab), buckets(&all));
            prop_assert_eq!(buckets(&ba), buckets(&all));
        }
    }
}
