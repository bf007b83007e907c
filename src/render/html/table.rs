//! A table in HTML: scrolls by itself, can be sorted, reads aloud well.

use super::escape;
use crate::format;
use crate::render::columns::{Alignment, Cell, Column};
use crate::report::LabelReport;

/// Letters of a text that was shortened that are there to read when pointed at.
const MOST_IN_TITLE: usize = 300;

/// A table.
#[derive(Debug, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// One a column.
    pub headings: Vec<Heading>,
    /// The rows, each as long as the headings; its first cell names it.
    pub rows: Vec<Vec<Cell>>,
    /// What stays below all rows.
    pub total: Option<Vec<Cell>>,
}

/// The head of a column.
#[derive(Debug)]
pub struct Heading {
    title: String,
    unit: Option<&'static str>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Text that stays on one line.
    Line,
    Number,
    /// What was found: a word or a few.
    Verdict,
    /// Numbers of which a sign says whether they got worse or better.
    Change,
}

impl Heading {
    /// A column of text.
    pub fn text(title: impl Into<String>) -> Self {
        Heading {
            title: title.into(),
            unit: None,
            kind: Kind::Text,
        }
    }

    /// A column of text that stays on one line.
    pub fn line(title: impl Into<String>) -> Self {
        Heading {
            kind: Kind::Line,
            ..Heading::text(title)
        }
    }

    /// A column of verdicts: those that are bad or good have a colour beside their word.
    pub fn verdict() -> Self {
        Heading {
            kind: Kind::Verdict,
            ..Heading::text("Verdict")
        }
    }

    /// A column of values before and after: those that are bad or good have a colour.
    pub fn change(title: impl Into<String>) -> Self {
        Heading {
            kind: Kind::Change,
            ..Heading::text(title)
        }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>, unit: Option<&'static str>) -> Self {
        Heading {
            title: title.into(),
            unit,
            kind: Kind::Number,
        }
    }
}

impl Table {
    /// A table of labels, all together in its last row.
    pub fn of_labels<'r>(
        caption: impl Into<String>,
        columns: &[Column],
        labels: impl Iterator<Item = &'r LabelReport>,
        total: &LabelReport,
    ) -> Self {
        let row = |label: &LabelReport| columns.iter().map(|column| column.cell(label)).collect();
        Table {
            caption: caption.into(),
            headings: columns
                .iter()
                .map(|column| Heading {
                    title: column.title(),
                    unit: column.unit(),
                    kind: match column.alignment() {
                        Alignment::Left => Kind::Text,
                        Alignment::Right => Kind::Number,
                    },
                })
                .collect(),
            rows: labels.map(row).collect(),
            total: Some(row(total)),
        }
    }

    /// The table with at most so many rows, texts of at most so many letters, and a sentence about
    /// the rows left out.
    pub fn html(&self, most_rows: usize, letters: usize) -> String {
        let mut html = format!(
            "<div class=scroll tabindex=0 role=region aria-label=\"{0}\"><table><caption>{0}</caption>\n<thead><tr>",
            escape::text(&self.caption)
        );
        for heading in &self.headings {
            let unit = heading.unit.map_or(String::new(), |unit| {
                format!(" <span class=unit>{}</span>", escape::text(unit))
            });
            html += &format!(
                "<th scope=col{}>{}{unit}</th>",
                class(heading),
                escape::text(&heading.title)
            );
        }
        html += "</tr></thead>\n<tbody>\n";
        for row in self.rows.iter().take(most_rows) {
            self.push_row(&mut html, row, letters);
        }
        html += "</tbody>";
        if let Some(total) = &self.total {
            html += "\n<tfoot>";
            self.push_row(&mut html, total, letters);
            html += "</tfoot>";
        }
        html += "</table></div>\n";
        if self.rows.len() > most_rows {
            html += &format!(
                "<p class=remark>The first {most_rows} of {} rows; report.json has them all.</p>\n",
                self.rows.len()
            );
        }
        html
    }

    fn push_row(&self, html: &mut String, row: &[Cell], letters: usize) {
        html.push_str("<tr>");
        for (number, (cell, heading)) in row.iter().zip(&self.headings).enumerate() {
            let tag = if number == 0 { "th" } else { "td" };
            let (mut scope, (mut content, title)) = ("", content(cell, letters));
            if number == 0 {
                scope = " scope=row";
                content = format!("<div>{content}</div>");
            }
            let class = match (heading.kind, cell) {
                (Kind::Verdict, Cell::Text(verdict)) => tone(verdict),
                (Kind::Change, Cell::Number(change)) => tone_of_change(change),
                _ => class(heading),
            };
            html.push_str(&format!("<{tag}{scope}{class}{title}>{content}</{tag}>"));
        }
        html.push_str("</tr>\n");
    }
}

