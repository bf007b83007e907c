//! Each label in slices of time: compact, sparse, and bounded.

use serde::{Deserialize, Serialize};

use super::bucket::FirstFailure;
use super::cell::Cell;
use super::consistency::{self, Checked};
use super::run::{BatchRow, Run};
use crate::jtl::Sample;

/// Width of the narrowest slices, as a power of two of ms: 16 ms.
const MIN_SHIFT: u32 = 4;

/// Width of the widest slices, as a power of two of ms: four of them cover every `i64`.
const MAX_SHIFT: u32 = 62;

/// Slices of the longest run.
const MAX_SLICES: usize = 1_024;

/// A run has at least this many slices, unless it is very short.
const MIN_SLICES: usize = 240;

/// A run with more cells (slices of a label) than this keeps only as many slices as it must.
const MAX_CELLS: usize = 1 << 15;

/// Labels that have slices of their own. If a run has more, its labels share one set of slices.
const MAX_LABELS: usize = 500;

/// What each label did in slices of time. A sample belongs to the slice of its start.
///
/// Slices start at multiples of their width since the epoch. The width is the narrowest power of
/// two of ms that keeps their number within bounds. Only slices with samples count, so a stray time
/// stamp widens nothing. The slices of some of the rows are never wider than those of all rows, so
/// merging is associative and commutative.
#[derive(Debug, Clone)]
pub struct Slices {
    shift: u32,
    are_labels_joined: bool,
    /// By the label's number. Once labels are joined, the first one holds all of them.
    labels: Vec<LabelSlices>,
    /// Numbers of the slices in which any label has samples, ascending.
    occupied: Vec<i64>,
    /// Number of cells.
    cells: usize,
}

/// One label's slices that have samples, ascending by number.
#[derive(Debug, Clone, Default)]
struct LabelSlices {
    numbers: Vec<i64>,
    cells: Vec<Cell>,
    /// The cell found last and the number of its slice, which are usually those of the next sample.
    latest: (usize, i64),
}

impl Default for Slices {
    fn default() -> Self {
        Slices {
            shift: MIN_SHIFT,
            are_labels_joined: false,
            labels: Vec::new(),
            occupied: Vec::new(),
            cells: 0,
        }
    }
}

impl Slices {
    /// Adds a sample of the label with this number.
    #[inline(always)]
    pub fn record(&mut self, sample: &Sample<'_>, label: usize) {
        let label = if self.are_labels_joined { 0 } else { label };
        let number = sample.time_stamp >> self.shift;
        if let Some(of_label) = self.labels.get_mut(label)
            && of_label.latest.1 == number
            && let Some(cell) = of_label.cells.get_mut(of_label.latest.0)
        {
            cell.record(sample);
            return;
        }
        let elapsed = sample.elapsed;
        let each = sample.elapsed_each();
        self.record_elsewhere(
            label,
            sample.time_stamp,
            elapsed,
            (each, sample.success, sample.sample_count),
        );
    }

    /// Adds rows of the label with this number.
    pub fn record_run(&mut self, label: usize, run: &Run<'_>) {
        let mut rest = run.rows;
        while let Some(row) = rest.first() {
            let (label, place) = self.place(label, row.time_stamp);
            let shift = self.shift;
            let number = row.time_stamp >> shift;
            let is_other = |other: &BatchRow| other.time_stamp >> shift != number;
            let count = rest.iter().position(is_other).unwrap_or(rest.len());
            let (rows, behind) = rest.split_at(count);
            self.labels[label].cells[place].record_rows(rows);
            rest = behind;
        }
    }

    /// Takes the fields that it needs one by one, so that they are passed in registers.
    #[inline(never)]
    fn record_elsewhere(
        &mut self,
        label: usize,
        time: i64,
        elapsed: i64,
        (each, success, weight): (i64, bool, u64),
    ) {
        self.cell(label, time).add(elapsed, (each, success, weight));
    }

    /// Adds a failed sample, whose type of error has this number. It has yet to be recorded.
    pub fn record_failure(&mut self, sample: &Sample<'_>, label: usize, error: usize) {
        let label = if self.are_labels_joined { 0 } else { label };
        self.cell(label, sample.time_stamp)
            .add_failure(FirstFailure {
                time: sample.time_stamp,
                position: sample.position,
                error,
            });
    }

