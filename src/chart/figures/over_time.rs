//! Figures of response times, threads and bytes over time.

use super::names::ordinal;
use super::run::{Pieces, Run, Words, highest, highest_of};
use super::{TimesAxis, overview, slices};
use crate::chart::model::{Cells, Figure, Mark, Section, Series};
use crate::chart::{MEASURES, palette, scale};
use crate::units::BYTES_PER_KB;

/// Colours of the percentiles over time, lowest first; neighbours are easy to tell apart.
const PERCENTILE_COLORS: [usize; 8] = [0, 2, 4, 1, 3, 5, 6, 7];

/// Colour of the area behind them.
const BAND_COLOR: usize = 5;

/// Percentiles over time are exact below this; see [`crate::report::PercentileSeries`].
const EXACT_BELOW_MS: f64 = 2_048.0;

const OVER_TIME: Section = Section::OverTime;

/// Builds the figures of this section.
pub fn figures(run: &Run<'_>) -> Vec<Figure> {
    let mut figures = vec![overview::figure(run), percentiles(run)];
    figures.extend(run.by_label(
        Words {
            slug: "response-time-over-time",
            section: OVER_TIME,
            title: "Mean response time by label",
            what: "mean by label and end time, per",
            description: "Mean response time by label over time.".to_owned(),
        },
        "mean response time",
        |label| &label.activity.elapsed_mean,
    ));
    figures.extend(slices::p95_by_label(run));
    figures.push(heatmap(run));
    figures.extend(threads(run));
    figures.extend(bytes(run));
    figures.extend(run.by_label(
        Words {
            slug: "latency-over-time",
            section: OVER_TIME,
            title: "Mean latency by label",
            what: &format!(
                "{}mean time to first byte by label, per",
                run.partial(&["latency"])
            ),
            description: "Mean latency by label over time.".to_owned(),
        },
        "mean latency",
        |label| &label.activity.latency_mean,
    ));
    figures.extend(run.by_label(
        Words {
            slug: "connect-time-over-time",
            section: OVER_TIME,
            title: "Mean connect time by label",
            what: &format!(
                "{}mean by label, reused connections count as 0 ms, per",
                run.partial(&["connect"])
            ),
            description: "Mean connect time by label over time.".to_owned(),
        },
        "mean connect time",
        |label| &label.activity.connect_mean,
    ));
    figures
}

fn percentiles(run: &Run<'_>) -> Figure {
    let percentiles = &run.series.percentiles;
    let all = || percentiles.iter().flat_map(|series| &series.values);
    let extremes = || run.series.ok_min.iter().chain(&run.series.ok_max);
    let shown = || all().chain(extremes()).flatten();
    let axis = TimesAxis::of("response time", shown().map(|&value| value as f64));
    let max = shown().copied().max().unwrap_or(0) as f64;
    let series = percentiles.iter().enumerate().map(|(number, percentile)| {
        let pieces = run.pieces(|bucket| {
            let value = percentile.values.get(bucket).copied().flatten()?;
            Some(axis.place(value as f64))
        });
        Series {
            name: ordinal(percentile.percent.percent()),
            color: PERCENTILE_COLORS[number % PERCENTILE_COLORS.len()],
            mark: Mark::Line,
            full: None,
            pieces,
        }
    });
    let band = Series {
        name: "fastest to slowest".to_owned(),
        full: None,
        color: BAND_COLOR,
        mark: Mark::Band,
        pieces: band(run, &axis),
    };
    let series = series.chain([band].into_iter().filter(|band| !band.pieces.is_empty()));
    let series = series.collect();
    let words = Words {
        slug: "response-time-percentiles-over-time",
        section: OVER_TIME,
        title: "Response time percentiles over time",
        what: match max >= EXACT_BELOW_MS {
            false => "percentiles of successful samples by end time, per",
            true => {
                "percentiles (within 0.1% above 2,048 ms) of successful samples by end time, per"
            }
        },
        description: format!(
            "Response time percentiles of successful samples over time; the largest is {} ms.",
            scale::grouped(max, 0)
        ),
    };
    run.figure(words, axis.axis, series)
}

