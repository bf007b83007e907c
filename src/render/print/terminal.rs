//! Tables and text for a terminal: no number is broken over two lines.

use unicode_width::UnicodeWidthStr;

use crate::format::fit_middle;
use crate::render::table::{Alignment, Cell, Heading, Kind, Table, Tone};
use crate::render::text::printable;

/// Blanks between columns.
const GAP: usize = 2;

/// Smallest width of a last column that is wrapped between words.
const MIN_WRAPPED: usize = 12;

/// Width that a key keeps however narrow the terminal is.
const MIN_KEY: usize = 12;

/// What stands for an undefined value.
const MISSING: &str = "-";

/// How a table is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Width of the terminal; `None` for any.
    pub width: Option<usize>,
    /// Whether what is bad or good has a colour.
    pub has_colors: bool,
    /// Columns that begin each table if one is too wide and must be split.
    pub keys: usize,
}

/// A column as it is drawn.
#[derive(Clone, Copy)]
struct Column {
    /// Its place in the table.
    at: usize,
    width: usize,
    alignment: Alignment,
}

/// A cell as it is drawn.
struct Printed {
    text: String,
    tone: Option<Tone>,
}

/// Red or green text.
pub fn colored(text: &str, tone: Option<Tone>, has_colors: bool) -> String {
    match tone {
        Some(Tone::Bad) if has_colors => format!("\x1b[31m{text}\x1b[0m"),
        Some(Tone::Good) if has_colors => format!("\x1b[32m{text}\x1b[0m"),
        _ => text.to_owned(),
    }
}

/// A table: in one piece or, if the terminal is too narrow, in several below each other.
pub fn table(table: &Table, style: Style) -> String {
    let limit = style.width.unwrap_or(usize::MAX);
    let keys = style.keys.min(table.headings.len());
    let printed = |row: &Vec<Cell>| -> Vec<Printed> {
        let cells = row.iter().enumerate().map(|(at, cell)| {
            let text = printable(cell.text.as_deref().unwrap_or(MISSING));
            let text = match at < keys {
                true => fit_middle(&text, (limit / 3).max(MIN_KEY)),
                false => text,
            };
            Printed {
                text,
                tone: cell.tone,
            }
        });
        cells.collect()
    };
    let header = table.headings.iter().map(|heading| Printed {
        text: printable(&heading.title),
        tone: None,
    });
    let pieces = Pieces {
        header: header.collect(),
        rows: table.rows.iter().map(printed).collect(),
        totals: table.totals.iter().map(printed).collect(),
        has_colors: style.has_colors,
    };
    let headings = table.headings.iter().enumerate();
    let all: Vec<Column> = headings
        .map(|(at, heading)| pieces.column(at, heading))
        .collect();
    let (keys, others) = all.split_at(keys);
    let of_keys: usize = keys.iter().map(|key| key.width + GAP).sum();
    let mut text = String::new();
    let mut columns = keys.to_vec();
    let mut used = of_keys;
    for &column in others {
        let left = limit.saturating_sub(used);
        let is_last = column.at + 1 == table.headings.len();
        let is_wrapped = is_last && table.headings[column.at].kind == Kind::Verdict;
        let width = match is_wrapped && left >= MIN_WRAPPED {
            true => column.width.min(left),
            false => column.width,
        };
        if columns.len() > keys.len() && used + width > limit {
            text += &pieces.table(&columns);
            text.push('\n');
            columns.truncate(keys.len());
            used = of_keys;
        }
        columns.push(Column { width, ..column });
        used += width + GAP;
    }
    text + &pieces.table(&columns)
}

/// A table's rows, of which some columns make a piece.
struct Pieces {
    header: Vec<Printed>,
    rows: Vec<Vec<Printed>>,
    totals: Vec<Vec<Printed>>,
    has_colors: bool,
}

impl Pieces {
    /// A column as wide as its cells and its heading; headings of numbers break between words.
    fn column(&self, at: usize, heading: &Heading) -> Column {
        let rows = self.rows.iter().chain(&self.totals);
        let cells = rows.filter_map(|row| row.get(at));
        let widest = cells.map(|cell| cell.text.width()).max().unwrap_or(0);
        let title = &self.header[at].text;
        let of_title = match heading.kind {
            Kind::Number => title.split(' ').map(UnicodeWidthStr::width).max(),
            _ => Some(title.width()),
        };
        Column {
            at,
            width: widest.max(of_title.unwrap_or(0)),
            alignment: heading.kind.alignment(),
        }
    }

    /// A table of these columns.
    fn table(&self, columns: &[Column]) -> String {
        let width: usize = columns.iter().map(|column| column.width + GAP).sum();
        let rule = "─".repeat(width.saturating_sub(GAP)) + "\n";
        let mut text = self.lines(&self.header, columns) + &rule;
        for row in &self.rows {
            text += &self.lines(row, columns);
        }
        if !self.rows.is_empty() && !self.totals.is_empty() {
            text += &rule;
        }
        for total in &self.totals {
            text += &self.lines(total, columns);
        }
        text
    }

    /// A row, in as many lines as its cell with the most lines has.
    fn lines(&self, row: &[Printed], columns: &[Column]) -> String {
        let cells = columns.iter().filter_map(|column| {
            let cell = row.get(column.at)?;
            Some((wrapped(&cell.text, column.width), column, cell.tone))
        });
        let cells: Vec<_> = cells.collect();
        let height = cells.iter().map(|(lines, ..)| lines.len()).max();
        let mut text = String::new();
        for line in 0..height.unwrap_or(0) {
            let mut pending = 0;
            for (lines, column, tone) in &cells {
                let content = lines.get(line).map_or("", String::as_str);
                let blanks = column.width.saturating_sub(content.width());
                let (before, after) = match column.alignment {
                    Alignment::Left => (0, blanks),
                    Alignment::Right => (blanks, 0),
                };
                pending += before;
                if !content.is_empty() {
                    text += &" ".repeat(pending);
                    text += &colored(content, *tone, self.has_colors);
                    pending = 0;
                }
                pending += after + GAP;
            }
            text.push('\n');
        }
        text
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_too_wide_is_split_and_its_keys_repeated() {
        let heading = |title: &str| Heading::new(title, Kind::Values);
        let example = Table {
            headings: ["Label", "One", "Two", "Said"].map(heading).to_vec(),
            rows: vec![["A", "1,234 ms", "5 ms", "a b"].map(Cell::new).to_vec()],
            ..Table::default()
        };
        let style = Style {
            width: Some(20),
            has_colors: false,
            keys: 1,
        };
        assert_eq!(
            table(&example, style),
            "Label  One\n───────────────\nA      1,234 ms\n\n\
             Label  Two   Said\n─────────────────\nA      5 ms  a b\n"
        );
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrapped("too few samples", 8), ["too few", "samples"]);
    }
}
