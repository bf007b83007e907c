//! Times in which no sample ended although the run went on.

use super::super::course::Course;
use crate::stats::{PARTS, part_ms};

/// A time between two samples' ends, in whole parts of a bucket: it may be up to two parts longer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// When it begins, epoch ms.
    pub start_ms: i64,
    /// When it ends, epoch ms.
    pub end_ms: i64,
    /// The bucket in which it begins.
    pub first: usize,
    /// The bucket in which the first sample after it ends.
    pub last: usize,
}

impl Silence {
    /// Returns its length, ms.
    pub fn length_ms(&self) -> i64 {
        self.end_ms.saturating_sub(self.start_ms)
    }
}

/// Finds all silences of at least `min_ms` and two parts, in order.
pub fn silences(course: &Course, min_ms: i64) -> Vec<Silence> {
    let part = part_ms(course.bucket_ms);
    let min = min_ms.max(part.saturating_mul(2));
    let mut found = Vec::new();
    // The bucket and the end of the part in which a sample ended last.
    let mut latest: Option<(usize, i64)> = None;
    for (place, moment) in course.moments.iter().enumerate() {
        for number in (0..PARTS).filter(|&number| moment.endings.has(number)) {
            let start = (moment.start_ms).saturating_add(part.saturating_mul(number.into()));
            if let Some((bucket, end)) = latest
                && start.saturating_sub(end) >= min
            {
                let next = course.moments.get(bucket + 1).map(|moment| moment.start_ms);
                found.push(Silence {
                    start_ms: end,
                    end_ms: start,
                    first: bucket + usize::from(next.is_some_and(|next| next <= end)),
                    last: place,
                });
            }
            latest = Some((place, start.saturating_add(part)));
        }
    }
    found
}
