//! The result of a comparison: plain data.

use serde::Serialize;

use super::Interval;
use super::evidence::Method;
use super::pairing::Phases;
use crate::percentile::Percentile;
use crate::report::{Detail, Report};

/// What a comparison is held to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Confidence of the whole comparison, 0 to 1.
    pub confidence: f64,
    /// Smallest change that matters, as a share of the baseline, 0 to 1.
    pub threshold_ratio: f64,
    /// Smallest change of a time that matters, ms.
    pub threshold_ms: f64,
    /// The percentiles shown.
    pub percentiles: Vec<Percentile>,
    /// Those of them that are tested.
    pub tested_percentiles: Vec<Percentile>,
}

/// One side of a comparison: a run, or several of the same system.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// Its runs and their names.
    pub runs: Vec<(String, Report)>,
}

impl Side {
    /// A side of one run.
    pub fn of(name: impl Into<String>, report: Report) -> Self {
        let name = name.into();
        Side {
            name: name.clone(),
            runs: vec![(name, report)],
        }
    }
}

/// Runs compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What it was held to.
    pub settings: Settings,
    /// Number of figures tested, which share the doubt (Holm).
    pub tests: u64,
    /// The baseline, then the candidates.
    pub runs: Vec<Run>,
    /// The labels of any run in order of appearance, then TOTAL.
    pub labels: Vec<LabelComparison>,
    /// What a reader should know, in words.
    pub notes: Vec<String>,
}

/// One side, as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Its name here.
    pub name: String,
    /// The names of its runs.
    pub members: Vec<String>,
    /// The platform's details; empty for results that have none.
    pub details: Vec<Detail>,
}

/// One label in all runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelComparison {
    /// The label.
    pub label: String,
    /// Which sides have it.
    pub is_present: Vec<bool>,
    /// By candidate, the probability that its samples are slower than the baseline's, ties half.
    pub probability_slower: Vec<Option<f64>>,
    /// By candidate, how it was paired with the baseline; `None` if it was not.
    pub phases: Vec<Option<Phases>>,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// One figure on all sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// Its value on each side, over whole runs; of several runs the geometric mean of times and
    /// the mean of the rest.
    pub values: Vec<Option<f64>>,
    /// Its change to each candidate; `None` where a side lacks it.
    pub changes: Vec<Option<Change>>,
}

/// A change from the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Candidate less baseline, in the figure's unit, over whole runs.
    pub difference: f64,
    /// The difference as a share of the baseline; `None` of a baseline of 0.
    pub ratio: Option<f64>,
    /// What the verdict rests on; `None` for a figure that is not tested.
    pub test: Option<Test>,
    /// What it means; `None` for a figure that is not tested.
    pub verdict: Option<Verdict>,
}

/// What a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// How the change was judged.
    pub method: Method,
    /// The change, in the figure's unit. Of paired runs it is the weighted change within phases.
    pub estimate: f64,
    /// Its interval.
    pub interval: Interval,
    /// The confidence of that interval alone, 0 to 1: with it and Holm's method, that of all
    /// intervals together is [`Settings::confidence`].
    pub confidence: f64,
    /// Whether the whole interval is worse than the smallest change that matters.
    pub is_clear: bool,
    /// The smallest change that would have been found with a probability of 80%, in the figure's
    /// unit.
    pub detectable: Option<f64>,
    /// The standard deviation from run to run: of times as a share, of error rates in percentage
    /// points; `None` if it cannot be told from the runs given.
    pub run_deviation: Option<f64>,
}

/// What a change means.
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
    /// There are too few samples to tell.
    TooFewSamples,
    /// There are samples enough, but the runs vary too much over time.
    TooVariable,
    /// Several runs per side vary too much from run to run.
    RunsVary,
    /// There are too few runs to tell a change from what differs between runs anyway.
    TooFewRuns,
}

impl Verdict {
    /// In words.
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

/// A verdict with its place.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The label.
    pub label: &'a LabelComparison,
    /// The figure.
    pub figure: &'a Figure,
    /// The candidate, counted from 0.
    pub candidate: usize,
    /// The change.
    pub change: &'a Change,
    /// The verdict.
    pub verdict: Verdict,
}

impl Comparison {
    /// Every verdict.
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

    /// Whether this side and the baseline have one run each.
    pub fn is_single(&self, candidate: usize) -> bool {
        let side = |place: usize| self.runs.get(place).map_or(0, |run| run.members.len());
        side(0) == 1 && side(candidate + 1) == 1
    }

    /// The figures that surely got worse: of single runs, whose difference may not repeat, only if
    /// the whole interval is beyond what matters.
    pub fn regressions(&self) -> impl Iterator<Item = Found<'_>> {
        self.verdicts().filter(|found| {
            let is_clear = found.change.test.as_ref().is_some_and(|test| test.is_clear);
            found.verdict == Verdict::Worse && (is_clear || !self.is_single(found.candidate))
        })
    }

    /// The labels of the baseline that the candidate of this number lacks.
    pub fn vanished(&self, candidate: usize) -> impl Iterator<Item = &str> {
        self.on_one_side(0, candidate + 1)
    }

    /// The labels of the candidate of this number that the baseline lacks.
    pub fn added(&self, candidate: usize) -> impl Iterator<Item = &str> {
        self.on_one_side(candidate + 1, 0)
    }

    fn on_one_side(&self, there: usize, missing: usize) -> impl Iterator<Item = &str> {
        let labels = self.labels.iter();
        labels
            .filter(move |label| label.is_present[there] && !label.is_present[missing])
            .map(|label| label.label.as_str())
    }
}
