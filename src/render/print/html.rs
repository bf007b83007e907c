//! Tables in HTML: scrollable, sortable and accessible to screen readers.

use maud::{Markup, PreEscaped, html};

use crate::format::{shorten_middle, thousands};
use crate::render::table::{Cell, Heading, Kind, Table, Tone};
use crate::short_names::ShortNames;

/// Maximum length of the tooltip of a shortened text, in characters.
const MAX_IN_TITLE: usize = 300;

/// How many times as long as a label a message may be.
const MESSAGE: usize = 3;

/// What stands for an undefined value.
const MISSING: &str = "–";

/// A line break, to keep the source readable.
pub const BREAK: PreEscaped<&str> = PreEscaped("\n");

/// Prints a table of at most `max_rows` rows, with labels of at most `max_letters` characters. A
/// sentence refers to `whole` for the rows left out.
pub fn table(table: &Table, max_rows: usize, max_letters: usize, whole: &str) -> Markup {
    let names = Names::of(table, max_letters);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(table.caption) {
            table {
                caption { (table.caption) } (BREAK)
                thead {
                    tr {
                        @for heading in &table.headings {
                            th scope="col" class=[class(heading, None)] data-key=[&heading.key] {
                                (heading.title)
                                @if let Some(unit) = heading.unit { " " span.unit { (unit) } }
                            }
                        }
                    }
                } (BREAK)
                tbody {
                    (BREAK)
                    @for cells in table.rows.iter().take(max_rows) {
                        (row(cells, &table.headings, &names))
                    }
                }
                @if !table.totals.is_empty() {
                    (BREAK)
                    tfoot {
                        @for cells in &table.totals {
                            (row(cells, &table.headings, &names))
                        }
                    }
                }
            }
        } (BREAK)
        @for note in names.notes() { p.remark { (note) } (BREAK) }
        @if table.rows.len() > max_rows {
            p.remark {
                "The first " (max_rows) " of " (thousands(table.rows.len() as u64)) " rows; all are in " (whole) "."
            } (BREAK)
        }
    }
}

/// The short names of a table's cells.
struct Names {
    max_letters: usize,
    /// By column; empty in columns without names.
    short: Vec<ShortNames>,
}

impl Names {
    fn of(table: &Table, max_letters: usize) -> Self {
        let headings = table.headings.iter().enumerate();
        let short = headings.map(|(at, heading)| match heading.kind {
            Kind::Text => {
                let cells = table.rows.iter().filter_map(|row| row.get(at));
                ShortNames::new(cells.filter_map(|cell| cell.text.as_deref()), max_letters)
            }
            _ => ShortNames::default(),
        });
        Names {
            max_letters,
            short: short.collect(),
        }
    }

    /// Says what was removed from the beginnings of names.
    fn notes(&self) -> impl Iterator<Item = String> {
        let prefixes = self.short.iter().filter_map(ShortNames::note);
        prefixes.map(|note| shorten_middle(&note, MAX_IN_TITLE))
    }

    /// The text of a cell as it is shown.
    fn shown(&self, at: usize, text: &str, max_letters: usize) -> String {
        let short = self.short.get(at).map_or(text, |names| names.of(text));
        shorten_middle(short, max_letters)
    }
}

fn row(cells: &[Cell], headings: &[Heading], names: &Names) -> Markup {
    html! {
        tr {
            @for (at, (cell, heading)) in cells.iter().zip(headings).enumerate() {
                @let class = class(heading, cell.tone);
                @let (content, title) = content(cell, (at, heading), names);
                @if at == 0 {
                    th scope="row" class=[class] title=[title] { div { (content) } }
                } @else {
                    td class=[class] title=[title] { (content) }
                }
            }
        } (BREAK)
    }
}

/// The content of a cell, and the tooltip if it was shortened.
fn content(
    cell: &Cell,
    (at, heading): (usize, &Heading),
    names: &Names,
) -> (String, Option<String>) {
    let Some(text) = &cell.text else {
        return (MISSING.to_owned(), None);
    };
    let max_letters = match heading.kind {
        Kind::Number => return (grouped(text), None),
        Kind::Values => return (text.clone(), None),
        Kind::Message => MESSAGE * names.max_letters,
        _ => names.max_letters,
    };
    let short = names.shown(at, text, max_letters);
    let title = (short != *text).then(|| shorten_middle(text, MAX_IN_TITLE));
    (short, title)
}

/// A number with thousands separators; other text as it is.
fn grouped(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(digits);
    match whole.parse::<i64>() {
        Ok(number) => thousands(number) + rest,
        Err(_) => text.to_owned(),
    }
}

/// The classes of a heading or of a cell below it.
fn class(heading: &Heading, tone: Option<Tone>) -> Option<&'static str> {
    match (heading.kind, tone) {
        (Kind::Key | Kind::Text | Kind::Message, _) => Some("t"),
        (Kind::Number, _) => None,
        (Kind::Values, Some(Tone::Bad)) => Some("line bad"),
        (Kind::Values, Some(Tone::Good)) => Some("line good"),
        (Kind::Values, _) => Some("line"),
        (Kind::Line | Kind::Verdict, Some(Tone::Bad)) => Some("t line bad"),
        (Kind::Line | Kind::Verdict, Some(Tone::Good)) => Some("t line good"),
        (Kind::Line | Kind::Verdict, _) => Some("t line"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(rows: usize) -> Table {
        let row = |number: usize| vec![Cell::new(format!("<{number}>")), Cell::default()];
        Table {
            caption: "Both & more".to_owned(),
            headings: vec![Heading::new("What", Kind::Text), Heading::ms("Took")],
            rows: (0..rows).map(row).collect(),
            totals: Vec::new(),
        }
    }

    fn printed(example: &Table, max_rows: usize, max_letters: usize) -> String {
        table(example, max_rows, max_letters, "report.json").into_string()
    }

    #[test]
    fn text_is_escaped_and_rows_are_named() {
        assert_eq!(
            printed(&example(1), 9, 9),
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Both &amp; more\">\
             <table><caption>Both &amp; more</caption>\n\
             <thead><tr><th scope=\"col\" class=\"t\">What</th>\
             <th scope=\"col\">Took <span class=\"unit\">ms</span></th></tr></thead>\n<tbody>\n\
             <tr><th scope=\"row\" class=\"t\"><div>&lt;0&gt;</div></th><td>–</td></tr>\n\
             </tbody></table></div>\n"
        );
    }

    #[test]
    fn omitted_rows_are_counted() {
        let html = printed(&example(12), 10, 9);
        assert_eq!(html.matches("<tr>").count(), 11);
        assert!(html.contains("The first 10 of 12 rows"), "{html}");
        assert!(!printed(&example(10), 10, 9).contains("The first"));
    }

    #[test]
    fn long_text_is_there_when_pointed_at() {
        let mut table = example(0);
        table.rows = vec![vec![Cell::new("\"abcdefghij\""), Cell::new(1)]];
        let html = printed(&table, 1, 5);
        assert!(
            html.contains(" title=\"&quot;abcdefghij&quot;\"><div>&quot;a…j&quot;<"),
            "{html}"
        );
    }
}
