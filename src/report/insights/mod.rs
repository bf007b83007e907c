//! What a run's figures say in words: where its performance changed, and what flatters or spoils
//! them. Each kind has a file; each speaks only on clear evidence, states the figures it rests on,
//! and is silent otherwise: one that is wrong costs more trust than ten that are right earn.

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
mod times;
mod too_few;
mod words;

use serde::{Deserialize, Serialize};

use self::course::Course;
use super::{LabelReport, TimeSeries, Window};
use crate::analysed::Analysed;
use crate::stats::{Aggregate, Distribution, Label, LabelStats};

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
pub use too_few::TooFewSamples;

/// Something that a run's figures say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Insight {
    /// What was found, and the figures it rests on.
    #[serde(flatten)]
    pub finding: Finding,
    /// The same in a sentence or two.
    pub sentence: String,
}

/// What was found: the kind, and its figures. Those up to [`Finding::SubResults`], and
/// [`Finding::TooFewSamples`], say how far the run's figures are to be trusted; the others what they
/// tell of the server and the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// Several runs in one file, by its headers.
    SeveralRuns(SeveralRuns),
    /// A time in which nothing was sent: several runs in one file, perhaps.
    Gap(Gap),
    /// A load generator whose clock is apart from the others'.
    ClocksApart(ClocksApart),
    /// A load generator that fell behind the pace that it otherwise kept.
    LateGenerator(LateGenerator),
    /// Errors so fast that they flatter the percentiles.
    FastErrors(FastErrors),
    /// A new connection for nearly every request.
    NewConnections(NewConnections),
    /// Labels so many that they seem to hold ids.
    IdsInLabels(IdsInLabels),
    /// Sub-results counted beside their parents.
    SubResults(SubResults),
    /// Where throughput stopped growing while response times rose.
    Knee(Knee),
    /// The time when all threads were up, against the whole run.
    SteadyWindow(SteadyWindow),
    /// Samples that wait every so often, all at once.
    PeriodicStalls(PeriodicStalls),
    /// A time in which far more samples failed than otherwise.
    ErrorBurst(ErrorBurst),
    /// A label much slower than the others.
    SlowLabel(SlowLabel),
    /// A server much slower than the others.
    SlowHost(SlowHost),
    /// A load generator whose samples take much longer than the others'.
    SlowEngine(SlowEngine),
    /// Latency that is mostly time to connect.
    ConnectTime(ConnectTime),
    /// A label with two kinds of response times.
    Bimodal(Bimodal),
    /// Too few samples for a percentile that is shown.
    TooFewSamples(TooFewSamples),
}

impl Finding {
    /// In a sentence or two, for every renderer the same.
    fn sentence(&self) -> String {
        match self {
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

/// What insights are drawn from: the parts of a report, and what they were made of.
pub(super) struct Evidence<'a> {
    /// The record of the run.
    pub analysed: &'a Analysed,
    /// Everything counted.
    pub aggregate: &'a Aggregate,
    /// All labels.
    pub labels: &'a [Label<'a>],
    /// All samples but those of transaction controllers.
    pub samplers: &'a LabelStats,
    /// The rows of the aggregate table that percentiles are shown for, TOTAL last.
    pub rows: &'a [&'a LabelReport],
    /// Elapsed of all samples.
    pub elapsed: &'a Distribution,
    /// First start to last end.
    pub window: Option<Window>,
    /// The run over time.
    pub series: Option<&'a TimeSeries>,
}

/// The insights of a run, in the order of their kinds.
pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Insight> {
    let course = match (evidence.series, evidence.window) {
        (Some(series), Some(window)) => Course::new(
            evidence.aggregate,
            series,
            window,
            evidence.elapsed.counts(),
        ),
        _ => Course::default(),
    };
    let several = several_runs(evidence, &course);
    let is_one_run = several.is_empty();
    let doubts = doubts(evidence);
    let mut found = several;
    // What transaction controllers and sub-results wait for, their samples wait for, too: threads
    // would seem twice as busy.
    let is_doubled = evidence.aggregate.controller_rows() > 0
        || doubts
            .iter()
            .any(|doubt| matches!(doubt, Finding::SubResults(_)));
    if is_one_run && !is_doubled {
        found.extend(schedule::find(&course).map(Finding::LateGenerator));
    }
    found.extend(doubts);
    // The course of several runs is none: it starts anew.
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

/// Whether the results are of several runs, or of one by clocks that are apart: each explains a gap.
fn several_runs(evidence: &Evidence<'_>, course: &Course) -> Vec<Finding> {
    let inputs = &evidence.analysed.inputs;
    let mut found: Vec<Finding> = several_runs::find(inputs)
        .into_iter()
        .map(Finding::SeveralRuns)
        .collect();
    let apart = clocks::find(evidence.aggregate.series(), inputs);
    if found.is_empty() && apart.is_none() {
        found.extend(gap::find(course).map(Finding::Gap));
    }
    found.extend(apart.map(Finding::ClocksApart));
    found
}

/// What flatters or spoils the figures of any run.
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

/// Which labels, hosts and engines are slow, and by what.
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
    // That nearly every request connects is told with what it takes.
    let connects = connect::new_connections(samplers).is_some();
    let connect_time = connect::connect_time(samplers).filter(|_| !connects);
    // Each makes two kinds of response times, and says why.
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

/// Whether rows of the table have too few samples. That labels which hold ids do goes without saying.
fn too_few(evidence: &Evidence<'_>) -> Option<TooFewSamples> {
    let ids = label_names::ids(evidence.samplers.samples, evidence.labels.len());
    match (ids, evidence.rows) {
        (Some(_), [_, .., total]) => too_few::find(&[*total]),
        (_, rows) => too_few::find(rows),
    }
}
