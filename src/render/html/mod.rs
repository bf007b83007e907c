//! `report.html`: one self-contained file below 1 MB that makes no requests.
//!
//! Tables and charts are static HTML and SVG. The script, if enabled, makes tables sortable and
//! redraws the charts from the figures' data to make them interactive.

mod cards;
mod charts;
mod compare;
mod data;
mod document;
mod escape;
mod flat;
mod history;
mod live;
mod numbers;
mod page;
mod sections;
mod slices;
mod theme;
mod thin;
mod tiles;

use std::path::Path;

use crate::chart::Figure;
use crate::compare::Comparison;
use crate::error::Result;
use crate::history::History;
use crate::render::text;
use crate::report::Report;

/// Maximum size of a page, in bytes.
pub const MAX_BYTES: usize = 1_000_000;

/// How much of a run a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Detail {
    /// Rows of a table.
    rows: usize,
    /// Points of a series, beyond which it is downsampled.
    points: usize,
    /// Characters of a label.
    letters: usize,
    /// Bytes of the slices from which parts of a run are computed.
    slices: usize,
}

/// From the usual detail down to one with which every page fits into [`MAX_BYTES`].
const DETAILS: [Detail; 5] = [
    Detail {
        rows: 200,
        points: 900,
        letters: 72,
        slices: 400_000,
    },
    Detail {
        rows: 200,
        points: 900,
        letters: 72,
        slices: 250_000,
    },
    Detail {
        rows: 200,
        points: 400,
        letters: 72,
        slices: 250_000,
    },
    Detail {
        rows: 100,
        points: 200,
        letters: 48,
        slices: 150_000,
    },
    Detail {
        rows: 40,
        points: 100,
        letters: 32,
        slices: 100_000,
    },
];

/// Renders a report with its figures (see [`crate::chart::figures`]). The same report gives the same
/// bytes.
///
/// # Errors
///
/// None in practice: every report can be rendered.
pub fn render(report: &Report, figures: &[Figure]) -> Result<String> {
    smallest(|detail| page::html(report, figures.to_vec(), detail, None))
}

/// Renders the live page of a running test. It listens to `/events`; when they announce a newer
/// revision, it loads that from `/` and keeps the reader's zoom, sorting and scrolling. `report` is
/// `None` before the first row.
///
/// # Errors
///
/// None in practice: every report can be rendered.
pub fn live(report: Option<(&Report, &[Figure])>, revision: u64) -> Result<String> {
    let Some((report, figures)) = report else {
        return live::waiting(revision);
    };
    smallest(|detail| page::html(report, figures.to_vec(), detail, Some(revision)))
}

/// Renders a comparison of `runs`, with the results of the criteria in `judged`.
///
/// # Errors
///
/// None in practice: every comparison can be rendered.
pub fn comparison(
    comparison: &Comparison,
    runs: &[(String, Report)],
    judged: &Report,
    figures: &[Figure],
) -> Result<String> {
    smallest(|detail| compare::html(comparison, runs, judged, figures.to_vec(), detail))
}

/// Renders the most detailed page that fits into [`MAX_BYTES`].
fn smallest(page_of: impl Fn(Detail) -> Result<String>) -> Result<String> {
    let mut page = String::new();
    for detail in DETAILS {
        page = harmless(&page_of(detail)?);
        if page.len() < MAX_BYTES {
            break;
        }
    }
    Ok(page)
}

/// Replaces characters that could forge or hide text.
fn harmless(page: &str) -> String {
    let mut shown = String::with_capacity(page.len());
    for (letter, is_hidden) in text::letters(page) {
        match letter {
            '\n' => shown.push('\n'),
            '\r' | '\t' => shown.push(' '),
            _ if is_hidden => text::push_sign(&mut shown, letter),
            _ => shown.push(letter),
        }
    }
    shown
}

/// Renders the page of a history; `output` is its file, from which links to reports are relative.
///
/// # Errors
///
/// If its main chart cannot be drawn, which would be a bug.
pub fn history(history: &History, output: Option<&Path>) -> Result<String> {
    smallest(|detail| history::html(history, output, detail))
}
