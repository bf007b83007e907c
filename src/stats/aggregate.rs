//! The aggregate of a run: everything that the report needs, by label and over time.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::controllers::{ControllerStats, Controllers};
use super::errors::{ErrorStats, ErrorTable};
use super::interner::Interner;
use super::label::{LabelStats, merge_all};
use super::label_errors::LabelErrors;
use super::origins::{Detail, Origins};
use super::periods::Periods;
use super::run::{BatchRow, Run, Texts};
use super::slices::Slices;
use super::timeline::Timeline;
use crate::jtl::{Sample, Sink};

/// The statistics of a run, or of a part of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Aggregate {
    labels: Interner,
    /// By label, of the rows that samplers wrote.
    stats: Vec<LabelStats>,
    controllers: Controllers,
    errors: ErrorTable,
    label_errors: LabelErrors,
    origins: Origins,
    timeline: Timeline,
    slices: Slices,
    periods: Periods,
}

/// How numbers are given to texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbering {
    /// By what origins are told apart.
    pub origins: Detail,
    /// Whether response codes are told apart by class only.
    pub has_code_classes: bool,
    /// Whether the run has too many labels for slices and origins to tell them apart.
    pub are_labels_joined: bool,
}

/// A label and the statistics of its rows: those of samplers and those of transaction controllers.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its number, for [`Aggregate::errors_of`].
    pub number: usize,
    /// Statistics of the rows that samplers wrote.
    pub samplers: &'a LabelStats,
    /// Statistics of the rows that transaction controllers wrote, if there are any.
    pub controllers: Option<&'a ControllerStats>,
}

impl<'a> Label<'a> {
    /// Position of its first row.
    fn first_position(&self) -> u64 {
        let controllers = self.controllers.into_iter();
        controllers
            .flat_map(|rows| [rows.full.first_position, rows.empty.first_position])
            .fold(self.samplers.first_position, u64::min)
    }

    /// Number of its samples.
    pub fn samples(&self) -> u64 {
        let controllers = self.controllers.map_or(0, |controllers| {
            controllers.full.samples + controllers.empty.samples
        });
        self.samplers.samples + controllers
    }

    /// Statistics of all its rows.
    pub fn all(&self) -> Cow<'a, LabelStats> {
        let mut all = self.counted_by_dashboard();
        if let Some(controllers) = self.controllers {
            all.to_mut().merge(&controllers.empty);
        }
        all
    }

    /// Statistics of its rows as JMeter's dashboard counts them: without those of empty transaction
    /// controllers.
    pub fn counted_by_dashboard(&self) -> Cow<'a, LabelStats> {
        let mut counted = Cow::Borrowed(self.samplers);
        if let Some(controllers) = self.controllers {
            counted.to_mut().merge(&controllers.full);
        }
        counted
    }
}

impl Aggregate {
    /// Adds a sample.
    pub fn record(&mut self, sample: &Sample<'_>) {
        let label = self.label(sample.label);
        if sample.is_controller() {
            self.controllers.record(label, sample);
            self.timeline.record(sample, label);
        } else {
            // Before the label has the row too.
            let (origin, engine) = self.origin(sample, label);
            self.origins.record(origin, sample);
            if let Some(stats) = self.stats.get_mut(label) {
                stats.record(sample);
            }
            if !sample.success {
                self.record_failure(label, origin, sample);
            }
            self.timeline.record_of_engine(sample, label, engine);
        }
        self.slices.record(sample, label);
        self.periods.record(sample);
    }

    /// The number of a label.
    #[inline(always)]
    pub(super) fn label(&mut self, name: &[u8]) -> usize {
        let label = self.labels.number(name);
        if label == self.stats.len() {
            self.stats.push(LabelStats::default());
        }
        label
    }

    /// Gives each label its number, up to the first one that is not known. Returns how many there are.
    #[inline(always)]
    pub(super) fn known_labels(&mut self, labels: &[&[u8]], numbers: &mut [u32]) -> usize {
        self.labels.known_each(labels, numbers)
    }

    /// Gives each label its number. Rows of all of them have to follow.
    #[inline(always)]
    pub(super) fn number_labels(&mut self, labels: &[&[u8]], numbers: &mut [u32]) {
        self.labels.number_each(labels, numbers);
        self.stats
            .resize_with(self.labels.len(), LabelStats::default);
    }

