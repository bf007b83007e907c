//! The page of a run: its head, and its sections in order.

use maud::{Markup, html};

use super::document::{Parts, Section, document};
use super::{Detail, charts, sections, verdict};
use crate::chart::Figure;
use crate::error::Result;
use crate::format::{self, shorten_middle, thousands};
use crate::render::print::html::BREAK;
use crate::report::{Insight, Report};

/// Maximum length of a title or a detail, in characters.
pub const MAX_LETTERS: usize = 200;
/// Maximum number of notes or details shown.
pub const MAX_LINES: usize = 50;

/// Renders the whole page. A live page carries its `revision`.
pub fn html(
    report: &Report,
    figures: Vec<Figure>,
    detail: Detail,
    revision: Option<u64>,
) -> Result<String> {
    let mut all: Vec<Section> = Vec::new();
    all.extend(sections::criteria(report, detail));
    all.extend(insights(report));
    all.extend(notes(report));
    all.extend(sections::of_tables(report, detail));
    let (drawn, data) = charts::sections(report.window, figures, detail)?;
    all.extend(drawn);
    let title = match &report.title {
        Some(title) => shorten_middle(title, MAX_LETTERS),
        None => "Load test".to_owned(),
    };
    Ok(document(&Parts {
        title: &title,
        head: head(report, detail),
        sections: &all,
        data: &data,
        version: &report.perfkit_version,
        revision,
    }))
}

/// The head of the page: time, verdict, headline figures and platform.
fn head(report: &Report, detail: Detail) -> Markup {
    let sentences = verdict::sentences(report, detail.letters);
    html! {
        @if let Some(window) = report.window {
            p.when {
                (format::utc(window.start_ms)) " to " (format::utc(window.end_ms)) " · "
                (format::duration(window.duration_ms()))
            } (BREAK)
        }
        p.verdict { (sentences.join(" ")) } (BREAK)
        dl.figures {
            (BREAK)
            @for figure in headline(report) {
                div class=[figure.is_bad.then_some("bad")] {
                    dt { (figure.name) }
                    dd {
                        (figure.value)
                        @if !figure.unit.is_empty() { " " small { (figure.unit) } }
                    }
                } (BREAK)
            }
        } (BREAK)
        @if !report.details.is_empty() {
            @let lines = report.details.iter().take(MAX_LINES);
            @let tester = report.analysed_on.iter().map(|machine| ("Analysed on", machine.clone()));
            (details(lines.map(|line| (line.key.as_str(), line.value.clone())).chain(tester)))
        }
    }
}

/// A list of keys and values.
pub fn details<'a>(lines: impl Iterator<Item = (&'a str, String)>) -> Markup {
    html! {
        dl.details {
            (BREAK)
            @for (key, value) in lines {
                div {
                    dt { (shorten_middle(key, MAX_LETTERS)) }
                    dd { (shorten_middle(&value, MAX_LETTERS)) }
                } (BREAK)
            }
        } (BREAK)
    }
}

/// One of the large figures at the top.
struct Headline {
    name: String,
    value: String,
    unit: &'static str,
    is_bad: bool,
}

fn headline(report: &Report) -> Vec<Headline> {
    let total = &report.total;
    let figure = |name: &str, value: String, unit| Headline {
        name: name.to_owned(),
        value,
        unit,
        is_bad: false,
    };
    let mut figures = vec![
        figure("Samples", thousands(total.samples), ""),
        Headline {
            is_bad: total.errors > 0,
            ..figure(
                "Errors",
                total
                    .error_ratio
                    .map_or("–".to_owned(), format::nonzero_percent),
                "",
            )
        },
        match report.throughput() {
            Some(rate) => figure("Throughput", format::decimals(rate, 2), "/s"),
            None => figure("Throughput", "–".to_owned(), ""),
        },
    ];
    if let Some(elapsed) = &total.elapsed {
        figures.extend(elapsed.percentiles.iter().map(|found| {
            let name = match found.percent.percent() {
                50.0 => "Median".to_owned(),
                percent => format!("{percent}%"),
            };
            figure(&name, thousands(found.value), "ms")
        }));
        figures.push(figure("Max", thousands(elapsed.max), "ms"));
    }
    figures
}

fn insights(report: &Report) -> Option<Section> {
    let (shown, folded) = report.insights_to_show();
    let more = if shown.is_empty() { "" } else { "more " };
    let body = html! {
        @if !shown.is_empty() { (list(&advised(shown), 4 * MAX_LETTERS, "report.json")) }
        @if !folded.is_empty() {
            details.more {
                summary { (format::counted(folded.len() as u64, format!("{more}insight"))) } (BREAK)
                (list(&advised(folded), 4 * MAX_LETTERS, "report.json"))
            } (BREAK)
        }
    };
    (!report.insights.is_empty()).then(|| Section::new("insights", "Insights", body))
}

fn notes(report: &Report) -> Option<Section> {
    let verdict = report.resources.iter().map(|resources| &resources.verdict);
    let mut lines: Vec<Line> = verdict
        .chain(&report.notes)
        .map(|note| Line::new(note, &[]))
        .collect();
    let caveats = report.caveats.iter();
    lines.extend(caveats.map(|caveat| Line::new(&caveat.sentence, &caveat.next_step)));
    section_of(&lines, "report.json")
}

/// Lists the notes, and refers to `whole` for those left out; `None` without notes.
pub fn notes_section(notes: &[&String], whole: &str) -> Option<Section> {
    let lines: Vec<Line> = notes.iter().map(|note| Line::new(note, &[])).collect();
    section_of(&lines, whole)
}

fn section_of(notes: &[Line], whole: &str) -> Option<Section> {
    let body = list(notes, 2 * MAX_LETTERS, whole);
    (!notes.is_empty()).then(|| Section::new("notes", "Notes", body))
}

/// A line of a list.
struct Line<'a> {
    sentence: &'a str,
    /// The options to try next, as a shell reads them.
    options: Option<String>,
}

impl<'a> Line<'a> {
    fn new(sentence: &'a str, next_step: &[String]) -> Self {
        Line {
            sentence,
            options: (!next_step.is_empty()).then(|| format::arguments(next_step)),
        }
    }
}

fn advised(insights: &[Insight]) -> Vec<Line<'_>> {
    let lines = insights.iter();
    lines
        .map(|insight| Line::new(&insight.sentence, &insight.next_step))
        .collect()
}

/// A list of at most [`MAX_LINES`] lines, each shortened to `max_letters` characters.
fn list(lines: &[Line], max_letters: usize, whole: &str) -> Markup {
    let more = lines.len().saturating_sub(MAX_LINES);
    html! {
        ul.notes {
            (BREAK)
            @for line in lines.iter().take(MAX_LINES) {
                li {
                    (shorten_middle(line.sentence, max_letters))
                    @if let Some(options) = &line.options { " Try: " code { (options) } }
                } (BREAK)
            }
        } (BREAK)
        @if more > 0 {
            p.remark { (more) " more in " (whole) "." } (BREAK)
        }
    }
}
