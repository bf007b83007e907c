//! Builds a [`Report`] from the record of a run.

use std::borrow::Cow;

use super::insights::{self, Evidence};
use super::labels::Labels;
use super::metrics::Shown;
use super::{
    Accounting, ApdexTable, CorrectedTimes, Dashboard, Detail, ErrorReport, Input, LabelReport,
    MetricReport, OptionalColumn, Options, PartialColumn, Report, Requests, ResourceRow, Resources,
    SCHEMA_VERSION, Slices, StrayTimes, TOTAL, TimeSeries, TopErrors, Window, codes, error_kinds,
    notes, statistics,
};
use crate::analysed::Analysed;
use crate::error::Result;
use crate::format;
use crate::jtl::InputRead;
use crate::stats::{Aggregate, ErrorStats, Label, LabelStats, find_strays};
use crate::text;

/// Maximum types of error that a report lists one by one.
const MAX_ERRORS: usize = 100;

/// What a report shows beside the record of the run.
#[derive(Debug, Clone, Default)]
pub struct Presentation {
    /// Title of the run.
    pub title: Option<String>,
    /// The platform's details.
    pub details: Vec<Detail>,
    /// The [`platform_key`](super::platform_key) of the run; `None` if nothing names its platform.
    pub platform: Option<String>,
    /// The machine that analyses the results, to be shown if the platform is not named.
    pub analysed_on: Option<String>,
    /// How to show the figures. `timestamp_is_end` and `selection` are ignored: the record has its own.
    pub options: Options,
    /// Notes that come before those about reading, such as which options a file set.
    pub notes: Vec<String>,
    /// The rows of the server's monitor.
    pub resources: Vec<ResourceRow>,
}

/// Said if rows have a SampleCount of 0 or below their ErrorCount.
const ODD_COUNTS: &str = "Some rows have a SampleCount of 0 or below their ErrorCount, so error rates \
    can exceed 100% and averages the longest time, as in JMeter.";

impl Report {
    /// Builds the report of a run.
    ///
    /// # Errors
    ///
    /// If the record does not account for every row: see [`Analysed::counted`].
    pub fn new(analysed: &Analysed, presentation: Presentation) -> Result<Report> {
        let accounting = Accounting::new(analysed)?;
        let aggregate = &analysed.aggregate;
        let options = Options {
            timestamp_is_end: analysed.timestamp_is_end,
            selection: analysed.selection.clone(),
            ..presentation.options
        };
        let percentiles = &options.percentiles;
        let all = aggregate.labels();
        let Labels {
            indexes,
            mut shown,
            mut others,
            other_stats,
            total,
        } = Labels::of(&all, options.max_labels, percentiles);
        // Without transaction controllers, all totals are equal.
        let (samplers, counted_by_apdex) = match aggregate.controller_rows() {
            0 => (Cow::Borrowed(&total), Cow::Borrowed(&total)),
            _ => (
                Cow::Owned(aggregate.samplers()),
                Cow::Owned(aggregate.counted_by_apdex()),
            ),
        };
        let picked: Vec<Label<'_>> = indexes.iter().map(|&index| all[index]).collect();
        let dashboard = analysed
            .dashboard
            .as_ref()
            .map(|table| Dashboard::new(table, &statistics::exact(&all, &samplers)));
        let mut sum = LabelReport::new(TOTAL, &total, percentiles);
        codes::add(
            aggregate,
            &all,
            (&mut shown, &indexes),
            (others.as_mut(), &mut sum),
        );
        sum.partial.extend(partial_threads(aggregate));
        let corrected = options.expected_interval_ms.map(|interval| {
            let labels = shown.iter().chain(&others);
            CorrectedTimes::new(interval, labels, &sum, percentiles)
        });
        let strays = find_strays(aggregate.timeline());
        let kept = strays.as_ref().map(|strays| strays.buckets.clone());
        let timeline = aggregate
            .timeline()
            .dense(kept.unwrap_or(i64::MIN..=i64::MAX));
        let stray_times = strays.map(|strays| StrayTimes::new(aggregate, &strays));
        let window = match &stray_times {
            Some(stray_times) => Some(stray_times.window),
            None => Window::of(&total),
        };
        if let Some(stray_times) = &stray_times {
            for row in shown.iter_mut().chain(&mut others).chain([&mut sum]) {
                row.has_stray_times = stray_times.spoils(row);
            }
        }
        let time_series = (total.rows > 0)
            .then(|| TimeSeries::new(aggregate, &timeline, &total.distributions(), percentiles));
        let evidence = Evidence {
            analysed,
            aggregate,
            labels: &all,
            samplers: &samplers,
            rows: &shown.iter().chain([&sum]).collect::<Vec<_>>(),
            elapsed: &total.distributions().elapsed(),
            window,
            timeline: &timeline,
            series: time_series.as_ref(),
            stray_times: stray_times.as_ref(),
            monitored: &presentation.resources,
        };
        // Either takes as long as the rest of the report.
        let (slices, (insights, caveats)) = std::thread::scope(|scope| {
            let slices = scope.spawn(|| Slices::new(aggregate, &picked, window));
            let found = insights::find(&evidence);
            let slices = slices.join();
            (
                slices.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                found,
            )
        });
        let names = shown.iter().map(|row| row.label.as_str());
        let metrics = MetricReport::of_all(
            &analysed.metrics,
            &timeline,
            &Shown {
                labels: names.zip(picked.iter().copied()).collect(),
                others: others
                    .as_ref()
                    .map(|row| (row.label.as_str(), &other_stats)),
                total: &total,
            },
            percentiles,
        );
        let mut notes = notes::collect(analysed, all.len(), options.max_labels, &sum.partial);
        notes.extend(metrics.iter().filter_map(MetricReport::note));
        let has_odd_counts = shown
            .iter()
            .chain(&others)
            .chain([&sum])
            .any(LabelReport::has_odd_counts);
        if has_odd_counts {
            notes.push(ODD_COUNTS.to_owned());
        }
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            perfkit_version: env!("CARGO_PKG_VERSION").to_owned(),
            title: presentation.title,
            details: presentation.details,
            platform: presentation.platform,
            analysed_on: presentation.analysed_on,
            notes: [presentation.notes, notes].concat(),
            accounting,
            inputs: analysed.inputs.iter().map(Input::from).collect(),
            window,
            has_odd_counts,
            stray_times,
            statistics: statistics::exact(&picked, &samplers),
            dashboard,
            apdex: ApdexTable::new(&picked, &counted_by_apdex, &options.apdex),
            requests: Requests::new(&samplers),
            errors: errors(aggregate, &samplers),
            error_kinds: error_kinds::kinds(aggregate, &all),
            top_errors: TopErrors::new(aggregate, &picked, &samplers),
            corrected,
            time_series,
            metrics,
            slices,
            total: sum,
            label_count: all.len() as u64,
            labels: shown,
            other_labels: others,
            resources: window.and_then(|window| Resources::new(presentation.resources, window)),
            insights,
            caveats,
            criteria: Vec::new(),
            options,
        })
    }
}

