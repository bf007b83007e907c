//! When samples ended within a bucket.

use serde::{Deserialize, Serialize};

/// Parts of a bucket. Every width is a multiple of it, so parts of neighbours merge without remainder,
/// as buckets do.
pub const PARTS: u32 = 50;

/// The parts of a bucket in which samples ended, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endings {
    samplers: u64,
    /// Those of transaction controllers in parts in which no sampler's ended.
    controllers: u64,
}

impl Endings {
    /// Adds a sample that ended at `time` (epoch ms), in a bucket of this width.
    pub fn add(&mut self, time: i64, bucket_ms: i64) {
        let part = time.rem_euclid(bucket_ms) / part_ms(bucket_ms);
        self.samplers |= 1 << part;
        self.controllers &= !self.samplers;
    }

    /// Adds samples that ended these ms after the start of a bucket of this width.
    #[inline(always)]
    pub fn add_each(&mut self, offsets: impl Iterator<Item = u64>, bucket_ms: i64) {
        let part = part_ms(bucket_ms).unsigned_abs();
        self.samplers |= offsets.fold(0, |parts, offset| parts | 1 << (offset / part));
        self.controllers &= !self.samplers;
    }

    /// Adds a transaction that ended at `time` (epoch ms) as its row tells, in a bucket of this width.
    pub fn add_controller(&mut self, time: i64, bucket_ms: i64) {
        let part = time.rem_euclid(bucket_ms) / part_ms(bucket_ms);
        self.controllers |= 1 << part;
        self.controllers &= !self.samplers;
    }

    /// Adds other samples of the same bucket.
    pub fn merge(&mut self, other: Endings) {
        self.samplers |= other.samplers;
        self.controllers = (self.controllers | other.controllers) & !self.samplers;
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
        let widened = |bits: u64| {
            let parts = (0..PARTS).filter(|part| bits >> part & 1 == 1);
            parts.fold(0_u64, |wide, part| {
                let time = start + i128::from(part) * i128::from(part_ms(bucket_ms));
                wide | 1 << (time.rem_euclid(wider) / i128::from(part_ms(wider_ms)))
            })
        };
        let samplers = widened(self.samplers);
        Endings {
            samplers,
            controllers: widened(self.controllers) & !samplers,
        }
    }

    /// Whether a sample of a sampler ended.
    pub fn has_samplers(self) -> bool {
        self.samplers != 0
    }

    /// Returns those of transaction controllers as if samplers had written their rows.
    pub fn of_controllers(self) -> Self {
        Endings {
            samplers: self.controllers,
            controllers: 0,
        }
    }

    /// Whether a sample of a sampler ended in this part.
    pub fn has(self, part: u32) -> bool {
        self.samplers >> part & 1 == 1
    }

    /// Whether there are only bits of parts, each once.
    pub(super) fn is_valid(self) -> bool {
        (self.samplers | self.controllers) >> PARTS == 0 && self.samplers & self.controllers == 0
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
        let mut at_once = Endings::default();
        at_once.add_each([5, 4, 99].into_iter(), 100);
        assert_eq!(at_once, endings);
        assert_eq!(parts(endings.widened(12, 100, 500)), [20, 29]);
        let at_once = parts(endings.widened(12, 100, 5_000));
        let in_steps = endings.widened(12, 100, 500).widened(2, 500, 5_000);
        assert_eq!((at_once.clone(), at_once), (parts(in_steps), vec![12]));
        // Before 1970.
        let mut early = Endings::default();
        early.add(-1, 100);
        assert_eq!(parts(early), [49]);
        assert_eq!(parts(early.widened(-1, 100, 500)), [49]);
        let beyond = Endings {
            samplers: 1 << PARTS,
            controllers: 0,
        };
        assert!(early.is_valid() && !beyond.is_valid());
    }

    #[test]
    fn controllers_are_apart_in_any_order() {
        let rows = [(1_205, true), (1_204, false), (1_299, true), (1_231, true)];
        let of = |rows: &mut dyn Iterator<Item = &(i64, bool)>| {
            let mut endings = Endings::default();
            for &(time, is_controller) in rows {
                match is_controller {
                    true => endings.add_controller(time, 100),
                    false => endings.add(time, 100),
                }
            }
            endings
        };
        let all = of(&mut rows.iter());
        assert_eq!((all, parts(all)), (of(&mut rows.iter().rev()), vec![2]));
        assert_eq!(parts(all.of_controllers()), [15, 49]);
        let mut merged = of(&mut rows[2..].iter());
        merged.merge(of(&mut rows[..2].iter()));
        assert_eq!(merged, all);
        // In a wider part, 1,231 is with 1,204.
        let wide = all.widened(12, 100, 5_000);
        assert_eq!(parts(wide.of_controllers()), [0; 0]);
        assert!(
            all.is_valid()
                && all.has_samplers()
                && !all.of_controllers().of_controllers().has_samplers()
        );
    }
}
