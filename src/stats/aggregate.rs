//! The aggregate of a run: everything the report needs, by label and over time.

use super::errors::ErrorTable;
use super::interner::Interner;
use super::label::LabelStats;
use super::series::TimeSeries;
use crate::jtl::{Sample, Sink};

/// The statistics of a run, or of a part of it.
#[derive(Debug, Clone, Default)]
pub struct Aggregate {
    labels: Interner,
    stats: Vec<LabelStats>,
    errors: ErrorTable,
    series: TimeSeries,
}

impl Aggregate {
    /// Adds a sample.
    #[inline(always)]
    pub fn record(&mut self, sample: &Sample<'_>) {
        let label = self.labels.number(sample.label);
        if label == self.stats.len() {
            self.stats.push(LabelStats::default());
        }
        if let Some(stats) = self.stats.get_mut(label) {
            stats.record(sample);
        }
        if !sample.success {
            // A copy, so that a sample need not be laid out in memory but for this.
            let failed = *sample;
            self.errors.record(&failed);
        }
        self.series.record(sample, label);
    }

    /// Adds another aggregate. Associative, commutative, and an empty one changes nothing.
    pub fn merge(&mut self, other: Aggregate) {
        let mut numbers = Vec::with_capacity(other.stats.len());
        for (label, stats) in other.labels.names().iter().zip(other.stats) {
            let number = self.labels.number(label);
            numbers.push(number);
            match self.stats.get_mut(number) {
                Some(own) => own.merge(&stats),
                None => self.stats.push(stats),
            }
        }
        self.errors.merge(&other.errors);
        self.series.merge(other.series, &numbers);
    }

    /// The labels and their statistics, in order of first appearance.
    pub fn labels(&self) -> Vec<(&[u8], &LabelStats)> {
        let mut labels: Vec<_> = self
            .labels
            .names()
            .iter()
            .map(|label| &**label)
            .zip(&self.stats)
            .collect();
        labels.sort_by_key(|(_, stats)| stats.first_position);
        labels
    }

    /// The labels and their numbers in the time series, in order of first appearance.
    pub fn numbered_labels(&self) -> Vec<(usize, &[u8])> {
        let mut numbers: Vec<usize> = (0..self.stats.len()).collect();
        numbers.sort_by_key(|&number| self.stats[number].first_position);
        let names = self.labels.names();
        numbers
            .into_iter()
            .map(|number| (number, &*names[number]))
            .collect()
    }

    /// Errors by type.
    pub fn errors(&self) -> &ErrorTable {
        &self.errors
    }

    /// The run over time.
    pub fn series(&self) -> &TimeSeries {
        &self.series
    }
}

impl Sink for Aggregate {
    #[inline(always)]
    fn record(&mut self, sample: &Sample<'_>) {
        Aggregate::record(self, sample);
    }
}
