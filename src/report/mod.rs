//! The result of an analysis as plain data, built once, without I/O or a clock.
//!
//! Numbers are not rounded; renderers do that. An undefined figure is `None`, never NaN, infinity or 0.

mod accounting;
mod apdex;
mod build;
mod check;
mod codes;
mod corrected;
mod criteria;
mod engines;
mod error_kinds;
mod failures;
mod insights;
mod label_report;
mod labels;
mod live;
mod metrics;
mod notes;
mod over_time;
mod partial;
mod platform_key;
mod resources;
#[cfg(test)]
mod schema;
mod slice;
mod slices;
mod slices_text;
mod statistics;
mod within;

use serde::{Deserialize, Serialize};

use crate::apdex::Rule;
use crate::percentile::Percentile;

pub use accounting::{Accounting, RowFault};
pub use apdex::{Apdex, ApdexTable};
pub use build::Presentation;
pub use check::Contradiction;
pub use corrected::{CorrectedRow, CorrectedTimes};
pub use criteria::{CriterionResult, Found};
pub use error_kinds::ErrorKind;
pub use failures::{ErrorCount, LabelErrors, Requests, TopErrors};
pub use insights::{
    AlwaysFails, Bimodal, Caveat, CaveatReason, ClocksApart, Collapse, ConnectTime, Drift,
    ErrorBurst, FailingSince, FastErrors, Finding, Gap, IdsInLabels, Insight, LateGenerator,
    LowLoad, NewConnections, OftenFails, Part, PeriodicStalls, Place, RisesWithLoad,
    SaturatedThroughput, SeveralRuns, SlowEngine, SlowHost, SlowLabel, Stall, SteadyWindow,
    StrayTimes, SubResults, Timeouts, TooFewSamples, Unreachable,
};
pub use label_report::{CodeCount, LabelReport, PercentileValue, Summary, TOTAL, Window};
pub use labels::LabelRows;
pub use live::{Live, NewError, RecentFigures};
pub use metrics::{MetricPercentile, MetricReport, MetricRow, MetricSeries, MetricSummary};
pub use over_time::{Activity, CodeSeries, Heatmap, LabelSeries, PercentileSeries, TimeSeries};
pub use partial::{OptionalColumn, PartialColumn};
pub use platform_key::platform_key;
pub(crate) use platform_key::{PLATFORM, UNNAMED_PLATFORM, bounded};
pub use resources::{ResourceRow, Resources, Saturation, no_overlap};
pub use slice::{Slice, joined as joined_slices};
pub use slices::{LabelSlices, Slices};
pub use slices_text::Cells;
pub use statistics::{
    Dashboard, Statistics, StatisticsRow, StatisticsTimes, of_all as statistics_of_all,
};
pub use within::middles as step_middles;

/// Version of the layout of `report.json`; it grows when a field changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// Maximum labels reported one by one, by default.
pub const DEFAULT_MAX_LABELS: usize = 100;

/// Maximum insights shown at the top, by default.
pub const DEFAULT_MAX_INSIGHTS: usize = 5;

/// Everything perfkit knows about a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// [`SCHEMA_VERSION`] of the perfkit that wrote it.
    pub schema_version: u32,
    /// Version of perfkit that wrote it.
    pub perfkit_version: String,
    /// Title of the run, if one was given.
    pub title: Option<String>,
    /// The platform's details, in the order shown.
    pub details: Vec<Detail>,
    /// What identifies the platform from run to run: see [`platform_key`]. `None` if nothing names it.
    #[serde(default)]
    pub platform: Option<String>,
    /// The machine that analysed the results, given only if the platform is not named. It need not be
    /// the machine that was tested.
    #[serde(default)]
    pub analysed_on: Option<String>,
    /// The options that shaped the figures.
    pub options: Options,
    /// The files read, in order.
    pub inputs: Vec<Input>,
    /// The account of every row.
    pub accounting: Accounting,
    /// From the first start to the last end, not counting samples at stray times; `None` without
    /// samples.
    pub window: Option<Window>,
    /// Whether rows have a SampleCount of 0 or below their ErrorCount, as JMeter never writes them. Only
    /// then can a label have more errors than samples, or a mean outside of its times.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_odd_counts: bool,
    /// Samples whose time is implausibly far from all others; they spoil rates.
    #[serde(default)]
    pub stray_times: Option<StrayTimes>,
    /// Number of labels in the results.
    pub label_count: u64,
    /// One entry per label, in order of first appearance: all labels, or the busiest (see
    /// [`Options::max_labels`]).
    pub labels: Vec<LabelReport>,
    /// The sum of the labels that `labels` leaves out; `None` if it has all.
    pub other_labels: Option<LabelReport>,
    /// All labels together, as JMeter's TOTAL: transaction-controller rows included.
    pub total: LabelReport,
    /// JMeter's Statistics table, with exact percentiles.
    pub statistics: Statistics,
    /// The figures of JMeter's dashboard, if requested.
    pub dashboard: Option<Dashboard>,
    /// Apdex: how well the elapsed times satisfy users.
    pub apdex: ApdexTable,
    /// How many requests succeeded.
    pub requests: Requests,
    /// Errors by type, most frequent first, without those of transaction controllers. With very many
    /// types, the last entry sums up the rarest.
    pub errors: Vec<ErrorReport>,
    /// Errors folded: messages that differ only in numbers, ids, hosts or durations are one kind.
    #[serde(default)]
    pub error_kinds: Vec<ErrorKind>,
    /// Errors by label, the five most frequent of each.
    pub top_errors: TopErrors,
    /// Percentiles corrected for coordinated omission, if requested.
    pub corrected: Option<CorrectedTimes>,
    /// The run over time, without samples at stray times; `None` without samples.
    pub time_series: Option<TimeSeries>,
    /// Elapsed times and errors by label and slice; `None` without samples.
    #[serde(default)]
    pub slices: Option<Slices>,
    /// The figures of the metrics that were asked for, in that order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricReport>,
    /// The server's use of CPU, memory and connections; `None` without its monitor's file.
    pub resources: Option<Resources>,
    /// Insights: what the figures reveal about the run, those that cost most first.
    #[serde(default, deserialize_with = "insights::known")]
    pub insights: Vec<Insight>,
    /// Why to read the figures with care.
    #[serde(default, deserialize_with = "insights::known")]
    pub caveats: Vec<Caveat>,
    /// How the results were read, in words.
    pub notes: Vec<String>,
    /// The results of the criteria, in their order; empty without criteria.
    #[serde(default)]
    pub criteria: Vec<CriterionResult>,
}