    /// Gives types of error new numbers. Several may get the same one.
    pub fn renumber_errors(&mut self, numbers: &[usize]) {
        let cells = self.labels.iter_mut().flat_map(|label| &mut label.cells);
        cells.for_each(|cell| cell.renumber_errors(numbers));
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        let cells = self.labels.iter_mut().flat_map(|label| &mut label.cells);
        cells.for_each(|cell| cell.shift(positions));
    }

    /// The cell of a label for a time (epoch ms), which is added if it is missing.
    fn cell(&mut self, label: usize, time: i64) -> &mut Cell {
        let (label, place) = self.place(label, time);
        &mut self.labels[label].cells[place]
    }

    /// Where the cell of a label for a time (epoch ms) is: the label that holds it, and its place there. It
    /// is added if it is missing, which may widen the slices.
    fn place(&mut self, mut label: usize, time: i64) -> (usize, usize) {
        if label >= MAX_LABELS {
            self.join_labels();
        }
        label = if self.are_labels_joined { 0 } else { label };
        if self.labels.len() <= label {
            self.labels.resize_with(label + 1, LabelSlices::default);
        }
        let mut number = time >> self.shift;
        if self.labels[label].place(number).is_err() {
            if let Err(place) = self.occupied.binary_search(&number) {
                self.occupied.insert(place, number);
            }
            self.cells += 1;
            self.labels[label].insert(number);
            while self.are_too_many() {
                self.widen();
            }
            number = time >> self.shift;
        }
        let of_label = &mut self.labels[label];
        let place = of_label.place(number).unwrap_or_default();
        of_label.latest = (place, number);
        (label, place)
    }

    /// Whether slices have to be widened. This depends only on the samples, and if it is true of
    /// some of them, it is true of all.
    fn are_too_many(&self) -> bool {
        let slices = self.occupied.len();
        let has_many_cells = self.are_labels_joined || self.cells > MAX_CELLS;
        // Widening leaves at least half of them, which is enough.
        slices > MAX_SLICES || (has_many_cells && slices >= 2 * MIN_SLICES)
    }

    /// Merges neighbours into slices of twice the width.
    #[cold]
    fn widen(&mut self) {
        self.shift += 1;
        for number in &mut self.occupied {
            *number >>= 1;
        }
        self.occupied.dedup();
        self.labels.iter_mut().for_each(LabelSlices::widen);
        self.cells = self.labels.iter().map(|label| label.cells.len()).sum();
    }

    /// Joins all labels into one, now and for later samples.
    #[inline(never)]
    fn join_labels(&mut self) {
        if self.are_labels_joined {
            return;
        }
        self.are_labels_joined = true;
        let mut labels = std::mem::take(&mut self.labels).into_iter();
        let mut all = labels.next().unwrap_or_default();
        for label in labels {
            for (&number, cell) in label.numbers.iter().zip(&label.cells) {
                all.at(number).merge(cell);
            }
        }
        self.cells = all.cells.len();
        self.labels = vec![all];
        while self.are_too_many() {
            self.widen();
        }
    }

    /// Adds other slices, whose labels and types of error have these numbers here.
    pub fn merge(&mut self, mut other: Slices, label_numbers: &[usize], error_numbers: &[usize]) {
        other.renumber_errors(error_numbers);
        let are_too_many = label_numbers.iter().any(|&number| number >= MAX_LABELS);
        if are_too_many || self.are_labels_joined || other.are_labels_joined {
            self.join_labels();
            other.join_labels();
        }
        while self.shift < other.shift {
            self.widen();
        }
        while other.shift < self.shift {
            other.widen();
        }
        for (place, label) in other.labels.into_iter().enumerate() {
            let own = match self.are_labels_joined {
                true => 0,
                false => label_numbers.get(place).copied().unwrap_or(place),
            };
            if self.labels.len() <= own {
                self.labels.resize_with(own + 1, LabelSlices::default);
            }
            self.labels[own].merge(label);
        }
        self.cells = self.labels.iter().map(|label| label.cells.len()).sum();
        self.occupied.extend(other.occupied);
        self.occupied.sort_unstable();
        self.occupied.dedup();
        while self.are_too_many() {
            self.widen();
        }
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.cells == 0
    }

    /// Number of samples.
    pub fn samples(&self) -> u64 {
        let cells = self.labels.iter().flat_map(|label| &label.cells);
        cells.map(Cell::samples).sum()
    }

