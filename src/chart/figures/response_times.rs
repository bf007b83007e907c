//! Percentile curves and distributions of response times.

use super::names::elided;
use super::{TimesAxis, busiest, panel, which_labels};
use crate::chart::histogram::Bins;
use crate::chart::model::{Figure, Mark, Panel, Section, Series};
use crate::chart::scale;
use crate::percentile::value_of_rank;
use crate::report::{LabelReport, Report};

/// The percentile at which a drawn distribution ends; a longer tail would flatten the rest.
pub const DISTRIBUTION_SHOWS: f64 = 99.5;

/// A label to draw.
pub struct Drawn<'a> {
    /// Its name in the legend.
    pub name: String,
    /// Index of its colour.
    pub color: usize,
    /// Its figures; it has samples.
    pub row: &'a LabelReport,
}

/// Builds the percentile curve and the distribution of every label; `None` without samples.
pub fn distribution(report: &Report) -> Option<Figure> {
    let labels = busiest(report).into_iter().enumerate();
    let drawn = labels.map(|(color, row)| Drawn {
        name: elided(&row.label),
        color,
        row,
    });
    let drawn: Vec<Drawn<'_>> = drawn.collect();
    let total = report.total.elapsed.as_ref()?;
    let which = which_labels(report);
    Some(Figure {
        slug: "response-time-distribution",
        section: Section::ResponseTimes,
        title: "Response times by label".to_owned(),
        subtitle: format!(
            "{which}all samples; distribution up to the {DISTRIBUTION_SHOWS}th percentile, the slowest took {} ms",
            scale::grouped(total.max as f64, 0)
        ),
        description: format!(
            "Percentile curve and distribution of response times by label, from {} to {} ms.",
            scale::grouped(total.min as f64, 0),
            scale::grouped(total.max as f64, 0)
        ),
        panels: panels(&drawn, &report.total)?,
    })
}

/// Builds a panel of percentile curves and a panel of distributions; `None` without samples. The
/// median of `typical` decides whether the axis is logarithmic.
pub fn panels(drawn: &[Drawn<'_>], typical: &LabelReport) -> Option<Vec<Panel>> {
    let values = drawn.iter().flat_map(|label| &label.row.distribution);
    let max = values.map(|(value, _)| *value).max()?.max(0) as f64;
    let axis = TimesAxis::new("response time", at_share(typical, 50.0) as f64, max);
    let shown = drawn
        .iter()
        .map(|label| at_share(label.row, DISTRIBUTION_SHOWS))
        .max()?;
    let bins = Bins::up_to(shown);
    let series = |label: &Drawn<'_>, mark: Mark, points: Vec<(f64, f64)>| Series {
        name: label.name.clone(),
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
    let outlines = drawn
        .iter()
        .zip(&shares)
        .map(|(label, shares)| series(label, Mark::Area, outline(bins, shares)));
    let highest_share = shares.iter().flatten().copied().fold(0.0, f64::max);
    let samples = drawn.iter().map(|label| label.row.samples).max()?;
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
            ..panel(
                scale::linear("response time (ms)", bins.start(bins.count) as f64),
                scale::linear(
                    &format!("% of samples per {} ms", bins.width),
                    highest_share,
                ),
                outlines.collect(),
            )
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
fn outline(bins: Bins, shares: &[f64]) -> Vec<(f64, f64)> {
    shares
        .iter()
        .enumerate()
        .flat_map(|(bin, &share)| {
            [
                (bins.start(bin) as f64, share),
                (bins.start(bin + 1) as f64, share),
            ]
        })
        .collect()
}

/// Returns the smallest value that at least `percent` of a label's samples do not exceed.
fn at_share(label: &LabelReport, percent: f64) -> i64 {
    let all: u64 = label.distribution.iter().map(|(_, count)| count).sum();
    let rank = (all as f64 * percent / 100.0).ceil() as u64;
    value_of_rank(&label.distribution, rank).unwrap_or(0)
}
