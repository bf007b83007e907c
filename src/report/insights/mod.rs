//! Finds insights: what a run's figures show about the server and the load, and what makes the figures
//! themselves misleading.
//!
//! Each kind has its own file, reports only on clear evidence, and states the figures that it is based
//! on: a wrong insight costs more trust than ten right ones earn.

mod bimodal;
mod clocks;
mod connect;
mod course;
mod error_bursts;
mod fast_errors;
mod gap;
mod knee;
mod label_names;
mod schedule;
mod several_runs;
mod slow_label;
mod slow_origin;
mod stalls;
mod steady;
mod stray_times;
mod times;
mod too_few;
mod words;

use serde::{Deserialize, Serialize};

use self::course::Course;
use super::{LabelReport, TimeSeries, Window};
use crate::analysed::Analysed;
use crate::stats::{Aggregate, DenseTimeline, Distribution, Label, LabelStats};

pub use bimodal::Bimodal;
pub use clocks::ClocksApart;
pub use connect::{ConnectTime, NewConnections};
pub use error_bursts::ErrorBurst;
pub use fast_errors::FastErrors;
pub use gap::Gap;
pub use knee::Knee;
pub use label_names::{IdsInLabels, SubResults};
pub use schedule::LateGenerator;
pub use several_runs::SeveralRuns;
pub use slow_label::SlowLabel;
pub use slow_origin::{SlowEngine, SlowHost};
pub use stalls::PeriodicStalls;
pub use steady::SteadyWindow;
pub use stray_times::StrayTimes;
pub use too_few::TooFewSamples;

/// A finding about a run, with a sentence that states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Insight {
    /// What was found, and the figures that it is based on.
    #[serde(flatten)]
    pub finding: Finding,
    /// The finding in one or two sentences.
    pub sentence: String,
}

/// What was found. Kinds up to [`Finding::SubResults`], and [`Finding::TooFewSamples`], say how far
/// the run's figures can be trusted; the others are about the server and the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// Samples have times implausibly far from all others.
    StrayTimes(StrayTimes),
    /// One file holds several runs, each with its own header.
    SeveralRuns(SeveralRuns),
    /// Nothing was sent for a while: perhaps there are several runs in one file.
    Gap(Gap),
    /// A load generator's clock is off.
    ClocksApart(ClocksApart),
    /// The load generator fell behind its usual pace.
    LateGenerator(LateGenerator),
    /// Fast errors make the percentiles look better.
    FastErrors(FastErrors),
    /// Nearly every request opened a new connection.
    NewConnections(NewConnections),
    /// The number of labels suggests that they contain ids.
    IdsInLabels(IdsInLabels),
    /// Sub-results are counted as well as their parents.
    SubResults(SubResults),
    /// Throughput stopped growing while response times rose.
    Knee(Knee),
    /// The figures while all threads were up differ from those of the whole run.
    SteadyWindow(SteadyWindow),
    /// Requests stall at regular intervals.
    PeriodicStalls(PeriodicStalls),
    /// For a while, far more samples failed than otherwise.
    ErrorBurst(ErrorBurst),
    /// A label is much slower than the others.
    SlowLabel(SlowLabel),
    /// A server is much slower than the others.
    SlowHost(SlowHost),
    /// The samples of one load generator are much slower than those of the others.
    SlowEngine(SlowEngine),
    /// Latency is mostly connect time.
    ConnectTime(ConnectTime),
    /// A label has two groups of response times.
    Bimodal(Bimodal),
    /// A percentile that is shown has too few samples.
    TooFewSamples(TooFewSamples),
}

impl Finding {
    /// Returns the finding in one or two sentences, which all renderers print.
    fn sentence(&self) -> String {
        match self {
            Finding::StrayTimes(found) => found.sentence(),
            Finding::SeveralRuns(found) => found.sentence(),
            Finding::Gap(found) => found.sentence(),
            Finding::ClocksApart(found) => found.sentence(),
            Finding::LateGenerator(found) => found.sentence(),
            Finding::FastErrors(found) => found.sentence(),
            Finding::NewConnections(found) => found.sentence(),
            Finding::IdsInLabels(found) => found.sentence(),
            Finding::SubResults(found) => found.sentence(),
            Finding::Knee(found) => found.sentence(),
            Finding::SteadyWindow(found) => found.sentence(),
            Finding::PeriodicStalls(found) => found.sentence(),
            Finding::ErrorBurst(found) => found.sentence(),
            Finding::SlowLabel(found) => found.sentence(),
            Finding::SlowHost(found) => found.sentence(),
            Finding::SlowEngine(found) => found.sentence(),
            Finding::ConnectTime(found) => found.sentence(),
            Finding::Bimodal(found) => found.sentence(),
            Finding::TooFewSamples(found) => found.sentence(),
        }
    }
}

impl From<Finding> for Insight {
    fn from(finding: Finding) -> Self {
        Insight {
            sentence: finding.sentence(),
            finding,
        }
    }
}

