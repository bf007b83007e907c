//! Builds a [`Report`] from an aggregate and what was read.

use std::borrow::Cow;

use super::insights::{self, Evidence};
use super::labels::Labels;
use super::{
    Accounting, ApdexTable, CorrectedTimes, Dashboard, Detail, ErrorReport, Filtered, Input,
    LabelReport, Options, PercentileValue, Rejection, Report, Requests, ResourceRow, Resources,
    SCHEMA_VERSION, Slices, Summary, TimeSeries, TopErrors, Window, error_kinds, notes, statistics,
};
use crate::format;
use crate::jtl::{InputRead, RejectionTally};
use crate::percentile::{Percentile, value_at};
use crate::select::LabelSet;
use crate::stats::{Aggregate, DashboardTable, Distribution, ErrorStats, Label, LabelStats};
use crate::units::{BYTES_PER_KB, MS_PER_SECOND};

/// The label of all labels together.
pub const TOTAL: &str = "TOTAL";

/// Most types of error told apart in a report.
const MOST_ERRORS: usize = 100;

/// What a report is built from, beside the aggregate.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Title of the run.
    pub title: Option<String>,
    /// The platform's details.
    pub details: Vec<Detail>,
    /// The options that shape the figures.
    pub options: Options,
    /// The inputs read.
    pub inputs: Vec<InputRead>,
    /// Rows found.
    pub rows_read: u64,
    /// Rows rejected.
    pub rejections: Vec<RejectionTally>,
    /// The figures of JMeter's dashboard, if they were asked for.
    pub dashboard: Option<DashboardTable>,
    /// What the server's monitor saw.
    pub resources: Vec<ResourceRow>,
    /// Rows left out on request, by option.
    pub filtered: Vec<Filtered>,
    /// What was chosen where the options leave it to the run, in words.
    pub choices: Vec<String>,
    /// The labels as the inputs have them, where others took their place.
    pub file_labels: Option<LabelSet>,
}

impl Report {
    /// Builds the report of a run.
    pub fn new(aggregate: &Aggregate, sources: Sources) -> Report {
        let percentiles = sources.options.percentiles.clone();
        let all = aggregate.labels();
        let Labels {
            places,
            shown,
            others,
            total,
        } = Labels::of(&all, &sources.options);
        let controller_rows = aggregate.controller_rows();
        let accounting = accounting(&sources);
        // Without controllers all totals are the same.
        let (samplers, counted_by_apdex) = match controller_rows {
            0 => (Cow::Borrowed(&total), Cow::Borrowed(&total)),
            _ => (
                Cow::Owned(aggregate.samplers()),
                Cow::Owned(aggregate.counted_by_apdex()),
            ),
        };
        let notes = notes::collect(&sources, aggregate, &all, total.rows);
        let picked: Vec<Label<'_>> = places.iter().map(|&place| all[place]).collect();
        let dashboard = sources
            .dashboard
            .as_ref()
            .map(|table| Dashboard::new(table, &statistics::exact(&all, &samplers)));
        let sum = label_report(TOTAL, &total, &percentiles);
        let corrected = sources.options.expected_interval_ms.map(|interval| {
            let labels = shown.iter().chain(&others);
            CorrectedTimes::new(interval, labels, &sum, &percentiles)
        });
        let time_series = (total.rows > 0)
            .then(|| TimeSeries::new(aggregate, &total.distributions(), &percentiles));
        let insights = insights::find(&Evidence {
            sources: &sources,
            aggregate,
            labels: &all,
            samplers: &samplers,
            rows: &shown.iter().chain([&sum]).collect::<Vec<_>>(),
            elapsed: &total.distributions().elapsed(),
            window: window(&total),
            series: time_series.as_ref(),
        });
        Report {
            schema_version: SCHEMA_VERSION,
            perfkit_version: env!("CARGO_PKG_VERSION").to_owned(),
            title: sources.title,
            details: sources.details,
            accounting,
            inputs: sources
                .inputs
                .into_iter()
                .map(|input| Input {
                    name: input.summary.name,
                    bytes: input.summary.bytes,
                    lines: input.lines,
                })
                .collect(),
            window: window(&total),
            statistics: statistics::exact(&picked, &samplers),
            dashboard,
            apdex: ApdexTable::new(&picked, &counted_by_apdex, &sources.options.apdex),
            requests: Requests::new(&samplers),
            errors: errors(aggregate, &samplers),
            error_kinds: error_kinds::kinds(aggregate),
            top_errors: TopErrors::new(aggregate, &picked, &samplers),
            corrected,
            time_series,
            slices: Slices::new(aggregate, &picked),
            total: sum,
            label_count: all.len() as u64,
            labels: shown,
            other_labels: others,
            resources: window(&total).and_then(|window| Resources::new(sources.resources, window)),
            insights,
            notes,
            criteria: Vec::new(),
            options: sources.options,
        }
    }
}

fn accounting(sources: &Sources) -> Accounting {
    let inputs = &sources.inputs;
    let mut rejections: Vec<Rejection> = sources
        .rejections
        .iter()
        .map(|tally| Rejection {
            reason: tally.fault.reason(),
            count: tally.count,
            first_input: inputs
                .get(tally.first_input as usize)
                .map(|input| input.summary.name.clone())
                .unwrap_or_default(),
            first_line: tally.first_line,
            first_column: tally.fault.column().map(str::to_owned),
            first_value: Some(String::from_utf8_lossy(&tally.first_value).into_owned()),
        })
        .collect();
    rejections.sort_by_key(|rejection| std::cmp::Reverse(rejection.count));
    let rejected = rejections.iter().map(|rejection| rejection.count).sum();
    let filtered = sources.filtered.iter().map(|filter| filter.count).sum();
    Accounting {
        rows_read: sources.rows_read,
        counted: sources.rows_read - rejected - filtered,
        filtered,
        filters: sources.filtered.clone(),
        rejected,
        rejections,
    }
}

