//! The Statistics table of JMeter's dashboard, with exact percentiles and with JMeter's.

use serde::{Deserialize, Serialize};

use super::label_report::partial;
use super::{PartialColumn, Window};
use crate::format;
use crate::percentile::{Percentile, value_at};
use crate::stats::{
    Aggregate, ColumnTotal, DashboardSettings, DashboardStats, DashboardTable, Estimator, Label,
    LabelStats,
};
use crate::text;
use crate::units::{BYTES_PER_KB, MS_PER_SECOND};

/// The name of the last row in the dashboard's tables, for all labels together.
pub const TOTAL: &str = "Total";

/// The percentiles of the table: the median and JMeter's three.
const PERCENTILES: [Percentile; 4] = Percentile::DEFAULTS;

/// The Statistics table of JMeter's dashboard. The Total excludes transaction controllers; empty ones
/// count nowhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Statistics {
    /// One entry per label that the report shows, in order of first appearance.
    pub labels: Vec<StatisticsRow>,
    /// All rows except those of transaction controllers.
    pub total: StatisticsRow,
}

/// The figures that JMeter's dashboard (`jmeter -g`) shows, with its approximate percentiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dashboard {
    /// A sentence that explains how its percentiles differ from the exact ones.
    pub difference: String,
    /// How it estimates percentiles, as JMeter names it (`backend_metrics_percentile_estimator`).
    #[serde(default = "default_estimator")]
    pub estimator: String,
    /// Number of a label's last rows from which it takes percentiles
    /// (`jmeter.reportgenerator.statistic_window`); `None` for all.
    #[serde(default = "default_window")]
    pub window: Option<u64>,
    /// Its Statistics table, with all labels.
    pub statistics: Statistics,
}

fn default_estimator() -> String {
    DashboardSettings::default().estimator.to_string()
}

fn default_window() -> Option<u64> {
    DashboardSettings::default().window.map(|rows| rows as u64)
}

/// The figures of one label, or of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatisticsRow {
    /// The label.
    pub label: String,
    /// Number of samples.
    pub samples: u64,
    /// Number of failed samples.
    pub errors: u64,
    /// Error rate in percent, 0 to 100.
    pub error_percent: Option<f64>,
    /// Elapsed time of all samples; `None` without any.
    pub elapsed: Option<StatisticsTimes>,
    /// Samples per second from the first start to the last end; `None` if both are the same instant.
    pub throughput: Option<f64>,
    /// KB received per second of the window.
    pub received_kb_per_sec: Option<f64>,
    /// KB sent per second of the window.
    pub sent_kb_per_sec: Option<f64>,
    /// The columns that only some of the samples have, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partial: Vec<PartialColumn>,
}

/// Elapsed times in ms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatisticsTimes {
    /// Arithmetic mean.
    pub mean: f64,
    /// Smallest.
    pub min: i64,
    /// Largest.
    pub max: i64,
    /// The 50th, 90th, 95th and 99th percentile.
    pub percentiles: [f64; 4],
}

impl StatisticsRow {
    /// Returns the column that makes a figure partial, by the name of the figure's field; `None` if
    /// the figure covers all samples.
    pub fn partial(&self, figure: &str) -> Option<&PartialColumn> {
        PartialColumn::of_figure(&self.partial, figure)
    }
}

impl Statistics {
    /// Iterates over the rows of the table: the labels, then the Total.
    pub fn rows(&self) -> impl Iterator<Item = &StatisticsRow> {
        self.labels.iter().chain([&self.total])
    }
}

/// Builds the table with exact percentiles and all labels, however many.
pub fn of_all(aggregate: &Aggregate) -> Statistics {
    exact(&aggregate.labels(), &aggregate.samplers())
}

