//! Cuts two runs of one plan into the same time slices since their starts, and pairs them.

use serde::Serialize;

use crate::report::{Slice, Slices, joined_slices};

/// Target number of slices: few enough that most random variation is over within one slice, and
/// enough to show how much the runs vary.
const TARGET_SLICES: u64 = 60;

/// Fewest samples of a slice on each side; neighbours are merged until they have them.
const MIN_SAMPLES: u64 = 20;

/// Fewest pairs for a comparison phase by phase.
const MIN_PAIRS: usize = 8;

/// How two runs were paired for a label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Phases {
    /// Number of paired slices.
    pub slices: u64,
    /// Their usual width, ms.
    pub slice_ms: u64,
    /// The standard deviation of the ratio of mean times from slice to slice, as a share.
    pub deviation: Option<f64>,
}

/// The same slice of both runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The baseline's slice.
    pub baseline: Slice,
    /// The candidate's slice.
    pub candidate: Slice,
}

impl Pair {
    /// Returns the weight of the pair: half the harmonic mean of both sides' numbers of samples. This
    /// minimises the variance of the weighted difference if all samples have the same variance.
    pub fn weight(&self) -> f64 {
        let (a, b) = (
            self.baseline.samples() as f64,
            self.candidate.samples() as f64,
        );
        a * b / (a + b)
    }
}

/// The slices that two runs have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommonSlices {
    /// For how long the runs are compared, ms since the start of each.
    pub length_ms: u64,
    /// Width of the slices, ms.
    pub slice_ms: u64,
}

impl CommonSlices {
    /// Chooses slices for two runs that are compared for their first `length_ms`.
    pub fn new(baseline: &Slices, candidate: &Slices, length_ms: u64) -> Self {
        // Both are powers of two.
        let finest = baseline.slice_ms.max(candidate.slice_ms).max(1);
        CommonSlices {
            length_ms,
            slice_ms: length_ms.div_ceil(TARGET_SLICES).div_ceil(finest).max(1) * finest,
        }
    }

    /// Merges the slices of one run to the common width.
    fn slices(&self, of: &Slices, slices: &[Slice]) -> Vec<Slice> {
        let width = of.slice_ms.max(1);
        let last = self.length_ms.div_ceil(width);
        let within = slices.iter().filter(|slice| slice.index < last);
        joined_slices(within.cloned(), self.slice_ms / width)
    }

    /// Pairs a label's slices, merging neighbours until both sides have enough samples. `None` if
    /// there are too few pairs.
    pub fn pairs(
        &self,
        (baseline, of_baseline): (&Slices, &[Slice]),
        (candidate, of_candidate): (&Slices, &[Slice]),
    ) -> Option<Vec<Pair>> {
        let mut baseline = self.slices(baseline, of_baseline).into_iter().peekable();
        let mut candidate = self.slices(candidate, of_candidate).into_iter().peekable();
        let mut pairs: Vec<Pair> = Vec::new();
        let mut open = Pair {
            baseline: Slice::default(),
            candidate: Slice::default(),
        };
        loop {
            let heads = [&mut baseline, &mut candidate].map(|side| side.peek().map(|s| s.index));
            let Some(index) = heads.into_iter().flatten().min() else {
                break;
            };
            if let Some(slice) = baseline.next_if(|slice| slice.index == index) {
                open.baseline.merge(&slice);
            }
            if let Some(slice) = candidate.next_if(|slice| slice.index == index) {
                open.candidate.merge(&slice);
            }
            if open.baseline.samples().min(open.candidate.samples()) >= MIN_SAMPLES {
                pairs.push(std::mem::replace(
                    &mut open,
                    Pair {
                        baseline: Slice::default(),
                        candidate: Slice::default(),
                    },
                ));
            }
        }
        // The rest at the end is merged into the last pair.
        if let Some(last) = pairs.last_mut() {
            last.baseline.merge(&open.baseline);
            last.candidate.merge(&open.candidate);
        }
        (pairs.len() >= MIN_PAIRS).then_some(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Cells;

    fn slice(index: u64, samples: u64) -> Slice {
        Slice {
            index,
            elapsed_sum: samples as i64 * 100,
            ok: vec![(82, samples)],
            ko: Vec::new(),
        }
    }

    fn slices(slice_ms: u64, counts: &[u64]) -> Slices {
        let cells = (0..).zip(counts).filter(|(_, count)| **count > 0);
        Slices {
            slice_ms,
            others: Cells(cells.map(|(index, &count)| slice(index, count)).collect()),
            ..Slices::default()
        }
    }

    fn counts(pairs: &[Pair]) -> Vec<(u64, u64)> {
        let counts = pairs.iter();
        counts
            .map(|pair| (pair.baseline.samples(), pair.candidate.samples()))
            .collect()
    }

    #[test]
    fn slices_of_two_widths_are_paired_by_time() {
        // 640 ms of both: slices of 16 and 32 ms, 30 samples in each 32 ms.
        let (a, b) = (slices(16, &[15; 40]), slices(32, &[30; 25]));
        let common = CommonSlices::new(&a, &b, 640);
        assert_eq!(common.slice_ms, 32);
        let pairs = common.pairs((&a, &a.others.0), (&b, &b.others.0)).unwrap();
        assert_eq!(counts(&pairs), vec![(30, 30); 20]);
    }

    #[test]
    fn neighbours_are_joined_until_there_are_enough_samples() {
        let (a, b) = (slices(16, &[10; 41]), slices(16, &[25; 41]));
        let common = CommonSlices::new(&a, &b, 41 * 16);
        let pairs = common.pairs((&a, &a.others.0), (&b, &b.others.0)).unwrap();
        // Twenty pairs of two slices; the last one takes the slice left over.
        assert_eq!(pairs.len(), 20);
        assert_eq!(counts(&pairs)[0], (20, 50));
        assert_eq!(counts(&pairs)[19], (30, 75));
        // Where a side has nothing, its neighbours' slices are longer.
        let gap = slices(16, &[&[25; 10][..], &[0; 20], &[25; 11]].concat());
        let pairs = common
            .pairs((&b, &b.others.0), (&gap, &gap.others.0))
            .unwrap();
        assert_eq!(pairs.len(), 21);
        assert_eq!(counts(&pairs)[10], (21 * 25, 25));
    }

    #[test]
    fn seven_pairs_are_too_few() {
        let (a, b) = (slices(16, &[20; 8]), slices(16, &[20; 7]));
        let common = |length| CommonSlices::new(&a, &a, length);
        let pairs = |b: &Slices, length| common(length).pairs((&a, &a.others.0), (b, &b.others.0));
        assert_eq!(pairs(&a, 128).unwrap().len(), 8);
        assert!(pairs(&a, 112).is_none());
        assert!(pairs(&b, 128).is_none());
    }
}
