//! A sink that passes on the samples that count.

use super::choice::Choice;
use super::labels::LabelSet;
use super::memo::Memo;
use crate::jtl::{Sample, Sink};

/// Applies a [`Choice`]: drops the samples that do not count, and passes on the others under their
/// new labels.
#[derive(Debug, Clone)]
pub struct Selected<'c, S> {
    choice: &'c Choice,
    inner: S,
    /// Number of rows that each filter rejected.
    left_out: Vec<u64>,
    /// For each label the filter that rejects it, so that expressions run once per label.
    verdicts: Memo<Option<usize>>,
    /// The label of each key.
    names: Memo<Box<[u8]>>,
    /// The labels as the file has them, if they are replaced.
    labels: LabelSet,
}

/// What a [`Selected`] sink has recorded.
#[derive(Debug, Clone)]
pub struct Parts<S> {
    /// The sink that got the samples that count.
    pub inner: S,
    /// Number of rows that each filter rejected, in the order of [`Choice::options`].
    pub left_out: Vec<u64>,
    /// The labels of the samples that count, as the file has them, if they were replaced.
    pub labels: LabelSet,
}

impl<'c, S> Selected<'c, S> {
    /// A sink that passes samples on to `inner`.
    pub fn new(choice: &'c Choice, inner: S) -> Self {
        Selected {
            choice,
            inner,
            left_out: vec![0; choice.filters()],
            verdicts: Memo::default(),
            names: Memo::default(),
            labels: LabelSet::default(),
        }
    }

    /// The sink with the samples that counted so far.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Number of rows that each filter rejected so far; see [`Parts::left_out`].
    pub fn left_out(&self) -> &[u64] {
        &self.left_out
    }

    /// The labels so far; see [`Parts::labels`].
    pub fn labels(&self) -> &LabelSet {
        &self.labels
    }

    /// Takes the sink apart.
    pub fn into_parts(self) -> Parts<S> {
        Parts {
            inner: self.inner,
            left_out: self.left_out,
            labels: self.labels,
        }
    }

    /// The number of the filter that rejects a sample.
    #[inline]
    fn verdict(&mut self, sample: &Sample<'_>) -> Option<usize> {
        let choice = self.choice;
        let by_row = choice.row_filter(sample);
        if by_row.is_some() || !choice.tests_labels() {
            return by_row;
        }
        *self
            .verdicts
            .look_up(sample.label, |label| choice.label_filter(label))
    }
}

impl<S: Sink> Sink for Selected<'_, S> {
    fn record(&mut self, sample: &Sample<'_>) {
        if let Some(filter) = self.verdict(sample) {
            if let Some(count) = self.left_out.get_mut(filter) {
                *count += 1;
            }
            return;
        }
        let choice = self.choice;
        if choice.renames_labels() {
            self.labels.insert(sample.label);
        }
        let key = choice.key(sample);
        let label = match choice.names_keys() {
            true => self.names.look_up(key, |key| choice.name(key)),
            false => key,
        };
        self.inner.record(&Sample { label, ..*sample });
    }
}
