//! Tables and text for a terminal. Numbers never break across lines.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, TableStyle,
    Width,
};
use unicode_width::UnicodeWidthStr;

use crate::format::fit_middle;
use crate::render::table::{Alignment, Cell, Heading, Kind, Table, Tone};
use crate::render::text::printable;
use crate::short_names::ShortNames;

/// Blanks between columns: one of them is the border that the style draws, the others are padding.
const GAP: usize = 2;
const PADDING: u16 = GAP as u16 - 1;

/// Smallest width of a last column that is wrapped between words.
const MIN_WRAPPED: usize = 12;

/// Smallest width of a key, however narrow the terminal is.
const MIN_KEY: usize = 12;

/// Largest width of a key where the output has no width: rows are padded to the widest.
const MAX_KEY: usize = 1_200;

/// Columns beside which names are shortened, rather than to leave out one of them.
const MIN_COLUMNS: usize = 3;

/// Shown for an undefined value.
const MISSING: &str = "-";

const RULE: LineStyle = LineStyle::none().fill('─').junction('─');
const CELLS: ContentLineStyle = ContentLineStyle::none().junction(' ');

/// The header and the rows, with a rule between them.
const ROWS: TableStyle = TableStyle::new()
    .header_lines(CELLS)
    .header_separator(RULE)
    .content_lines(CELLS);

/// The totals, without any rows above them.
const TOTALS: TableStyle = TableStyle::new().content_lines(CELLS);

/// How a table is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Width of the terminal; `None` if unlimited.
    pub width: Option<usize>,
    /// Whether bad and good cells are coloured.
    pub has_colors: bool,
    /// Number of leading columns that each piece repeats if the table must be split.
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

/// Prints a table: in one piece or, if the terminal is too narrow, in several below each other.
pub fn table(table: &Table, style: Style) -> String {
    let limit = style.width.unwrap_or(usize::MAX);
    let keys = style.keys.min(table.headings.len());
    let width_of_key = (limit / 3).clamp(MIN_KEY, MAX_KEY);
    let (pieces, names) = Pieces::new(table, keys, width_of_key, style.has_colors);
    let all = pieces.columns(&table.headings);
    let (keys, others) = all.split_at(keys);
    let width_of_keys: usize = keys.iter().map(|key| key.width + GAP).sum();
    let mut text = String::new();
    let mut columns = keys.to_vec();
    let mut used = width_of_keys;
    for &column in others {
        let left = limit.saturating_sub(used);
        let is_last = column.at + 1 == table.headings.len();
        let is_wrapped = is_last && table.headings[column.at].kind == Kind::Verdict;
        let width = match is_wrapped && left >= MIN_WRAPPED {
            true => column.width.min(left),
            false => column.width,
        };
        if columns.len() > keys.len() && used + width > limit {
            text += &pieces.piece(&columns);
            text.push('\n');
            columns.truncate(keys.len());
            used = width_of_keys;
        }
        columns.push(Column { width, ..column });
        used += width + GAP;
    }
    text += &pieces.piece(&columns);
    for note in names.iter().filter_map(ShortNames::note) {
        text += &wrapped(&note, limit).join("\n");
        text.push('\n');
    }
    text
}

/// What a cell says, or that it is undefined.
fn text_of(cell: Option<&Cell>) -> String {
    let text = cell.and_then(|cell| cell.text.as_deref());
    printable(text.unwrap_or(MISSING))
}

/// A table without the columns that do not fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The table in one piece.
    pub text: String,
    /// The titles of the columns left out.
    pub left_out: Vec<String>,
    /// What shortened names begin with, in a sentence.
    pub names_note: Option<String>,
}

/// Prints a table with as many columns as fit, in their order. Of those behind the first, which names the
/// rows, `order` has the places, those to keep first. Names are shortened only if three columns would not
/// fit beside them.
pub fn fitted(table: &Table, order: &[usize], style: Style) -> Fitted {
    let limit = style.width.unwrap_or(usize::MAX);
    let (pieces, _) = Pieces::new(table, 1, usize::MAX, style.has_colors);
    let all = pieces.columns(&table.headings);
    let width_of = |at: usize| all.get(at).map_or(0, |column| column.width + GAP);
    let must: usize = order.iter().take(MIN_COLUMNS).map(|&at| width_of(at)).sum();
    let width_of_key = limit.saturating_sub(must).clamp(MIN_KEY, MAX_KEY);
    let (pieces, names) = Pieces::new(table, 1, width_of_key, style.has_colors);
    let all = pieces.columns(&table.headings);
    let mut used = all.first().map_or(0, |key| key.width);
    let mut kept: Vec<usize> = vec![0];
    for (place, &at) in order.iter().enumerate() {
        if place >= MIN_COLUMNS && used + width_of(at) > limit {
            break;
        }
        used += width_of(at);
        kept.push(at);
    }
    let is_kept = |column: &&Column| kept.contains(&column.at);
    let columns: Vec<Column> = all.iter().filter(is_kept).copied().collect();
    let left_out = all.iter().filter(|column| !kept.contains(&column.at));
    Fitted {
        text: pieces.piece(&columns),
        left_out: left_out
            .map(|column| table.headings[column.at].title.clone())
            .collect(),
        names_note: names.first().and_then(ShortNames::note),
    }
}

