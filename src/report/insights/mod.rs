//! Finds insights: what a run's figures show about the server and the load, and what makes the figures
//! themselves misleading.
//!
//! Each kind has its own file, reports only on clear evidence, and states the figures that it is based
//! on: a wrong insight costs more trust than ten right ones earn.

mod caveats;
mod course;
mod failures;
mod load;
mod next_step;
mod origins;
mod pauses;
mod place;
mod stray_times;
mod times;
mod words;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use self::course::Course;
use super::{LabelReport, ResourceRow, TimeSeries, Window};
use crate::analysed::Analysed;
use crate::stats::{Aggregate, DenseTimeline, Distribution, Label, LabelStats};

pub use caveats::{Caveat, CaveatReason, IdsInLabels, SeveralRuns, SubResults, TooFewSamples};
pub use failures::{ErrorBurst, FailingSince, FastErrors, OftenFails, Timeouts};
pub use load::{
    Collapse, Drift, LateGenerator, LowLoad, RisesWithLoad, SaturatedThroughput, SteadyWindow,
};
pub use origins::{
    AlwaysFails, Bimodal, ConnectTime, NewConnections, Part, SlowEngine, SlowHost, SlowLabel,
    Unreachable,
};
pub use pauses::{ClocksApart, Gap, PeriodicStalls, Stall};
pub use place::Place;
pub use stray_times::StrayTimes;

/// A finding about a run, with a sentence that states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Insight {
    /// What was found, and the figures that it is based on.
    #[serde(flatten)]
    pub finding: Finding,
    /// The finding in one plain sentence.
    pub sentence: String,
    /// The options of `analyze` that show its figures if they are added to those given, one argument per
    /// entry; empty if none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_step: Vec<String>,
    /// What it costs, 0 to 1: the share of requests that it concerns times how badly it hurts them.
    /// Insights are in descending order of it.
    #[serde(default)]
    pub cost: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// Samples have times implausibly far from all others.
    StrayTimes(StrayTimes),
    /// Nothing was sent for a while: perhaps there are several runs in one file.
    Gap(Gap),
    /// A load generator's clock is off.
    ClocksApart(ClocksApart),
    /// The load generator fell behind its usual pace.
    LateGenerator(LateGenerator),
    /// Many samples end at one same time.
    Timeouts(Timeouts),
    /// Every request of the run, or of a part of it, failed, or nearly every one.
    AlwaysFails(AlwaysFails),
    /// The run, or labels, often fail.
    OftenFails(OftenFails),
    /// A host never answered.
    Unreachable(Unreachable),
    /// Fast errors make the percentiles look better.
    FastErrors(FastErrors),
    /// Nearly every request opened a new connection.
    NewConnections(NewConnections),
    /// Throughput fell as the number of threads grew.
    Collapse(Collapse),
    /// Throughput stopped growing while response times rose.
    Saturation(SaturatedThroughput),
    /// Response times rose with the number of threads.
    RisesWithLoad(RisesWithLoad),
    /// Response times rose over time at a constant load.
    Drift(Drift),
    /// Few of the users were ever active at the same time.
    LowLoad(LowLoad),
    /// The figures while all threads were up differ from those of the whole run.
    SteadyWindow(SteadyWindow),
    /// Requests stall at regular intervals.
    PeriodicStalls(PeriodicStalls),
    /// From a moment on, far more samples fail than before.
    FailingSince(FailingSince),
    /// All requests stalled once or a few times.
    Stall(Stall),
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
}

/// What a finding tells: each kind implements it.
trait Told {
    /// Returns the finding in one plain sentence of at most 25 words.
    fn sentence(&self) -> String;

    /// Returns the options of `analyze` that show its figures.
    fn next_step(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns the share of requests that it concerns times how badly it hurts them, 0 to 1.
    fn cost(&self, run: &Totals) -> f64;
}

/// How badly it hurts a request to fail, to be slow, or to be in figures that mislead.
mod severity {
    pub const FAILED: f64 = 1.0;
    pub const SLOW: f64 = 0.5;
    pub const MISLEADING: f64 = 0.25;
}

/// The size of the run, by which costs are measured.
struct Totals {
    /// Samples, without those of transaction controllers.
    samples: u64,
    /// From the first start to the last end, ms.
    length_ms: i64,
}

impl Totals {
    /// Returns the share that these samples are of the run's.
    fn share(&self, samples: u64) -> f64 {
        samples as f64 / self.samples.max(1) as f64
    }

    /// Returns the share that a time is of the run's.
    fn share_of_time(&self, ms: i64) -> f64 {
        ms as f64 / self.length_ms.max(1) as f64
    }
}

impl Finding {
    fn told(&self) -> &dyn Told {
        match self {
            Finding::StrayTimes(found) => found,
            Finding::Gap(found) => found,
            Finding::ClocksApart(found) => found,
            Finding::LateGenerator(found) => found,
            Finding::Timeouts(found) => found,
            Finding::AlwaysFails(found) => found,
            Finding::OftenFails(found) => found,
            Finding::Unreachable(found) => found,
            Finding::FastErrors(found) => found,
            Finding::NewConnections(found) => found,
            Finding::Collapse(found) => found,
            Finding::Saturation(found) => found,
            Finding::RisesWithLoad(found) => found,
            Finding::Drift(found) => found,
            Finding::LowLoad(found) => found,
            Finding::SteadyWindow(found) => found,
            Finding::PeriodicStalls(found) => found,
            Finding::FailingSince(found) => found,
            Finding::Stall(found) => found,
            Finding::ErrorBurst(found) => found,
            Finding::SlowLabel(found) => found,
            Finding::SlowHost(found) => found,
            Finding::SlowEngine(found) => found,
            Finding::ConnectTime(found) => found,
            Finding::Bimodal(found) => found,
        }
    }

