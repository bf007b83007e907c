//! A comparison for a terminal.

use std::fmt::Write;

use super::compact::{self, Compact, Row};
use super::{Extent, effect, figures, method, platforms, summary};
use crate::compare::{Comparison, Verdict};
use crate::render::print::terminal::{Style, colored, table, wrapped};
use crate::render::table::Tone;
use crate::render::text::printable;

/// Maximum number of unchanged labels shown.
const MAX_REST: usize = 40;

/// Renders the verdict, the changes and the rest in brief, or every figure; as wide as the terminal.
pub fn terminal(
    comparison: &Comparison,
    extent: Extent,
    width: Option<u16>,
    has_colors: bool,
) -> String {
    let style = Style {
        width: width.map(usize::from),
        has_colors,
        keys: 1,
    };
    let mut page = headline(comparison, style);
    if let Some(platforms) = platforms(comparison) {
        let _ = writeln!(page, "{}", table(&platforms, style));
    }
    match extent {
        Extent::Changes => page += &changes(comparison, style),
        Extent::All => page += &all(comparison, style),
    }
    let more = match extent {
        Extent::Changes => String::new(),
        Extent::All => format!(" {}", effect()),
    };
    page += &paragraph(&format!("{}{more}", method(comparison)), style);
    for note in &comparison.notes {
        page += &bullet(note, style);
    }
    page
}

fn headline(comparison: &Comparison, style: Style) -> String {
    let tone = comparison
        .verdicts()
        .fold(None, |tone, found| match found.verdict {
            Verdict::Worse => Some(Tone::Bad),
            Verdict::Better => tone.or(Some(Tone::Good)),
            _ => tone,
        });
    let lines = paragraph(&summary(comparison), style);
    let lines = lines
        .lines()
        .map(|line| colored(line, tone, style.has_colors));
    lines.map(|line| line + "\n").collect::<String>() + "\n"
}

fn changes(comparison: &Comparison, style: Style) -> String {
    let compact = Compact::of(comparison);
    let keys = if comparison.runs.len() > 2 { 2 } else { 1 };
    let style = Style { keys, ..style };
    let drawn = |rows: &[Row<'_>]| table(&compact::table("", &compact, rows, comparison), style);
    let mut page = String::new();
    if !compact.changed.is_empty() {
        let _ = writeln!(page, "{}", drawn(&compact.changed));
    }
    let shown = &compact.rest[..compact.rest.len().min(MAX_REST)];
    if !shown.is_empty() {
        if !compact.changed.is_empty() {
            page += match compact.more {
                0 => "Other labels:\n\n",
                _ => "More labels that changed, then the others:\n\n",
            };
        }
        let _ = writeln!(page, "{}", drawn(shown));
    }
    let hidden = compact.rest.len() - shown.len();
    if hidden > 0 {
        let _ = writeln!(page, "{hidden} more: use --all or --format csv.\n");
    }
    let rows = [&compact.changed, shown].concat();
    page + &paragraph(&compact::legend(comparison, &rows), style) + "\n"
}

/// A table per label, below its name.
fn all(comparison: &Comparison, style: Style) -> String {
    let keys = if comparison.runs.len() > 2 { 2 } else { 1 };
    let style = Style { keys, ..style };
    let tables = figures::by_label(comparison).into_iter().map(|of_label| {
        let name = printable(&of_label.caption);
        format!("{name}\n\n{}\n", table(&of_label, style))
    });
    tables.collect()
}

/// A note below a blank line, its lines indented.
fn bullet(note: &str, style: Style) -> String {
    let width = style.width.map(|width| width.saturating_sub(2));
    let lines = paragraph(note, Style { width, ..style });
    let lines = lines
        .lines()
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("\n- {line}"),
            _ => format!("\n  {line}"),
        });
    lines.collect::<String>() + "\n"
}

/// Wraps text to the terminal's width, if it has one.
fn paragraph(text: &str, style: Style) -> String {
    let text = printable(text);
    let limit = style.width.unwrap_or(usize::MAX).max(20);
    let lines = wrapped(&text, limit);
    lines.join("\n") + "\n"
}
