//! A sink that passes on the samples that count.

use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::families::Families;
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
    /// Samples without the text that they are grouped by.
    ungrouped: u64,
    /// The last requests, if sub-results must be told apart.
    families: Families,
}

/// What a [`Selected`] sink has recorded.
#[derive(Debug, Clone)]
pub struct Parts<S> {
    /// The sink that got the samples that count.
    pub inner: S,
    /// Rows left out, by filter.
    pub filtered: Vec<Filtered>,
    /// The labels of the samples that count as the file has them, if others took their place.
    pub file_labels: Option<LabelSet>,
    /// Number of rows that count but lack the text that samples are grouped by.
    pub ungrouped: u64,
}

/// The rows that one option left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Filtered {
    /// The option as given, such as `--include Login`.
    pub option: String,
    /// How many rows.
    pub count: u64,
}

impl<S> Parts<S> {
    /// Number of rows left out.
    pub fn filtered_out(&self) -> u64 {
        self.filtered.iter().map(|filter| filter.count).sum()
    }

    /// What a sink took in without a choice.
    pub fn everything(inner: S) -> Self {
        Parts {
            inner,
            filtered: Vec::new(),
            file_labels: None,
            ungrouped: 0,
        }
    }
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
            ungrouped: 0,
            families: Families::default(),
        }
    }

    /// The sink with the samples that counted so far.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Adds what another sink under the same choice took in; `merge` merges the inner sinks.
    pub fn merge(&mut self, other: Self, merge: impl FnOnce(&mut S, S)) {
        for (own, count) in self.left_out.iter_mut().zip(other.left_out) {
            *own += count;
        }
        self.labels.merge(&other.labels);
        self.ungrouped += other.ungrouped;
        merge(&mut self.inner, other.inner);
    }

    /// What was taken in so far.
    pub fn parts(&self) -> Parts<&S> {
        let options = self.choice.options().zip(&self.left_out);
        let filtered = options.map(|(option, &count)| Filtered {
            option: option.to_owned(),
            count,
        });
        let labels = self.choice.renames_labels().then_some(&self.labels);
        Parts {
            inner: &self.inner,
            filtered: filtered.collect(),
            file_labels: labels.cloned(),
            ungrouped: self.ungrouped,
        }
    }

    /// Takes the sink apart.
    pub fn into_parts(self) -> Parts<S> {
        let Parts {
            filtered,
            file_labels,
            ungrouped,
            ..
        } = self.parts();
        Parts {
            inner: self.inner,
            filtered,
            file_labels,
            ungrouped,
        }
    }

    /// The number of the filter that rejects a sample.
    #[inline]
    fn verdict(&mut self, sample: &Sample<'_>) -> Option<usize> {
        let choice = self.choice;
        let mut by_row = choice.row_filter(sample);
        if choice.tests_sub_results() {
            // Rows that other filters reject may have sub-results, too.
            let is_sub_result = match sample.is_sub_result {
                Some(is_sub_result) => is_sub_result,
                None => self.families.is_sub_result(sample),
            };
            by_row = by_row.or(choice.sub_result_filter(is_sub_result));
        }
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
        // What the rows of a transaction controller contain are no sub-results.
        if choice.renames_labels() && !sample.is_controller() {
            self.labels.insert(sample.label);
        }
        let key = choice.key(sample).unwrap_or_else(|| {
            self.ungrouped += 1;
            choice.missing_key()
        });
        let label = match choice.names_keys() {
            true => self.names.look_up(key, |key| choice.name(key)),
            false => key,
        };
        self.inner.record(&Sample { label, ..*sample });
    }
}
