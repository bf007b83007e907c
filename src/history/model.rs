//! The result of a history: plain data.

use serde::Serialize;

use super::metric::Metric;
use crate::report::Detail;

/// Version of the layout of a history as JSON; it grows when a field changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// A history of runs, by platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct History {
    /// [`SCHEMA_VERSION`] of the perfkit that wrote it.
    pub schema_version: u32,
    /// Version of perfkit that wrote it.
    pub perfkit_version: String,
    /// The metrics, in the order given.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub metrics: Vec<Metric>,
    /// One per platform, the one with the newest run first.
    pub platforms: Vec<PlatformHistory>,
    /// Notes for the reader, such as files that were passed over.
    pub notes: Vec<String>,
}

/// The history of one platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PlatformHistory {
    /// What identifies the platform; `None` if nothing names it.
    pub platform: Option<String>,
    /// Its runs, oldest first.
    pub runs: Vec<Run>,
    /// Its changes by label, the newest first.
    pub events: Vec<Event>,
    /// One per label and metric: TOTAL first, then in order of first appearance.
    pub series: Vec<Series>,
    /// The verdict on its newest run over all series.
    pub verdict: Verdict,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Run {
    /// Its number within its platform, from 1.
    pub number: usize,
    /// Its name, such as `commit abc1234`.
    pub name: String,
    /// First start of a sample, epoch ms.
    pub start_ms: i64,
    /// Details of its platform and build.
    pub details: Vec<Detail>,
    /// The file that it was read from.
    pub input: String,
    /// The page of its report, if there is one beside the file.
    pub report: Option<String>,
}

/// A metric of a label over the runs of a platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Series {
    /// The label; TOTAL for all samples.
    pub label: String,
    /// The metric, such as `p95`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub metric: Metric,
    /// The unit of its values: `ms`, `%`, `/s` or `KB/s`.
    pub unit: &'static str,
    /// Its value in each run; `None` where the run lacks it.
    pub values: Vec<Option<f64>>,
    /// Its levels, in order.
    pub levels: Vec<Level>,
    /// Indices of runs far from their level.
    pub outliers: Vec<usize>,
    /// What was expected of the newest run; `None` if that run lacks the figure.
    pub newest: Option<Expectation>,
}

/// Consecutive runs without a change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Level {
    /// Index of its first run.
    pub first: usize,
    /// Index of its last run.
    pub last: usize,
    /// The mean of its runs: geometric for times and rates. Outliers count as values near it.
    pub value: f64,
    /// Two of three runs lie above this.
    pub low: f64,
    /// Two of three runs lie between [`Level::low`] and this.
    pub high: f64,
}

/// The changes of a label at a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Event {
    /// Index of the first run at the new level.
    pub run: usize,
    /// The label.
    pub label: String,
    /// The changes of its metrics, the clearest first; they begin within a few runs of each other.
    pub changes: Vec<Change>,
}

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// The metric.
    #[cfg_attr(test, schemars(with = "String"))]
    pub metric: Metric,
    /// Index of the first run at the new level.
    pub run: usize,
    /// The level before.
    pub from: f64,
    /// The level after.
    pub to: f64,
    /// The change as a share of the level before; `None` if that is 0.
    pub ratio: Option<f64>,
    /// Whether it is for the worse.
    pub is_worse: bool,
    /// How clear it is: twice the logarithm of a likelihood ratio.
    pub strength: f64,
    /// What happened since.
    pub since: Since,
}

/// What happened after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// The new level has stayed until the newest run.
    Stayed,
    /// The figure came back near its former level, at the run with this index.
    CameBack(usize),
    /// It changed again, to another level, at the run with this index.
    ChangedAgain(usize),
}

/// What was expected of the newest run, from the runs of the current level before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Expectation {
    /// Its value.
    pub value: f64,
    /// The level before it; `None` without one.
    pub level: Option<f64>,
    /// The lower end of the prediction interval; `None` if it is not judged.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

/// The verdict on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Too few earlier runs to judge it.
    NotJudged,
    /// Within what the earlier runs let expect.
    AsExpected,
    /// Beyond that, for the better.
    Better,
    /// Beyond that, for the worse.
    Worse,
}

impl Verdict {
    /// Returns the verdict in words, such as "as expected".
    pub fn words(self) -> &'static str {
        match self {
            Verdict::NotJudged => "not judged",
            Verdict::AsExpected => "as expected",
            Verdict::Better => "better",
            Verdict::Worse => "worse",
        }
    }
}

impl History {
    /// Returns the platform of the newest run; `None` without runs.
    pub fn newest(&self) -> Option<&PlatformHistory> {
        self.platforms.first()
    }
}

impl PlatformHistory {
    /// Iterates over the series whose newest value has this verdict.
    pub fn judged(&self, verdict: Verdict) -> impl Iterator<Item = (&Series, &Expectation)> {
        let series = self.series.iter();
        series.filter_map(move |series| {
            let newest = series.newest.as_ref()?;
            (newest.verdict == verdict).then_some((series, newest))
        })
    }

    /// Iterates over its labels, in the order of its series.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let mut last = None;
        let labels = self.series.iter().map(|series| series.label.as_str());
        labels.filter(move |label| last.replace(*label) != Some(*label))
    }
}