    /// Whether there were too many labels to tell apart.
    pub fn are_labels_joined(&self) -> bool {
        self.are_labels_joined
    }

    /// Width of a slice, ms.
    pub fn width_ms(&self) -> i64 {
        1 << self.shift
    }

    /// Number of labels that have slices of their own.
    pub fn labels(&self) -> usize {
        self.labels.len()
    }

    /// The number and the samples of every slice with samples, ascending. A slice's number is its
    /// start in epoch ms, divided by the width.
    pub fn samples_by_slice(&self) -> Vec<(i64, u64)> {
        let mut slices: Vec<(i64, u64)> = self.occupied.iter().map(|&number| (number, 0)).collect();
        for label in &self.labels {
            let mut place = 0;
            for (&number, cell) in label.numbers.iter().zip(&label.cells) {
                place += slices[place..].partition_point(|slice| slice.0 < number);
                if let Some(slice) = slices.get_mut(place) {
                    slice.1 += cell.samples();
                }
            }
        }
        slices
    }

    /// The slices of a label with their numbers, ascending. If labels are joined, these are the
    /// slices of all labels together.
    pub fn of_label(&self, label: usize) -> impl Iterator<Item = (i64, &Cell)> {
        let label = if self.are_labels_joined { 0 } else { label };
        let of_label = self.labels.get(label).into_iter();
        of_label.flat_map(|label| label.numbers.iter().copied().zip(&label.cells))
    }

    /// Checks stored slices against the number of labels, types of error and samples.
    pub(super) fn check(&self, labels: usize, errors: usize, samples: u64) -> Checked<()> {
        let are_known = self.labels.len() <= if self.are_labels_joined { 1 } else { labels }
            && self.labels.len() <= MAX_LABELS;
        consistency::ensure(are_known, "slices belong to an unknown label")?;
        let numbers = i64::MIN >> self.shift..=i64::MAX >> self.shift;
        for label in &self.labels {
            let are_sorted = label.numbers.is_sorted_by(|a, b| a < b);
            let are_times = label.numbers.iter().all(|number| numbers.contains(number));
            let are_alike = label.numbers.len() == label.cells.len();
            consistency::ensure(
                are_sorted && are_times && are_alike,
                "slices have invalid times",
            )?;
        }
        let mut cells = self.labels.iter().flat_map(|label| {
            let cells = label.numbers.iter().zip(&label.cells);
            cells.filter_map(|(&number, cell)| Some((number, cell.first_failure()?)))
        });
        let are_failures =
            cells.all(|(number, first)| first.error < errors && first.time >> self.shift == number);
        consistency::ensure(are_failures, "a slice has an unknown error")?;
        consistency::ensure(!self.are_too_many(), "it has too many slices")?;
        let cells = self.labels.iter().flat_map(|label| &label.cells);
        let counts = cells.map(Cell::check).collect::<Checked<Vec<u64>>>()?;
        let counted = consistency::total(counts)?;
        consistency::ensure(
            counted == samples || self.is_empty(),
            "it has different samples in slices and by label",
        )
    }
}

impl LabelSlices {
    /// The place of a slice, or as an error the place to insert it.
    fn place(&self, number: i64) -> Result<usize, usize> {
        // Usually there is a cell for every slice around the latest one.
        let from_latest = number.wrapping_sub(self.latest.1);
        let guess = self.latest.0.wrapping_add_signed(from_latest as isize);
        if self.numbers.get(guess) == Some(&number) {
            return Ok(guess);
        }
        match self.numbers.last() {
            Some(&last) if last < number => Err(self.numbers.len()),
            _ => self.numbers.binary_search(&number),
        }
    }

    fn insert(&mut self, number: i64) {
        if let Err(place) = self.place(number) {
            self.numbers.insert(place, number);
            self.cells.insert(place, Cell::default());
            self.latest = (0, self.numbers[0]);
        }
    }

    fn at(&mut self, number: i64) -> &mut Cell {
        self.insert(number);
        let place = self.place(number).unwrap_or_default();
        &mut self.cells[place]
    }

