//! The table of labels: a row per label, and a small chart per metric.

use std::fmt::Write;

use maud::{Markup, html};

use super::super::Detail;
use super::data::first_run;
use super::name;
use crate::history::{PlatformHistory, Series, Verdict};
use crate::render::history::{amount, percent};
use crate::render::print::html::BREAK;

/// Size of a small chart, in units of its own.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 30.0;

/// Maximum points of a small chart.
const MAX_POINTS: usize = 60;

/// Maximum rows.
const MAX_ROWS: usize = 200;

/// Renders the table.
pub fn of(platform: &PlatformHistory, detail: Detail) -> Markup {
    let mut metrics: Vec<String> = Vec::new();
    for series in &platform.series {
        let key = series.metric.key();
        if !metrics.contains(&key) {
            metrics.push(key);
        }
    }
    let first = first_run(platform, detail);
    let numbered: Vec<(usize, &Series)> = platform.series.iter().enumerate().collect();
    let rows = numbered.chunk_by(|a, b| a.1.label == b.1.label);
    let labels = platform.labels().count();
    html! {
        div.scroll tabindex="0" role="region" aria-label="Labels" {
            table.trends {
                caption { "Labels" }
                thead { tr { th.t scope="col" { "Label" } @for key in &metrics { th.t scope="col" { (key) } } } }
                tbody {
                    (BREAK)
                    @for row in rows.take(MAX_ROWS.min(detail.rows)) {
                        @let label = row.first().map_or("", |(_, series)| series.label.as_str());
                        tr data-label=(label) {
                            th.t scope="row" title=(label) { div { (name(label, detail)) } }
                            @for key in &metrics {
                                td.t {
                                    @for (number, series) in row.iter().filter(|(_, of)| of.metric.key() == *key) {
                                        (cell(*number, series, first))
                                    }
                                }
                            }
                        } (BREAK)
                    }
                }
            }
        }
        @let hidden = labels.saturating_sub(MAX_ROWS.min(detail.rows));
        @if hidden > 0 { p.remark { (hidden) " more labels are in JSON." } }
    }
}

/// A small chart with the newest value below it. It links to the large chart.
fn cell(number: usize, series: &Series, first: usize) -> Markup {
    let newest = series.newest;
    let change = newest.and_then(|newest| {
        // Error rates are too small for their ratio to mean anything.
        let level = newest
            .level
            .filter(|level| *level > 0.0 && series.unit != "%")?;
        let ratio = newest.value / level - 1.0;
        Some(format!(
            "{}{}",
            if ratio < 0.0 { "−" } else { "+" },
            percent(ratio.abs())
        ))
    });
    let tone = match newest.map(|newest| newest.verdict) {
        Some(Verdict::Worse) => Some("bad"),
        Some(Verdict::Better) => Some("good"),
        _ => None,
    };
    let text = newest.map_or_else(
        || "no value".to_owned(),
        |newest| amount(newest.value, series.unit),
    );
    let words = format!("{} of {}: {text}", series.metric.noun(), series.label);
    html! {
        a.spark href="#series" data-series=(number) aria-label=(words) {
            (small(series, first))
            span class=[tone] { (text) @if let Some(change) = change { " " small { (change) } } }
        }
    }
}

/// Draws values as a line, and levels as a thicker one.
fn small(series: &Series, first: usize) -> Markup {
    let values = &series.values[first.min(series.values.len())..];
    let known = || values.iter().copied().flatten();
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { 1.0 };
    let width = values.len().max(2) as f64 - 1.0;
    let x = |run: f64| 2.0 + run / width * (WIDTH - 4.0);
    let y = |value: f64| HEIGHT - 3.0 - ((value - low) / span).clamp(0.0, 1.0) * (HEIGHT - 6.0);
    let step = values.len().div_ceil(MAX_POINTS).max(1);
    let mut line = String::new();
    for (chunk, part) in values.chunks(step).enumerate() {
        let part: Vec<f64> = part.iter().copied().flatten().collect();
        if !part.is_empty() {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            let at = (chunk * step) as f64 + (step - 1) as f64 / 2.0;
            let command = if line.is_empty() { 'M' } else { 'L' };
            let _ = write!(line, "{command}{:.1} {:.1}", x(at.min(width)), y(mean));
        }
    }
    let mut levels = String::new();
    for level in series.levels.iter().filter(|level| level.last >= first) {
        let (from, to) = (level.first.max(first) - first, level.last - first);
        let height = y(level.value);
        let _ = write!(
            levels,
            "M{:.1} {height:.1}H{:.1}",
            x(from as f64),
            x(to as f64)
        );
    }
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-hidden="true" {
            path.c0.line d=(line) {}
            path.c1.level d=(levels) {}
        }
    }
}
