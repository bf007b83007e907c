//! `report.html`: one file that opens anywhere, asks nobody for anything and is below 1 MB.
//!
//! Tables and charts are there as HTML and SVG; the script, where it runs, sorts the tables and
//! draws the charts again from the figures' data, so that they respond.

mod charts;
mod compare;
mod data;
mod escape;
mod live;
mod numbers;
mod page;
mod sections;
mod theme;
mod thin;
mod verdict;

use crate::chart::Figure;
use crate::compare::Comparison;
use crate::error::Result;
use crate::render::text;
use crate::report::Report;

/// No page is larger, in bytes.
pub const MAX_BYTES: usize = 1_000_000;

/// How much of a run a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Detail {
    /// Rows of a table.
    rows: usize,
    /// Points of a line or cloud, beyond which some are left out.
    points: usize,
    /// Letters of a label or a message.
    letters: usize,
}

/// From what is usual to what is below [`MAX_BYTES`] whatever the run was.
const DETAILS: [Detail; 4] = [
    Detail {
        rows: 200,
        points: 900,
        letters: 72,
    },
    Detail {
        rows: 200,
        points: 400,
        letters: 72,
    },
    Detail {
        rows: 100,
        points: 200,
        letters: 48,
    },
    Detail {
        rows: 40,
        points: 100,
        letters: 32,
    },
];

/// The page of a report with its figures, see [`crate::chart::figures`]; the same report gives the
/// same bytes.
///
/// # Errors
///
/// None in practice: every report can be rendered.
pub fn render(report: &Report, figures: &[Figure]) -> Result<String> {
    smallest(|detail| page::html(report, figures.to_vec(), detail, None))
}

/// The page of a run that is going on, to be served: it listens to `/events`, and when these tell of
/// a revision that it does not show, it puts in its place what `/` has, and keeps what the reader
/// did to it. `report` is `None` before the first row.
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

/// The page of a comparison of these runs, with what became of the criteria that `judged` has.
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

/// The page with the most detail of those that are small enough.
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

/// The page without what could forge or hide what it shows.
fn harmless(page: &str) -> String {
    let letters = page.chars().map(|letter| match letter {
        '\n' => '\n',
        '\r' | '\t' => ' ',
        letter if text::is_unsafe(letter) => char::REPLACEMENT_CHARACTER,
        letter => letter,
    });
    letters.collect()
}
