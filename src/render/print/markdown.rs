//! Tables and text in Markdown.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::format::shorten;
use crate::render::table::{Cell, Heading, Kind, Table, Tone};
use crate::render::text;

/// Letters of a message.
const MAX_LETTERS: usize = 300;

/// Width of the widest cell to which others are padded.
const MAX_PADDED: usize = 300;

/// A table, padded so that it reads well as plain text too. Headings, keys, the names of totals and
/// failed verdicts are bold.
pub fn table(table: &Table) -> String {
    let header = table
        .headings
        .iter()
        .map(|heading| match &heading.title[..] {
            "" => String::new(),
            title => bold(&escape(title)),
        });
    let row = |row: &Vec<Cell>| -> Vec<String> {
        let cells = row.iter().zip(&table.headings);
        cells
            .map(|(cell, heading)| content(cell, heading))
            .collect()
    };
    let total = |cells: &Vec<Cell>| {
        let mut row = row(cells);
        if let Some(name) = row.first_mut() {
            *name = bold(name);
        }
        row
    };
    let mut rows = vec![header.collect::<Vec<_>>()];
    rows.extend(table.rows.iter().map(row));
    rows.extend(table.totals.iter().map(total));
    padded(&rows)
}

fn content(cell: &Cell, heading: &Heading) -> String {
    let Some(text) = &cell.text else {
        return "-".to_owned();
    };
    match heading.kind {
        Kind::Key => bold(&escape(text)),
        Kind::Verdict if cell.tone == Some(Tone::Bad) => bold(&escape(text)),
        Kind::Message => escape(&shorten(text, MAX_LETTERS)),
        _ => escape(text),
    }
}

/// Rows of equal length, the first the header.
fn padded(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widths = cells.map(|cell| cell.width());
            // A delimiter row needs three dashes.
            widths
                .filter(|&width| width <= MAX_PADDED)
                .max()
                .unwrap_or(0)
                .max(1)
        })
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (cell, &width) in row.iter().zip(&widths) {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            let _ = write!(text, "| {cell}{padding} ");
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Bold text.
pub fn bold(text: &str) -> String {
    format!("**{text}**")
}

/// Text from outside as code on one line.
pub fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|letter| match letter {
            '\n' | '\r' | '\t' => ' ',
            letter if text::is_unsafe(letter) => '\u{FFFD}',
            letter => letter,
        })
        .collect();
    // A fence is longer than any row of backticks within it.
    let longest = text.split(|letter| letter != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or(0) + 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Text from outside, made literal and harmless within a Markdown table cell.
pub fn escape(text: &str) -> String {
    let letters: Vec<(char, bool)> = text::letters(text).collect();
    let mut escaped = String::with_capacity(text.len());
    for (at, &(letter, is_hidden)) in letters.iter().enumerate() {
        match letter {
            '\\' | '`' | '*' | '|' | '[' | ']' | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            // Within a word an underscore is literal already, and reads better bare.
            '_' => {
                let is_word = |letter: Option<&(char, bool)>| {
                    letter.is_some_and(|(c, _)| c.is_alphanumeric())
                };
                let before = at.checked_sub(1).and_then(|before| letters.get(before));
                if !(is_word(before) && is_word(letters.get(at + 1))) {
                    escaped.push('\\');
                }
                escaped.push('_');
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' | '\t' => escaped.push(' '),
            letter if is_hidden => text::push_sign(&mut escaped, letter),
            letter => escaped.push(letter),
        }
    }
    escaped.trim().to_owned()
}
