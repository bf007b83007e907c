//! Records the rows of a file: usual ones in batches, in which rows with the same texts are counted
//! together.
//!
//! A row by itself touches the counters of its label, its slice and its origin, which in a run of many
//! labels are in no cache. In a batch, those of a label are touched once, and its sums are added up in
//! registers.
//!
//! If a run has too many labels for slices and origins to tell them apart, the texts that are counted
//! together are those without the label, and each row is added to the figures of its label by itself.

use hashbrown::HashMap;

use super::Aggregate;
use super::aggregate::Numbering;
use super::run::{BatchRow, Run, Texts, is_usual_time};
use crate::jtl::{AT_ONCE, Kind, Sample, Sink, UsualRow, thread_number};

/// Rows of the smallest batch: it fits in a core's own cache.
const MIN_BATCH: usize = 1 << 11;

/// Rows of the largest batch, which takes 5 MB with its sorted copy.
const MAX_BATCH: usize = 1 << 16;

/// Rows by which a batch grows for each of its texts.
const ROWS_PER_TEXTS: usize = 32;

/// Kinds of rows that are remembered for each label: a power of two. Most labels have one for each load
/// generator.
const KINDS: usize = 8;

/// Texts that are numbered. If a run has more, hardly any are in a batch twice.
const MAX_TEXTS: usize = 100_000;

/// Records rows into an [`Aggregate`].
#[derive(Debug, Clone)]
pub struct Recorder {
    aggregate: Aggregate,
    /// Usual rows that are not counted yet, in the order of recording.
    rows: Vec<BatchRow>,
    /// How many rows are counted at once.
    batch: usize,
    /// Position of the first of them.
    position: u64,
    /// The rows of a batch by their texts. Its memory is reused.
    sorted: Vec<BatchRow>,
    /// By the number of texts, a place in `sorted`.
    places: Vec<u32>,
    /// By their number, the texts of rows.
    texts: Vec<Texts>,
    numbers: HashMap<Texts, u32>,
    /// By place, what is known of kinds of rows.
    kinds: Vec<KnownKind>,
    /// By label, the texts of its rows of each kind.
    labels: Vec<[KnownTexts; KINDS]>,
    /// That of all numbers that are known.
    numbering: Numbering,
}

/// What is known of a kind of rows.
#[derive(Debug, Clone, Copy, Default)]
struct KnownKind {
    /// Of the kind; 0 if none is known.
    serial: u32,
    /// Number of the thread group, if its threads have numbers.
    group: Option<u32>,
    /// Number of the texts of its rows, if labels are joined.
    texts: u32,
}

/// The texts of a label's rows of one kind.
#[derive(Debug, Clone, Copy, Default)]
struct KnownTexts {
    /// Of the kind; 0 if none is known.
    serial: u32,
    number: u32,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder {
            aggregate: Aggregate::default(),
            rows: Vec::with_capacity(MIN_BATCH),
            batch: MIN_BATCH,
            position: 0,
            sorted: Vec::new(),
            places: Vec::new(),
            texts: Vec::new(),
            numbers: HashMap::new(),
            kinds: Vec::new(),
            labels: Vec::new(),
            numbering: Numbering::default(),
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
        self.forget();
        self.aggregate.merge(other.into_aggregate());
    }

    /// Keeps a usual row for later.
    #[inline(always)]
    fn keep(&mut self, row: BatchRow, position: u64) {
        if self.rows.is_empty() {
            self.position = position;
        }
        let from_first = position.wrapping_sub(self.position);
        let Ok(offset) = u32::try_from(from_first) else {
            return self.keep_far(row, position);
        };
        self.rows.push(BatchRow { offset, ..row });
        if self.rows.len() >= self.batch {
            self.count();
        }
    }

    /// Keeps a row that is too far from the others, or before them.
    #[cold]
    fn keep_far(&mut self, row: BatchRow, position: u64) {
        self.count();
        self.position = position;
        self.rows.push(row);
    }

