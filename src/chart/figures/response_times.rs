//! Percentile curves and distributions of response times.

use super::names::LabelNames;
use super::{TimesAxis, busiest, panel, which_labels};
use crate::chart::histogram::Bins;
use crate::chart::model::{Arrangement, Figure, Mark, Panel, Section, Series};
use crate::chart::scale;
use crate::percentile::value_of_rank;
use crate::report::{LabelReport, Report};

/// The percentile at which a distribution on a linear axis ends; a longer tail would flatten the rest.
const DISTRIBUTION_SHOWS: f64 = 99.5;

/// A label to draw.
pub struct Drawn<'a> {
    /// Its name in the legend.
    pub name: String,
    /// The whole name, if that is longer.
    pub full: Option<String>,
    /// Index of its colour.
    pub color: usize,
    /// Its figures; it has samples.
    pub row: &'a LabelReport,
}

/// Builds the percentile curve and the distribution of every label; `None` without samples.
pub fn distribution(report: &Report, names: &LabelNames) -> Option<Figure> {
    let labels = busiest(report).into_iter().enumerate();
    let drawn = labels.map(|(color, row)| {
        let (name, full) = names.of_label(&row.label);
        Drawn {
            name,
            full,
            color,
            row,
        }
    });
    let drawn: Vec<Drawn<'_>> = drawn.collect();
    let total = report.total.elapsed.as_ref()?;
    let which = which_labels(report, names);
    Some(Figure {
        slug: "response-time-distribution",
        section: Section::ResponseTimes,
        title: "Distribution of response times by label".to_owned(),
        subtitle: format!(
            "{which}all samples; the slowest took {} ms",
            scale::grouped(total.max as f64, 0)
        ),
        description: format!(
            "Percentile curve and distribution of response times by label, from {} to {} ms.",
            scale::grouped(total.min as f64, 0),
            scale::grouped(total.max as f64, 0)
        ),
        arrangement: Arrangement::Beside,
        spans: Vec::new(),
        panels: panels(&drawn, &report.total)?,
    })
}

/// Builds a panel of percentile curves and a panel of distributions; `None` without samples. The
/// median of `typical` decides whether axes are logarithmic.
pub fn panels(drawn: &[Drawn<'_>], typical: &LabelReport) -> Option<Vec<Panel>> {
    let values = || drawn.iter().flat_map(|label| &label.row.distribution);
    let max = values().map(|(value, _)| *value).max()?.max(0);
    let min = values().map(|(value, _)| *value).min()?;
    let median = at_share(typical, 50.0) as f64;
    let axis = TimesAxis::new("response time", (min as f64, median, max as f64));
    let shown = drawn
        .iter()
        .map(|label| at_share(label.row, DISTRIBUTION_SHOWS))
        .max()?;
    // A long tail would leave the rest no room.
    let times = TimesAxis::new("response time", (min as f64, median, shown as f64));
    let bins = match times.is_logarithmic {
        true => Bins::logarithmic(max),
        false => Bins::equal(shown),
    };
    let series = |label: &Drawn<'_>, mark: Mark, points: Vec<(f64, f64)>| Series {
        name: label.name.clone(),
        full: label.full.clone(),
        color: label.color,
        mark,
        pieces: vec![points],
    };
    let curves = drawn
        .iter()
        .map(|label| series(label, Mark::Line, percentile_curve(label.row, &axis)));
    let shares: Vec<Vec<f64>> = drawn
        .iter()
        .map(|label| bins.shares(&label.row.distribution))
        .collect();
    let times = match times.is_logarithmic {
        true => TimesAxis {
            axis: scale::logarithmic(&times.axis.label, min as f64, bins.end() as f64),
            ..times
        },
        false => TimesAxis {
            axis: scale::linear(&times.axis.label, bins.end() as f64),
            ..times
        },
    };
    let outlines = drawn
        .iter()
        .zip(&shares)
        .map(|(label, shares)| series(label, Mark::Area, outline(&bins, shares, &times)));
    let outlines: Vec<Series> = outlines.collect();
    let highest_share = shares.iter().flatten().copied().fold(0.0, f64::max);
    let samples = drawn.iter().map(|label| label.row.samples).max()?;
    let per_bin = match bins.width() {
        Some(width) => format!("% of samples per {width} ms"),
        None => "% of samples per bin, ten to a decade".to_owned(),
    };
    Some(vec![
        Panel {
            title: Some("Percentiles".to_owned()),
            ..panel(
                scale::percentiles(samples),
                axis.axis.clone(),
                curves.collect(),
            )
        },
        Panel {
            title: Some("Distribution".to_owned()),
            ..panel(times.axis, scale::linear(&per_bin, highest_share), outlines)
        },
    ])
}

/// Returns a label's values against the share of samples that do not exceed them, as steps.
fn percentile_curve(label: &LabelReport, axis: &TimesAxis) -> Vec<(f64, f64)> {
    let all: u64 = label.distribution.iter().map(|(_, count)| count).sum();
    let mut curve = Vec::new();
    let mut below = 0;
    for &(value, count) in &label.distribution {
        // The last sample reaches the largest value; 100% has no position on this axis.
        let reached = (below + count).min(all.saturating_sub(1));
        let y = axis.place(value as f64);
        curve.push((scale::nines(below.min(reached) as f64 / all as f64), y));
        curve.push((scale::nines(reached as f64 / all as f64), y));
        below += count;
    }
    curve
}

/// Returns the outline of bins, as steps.
fn outline(bins: &Bins, shares: &[f64], axis: &TimesAxis) -> Vec<(f64, f64)> {
    let outline = bins
        .ranges()
        .zip(shares)
        .flat_map(|((start, end), &share)| {
            let ends = [start, end].map(|edge| axis.place(edge as f64));
            ends.map(|place| (place, share))
        });
    // Bins below the start of the axis have no width.
    let mut outline: Vec<(f64, f64)> = outline.collect();
    let first = outline.iter().position(|point| point.0 > axis.axis.min);
    outline.drain(..first.unwrap_or(0).saturating_sub(1));
    outline
}

/// Returns the smallest value that at least `percent` of a label's samples do not exceed.
fn at_share(label: &LabelReport, percent: f64) -> i64 {
    let all: u64 = label.distribution.iter().map(|(_, count)| count).sum();
    let rank = (all as f64 * percent / 100.0).ceil() as u64;
    value_of_rank(&label.distribution, rank).unwrap_or(0)
}
