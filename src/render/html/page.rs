//! The page from top to bottom.

use super::escape;
use super::{Detail, charts, criteria, dashboard, tables, theme, verdict};
use crate::chart::Figure;
use crate::error::Result;
use crate::format;
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

/// What a page that is served has in its script besides: it asks for the newer one.
const LIVE_SCRIPT: &str = include_str!("script/live.js");
const LIVE_POLICY: &str = "; connect-src 'self'";

/// Nothing may be loaded, whatever a label says; images are the charts being saved.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data: blob:; base-uri 'none'; form-action 'none'";

/// Letters of a title or a detail.
pub const MOST_LETTERS: usize = 200;
/// Notes and details that are shown.
pub const MOST_LINES: usize = 50;

/// A part of the page with an entry in its navigation.
#[derive(Debug)]
pub struct Section {
    id: &'static str,
    title: &'static str,
    body: String,
}

impl Section {
    /// A section of this HTML.
    pub fn new(id: &'static str, title: &'static str, body: String) -> Self {
        Section { id, title, body }
    }
}

/// The sections above the charts, in order; one that has nothing to show is `None`.
const SECTIONS: [fn(&Report, Detail) -> Option<Section>; 11] = [
    criteria::section,
    insights,
    notes,
    tables::statistics,
    dashboard::comparison,
    tables::outcomes,
    dashboard::apdex,
    dashboard::error_kinds,
    tables::errors,
    dashboard::top_errors,
    tables::rows,
];

/// The whole page; that of a run that is going on with its revision.
pub fn html(
    report: &Report,
    figures: Vec<Figure>,
    detail: Detail,
    revision: Option<u64>,
) -> Result<String> {
    let mut sections: Vec<Section> = SECTIONS
        .iter()
        .filter_map(|section| section(report, detail))
        .collect();
    let (drawn, data) = charts::sections(report.window, figures, detail)?;
    sections.extend(drawn);
    let title = match &report.title {
        Some(title) => escape::text(&format::shorten_middle(title, MOST_LETTERS)),
        None => "Load test".to_owned(),
    };
    Ok(document(&Parts {
        title: &title,
        head: &head(report, detail),
        sections: &sections,
        data: &data,
        version: &report.perfkit_version,
        revision,
    }))
}

/// What a document is put together from.
pub struct Parts<'p> {
    /// The title, as HTML.
    pub title: &'p str,
    /// What is below the title, as HTML.
    pub head: &'p str,
    /// The sections, in order.
    pub sections: &'p [Section],
    /// The charts' data, as [`charts::sections`] makes it.
    pub data: &'p str,
    /// Version of perfkit.
    pub version: &'p str,
    /// Which state of a run that is going on it shows: where it is served, and asks for newer ones.
    pub revision: Option<u64>,
}

/// A document with its navigation, style and script.
pub fn document(parts: &Parts<'_>) -> String {
    let Parts {
        title,
        head,
        sections,
        data,
        version,
        revision,
    } = parts;
    let (meta, policy, script) = match revision {
        None => (String::new(), "", ""),
        Some(revision) => (
            format!("<meta name=revision content={revision}>\n"),
            LIVE_POLICY,
            LIVE_SCRIPT,
        ),
    };
    let theme = theme::css();
    let nav: String = sections
        .iter()
        .map(|section| {
            format!(
                "<li><a href=\"#{}\">{}</a></li>\n",
                section.id, section.title
            )
        })
        .collect();
    let body: String = sections
        .iter()
        .map(|section| {
            let Section { id, title, body } = section;
            format!("<section id={id} aria-labelledby={id}-title>\n<h2 id={id}-title>{title}</h2>\n{body}</section>\n")
        })
        .collect();
    let version = escape::text(version);
    format!(
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
         <meta http-equiv=Content-Security-Policy content=\"{POLICY}{policy}\">\n{meta}\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
         <meta name=generator content=\"perfkit {version}\">\n\
         <title>{title} – perfkit</title>\n<link rel=icon href=\"data:,\">\n\
         <style>\n{theme}{STYLE}</style>\n</head>\n<body>\n\
         <a class=skip href=\"#main\">Skip to the report</a>\n\
         <nav aria-label=Sections>\n<a class=brand href=\"#top\">perfkit</a>\n<ul>\n{nav}</ul>\n</nav>\n\
         <main id=main>\n<header id=top>\n<h1>{title}</h1>\n{head}</header>\n{body}\
         <footer>Made by perfkit {version} from JMeter results. Times are in milliseconds, KB are 1,024 bytes.</footer>\n\
         </main>\n\
         <script type=\"application/json\" id=data>{data}</script>\n\
         <script>\n{SCRIPT}{script}{SCRIPT_END}</script>\n</body>\n</html>\n"
    )
}

