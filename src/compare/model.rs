//! The result of a comparison: plain data.

use serde::Serialize;

use super::Interval;
use crate::percentile::Percentile;
use crate::report::Detail;

/// What a comparison is held to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Confidence of the whole comparison, 0 to 1.
    pub confidence: f64,
    /// Smallest change that matters, as a share of the baseline, 0 to 1.
    pub threshold_ratio: f64,
    /// Smallest change of a time that matters, ms.
    pub threshold_ms: f64,
    /// The percentiles compared.
    pub percentiles: Vec<Percentile>,
}

/// Runs compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What it was held to.
    pub settings: Settings,
    /// Number of figures tested, among which the doubt is shared.
    pub tests: u64,
    /// The baseline, then the candidates.
    pub runs: Vec<Run>,
    /// The labels of any run in order of appearance, then TOTAL.
    pub labels: Vec<LabelComparison>,
    /// What a reader should know, in words.
    pub notes: Vec<String>,
}

/// One of the runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Its name here.
    pub name: String,
    /// The platform's details; empty for results that have none.
    pub details: Vec<Detail>,
}

/// One label in all runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelComparison {
    /// The label.
    pub label: String,
    /// Which runs have it.
    pub is_present: Vec<bool>,
    /// By candidate, the probability that its samples are slower than the baseline's, ties half.
    pub probability_slower: Vec<Option<f64>>,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// One figure in all runs.
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
    /// Its value in each run.
    pub values: Vec<Option<f64>>,
    /// Its change to each candidate; `None` where a side lacks it.
    pub changes: Vec<Option<Change>>,
}

/// A change from the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Candidate less baseline, in the figure's unit.
    pub difference: f64,
    /// The difference as a share of the baseline; `None` of a baseline of 0.
    pub ratio: Option<f64>,
    /// The interval of the difference; `None` for a figure that is not tested.
    pub interval: Option<Interval>,
    /// What it means; `None` for a figure that is not tested.
    pub verdict: Option<Verdict>,
}

/// What a change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Both runs have the same samples.
    Identical,
    /// Surely less, and by enough to matter.
    Better,
    /// Surely more, and by enough to matter.
    Worse,
    /// Surely too small to matter.
    NoChange,
    /// The samples do not tell.
    Inconclusive,
    /// There are too few samples to bound the figure.
    TooFewSamples,
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
        }
    }
}

impl Comparison {
    /// Every verdict with its label, figure and candidate's place.
    pub fn verdicts(
        &self,
    ) -> impl Iterator<Item = (&LabelComparison, &Figure, usize, &Change, Verdict)> {
        self.labels.iter().flat_map(|label| {
            label.figures.iter().flat_map(move |figure| {
                let changes = figure.changes.iter().enumerate();
                changes.filter_map(move |(place, change)| {
                    let change = change.as_ref()?;
                    Some((label, figure, place, change, change.verdict?))
                })
            })
        })
    }

    /// Whether any figure got worse.
    pub fn is_worse(&self) -> bool {
        self.verdicts().any(|found| found.4 == Verdict::Worse)
    }
}
