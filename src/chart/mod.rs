//! Charts: report to chart model to SVG (plotters) to PNG (rasterised).

mod figures;
mod histogram;
mod layout;
mod look;
mod model;
pub(crate) mod palette;
mod png;
mod scale;
mod svg;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::error::{Error, Result};
use crate::report::Report;

pub use figures::{SLUGS, figures, overlaid};
pub use look::{Look, Size, Theme};
pub use model::{Axis, Cells, Figure, Kind, Panel, Scale, Section, Series, Tick};
pub use png::png;
pub use svg::svg;

/// A chart, drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// File name without extension.
    pub slug: &'static str,
    /// Title.
    pub title: String,
    /// What it shows, for those who cannot see it.
    pub description: String,
    /// The picture as PNG.
    pub png: Vec<u8>,
}

/// Most charts drawn at a time: each takes about 12 MiB while it is.
const MOST_THREADS: usize = 4;

/// Draws the charts of a report that are `wanted` by their slugs, on as many threads as there are
/// cores, and at most four.
///
/// # Errors
///
/// When a chart cannot be drawn: a bug, for every report can be.
pub fn draw(report: &Report, look: &Look, wanted: &[&str]) -> Result<Vec<Chart>> {
    let mut figures = figures(report);
    figures.retain(|figure| wanted.contains(&figure.slug));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let draw_some = || {
        let mut drawn = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(figure) = figures.get(number) else {
                return Ok(drawn);
            };
            drawn.push((number, draw_one(figure, look)?));
        }
    };
    let mut charts: Vec<(usize, Chart)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.min(MOST_THREADS))
            .map(|_| scope.spawn(draw_some))
            .collect();
        let drawn: Result<Vec<_>> = handles
            .into_iter()
            .map(|handle| {
                handle.join().unwrap_or_else(|_| {
                    Err(Error::Internal("a chart could not be drawn".to_owned()))
                })
            })
            .collect();
        drawn.map(|parts| parts.into_iter().flatten().collect())
    })?;
    charts.sort_by_key(|(number, _)| *number);
    Ok(charts.into_iter().map(|(_, chart)| chart).collect())
}

fn draw_one(figure: &Figure, look: &Look) -> Result<Chart> {
    Ok(Chart {
        slug: figure.slug,
        title: figure.title.clone(),
        description: figure.description.clone(),
        png: png(&svg(figure, look)?, look.size.density)?,
    })
}
