//! Records the rows of a file: usual ones in batches, which are counted label by label.
//!
//! A row by itself touches the counters of its label, its slice and its origin, which in a run of many
//! labels are in no cache. In a batch, each label's are touched once.

use super::Aggregate;
use super::row::UsualRow;
use crate::jtl::{Sample, Sink};

/// Rows of the smallest batch: it fits in a core's own cache.
const MIN_BATCH: usize = 1 << 11;

/// Rows of the largest batch, which takes 6 MB with its copy in order of labels.
const MAX_BATCH: usize = 1 << 16;

/// Rows by which a batch grows for each label.
const ROWS_PER_LABEL: usize = 8;

/// Records rows into an [`Aggregate`].
#[derive(Debug, Clone)]
pub struct Recorder {
    aggregate: Aggregate,
    /// Usual rows that are not counted yet, in the order of recording.
    rows: Vec<UsualRow>,
    /// How many rows are counted at once.
    batch: usize,
    /// Position of the first of them.
    position: u64,
    /// The rows of a batch, label by label. Its memory is reused.
    by_label: Vec<UsualRow>,
    /// Of each label, a place in `by_label`.
    places: Vec<u32>,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder {
            aggregate: Aggregate::default(),
            rows: Vec::with_capacity(MIN_BATCH),
            batch: MIN_BATCH,
            position: 0,
            by_label: Vec::new(),
            places: Vec::new(),
        }
    }
}

impl Recorder {
    /// The statistics of all rows.
    pub fn into_aggregate(mut self) -> Aggregate {
        self.count();
        self.aggregate
    }

    /// Adds the rows of another one.
    pub fn merge(&mut self, other: Recorder) {
        self.count();
        self.aggregate.merge(other.into_aggregate());
    }

    /// Keeps a usual row for later.
    #[inline(always)]
    fn keep(&mut self, row: UsualRow, position: u64) {
        if self.rows.is_empty() {
            self.position = position;
        }
        let from_first = position.wrapping_sub(self.position);
        let Ok(offset) = u32::try_from(from_first) else {
            return self.keep_far(row, position);
        };
        self.rows.push(UsualRow { offset, ..row });
        if self.rows.len() >= self.batch {
            self.count();
        }
    }

    /// Keeps a row that is too far from the others, or before them.
    #[cold]
    fn keep_far(&mut self, row: UsualRow, position: u64) {
        self.count();
        self.position = position;
        self.rows.push(row);
    }

    /// Adds a sample that is not usual, or has new texts.
    #[inline(never)]
    fn record_rare(&mut self, sample: &Sample<'_>) {
        // The rows that are kept have numbers.
        if self.aggregate.may_renumber() {
            self.count();
        }
        match self.aggregate.usual_row(sample) {
            Some(row) => self.keep(row, sample.position),
            None => self.aggregate.record(sample),
        }
    }

    /// Counts the rows that are kept.
    #[inline(never)]
    fn count(&mut self) {
        self.aggregate.record_rows(&self.rows);
        let labels = self.aggregate.label_count();
        // Otherwise hardly any label has two of them.
        let is_sorted = labels <= self.rows.len();
        if is_sorted {
            self.sort(labels);
        }
        let rows = if is_sorted { &self.by_label } else { &self.rows };
        for rows in rows.chunk_by(|a, b| a.label == b.label) {
            self.aggregate.record_rows_of_label(rows, self.position);
        }
        self.rows.clear();
        self.batch = (labels * ROWS_PER_LABEL).clamp(MIN_BATCH, MAX_BATCH);
        self.rows.reserve(self.batch);
    }

    /// Sorts the rows that are kept by label. Those of a label stay in their order.
    fn sort(&mut self, labels: usize) {
        // Where the next row of each label goes.
        let places = &mut self.places;
        places.clear();
        places.resize(labels, 0);
        for row in &self.rows {
            places[row.label as usize] += 1;
        }
        let mut start = 0;
        for place in places.iter_mut() {
            (*place, start) = (start, start + *place);
        }
        self.by_label.clone_from(&self.rows);
        for row in &self.rows {
            let place = &mut places[row.label as usize];
            self.by_label[*place as usize] = *row;
            *place += 1;
        }
    }
}

impl Sink for Recorder {
    #[inline(always)]
    fn record(&mut self, sample: &Sample<'_>) {
        match self.aggregate.known_row(sample) {
            Some(row) => self.keep(row, sample.position),
            None => {
                // A copy, so that only this rare case needs the sample in memory.
                let sample = *sample;
                self.record_rare(&sample);
            }
        }
    }
}
