//! A page of perfkit's: navigation, sections, style and script in one document.

use maud::{Markup, PreEscaped, html};

use super::theme;
use crate::render::print::html::BREAK;

const STYLE: &str = include_str!("style.css");

/// The script's files in the order in which they build on each other, in a scope of their own that
/// [`SCRIPT_END`] ends.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("script/base.js"),
    include_str!("script/axes.js"),
    include_str!("script/drawing.js"),
    include_str!("script/reading.js"),
    include_str!("script/slices.js"),
    include_str!("script/selection.js"),
    include_str!("script/follow.js"),
    include_str!("script/chart.js"),
    include_str!("script/tables.js"),
    include_str!("script/copying.js"),
    include_str!("script/tiles.js"),
    include_str!("script/labels.js"),
    include_str!("script/panel.js"),
    include_str!("script/picker.js"),
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

/// A part of a page with an entry in its navigation.
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

/// The parts of a document.
pub struct Parts<'p> {
    /// The title.
    pub title: &'p str,
    /// The title in the window's frame, if that is another.
    pub heading: Option<String>,
    /// The HTML below the title.
    pub head: Markup,
    /// The sections, in order.
    pub sections: &'p [Section],
    /// Whether there is a bar that selects a label and a time.
    pub has_controls: bool,
    /// The charts' data, as [`super::charts::sections`] makes it.
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
                title { (parts.heading.as_deref().unwrap_or(title)) " – perfkit" } (BREAK)
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
                    @if parts.has_controls { div.controls {} (BREAK) }
                    @for Section { id, title, body } in parts.sections {
                        section id=(id) aria-labelledby={ (id) "-title" } {
                            (BREAK)
                            h2 id={ (id) "-title" } {
                                (title)
                                a.anchor href={ "#" (id) } aria-label={ "Link to " (title) } { "#" }
                            } (BREAK)
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
