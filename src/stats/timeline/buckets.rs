//! The buckets of a run over time. They widen as the run gets longer.

use serde::{Deserialize, Serialize};

use crate::stats::bucket::{Bucket, HitsSpan, Renumbering};
use crate::stats::consistency::{self, Checked};
use crate::stats::endings;
use crate::stats::run::{BatchRow, Run};

/// Buckets of the longest run: enough for a chart as wide as a page, few enough that each has
/// samples for its percentiles. With the widths below, all but the shortest and longest runs have
/// 66 to 400.
pub const MAX_BUCKETS: usize = 400;

const DAY: i64 = 86_400_000;

/// Widths of a bucket in ms. Each divides the next, so that neighbours merge without remainder.
/// The last ones are for stray time stamps: [`MAX_BUCKETS`] of the widest hold every i64.
pub const WIDTHS: [i64; 24] = [
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

/// Buckets that start at multiples of their width since the epoch. Only those with samples exist, and the
/// width is the narrowest that keeps their number within [`MAX_BUCKETS`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Buckets {
    width: usize,
    /// Their numbers, ascending: their starts in ms divided by the width.
    numbers: Vec<i64>,
    all: Vec<Bucket>,
    #[serde(skip)]
    latest: Latest,
    #[serde(skip)]
    latest_part: LatestPart,
}

/// The bucket that was found last, which is usually that of the next sample too.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    place: usize,
    start: i64,
    /// 0 if no bucket was found yet.
    width: u64,
}

/// The part of a bucket that was marked last: most samples end in the same one as those before.
#[derive(Debug, Clone, Copy, Default)]
struct LatestPart {
    start: i64,
    /// 0 if none was marked yet.
    width: u64,
}

impl Latest {
    /// Whether a time (epoch ms) is in the bucket.
    #[inline(always)]
    fn contains(self, time: i64) -> bool {
        (time.wrapping_sub(self.start) as u64) < self.width
    }
}

impl LatestPart {
    /// Whether a time (epoch ms) is in the part.
    #[inline(always)]
    fn contains(self, time: i64) -> bool {
        (time.wrapping_sub(self.start) as u64) < self.width
    }
}

impl Buckets {
    /// Width of a bucket in ms.
    pub fn width_ms(&self) -> i64 {
        WIDTHS[self.width]
    }

    /// The buckets with samples, in order.
    pub fn all(&self) -> impl Iterator<Item = &Bucket> {
        self.all.iter()
    }