/// From the first start to the last end; `None` without rows.
pub(super) fn window(stats: &LabelStats) -> Option<Window> {
    (stats.rows > 0).then_some(Window {
        start_ms: stats.start,
        end_ms: stats.end,
    })
}

pub(super) fn label_report(
    label: &str,
    stats: &LabelStats,
    percentiles: &[Percentile],
) -> LabelReport {
    let distributions = stats.distributions();
    let elapsed = distributions.elapsed();
    let window = window(stats);
    let seconds = window
        .map(|window| window.duration_ms() as f64 / MS_PER_SECOND)
        .filter(|seconds| *seconds > 0.0);
    // In JMeter's order of operations, so that the last digit is JMeter's too.
    let rate = |count: u64| {
        window
            .map(Window::duration_ms)
            .filter(|&ms| ms > 0)
            .map(|ms| count as f64 / ms as f64 * MS_PER_SECOND)
    };
    let kb_per_sec = |bytes: Option<i128>| Some(bytes? as f64 / seconds? / BYTES_PER_KB);
    LabelReport {
        label: label.to_owned(),
        samples: stats.samples,
        errors: stats.errors,
        error_ratio: ratio(stats.errors, stats.samples),
        elapsed: summary(&elapsed, percentiles).map(|summary| of_all(summary, stats)),
        elapsed_ok: summary(&distributions.elapsed_ok, percentiles),
        elapsed_ko: summary(&distributions.elapsed_ko, percentiles),
        latency: summary(&distributions.latency, percentiles),
        connect: summary(&distributions.connect, percentiles),
        window,
        throughput: rate(stats.samples),
        goodput: rate(stats.successes()),
        received_kb_per_sec: kb_per_sec(stats.bytes()),
        sent_kb_per_sec: kb_per_sec(stats.sent_bytes()),
        average_bytes: stats
            .bytes()
            .filter(|_| stats.samples > 0)
            .map(|bytes| bytes as f64 / stats.samples as f64),
        distribution: elapsed.counts(),
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The summary of a distribution; `None` without samples.
fn summary(distribution: &Distribution, percentiles: &[Percentile]) -> Option<Summary> {
    let counts = distribution.counts();
    let (&(min, _), &(max, _)) = (counts.first()?, counts.last()?);
    let count = distribution.count();
    if count == 0 {
        return None;
    }
    let sum: i128 = counts
        .iter()
        .map(|&(value, count)| i128::from(value) * i128::from(count))
        .sum();
    let mean = sum as f64 / count as f64;
    // Around the mean, for a sum of squares would lose its small difference to a large one.
    let variance = counts
        .iter()
        .map(|&(value, count)| (value as f64 - mean).powi(2) * count as f64)
        .sum::<f64>()
        / count as f64;
    let percentiles = percentiles
        .iter()
        .filter_map(|&percent| {
            Some(PercentileValue {
                percent,
                value: value_at(&counts, count, percent)?,
            })
        })
        .collect();
    Some(Summary {
        count,
        mean,
        std_dev: variance.sqrt(),
        min,
        max,
        percentiles,
    })
}

/// The summary of all samples of a label: with aggregated rows, JMeter's mean and deviation are
/// those of the rows' sums, not of their truncated quotients.
fn of_all(summary: Summary, stats: &LabelStats) -> Summary {
    let count = stats.samples as f64;
    let mean = stats.elapsed_sum() as f64 / count;
    if stats.square_excess_ms2() == 0.0 && mean == summary.mean {
        return summary;
    }
    let squares = summary.std_dev.powi(2) + summary.mean.powi(2);
    let variance = squares + stats.square_excess_ms2() / count - mean.powi(2);
    Summary {
        mean,
        std_dev: variance.max(0.0).sqrt(),
        ..summary
    }
}

fn errors(aggregate: &Aggregate, samplers: &LabelStats) -> Vec<ErrorReport> {
    let mut errors: Vec<_> = aggregate.errors().iter().collect();
    errors.sort_by_key(|(_, stats)| (std::cmp::Reverse(stats.count), stats.first_position));
    let all: u64 = errors.iter().map(|(_, stats)| stats.count).sum();
    let report = |error: String, stats: ErrorStats| ErrorReport {
        error,
        count: stats.count,
        first_ms: stats.first_time,
        last_ms: stats.last_time,
        ratio_of_errors: stats.count as f64 / all as f64,
        ratio_of_samples: stats.count as f64 / samplers.rows as f64,
    };
    let (frequent, rare) = errors.split_at(errors.len().min(MOST_ERRORS));
    let mut reports: Vec<ErrorReport> = frequent
        .iter()
        .map(|(key, stats)| report(String::from_utf8_lossy(key).into_owned(), **stats))
        .collect();
    let others = rare.iter().map(|(_, stats)| **stats);
    if let Some(others) = others.reduce(ErrorStats::and) {
        let types = format::thousands(rare.len() as u64);
        reports.push(report(format!("({types} other errors)"), others));
    }
    reports
}
