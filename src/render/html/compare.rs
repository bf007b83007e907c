//! The page of a comparison: the verdict, what changed, all figures, and the runs in one chart.

use super::escape;
use super::page::{self, MOST_LETTERS, MOST_LINES, Parts, Section};
use super::table::{Heading, Table};
use super::{Detail, charts, criteria};
use crate::chart::Figure;
use crate::compare::Comparison;
use crate::error::Result;
use crate::format;
use crate::render::columns::Cell;
use crate::render::compare::{self, Compact, Row};
use crate::report::Report;

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
    escape::text(&format::shorten_middle(&title, MOST_LETTERS))
}

/// The verdict, and when each run was.
fn head(comparison: &Comparison, runs: &[(String, Report)]) -> String {
    let mut html = format!(
        "<p class=verdict>{}</p>\n<dl class=details>\n",
        escape::text(&compare::summary(comparison))
    );
    for (name, report) in runs.iter().take(MOST_LINES) {
        let mut told = vec![format!(
            "{} samples",
            format::thousands(report.total.samples)
        )];
        if let Some(window) = report.window {
            told.push(format!("from {}", format::utc(window.start_ms)));
            told.push(format::duration(window.duration_ms()));
        }
        html += &format!(
            "<div><dt>{}</dt><dd>{}</dd></div>\n",
            escape::text(&format::shorten_middle(name, MOST_LETTERS)),
            escape::text(&told.join(" · "))
        );
    }
    html + "</dl>\n"
}

/// The labels that changed, one row each.
fn changes(comparison: &Comparison, detail: Detail) -> Section {
    let compact = Compact::of(comparison);
    let body = match &compact.changed[..] {
        [] => "<p>No significant change.</p>\n".to_owned(),
        rows => {
            let mut body = compact_table("Labels that changed", comparison, &compact, rows, detail);
            if compact.more > 0 {
                body += &format!(
                    "<p class=remark>{} more labels changed: see all figures.</p>\n",
                    format::thousands(compact.more as i128)
                );
            }
            body
        }
    };
    Section::new("changes", "What changed", body)
}

/// Rows of labels, and below them what their signs mean.
fn compact_table(
    caption: &str,
    comparison: &Comparison,
    compact: &Compact<'_>,
    rows: &[Row<'_>],
    detail: Detail,
) -> String {
    let (titles, cells) = compare::compact_grid(compact, rows, comparison);
    let texts = if comparison.runs.len() > 2 { 2 } else { 1 };
    let headings = titles.iter().enumerate().map(|(column, title)| {
        let title = format::shorten_middle(title, detail.letters);
        match column < texts {
            true => Heading::text(title),
            false => Heading::change(title),
        }
    });
    let cell = |(column, text): (usize, String)| match column < texts {
        true => Cell::Text(text),
        false => Cell::Number(text),
    };
    let cells = cells.into_iter().map(|row| {
        let texts = row.into_iter().map(|cell| cell.text);
        texts.enumerate().map(cell).collect()
    });
    let table = Table {
        caption: caption.to_owned(),
        headings: headings.collect(),
        rows: cells.collect(),
        total: None,
    };
    format!(
        "{}<p class=remark>{}</p>\n",
        table.html(detail.rows, detail.letters),
        escape::text(&compare::legend(comparison, rows))
    )
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
    let (titles, mut labels) = compare::figures(comparison, false);
    let last = labels.len().min(1);
    labels.rotate_right(last);
    let mut rows = vec![["Label".to_owned()].into_iter().chain(titles).collect()];
    for label in labels {
        rows.extend(label.rows.into_iter().map(|row| {
            let cells = row.into_iter().map(|cell| cell.text);
            [label.label.to_owned()].into_iter().chain(cells).collect()
        }));
    }
    let all = rows.len() - 1;
    rows.truncate(detail.rows + 1);
    let texts = if comparison.runs.len() > 2 { 3 } else { 2 };
    let mut body = table("All figures", rows, texts, detail);
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
    let is_verdict = |column: usize| header[column] == "Verdict";
    let headings = header.iter().enumerate().map(|(column, title)| {
        let title = format::shorten_middle(title, detail.letters);
        match column < texts {
            _ if is_verdict(column) => Heading::verdict(),
            true => Heading::text(title),
            false => Heading::number(title, None),
        }
    });
    let cell = |(column, text): (usize, String)| match column < texts || is_verdict(column) {
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