/// Builds the table with exact percentiles.
pub(super) fn exact(labels: &[Label<'_>], samplers: &LabelStats) -> Statistics {
    Statistics {
        labels: labels
            .iter()
            .map(|label| (label.name, label.counted_by_dashboard()))
            .filter(|(_, stats)| stats.rows > 0)
            .map(|(name, stats)| exact_row(&text::of(name), &stats))
            .collect(),
        total: exact_row(TOTAL, samplers),
    }
}

fn exact_row(label: &str, stats: &LabelStats) -> StatisticsRow {
    let duration_ms = Window::of(stats)
        .map(|window| window.duration_ms() as f64)
        .filter(|ms| *ms > 0.0);
    let kb_per_sec = |bytes: Option<ColumnTotal>| {
        Some(bytes?.sum as f64 / (duration_ms? / MS_PER_SECOND) / BYTES_PER_KB)
    };
    StatisticsRow {
        label: label.to_owned(),
        samples: stats.samples,
        errors: stats.errors,
        error_percent: (stats.samples > 0)
            .then(|| stats.errors as f64 * 100.0 / stats.samples as f64),
        elapsed: exact_times(stats),
        throughput: duration_ms.map(|ms| stats.samples as f64 / ms * MS_PER_SECOND),
        received_kb_per_sec: kb_per_sec(stats.bytes()),
        sent_kb_per_sec: kb_per_sec(stats.sent_bytes()),
        partial: partial(stats, &stats.time_counts()),
    }
}

fn exact_times(stats: &LabelStats) -> Option<StatisticsTimes> {
    let distribution = stats.distributions().elapsed();
    let (counts, count) = (distribution.counts(), distribution.count());
    let (&(min, _), &(max, _)) = (counts.first()?, counts.last()?);
    let mut percentiles = [0.0; PERCENTILES.len()];
    for (value, percentile) in percentiles.iter_mut().zip(PERCENTILES) {
        *value = value_at(&counts, count, percentile)? as f64;
    }
    Some(StatisticsTimes {
        mean: stats.elapsed_sum() as f64 / count as f64,
        min,
        max,
        percentiles,
    })
}

impl Dashboard {
    pub(super) fn new(table: &DashboardTable, exact: &Statistics) -> Self {
        let settings = table.settings();
        let row = |label: &str, stats| dashboard_row(label, stats, settings.estimator);
        let statistics = Statistics {
            labels: table
                .labels()
                .map(|(label, stats)| row(&text::of(label), stats))
                .collect(),
            total: row(TOTAL, table.total()),
        };
        Dashboard {
            difference: difference(exact, &statistics, settings),
            estimator: settings.estimator.to_string(),
            window: settings.window.map(|rows| rows as u64),
            statistics,
        }
    }
}

fn dashboard_row(label: &str, stats: &DashboardStats, estimator: Estimator) -> StatisticsRow {
    let percentiles = stats.percentiles(estimator, PERCENTILES.map(Percentile::percent));
    StatisticsRow {
        label: label.to_owned(),
        samples: stats.rows,
        errors: stats.errors,
        error_percent: stats.error_percent(),
        elapsed: percentiles.map(|percentiles| StatisticsTimes {
            mean: stats.mean,
            min: stats.min,
            max: stats.max,
            percentiles,
        }),
        throughput: stats.throughput(),
        received_kb_per_sec: stats.received_kb_per_sec(),
        sent_kb_per_sec: stats.sent_kb_per_sec(),
        partial: Vec::new(),
    }
}

/// Explains how the dashboard's percentiles differ from the exact ones. The example is the percentile
/// that differs most, if possible of a label with more rows than the dashboard's window.
fn difference(exact: &Statistics, dashboard: &Statistics, settings: DashboardSettings) -> String {
    let exceeds_window = |rows: u64| settings.window.is_some_and(|window| rows > window as u64);
    let mut farthest: Option<((bool, f64), String)> = None;
    for (exact, dashboard) in exact.rows().zip(dashboard.rows()) {
        let (Some(ours), Some(theirs)) = (exact.elapsed, dashboard.elapsed) else {
            continue;
        };
        for (at, percentile) in PERCENTILES.iter().enumerate() {
            let (ours, theirs) = (ours.percentiles[at], theirs.percentiles[at]);
            let off = (exceeds_window(dashboard.samples), (theirs - ours).abs());
            let is_farther = farthest.as_ref().is_none_or(|(known, _)| off > *known);
            if theirs != ours && is_farther {
                let text = format!(
                    "JMeter's dashboard gives {theirs} ms as {} of `{}`, where all samples give \
                     {ours} ms: {}.",
                    name(*percentile),
                    exact.label,
                    reason(dashboard.samples, settings),
                );
                farthest = Some((off, text));
            }
        }
    }
    farthest.map(|(_, text)| text).unwrap_or_else(|| {
        "JMeter's dashboard gives the same percentiles for these results as all samples do."
            .to_owned()
    })
}

fn reason(rows: u64, settings: DashboardSettings) -> String {
    let estimator = settings.estimator;
    let how = match estimator {
        Estimator::R1 | Estimator::R3 => format!("takes the sample that {estimator} chooses"),
        Estimator::R2 => format!("averages neighbouring ones ({estimator})"),
        Estimator::Legacy => "interpolates between neighbouring ones".to_owned(),
        _ => format!("interpolates between neighbouring ones ({estimator})"),
    };
    match settings.window {
        Some(window) if rows > window as u64 => format!(
            "it uses the last {} of {} rows, and {how}",
            format::thousands(window as u64),
            format::thousands(rows),
        ),
        _ => format!("it {}", how.replacen("ones", "samples", 1)),
    }
}

fn name(percentile: Percentile) -> String {
    match percentile {
        Percentile::MEDIAN => "the median".to_owned(),
        _ => format!("the {percentile}th percentile"),
    }
}
