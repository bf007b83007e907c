//! When samples ended within a bucket.

use serde::{Deserialize, Serialize};

/// Parts of a bucket. Every width is a multiple of it, so parts of neighbours merge without remainder,
/// as buckets do.
pub const PARTS: u32 = 50;

/// The parts of a bucket in which samples ended, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endings(u64);

impl Endings {
    /// Adds a sample that ended at `time` (epoch ms), in a bucket of this width.
    pub fn add(&mut self, time: i64, bucket_ms: i64) {
        let part = time.rem_euclid(bucket_ms) / part_ms(bucket_ms);
        self.0 |= 1 << part;
    }

    /// Adds other samples of the same bucket.
    pub fn merge(&mut self, other: Endings) {
        self.0 |= other.0;
    }

    /// Converts the parts of the bucket with this number and width to parts of the wider bucket that
    /// contains it.
    pub fn widened(self, number: i64, bucket_ms: i64, wider_ms: i64) -> Self {
        if bucket_ms == wider_ms {
            return self;
        }
        // The first bucket may start before i64::MIN.
        let (bucket, wider) = (i128::from(bucket_ms), i128::from(wider_ms));
        let start = i128::from(number) * bucket;
        let mut widened = Endings::default();
        for part in (0..PARTS).filter(|&part| self.has(part)) {
            let time = start + i128::from(part) * i128::from(part_ms(bucket_ms));
            let place = time.rem_euclid(wider) / i128::from(part_ms(wider_ms));
            widened.0 |= 1 << place;
        }
        widened
    }

    /// Whether a sample ended in this part.
    pub fn has(self, part: u32) -> bool {
        self.0 >> part & 1 == 1
    }

    /// Whether there are only bits of parts.
    pub(super) fn is_valid(self) -> bool {
        self.0 >> PARTS == 0
    }
}

/// Returns the width of a part, ms.
pub fn part_ms(bucket_ms: i64) -> i64 {
    (bucket_ms / i64::from(PARTS)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(endings: Endings) -> Vec<u32> {
        (0..PARTS).filter(|&part| endings.has(part)).collect()
    }

    #[test]
    fn parts_merge_as_buckets_do() {
        // Buckets of 100 ms have parts of 2 ms, those of 500 ms parts of 10 ms.
        let mut endings = Endings::default();
        for time in [1_205, 1_204, 1_299] {
            endings.add(time, 100);
        }
        assert_eq!(parts(endings), [2, 49]);
        assert_eq!(parts(endings.widened(12, 100, 500)), [20, 29]);
        let at_once = parts(endings.widened(12, 100, 5_000));
        let in_steps = endings.widened(12, 100, 500).widened(2, 500, 5_000);
        assert_eq!((at_once.clone(), at_once), (parts(in_steps), vec![12]));
        // Before 1970.
        let mut early = Endings::default();
        early.add(-1, 100);
        assert_eq!(parts(early), [49]);
        assert_eq!(parts(early.widened(-1, 100, 500)), [49]);
        assert!(early.is_valid() && !Endings(1 << PARTS).is_valid());
    }
}
