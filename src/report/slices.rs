//! The run by label and slice: its data model, and how it is built from an aggregate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Window;
use super::slice::{Slice, joined};
use super::slices_text::Cells;
use crate::stats::{Aggregate, Cell, Label};
use crate::text;

/// Slices are merged to save space only as long as at least this many remain.
const MIN_SLICES: u64 = 240;

/// Largest size of all slices together before compression, in bytes. As text this takes at most a
/// third more: 3 MB.
const MAX_BYTES: usize = 2_200_000;

/// Samples with time stamps far from all others count as stray only if they are at most this share of
/// all samples.
const MAX_STRAY: f64 = 0.01;

/// The elapsed times of each label in each slice of the run. A sample belongs to the slice in which it
/// starts. Samples with stray time stamps, far from all others, are in no slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Slices {
    /// Start of the first slice, epoch ms: at most one slice before the first sample.
    pub start_ms: i64,
    /// Width of a slice, ms: a power of two.
    pub slice_ms: u64,
    /// The labels of the report, or the busiest of them, in the report's order; empty if the run has
    /// too many labels to keep slices for each.
    pub labels: Vec<LabelSlices>,
    /// All other labels together.
    pub others: Cells,
}

/// The slices of one label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LabelSlices {
    /// The label.
    pub label: String,
    /// Its slices, without those that have no samples.
    pub cells: Cells,
}