impl From<&InputRead> for Input {
    fn from(input: &InputRead) -> Self {
        Input {
            name: input.summary.name.clone(),
            encoding: (input.summary.encoding.as_ref()).map(|encoding| encoding.name.clone()),
            bytes: input.summary.bytes,
            lines: input.lines,
            lacks_codes: input.summary.lacks_codes,
        }
    }
}

/// Returns the mark of `allThreads` if only some samples have it: the threads of the others are unknown.
fn partial_threads(aggregate: &Aggregate) -> Option<PartialColumn> {
    let buckets = aggregate.timeline().occupied();
    let counts = buckets.map(|(_, bucket)| (bucket.samples(), bucket.without_threads()));
    let (all, without) = counts.fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    PartialColumn::new(OptionalColumn::AllThreads, all.saturating_sub(without), all)
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
    let (frequent, rare) = errors.split_at(errors.len().min(MAX_ERRORS));
    let mut reports: Vec<ErrorReport> = frequent
        .iter()
        .map(|(key, stats)| report(text::of(key).into_owned(), **stats))
        .collect();
    let others = rare.iter().map(|(_, stats)| **stats);
    if let Some(others) = others.reduce(ErrorStats::and) {
        let types = format::thousands(rare.len() as u64);
        reports.push(report(format!("({types} other errors)"), others));
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    #[test]
    fn a_lost_row_is_an_error() {
        let mut aggregate = Aggregate::default();
        (0..3).for_each(|_| aggregate.record(&sample()));
        let mut analysed = Analysed::from(aggregate);
        let report = Report::new(&analysed, Presentation::default()).unwrap();
        assert_eq!(report.accounting.counted, 3);
        for rows_read in [2, 4] {
            analysed.rows_read = rows_read;
            let error = Report::new(&analysed, Presentation::default()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "perfkit lost rows: this is a bug, and no figure can be trusted. Of {rows_read} \
                     rows read, 3 were counted, 0 filtered out and 0 rejected. Please report it."
                )
            );
        }
    }
}
