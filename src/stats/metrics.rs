//! The values of metrics: columns of numbers beside the times, in thousandths.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::sum::Sum;

/// How many samples have each value, in thousandths. No value is ever rounded further.
///
/// Merging is associative and commutative; an empty set of values changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricValues(BTreeMap<i64, u64>);

impl MetricValues {
    /// Every value that occurs and its count, ascending.
    pub fn counts(&self) -> Vec<(i64, u64)> {
        self.0
            .iter()
            .map(|(&value, &count)| (value, count))
            .collect()
    }

    /// Number of samples with a value.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    fn record(&mut self, value: i64) {
        *self.0.entry(value).or_default() += 1;
    }

    fn merge(&mut self, other: &MetricValues) {
        for (&value, &count) in &other.0 {
            *self.0.entry(value).or_default() += count;
        }
    }

    /// Checks stored values of `rows` rows.
    fn check(&self, rows: u64) -> Checked<()> {
        let count = consistency::total(self.0.values().copied())?;
        let is_sound = count <= rows && self.0.values().all(|&count| count > 0);
        consistency::ensure(is_sound, "a metric has more values than its label has rows")
    }
}

/// The values of each metric, by the number of the metric.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics(Vec<MetricValues>);

impl Metrics {
    /// The values of a metric.
    pub fn get(&self, metric: usize) -> Option<&MetricValues> {
        self.0.get(metric)
    }

    /// Adds the values of a row.
    pub fn record(&mut self, values: &[Option<i64>]) {
        self.make_room(values.len());
        for (metric, value) in self.0.iter_mut().zip(values) {
            if let Some(value) = *value {
                metric.record(value);
            }
        }
    }

    /// Adds the values of another label or part.
    pub fn merge(&mut self, other: &Metrics) {
        self.make_room(other.0.len());
        for (metric, other) in self.0.iter_mut().zip(&other.0) {
            metric.merge(other);
        }
    }

    /// Checks the stored values of at most `metrics` metrics in `rows` rows.
    pub(super) fn check(&self, metrics: usize, rows: u64) -> Checked<()> {
        consistency::ensure(
            self.0.len() <= metrics,
            "it has values of an unknown metric",
        )?;
        self.0.iter().try_for_each(|values| values.check(rows))
    }

    fn make_room(&mut self, metrics: usize) {
        if self.0.len() < metrics {
            self.0.resize(metrics, MetricValues::default());
        }
    }
}

/// The mean of a metric in a bucket of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricMean {
    /// Number of samples with a value.
    pub count: u64,
    /// The sum of their values, in thousandths.
    pub sum: Sum,
}

/// The means of each metric in a bucket of time, by the number of the metric.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricMeans(Vec<MetricMean>);

impl MetricMeans {
    /// The mean of a metric.
    pub fn get(&self, metric: usize) -> MetricMean {
        self.0.get(metric).copied().unwrap_or_default()
    }

    /// Adds the values of a row.
    pub fn record(&mut self, values: &[Option<i64>]) {
        self.make_room(values.len());
        for (mean, value) in self.0.iter_mut().zip(values) {
            if let Some(value) = *value {
                mean.count += 1;
                mean.sum.add(value);
            }
        }
    }

    /// Adds other means.
    pub fn merge(&mut self, other: &MetricMeans) {
        self.make_room(other.0.len());
        for (mean, other) in self.0.iter_mut().zip(&other.0) {
            mean.count += other.count;
            mean.sum.merge(other.sum);
        }
    }

    /// Checks stored means of `rows` rows at most.
    pub(super) fn check(&self, rows: u64) -> Checked<()> {
        let is_sound = |mean: &MetricMean| mean.count <= rows && mean.sum.is_of(mean.count);
        consistency::ensure(
            self.0.iter().all(is_sound),
            "a metric has more values than there are samples",
        )
    }

    fn make_room(&mut self, metrics: usize) {
        if self.0.len() < metrics {
            self.0.resize(metrics, MetricMean::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(rows: &[[Option<i64>; 2]]) -> (Metrics, MetricMeans) {
        let (mut values, mut means) = (Metrics::default(), MetricMeans::default());
        for row in rows {
            values.record(row);
            means.record(row);
        }
        (values, means)
    }

    #[test]
    fn values_are_counted_by_metric() {
        let (values, means) = of(&[[Some(350), None], [Some(-1), Some(7)], [Some(350), None]]);
        assert_eq!(values.get(0).unwrap().counts(), [(-1, 1), (350, 2)]);
        assert_eq!(values.get(1).unwrap().count(), 1);
        assert_eq!(values.get(2), None);
        assert_eq!((means.get(0).count, means.get(0).sum.total()), (3, 699));
        assert_eq!(means.get(2), MetricMean::default());
        assert!(values.check(2, 3).is_ok());
        assert!(values.check(1, 3).is_err());
        assert!(values.check(2, 2).is_err());
        assert!(means.check(2).is_err());
    }

    proptest! {
        #[test]
        fn merging_is_recording_all(
            a in proptest::collection::vec(any::<[Option<i64>; 2]>(), 0..20),
            b in proptest::collection::vec(any::<[Option<i64>; 2]>(), 0..20),
        ) {
            let all = of(&[a.clone(), b.clone()].concat());
            let (mut values, mut means) = of(&b);
            values.merge(&of(&a).0);
            means.merge(&of(&a).1);
            prop_assert_eq!((values, means), all);
        }
    }
}
