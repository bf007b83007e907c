//! The page from top to bottom.

use maud::{Markup, PreEscaped, html};

use super::{Detail, charts, sections, theme, verdict};
use crate::chart::Figure;
use crate::error::Result;
use crate::format::{self, shorten_middle, thousands};
use crate::render::print::html::BREAK;
use crate::report::{LabelReport, Report};

const STYLE: &str = include_str!("style.css");

/// The script's files in the order in which they build on each other, in a scope of their own that
/// [`SCRIPT_END`] ends.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("script/base.js"),
    include_str!("script/axes.js"),
    include_str!("script/drawing.js"),
    include_str!("script/reading.js"),
    include_str!("script/chart.js"),
    include_str!("script/tables.js"),
    include_str!("script/saving.js"),
    include_str!("script/start.js"),
);
const SCRIPT_END: &str = "})();\n";

/// Extra script of a live page: fetches newer revisions.
const LIVE_SCRIPT: &str = include_str!("script/live.js");
const LIVE_POLICY: &str = "; connect-src 'self'";

/// Blocks every request, whatever a label contains. Images are allowed for saving charts.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data: blob:; base-uri 'none'; form-action 'none'";

/// Maximum length of a title or a detail, in characters.
pub const MAX_LETTERS: usize = 200;
/// Maximum number of notes or details shown.
pub const MAX_LINES: usize = 50;

/// A part of the page with an entry in its navigation.
#[derive(Debug)]
pub struct Section {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

impl Section {
    /// Creates a section with this HTML.
    pub fn new(id: &'static str, title: &'static str, body: Markup) -> Self {
        Section { id, title, body }
    }
}

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

/// The parts of a document.
pub struct Parts<'p> {
    /// The title.
    pub title: &'p str,
    /// The HTML below the title.
    pub head: Markup,
    /// The sections, in order.
    pub sections: &'p [Section],
    /// The charts' data, as [`charts::sections`] makes it.
    pub data: &'p str,
    /// Version of perfkit.
    pub version: &'p str,
    /// The state of the run that a live page shows; `None` if the page is not live.
    pub revision: Option<u64>,
}

/// Renders a document with its navigation, style and script.
pub fn document(parts: &Parts<'_>) -> String {
    let Parts { title, version, .. } = parts;
    let (policy, script) = match parts.revision {
        None => ("", ""),
        Some(_) => (LIVE_POLICY, LIVE_SCRIPT),
    };
    let page = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" {
            (BREAK)
            head {
                (BREAK)
                meta charset="utf-8"; (BREAK)
                meta http-equiv="Content-Security-Policy" content={ (POLICY) (policy) }; (BREAK)
                @if let Some(revision) = parts.revision {
                    meta name="revision" content=(revision); (BREAK)
                }
                meta name="viewport" content="width=device-width, initial-scale=1"; (BREAK)
                meta name="generator" content={ "perfkit " (version) }; (BREAK)
                title { (title) " – perfkit" } (BREAK)
                link rel="icon" href="data:,"; (BREAK)
                style { (BREAK) (PreEscaped(theme::css())) (PreEscaped(STYLE)) } (BREAK)
            } (BREAK)
            body {
                (BREAK)
                a.skip href="#main" { "Skip to the report" } (BREAK)
                nav aria-label="Sections" {
                    (BREAK)
                    a.brand href="#top" { "perfkit" } (BREAK)
                    ul {
                        (BREAK)
                        @for section in parts.sections {
                            li { a href={ "#" (section.id) } { (section.title) } } (BREAK)
                        }
                    } (BREAK)
                } (BREAK)
                main id="main" {
                    (BREAK)
                    header id="top" {
                        (BREAK)
                        h1 { (title) } (BREAK)
                        (parts.head)
                    } (BREAK)
                    @for Section { id, title, body } in parts.sections {
                        section id=(id) aria-labelledby={ (id) "-title" } {
                            (BREAK)
                            h2 id={ (id) "-title" } { (title) } (BREAK)
                            (body)
                        } (BREAK)
                    }
                    footer {
                        "Generated by perfkit " (version) " from JMeter results. 1 KB = 1,024 bytes."
                    } (BREAK)
                } (BREAK)
                script type="application/json" id="data" { (PreEscaped(parts.data)) } (BREAK)
                script {
                    (BREAK)
                    (PreEscaped(SCRIPT)) (PreEscaped(script)) (PreEscaped(SCRIPT_END))
                } (BREAK)
            } (BREAK)
        } (BREAK)
    };
    page.into_string()
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
            @for figure in headline(&report.total) {
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
            (details(lines.map(|line| (line.key.as_str(), line.value.clone()))))
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

fn headline(total: &LabelReport) -> Vec<Headline> {
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
        match total.throughput {
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
    let insights = report.insights.iter().map(|insight| &insight.sentence);
    let lines: Vec<&String> = insights.collect();
    let body = list(&lines, 4 * MAX_LETTERS, "report.json");
    (!lines.is_empty()).then(|| Section::new("insights", "Insights", body))
}

fn notes(report: &Report) -> Option<Section> {
    let verdict = report.resources.iter().map(|resources| &resources.verdict);
    let notes: Vec<&String> = verdict.chain(&report.notes).collect();
    notes_section(&notes, "report.json")
}

/// Lists the notes, and refers to `whole` for those left out; `None` without notes.
pub fn notes_section(notes: &[&String], whole: &str) -> Option<Section> {
    let body = list(notes, 2 * MAX_LETTERS, whole);
    (!notes.is_empty()).then(|| Section::new("notes", "Notes", body))
}

/// A list of at most [`MAX_LINES`] lines, each shortened to `max_letters` characters.
fn list(lines: &[&String], max_letters: usize, whole: &str) -> Markup {
    let more = lines.len().saturating_sub(MAX_LINES);
    html! {
        ul.notes {
            (BREAK)
            @for line in lines.iter().take(MAX_LINES) {
                li { (shorten_middle(line, max_letters)) } (BREAK)
            }
        } (BREAK)
        @if more > 0 {
            p.remark { (more) " more in " (whole) "." } (BREAK)
        }
    }
}
