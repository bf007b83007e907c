//! Rows that transaction controllers wrote, which JMeter's tables treat each in their own way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::label::LabelStats;
use crate::jtl::Sample;

/// The controller rows of a run by number of label.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Controllers {
    by_label: BTreeMap<usize, ControllerStats>,
}

/// The controller rows of one label.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ControllerStats {
    /// Of transactions that had samples.
    pub full: LabelStats,
    /// Of transactions that had none: JMeter's dashboard drops them.
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

    /// Adds the rows of another part, whose labels have these numbers here.
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

    /// Puts its rows behind others.
    pub(super) fn shift(&mut self, positions: u64) {
        for stats in self.by_label.values_mut() {
            stats.full.shift(positions);
            stats.empty.shift(positions);
        }
    }

    /// The greatest number of a label that has any.
    pub(super) fn last_label(&self) -> Option<usize> {
        self.by_label.keys().next_back().copied()
    }

    /// The rows of each label that has any.
    pub fn iter(&self) -> impl Iterator<Item = &ControllerStats> {
        self.by_label.values()
    }
}