/// Returns the outlines of the area between the fastest and the slowest successful samples.
fn band(run: &Run<'_>, axis: &TimesAxis) -> Pieces {
    let line = |values: &[Option<i64>]| {
        run.pieces(|bucket| Some(axis.place(values.get(bucket).copied().flatten()? as f64)))
    };
    let pieces = line(&run.series.ok_max).into_iter();
    let outlines = pieces
        .zip(line(&run.series.ok_min))
        .map(|(mut outline, lower)| {
            outline.extend(lower.into_iter().rev());
            outline
        });
    outlines.collect()
}

/// Builds the figure of active threads; `None` if the results lack them.
fn threads(run: &Run<'_>) -> Option<Figure> {
    let threads = &run.series.active_threads;
    if threads.is_empty() {
        return None;
    }
    let pieces = run.pieces(|bucket| threads.get(bucket).copied().flatten());
    let max = highest(&pieces);
    let series = Series {
        name: "active threads".to_owned(),
        color: 2,
        mark: Mark::Area,
        full: None,
        pieces,
    };
    let words = Words {
        slug: "active-threads-over-time",
        section: OVER_TIME,
        title: "Active threads over time",
        what: &format!(
            "{}JMeter threads (users), mean per",
            run.partial(&["active_threads"])
        ),
        description: format!(
            "Active threads over time, up to {}.",
            scale::grouped(max, 0)
        ),
    };
    Some(run.figure(words, scale::linear("active threads", max), vec![series]))
}

/// Builds the figure of bytes in and out; `None` if the results lack them.
fn bytes(run: &Run<'_>) -> Option<Figure> {
    let kb = |bytes: &[Option<u64>]| {
        let counts: Vec<u64> = bytes.iter().map(|bytes| bytes.unwrap_or(0)).collect();
        run.pieces(|bucket| {
            bytes.get(bucket).copied().flatten()?;
            Some(run.rate(bucket, &counts)? / BYTES_PER_KB)
        })
    };
    let total = &run.report.total;
    let directions = [
        (
            "received",
            0,
            &run.series.received_bytes,
            total.received_kb_per_sec,
        ),
        ("sent", 1, &run.series.sent_bytes, total.sent_kb_per_sec),
    ];
    let series: Vec<Series> = directions
        .into_iter()
        .filter(|(_, _, _, is_known)| is_known.is_some())
        .map(|(name, color, bytes, _)| Series {
            name: name.to_owned(),
            color,
            mark: Mark::Line,
            full: None,
            pieces: kb(bytes),
        })
        .collect();
    let max = highest_of(&series);
    let partial = run.partial(&["received_kb_per_sec", "sent_kb_per_sec"]);
    let words = Words {
        slug: "bytes-over-time",
        section: OVER_TIME,
        title: "Bytes over time",
        what: &format!("{partial}bytes by end time of the sample, mean per"),
        description: format!(
            "KB received and sent per second over time, up to {}.",
            scale::grouped(max, 0)
        ),
    };
    (!series.is_empty()).then(|| run.figure(words, scale::linear("KB per second", max), series))
}

/// Builds the heatmap of samples by time and response time.
fn heatmap(run: &Run<'_>) -> Figure {
    let heatmap = &run.series.heatmap;
    // Samples below 1 ms have a row of their own.
    let place = |bound: i64| match bound {
        0 => MEASURES.below_one,
        _ => (bound as f64).log10(),
    };
    let y: Vec<f64> = heatmap.bounds.iter().map(|&bound| place(bound)).collect();
    let max = heatmap.bounds.last().copied().unwrap_or(1) as f64;
    let mut axis = scale::logarithmic("response time (ms), log scale", 0.0, max);
    axis.max = y.last().copied().unwrap_or(1.0).max(axis.min + 1.0);
    let (min, top) = (axis.min, axis.max);
    axis.ticks.retain(|tick| tick.at >= min && tick.at <= top);
    let edges = (0..run.series.len()).map(|bucket| run.covered(bucket).0);
    let end = run.window.duration_ms() as f64;
    let mut figure = run.figure(
        Words {
            slug: "response-time-heatmap",
            section: OVER_TIME,
            title: "Heatmap of response times",
            what: "darker = more requests; one column per",
            description: "Heatmap of response times over time, on a logarithmic scale.".to_owned(),
        },
        axis,
        Vec::new(),
    );
    if let Some(panel) = figure.panels.first_mut() {
        panel.cells = Some(Cells {
            x: edges.chain([end]).collect(),
            y,
            color: palette::OK,
            counts: heatmap.counts.clone(),
        });
    }
    figure
}