    /// Adds a sample, whose texts may be new. Returns the number of its texts, if it is usual.
    fn record_texts(&mut self, sample: &Sample<'_>) -> Option<u32> {
        // The rows that are kept have numbers.
        if self.aggregate.may_renumber() || self.aggregate.numbering() != self.numbering {
            self.count();
            self.follow_numbering();
        }
        let row = BatchRow::of(sample).filter(|_| self.takes_usual_rows());
        match row {
            Some(row) => {
                let (texts, label) = self.aggregate.texts(sample);
                self.follow_numbering();
                let texts = self.number_of(texts);
                let row = BatchRow {
                    texts,
                    label,
                    ..row
                };
                self.keep(row, sample.position);
                Some(texts)
            }
            None => {
                self.aggregate.record(sample);
                self.follow_numbering();
                None
            }
        }
    }

    /// Forgets all numbers of texts if they are given in another way, as soon as no rows are kept that have
    /// such numbers.
    fn follow_numbering(&mut self) {
        let numbering = self.aggregate.numbering();
        if numbering != self.numbering && self.rows.is_empty() {
            self.numbering = numbering;
            self.forget();
        }
    }

    /// Forgets all numbers of texts. No rows are kept.
    fn forget(&mut self) {
        self.texts.clear();
        self.numbers.clear();
        self.kinds.clear();
        self.labels.clear();
    }

    fn number_of(&mut self, texts: Texts) -> u32 {
        let next = self.texts.len() as u32;
        let number = *self.numbers.entry(texts).or_insert(next);
        if number == next {
            self.texts.push(texts);
        }
        number
    }

    /// Remembers the number of the texts of a label's rows of this kind.
    fn remember(&mut self, sample: &Sample<'_>, number: u32, kind: Kind) {
        let place = kind.place as usize;
        if self.kinds.len() <= place {
            self.kinds.resize(place + 1, KnownKind::default());
        }
        if let Some(known) = self.kinds.get_mut(place) {
            *known = KnownKind {
                serial: kind.serial,
                group: thread_number(sample.thread_name).map(|(group, _)| group),
                texts: number,
            };
        }
        let texts = self.texts.get(number as usize);
        let Some(label) = texts.and_then(|texts| texts.label) else {
            return;
        };
        let label = label as usize;
        if self.labels.len() <= label {
            let nothing = [KnownTexts::default(); KINDS];
            self.labels.resize(label + 1, nothing);
        }
        if let Some(known) = self.labels.get_mut(label) {
            known[kind.serial as usize % KINDS] = KnownTexts {
                serial: kind.serial,
                number,
            };
        }
    }

    /// The number of the texts of a row of a known kind and label.
    #[inline(always)]
    fn known_by_label(&self, row: &UsualRow, label: u32) -> Option<u32> {
        let serial = row.kind.serial;
        let known = self.labels.get(label as usize)?[serial as usize % KINDS];
        (known.serial == serial).then_some(known.number)
    }

    /// What is known of the kind of a row, if the row can be kept.
    #[inline(always)]
    fn known_kind(&self, row: &UsualRow) -> Option<KnownKind> {
        let kind = *self.kinds.get(row.kind.place as usize)?;
        (kind.serial == row.kind.serial && is_usual_time(row.time_stamp)).then_some(kind)
    }

    /// Keeps a usual row of a known kind, whose label and texts have these numbers.
    #[inline(always)]
    fn keep_known(&mut self, row: &UsualRow, kind: KnownKind, (label, texts): (u32, u32)) {
        if let Some(group) = kind.group
            && let Some(of_row) = self.texts.get(texts as usize)
        {
            self.aggregate
                .record_thread(of_row.origin, (group, row.thread));
        }
        let kept = BatchRow {
            time_stamp: row.time_stamp,
            elapsed: row.elapsed,
            latency: row.latency,
            connect: row.connect,
            bytes: row.bytes,
            sent_bytes: row.sent_bytes,
            all_threads: row.all_threads,
            offset: 0,
            texts,
            label,
        };
        self.keep(kept, row.position);
    }

