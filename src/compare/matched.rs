//! Matches one label of the baseline and of a candidate, and collects the evidence for its changes.

use std::rc::Rc;

use super::between::{Between, MIN_RUNS};
use super::common;
use super::effect::probability_slower;
use super::evidence::Evidence;
use super::figures::FigureKind;
use super::paired::Paired;
use super::paired_percentile;
use super::pairing::{CommonSlices, Pair, Phases};
use super::unpaired::{self, WholeRun};
use super::{Change, Settings, Side, Verdict};
use crate::report::{LabelReport, Report};
use crate::stats::merged_counts;

/// A label's row in one run.
#[derive(Clone, Copy)]
pub struct LabelInRun<'a> {
    /// The run.
    pub report: &'a Report,
    /// The row.
    pub row: &'a LabelReport,
}

/// The part of two single runs that can be compared slice by slice.
pub struct Overlap<'a> {
    baseline: &'a Report,
    candidate: &'a Report,
    slices: CommonSlices,
}

impl<'a> Overlap<'a> {
    /// Finds what two sides have in common, with a note if parts of them are not compared. `None` if
    /// one side has several runs or no slices.
    pub fn find(baseline: &'a Side, candidate: &'a Side) -> Option<(Self, Option<String>)> {
        let ([a], [b]) = (&baseline.runs[..], &candidate.runs[..]) else {
            return None;
        };
        let (length, note) = common::length((&a.0, &a.1), (&b.0, &b.1))?;
        let overlap = Overlap {
            baseline: &a.1,
            candidate: &b.1,
            slices: CommonSlices::new(a.1.slices.as_ref()?, b.1.slices.as_ref()?, length),
        };
        Some((overlap, note))
    }

    /// Pairs the slices of a label, or of all labels together if `label` is `None`.
    fn pairs(&self, label: Option<&str>) -> Option<Vec<Pair>> {
        let (a, b) = (
            self.baseline.slices.as_ref()?,
            self.candidate.slices.as_ref()?,
        );
        match label {
            None => self.slices.pairs((a, &a.total()), (b, &b.total())),
            Some(label) => {
                let (of_a, of_b) = (a.of_label(label)?, b.of_label(label)?);
                self.slices.pairs((a, of_a), (b, of_b))
            }
        }
    }
}

/// One label on both sides.
pub struct Matched<'a> {
    baseline: &'a [LabelInRun<'a>],
    candidate: &'a [LabelInRun<'a>],
    basis: Basis<'a>,
}

/// What the changes of a label are judged by.
enum Basis<'a> {
    /// Paired slices of two runs, and their usual width in ms.
    Phases(Vec<Pair>, u64),
    /// Two runs as a whole.
    Whole(unpaired::Sides<'a>),
    /// Several runs.
    Runs,
    /// A side does not have the label.
    Missing,
}