    /// Returns the insight that states it.
    fn insight(self, run: &Totals, selection: &[String]) -> Insight {
        let told = self.told();
        Insight {
            sentence: told.sentence(),
            next_step: next_step::beside(told.next_step(), selection),
            cost: told.cost(run).clamp(0.0, 1.0),
            finding: self,
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
    /// The rows of the server's monitor.
    pub monitored: &'a [ResourceRow],
}

/// Finds the insights of a run, those that cost most first, and its caveats.
pub(super) fn find(evidence: &Evidence<'_>) -> (Vec<Insight>, Vec<Caveat>) {
    let course = match (evidence.series, evidence.window) {
        (Some(series), Some(window)) => {
            Course::new(evidence.timeline, series, window, evidence.elapsed.counts())
        }
        _ => Course::default(),
    };
    let caveats = caveats::find(evidence);
    let has = |is_one: fn(&CaveatReason) -> bool| caveats.iter().any(is_one);
    let has_several_runs = has(|caveat| matches!(caveat, CaveatReason::SeveralRuns(_)));
    // Transaction controllers and sub-results count the same waiting time twice, so that threads
    // would seem twice as busy.
    let is_doubled = evidence.aggregate.controller_rows() > 0
        || has(|caveat| matches!(caveat, CaveatReason::SubResults(_)));
    let stray = evidence.stray_times.cloned();
    let mut found: Vec<Finding> = stray.map(Finding::StrayTimes).into_iter().collect();
    let clocks = pauses::clocks_apart(evidence.timeline, &evidence.analysed.inputs);
    let gap = match (has_several_runs, &clocks) {
        (false, None) => pauses::gap(&course),
        // Either explains a gap.
        _ => None,
    };
    // Several runs in one file have no common course.
    let are_clocks_apart = clocks.is_some();
    let is_one_run = !has_several_runs && !are_clocks_apart && gap.is_none();
    found.extend(clocks);
    found.extend(gap);
    if is_one_run {
        found.extend(load::find(evidence, &course, is_doubled));
        found.extend(pauses::find(&course, evidence));
    } else if !has_several_runs {
        found.extend(load::low(evidence));
    }
    let (mut of_origins, failing) = origins::find(evidence);
    let failures = failures::find(evidence, &course, &failing, are_clocks_apart);
    // What fails since the run does has not always failed, even if nine of ten samples come later.
    let has_failed_run = failures
        .iter()
        .any(|finding| matches!(finding, Finding::FailingSince(since) if since.part == Part::Run));
    of_origins.retain(|finding| match finding {
        Finding::AlwaysFails(always) => !has_failed_run || always.fails_nearly_all(),
        _ => true,
    });
    // Samples that are held up time and again are a second group of response times.
    let has_stalls = found
        .iter()
        .any(|finding| matches!(finding, Finding::PeriodicStalls(_) | Finding::Stall(_)));
    // Clocks that are apart mix different times.
    let hides_groups = has_stalls || are_clocks_apart;
    of_origins.retain(|finding| !(hides_groups && matches!(finding, Finding::Bimodal(_))));
    // What a stall holds up does not drift.
    let mut stalls = found.iter().filter_map(|finding| match finding {
        Finding::Stall(stall) => Some(stall.clone()),
        _ => None,
    });
    if let Some(stall) = stalls.next_back() {
        found.retain(|finding| match finding {
            Finding::Drift(drift) => !stall.holds_up(drift.last_start_ms, drift.end_ms),
            _ => true,
        });
    }
    // Where a part that fails leaves the successes to a slower one, times seem to rise.
    let has_slow_origin = of_origins
        .iter()
        .any(|finding| matches!(finding, Finding::SlowHost(_) | Finding::SlowEngine(_)));
    let loses_origin = failures.iter().any(|finding| match finding {
        Finding::FailingSince(since) => !matches!(since.part, Part::Run | Part::Label),
        _ => false,
    });
    let is_other_mix = has_slow_origin && loses_origin;
    found.retain(|finding| !(is_other_mix && matches!(finding, Finding::Drift(_))));
    found.extend(failures);
    found.extend(of_origins);
    let run = Totals {
        samples: evidence.samplers.samples,
        length_ms: course.length_ms(),
    };
    let mut insights: Vec<Insight> = (found.into_iter())
        .map(|finding| finding.insight(&run, &evidence.analysed.selection))
        .collect();
    // Those of equal cost stay in the order in which they were looked for.
    insights.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    (insights, caveats.into_iter().map(Caveat::from).collect())
}

/// Reads the insights or caveats of a saved report, without those of kinds that another version of
/// perfkit wrote and this one does not know.
///
/// # Errors
///
/// If they are not an array.
pub(super) fn known<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let all = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let known = all
        .into_iter()
        .filter_map(|one| serde_json::from_value(one).ok());
    Ok(known.collect())
}