    /// The place of the origin of a sample with this label, and the number of its engine.
    fn origin(&mut self, sample: &Sample<'_>, label: usize) -> (usize, usize) {
        match self.origins.find(sample, label) {
            Some((place, engine)) => {
                self.timeline.note_engine(engine, sample);
                (place as usize, usize::from(engine.number))
            }
            None => {
                let engine = self.timeline.engine(sample);
                let place = self.origins.look_up(sample, engine, label, &self.stats);
                (place, engine)
            }
        }
    }

    /// What the texts of a usual sample are, as numbers, and the number of its label.
    pub(super) fn texts(&mut self, sample: &Sample<'_>) -> (Texts, u32) {
        let label = self.label(sample.label);
        let (origin, engine) = self.origin(sample, label);
        let code = self.timeline.code(sample.response_code);
        let texts = Texts {
            label: (!self.are_labels_joined()).then_some(label as u32),
            origin: origin as u32,
            code: code as u16,
            engine: engine as u16,
        };
        (texts, label as u32)
    }

    /// Whether nothing but the figures of labels tells them apart.
    fn are_labels_joined(&self) -> bool {
        self.timeline.are_labels_joined()
            && self.slices.are_labels_joined()
            && self.origins.detail() != Detail::Label
    }

    /// Whether a new text may change the numbers of those that are known.
    pub(super) fn may_renumber(&self) -> bool {
        self.origins.is_full() || self.timeline.is_full_of_codes()
    }

    /// How numbers are given to texts: if this changes, so do the numbers.
    pub(super) fn numbering(&self) -> Numbering {
        Numbering {
            origins: self.origins.detail(),
            has_code_classes: self.timeline.has_code_classes(),
            are_labels_joined: self.are_labels_joined(),
        }
    }

    /// Notes the number of a thread, and of its group, of the origin at this place.
    #[inline(always)]
    pub(super) fn record_thread(&mut self, origin: u32, numbers: (u32, u32)) {
        self.origins.record_thread(origin as usize, numbers);
    }

    /// Returns how many of the first rows end in the same bucket of the timeline.
    pub(super) fn ends_together(&mut self, rows: &[BatchRow]) -> usize {
        self.timeline.ends_together(rows)
    }

    /// Adds rows with these texts. If the label is not among them, [`Aggregate::record_label`] adds each
    /// row to its own.
    pub(super) fn record_run(&mut self, run: &Run<'_>, texts: Texts) {
        let label = texts.label.unwrap_or(0) as usize;
        if texts.label.is_some() {
            if let Some(stats) = self.stats.get_mut(label) {
                stats.record_run(run);
            }
            self.timeline
                .record_code(label, usize::from(texts.code), run.count());
        }
        self.origins.record_run(texts.origin as usize, run);
        self.timeline.record_run(run, texts);
        self.slices.record_run(label, run);
        self.periods.record_run(run);
    }

    /// Adds a row at this position, whose response code has this number, to the figures of its label.
    #[inline(always)]
    pub(super) fn record_label(&mut self, row: &BatchRow, position: u64, code: u16) {
        let label = row.label as usize;
        if let Some(stats) = self.stats.get_mut(label) {
            stats.record_row(row, position);
        }
        self.timeline.record_code(label, usize::from(code), 1);
    }

    #[inline(never)]
    fn record_failure(&mut self, label: usize, origin: usize, sample: &Sample<'_>) {
        let error = self.errors.record(sample);
        self.label_errors.add(label, error, ErrorStats::of(sample));
        self.origins.record_failure(origin, sample, error);
        self.timeline.record_failure(sample, error);
        self.slices.record_failure(sample, label, error);
        while self.errors.is_too_large() {
            self.coarsen_errors();
        }
    }

    #[cold]
    fn coarsen_errors(&mut self) {
        let numbers = self.errors.coarsen();
        self.label_errors.renumber_errors(&numbers);
        self.origins.renumber_errors(&numbers);
        self.timeline.renumber_errors(&numbers);
        self.slices.renumber_errors(&numbers);
    }