    /// Adds the slices of another label, which are as wide.
    fn merge(&mut self, other: LabelSlices) {
        let LabelSlices { numbers, cells, .. } = std::mem::take(self);
        let mut own = numbers.into_iter().zip(cells).peekable();
        let mut others = other.numbers.into_iter().zip(other.cells).peekable();
        loop {
            let number = match (own.peek(), others.peek()) {
                (Some(own), Some(other)) => own.0.min(other.0),
                (Some(one), None) | (None, Some(one)) => one.0,
                (None, None) => break,
            };
            let is_here = |slice: &(i64, Cell)| slice.0 == number;
            let cell = match (own.next_if(is_here), others.next_if(is_here)) {
                (Some((_, mut cell)), Some((_, other))) => {
                    cell.merge(&other);
                    cell
                }
                (Some((_, cell)), None) | (None, Some((_, cell))) => cell,
                (None, None) => break,
            };
            self.numbers.push(number);
            self.cells.push(cell);
        }
        self.latest = (0, self.numbers.first().copied().unwrap_or_default());
    }

    /// Merges neighbours, in place.
    fn widen(&mut self) {
        let mut kept = 0;
        for place in 0..self.cells.len() {
            let number = self.numbers[place] >> 1;
            if kept > 0 && self.numbers[kept - 1] == number {
                let cell = std::mem::take(&mut self.cells[place]);
                self.cells[kept - 1].merge(&cell);
            } else {
                self.numbers[kept] = number;
                self.cells.swap(kept, place);
                kept += 1;
            }
        }
        self.numbers.truncate(kept);
        self.cells.truncate(kept);
        self.latest = (0, self.numbers.first().copied().unwrap_or_default());
    }
}

/// The stored form of slices.
#[derive(Serialize, Deserialize)]
struct Stored {
    shift: u32,
    are_labels_joined: bool,
    /// For each label the distance of each slice from the one before, and its cell.
    labels: Vec<Vec<(i64, Cell)>>,
}