impl<'a> Matched<'a> {
    /// Matches a label's rows. `overlap` allows paired slices. Sides of several runs
    /// (`are_single` is false) are compared run by run, even if the label occurs in only one of each.
    pub fn new(
        baseline: &'a [LabelInRun<'a>],
        candidate: &'a [LabelInRun<'a>],
        overlap: Option<&Overlap<'_>>,
        are_single: bool,
    ) -> Self {
        let basis = match (baseline, candidate) {
            ([], _) | (_, []) => Basis::Missing,
            ([a], [b]) if are_single => {
                let is_total = std::ptr::eq(a.row, &a.report.total);
                let label = (!is_total).then_some(a.row.label.as_str());
                let pairs = overlap
                    .and_then(|overlap| Some((overlap.pairs(label)?, overlap.slices.slice_ms)));
                match pairs {
                    Some((pairs, slice_ms)) => Basis::Phases(pairs, slice_ms),
                    None => Basis::Whole(Rc::new((
                        WholeRun::new(a.report, a.row, is_total),
                        WholeRun::new(b.report, b.row, is_total),
                    ))),
                }
            }
            _ => Basis::Runs,
        };
        Matched {
            baseline,
            candidate,
            basis,
        }
    }

    /// Returns how the runs were paired for this label, if they were.
    pub fn phases(&self) -> Option<Phases> {
        match &self.basis {
            Basis::Phases(pairs, slice_ms) => Some(Paired::new(pairs, *slice_ms).phases()),
            _ => None,
        }
    }

    /// Returns the probability that a sample of the candidate is slower than one of the baseline.
    pub fn probability_slower(&self) -> Option<f64> {
        let distribution =
            |rows: &[LabelInRun<'_>]| merged_counts(rows.iter().map(|row| &row.row.distribution));
        probability_slower(&distribution(self.baseline), &distribution(self.candidate))
    }

    /// Returns the change of a figure and, if it is tested, the evidence for it; `None` if a side
    /// lacks the figure.
    pub fn change(
        &self,
        kind: FigureKind,
        settings: &Settings,
    ) -> Option<(Change, Option<Evidence<'a>>)> {
        let (from, to) = (value(kind, self.baseline)?, value(kind, self.candidate)?);
        let change = |verdict| Change {
            difference: to - from,
            ratio: (from != 0.0).then(|| (to - from) / from),
            test: None,
            verdict,
        };
        let is_tested = kind.is_tested(settings, from, to);
        // If no sample failed on either side, or all did, the verdict needs no test.
        if (is_tested || kind == FigureKind::ErrorPercent) && self.is_identical() {
            return Some((change(Some(Verdict::Identical)), None));
        }
        if !is_tested {
            let verdict = (kind == FigureKind::ErrorPercent).then_some(Verdict::NoChange);
            return Some((change(verdict), None));
        }
        let evidence = self.evidence(kind);
        let verdict = match &self.basis {
            Basis::Runs if self.has_few_runs() => Some(Verdict::TooFewRuns),
            _ => evidence.is_none().then_some(Verdict::TooFewSamples),
        };
        Some((change(verdict), evidence))
    }

    /// Returns the run-to-run standard deviation; for times as a share.
    pub fn run_deviation(&self, kind: FigureKind) -> Option<f64> {
        let between = self.between(kind)?;
        between
            .deviation
            .filter(|_| between.is_ratio() == kind.is_time())
    }

    fn evidence(&self, kind: FigureKind) -> Option<Evidence<'a>> {
        match &self.basis {
            Basis::Phases(pairs, slice_ms) => {
                let paired = Paired::new(pairs, *slice_ms);
                match kind {
                    FigureKind::Average => {
                        let summary =
                            |rows: &'a [LabelInRun<'a>]| rows.first()?.row.elapsed.as_ref();
                        Some(paired.mean(summary(self.baseline)?, summary(self.candidate)?))
                    }
                    FigureKind::Percentile(percent) => paired_percentile::change(&paired, percent),
                    FigureKind::ErrorPercent => Some(paired.error_rate()),
                    _ => None,
                }
            }
            Basis::Whole(sides) => match kind {
                FigureKind::Average => unpaired::mean(sides),
                FigureKind::Percentile(percent) => unpaired::percentile(sides, percent),
                FigureKind::ErrorPercent => unpaired::error_rate(sides),
                _ => None,
            },
            Basis::Runs => self.between(kind)?.evidence(),
            Basis::Missing => None,
        }
    }

    fn between(&self, kind: FigureKind) -> Option<Between> {
        let values = |rows: &[LabelInRun<'_>]| -> Option<Vec<f64>> {
            rows.iter().map(|row| kind.value(row.row)).collect()
        };
        let (a, b) = (values(self.baseline)?, values(self.candidate)?);
        Between::new(&a, &b, kind.is_time())
    }

    fn has_few_runs(&self) -> bool {
        self.baseline.len().min(self.candidate.len()) < MIN_RUNS
    }

    /// Whether both sides have the same samples.
    fn is_identical(&self) -> bool {
        let pairs = self.baseline.iter().zip(self.candidate);
        self.baseline.len() == self.candidate.len()
            && pairs.into_iter().all(|(a, b)| {
                a.row.distribution == b.row.distribution && a.row.errors == b.row.errors
            })
    }
}

/// Returns the value of a figure on one side. Several runs are averaged: by the geometric mean for
/// times, otherwise by the arithmetic mean.
pub fn value(kind: FigureKind, rows: &[LabelInRun<'_>]) -> Option<f64> {
    let values: Option<Vec<f64>> = rows.iter().map(|row| kind.value(row.row)).collect();
    match values?[..] {
        [value] => Some(value),
        ref values => Some(Between::new(values, values, kind.is_time())?.baseline),
    }
}