/// What insights are derived from: parts of the report, and the aggregate behind them.
pub(super) struct Evidence<'a> {
    /// The record of the run.
    pub analysed: &'a Analysed,
    /// The aggregate of all samples that count.
    pub aggregate: &'a Aggregate,
    /// All labels.
    pub labels: &'a [Label<'a>],
    /// All samples except those of transaction controllers.
    pub samplers: &'a LabelStats,
    /// The rows of the aggregate table, which show percentiles; TOTAL is last.
    pub rows: &'a [&'a LabelReport],
    /// Elapsed times of all samples.
    pub elapsed: &'a Distribution,
    /// From the first start to the last end, without samples at stray times.
    pub window: Option<Window>,
    /// The run over time, without samples at stray times.
    pub timeline: &'a DenseTimeline,
    /// The time series of `timeline`.
    pub series: Option<&'a TimeSeries>,
    /// Samples at stray times.
    pub stray_times: Option<&'a StrayTimes>,
}

/// Finds the insights of a run, in the order of their kinds.
pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Insight> {
    let course = match (evidence.series, evidence.window) {
        (Some(series), Some(window)) => {
            Course::new(evidence.timeline, series, window, evidence.elapsed.counts())
        }
        _ => Course::default(),
    };
    let several = several_runs(evidence, &course);
    let is_one_run = several.is_empty();
    let doubts = doubts(evidence);
    let stray = evidence.stray_times.cloned();
    let mut found: Vec<Finding> = stray.map(Finding::StrayTimes).into_iter().collect();
    found.extend(several);
    // Transaction controllers and sub-results count the same waiting time twice, so that threads
    // would seem twice as busy.
    let is_doubled = evidence.aggregate.controller_rows() > 0
        || doubts
            .iter()
            .any(|doubt| matches!(doubt, Finding::SubResults(_)));
    if is_one_run && !is_doubled {
        found.extend(schedule::find(&course).map(Finding::LateGenerator));
    }
    found.extend(doubts);
    // Several runs in one file have no common course.
    if is_one_run {
        found.extend(knee::find(&course).map(Finding::Knee));
        found.extend(steady::find(&course).map(Finding::SteadyWindow));
        found.extend(stalls::find(&course).map(Finding::PeriodicStalls));
    }
    let bursts = error_bursts::find(&course, evidence.aggregate, evidence.series);
    found.extend(bursts.into_iter().map(Finding::ErrorBurst));
    found.extend(slow_parts(evidence));
    found.extend(too_few(evidence).map(Finding::TooFewSamples));
    found.into_iter().map(Insight::from).collect()
}

/// Finds several runs in one file, or clocks that differ: either explains a gap.
fn several_runs(evidence: &Evidence<'_>, course: &Course) -> Vec<Finding> {
    let inputs = &evidence.analysed.inputs;
    let mut found: Vec<Finding> = several_runs::find(inputs)
        .into_iter()
        .map(Finding::SeveralRuns)
        .collect();
    let apart = clocks::find(evidence.timeline, inputs);
    if found.is_empty() && apart.is_none() {
        found.extend(gap::find(course).map(Finding::Gap));
    }
    found.extend(apart.map(Finding::ClocksApart));
    found
}

/// Finds what makes the figures misleading, whatever the course of the run.
fn doubts(evidence: &Evidence<'_>) -> Vec<Finding> {
    let samplers = evidence.samplers;
    let ids = label_names::ids(samplers.samples, evidence.labels.len());
    let sub_results = label_names::sub_results(evidence.analysed, evidence.labels);
    let doubts = [
        fast_errors::find(samplers).map(Finding::FastErrors),
        connect::new_connections(samplers).map(Finding::NewConnections),
        ids.map(Finding::IdsInLabels),
        sub_results.map(Finding::SubResults),
    ];
    doubts.into_iter().flatten().collect()
}

/// Finds slow labels, hosts and engines, and what makes samples slow.
fn slow_parts(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Evidence {
        aggregate,
        labels,
        samplers,
        ..
    } = *evidence;
    let slow_labels = slow_label::find(labels, samplers);
    let host = slow_origin::slow_host(aggregate, labels, &slow_labels);
    let engine = slow_origin::slow_engine(aggregate, &evidence.analysed.inputs);
    // The insight on new connections already states the connect time.
    let connects = connect::new_connections(samplers).is_some();
    let connect_time = connect::connect_time(samplers).filter(|_| !connects);
    // Each of these causes two groups of response times, and explains them.
    let is_explained = host.is_some() || engine.is_some() || connects || connect_time.is_some();
    let bimodal = match is_explained {
        true => Vec::new(),
        false => bimodal::find(labels, evidence.series),
    };
    let mut found: Vec<Finding> = slow_labels.into_iter().map(Finding::SlowLabel).collect();
    found.extend(host.map(Finding::SlowHost));
    found.extend(engine.map(Finding::SlowEngine));
    found.extend(connect_time.map(Finding::ConnectTime));
    found.extend(bimodal.into_iter().map(Finding::Bimodal));
    found
}

/// Finds percentiles of too few samples. If labels contain ids, only TOTAL is checked.
fn too_few(evidence: &Evidence<'_>) -> Option<TooFewSamples> {
    let ids = label_names::ids(evidence.samplers.samples, evidence.labels.len());
    match (ids, evidence.rows) {
        (Some(_), [_, .., total]) => too_few::find(&[*total]),
        (_, rows) => too_few::find(rows),
    }
}
