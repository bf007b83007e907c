//! Draws several runs in one figure: one colour per run, aligned at their starts.

use std::cmp::Reverse;

use super::names::{LabelNames, elided};
use super::response_times::{Drawn, panels};
use super::run::{Pieces, Run, highest_of};
use super::{TimesAxis, panel};
use crate::chart::model::{Arrangement, Figure, Mark, Section, Series};
use crate::chart::{palette, scale};
use crate::report::{LabelReport, Report};

/// The slugs of the figures of single labels; their number is the maximum of such figures.
const LABEL_SLUGS: [&str; 8] = [
    "response-times-of-label-1",
    "response-times-of-label-2",
    "response-times-of-label-3",
    "response-times-of-label-4",
    "response-times-of-label-5",
    "response-times-of-label-6",
    "response-times-of-label-7",
    "response-times-of-label-8",
];

/// Builds the figures of compared runs; leaves out runs beyond the number of colours.
pub fn overlaid(runs: &[(String, Report)]) -> Vec<Figure> {
    let which = match runs.len() {
        all if all > palette::PALETTE_SIZE => {
            format!("the first {} of {all} runs; ", palette::PALETTE_SIZE)
        }
        _ => String::new(),
    };
    let runs = &runs[..runs.len().min(palette::PALETTE_SIZE)];
    let mut figures = Vec::new();
    figures.extend(response_times(
        "response-times-of-total",
        "Response times",
        &which,
        runs,
        |report| Some(&report.total),
    ));
    let all = runs.iter().flat_map(|(_, report)| &report.labels);
    let names = LabelNames::new(all.map(|row| row.label.as_str()));
    for (slug, label) in LABEL_SLUGS.into_iter().zip(busiest(runs)) {
        let title = format!("Response times of {}", names.of_label(label).0);
        figures.extend(response_times(slug, &title, &which, runs, |report| {
            report.labels.iter().find(|row| row.label == label)
        }));
    }
    figures.extend(over_time(runs, &which));
    figures
}

/// Returns the labels with the most samples in all runs, in order of appearance; none if there is
/// only one, which equals TOTAL.
fn busiest(runs: &[(String, Report)]) -> Vec<&str> {
    let mut labels: Vec<(&str, u64)> = Vec::new();
    for row in runs.iter().flat_map(|(_, report)| &report.labels) {
        match labels.iter_mut().find(|label| label.0 == row.label) {
            Some((_, samples)) => *samples += row.samples,
            None => labels.push((&row.label, row.samples)),
        }
    }
    if labels.len() == 1 {
        return Vec::new();
    }
    let mut ranked: Vec<usize> = (0..labels.len()).collect();
    ranked.sort_by_key(|&number| Reverse(labels[number].1));
    ranked.truncate(LABEL_SLUGS.len());
    ranked.sort_unstable();
    ranked.into_iter().map(|number| labels[number].0).collect()
}

/// Builds percentile curves and distributions of one label; `None` if no run has samples of it.
fn response_times(
    slug: &'static str,
    title: &str,
    which: &str,
    runs: &[(String, Report)],
    row_of: impl for<'r> Fn(&'r Report) -> Option<&'r LabelReport>,
) -> Option<Figure> {
    let drawn = runs
        .iter()
        .enumerate()
        .filter_map(|(color, (name, report))| {
            let row = row_of(report).filter(|row| !row.distribution.is_empty())?;
            Some(Drawn {
                name: elided(name),
                full: None,
                color,
                row,
            })
        });
    let drawn: Vec<Drawn<'_>> = drawn.collect();
    Some(Figure {
        slug,
        section: Section::ResponseTimes,
        title: title.to_owned(),
        subtitle: format!("{which}all samples"),
        description: format!("{title}: percentile curve and distribution of each run."),
        arrangement: Arrangement::Beside,
        spans: Vec::new(),
        panels: panels(&drawn, drawn.first()?.row)?,
    })
}

