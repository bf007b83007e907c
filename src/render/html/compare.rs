//! The page of a comparison: verdict, changes, all figures, and charts with all runs.

use maud::{Markup, html};

use super::document::{Parts, Section, document};
use super::page::{self, MAX_LETTERS, MAX_LINES};
use super::{Detail, charts, sections};
use crate::chart::Figure;
use crate::compare::Comparison;
use crate::error::Result;
use crate::format::{self, shorten_middle, thousands};
use crate::render::compare::{self, Compact, Row};
use crate::render::print::html::{BREAK, table};
use crate::render::table::Cell;
use crate::report::{Report, TOTAL};

/// Where all rows are.
const WHOLE: &str = "JSON";

/// The whole page.
pub fn html(
    comparison: &Comparison,
    runs: &[(String, Report)],
    judged: &Report,
    figures: Vec<Figure>,
    detail: Detail,
) -> Result<String> {
    let method = format!("{} {}", compare::method(comparison), compare::effect());
    let notes: Vec<&String> = comparison.notes.iter().chain([&method]).collect();
    let drawn = charts::sections(None, figures, detail)?;
    let mut all = vec![changes(comparison, detail)];
    all.extend(sections::criteria(judged, detail));
    all.extend(platforms(comparison, detail));
    all.push(all_figures(comparison, detail));
    all.extend(drawn.overview);
    all.extend(drawn.others);
    all.extend(page::notes_section(&notes, WHOLE));
    Ok(document(&Parts {
        title: &title(comparison),
        head: head(comparison, runs),
        sections: &all,
        data: &drawn.data,
        heading: None,
        has_controls: false,
        version: env!("CARGO_PKG_VERSION"),
        revision: None,
    }))
}

fn title(comparison: &Comparison) -> String {
    let mut names = comparison.runs.iter().map(|run| run.name.as_str());
    let baseline = names.next().unwrap_or_default();
    let candidates: Vec<&str> = names.collect();
    let title = format!("{} against {baseline}", candidates.join(", "));
    shorten_middle(&title, MAX_LETTERS)
}

/// The verdict, and the time of each run.
fn head(comparison: &Comparison, runs: &[(String, Report)]) -> Markup {
    let lines = runs.iter().take(MAX_LINES).map(|(name, report)| {
        let mut facts = vec![format::counted(report.total.samples, "sample")];
        if let Some(window) = report.window {
            facts.push(format!("from {}", format::utc(window.start_ms)));
            facts.push(format::duration(window.duration_ms()));
        }
        (name.as_str(), facts.join(" · "))
    });
    html! {
        p.verdict { (compare::summary(comparison)) } (BREAK)
        (page::details(lines))
    }
}

/// The labels that changed, one row each.
fn changes(comparison: &Comparison, detail: Detail) -> Section {
    let compact = Compact::of(comparison);
    let body = html! {
        @if compact.changed.is_empty() {
            p { "No significant change." } (BREAK)
        } @else {
            (rows(comparison, &compact, &compact.changed, detail))
            @if compact.more > 0 {
                p.remark {
                    (thousands(compact.more as u64)) " more labels changed: see “All figures”."
                } (BREAK)
            }
        }
    };
    Section::new("changes", "What changed", body)
}

/// A table of labels, and below it the meaning of its signs.
fn rows(
    comparison: &Comparison,
    compact: &Compact<'_>,
    rows: &[Row<'_>],
    detail: Detail,
) -> Markup {
    let changed = compare::compact_table("Labels that changed", compact, rows, comparison);
    html! {
        (table(&changed, detail.rows, detail.letters, WHOLE))
        p.remark { (compare::legend(comparison, rows)) } (BREAK)
    }
}

fn platforms(comparison: &Comparison, detail: Detail) -> Option<Section> {
    let platforms = compare::platforms(comparison)?;
    let body = table(&platforms, detail.rows, detail.letters, WHOLE);
    Some(Section::new("platforms", "Platforms", body))
}

/// All figures. TOTAL comes first, so that it is shown however many labels there are.
fn all_figures(comparison: &Comparison, detail: Detail) -> Section {
    let mut figures = compare::all_figures(comparison);
    let is_total = |row: &&Vec<_>| {
        row.first()
            .is_some_and(|name: &Cell| name.text.as_deref() == Some(TOTAL))
    };
    let totals = figures.rows.iter().rev().take_while(is_total).count();
    figures.rows.rotate_right(totals);
    let body = table(&figures, detail.rows, detail.letters, "CSV and JSON");
    Section::new("figures", "All figures", body)
}
