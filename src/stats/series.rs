//! The run over time, in buckets that widen as the run grows longer, so that memory is bounded.

use super::bucket::Bucket;
use super::engines::{Engines, MOST_ENGINES};
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

/// The run over time. A sample belongs to the bucket of its end; only hits go by the start.
///
/// Buckets lie at multiples of their width since the epoch, and the width depends on nothing but
/// the first and last bucket: so merging is associative and commutative.
#[derive(Debug, Clone, Default)]
pub struct TimeSeries {
    width: usize,
    /// Number of the first bucket: its start in ms divided by the width.
    first: i64,
    buckets: Vec<Bucket>,
    engines: Engines,
    latest: Latest,
}

/// The bucket that was found last: the next sample's is most often the same.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    place: usize,
    start: i64,
    /// 0 if there is none.
    width: u64,
}

impl TimeSeries {
    /// Adds a sample.
    #[inline(always)]
    pub fn record(&mut self, sample: &Sample<'_>) {
        let engine = match sample.all_threads {
            Some(_) => self.engines.number(sample),
            None => 0,
        };
        self.bucket(sample.time_stamp).hits += sample.sample_count;
        self.bucket(sample.end()).record(sample, engine);
    }

    /// Adds another series.
    pub fn merge(&mut self, other: TimeSeries) {
        let engine_numbers = self.engines.numbers_of(&other.engines);
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
        bucket.active_threads(self.engines.count() <= MOST_ENGINES)
    }

    /// The bucket that `time` (epoch ms) falls into, widening all if there would be too many.
    #[inline(always)]
    fn bucket(&mut self, time: i64) -> &mut Bucket {
        let Latest {
            place,
            start,
            width,
        } = self.latest;
        let is_latest = (time.wrapping_sub(start) as u64) < width;
        let place = if is_latest { place } else { self.find(time) };
        &mut self.buckets[place]
    }

    #[inline(never)]
    fn find(&mut self, time: i64) -> usize {
        let number = time.div_euclid(self.bucket_ms());
        let offset = number.wrapping_sub(self.first);
        let is_there = offset >= 0 && offset < self.buckets.len() as i64;
        let place = if is_there {
            offset as usize
        } else {
            self.make_room(time)
        };
        let width = self.bucket_ms();
        self.latest = Latest {
            place,
            // Near the first i64 it wraps around, and so does the comparison.
            start: time.wrapping_sub(time.rem_euclid(width)),
            width: width.unsigned_abs(),
        };
        place
    }

    /// Makes a bucket for `time`, and says which it is.
    #[cold]
    fn make_room(&mut self, time: i64) -> usize {
        loop {
            let number = time.div_euclid(WIDTHS[self.width]);
            if self.buckets.is_empty() {
                self.first = number;
            }
            let last = self.first + self.buckets.len() as i64 - 1;
            let span = number.max(last).saturating_sub(number.min(self.first));
            if span < MOST_BUCKETS {
                let before = (self.first - number).max(0) as usize;
                self.buckets
                    .splice(0..0, (0..before).map(|_| Bucket::default()));
                self.first = self.first.min(number);
                let place = (number - self.first) as usize;
                if self.buckets.len() <= place {
                    self.buckets.resize_with(place + 1, Bucket::default);
                }
                return place;
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
        self.latest = Latest::default();
        let identity: Vec<usize> = (0..self.engines.count()).collect();
        let narrow_buckets = std::mem::take(&mut self.buckets);
        let narrow_first = self.first;
        self.first = narrow_first.div_euclid(ratio);
        for (number, bucket) in narrow_buckets.into_iter().enumerate() {
            let wide_number = (narrow_first + number as i64).div_euclid(ratio);
            let offset = (wide_number - self.first) as usize;
            if offset < self.buckets.len() {
                self.buckets[offset].merge(&bucket, &identity);
            } else {
                self.buckets.push(bucket);
            }
        }
    }
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
