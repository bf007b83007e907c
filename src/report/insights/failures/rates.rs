//! Error rates over time: samples and failures by slice, of the run and of each label.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::Evidence;
use crate::stats::{Aggregate, FirstFailure, Label};

/// What happened to the samples that started in one slice of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Slice {
    /// Its start in epoch ms, divided by the width.
    pub number: i64,
    /// What happened in it.
    pub tally: Tally,
}

/// Samples and failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// All samples.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// The failure that started first.
    pub first: Option<FirstFailure>,
}

impl Tally {
    /// Adds other samples.
    pub fn add(&mut self, other: Tally) {
        self.samples += other.samples;
        self.errors += other.errors;
        self.first = match (self.first, other.first) {
            (Some(own), Some(others)) => Some(own.min(others)),
            (own, others) => own.or(others),
        };
    }

    /// Removes some of its samples.
    pub fn without(self, part: Tally) -> Tally {
        Tally {
            samples: self.samples.saturating_sub(part.samples),
            errors: self.errors.saturating_sub(part.errors),
            first: None,
        }
    }

    /// Returns the share of samples that failed; 0 without samples.
    pub fn ratio(self) -> f64 {
        self.errors as f64 / self.samples.max(1) as f64
    }
}

/// The slices of some labels that have samples, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rates {
    /// Width of a slice, ms.
    pub width_ms: i64,
    /// The slices.
    pub slices: Vec<Slice>,
}

impl Rates {
    /// Adds up slices of equal width.
    pub fn merged<'a>(width_ms: i64, all: impl IntoIterator<Item = &'a Rates>) -> Self {
        let mut merged: BTreeMap<i64, Tally> = BTreeMap::new();
        for slice in all.into_iter().flat_map(|rates| &rates.slices) {
            merged.entry(slice.number).or_default().add(slice.tally);
        }
        let slices = merged.into_iter();
        Rates {
            width_ms,
            slices: slices
                .map(|(number, tally)| Slice { number, tally })
                .collect(),
        }
    }

    /// Adds up the slices at these places.
    pub fn tally(&self, places: Range<usize>) -> Tally {
        let mut sum = Tally::default();
        let slices = self.slices.get(places).unwrap_or_default();
        slices.iter().for_each(|slice| sum.add(slice.tally));
        sum
    }

    /// Returns the places of the slices with these numbers.
    pub fn places(&self, numbers: &Range<i64>) -> Range<usize> {
        let at = |bound: i64| self.slices.partition_point(|slice| slice.number < bound);
        at(numbers.start)..at(numbers.end)
    }

    /// Returns the numbers of the slices at these places; empty without any.
    pub fn numbers(&self, places: &Range<usize>) -> Range<i64> {
        match self.slices.get(places.clone()) {
            Some([first, .., last]) => first.number..last.number.saturating_add(1),
            Some([only]) => only.number..only.number.saturating_add(1),
            _ => 0..0,
        }
    }

    /// Adds up the slices with these numbers.
    pub fn tally_of(&self, numbers: &Range<i64>) -> Tally {
        self.tally(self.places(numbers))
    }

    /// Adds up all slices.
    pub fn total(&self) -> Tally {
        self.tally(0..self.slices.len())
    }
}

/// The error rates of a run and of its labels.
#[derive(Debug)]
pub(super) struct RunRates<'a> {
    /// All samples together.
    pub whole: Rates,
    /// The labels with their rates; empty if the run has too many to tell apart over time.
    pub labels: Vec<(Label<'a>, Rates)>,
    /// Whether rows of transaction controllers are left out.
    pub is_without_controllers: bool,
}

impl<'a> RunRates<'a> {
    /// Returns the rates of a run without samples at stray times; `None` if they are unknown.
    pub fn new(evidence: &Evidence<'a>) -> Option<Self> {
        let slices = evidence.aggregate.slices()?;
        let window = evidence.window?;
        let width_ms = slices.width_ms();
        if !are_errors_in_slices(evidence.aggregate, evidence.labels) {
            return None;
        }
        let numbers = window.start_ms.div_euclid(width_ms)
            ..window.end_ms.div_euclid(width_ms).saturating_add(1);
        let rates = |label: usize| {
            let cells = slices.of_label(label);
            let cells = cells.filter(|(number, _)| numbers.contains(number));
            let slices = cells.map(|(number, cell)| Slice {
                number,
                tally: Tally {
                    samples: cell.samples(),
                    errors: cell.ko(),
                    first: cell.first_failure(),
                },
            });
            Rates {
                width_ms,
                slices: slices.collect(),
            }
        };
        if slices.are_labels_joined() {
            return Some(RunRates {
                whole: rates(0),
                labels: Vec::new(),
                is_without_controllers: false,
            });
        }
        // Rows of controllers repeat the failures of their samplers. Slices do not tell the two apart,
        // but usually their labels do.
        let mut labels = evidence.labels.to_vec();
        let is_controller =
            |label: &Label<'_>| label.controllers.is_some() && label.samplers.rows == 0;
        let are_apart = labels
            .iter()
            .all(|label| label.controllers.is_none() || is_controller(label));
        let is_without_controllers = are_apart && labels.iter().any(is_controller);
        if is_without_controllers {
            labels.retain(|label| !is_controller(label));
        }
        let labels = labels.into_iter().map(|label| (label, rates(label.number)));
        let labels: Vec<(Label<'a>, Rates)> = labels.collect();
        Some(RunRates {
            whole: Rates::merged(width_ms, labels.iter().map(|(_, rates)| rates)),
            labels,
            is_without_controllers,
        })
    }
}

/// Whether slices have all errors. A row that stands for several samples counts there as if all of them
/// had failed or none.
fn are_errors_in_slices(aggregate: &Aggregate, labels: &[Label<'_>]) -> bool {
    let Some(slices) = aggregate.slices() else {
        return false;
    };
    let failed = |label: usize| -> u64 { slices.of_label(label).map(|(_, cell)| cell.ko()).sum() };
    let failed: u64 = match slices.are_labels_joined() {
        true => failed(0),
        false => labels.iter().map(|label| failed(label.number)).sum(),
    };
    let counted: u64 = labels.iter().map(|label| label.all().errors).sum();
    failed == counted
}