/// What is in a cell, and the attribute with the text that was too long for it.
fn content(cell: &Cell, letters: usize) -> (String, String) {
    match cell {
        Cell::Number(number) => (escape::text(number), String::new()),
        Cell::Missing => ("–".to_owned(), String::new()),
        Cell::Text(text) => {
            let short = format::shorten_middle(text, letters);
            let title = match short == *text {
                true => String::new(),
                false => format!(
                    " title=\"{}\"",
                    escape::text(&format::shorten_middle(text, MOST_IN_TITLE))
                ),
            };
            (escape::text(&short), title)
        }
    }
}

fn class(heading: &Heading) -> &'static str {
    match heading.kind {
        Kind::Text => " class=t",
        Kind::Line | Kind::Verdict => " class=\"t line\"",
        Kind::Number => "",
        Kind::Change => " class=line",
    }
}

/// The class of values before and after by the sign between them and the size of their change.
fn tone_of_change(change: &str) -> &'static str {
    if change.contains('▲') {
        " class=\"line bad\""
    } else if change.contains('▼') {
        " class=\"line good\""
    } else {
        " class=line"
    }
}

/// The class of a verdict by what it says.
fn tone(verdict: &str) -> &'static str {
    match verdict {
        "worse" | "failed" => " class=\"t line bad\"",
        "better" | "passed" => " class=\"t line good\"",
        _ => " class=\"t line\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> Table {
        let row = |number: usize| vec![Cell::Text(format!("<{number}>")), Cell::Missing];
        Table {
            caption: "Both & more".to_owned(),
            headings: vec![Heading::text("What"), Heading::number("Took", Some("ms"))],
            rows: (0..rows).map(row).collect(),
            total: None,
        }
    }

    #[test]
    fn text_is_escaped_and_rows_are_named() {
        assert_eq!(
            table(1).html(9, 9),
            "<div class=scroll tabindex=0 role=region aria-label=\"Both &amp; more\"><table>\
             <caption>Both &amp; more</caption>\n\
             <thead><tr><th scope=col class=t>What</th>\
             <th scope=col>Took <span class=unit>ms</span></th></tr></thead>\n<tbody>\n\
             <tr><th scope=row class=t><div>&lt;0&gt;</div></th><td>–</td></tr>\n</tbody></table></div>\n"
        );
    }

    #[test]
    fn rows_left_out_are_told() {
        let html = table(12).html(10, 9);
        assert_eq!(html.matches("<tr>").count(), 11);
        assert!(html.contains("The first 10 of 12 rows"), "{html}");
        assert!(!table(10).html(10, 9).contains("The first"));
    }

    #[test]
    fn long_text_is_there_when_pointed_at() {
        let mut table = table(0);
        table.rows = vec![vec![
            Cell::Text("\"abcdefghij\"".to_owned()),
            Cell::Number("1".to_owned()),
        ]];
        let html = table.html(1, 5);
        assert!(
            html.contains(" title=\"&quot;abcdefghij&quot;\"><div>&quot;a…j&quot;<"),
            "{html}"
        );
    }
}