    /// Adds another aggregate. Merging is associative and commutative; an empty aggregate changes
    /// nothing.
    pub fn merge(&mut self, other: Aggregate) {
        let numbers = self.labels.merge(&other.labels);
        while self.errors.detail() < other.errors.detail() {
            self.coarsen_errors();
        }
        let error_numbers = self.errors.merge(&other.errors);
        self.origins.merge(
            other.origins,
            [&numbers, &error_numbers],
            &self.stats,
            &other.stats,
        );
        self.stats
            .resize_with(self.labels.len(), LabelStats::default);
        merge_all(&mut self.stats, &numbers, &other.stats);
        self.origins.bound(&self.stats);
        self.controllers.merge(&other.controllers, &numbers);
        self.label_errors
            .merge(&other.label_errors, &numbers, &error_numbers);
        self.timeline
            .merge(other.timeline, &numbers, &error_numbers);
        self.slices.merge(other.slices, &numbers, &error_numbers);
        self.periods.merge(&other.periods);
        while self.errors.is_too_large() {
            self.coarsen_errors();
        }
    }

    /// Offsets row and input numbers, to merge it behind an aggregate that already covers `inputs`
    /// inputs with `positions` bytes.
    pub fn shift(&mut self, positions: u64, inputs: u32) {
        for stats in &mut self.stats {
            stats.shift(positions);
        }
        self.controllers.shift(positions);
        self.errors.shift(positions);
        self.label_errors.shift(positions);
        self.origins.shift(positions, inputs);
        self.timeline.shift(positions, inputs);
        self.slices.shift(positions);
    }

    /// Number of rows recorded.
    pub fn rows(&self) -> u64 {
        let controllers = self.controllers.iter();
        let controllers = controllers.flat_map(|stats| [&stats.full, &stats.empty]);
        let all = self.stats.iter().chain(controllers);
        all.map(|stats| stats.rows).sum()
    }

    /// Checks a stored aggregate of at most `metrics` metrics, and returns its number of rows.
    ///
    /// # Errors
    ///
    /// When its parts contradict each other.
    pub fn check(&self, metrics: usize) -> Checked<u64> {
        let labels = self.stats.len();
        let are_known = self.labels.len() == labels
            && self
                .controllers
                .last_label()
                .is_none_or(|last| last < labels);
        consistency::ensure(are_known, "its labels and their figures differ in number")?;
        let controllers = self.controllers.iter();
        let controllers = controllers.flat_map(|stats| [&stats.full, &stats.empty]);
        let all: Vec<&LabelStats> = self.stats.iter().chain(controllers).collect();
        all.iter().try_for_each(|stats| stats.check(metrics))?;
        let rows = consistency::total(all.iter().map(|stats| stats.rows))?;
        let samples = consistency::total(all.iter().map(|stats| stats.samples))?;
        consistency::total(all.iter().map(|stats| stats.errors))?;
        let failed = self.errors.check()?;
        let is_same = failed == self.label_errors.check(labels)? && failed <= rows;
        consistency::ensure(is_same, "it has different errors in total and by label")?;
        let samplers = consistency::total(self.stats.iter().map(|stats| stats.samples))?;
        let failures = consistency::total(self.stats.iter().map(|stats| stats.errors))?;
        let types = self.errors.types();
        self.origins
            .check(&self.stats, types, [samplers, failures])?;
        self.timeline.check(labels, self.errors.types(), samples)?;
        self.slices.check(labels, self.errors.types(), samples)?;
        self.periods.check(samples)?;
        Ok(rows)
    }