/// A table's cells, drawn in pieces of some columns each.
struct Pieces {
    header: Vec<Printed>,
    rows: Vec<Vec<Printed>>,
    totals: Vec<Vec<Printed>>,
    has_colors: bool,
}

impl Pieces {
    /// The cells of a table as they are printed: those of the first `keys` columns shortened to a width, with
    /// the short names of each.
    fn new(
        table: &Table,
        keys: usize,
        width_of_key: usize,
        has_colors: bool,
    ) -> (Self, Vec<ShortNames>) {
        let names: Vec<ShortNames> = (0..keys)
            .map(|at| {
                let cells = table.rows.iter().map(|row| text_of(row.get(at)));
                let names: Vec<String> = cells.collect();
                ShortNames::new(names.iter().map(String::as_str), width_of_key)
            })
            .collect();
        let printed = |row: &Vec<Cell>| -> Vec<Printed> {
            let cells = row.iter().enumerate().map(|(at, cell)| {
                let text = text_of(Some(cell));
                let text = match names.get(at) {
                    Some(names) => fit_middle(names.of(&text), width_of_key),
                    None => text,
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
            has_colors,
        };
        (pieces, names)
    }

    fn columns(&self, headings: &[Heading]) -> Vec<Column> {
        let headings = headings.iter().enumerate();
        headings
            .map(|(at, heading)| self.column(at, heading))
            .collect()
    }

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

    /// The table of these columns.
    fn piece(&self, columns: &[Column]) -> String {
        let rows = drawn(ROWS, columns, |table| {
            table.set_header(self.row(&self.header, columns));
            table.add_rows(self.rows.iter().map(|row| self.row(row, columns)));
        });
        if self.totals.is_empty() {
            return rows;
        }
        let style = match self.rows.is_empty() {
            true => TOTALS,
            false => TOTALS.top_border(RULE),
        };
        let totals = drawn(style, columns, |table| {
            table.add_rows(self.totals.iter().map(|row| self.row(row, columns)));
        });
        rows + &totals
    }

    /// The cells of these columns.
    fn row(&self, row: &[Printed], columns: &[Column]) -> Vec<String> {
        let cells = columns.iter().filter_map(|column| row.get(column.at));
        let cells = cells.map(|cell| colored(&cell.text, cell.tone, self.has_colors));
        cells.collect()
    }
}

/// Lays out what `fill` adds to a table of these columns, each of its own width.
fn drawn(
    style: TableStyle,
    columns: &[Column],
    fill: impl FnOnce(&mut comfy_table::Table),
) -> String {
    let mut table = comfy_table::Table::new();
    table
        .load_style(style)
        .set_content_arrangement(ContentArrangement::Disabled);
    fill(&mut table);
    for (laid_out, column) in table.column_iter_mut().zip(columns) {
        let is_last = laid_out.index + 1 == columns.len();
        let padding = if is_last { 0 } else { PADDING };
        let width = u16::try_from(column.width).unwrap_or(u16::MAX);
        let width = Width::Fixed(width.saturating_add(padding));
        laid_out.set_padding((0, padding));
        laid_out.set_constraint(ColumnConstraint::Absolute(width));
        laid_out.set_cell_alignment(match column.alignment {
            Alignment::Left => CellAlignment::Left,
            Alignment::Right => CellAlignment::Right,
        });
    }
    table.trim_fmt() + "\n"
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
    fn columns_are_left_out_before_names_are_shortened() {
        let titles = ["Label", "One", "Two", "Three", "Four"];
        let headings = titles.map(|title| Heading::new(title, Kind::Number));
        let row = |label: &str| [label, "1", "2", "3", "4"].map(Cell::new).to_vec();
        let example = Table {
            headings: headings.to_vec(),
            rows: vec![row("GET /products"), row("GET /baskets")],
            ..Table::default()
        };
        let at = |width| {
            let style = Style {
                width: Some(width),
                has_colors: false,
                keys: 1,
            };
            fitted(&example, &[4, 2, 3, 1], style)
        };
        let all = at(80);
        assert_eq!(all.left_out, [""; 0]);
        assert!(all.text.contains("GET /products"), "{}", all.text);
        let narrow = at(34);
        assert_eq!(narrow.left_out, ["One"]);
        assert_eq!(
            narrow.text.lines().next(),
            Some("        Label  Two  Three  Four")
        );
        // Three columns stay; the names share the rest.
        let least = at(30);
        assert_eq!(least.left_out, ["One"]);
        assert!(
            least.text.lines().all(|line| line.width() <= 30),
            "{}",
            least.text
        );
        assert!(least.text.contains("product") && !least.text.contains("GET /products"));
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrapped("too few samples", 8), ["too few", "samples"]);
    }
}
