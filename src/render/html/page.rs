//! The page of a run: its head, and its sections in order.

use maud::{Markup, html};

use super::document::{Parts, Section, document};
use super::{Detail, cards, charts, sections, tiles};
use crate::chart::Figure;
use crate::error::Result;
use crate::format::{self, shorten_middle};
use crate::render::print::html::BREAK;
use crate::render::table::Tone;
use crate::render::verdict::{self, Verdict};
use crate::report::Report;

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
    let drawn = charts::sections(Some(report), figures, detail)?;
    let mut tables = sections::of_tables(report, detail);
    let mut all: Vec<Section> = Vec::new();
    all.extend(drawn.overview);
    all.extend(sections::criteria(report, detail));
    all.append(&mut tables.labels);
    all.append(&mut tables.failures);
    all.extend(drawn.others);
    all.append(&mut tables.others);
    all.extend(notes(report));
    all.push(sections::rows(report, detail));
    let title = match &report.title {
        Some(title) => shorten_middle(title, MAX_LETTERS),
        None => "Load test".to_owned(),
    };
    let verdict = verdict::of(report, detail.letters);
    let heading = match verdict.tone {
        Some(Tone::Good) | None => None,
        Some(_) => Some(format!("{}: {} – {title}", verdict.word, verdict.headline)),
    };
    Ok(document(&Parts {
        title: &title,
        heading,
        head: head(report, &verdict),
        has_controls: report.window.is_some(),
        sections: &all,
        data: &drawn.data,
        version: &report.perfkit_version,
        revision,
    }))
}

/// The head of the page: time, verdict, findings, headline figures and platform.
fn head(report: &Report, verdict: &Verdict) -> Markup {
    let tone = match verdict.tone {
        Some(Tone::Bad) => "bad",
        Some(Tone::Good) => "good",
        _ => "open",
    };
    html! {
        @if let Some(window) = report.window {
            p.when {
                (format::utc(window.start_ms)) " to " (format::utc(window.end_ms)) " · "
                (format::duration(window.duration_ms()))
            } (BREAK)
        }
        @if !report.details.is_empty() {
            @let lines = report.details.iter().take(MAX_LINES);
            @let tester = report.analysed_on.iter().map(|machine| ("Analysed on", machine.clone()));
            (details(lines.map(|line| (line.key.as_str(), line.value.clone())).chain(tester)))
        }
        div class={ "banner " (tone) } {
            (BREAK)
            p.headline { span.word { (verdict.word) } " " strong { (verdict.headline) "." } } (BREAK)
            p { @for fact in &verdict.facts { span { (shorten_middle(fact, 2 * MAX_LETTERS)) } " " } } (BREAK)
        } (BREAK)
        (tiles::of(report))
        (findings(report))
    }
}

/// The findings: some as cards, the others folded.
fn findings(report: &Report) -> Markup {
    let (shown, folded) = report.insights_to_show();
    let more = if shown.is_empty() { "" } else { "more " };
    html! {
        @if !shown.is_empty() { (cards::of(shown, 1, report.window)) }
        @if !folded.is_empty() {
            details.more {
                summary { (format::counted(folded.len() as u64, format!("{more}insight"))) } (BREAK)
                (cards::of(folded, shown.len() + 1, report.window))
            } (BREAK)
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
