//! What each label did in slices of time since the start of the run: the model and how it is built.

use serde::{Deserialize, Serialize};

use super::slices_text::Cells;
use crate::stats::{Aggregate, Cell, Label};

/// Slices that a run keeps at least when they are joined to save room.
const MIN_SLICES: u64 = 240;

/// Bytes that all slices together take at most before they are compressed. Their text then takes a
/// third more at worst: 3 MB.
const MAX_BYTES: usize = 2_200_000;

/// The largest share of samples that time stamps far from all others may have to be taken for
/// stray ones.
const MAX_STRAY: f64 = 0.01;

/// What each label did in slices of time since the start of the run. A sample belongs to the slice
/// of its start. Samples with stray time stamps, far from all others, are in no slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Slices {
    /// Start of the first slice, epoch ms: at most one slice before the first sample.
    pub start_ms: i64,
    /// Width of a slice, ms: a power of two.
    pub slice_ms: u64,
    /// The labels of the report, or the busiest of them, in its order; empty if the run has too
    /// many to tell apart over time.
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
    /// Its slices that have samples.
    pub cells: Cells,
}

/// What was done in one slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// Its number, counted from 0 at [`Slices::start_ms`].
    pub index: u64,
    /// Sum of elapsed, ms.
    pub elapsed_sum: i64,
    /// Elapsed of the successful samples: steps (see [`CompactHistogram::range`](crate::stats::CompactHistogram::range)) and how many
    /// samples are in each, ascending.
    pub ok: Vec<(u16, u64)>,
    /// Elapsed of the failed samples, likewise.
    pub ko: Vec<(u16, u64)>,
}

impl Slice {
    /// Number of samples.
    pub fn samples(&self) -> u64 {
        count(&self.ok) + self.failures()
    }

    /// Number of failed samples.
    pub fn failures(&self) -> u64 {
        count(&self.ko)
    }

    /// Elapsed of all samples.
    pub fn elapsed(&self) -> Vec<(u16, u64)> {
        merged(&self.ok, &self.ko)
    }

    /// Adds what was done in another slice; the number stays.
    pub fn merge(&mut self, other: &Slice) {
        self.elapsed_sum = self.elapsed_sum.saturating_add(other.elapsed_sum);
        self.ok = merged(&self.ok, &other.ok);
        self.ko = merged(&self.ko, &other.ko);
    }

    /// The slice with this number, from what an aggregate knows of it.
    pub fn of(index: u64, cell: &Cell) -> Self {
        let failures = cell.failures.as_ref();
        let sum = cell.elapsed.total();
        Slice {
            index,
            elapsed_sum: i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX }),
            ok: cell.successes.steps(),
            ko: failures.map(|ko| ko.steps()).unwrap_or_default(),
        }
    }
}

fn count(steps: &[(u16, u64)]) -> u64 {
    steps.iter().map(|(_, count)| count).sum()
}

fn merged(a: &[(u16, u64)], b: &[(u16, u64)]) -> Vec<(u16, u64)> {
    if a.is_empty() || b.is_empty() {
        return [a, b].concat();
    }
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    let mut all = Vec::new();
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x.0 == y.0 => {
                let sum = (x.0, x.1.saturating_add(y.1));
                a.next();
                b.next();
                sum
            }
            (Some(x), Some(y)) if x.0 > y.0 => {
                let next = *y;
                b.next();
                next
            }
            (Some(x), _) => {
                let next = *x;
                a.next();
                next
            }
            (None, Some(y)) => {
                let next = *y;
                b.next();
                next
            }
            (None, None) => return all,
        };
        all.push(next);
    }
}

/// Joins each `by` slices to one, and puts the same slices of several labels together.
pub fn joined(slices: impl IntoIterator<Item = Slice>, by: u64) -> Vec<Slice> {
    let mut slices: Vec<Slice> = slices.into_iter().collect();
    for slice in &mut slices {
        slice.index /= by;
    }
    slices.sort_by_key(|slice| slice.index);
    let mut all: Vec<Slice> = Vec::new();
    for slice in slices {
        match all.last_mut() {
            Some(last) if last.index == slice.index => last.merge(&slice),
            _ => all.push(slice),
        }
    }
    all
}

