//! Rows of transaction controllers, which each of JMeter's tables treats differently.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::label::LabelStats;
use crate::jtl::Sample;

/// The controller rows of a run by the number of their label.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Controllers {
    by_label: BTreeMap<usize, ControllerStats>,
}

/// The controller rows of one label.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ControllerStats {
    /// Of transactions with samples.
    pub full: LabelStats,
    /// Of transactions without samples, which JMeter's dashboard drops.
    pub empty: LabelStats,
}

impl Controllers {
    /// Adds a row of a transaction controller.
    #[inline(never)]
    pub fn record(&mut self, label: usize, sample: &Sample<'_>) {
        let stats = self.by_label.entry(label).or_default();
        if sample.is_empty_controller() {
            stats.empty.record(sample);
        } else {
            stats.full.record(sample);
        }
    }

    /// Adds the rows of another part of the run, whose labels have these numbers here.
    pub fn merge(&mut self, other: &Controllers, label_numbers: &[usize]) {
        for (&label, stats) in &other.by_label {
            if let Some(&number) = label_numbers.get(label) {
                let own = self.by_label.entry(number).or_default();
                own.full.merge(&stats.full);
                own.empty.merge(&stats.empty);
            }
        }
    }

    /// The rows of a label, if it has any.
    pub fn get(&self, label: usize) -> Option<&ControllerStats> {
        self.by_label.get(&label)
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        for stats in self.by_label.values_mut() {
            stats.full.shift(positions);
            stats.empty.shift(positions);
        }
    }

    /// The largest number of a label with such rows.
    pub(super) fn last_label(&self) -> Option<usize> {
        self.by_label.keys().next_back().copied()
    }

    /// The rows of each label with such rows.
    pub fn iter(&self) -> impl Iterator<Item = &ControllerStats> {
        self.by_label.values()
    }
}