/// What a person wants first: when, the verdict, the headline figures, the platform.
fn head(report: &Report, detail: Detail) -> String {
    let mut html = String::new();
    if let Some(window) = report.window {
        html += &format!(
            "<p class=when>{} to {} · {}</p>\n",
            escape::text(&format::utc(window.start_ms)),
            escape::text(&format::utc(window.end_ms)),
            escape::text(&format::duration(window.duration_ms())),
        );
    }
    let sentences = verdict::sentences(report, detail.letters);
    html += &format!(
        "<p class=verdict>{}</p>\n",
        escape::text(&sentences.join(" "))
    );
    html += "<dl class=figures>\n";
    for figure in headline(&report.total) {
        let class = if figure.is_bad { " class=bad" } else { "" };
        let unit = match figure.unit {
            "" => String::new(),
            unit => format!(" <small>{unit}</small>"),
        };
        html += &format!(
            "<div{class}><dt>{}</dt><dd>{}{unit}</dd></div>\n",
            escape::text(&figure.name),
            escape::text(&figure.value)
        );
    }
    html += "</dl>\n";
    if !report.details.is_empty() {
        html += "<dl class=details>\n";
        for line in report.details.iter().take(MOST_LINES) {
            html += &format!(
                "<div><dt>{}</dt><dd>{}</dd></div>\n",
                escape::text(&format::shorten_middle(&line.key, MOST_LETTERS)),
                escape::text(&format::shorten_middle(&line.value, MOST_LETTERS))
            );
        }
        html += "</dl>\n";
    }
    html
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
        figure("Samples", format::thousands(total.samples), ""),
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
            figure(&name, format::thousands(found.value), "ms")
        }));
        figures.push(figure("Max", format::thousands(elapsed.max), "ms"));
    }
    figures
}

fn insights(report: &Report, _detail: Detail) -> Option<Section> {
    let insights = report.insights.iter().map(|insight| &insight.sentence);
    let lines: Vec<&String> = insights.collect();
    let body = lines_of(&lines, 4 * MOST_LETTERS, "report.json");
    (!lines.is_empty()).then(|| Section::new("insights", "Insights", body))
}

fn notes(report: &Report, _detail: Detail) -> Option<Section> {
    let verdict = report.resources.iter().map(|resources| &resources.verdict);
    let notes: Vec<&String> = verdict.chain(&report.notes).collect();
    list(&notes, "report.json")
}

/// The notes in a list, of which `whole` has all; `None` without any.
pub fn list(notes: &[&String], whole: &str) -> Option<Section> {
    let body = lines_of(notes, 2 * MOST_LETTERS, whole);
    (!notes.is_empty()).then(|| Section::new("notes", "Notes", body))
}

/// A list of at most [`MOST_LINES`] lines, each of at most so many letters.
fn lines_of(lines: &[&String], letters: usize, whole: &str) -> String {
    let shown = lines.iter().take(MOST_LINES);
    let items: String = shown
        .map(|line| {
            format!(
                "<li>{}</li>\n",
                escape::text(&format::shorten_middle(line, letters))
            )
        })
        .collect();
    let more = match lines.len().saturating_sub(MOST_LINES) {
        0 => String::new(),
        more => format!("<p class=remark>And {more} more: {whole} has them all.</p>\n"),
    };
    format!("<ul class=notes>\n{items}</ul>\n{more}")
}