    /// The labels and their statistics, in order of first appearance.
    pub fn labels(&self) -> Vec<Label<'_>> {
        let all = (0..self.labels.len()).filter_map(|number| self.numbered(number));
        // A run may have a million labels, and most are in order already.
        let mut places: Vec<(u64, usize)> = all
            .map(|label| (label.first_position(), label.number))
            .collect();
        places.sort_unstable();
        let labels = places.into_iter();
        labels
            .filter_map(|(_, number)| self.numbered(number))
            .collect()
    }

    /// The label with this number.
    fn numbered(&self, number: usize) -> Option<Label<'_>> {
        Some(Label {
            name: self.labels.name(number),
            number,
            samplers: self.stats.get(number)?,
            controllers: self.controllers.get(number),
        })
    }

    /// The names of the labels, in no particular order.
    pub fn label_names(&self) -> impl Iterator<Item = &[u8]> {
        self.labels.names()
    }

    /// The labels and their numbers on the timeline, in order of first appearance.
    pub fn numbered_labels(&self) -> Vec<(usize, &[u8])> {
        let labels = self.labels().into_iter();
        labels.map(|label| (label.number, label.name)).collect()
    }

    /// Statistics of the rows in the Total of JMeter's Apdex table: all except those of empty
    /// transaction controllers.
    pub fn counted_by_apdex(&self) -> LabelStats {
        let mut total = self.samplers();
        for controllers in self.controllers.iter() {
            total.merge(&controllers.full);
        }
        total
    }

    /// Statistics of the rows that samplers wrote, which are those in all other totals of JMeter's
    /// dashboard.
    pub fn samplers(&self) -> LabelStats {
        let mut total = LabelStats::default();
        for stats in &self.stats {
            total.merge(stats);
        }
        total
    }

    /// Number of rows that transaction controllers wrote.
    pub fn controller_rows(&self) -> u64 {
        let stats = self.controllers.iter();
        stats.map(|stats| stats.full.rows + stats.empty.rows).sum()
    }

    /// Errors by type, without those of transaction controllers.
    pub fn errors(&self) -> &ErrorTable {
        &self.errors
    }

    /// Whether each label has errors without those of transaction controllers, by its number.
    pub(crate) fn have_errors(&self) -> Vec<bool> {
        self.label_errors.are_failing(self.labels.len())
    }

    /// The errors of a label by type, most frequent first, without those of transaction
    /// controllers.
    pub fn errors_of(&self, label: Label<'_>) -> Vec<(&[u8], ErrorStats)> {
        let errors = self.label_errors.of_label(label.number).into_iter();
        errors
            .map(|(error, stats)| (self.errors.name(error), stats))
            .collect()
    }

    /// What each host, engine and thread group did, by the rows that samplers wrote.
    pub(crate) fn origins(&self) -> Origins {
        self.origins.clone().complete(&self.stats)
    }

    /// The run over time.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The run in periods with exact distributions.
    pub(crate) fn periods(&self) -> &Periods {
        &self.periods
    }

    /// Each label in slices of time. `None` if some rows are missing in them.
    pub fn slices(&self) -> Option<&Slices> {
        let samples = self.timeline.samples();
        (samples > 0 && self.slices.samples() == samples).then_some(&self.slices)
    }
}

impl Sink for Aggregate {
    fn record(&mut self, sample: &Sample<'_>) {
        Aggregate::record(self, sample);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::sample;

    /// Label, who wrote the row, response code, success.
    type Row = (usize, usize, usize, bool);

    const MESSAGES: [&str; 3] = [
        "OK",
        "Number of samples in transaction : 2, number of failing samples : 0",
        "Number of samples in transaction : 0, number of failing samples : 0",
    ];

    fn of(rows: &[(usize, Row)]) -> Aggregate {
        let mut aggregate = Aggregate::default();
        for &(position, (label, message, code, success)) in rows {
            aggregate.record(&Sample {
                position: position as u64,
                label: [b"a", b"b", b"c"][label],
                response_message: MESSAGES[message].as_bytes(),
                response_code: [b"500", b"503"][code],
                success,
                ..sample()
            });
        }
        aggregate
    }

    /// Of a label: name, rows by who wrote them, errors and their counts.
    type Figures = (String, [u64; 3], Vec<(String, u64)>);

    fn figures(aggregate: &Aggregate) -> Vec<Figures> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let labels = aggregate.labels().into_iter();
        labels
            .map(|label| {
                let controllers = label.controllers.cloned().unwrap_or_default();
                let rows = [
                    label.samplers.rows,
                    controllers.full.rows,
                    controllers.empty.rows,
                ];
                assert_eq!(label.all().rows, rows.iter().sum::<u64>());
                let errors = aggregate.errors_of(label).into_iter();
                let errors = errors.map(|(error, stats)| (text(error), stats.count));
                (text(label.name), rows, errors.collect())
            })
            .collect()
    }

