//! Selects the labels that a report shows: all, or the busiest if there are very many.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use serde_json::Value;

use super::{LabelReport, Options, Report};
use crate::format;
use crate::percentile::Percentile;
use crate::stats::{Aggregate, Label, LabelStats};
use crate::text;

/// The labels of a report, and those left out.
pub(super) struct Labels {
    /// Indexes of the labels shown, ascending.
    pub indexes: Vec<usize>,
    /// The labels shown, in order of first appearance.
    pub shown: Vec<LabelReport>,
    /// The sum of the labels left out; `None` if all are shown.
    pub others: Option<LabelReport>,
    /// The statistics behind `others`.
    pub other_stats: LabelStats,
    /// The sum of all labels.
    pub total: LabelStats,
}

impl Labels {
    /// Selects the labels with the most samples from `all`, which are in order of first appearance.
    pub fn of(all: &[Label<'_>], max_labels: usize, percentiles: &[Percentile]) -> Self {
        let shown = busiest(all, max_labels);
        let mut is_shown = vec![false; all.len()];
        for &number in &shown {
            is_shown[number] = true;
        }
        let mut others = LabelStats::default();
        for (label, _) in all.iter().zip(&is_shown).filter(|(_, shown)| !**shown) {
            others.merge(&label.all());
        }
        let mut total = others.clone();
        for &number in &shown {
            total.merge(&all[number].all());
        }
        let left_out = all.len() - shown.len();
        Labels {
            shown: shown
                .iter()
                .map(|&number| row(all[number], percentiles))
                .collect(),
            others: (left_out > 0).then(|| {
                let label = match left_out {
                    1 => "(1 other label)".to_owned(),
                    _ => format!("({} other labels)", format::thousands(left_out as u64)),
                };
                LabelReport::new(&label, &others, percentiles)
            }),
            other_stats: others,
            total,
            indexes: shown,
        }
    }
}

impl Report {
    /// Returns the report for people: labels that look like others show what differs. In files for
    /// programs they stay as they are.
    pub fn for_people(&self) -> Cow<'_, Report> {
        let labels = self.labels.iter().map(|row| row.label.as_str());
        let visible = text::look_alikes(labels);
        if visible.is_empty() {
            return Cow::Borrowed(self);
        }
        self.with_labels(&visible)
            .map_or(Cow::Borrowed(self), Cow::Owned)
    }

    /// Returns the report with other texts in place of labels, wherever they are.
    #[cold]
    fn with_labels(&self, labels: &HashMap<&str, String>) -> Option<Report> {
        let mut report = serde_json::to_value(self).ok()?;
        replace(&mut report, labels);
        serde_json::from_value(report).ok()
    }
}

fn replace(value: &mut Value, labels: &HashMap<&str, String>) {
    match value {
        Value::String(text) => {
            if let Some(label) = labels.get(text.as_str()) {
                text.clone_from(label);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, labels)),
        Value::Object(values) => values.values_mut().for_each(|value| replace(value, labels)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The figures of all labels, however many, in order of first appearance. Each is computed on demand.
#[derive(Debug)]
pub struct LabelRows<'a> {
    labels: Vec<Label<'a>>,
    options: &'a Options,
}

impl<'a> LabelRows<'a> {
    /// Those of all labels of a run. Unless the options choose columns, they are those of JMeter's Aggregate
    /// Report.
    pub fn new(aggregate: &'a Aggregate, options: &'a Options) -> Self {
        LabelRows {
            labels: aggregate.labels(),
            options,
        }
    }

    /// Iterates over them in this many parts of equal length, for threads to compute side by side.
    pub fn parts(
        &self,
        count: usize,
    ) -> impl Iterator<Item = impl Iterator<Item = LabelReport> + Send> {
        let length = self.labels.len().div_ceil(count.max(1)).max(1);
        let parts = self.labels.chunks(length);
        parts.map(|labels| labels.iter().map(|&label| self.row(label)))
    }

    fn row(&self, label: Label<'_>) -> LabelReport {
        let percentiles = &self.options.percentiles;
        if self.options.columns.is_some() {
            return row(label, percentiles);
        }
        let (name, stats) = (text::of(label.name), label.all());
        LabelReport::of_elapsed(&name, &stats, percentiles, stats.elapsed_counts())
    }
}

fn row(label: Label<'_>, percentiles: &[Percentile]) -> LabelReport {
    let name = text::of(label.name);
    LabelReport::new(&name, &label.all(), percentiles)
}

/// Returns the indexes of the `max` labels with the most samples, ascending; among equals, the first.
fn busiest(all: &[Label<'_>], max: usize) -> Vec<usize> {
    let mut indexes: Vec<usize> = (0..all.len()).collect();
    if max < indexes.len() {
        indexes.select_nth_unstable_by_key(max, |&index| (Reverse(all[index].samples()), index));
        indexes.truncate(max);
        indexes.sort_unstable();
    }
    indexes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percentile::Percentile;
    use crate::stats::tests::sample;

    /// Records labels `a`, `b`, ... with these numbers of samples.
    fn aggregate(samples: &[usize]) -> Aggregate {
        let mut aggregate = Aggregate::default();
        for (number, &count) in samples.iter().enumerate() {
            for _ in 0..count {
                aggregate.record(&crate::jtl::Sample {
                    label: &[b'a' + number as u8],
                    position: number as u64,
                    elapsed: 10 * (number as i64 + 1),
                    ..sample()
                });
            }
        }
        aggregate
    }

    fn labels(samples: &[usize], max_labels: usize) -> (Vec<String>, Option<(String, u64)>, u64) {
        let aggregate = aggregate(samples);
        let labels = Labels::of(&aggregate.labels(), max_labels, &Percentile::DEFAULTS);
        (
            labels.shown.into_iter().map(|row| row.label).collect(),
            labels.others.map(|row| (row.label, row.samples)),
            labels.total.samples,
        )
    }

    #[test]
    fn the_busiest_are_shown_in_order_of_appearance() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let others = |label: &str, samples| Some((label.to_owned(), samples));
        let samples = [2, 5, 1, 2, 7];
        assert_eq!(
            labels(&samples, 3),
            (names(&["a", "b", "e"]), others("(2 other labels)", 3), 17)
        );
        assert_eq!(
            labels(&samples, 4),
            (
                names(&["a", "b", "d", "e"]),
                others("(1 other label)", 1),
                17
            )
        );
        assert_eq!(
            labels(&samples, 5),
            (names(&["a", "b", "c", "d", "e"]), None, 17)
        );
    }

    #[test]
    fn every_label_has_a_row_when_asked_for() {
        let aggregate = aggregate(&[1, 2, 3]);
        let options = Options::default();
        let rows = LabelRows::new(&aggregate, &options);
        for count in [0, 1, 2, 7] {
            let samples: Vec<u64> = rows.parts(count).flatten().map(|row| row.samples).collect();
            assert_eq!(samples, [1, 2, 3]);
        }
        let chosen = Options {
            columns: Some(vec!["latency".to_owned()]),
            ..Options::default()
        };
        let latency = |options| {
            let rows = LabelRows::new(&aggregate, options);
            let row = rows.parts(1).flatten().next().unwrap();
            row.latency.map(|summary| summary.count)
        };
        assert_eq!((latency(&options), latency(&chosen)), (None, Some(1)));
    }
}
