//! Counts of errors by label and type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::errors::ErrorStats;

/// Counts of failed rows by the numbers of their label and type of error.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LabelErrors {
    counts: BTreeMap<(u32, u32), ErrorStats>,
}

impl LabelErrors {
    /// Counts failed rows of a label.
    pub fn add(&mut self, label: usize, error: usize, stats: ErrorStats) {
        self.counts
            .entry((label as u32, error as u32))
            .and_modify(|known| *known = known.and(stats))
            .or_insert(stats);
    }

    /// Gives types of error new numbers. Several may get the same one.
    pub fn renumber_errors(&mut self, errors: &[usize]) {
        for ((label, error), stats) in std::mem::take(&mut self.counts) {
            if let Some(&error) = errors.get(error as usize) {
                self.add(label as usize, error, stats);
            }
        }
    }

    /// Adds the counts of another part of the run, whose labels and errors have these numbers here.
    pub fn merge(&mut self, other: &LabelErrors, labels: &[usize], errors: &[usize]) {
        for (&(label, error), &stats) in &other.counts {
            if let (Some(&label), Some(&error)) =
                (labels.get(label as usize), errors.get(error as usize))
            {
                self.add(label, error, stats);
            }
        }
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        for stats in self.counts.values_mut() {
            stats.shift(positions);
        }
    }

    /// Checks stored counts against the number of labels, and returns the number of failed rows.
    pub(super) fn check(&self, labels: usize) -> Checked<u64> {
        let is_known = |&(label, _): &(u32, u32)| (label as usize) < labels;
        let are_known = self.counts.keys().all(is_known);
        consistency::ensure(are_known, "errors belong to an unknown label")?;
        consistency::total(self.counts.values().map(|stats| stats.count))
    }

    /// Whether each of this many labels has errors, by its number.
    pub fn are_failing(&self, labels: usize) -> Vec<bool> {
        let mut are_failing = vec![false; labels];
        for &(label, _) in self.counts.keys() {
            if let Some(is_failing) = are_failing.get_mut(label as usize) {
                *is_failing = true;
            }
        }
        are_failing
    }

    /// The types of error of a label, most frequent first. Equally frequent ones are in order of
    /// first appearance.
    pub fn of_label(&self, label: usize) -> Vec<(usize, ErrorStats)> {
        let label = label as u32;
        let mut errors: Vec<_> = self
            .counts
            .range((label, 0)..=(label, u32::MAX))
            .map(|(&(_, error), &stats)| (error as usize, stats))
            .collect();
        errors.sort_by_key(|(_, stats)| (std::cmp::Reverse(stats.count), stats.first_position));
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(usize, usize, u64)]) -> LabelErrors {
        let mut errors = LabelErrors::default();
        for &(label, error, first_position) in rows {
            let stats = ErrorStats {
                count: 1,
                first_position,
                first_time: 0,
                last_time: 0,
            };
            errors.add(label, error, stats);
        }
        errors
    }

    fn counts(errors: &LabelErrors, label: usize) -> Vec<(usize, u64)> {
        let of_label = errors.of_label(label);
        of_label
            .iter()
            .map(|(error, stats)| (*error, stats.count))
            .collect()
    }

    #[test]
    fn the_most_frequent_come_first_then_the_earliest() {
        let errors = of(&[(0, 7, 50), (0, 8, 40), (0, 9, 60), (0, 9, 70), (1, 7, 10)]);
        assert_eq!(counts(&errors, 0), [(9, 2), (8, 1), (7, 1)]);
        assert_eq!(counts(&errors, 1), [(7, 1)]);
        assert_eq!(counts(&errors, 2), []);
    }

    #[test]
    fn parts_number_labels_and_errors_in_their_own_way() {
        let (a, b) = (of(&[(0, 0, 10), (1, 1, 20)]), of(&[(0, 1, 5), (1, 0, 30)]));
        let mut ab = a.clone();
        // b's label 0 is our 1, and its error 1 is our 1.
        ab.merge(&b, &[1, 0], &[0, 1]);
        assert_eq!(ab.of_label(0), of(&[(0, 0, 10), (0, 0, 30)]).of_label(0));
        assert_eq!(ab.of_label(1), of(&[(1, 1, 5), (1, 1, 20)]).of_label(1));
        let mut ba = LabelErrors::default();
        ba.merge(&b, &[1, 0], &[0, 1]);
        ba.merge(&a, &[0, 1], &[0, 1]);
        assert_eq!(
            (ba.of_label(0), ba.of_label(1)),
            (ab.of_label(0), ab.of_label(1))
        );
    }
}
