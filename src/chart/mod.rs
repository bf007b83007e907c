//! Charts: report to chart model to SVG (plotters) to PNG (rasterised).

mod figures;
mod histogram;
mod layout;
mod model;
pub(crate) mod palette;
mod png;
mod scale;
mod svg;

use std::thread;

use crate::error::{Error, Result};
use crate::report::Report;

pub use figures::figures;
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

/// Draws all charts of a report, each on a thread of its own.
///
/// # Errors
///
/// When a chart cannot be drawn: a bug, for every report can be.
pub fn draw(report: &Report) -> Result<Vec<Chart>> {
    let figures = figures(report);
    let draw_one = |figure: &Figure| {
        Ok(Chart {
            slug: figure.slug,
            title: figure.title.clone(),
            description: figure.description.clone(),
            png: png(&svg(figure)?)?,
        })
    };
    thread::scope(|scope| {
        let handles: Vec<_> = figures
            .iter()
            .map(|figure| scope.spawn(move || draw_one(figure)))
            .collect();
        handles
            .into_iter()
            .map(|handle| {
                handle.join().unwrap_or_else(|_| {
                    Err(Error::Internal("a chart could not be drawn".to_owned()))
                })
            })
            .collect()
    })
}