impl Report {
    /// Returns the throughput of all samples, except those at stray times, which would spoil it.
    pub fn throughput(&self) -> Option<f64> {
        match &self.stray_times {
            Some(stray_times) => stray_times.throughput,
            None => self.total.throughput,
        }
    }

    /// Returns the insights to show at the top, and those to fold.
    pub fn insights_to_show(&self) -> (&[Insight], &[Insight]) {
        let all = self.insights.len();
        let shown = self.options.max_insights.unwrap_or(all).min(all);
        self.insights.split_at(shown)
    }

    /// Iterates over the rows of the aggregate table: the labels, the sum of those left out, then TOTAL.
    pub fn rows(&self) -> impl Iterator<Item = &LabelReport> {
        self.labels
            .iter()
            .chain(&self.other_labels)
            .chain([&self.total])
    }
}

/// One line of the platform's details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Detail {
    /// The name, such as "Platform".
    pub key: String,
    /// The text, such as "Intel i7-1165G7, 32 GB, Linux 6.1".
    pub value: String,
}

/// The options that shaped the figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Options {
    /// The percentiles computed, in the order of their columns.
    pub percentiles: Vec<Percentile>,
    /// Whether `timeStamp` was taken as the end of a sample rather than its start.
    pub timestamp_is_end: bool,
    /// Apdex thresholds as given; labels that match none have JMeter's 500 and 1500 ms.
    pub apdex: Vec<Rule>,
    /// The interval at which each thread should have sent, ms, if given.
    pub expected_interval_ms: Option<u64>,
    /// Maximum labels reported one by one; those with the most samples.
    pub max_labels: usize,
    /// Maximum insights shown at the top; `None` for all. The others are folded.
    #[serde(default = "default_max_insights")]
    pub max_insights: Option<usize>,
    /// The keys of the columns in tables of labels, in their order; JMeter's columns if `None`.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// The options that selected samples, such as `--include Login`; empty if every sample counts.
    #[serde(default)]
    pub selection: Vec<String>,
    /// The options that a configuration file set, in words; `None` if it set none.
    #[serde(default)]
    pub configured: Option<String>,
}

/// The options that give JMeter's table.
impl Default for Options {
    fn default() -> Self {
        Options {
            percentiles: Percentile::DEFAULTS.to_vec(),
            timestamp_is_end: false,
            max_labels: DEFAULT_MAX_LABELS,
            max_insights: default_max_insights(),
            columns: None,
            selection: Vec::new(),
            configured: None,
            apdex: Vec::new(),
            expected_interval_ms: None,
        }
    }
}

fn default_max_insights() -> Option<usize> {
    Some(DEFAULT_MAX_INSIGHTS)
}

/// One input of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Input {
    /// Name as given on the command line; `-` is standard input.
    pub name: String,
    /// The encoding of its text, if that is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Bytes of result text read (after decompression).
    pub bytes: u64,
    /// Lines read, the header's included.
    pub lines: u64,
    /// Whether it has rows without a column of response codes.
    #[serde(default)]
    pub lacks_codes: bool,
}

/// One type of error. The key is JMeter's: code and message, or the failure message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorReport {
    /// The key, such as `500/Internal Server Error`.
    pub error: String,
    /// Number of samples with this error.
    pub count: u64,
    /// End of the first, epoch ms.
    pub first_ms: i64,
    /// End of the last, epoch ms.
    pub last_ms: i64,
    /// Share of all errors, 0 to 1.
    pub ratio_of_errors: f64,
    /// Share of all samples except those of transaction controllers, 0 to 1.
    pub ratio_of_samples: f64,
}
