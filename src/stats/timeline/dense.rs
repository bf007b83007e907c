//! A part of a run over time without gaps, as charts need it.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::Timeline;
use super::buckets::MAX_BUCKETS;
use crate::stats::bucket::{self, Bucket};
use crate::stats::label_codes::LabelCodes;

/// A part of a run over time without gaps, in buckets wide enough for that.
#[derive(Debug, Clone, Default)]
pub struct DenseTimeline {
    timeline: Timeline,
}

impl Timeline {
    /// The part with these numbers, without gaps, in buckets wide enough for that.
    pub fn dense(&self, numbers: RangeInclusive<i64>) -> DenseTimeline {
        let mut buckets = self.buckets.part(|number| numbers.contains(&number));
        while let Some((first, last)) = buckets.ends()
            && last.saturating_sub(first) >= MAX_BUCKETS as i64
        {
            buckets.widen();
        }
        let timeline = Timeline {
            buckets,
            are_labels_joined: self.are_labels_joined,
            codes: self.codes.clone(),
            engines: self.engines.clone(),
            // By label, not over time.
            label_codes: LabelCodes::default(),
        };
        DenseTimeline { timeline }
    }
}

impl DenseTimeline {
    /// Labels, codes, engines, and the width of a bucket.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Number of the first bucket.
    fn first(&self) -> i64 {
        self.timeline.buckets.ends().unwrap_or_default().0
    }

    /// Start of the first bucket, epoch ms.
    pub fn start_ms(&self) -> i64 {
        let first = self.first();
        first.saturating_mul(self.timeline.bucket_ms())
    }

    /// All buckets in order; those without samples too.
    pub fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        static EMPTY: LazyLock<Bucket> = LazyLock::new(Bucket::default);
        let mut next = self.first();
        self.timeline.occupied().flat_map(move |(number, bucket)| {
            let missing = number.wrapping_sub(next) as usize;
            next = number.wrapping_add(1);
            std::iter::repeat_n(&*EMPTY, missing).chain([bucket])
        })
    }

    /// Active threads in each bucket: the sum of the mean of each chain of engines, or the mean of all
    /// rows if engines cannot be told apart. `None` if no row has the column.
    pub fn active_threads(&self) -> impl Iterator<Item = Option<f64>> {
        let chains = self.timeline.engine_chains();
        self.buckets()
            .map(move |bucket| bucket.active_threads(chains.as_deref()))
    }

    /// Active threads in each bucket with rows, as in [`active_threads`](Self::active_threads), except
    /// that a chain without rows in a bucket counts with its last number, if it has rows again later:
    /// its threads only wait.
    pub fn threads_up(&self) -> Vec<Option<f64>> {
        let chains = self.timeline.engine_chains();
        let mut buckets: Vec<Vec<Option<f64>>> = self
            .buckets()
            .map(|bucket| bucket.threads_by_chain(chains.as_deref()))
            .collect();
        let has_rows: Vec<bool> = buckets
            .iter()
            .map(|bucket| bucket.iter().any(Option::is_some))
            .collect();
        for chain in 0..buckets.first().map_or(0, Vec::len) {
            let end = buckets.iter().rposition(|bucket| bucket[chain].is_some());
            let mut last = None;
            for bucket in buckets.iter_mut().take(end.map_or(0, |end| end + 1)) {
                last = bucket[chain].or(last);
                bucket[chain] = last;
            }
        }
        let sums = buckets.iter().zip(has_rows).map(|(bucket, has_rows)| {
            let known = bucket.iter().copied().flatten();
            bucket::sum_by_size(known).filter(|_| has_rows)
        });
        sums.collect()
    }
}
