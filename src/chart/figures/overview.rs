//! The course of the run at a glance: throughput and errors, response times, and threads on one axis of
//! time, with findings marked.

use super::names::ordinal;
use super::run::{Run, highest_of};
use super::{TimesAxis, panel};
use crate::chart::model::{Arrangement, Figure, Mark, Panel, Section, Series, Span};
use crate::chart::{palette, scale};
use crate::report::PercentileSeries;

/// Percentiles that are drawn, or those nearest to them, with their colours.
const PERCENTILES: [(f64, usize); 2] = [(50.0, 2), (95.0, 4)];

/// Colour of the threads.
const THREADS: usize = 3;

/// Builds the figure.
pub fn figure(run: &Run<'_>) -> Figure {
    let panels = [Some(rates(run)), times(run), threads(run)];
    Figure {
        slug: "overview",
        section: Section::Overview,
        title: "The run at a glance".to_owned(),
        subtitle: run.subtitle("successes and failures by end time, per"),
        description: "Throughput, failures, response times and active threads over time."
            .to_owned(),
        arrangement: Arrangement::Stacked,
        spans: spans(run),
        panels: panels.into_iter().flatten().collect(),
    }
}

fn rates(run: &Run<'_>) -> Panel {
    let total = &run.series.total;
    let mut series = vec![Series {
        name: "succeeded".to_owned(),
        full: None,
        color: palette::OK,
        mark: Mark::Area,
        pieces: run.rates(&total.ok),
    }];
    if total.ko.iter().any(|&failed| failed > 0) {
        let failed = Series {
            name: "failed".to_owned(),
            full: None,
            color: palette::KO,
            mark: Mark::Area,
            pieces: run.rates(&total.ko),
        };
        // On top, so that few failures beside many successes are seen.
        series.insert(0, failed);
    }
    let axis = scale::linear("samples per second", highest_of(&series));
    panel(run.time_axis(), axis, series)
}

/// Builds the panel of percentiles; `None` if none succeeded.
fn times(run: &Run<'_>) -> Option<Panel> {
    let all = &run.series.percentiles;
    let nearest = |percent: f64| {
        let away = |series: &&PercentileSeries| (series.percent.percent() - percent).abs();
        let mut all: Vec<&PercentileSeries> = all.iter().collect();
        all.sort_by(|one, other| away(one).total_cmp(&away(other)));
        all.first().copied()
    };
    let drawn = PERCENTILES.iter();
    let mut drawn: Vec<(&PercentileSeries, usize)> = drawn
        .filter_map(|&(percent, color)| Some((nearest(percent)?, color)))
        .collect();
    drawn.dedup_by_key(|(series, _)| series.percent);
    let values = drawn.iter().flat_map(|(series, _)| &series.values);
    let axis = TimesAxis::of("response time", values.flatten().map(|&value| value as f64));
    let series = drawn.iter().map(|(percentile, color)| Series {
        name: ordinal(percentile.percent.percent()),
        full: None,
        color: *color,
        mark: Mark::Line,
        pieces: run.pieces(|bucket| {
            let value = percentile.values.get(bucket).copied().flatten()?;
            Some(axis.place(value as f64))
        }),
    });
    let series: Vec<Series> = series.collect();
    let has_points = series.iter().any(|series| !series.pieces.is_empty());
    has_points.then(|| panel(run.time_axis(), axis.axis, series))
}

/// Builds the panel of threads; `None` if the results lack them.
fn threads(run: &Run<'_>) -> Option<Panel> {
    let threads = &run.series.active_threads;
    let series = vec![Series {
        name: "active threads".to_owned(),
        full: None,
        color: THREADS,
        mark: Mark::Area,
        pieces: run.pieces(|bucket| threads.get(bucket).copied().flatten()),
    }];
    let axis = scale::linear("active threads", highest_of(&series));
    (!threads.is_empty()).then(|| panel(run.time_axis(), axis, series))
}

/// Returns the stretches of time of the insights that are shown, with their numbers. Those that cover
/// nearly all of the run mark nothing.
fn spans(run: &Run<'_>) -> Vec<Span> {
    let length = run.window.duration_ms() as f64;
    let (shown, _) = run.report.insights_to_show();
    let spans = shown.iter().enumerate().filter_map(|(number, insight)| {
        let (from, to) = insight.finding.place().time?;
        let since = |time: i64| time.saturating_sub(run.window.start_ms) as f64;
        let (from, to) = (since(from).clamp(0.0, length), since(to).clamp(0.0, length));
        (to - from < 0.95 * length).then(|| Span {
            from,
            to,
            name: (number + 1).to_string(),
        })
    });
    spans.collect()
}