impl Slices {
    /// The slices of a run, of which `shown` are the labels of the report; `None` if the aggregate
    /// has none, as one of an old summary.
    pub(super) fn new(aggregate: &Aggregate, shown: &[Label<'_>]) -> Option<Self> {
        let slices = aggregate.slices()?;
        let (first, last) = core(&slices.samples_by_slice())?;
        let of_label = |number: usize| -> Vec<Slice> {
            let cells = slices.of_label(number);
            let cells = cells.filter(|(number, _)| (first..=last).contains(number));
            cells
                .map(|(number, cell)| Slice::of(number.wrapping_sub(first) as u64, cell))
                .collect()
        };
        let mut found = Slices {
            start_ms: first * slices.width_ms(),
            slice_ms: slices.width_ms().unsigned_abs(),
            ..Slices::default()
        };
        if slices.are_labels_joined() {
            found.others = Cells(of_label(0));
        } else {
            let labels = shown.iter().map(|label| LabelSlices {
                label: String::from_utf8_lossy(label.name).into_owned(),
                cells: Cells(of_label(label.number)),
            });
            found.labels = labels.collect();
            let is_shown = |number| shown.iter().any(|label| label.number == number);
            let others = (0..slices.labels()).filter(|&number| !is_shown(number));
            found.others = Cells(joined(others.flat_map(of_label), 1));
        }
        found.widen(last.wrapping_sub(first) as u64 + 1);
        found.leave_out();
        Some(found)
    }

    /// Joins slices until all fit, or there are as few of them as there may be.
    fn widen(&mut self, mut length: u64) {
        while self.bytes() > MAX_BYTES && length >= 2 * MIN_SLICES {
            length /= 2;
            self.slice_ms *= 2;
            let labels = self.labels.iter_mut().map(|of| &mut of.cells);
            for cells in labels.chain([&mut self.others]) {
                *cells = Cells(joined(std::mem::take(&mut cells.0), 2));
            }
        }
    }

    /// Counts the labels with the fewest samples among the others until all fit.
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

    /// Bytes that the slices take before they are compressed.
    fn bytes(&self) -> usize {
        let labels = self.labels.iter().map(|of| of.cells.bytes());
        labels.sum::<usize>() + self.others.bytes()
    }

    /// The slices of a label, if it has its own.
    pub fn of_label(&self, label: &str) -> Option<&[Slice]> {
        let of_label = self.labels.iter().find(|of| of.label == label);
        of_label.map(|of| &*of.cells.0)
    }

    /// The slices of all labels together.
    pub fn total(&self) -> Vec<Slice> {
        let labels = self.labels.iter().flat_map(|of| &of.cells.0);
        joined(labels.chain(&self.others.0).cloned(), 1)
    }
}

/// The first and last slice of the run proper, of slices by number. What a gap separates is stray
/// if the gap is longer than all that lies on its other side, and holds very few of the samples.
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

    fn slice(index: u64, elapsed_sum: i64, ok: &[(u16, u64)]) -> Slice {
        Slice {
            index,
            elapsed_sum,
            ok: ok.to_vec(),
            ko: Vec::new(),
        }
    }

    #[test]
    fn slices_join_by_their_numbers() {
        let slices = [
            slice(1, 10, &[(4, 1), (6, 1)]),
            slice(4, 7, &[(7, 1)]),
            slice(0, 9, &[(4, 1), (5, 1)]),
        ];
        assert_eq!(
            joined(slices, 2),
            [
                slice(0, 19, &[(4, 2), (5, 1), (6, 1)]),
                slice(2, 7, &[(7, 1)])
            ]
        );
    }

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
