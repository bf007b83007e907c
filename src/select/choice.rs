//! A settled selection, which decides whether a row counts and under which label.

use std::borrow::Cow;

use regex::bytes::Regex;

use super::group::GroupBy;
use super::rename::Rename;
use super::selection::SubResults;
use crate::jtl::Sample;

/// Which rows count, and under which label.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Filters on whole rows, which run first.
    pub(super) rows: Vec<Filter<RowTest>>,
    /// Whether sub-results count, which is decided next.
    pub(super) sub_results: SubResults,
    /// Filters on labels as the file has them, which run last.
    pub(super) labels: Vec<Filter<LabelTest>>,
    /// What replaces the label.
    pub(super) group_by: GroupBy,
    /// How labels are renamed.
    pub(super) renames: Vec<Rename>,
    /// The names of the inputs, which are those of load generators whose rows name none.
    pub(super) inputs: Vec<Box<[u8]>>,
    /// How options were resolved that depend on the run, as sentences.
    pub notes: Vec<String>,
}

/// A test that rows must pass, and the option that asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter<T> {
    /// The option as given.
    option: String,
    test: T,
}

/// A test that a row must pass.
#[derive(Debug, Clone, PartialEq)]
pub enum RowTest {
    /// Starts at this epoch ms or later.
    From(i64),
    /// Starts before this epoch ms.
    To(i64),
    /// Starts from the first epoch ms on and before the second.
    Within(i64, i64),
    /// Was written by a transaction controller (`true`) or by a sampler (`false`).
    IsController(bool),
    /// Succeeded (`true`) or failed (`false`).
    Succeeded(bool),
}

/// A test that a label must pass.
#[derive(Debug, Clone)]
pub enum LabelTest {
    /// At least one expression matches.
    MatchesAny(Vec<Regex>),
    /// The expression does not match.
    MatchesNot(Regex),
}

impl PartialEq for LabelTest {
    fn eq(&self, other: &Self) -> bool {
        let texts = |regexes: &[Regex]| regexes.iter().map(Regex::to_string).collect::<Vec<_>>();
        match (self, other) {
            (LabelTest::MatchesAny(own), LabelTest::MatchesAny(other)) => {
                texts(own) == texts(other)
            }
            (LabelTest::MatchesNot(own), LabelTest::MatchesNot(other)) => {
                own.as_str() == other.as_str()
            }
            _ => false,
        }
    }
}

impl<T> Filter<T> {
    pub(super) fn new(option: impl Into<String>, test: T) -> Self {
        Filter {
            option: option.into(),
            test,
        }
    }
}

impl RowTest {
    #[inline]
    fn passes(&self, sample: &Sample<'_>) -> bool {
        match *self {
            RowTest::From(ms) => sample.time_stamp >= ms,
            RowTest::To(ms) => sample.time_stamp < ms,
            RowTest::Within(from, to) => (from..to).contains(&sample.time_stamp),
            RowTest::IsController(is_controller) => sample.is_controller() == is_controller,
            RowTest::Succeeded(success) => sample.success == success,
        }
    }
}

impl LabelTest {
    fn passes(&self, label: &[u8]) -> bool {
        match self {
            LabelTest::MatchesAny(any) => any.iter().any(|regex| regex.is_match(label)),
            LabelTest::MatchesNot(regex) => !regex.is_match(label),
        }
    }
}

impl Choice {
    /// Whether every row counts, under its own label.
    pub fn is_everything(&self) -> bool {
        self.filters() == 0 && !self.renames_labels()
    }

    /// Whether another choice of the same selection filters the same rows.
    pub fn filters_like(&self, other: &Choice) -> bool {
        self.rows == other.rows
            && self.sub_results == other.sub_results
            && self.labels == other.labels
    }

    /// Whether labels differ from those in the file.
    pub fn renames_labels(&self) -> bool {
        !self.group_by.is_label() || !self.renames.is_empty()
    }

    /// Number of filters.
    pub fn filters(&self) -> usize {
        self.first_label_filter() + self.labels.len()
    }

    /// The option of each filter, in the order of their numbers.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().map(|filter| filter.option.as_str());
        let labels = self.labels.iter().map(|filter| filter.option.as_str());
        rows.chain(self.sub_results.filter()).chain(labels)
    }

    /// The number of the first row filter that rejects a sample.
    #[inline]
    pub(super) fn row_filter(&self, sample: &Sample<'_>) -> Option<usize> {
        self.rows
            .iter()
            .position(|filter| !filter.test.passes(sample))
    }

    /// Whether sub-results must be told apart from other rows, for which every row is needed.
    #[inline]
    pub(super) fn tests_sub_results(&self) -> bool {
        self.sub_results.is_filter()
    }

    /// The number of the filter on sub-results if it rejects a row.
    pub(super) fn sub_result_filter(&self, is_sub_result: bool) -> Option<usize> {
        let rejects = match self.sub_results {
            SubResults::AsJmeter | SubResults::Include => false,
            SubResults::Exclude => is_sub_result,
            SubResults::Only => !is_sub_result,
        };
        rejects.then_some(self.rows.len())
    }

    /// The number of the first filter on labels.
    fn first_label_filter(&self) -> usize {
        self.rows.len() + usize::from(self.tests_sub_results())
    }

    /// Whether there are filters on labels.
    #[inline]
    pub(super) fn tests_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// The number of the first label filter that rejects a label.
    pub(super) fn label_filter(&self, label: &[u8]) -> Option<usize> {
        let filter = self
            .labels
            .iter()
            .position(|filter| !filter.test.passes(label));
        filter.map(|number| self.first_label_filter() + number)
    }

    /// Names the inputs, for grouping by load generator.
    #[must_use]
    pub fn with_inputs(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let names = names.into_iter();
        Choice {
            inputs: names.map(|name| name.as_ref().as_bytes().into()).collect(),
            ..self
        }
    }

    /// The text of a sample that it is grouped by; `None` if it has none.
    #[inline]
    pub(super) fn key<'a>(&'a self, sample: &Sample<'a>) -> Option<&'a [u8]> {
        self.group_by.key(sample, &self.inputs)
    }

    /// What stands for the text of samples without one.
    pub(super) fn missing_key(&self) -> &[u8] {
        self.group_by.missing().as_bytes()
    }

    /// Whether labels are computed from keys, rather than being the keys.
    #[inline]
    pub(super) fn names_keys(&self) -> bool {
        matches!(self.group_by, GroupBy::Captures(_)) || !self.renames.is_empty()
    }

    /// The label of a key.
    pub(super) fn name(&self, key: &[u8]) -> Box<[u8]> {
        let mut name = self.group_by.name(key);
        for rename in &self.renames {
            if let Cow::Owned(renamed) = rename.apply(&name) {
                name = Cow::Owned(renamed);
            }
        }
        name.into()
    }
}
