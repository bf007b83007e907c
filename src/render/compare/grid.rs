//! Tables for a terminal in which no number is broken over two lines.

use unicode_width::UnicodeWidthStr;

use super::compact::{Cell, Mark};
use crate::format::fit_middle;
use crate::render::text::printable;

/// Blanks between columns.
const GAP: usize = 2;

/// Smallest width of a last column that is wrapped between words.
const MIN_WRAPPED: usize = 12;

/// Width that a key keeps however narrow the terminal is.
const MIN_KEY: usize = 12;

/// How a table is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Width of the terminal; `None` for any.
    pub width: Option<usize>,
    /// Whether significant changes have a colour.
    pub has_colors: bool,
    /// Columns that begin each table if one is too wide and must be split.
    pub keys: usize,
    /// Whether the last column is text that can be wrapped rather than start another table.
    pub wraps_last: bool,
}

/// Red or green text.
pub fn colored(text: &str, mark: Option<Mark>, has_colors: bool) -> String {
    match mark {
        Some(Mark::Worse) if has_colors => format!("\x1b[31m{text}\x1b[0m"),
        Some(Mark::Better) if has_colors => format!("\x1b[32m{text}\x1b[0m"),
        _ => text.to_owned(),
    }
}

/// Rows below their titles: in one table or, if the terminal is too narrow, in several below each
/// other.
pub fn grid(titles: &[String], rows: &[Vec<Cell>], style: Style) -> String {
    let limit = style.width.unwrap_or(usize::MAX);
    let keys = style.keys.min(titles.len());
    let titles: Vec<String> = titles.iter().map(|title| printable(title)).collect();
    let mut rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| row.iter().map(printed).collect())
        .collect();
    for row in &mut rows {
        for key in row.iter_mut().take(keys) {
            key.text = fit_middle(&key.text, (limit / 3).max(MIN_KEY));
        }
    }
    let needed: Vec<usize> = titles
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|cell| cell.text.width()).max();
            widest.unwrap_or(0).max(title.width())
        })
        .collect();
    let of_keys: usize = needed[..keys].iter().map(|width| width + GAP).sum();
    let mut text = String::new();
    let mut columns: Vec<(usize, usize)> = Vec::new();
    let mut used = of_keys;
    let last = titles.len() - 1;
    for column in keys..titles.len() {
        let mut width = needed[column];
        let left = limit.saturating_sub(used);
        if column == last && style.wraps_last && left >= MIN_WRAPPED {
            width = width.min(left);
        }
        if !columns.is_empty() && used + width > limit {
            text += &table(&titles, &rows, &needed[..keys], &columns, style);
            text.push('\n');
            columns.clear();
            used = of_keys;
        }
        columns.push((column, width));
        used += width + GAP;
    }
    text + &table(&titles, &rows, &needed[..keys], &columns, style)
}

/// One table of the key columns and these others, each with its width.
fn table(
    titles: &[String],
    rows: &[Vec<Cell>],
    keys: &[usize],
    columns: &[(usize, usize)],
    style: Style,
) -> String {
    let keys = keys.iter().copied().enumerate();
    let columns: Vec<(usize, usize)> = keys.chain(columns.iter().copied()).collect();
    let width: usize = columns.iter().map(|(_, width)| width + GAP).sum();
    let header: Vec<Cell> = titles
        .iter()
        .map(|title| Cell {
            text: title.clone(),
            mark: None,
        })
        .collect();
    let mut text = lines(&header, &columns, style);
    text += &"─".repeat(width.saturating_sub(GAP));
    text.push('\n');
    for row in rows {
        text += &lines(row, &columns, style);
    }
    text
}

/// A row, in as many lines as its wrapped cell has.
fn lines(row: &[Cell], columns: &[(usize, usize)], style: Style) -> String {
    let cells: Vec<(Vec<String>, usize, Option<Mark>)> = columns
        .iter()
        .filter_map(|&(column, width)| {
            let cell = row.get(column)?;
            Some((wrapped(&cell.text, width), width, cell.mark))
        })
        .collect();
    let height = cells.iter().map(|(lines, ..)| lines.len()).max();
    let mut text = String::new();
    for line in 0..height.unwrap_or(0) {
        let mut pending = 0;
        for (lines, width, mark) in &cells {
            let content = lines.get(line).map_or("", String::as_str);
            if !content.is_empty() {
                text += &" ".repeat(pending);
                text += &colored(content, *mark, style.has_colors);
                pending = 0;
            }
            pending += width.saturating_sub(content.width()) + GAP;
        }
        text.push('\n');
    }
    text
}

/// Lines of at most this width, broken between words.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn printed(cell: &Cell) -> Cell {
    Cell {
        text: printable(&cell.text),
        mark: cell.mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Cell {
        Cell {
            text: text.to_owned(),
            mark: None,
        }
    }

    #[test]
    fn a_table_too_wide_is_split_and_its_keys_repeated() {
        let titles = ["Label", "One", "Two", "Said"].map(str::to_owned);
        let rows = [vec![cell("A"), cell("1,234 ms"), cell("5 ms"), cell("a b")]];
        let style = Style {
            width: Some(20),
            has_colors: false,
            keys: 1,
            wraps_last: false,
        };
        assert_eq!(
            grid(&titles, &rows, style),
            "Label  One\n───────────────\nA      1,234 ms\n\n\
             Label  Two   Said\n─────────────────\nA      5 ms  a b\n"
        );
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrapped("too few samples", 8), ["too few", "samples"]);
    }
}