/// A figure over time.
struct TimeFigure {
    slug: &'static str,
    title: &'static str,
    what: &'static str,
    /// Title of the vertical axis; for times, without the unit.
    axis: &'static str,
    is_time: bool,
    pieces: fn(&Run<'_>) -> Pieces,
}

const TIME_FIGURES: [TimeFigure; 4] = [
    TimeFigure {
        slug: "throughput-over-time",
        title: "Throughput over time",
        what: "samples by end time",
        axis: "samples per second",
        is_time: false,
        pieces: |run| {
            let total = &run.series.total;
            let both = total.ok.iter().zip(&total.ko);
            run.rates(&both.map(|(ok, ko)| ok + ko).collect::<Vec<u64>>())
        },
    },
    TimeFigure {
        slug: "mean-response-time-over-time",
        title: "Response time over time",
        what: "mean of all samples by end time",
        axis: "mean response time",
        is_time: true,
        pieces: |run| {
            let means = &run.series.total.elapsed_mean;
            run.pieces(|bucket| means.get(bucket).copied().flatten())
        },
    },
    TimeFigure {
        slug: "errors-over-time",
        title: "Errors over time",
        what: "failed samples by end time",
        axis: "errors per second",
        is_time: false,
        pieces: |run| match run.series.total.ko.iter().any(|&errors| errors > 0) {
            true => run.rates(&run.series.total.ko),
            false => Pieces::new(),
        },
    },
    TimeFigure {
        slug: "threads-over-time",
        title: "Active threads over time",
        what: "JMeter threads (users), mean",
        axis: "active threads",
        is_time: false,
        pieces: |run| {
            let threads = &run.series.active_threads;
            run.pieces(|bucket| threads.get(bucket).copied().flatten())
        },
    },
];

fn over_time(runs: &[(String, Report)], which: &str) -> Vec<Figure> {
    let names = LabelNames::default();
    let runs = runs.iter().enumerate();
    let runs =
        runs.filter_map(|(color, (name, report))| Some((color, name, Run::of(report, &names)?)));
    let runs: Vec<(usize, &String, Run<'_>)> = runs.collect();
    let Some(longest) = runs
        .iter()
        .max_by_key(|(_, _, run)| run.window.duration_ms())
    else {
        return Vec::new();
    };
    let mut widths: Vec<String> = runs.iter().map(|(_, _, run)| run.bucket()).collect();
    widths.dedup();
    let figures = TIME_FIGURES.iter().filter_map(|drawn| {
        let lines = runs.iter().map(|(color, name, run)| Series {
            name: elided(name),
            color: *color,
            mark: Mark::Line,
            full: None,
            pieces: (drawn.pieces)(run),
        });
        // A run without errors, or without a column of threads, has no line.
        let mut lines: Vec<Series> = lines.filter(|line| !line.pieces.is_empty()).collect();
        let max = highest_of(&lines);
        if lines.is_empty() {
            return None;
        }
        let y = match drawn.is_time {
            true => {
                let points = lines.iter().flat_map(|line| line.pieces.iter().flatten());
                let axis = TimesAxis::of(drawn.axis, points.map(|point| point.1));
                let pieces = lines.iter_mut().flat_map(|line| &mut line.pieces);
                pieces
                    .flatten()
                    .for_each(|point| point.1 = axis.place(point.1));
                axis.axis
            }
            false => scale::linear(drawn.axis, max),
        };
        Some(Figure {
            slug: drawn.slug,
            section: Section::OverTime,
            title: drawn.title.to_owned(),
            subtitle: format!(
                "{which}{}, per {}; runs aligned at their starts",
                drawn.what,
                widths.join(" or ")
            ),
            description: format!(
                "{} of each run, up to {} {}.",
                drawn.title,
                scale::grouped(max, 0),
                if drawn.is_time { "ms" } else { drawn.axis }
            ),
            arrangement: Arrangement::Beside,
            spans: Vec::new(),
            panels: vec![panel(longest.2.time_axis(), y, lines)],
        })
    });
    figures.collect()
}