    /// The buckets, to be changed.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Bucket> {
        self.all.iter_mut()
    }

    /// The buckets and their numbers, in order.
    pub fn numbered(&self) -> impl Iterator<Item = (i64, &Bucket)> {
        self.numbers.iter().copied().zip(&self.all)
    }

    /// The numbers of the first and the last bucket; `None` without any.
    pub fn ends(&self) -> Option<(i64, i64)> {
        Some((*self.numbers.first()?, *self.numbers.last()?))
    }

    /// The buckets with these numbers, up to the first gap in them.
    pub fn part(&self, is_kept: impl Fn(i64) -> bool) -> Self {
        let kept = |number: &&i64| is_kept(**number);
        let before = self.numbers.iter().take_while(|number| !kept(number));
        let first = before.count();
        let end = first + self.numbers[first..].iter().take_while(kept).count();
        Buckets {
            width: self.width,
            numbers: self.numbers[first..end].to_vec(),
            all: self.all[first..end].to_vec(),
            ..Buckets::default()
        }
    }

    /// Adds other buckets, whose labels, codes, engines and errors get new numbers.
    pub fn merge(&mut self, other: Buckets, renumbering: &Renumbering) {
        let width = other.width_ms();
        // Only buckets of at least this width contain the whole of another one.
        self.widen_to(width);
        for (number, mut bucket) in other.numbers.into_iter().zip(other.all) {
            // The first bucket may start before i64::MIN, which it contains.
            let start = number.saturating_mul(width);
            // Making room for a bucket may widen all.
            self.at(start);
            bucket.endings = bucket.endings.widened(number, width, self.width_ms());
            self.at(start).merge(&bucket, renumbering);
        }
    }

    /// Checks the times of stored buckets.
    pub fn check(&self) -> Checked<()> {
        let width = WIDTHS.get(self.width).copied().unwrap_or(i64::MAX);
        let numbers = i64::MIN.div_euclid(width)..=i64::MAX.div_euclid(width);
        let are_times = self.width < WIDTHS.len()
            && self.all.len() <= MAX_BUCKETS
            && self.all.len() == self.numbers.len()
            && self.numbers.is_sorted_by(|a, b| a < b)
            && self.numbers.iter().all(|number| numbers.contains(number));
        let mut starts = self.numbered();
        let are_starts = starts.all(|(number, bucket)| match bucket.hits_span.first_start() {
            Some(start) => start.div_euclid(width) == number,
            None => bucket.hits == 0,
        });
        consistency::ensure(are_times && are_starts, "it contains no valid times")
    }

    /// Counts the starts of rows.
    pub fn record_starts(&mut self, run: &Run<'_>) {
        self.at(run.last_start);
        let latest = self.latest;
        let (mut hits, mut span) = (0, HitsSpan::default());
        for row in run.rows {
            if latest.contains(row.time_stamp) {
                hits += 1;
                span.add(row.time_stamp, row.end());
            } else {
                let bucket = self.at(row.time_stamp);
                bucket.hits += 1;
                bucket.hits_span.add(row.time_stamp, row.end());
            }
        }
        let bucket = self.at(run.last_start);
        bucket.hits += hits;
        bucket.hits_span.merge(span);
    }

    /// Returns how many of the first rows end in the same bucket.
    pub fn ends_together(&mut self, rows: &[BatchRow]) -> usize {
        if let Some(row) = rows.first() {
            self.at(row.end());
        }
        let latest = self.latest;
        let is_other = |row: &BatchRow| !latest.contains(row.end());
        rows.iter().position(is_other).unwrap_or(rows.len())
    }

    /// Notes the part of a bucket in which a sample, or the transaction of a controller, ended.
    #[inline(always)]
    pub fn note_end(&mut self, end: i64, is_controller: bool) {
        if !self.latest_part.contains(end) {
            match is_controller {
                true => self.mark_controller(end),
                false => self.mark(end),
            }
        }
    }

    /// Does the same for rows that end in the same bucket.
    pub fn note_ends(&mut self, run: &Run<'_>) {
        self.at(run.last_end);
        let width = self.width_ms();
        let Latest { place, start, .. } = self.latest;
        let offsets = run
            .rows
            .iter()
            .map(|row| row.end().wrapping_sub(start) as u64);
        self.all[place].endings.add_each(offsets, width);
    }

    fn mark_controller(&mut self, end: i64) {
        let width = self.width_ms();
        self.at(end).endings.add_controller(end, width);
    }

    /// Notes the part of a bucket in which a sample ended.
    #[inline(never)]
    fn mark(&mut self, end: i64) {
        let width = self.width_ms();
        self.at(end).endings.add(end, width);
        let part = endings::part_ms(width);
        self.latest_part = LatestPart {
            start: end.wrapping_sub(end.rem_euclid(part)),
            width: part.unsigned_abs(),
        };
    }

    /// The bucket of `time` (epoch ms). Widens all buckets if there would be too many.
    #[inline(always)]
    pub fn at(&mut self, time: i64) -> &mut Bucket {
        let place = match self.latest.contains(time) {
            true => self.latest.place,
            false => self.find(time),
        };
        &mut self.all[place]
    }

    #[inline(never)]
    fn find(&mut self, time: i64) -> usize {
        let number = time.div_euclid(self.width_ms());
        let place = match self.place(number) {
            Ok(place) => place,
            Err(_) => self.make_room(time),
        };
        let width = self.width_ms();
        self.latest = Latest {
            place,
            // Near i64::MIN this wraps around, and so does the comparison.
            start: time.wrapping_sub(time.rem_euclid(width)),
            width: width.unsigned_abs(),
        };
        place
    }

    /// The place of a bucket, or as an error the place to insert it.
    fn place(&self, number: i64) -> Result<usize, usize> {
        // Usually there are no gaps before the last bucket.
        if let Some(&last) = self.numbers.last() {
            let before = last.wrapping_sub(number) as u64;
            let guess = (self.numbers.len() as u64 - 1).checked_sub(before);
            if let Some(guess) = guess
                && self.numbers.get(guess as usize) == Some(&number)
            {
                return Ok(guess as usize);
            }
        }
        self.numbers.binary_search(&number)
    }

    /// Adds the bucket of `time`, and returns its place.
    #[cold]
    fn make_room(&mut self, time: i64) -> usize {
        let number = time.div_euclid(self.width_ms());
        if let Err(place) = self.numbers.binary_search(&number) {
            self.numbers.insert(place, number);
            self.all.insert(place, Bucket::default());
        }
        while self.all.len() > MAX_BUCKETS {
            self.widen();
        }
        let number = time.div_euclid(self.width_ms());
        self.numbers.partition_point(|&other| other < number)
    }

    fn widen_to(&mut self, bucket_ms: i64) {
        while self.width_ms() < bucket_ms {
            self.widen();
        }
    }

    /// Merges neighbours into buckets of the next width.
    pub fn widen(&mut self) {
        let narrow = WIDTHS[self.width];
        self.width += 1;
        let ratio = WIDTHS[self.width] / narrow;
        self.latest = Latest::default();
        self.latest_part = LatestPart::default();
        let numbers = std::mem::take(&mut self.numbers);
        let all = std::mem::take(&mut self.all);
        for (number, mut bucket) in numbers.into_iter().zip(all) {
            bucket.endings = bucket.endings.widened(number, narrow, narrow * ratio);
            let number = number.div_euclid(ratio);
            match self.all.last_mut() {
                Some(last) if self.numbers.last() == Some(&number) => {
                    last.merge(&bucket, &Renumbering::none(&bucket));
                }
                _ => {
                    self.numbers.push(number);
                    self.all.push(bucket);
                }
            }
        }
    }
}
