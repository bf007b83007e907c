//! The page of a comparison: the verdict, what changed, all figures, and the runs in one chart.

use super::escape::{self, shortened};
use super::numbers::thousands;
use super::page::{self, MOST_LETTERS, MOST_LINES, Parts, Section};
use super::table::{Heading, Table};
use super::{Detail, charts, criteria};
use crate::chart::Figure;
use crate::compare::Comparison;
use crate::error::Result;
use crate::render::columns::Cell;
use crate::render::compare;
use crate::report::Report;
use crate::units;

/// The whole page.
pub fn html(
    comparison: &Comparison,
    runs: &[(String, Report)],
    judged: &Report,
    figures: Vec<Figure>,
    detail: Detail,
) -> Result<String> {
    let method = compare::method(comparison);
    let notes: Vec<&String> = comparison.notes.iter().chain([&method]).collect();
    let (drawn, data) = charts::sections(None, figures, detail)?;
    let mut sections = vec![changes(comparison, detail)];
    sections.extend(criteria::section(judged, detail));
    sections.extend(platforms(comparison, detail));
    sections.push(all_figures(comparison, detail));
    sections.extend(drawn);
    sections.extend(page::list(&notes, "JSON"));
    Ok(page::document(&Parts {
        title: &title(comparison),
        head: &head(comparison, runs),
        sections: &sections,
        data: &data,
        version: env!("CARGO_PKG_VERSION"),
        revision: None,
    }))
}

fn title(comparison: &Comparison) -> String {
    let mut names = comparison.runs.iter().map(|run| run.name.as_str());
    let baseline = names.next().unwrap_or_default();
    let candidates: Vec<&str> = names.collect();
    let title = format!("{} against {baseline}", candidates.join(", "));
    escape::text(&shortened(&title, MOST_LETTERS))
}

/// The verdict, and when each run was.
fn head(comparison: &Comparison, runs: &[(String, Report)]) -> String {
    let mut html = format!(
        "<p class=verdict>{}</p>\n<dl class=details>\n",
        escape::text(&compare::summary(comparison))
    );
    for (name, report) in runs.iter().take(MOST_LINES) {
        let mut told = vec![format!("{} samples", thousands(report.total.samples))];
        if let Some(window) = report.window {
            told.push(format!("from {}", units::utc(window.start_ms)));
            told.push(units::duration(window.duration_ms()));
        }
        html += &format!(
            "<div><dt>{}</dt><dd>{}</dd></div>\n",
            escape::text(&shortened(name, MOST_LETTERS)),
            escape::text(&told.join(" · "))
        );
    }
    html + "</dl>\n"
}

fn changes(comparison: &Comparison, detail: Detail) -> Section {
    let rows = compare::changed(comparison);
    let body = match rows.len() {
        1 => "<p>No figure is surely better or worse.</p>\n".to_owned(),
        _ => {
            let texts = if comparison.runs.len() > 2 { 3 } else { 2 };
            table("What got better or worse", rows, texts, detail)
        }
    };
    Section::new("changes", "What changed", body)
}

fn platforms(comparison: &Comparison, detail: Detail) -> Option<Section> {
    let rows = compare::platforms(comparison);
    (rows.len() > 1).then(|| {
        let body = table("The platforms' details", rows, usize::MAX, detail);
        Section::new("platforms", "Platforms", body)
    })
}

/// Those of TOTAL first: they must be there however many labels there are.
fn all_figures(comparison: &Comparison, detail: Detail) -> Section {
    let mut rows = compare::figures(comparison);
    let total = comparison.labels.last().map(|label| &label.label);
    let of_total = rows.iter().rev().take_while(|row| row.first() == total);
    let of_total = of_total.count().min(rows.len() - 1);
    rows[1..].rotate_right(of_total);
    let all = rows.len() - 1;
    rows.truncate(detail.rows + 1);
    let mut body = table("All figures", rows, 2, detail);
    if all > detail.rows {
        body += &format!(
            "<p class=remark>The first {} of {all} rows; CSV and JSON have them all.</p>\n",
            detail.rows
        );
    }
    Section::new("figures", "All figures", body)
}

/// A table of rows below their header; the first so many columns are text, the others numbers.
fn table(caption: &str, mut rows: Vec<Vec<String>>, texts: usize, detail: Detail) -> String {
    let header = rows.remove(0);
    let headings = header.iter().enumerate().map(|(column, title)| {
        let title = shortened(title, detail.letters);
        match column < texts {
            true => Heading::text(title),
            false => Heading::number(title, None),
        }
    });
    let cell = |(column, text): (usize, String)| match column < texts {
        true => Cell::Text(text),
        false => Cell::Number(text),
    };
    let table = Table {
        caption: caption.to_owned(),
        headings: headings.collect(),
        rows: rows
            .into_iter()
            .map(|row| row.into_iter().enumerate().map(cell).collect())
            .collect(),
        total: None,
    };
    table.html(detail.rows, detail.letters)
}
