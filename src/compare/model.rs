//! The result of a comparison: plain data.

use serde::Serialize;

use super::Interval;
use super::evidence::Method;
use super::pairing::Phases;
use crate::percentile::Percentile;
use crate::report::{Detail, Report};

/// The settings of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Confidence of the whole comparison, 0 to 1.
    pub confidence: f64,
    /// Smallest change that matters, as a share of the baseline, 0 to 1.
    pub threshold_ratio: f64,
    /// Smallest change of a time that matters, ms.
    pub threshold_ms: f64,
    /// The percentiles that are shown.
    pub percentiles: Vec<Percentile>,
    /// The percentiles that are also tested.
    pub tested_percentiles: Vec<Percentile>,
}

/// One side of a comparison: a run, or several of the same system.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// Its runs, each with its name.
    pub runs: Vec<(String, Report)>,
}

impl Side {
    /// Creates a side of one run.
    pub fn of(name: impl Into<String>, report: Report) -> Self {
        let name = name.into();
        Side {
            name: name.clone(),
            runs: vec![(name, report)],
        }
    }
}

/// A comparison of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The settings.
    pub settings: Settings,
    /// Number of tests, which share the error probability (Holm).
    pub tests: u64,
    /// The baseline, then the candidates.
    pub runs: Vec<Run>,
    /// The labels of all runs in order of first appearance, then TOTAL.
    pub labels: Vec<LabelComparison>,
    /// Notes for the reader.
    pub notes: Vec<String>,
}

/// One side of a comparison, as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Run {
    /// Its name in this comparison.
    pub name: String,
    /// The names of its runs.
    pub members: Vec<String>,
    /// Details of its platform; empty if the results have none.
    pub details: Vec<Detail>,
}

/// One label on all sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LabelComparison {
    /// The label.
    pub label: String,
    /// Which sides have it.
    pub is_present: Vec<bool>,
    /// Per candidate, the probability that a sample is slower than one of the baseline, with ties
    /// counted half.
    pub probability_slower: Vec<Option<f64>>,
    /// Per candidate, how it was paired with the baseline; `None` if it was not.
    pub phases: Vec<Option<Phases>>,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// One figure of a label on all sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Figure {
    /// Its key, such as `p95`.
    pub key: String,
    /// Its title, such as `95% Line`.
    pub title: String,
    /// Its unit; empty for a count.
    pub unit: &'static str,
    /// Decimals to show.
    #[serde(skip)]
    pub decimals: usize,
    /// Its value on each side, over whole runs. Several runs are averaged: by the geometric mean for
    /// times, otherwise by the arithmetic mean.
    pub values: Vec<Option<f64>>,
    /// Its change to each candidate; `None` if a side lacks it.
    pub changes: Vec<Option<Change>>,
}

/// A change from the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Candidate minus baseline over whole runs, in the figure's unit.
    pub difference: f64,
    /// The difference as a share of the baseline; `None` if the baseline is 0.
    pub ratio: Option<f64>,
    /// The test behind the verdict; `None` for a figure that is not tested.
    pub test: Option<Test>,
    /// The verdict; `None` for a figure that is not tested.
    pub verdict: Option<Verdict>,
}

/// The test behind a verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// How the change was judged.
    pub method: Method,
    /// The change, in the figure's unit; for paired runs the weighted change within phases.
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// The confidence of that interval alone, 0 to 1. By Holm's method, the confidence of all
    /// intervals together is [`Settings::confidence`].
    pub confidence: f64,
    /// Whether the whole interval lies beyond the smallest change that matters, on the worse side.
    pub is_clear: bool,
    /// The smallest change that would have been detected with a probability of 80%, in the figure's
    /// unit.
    pub detectable: Option<f64>,
    /// The run-to-run standard deviation: for times as a share, for error rates in percentage
    /// points; `None` if the given runs do not show it.
    pub run_deviation: Option<f64>,
}

/// What a change means.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Both runs have the same samples.
    Identical,
    /// Significantly less, and by enough to matter.
    Better,
    /// Significantly more, and by enough to matter.
    Worse,
    /// Too small to matter.
    NoChange,
    /// Significant, but it may or may not be large enough to matter.
    Inconclusive,
    /// Too few samples to decide.
    TooFewSamples,
    /// There are enough samples, but the runs vary too much over time.
    TooVariable,
    /// There are several runs per side, but they vary too much from run to run.
    RunsVary,
    /// Too few runs to tell a change from run-to-run variation.
    TooFewRuns,
}

impl Verdict {
    /// Returns the verdict in words, such as "no change".
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Identical => "identical",
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::NoChange => "no change",
            Verdict::Inconclusive => "inconclusive",
            Verdict::TooFewSamples => "too few samples",
            Verdict::TooVariable => "varies too much over time",
            Verdict::RunsVary => "varies too much from run to run",
            Verdict::TooFewRuns => "too few runs",
        }
    }
}

/// A verdict, and the figure and candidate that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The label.
    pub label: &'a LabelComparison,
    /// The figure.
    pub figure: &'a Figure,
    /// The candidate's index, from 0.
    pub candidate: usize,
    /// The change.
    pub change: &'a Change,
    /// The verdict.
    pub verdict: Verdict,
}

impl Comparison {
    /// Iterates over all verdicts.
    pub fn verdicts(&self) -> impl Iterator<Item = Found<'_>> {
        self.labels.iter().flat_map(|label| {
            label.figures.iter().flat_map(move |figure| {
                let changes = figure.changes.iter().enumerate();
                changes.filter_map(move |(candidate, change)| {
                    let change = change.as_ref()?;
                    Some(Found {
                        label,
                        figure,
                        candidate,
                        change,
                        verdict: change.verdict?,
                    })
                })
            })
        })
    }

    /// Whether this candidate and the baseline have only one run each.
    pub fn is_single(&self, candidate: usize) -> bool {
        let side = |place: usize| self.runs.get(place).map_or(0, |run| run.members.len());
        side(0) == 1 && side(candidate + 1) == 1
    }

    /// Iterates over the figures that got significantly worse. For single runs, whose difference may
    /// not repeat, the whole interval must lie beyond the smallest change that matters.
    pub fn regressions(&self) -> impl Iterator<Item = Found<'_>> {
        self.verdicts().filter(|found| {
            let is_clear = found.change.test.as_ref().is_some_and(|test| test.is_clear);
            found.verdict == Verdict::Worse && (is_clear || !self.is_single(found.candidate))
        })
    }

    /// Iterates over the labels of the baseline that this candidate lacks.
    pub fn vanished(&self, candidate: usize) -> impl Iterator<Item = &str> {
        self.on_one_side(0, candidate + 1)
    }

    /// Iterates over the labels of this candidate that the baseline lacks.
    pub fn added(&self, candidate: usize) -> impl Iterator<Item = &str> {
        self.on_one_side(candidate + 1, 0)
    }

    fn on_one_side(&self, present: usize, missing: usize) -> impl Iterator<Item = &str> {
        let labels = self.labels.iter();
        labels
            .filter(move |label| label.is_present[present] && !label.is_present[missing])
            .map(|label| label.label.as_str())
    }
}
