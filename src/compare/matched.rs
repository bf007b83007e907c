//! One label on the baseline and on one candidate: its changes, and what is known of them.

use std::rc::Rc;

use super::between::{Between, MIN_RUNS};
use super::common;
use super::evidence::Evidence;
use super::figures::Kind;
use super::paired::Paired;
use super::pairing::{Common, Pair, Phases};
use super::unpaired::{self, Own};
use super::{Change, Settings, Side, Verdict, probability_slower};
use crate::report::{LabelReport, Report};
use crate::stats::merged_counts;

/// A label's row in one run.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The run.
    pub report: &'a Report,
    /// The row.
    pub row: &'a LabelReport,
}

/// What two single runs have in common over time.
pub struct Course<'a> {
    baseline: &'a Report,
    candidate: &'a Report,
    common: Common,
}

impl<'a> Course<'a> {
    /// What two sides have in common, and in words what of them is not compared; `None` if one has
    /// several runs or no slices.
    pub fn of(baseline: &'a Side, candidate: &'a Side) -> Option<(Self, Option<String>)> {
        let ([a], [b]) = (&baseline.runs[..], &candidate.runs[..]) else {
            return None;
        };
        let (length, note) = common::length((&a.0, &a.1), (&b.0, &b.1))?;
        let course = Course {
            baseline: &a.1,
            candidate: &b.1,
            common: Common::new(a.1.slices.as_ref()?, b.1.slices.as_ref()?, length),
        };
        Some((course, note))
    }

    /// The pairs of a label, or of all together.
    fn pairs(&self, label: Option<&str>) -> Option<Vec<Pair>> {
        let (a, b) = (
            self.baseline.slices.as_ref()?,
            self.candidate.slices.as_ref()?,
        );
        match label {
            None => self.common.pairs((a, &a.total()), (b, &b.total())),
            Some(label) => {
                let (of_a, of_b) = (a.of_label(label)?, b.of_label(label)?);
                self.common.pairs((a, of_a), (b, of_b))
            }
        }
    }
}

/// One label on both sides.
pub struct Matched<'a> {
    baseline: &'a [Row<'a>],
    candidate: &'a [Row<'a>],
    basis: Basis<'a>,
}

/// What changes are judged by.
enum Basis<'a> {
    /// The same slices of two runs, and their usual width in ms.
    Phases(Vec<Pair>, u64),
    /// Two runs as a whole.
    Whole(unpaired::Sides<'a>),
    /// Several runs.
    Runs,
    /// A side does not have the label.
    Missing,
}

impl<'a> Matched<'a> {
    /// A label's rows on both sides, and what the sides have in common. Sides of several runs are
    /// compared run by run, also if the label is in only one of each.
    pub fn new(
        baseline: &'a [Row<'a>],
        candidate: &'a [Row<'a>],
        course: Option<&Course<'_>>,
        are_single: bool,
    ) -> Self {
        let basis = match (baseline, candidate) {
            ([], _) | (_, []) => Basis::Missing,
            ([a], [b]) if are_single => {
                let is_total = std::ptr::eq(a.row, &a.report.total);
                let label = (!is_total).then_some(a.row.label.as_str());
                let pairs =
                    course.and_then(|course| Some((course.pairs(label)?, course.common.slice_ms)));
                match pairs {
                    Some((pairs, slice_ms)) => Basis::Phases(pairs, slice_ms),
                    None => Basis::Whole(Rc::new((
                        Own::new(a.report, a.row, is_total),
                        Own::new(b.report, b.row, is_total),
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

    /// How it was paired, if it was.
    pub fn phases(&self) -> Option<Phases> {
        match &self.basis {
            Basis::Phases(pairs, slice_ms) => Some(Paired::new(pairs, *slice_ms).phases()),
            _ => None,
        }
    }

    /// The probability that a sample of the candidate is slower than one of the baseline.
    pub fn probability_slower(&self) -> Option<f64> {
        let distribution =
            |rows: &[Row<'_>]| merged_counts(rows.iter().map(|row| &row.row.distribution));
        probability_slower(&distribution(self.baseline), &distribution(self.candidate))
    }

    /// The change of a figure and, if it is tested, what is known of it; `None` if a side lacks it.
    pub fn change(
        &self,
        kind: Kind,
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
        // No error against none, and all against all, are verdicts without a test.
        if (is_tested || kind == Kind::ErrorPercent) && self.is_identical() {
            return Some((change(Some(Verdict::Identical)), None));
        }
        if !is_tested {
            let verdict = (kind == Kind::ErrorPercent).then_some(Verdict::NoChange);
            return Some((change(verdict), None));
        }
        let evidence = self.evidence(kind);
        let verdict = match &self.basis {
            Basis::Runs if self.has_few_runs() => Some(Verdict::TooFewRuns),
            _ => evidence.is_none().then_some(Verdict::TooFewSamples),
        };
        Some((change(verdict), evidence))
    }

    /// The standard deviation from run to run: of times as a share.
    pub fn run_deviation(&self, kind: Kind) -> Option<f64> {
        let between = self.between(kind)?;
        between
            .deviation
            .filter(|_| between.is_ratio() == kind.is_time())
    }

    fn evidence(&self, kind: Kind) -> Option<Evidence<'a>> {
        match &self.basis {
            Basis::Phases(pairs, slice_ms) => {
                let paired = Paired::new(pairs, *slice_ms);
                match kind {
                    Kind::Average => {
                        let summary = |rows: &'a [Row<'a>]| rows.first()?.row.elapsed.as_ref();
                        Some(paired.mean(summary(self.baseline)?, summary(self.candidate)?))
                    }
                    Kind::Percentile(percent) => paired.percentile(percent),
                    Kind::ErrorPercent => Some(paired.error_rate()),
                    _ => None,
                }
            }
            Basis::Whole(sides) => match kind {
                Kind::Average => unpaired::mean(sides),
                Kind::Percentile(percent) => unpaired::percentile(sides, percent),
                Kind::ErrorPercent => unpaired::error_rate(sides),
                _ => None,
            },
            Basis::Runs => self.between(kind)?.evidence(),
            Basis::Missing => None,
        }
    }

    fn between(&self, kind: Kind) -> Option<Between> {
        let values = |rows: &[Row<'_>]| -> Option<Vec<f64>> {
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

/// The value of a figure on one side: of several runs the geometric mean of times, and the mean of
/// the rest.
pub fn value(kind: Kind, rows: &[Row<'_>]) -> Option<f64> {
    let values: Option<Vec<f64>> = rows.iter().map(|row| kind.value(row.row)).collect();
    match values?[..] {
        [value] => Some(value),
        ref values => Some(Between::new(values, values, kind.is_time())?.baseline),
    }
}
