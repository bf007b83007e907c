//! All labels at a glance: a cell per label and run, coloured by its distance from the current level.

use std::fmt::Write;

use maud::{Markup, html};

use super::super::Detail;
use super::name;
use crate::format;
use crate::history::{PlatformHistory, Series};

/// Maximum runs and labels.
const MAX_RUNS: usize = 120;
const MAX_LABELS: usize = 60;

/// From which distance a cell has its first, second and third shade, as shares of the level.
const SHADES: [f64; 3] = [0.02, 0.05, 0.15];

/// Height of a row, in pixels.
const ROW: usize = 18;

/// Renders the map for p95, or else the first metric.
pub fn of(platform: &PlatformHistory, detail: Detail) -> Markup {
    let keys: Vec<String> = platform.series.iter().map(|of| of.metric.key()).collect();
    let main = keys.iter().find(|key| *key == "p95").or(keys.first());
    let series = platform.series.iter();
    let of_main = series.filter(|series| Some(&series.metric.key()) == main);
    let rows: Vec<&Series> = of_main.take(MAX_LABELS.min(detail.rows)).collect();
    let first = platform.runs.len().saturating_sub(MAX_RUNS);
    let runs = platform.runs.len() - first;
    let words = format!(
        "{} of {} in the newest {}, against the level of the newest run.",
        main.map_or("", String::as_str),
        format::counted(rows.len() as u64, "label"),
        format::counted(runs as u64, "run"),
    );
    html! {
        p.remark { (words) }
        div.heat role="img" aria-label=(words) {
            div.names {
                @for series in &rows { div title=(series.label) { (name(&series.label, detail)) } }
            }
            svg viewBox={ "0 0 " (runs) " " (rows.len()) } preserveAspectRatio="none"
                style={ "height:" (rows.len() * ROW) "px" } {
                @for (shade, cells) in shades(&rows, first) {
                    path class=(shade) d=(cells) {}
                }
            }
        }
        p.legend-line {
            @for (class, text) in [
                ("w3", "worse by 15% or more"), ("w2", "by 5%"), ("w1", "by 2%"), ("same", "within 2%"),
                ("b1", "better by 2%"), ("b2", "by 5%"), ("b3", "by 15% or more"),
            ] {
                span { i class=(class) {} (text) }
            }
        }
    }
}

/// The cells of each shade as a path.
fn shades(rows: &[&Series], first: usize) -> Vec<(String, String)> {
    let mut paths: Vec<(String, String)> = Vec::new();
    for (row, series) in rows.iter().enumerate() {
        let Some(level) = series.levels.last().filter(|level| level.value > 0.0) else {
            continue;
        };
        for (run, value) in series.values.iter().enumerate().skip(first) {
            let Some(value) = value else { continue };
            let ratio = value / level.value - 1.0;
            let size = SHADES.iter().filter(|shade| ratio.abs() >= **shade).count();
            let is_worse = (ratio > 0.0) != series.metric.is_more_better();
            let shade = match (size, is_worse) {
                (0, _) => "same".to_owned(),
                (size, true) => format!("w{size}"),
                (size, false) => format!("b{size}"),
            };
            let place = paths.iter().position(|(known, _)| *known == shade);
            let place = place.unwrap_or_else(|| {
                paths.push((shade, String::new()));
                paths.len() - 1
            });
            let _ = write!(paths[place].1, "M{} {row}h1v1h-1z", run - first);
        }
    }
    paths
}
