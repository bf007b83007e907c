//! Several runs in one figure: a colour for each, aligned at their starts.

use std::cmp::Reverse;

use super::names::elided;
use super::response_times::{DISTRIBUTION_SHOWS, Drawn, panels};
use super::run::{Pieces, Run, highest_of};
use super::{TimesAxis, panel};
use crate::chart::model::{Figure, Mark, Section, Series};
use crate::chart::{palette, scale};
use crate::report::{LabelReport, Report};

/// The figures of labels, of which there are at most so many.
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

/// The figures of named runs that are compared: as many of the first runs as there are colours.
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
    for (slug, label) in LABEL_SLUGS.into_iter().zip(busiest(runs)) {
        let title = format!("Response times of {}", elided(label));
        figures.extend(response_times(slug, &title, &which, runs, |report| {
            report.labels.iter().find(|row| row.label == label)
        }));
    }
    figures.extend(over_time(runs, &which));
    figures
}

/// The labels with the most samples in all runs, in order of appearance; none where there is but
/// one, for it is what TOTAL is.
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

/// Percentile curves and distributions of one label; `None` if no run has samples of it.
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
                color,
                row,
            })
        });
    let drawn: Vec<Drawn<'_>> = drawn.collect();
    Some(Figure {
        slug,
        section: Section::ResponseTimes,
        title: title.to_owned(),
        subtitle: format!(
            "{which}all samples; distribution up to the {DISTRIBUTION_SHOWS}th percentile"
        ),
        description: format!("{title}: percentile curve and distribution of each run."),
        panels: panels(&drawn, drawn.first()?.row)?,
    })
}

/// What a figure over time shows.
struct Measure {
    slug: &'static str,
    title: &'static str,
    what: &'static str,
    /// Title of the vertical axis; of times, without its unit.
    axis: &'static str,
    is_time: bool,
    pieces: fn(&Run<'_>) -> Pieces,
}

const MEASURES: [Measure; 4] = [
    Measure {
        slug: "throughput-over-time",
        title: "Throughput over time",
        what: "samples by the time they ended",
        axis: "samples per second",
        is_time: false,
        pieces: |run| {
            let total = &run.series.total;
            let both = total.ok.iter().zip(&total.ko);
            run.rates(&both.map(|(ok, ko)| ok + ko).collect::<Vec<u64>>())
        },
    },
    Measure {
        slug: "mean-response-time-over-time",
        title: "Response time over time",
        what: "mean of all samples by the time they ended",
        axis: "mean response time",
        is_time: true,
        pieces: |run| {
            let means = &run.series.total.elapsed_mean;
            run.pieces(|bucket| means.get(bucket).copied().flatten())
        },
    },
    Measure {
        slug: "errors-over-time",
        title: "Errors over time",
        what: "failed samples by the time they ended",
        axis: "errors per second",
        is_time: false,
        pieces: |run| match run.series.total.ko.iter().any(|&errors| errors > 0) {
            true => run.rates(&run.series.total.ko),
            false => Pieces::new(),
        },
    },
    Measure {
        slug: "threads-over-time",
        title: "Active threads over time",
        what: "JMeter threads (users) at the end of each sample, mean",
        axis: "active threads",
        is_time: false,
        pieces: |run| {
            let threads = &run.series.active_threads;
            run.pieces(|bucket| threads.get(bucket).copied().flatten())
        },
    },
];

fn over_time(runs: &[(String, Report)], which: &str) -> Vec<Figure> {
    let runs = runs.iter().enumerate();
    let runs = runs.filter_map(|(color, (name, report))| Some((color, name, Run::of(report)?)));
    let runs: Vec<(usize, &String, Run<'_>)> = runs.collect();
    let Some(longest) = runs
        .iter()
        .max_by_key(|(_, _, run)| run.window.duration_ms())
    else {
        return Vec::new();
    };
    let mut widths: Vec<String> = runs.iter().map(|(_, _, run)| run.bucket()).collect();
    widths.dedup();
    let figures = MEASURES.iter().filter_map(|measure| {
        let lines = runs.iter().map(|(color, name, run)| Series {
            name: elided(name),
            color: *color,
            mark: Mark::Line,
            pieces: (measure.pieces)(run),
        });
        // A run without errors, or whose file does not tell of threads, has no line.
        let mut lines: Vec<Series> = lines.filter(|line| !line.pieces.is_empty()).collect();
        let max = highest_of(&lines);
        if lines.is_empty() {
            return None;
        }
        let y = match measure.is_time {
            true => {
                let points = lines.iter().flat_map(|line| line.pieces.iter().flatten());
                let axis = TimesAxis::of(measure.axis, points.map(|point| point.1));
                let pieces = lines.iter_mut().flat_map(|line| &mut line.pieces);
                pieces
                    .flatten()
                    .for_each(|point| point.1 = axis.place(point.1));
                axis.axis
            }
            false => scale::linear(measure.axis, max),
        };
        Some(Figure {
            slug: measure.slug,
            section: Section::OverTime,
            title: measure.title.to_owned(),
            subtitle: format!(
                "{which}{}, each {}; the runs aligned at their starts",
                measure.what,
                widths.join(" or ")
            ),
            description: format!(
                "{} of each run, up to {} {}.",
                measure.title,
                scale::grouped(max, 0),
                if measure.is_time { "ms" } else { measure.axis }
            ),
            panels: vec![panel(longest.2.time_axis(), y, lines)],
        })
    });
    figures.collect()
}
