//! A comparison as Markdown, for a comment on a pull request.

use std::fmt::Write;

use super::compact::{self, Compact, Row};
use super::{Extent, effect, figures, method, platforms, summary};
use crate::compare::Comparison;
use crate::format::thousands;
use crate::render::print::markdown::{bold, escape, table};

/// GitHub refuses comments of more than 65,536 characters; criteria may follow.
const MAX_BYTES: usize = 60_000;

/// Limits on the unchanged labels shown, from the usual one down to one that always fits.
const MAX_REST: [usize; 5] = [200, 100, 50, 20, 0];

/// Renders the verdict, the changes and, folded, the rest; or every figure.
pub fn markdown(comparison: &Comparison, extent: Extent) -> String {
    match extent {
        Extent::Changes => changes(comparison),
        Extent::All => all(comparison),
    }
}

/// Renders as much as fits into a comment.
fn changes(comparison: &Comparison) -> String {
    let compact = Compact::of(comparison);
    let mut page = String::new();
    for max_rest in MAX_REST {
        page = brief(comparison, &compact, max_rest);
        if page.len() <= MAX_BYTES {
            break;
        }
    }
    page
}

fn brief(comparison: &Comparison, compact: &Compact<'_>, max_rest: usize) -> String {
    let mut page = headline(comparison);
    let changed = &compact.changed[..];
    let rest = &compact.rest[..];
    let shown = &rest[..rest.len().min(max_rest)];
    let of_rows = |rows: &[Row<'_>]| compact::table("", compact, rows, comparison);
    let legend = compact::legend(comparison, &[changed, shown].concat());
    if !changed.is_empty() {
        page += &table(&of_rows(changed));
        let _ = writeln!(page, "\n{}\n", escape(&legend));
    }
    if compact.more > 0 {
        let _ = writeln!(page, "… and {}.\n", more_labels(compact.more));
    }
    if !rest.is_empty() {
        let mut body = String::new();
        if !shown.is_empty() {
            body += &table(&of_rows(shown));
            if changed.is_empty() {
                let _ = writeln!(body, "\n{}", escape(&legend));
            }
        }
        let hidden = rest.len() - shown.len();
        if hidden > 0 {
            let gap = if shown.is_empty() { "" } else { "\n" };
            let hidden = thousands(hidden as u64);
            let _ = writeln!(body, "{gap}{hidden} more: use --all or --format csv.");
        }
        page += &folded(&rest_title(comparison, compact), &body);
    }
    if let Some(platforms) = platforms(comparison) {
        page += &folded("Platforms", &table(&platforms));
    }
    let title = match comparison.notes.len() {
        0 => "Method".to_owned(),
        1 => "Method and 1 note".to_owned(),
        notes => format!("Method and {notes} notes"),
    };
    page += &folded(&title, &explained(comparison, ""));
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// Every figure of every label.
fn all(comparison: &Comparison) -> String {
    let mut page = headline(comparison);
    if let Some(platforms) = platforms(comparison) {
        let _ = writeln!(page, "{}", table(&platforms));
    }
    let _ = writeln!(page, "{}", table(&figures::of_all(comparison)));
    page + &explained(comparison, effect())
}

fn headline(comparison: &Comparison) -> String {
    format!("{}\n\n", bold(&escape(&summary(comparison))))
}

fn more_labels(count: usize) -> String {
    match count {
        1 => "1 more label that changed, below".to_owned(),
        count => format!(
            "{} more labels that changed, below",
            thousands(count as u64)
        ),
    }
}

fn rest_title(comparison: &Comparison, compact: &Compact<'_>) -> String {
    let is_pair = comparison.runs.len() == 2;
    match (compact.changed.is_empty(), compact.rest.len()) {
        (true, _) => "Figures by label".to_owned(),
        (false, 1) => "1 other label".to_owned(),
        (false, count) if is_pair => format!("{} other labels", thousands(count as u64)),
        (false, count) => format!("Other labels, {} rows", thousands(count as u64)),
    }
}

/// Explains how the verdicts were reached, and lists the notes.
fn explained(comparison: &Comparison, more: &str) -> String {
    let method = format!("{} {more}", method(comparison));
    let mut text = format!("{}\n", escape(&method));
    for note in &comparison.notes {
        let _ = writeln!(text, "\n- {}", escape(note));
    }
    text
}

fn folded(title: &str, body: &str) -> String {
    format!(
        "<details><summary>{title}</summary>\n\n{}\n\n</details>\n\n",
        body.trim_end()
    )
}
