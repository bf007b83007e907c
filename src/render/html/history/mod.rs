//! The page of a history: changes, the newest run, a chart per label and metric, and all labels at a glance.

mod data;
mod heatmap;
mod labels;

use std::path::Path;

use maud::{Markup, PreEscaped, html};

use super::document::{Parts, Section, document};
use super::page::{self, MAX_LETTERS};
use super::{Detail, charts, escape};
use crate::chart;
use crate::error::{Error, Result};
use crate::format::{self, counted};
use crate::history::{History, PlatformHistory, Verdict};
use crate::render::history::{events, method, newest_table, outliers, platform_title, summary};
use crate::render::print::html::{BREAK, table};
use crate::report::TOTAL;

/// Where all rows are.
const WHOLE: &str = "JSON";

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Renders the page; `output` is its file.
pub fn html(history: &History, output: Option<&Path>, detail: Detail) -> Result<String> {
    let figures = history.newest().and_then(chart::of_history);
    let drawn = charts::sections(None, figures.into_iter().collect(), detail)?;
    let own = data::of(history, output, detail);
    let own = serde_json::to_string(&own)
        .map_err(|error| Error::Internal(format!("cannot write the page's data: {error}")))?;
    let sections = [
        Some(Section::new(
            "changes",
            "Changes",
            by_platform(history, |of| changes(of, detail)),
        )),
        Some(Section::new(
            "labels",
            "Labels",
            labels(history, &own, detail),
        )),
        Some(Section::new(
            "glance",
            "At a glance",
            by_platform(history, |of| heatmap::of(of, detail)),
        )),
        Some(Section::new(
            "newest",
            "The newest run",
            by_platform(history, |of| newest(of, detail)),
        )),
        page::notes_section(&notes(history).iter().collect::<Vec<_>>(), WHOLE),
    ];
    let mut all: Vec<Section> = drawn.overview.into_iter().chain(drawn.others).collect();
    all.extend(sections.into_iter().flatten());
    let title = match history.newest().and_then(|of| of.platform.as_deref()) {
        Some(platform) => format!("History of {platform}"),
        None => "History".to_owned(),
    };
    Ok(document(&Parts {
        title: &format::shorten_middle(&title, MAX_LETTERS),
        head: head(history),
        sections: &all,
        data: &drawn.data,
        heading: None,
        has_controls: false,
        version: &history.perfkit_version,
        revision: None,
    }))
}

fn notes(history: &History) -> Vec<String> {
    let mut notes = history.notes.clone();
    notes.push(method().to_owned());
    notes
}

/// The dates, the summary, and the newest run in figures.
fn head(history: &History) -> Markup {
    let newest = history.newest();
    let dates = newest.and_then(|of| Some((of.runs.first()?.start_ms, of.runs.last()?.start_ms)));
    html! {
        style { (PreEscaped(STYLE)) }
        @if let (Some(of), Some((first, last))) = (newest, dates) {
            p.when {
                (counted(of.runs.len() as u64, "run")) " from " (format::utc_date(first)) " to "
                (format::utc_date(last))
                @if history.platforms.len() > 1 {
                    " · " (counted(history.platforms.len() as u64, "platform"))
                }
            } (BREAK)
        }
        p.verdict { (summary(history)) } (BREAK)
        @if let Some(of) = newest {
            dl.figures {
                @for (name, value, is_bad) in headline(of) {
                    div class=[is_bad.then_some("bad")] { dt { (name) } dd { (value) } }
                }
            } (BREAK)
        }
    }
}

fn headline(of: &PlatformHistory) -> Vec<(&'static str, String, bool)> {
    let judged = |verdict| of.judged(verdict).count();
    let worse = judged(Verdict::Worse);
    vec![
        ("Runs", format::thousands(of.runs.len() as u64), false),
        (
            "Labels",
            format::thousands(of.labels().count() as u64 - 1),
            false,
        ),
        ("Changes", format::thousands(of.events.len() as u64), false),
        ("Newest run", of.verdict.words().to_owned(), worse > 0),
        ("Figures worse", format::thousands(worse as u64), worse > 0),
        (
            "Figures better",
            format::thousands(judged(Verdict::Better) as u64),
            false,
        ),
    ]
}

/// Shows something for each platform, below its name if there are several. The script shows one at a time.
fn by_platform(history: &History, body: impl Fn(&PlatformHistory) -> Markup) -> Markup {
    let is_named = history.platforms.len() > 1;
    html! {
        @for (number, of) in history.platforms.iter().enumerate() {
            div data-platform=(number) {
                @if is_named { h3 { (platform_title(of)) } }
                (body(of))
            } (BREAK)
        }
    }
}

fn changes(of: &PlatformHistory, detail: Detail) -> Markup {
    html! {
        @if of.events.is_empty() {
            p { "No change." }
        } @else {
            (table(&events(of, usize::MAX), detail.rows, detail.letters, WHOLE))
        }
        @if let Some(outliers) = outliers(of) { p.remark { (outliers) } }
    }
}

fn newest(of: &PlatformHistory, detail: Detail) -> Markup {
    table(&newest_table(of), detail.rows, detail.letters, WHOLE)
}

/// The filter, the chart of the chosen cell, and the rows of labels.
fn labels(history: &History, data: &str, detail: Detail) -> Markup {
    html! {
        p.remark {
            "Each cell shows the runs with their levels, and the newest value against the level before it. \
             Choose a cell to see its chart."
        }
        div.choose hidden {
            label { "Filter labels " input type="search" id="filter" placeholder="part of a label"; }
            @if history.platforms.len() > 1 {
                label {
                    "Platform "
                    select id="platform" {
                        @for (number, of) in history.platforms.iter().enumerate() {
                            option value=(number) { (platform_title(of)) }
                        }
                    }
                }
            }
        } (BREAK)
        div id="series" tabindex="0" hidden {} (BREAK)
        (by_platform(history, |of| labels::of(of, detail)))
        script type="application/json" id="history-data" { (PreEscaped(escape::json(data))) }
        script { (PreEscaped(SCRIPT)) }
    }
}

/// The name of a row.
fn name(label: &str, detail: Detail) -> String {
    match label {
        TOTAL => TOTAL.to_owned(),
        label => format::shorten_middle(label, detail.letters),
    }
}