    /// Keeps rows up to the first one whose kind or label is not known. Returns how many.
    #[inline(always)]
    fn keep_by_label(&mut self, rows: &[UsualRow], labels: &[&[u8]]) -> usize {
        let mut numbers = [0; AT_ONCE];
        let known = self.aggregate.known_labels(labels, &mut numbers);
        let each = rows.iter().zip(&numbers[..known]);
        for (place, (row, &label)) in each.enumerate() {
            let texts = self.known_by_label(row, label);
            let (Some(texts), Some(kind)) = (texts, self.known_kind(row)) else {
                return place;
            };
            self.keep_known(row, kind, (label, texts));
        }
        known
    }

    /// Does the same if labels are joined. Those that are not known get numbers.
    #[inline(never)]
    fn keep_joined(&mut self, rows: &[UsualRow], labels: &[&[u8]]) -> usize {
        let mut kinds = [KnownKind::default(); AT_ONCE];
        let mut known = 0;
        for (kind, row) in kinds.iter_mut().zip(rows) {
            let Some(of_row) = self.known_kind(row) else {
                break;
            };
            *kind = of_row;
            known += 1;
        }
        let mut numbers = [0; AT_ONCE];
        self.aggregate
            .number_labels(&labels[..known], &mut numbers[..known]);
        for (row, (&label, &kind)) in rows.iter().zip(numbers.iter().zip(&kinds)).take(known) {
            self.keep_known(row, kind, (label, kind.texts));
        }
        known
    }

    /// Counts the rows that are kept.
    #[inline(never)]
    fn count(&mut self) {
        if self.numbering.are_labels_joined {
            for row in &self.rows {
                let position = self.position.saturating_add(u64::from(row.offset));
                let texts = self.texts.get(row.texts as usize);
                let code = texts.map_or(0, |texts| texts.code);
                self.aggregate.record_label(row, position, code);
            }
        }
        // Otherwise hardly any texts have two of them.
        let is_sorted = self.texts.len() <= self.rows.len();
        if is_sorted {
            self.sort();
        }
        let rows = if is_sorted { &self.sorted } else { &self.rows };
        for rows in rows.chunk_by(|a, b| a.texts == b.texts) {
            let texts = rows
                .first()
                .and_then(|row| self.texts.get(row.texts as usize));
            let Some(&texts) = texts else { continue };
            let mut rest = rows;
            while !rest.is_empty() {
                let (rows, behind) = rest.split_at(self.aggregate.ends_together(rest));
                let run = Run::of(rows, self.position);
                self.aggregate.record_run(&run, texts);
                rest = behind;
            }
        }
        self.rows.clear();
        self.batch = (self.texts.len() * ROWS_PER_TEXTS).clamp(MIN_BATCH, MAX_BATCH);
        self.rows.reserve(self.batch);
    }

    /// Sorts the rows that are kept by their texts. Those with the same ones stay in their order.
    fn sort(&mut self) {
        // Where the next row of each goes.
        let places = &mut self.places;
        places.clear();
        places.resize(self.texts.len(), 0);
        for row in &self.rows {
            places[row.texts as usize] += 1;
        }
        let mut start = 0;
        for place in places.iter_mut() {
            (*place, start) = (start, start + *place);
        }
        self.sorted.resize(self.rows.len(), BatchRow::default());
        for row in &self.rows {
            let place = &mut places[row.texts as usize];
            self.sorted[*place as usize] = *row;
            *place += 1;
        }
    }
}

impl Sink for Recorder {
    fn record(&mut self, sample: &Sample<'_>) {
        self.record_texts(sample);
    }

    #[inline(always)]
    fn takes_usual_rows(&self) -> bool {
        self.texts.len() < MAX_TEXTS
    }

    fn record_of_kind(&mut self, sample: &Sample<'_>, kind: Kind) {
        if let Some(number) = self.record_texts(sample) {
            self.remember(sample, number, kind);
        }
    }

    #[inline(always)]
    fn record_usual(&mut self, rows: &[UsualRow], labels: &[&[u8]]) -> usize {
        match self.numbering.are_labels_joined {
            true => self.keep_joined(rows, labels),
            false => self.keep_by_label(rows, labels),
        }
    }
}