impl Serialize for Slices {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let labels = self.labels.iter().map(|label| {
            let mut before = 0;
            let cells = label.numbers.iter().zip(&label.cells);
            let cells = cells.map(|(&number, cell)| {
                let step = number.wrapping_sub(before);
                before = number;
                (step, cell.clone())
            });
            cells.collect()
        });
        let stored = Stored {
            shift: self.shift,
            are_labels_joined: self.are_labels_joined,
            labels: labels.collect(),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Slices {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        if !(MIN_SHIFT..=MAX_SHIFT).contains(&stored.shift) {
            return Err(serde::de::Error::custom("slices have an invalid width"));
        }
        let labels = stored.labels.into_iter().map(|cells| {
            let mut number = 0_i64;
            let (numbers, cells) = cells
                .into_iter()
                .map(|(step, cell)| {
                    number = number.wrapping_add(step);
                    (number, cell)
                })
                .unzip();
            let mut label = LabelSlices {
                numbers,
                cells,
                ..LabelSlices::default()
            };
            label.latest.1 = label.numbers.first().copied().unwrap_or_default();
            label
        });
        let labels: Vec<LabelSlices> = labels.collect();
        let numbers = labels
            .iter()
            .flat_map(|label| label.numbers.iter().copied());
        let mut occupied: Vec<i64> = numbers.collect();
        occupied.sort_unstable();
        occupied.dedup();
        Ok(Slices {
            shift: stored.shift,
            are_labels_joined: stored.are_labels_joined,
            cells: labels.iter().map(|label| label.cells.len()).sum(),
            labels,
            occupied,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::sample;

    /// Label, start, elapsed, success.
    type Row = (usize, i64, i64, bool);

    fn of(rows: &[Row]) -> Slices {
        let mut slices = Slices::default();
        for &(label, time_stamp, elapsed, success) in rows {
            let sample = Sample {
                // Settles which failure is first of those at the same time.
                position: elapsed.unsigned_abs(),
                time_stamp,
                elapsed,
                success,
                ..sample()
            };
            if !success {
                slices.record_failure(&sample, label, (elapsed % 2) as usize);
            }
            slices.record(&sample, label);
        }
        slices
    }

    /// Of a slice: start, samples that succeeded and failed, sum of elapsed, time and type of the first
    /// failure.
    type Figures = (i64, u64, u64, i128, Option<(i64, usize)>);

    /// The figures of each label's slices.
    fn cells(slices: &Slices, labels: usize) -> Vec<Vec<Figures>> {
        let labels = if slices.are_labels_joined() {
            1
        } else {
            labels
        };
        let of_label = |label| {
            let cells = slices.of_label(label);
            let cells = cells.map(|(number, cell)| {
                let start = number * slices.width_ms();
                let first = cell.first_failure().map(|first| (first.time, first.error));
                (start, cell.ok(), cell.ko(), cell.elapsed.total(), first)
            });
            cells.collect()
        };
        (0..labels).map(of_label).collect()
    }

    #[test]
    fn samples_are_in_the_slices_of_their_starts() {
        let slices = of(&[(0, 3, 50, true), (1, 40, 7, false), (0, 15, 70, true)]);
        assert_eq!(slices.width_ms(), 16);
        assert_eq!(
            cells(&slices, 2),
            [
                vec![(0, 2, 0, 120, None)],
                vec![(32, 0, 1, 7, Some((40, 1)))]
            ]
        );
        assert_eq!(
            (slices.samples(), slices.samples_by_slice()),
            (3, vec![(0, 2), (2, 1)])
        );
    }

    #[test]
    fn a_run_has_hundreds_of_slices_despite_a_stray_time_stamp() {
        let rows: Vec<Row> = (0..100_000).map(|n| (0, n * 18, 1, true)).collect();
        let slices = of(&rows);
        // 1,800 s in slices of 2.048 s.
        assert_eq!((slices.width_ms(), slices.occupied.len()), (2_048, 879));
        let stray = [&rows[..], &[(0, 1_700_000_000_000, 1, true)]].concat();
        let stray = of(&stray);
        assert_eq!((stray.width_ms(), stray.occupied.len()), (2_048, 880));
    }

    #[test]
    fn many_labels_have_fewer_slices_and_very_many_share_theirs() {
        let of_labels = |labels: usize| {
            let rows: Vec<Row> = (0..labels * 1_000)
                .map(|n| (n % labels, (n / labels) as i64 * 16, 1, true))
                .collect();
            of(&rows)
        };
        let slices = of_labels(100);
        assert_eq!((slices.width_ms(), slices.occupied.len()), (64, 250));
        assert!(!slices.are_labels_joined());
        let slices = of_labels(501);
        assert_eq!((slices.width_ms(), slices.occupied.len()), (64, 250));
        assert!(slices.are_labels_joined());
        assert_eq!(slices.samples(), 501_000);
    }

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let time = prop_oneof![
            8 => 0..40_000_i64,
            1 => 0..4_000_000_i64,
            1 => any::<i64>(),
        ];
        let label = prop_oneof![20 => 0..4_usize, 1 => 490..510_usize];
        proptest::collection::vec((label, time, 0..5_000_i64, any::<bool>()), 0..3_000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_split_and_order_gives_the_same(rows in rows(), chosen in any::<u64>()) {
            let is_left = |place: usize| chosen >> (place % 64) & 1 == 0;
            let left: Vec<Row> = rows.iter().enumerate().filter(|(n, _)| is_left(*n)).map(|(_, r)| *r).collect();
            let right: Vec<Row> = rows.iter().enumerate().filter(|(n, _)| !is_left(*n)).map(|(_, r)| *r).collect();
            // In each part labels have the numbers that they have in all, as far as they occur.
            let identity = |rows: &[Row]| -> Vec<usize> {
                (0..rows.iter().map(|row| row.0 + 1).max().unwrap_or(0)).collect()
            };
            let all = of(&rows);
            let (mut ab, mut ba) = (of(&left), of(&right));
            ab.merge(of(&right), &identity(&right), &[0, 1]);
            ba.merge(of(&left), &identity(&left), &[0, 1]);
            for merged in [&ab, &ba] {
                prop_assert_eq!(merged.width_ms(), all.width_ms());
                prop_assert_eq!(&merged.occupied, &all.occupied);
                prop_assert_eq!(cells(merged, 510), cells(&all, 510));
            }
            prop_assert!(all.occupied.len() <= MAX_SLICES);
            prop_assert_eq!(all.samples(), rows.len() as u64);
            prop_assert_eq!(all.check(510, 2, rows.len() as u64), Ok(()));
            let stored = postcard::to_stdvec(&all).unwrap();
            prop_assert_eq!(&postcard::to_stdvec(&ab).unwrap(), &stored);
            let read: Slices = postcard::from_bytes(&stored).unwrap();
            prop_assert_eq!(cells(&read, 510), cells(&all, 510));
            prop_assert_eq!(read.check(510, 2, rows.len() as u64), Ok(()));
        }
    }
}