impl Slices {
    /// Builds the slices of a run. `shown` are the labels of the report. `None` if the aggregate has no
    /// slices, for example because it comes from an old summary file.
    pub(super) fn new(
        aggregate: &Aggregate,
        shown: &[Label<'_>],
        window: Option<Window>,
    ) -> Option<Self> {
        let slices = aggregate.slices()?;
        let window = window?;
        let within = |&(number, _): &(i64, u64)| {
            let start = number.saturating_mul(slices.width_ms());
            start <= window.end_ms.max(window.start_ms)
                && start.saturating_add(slices.width_ms()) > window.start_ms
        };
        let mut in_run = slices.samples_by_slice();
        in_run.retain(within);
        let (first, last) = core(&in_run)?;
        let to_slices = |cells: &mut dyn Iterator<Item = (i64, &Cell)>| -> Vec<Slice> {
            let cells = cells.filter(|(number, _)| (first..=last).contains(number));
            cells
                .map(|(number, cell)| Slice::of(number.wrapping_sub(first) as u64, cell))
                .collect()
        };
        let of_label = |number: usize| to_slices(&mut slices.of_label(number));
        let mut found = Slices {
            start_ms: first * slices.width_ms(),
            slice_ms: slices.width_ms().unsigned_abs(),
            ..Slices::default()
        };
        if slices.are_labels_joined() {
            found.others = Cells(of_label(0));
        } else {
            let labels = shown.iter().map(|label| LabelSlices {
                label: text::of(label.name).into_owned(),
                cells: Cells(of_label(label.number)),
            });
            found.labels = labels.collect();
            let is_shown = |number| shown.iter().any(|label| label.number == number);
            let mut others: BTreeMap<i64, Cell> = BTreeMap::new();
            for number in (0..slices.labels()).filter(|&number| !is_shown(number)) {
                for (number, cell) in slices.of_label(number) {
                    others.entry(number).or_default().merge(cell);
                }
            }
            found.others = Cells(to_slices(
                &mut others.iter().map(|(&number, cell)| (number, cell)),
            ));
        }
        if found.widen(last.wrapping_sub(first) as u64 + 1) > MAX_BYTES {
            found.leave_out();
        }
        Some(found)
    }

    /// Merges neighbouring slices until all fit into [`MAX_BYTES`] or [`MIN_SLICES`] is reached. Returns
    /// their size in bytes.
    fn widen(&mut self, mut length: u64) -> usize {
        let mut bytes = self.bytes();
        while bytes > MAX_BYTES && length >= 2 * MIN_SLICES {
            length /= 2;
            self.slice_ms *= 2;
            let labels = self.labels.iter_mut().map(|of| &mut of.cells);
            for cells in labels.chain([&mut self.others]) {
                *cells = Cells(joined(std::mem::take(&mut cells.0), 2));
            }
            bytes = self.bytes();
        }
        bytes
    }

    /// Moves the labels with the fewest samples to the others until all fit into [`MAX_BYTES`].
    fn leave_out(&mut self) {
        let samples = |of: &LabelSlices| of.cells.0.iter().map(Slice::samples).sum::<u64>();
        let mut busiest: Vec<usize> = (0..self.labels.len()).collect();
        busiest.sort_by_key(|&place| std::cmp::Reverse(samples(&self.labels[place])));
        let mut bytes = self.others.bytes();
        let fitting = busiest.iter().take_while(|&&place| {
            bytes += self.labels[place].cells.bytes();
            bytes <= MAX_BYTES
        });
        let left_out = busiest[fitting.count()..].to_vec();
        if left_out.is_empty() {
            return;
        }
        let mut others = std::mem::take(&mut self.others.0);
        let labels = std::mem::take(&mut self.labels).into_iter().enumerate();
        for (place, of_label) in labels {
            match left_out.contains(&place) {
                true => others.extend(of_label.cells.0),
                false => self.labels.push(of_label),
            }
        }
        self.others = Cells(joined(others, 1));
    }

    /// Returns the size of all slices before compression, in bytes.
    fn bytes(&self) -> usize {
        let labels = self.labels.iter().map(|of| of.cells.bytes());
        labels.sum::<usize>() + self.others.bytes()
    }

    /// Returns the slices of a label; `None` if it is not kept separately.
    pub fn of_label(&self, label: &str) -> Option<&[Slice]> {
        let of_label = self.labels.iter().find(|of| of.label == label);
        of_label.map(|of| &*of.cells.0)
    }

    /// Returns the slices of all labels together.
    pub fn total(&self) -> Vec<Slice> {
        let labels = self.labels.iter().flat_map(|of| &of.cells.0);
        joined(labels.chain(&self.others.0).cloned(), 1)
    }
}

/// Returns the first and the last slice of the run without stray samples, given the number of samples
/// of each slice. The samples on one side of a gap are stray if the gap is longer than the whole other
/// side and they are very few.
fn core(slices: &[(i64, u64)]) -> Option<(i64, i64)> {
    let all: u64 = slices.iter().map(|(_, samples)| samples).sum();
    let mut stray = 0;
    let mut core = slices;
    let length = |part: &[(i64, u64)]| match part {
        [first, .., last] => last.0.wrapping_sub(first.0) as u64,
        _ => 0,
    };
    let samples = |part: &[(i64, u64)]| part.iter().map(|(_, samples)| samples).sum::<u64>();
    let is_stray =
        |few: &[(i64, u64)], stray: u64| (stray + samples(few)) as f64 <= all as f64 * MAX_STRAY;
    while let Some(at) = (1..core.len()).find(|&at| {
        let (before, after) = core.split_at(at);
        let gap = length(&core[at - 1..=at]);
        gap > 1
            && (gap > length(after) && is_stray(before, stray)
                || gap > length(before) && is_stray(after, stray))
    }) {
        let (before, after) = core.split_at(at);
        let (few, rest) = match samples(before) < samples(after) {
            true => (before, after),
            false => (after, before),
        };
        stray += samples(few);
        core = rest;
    }
    Some((core.first()?.0, core.last()?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_stamps_are_in_no_slice() {
        let run: Vec<(i64, u64)> = (1_000..1_100).map(|number| (number, 10)).collect();
        let with = |stray: &[(i64, u64)]| {
            let mut slices = [&run[..], stray].concat();
            slices.sort_unstable();
            core(&slices)
        };
        assert_eq!(core(&[]), None);
        assert_eq!(with(&[]), Some((1_000, 1_099)));
        assert_eq!(with(&[(0, 1), (300, 1), (600, 1)]), Some((1_000, 1_099)));
        assert_eq!(with(&[(0, 1), (5_000, 2)]), Some((1_000, 1_099)));
        // Near the run, or too many to be stray.
        assert_eq!(with(&[(950, 1)]), Some((950, 1_099)));
        assert_eq!(with(&[(0, 20)]), Some((0, 1_099)));
    }
}