    #[test]
    fn rows_are_told_apart_by_who_wrote_them() {
        let rows = [
            (1, 2, 0, true),
            (0, 0, 0, false),
            (0, 0, 1, true),
            (1, 1, 0, false),
        ];
        let rows: Vec<(usize, Row)> = rows.into_iter().enumerate().collect();
        let aggregate = of(&rows);
        let errors = vec![("500/OK".to_owned(), 1)];
        assert_eq!(
            figures(&aggregate),
            [
                ("b".to_owned(), [0, 1, 1], Vec::new()),
                ("a".to_owned(), [2, 0, 0], errors)
            ]
        );
        assert_eq!(aggregate.samplers().rows, 2);
        assert_eq!(aggregate.counted_by_apdex().rows, 3);
        assert_eq!(aggregate.controller_rows(), 2);
    }

    /// When the first failure of each stretch of time was, and its type.
    fn first_failures(aggregate: &Aggregate) -> Vec<Option<(i64, u64, String)>> {
        let buckets = aggregate.timeline().occupied();
        buckets
            .map(|(_, bucket)| {
                let first = bucket.first_failure?;
                let error = aggregate.errors().name(first.error);
                let error = String::from_utf8_lossy(error).into_owned();
                Some((first.time, first.position, error))
            })
            .collect()
    }

    /// Failures of these codes, one every 30 ms, except those of controllers.
    fn failing(rows: &[(usize, usize)]) -> Aggregate {
        let mut aggregate = Aggregate::default();
        for &(number, code) in rows {
            let message = format!("row {code}");
            aggregate.record(&Sample {
                position: number as u64 * 7,
                time_stamp: number as i64 / 2 * 30,
                response_code: b"500",
                response_message: message.as_bytes(),
                success: false,
                error_count: 1,
                ..sample()
            });
        }
        aggregate
    }

    #[test]
    fn the_first_failure_of_each_stretch_is_known() {
        let first = first_failures(&failing(&[(1, 4), (0, 3), (7, 5), (8, 6)]));
        let first_error = |time, position, error: &str| Some((time, position, error.to_owned()));
        // They end after 10, 10, 100 and 130 ms; buckets are 100 ms wide.
        assert_eq!(
            first,
            [
                first_error(10, 0, "500/row 3"),
                first_error(100, 49, "500/row 5")
            ]
        );
    }

    #[test]
    fn the_first_failures_keep_their_types_as_types_are_joined() {
        let many: Vec<(usize, usize)> = (0..10_050).map(|number| (number, number)).collect();
        let (a, b) = many.split_at(6_000);
        let mut ba = failing(b);
        ba.merge(failing(a));
        let first = first_failures(&failing(&many));
        assert_eq!(first[0], Some((10, 0, "500/row ‹number›".to_owned())));
        assert_eq!(first_failures(&ba), first);
    }

    proptest! {
        #[test]
        fn any_split_and_order_gives_the_same_first_failures(
            codes in proptest::collection::vec(0..5_usize, 0..60),
            chosen in any::<u64>(),
        ) {
            let rows: Vec<(usize, usize)> = codes.into_iter().enumerate().collect();
            let is_left = |row: &(usize, usize)| chosen >> (row.0 % 64) & 1 == 0;
            let (left, right): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_left(row));
            let (mut ab, mut ba) = (failing(&left), failing(&right));
            ab.merge(failing(&right));
            ba.merge(failing(&left));
            let all = first_failures(&failing(&rows));
            prop_assert_eq!(first_failures(&ab), all.clone());
            prop_assert_eq!(first_failures(&ba), all);
        }

        #[test]
        fn any_split_and_order_gives_the_same(
            rows in proptest::collection::vec((0..3_usize, 0..3_usize, 0..2_usize, any::<bool>()), 0..40),
            at in 0..40_usize,
        ) {
            let rows: Vec<(usize, Row)> = rows.into_iter().enumerate().collect();
            let (a, b) = rows.split_at(at.min(rows.len()));
            let (mut ab, mut ba) = (of(a), of(b));
            ab.merge(of(b));
            ba.merge(of(a));
            let all = figures(&of(&rows));
            prop_assert_eq!(figures(&ab), all.clone());
            prop_assert_eq!(figures(&ba), all);
        }
    }
}
