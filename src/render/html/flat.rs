//! Finds charts that show nothing: what stays the same is told in a line instead.

use crate::chart::{Figure, Mark, Panel, Scale, Section, Series};
use crate::format;

/// Largest change of a series that stays the same, as a share of its largest value.
const MAX_CHANGE: f64 = 0.02;

/// Figures that are never folded: they show a distribution, or are what readers look for first.
const KEPT: [&str; 3] = [
    "response-time-percentiles-over-time",
    "response-time-distribution",
    "throughput-and-errors-over-time",
];

/// Says why a figure is not worth its place; `None` if it is.
pub fn reason(figure: &Figure) -> Option<String> {
    if figure.section == Section::Overview || KEPT.contains(&figure.slug) {
        return None;
    }
    if figure.slug == "response-codes-per-second"
        && let [panel] = &figure.panels[..]
        && let [only] = &panel.series[..]
    {
        return Some(format!("always {}", only.name));
    }
    let is_flat = |panel: &Panel| panel.cells.is_none() && panel.series.iter().all(is_flat);
    if !figure.panels.iter().all(is_flat) {
        return None;
    }
    let panel = figure.panels.first()?;
    let values = panel.series.iter().map(|series| typical(series, panel));
    let values: Vec<f64> = values.collect();
    let all_zero = values.iter().all(|value| *value == 0.0);
    Some(match &values[..] {
        [] => "nothing measured".to_owned(),
        _ if all_zero => "always 0".to_owned(),
        [value] => format!("always about {}", format::number(rounded(*value))),
        _ => "each stays the same".to_owned(),
    })
}

/// Whether a series changes too little to be worth a look. The first and the last point, of buckets that
/// the run covers in part, do not count.
fn is_flat(series: &Series) -> bool {
    let bars = matches!(series.mark, Mark::Bars);
    let values: Vec<f64> = series
        .pieces
        .iter()
        .flatten()
        .map(|point| if bars { point.0 } else { point.1 })
        .collect();
    let inner = match &values[..] {
        [_, inner @ .., _] if inner.len() > 2 && !bars => inner,
        all => all,
    };
    let max = inner.iter().copied().fold(f64::MIN, f64::max);
    let min = inner.iter().copied().fold(f64::MAX, f64::min);
    series.mark != Mark::Points && (inner.is_empty() || max - min <= MAX_CHANGE * max.abs())
}

/// The value in the middle of a series.
fn typical(series: &Series, panel: &Panel) -> f64 {
    let bars = matches!(series.mark, Mark::Bars);
    let points: Vec<&(f64, f64)> = series.pieces.iter().flatten().collect();
    let Some(&&(x, y)) = points.get(points.len() / 2) else {
        return 0.0;
    };
    match (bars, panel.y.scale) {
        (true, _) => x,
        (_, Scale::Logarithmic) if y < 0.0 => 0.0,
        (_, Scale::Logarithmic) => 10_f64.powf(y),
        _ => y,
    }
}

/// Rounds to three significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Arrangement, Axis};

    fn figure(values: &[&[f64]]) -> Figure {
        let axis = || Axis {
            label: String::new(),
            scale: Scale::Linear,
            min: 0.0,
            max: 100.0,
            ticks: Vec::new(),
        };
        let series = |values: &&[f64]| Series {
            name: "200".to_owned(),
            full: None,
            color: 0,
            mark: Mark::Line,
            pieces: vec![
                values
                    .iter()
                    .enumerate()
                    .map(|(x, y)| (x as f64, *y))
                    .collect(),
            ],
        };
        Figure {
            slug: "active-threads-over-time",
            section: Section::OverTime,
            title: String::new(),
            subtitle: String::new(),
            description: String::new(),
            arrangement: Arrangement::Beside,
            spans: Vec::new(),
            panels: vec![Panel {
                title: None,
                x: axis(),
                y: axis(),
                series: values.iter().map(series).collect(),
                cells: None,
            }],
        }
    }

    #[test]
    fn only_what_varies_is_worth_a_chart() {
        let reason_of = |values: &[&[f64]]| reason(&figure(values));
        assert_eq!(
            reason_of(&[&[3.0, 25.0, 25.0, 25.2, 7.0]]).unwrap(),
            "always about 25"
        );
        assert_eq!(reason_of(&[&[0.0, 0.0, 0.0]]).unwrap(), "always 0");
        assert_eq!(
            reason_of(&[&[1.0, 1.0], &[2.0, 2.0]]).unwrap(),
            "each stays the same"
        );
        assert_eq!(reason_of(&[&[3.0, 20.0, 25.0, 25.0, 7.0]]), None);
        let codes = Figure {
            slug: "response-codes-per-second",
            ..figure(&[&[1.0, 9.0, 3.0]])
        };
        assert_eq!(reason(&codes).unwrap(), "always 200");
    }
}
