//! The page's charts: static SVG in the page, and the data from which the script draws them again.

use maud::{Markup, PreEscaped, html};

use super::document::Section;
use super::{Detail, data, escape, flat, thin};
use crate::chart::palette::PALETTE_SIZE;
use crate::chart::{self, Figure, Style};
use crate::error::{Error, Result};
use crate::render::print::html::BREAK;
use crate::report::Report;

const SECTIONS: [(chart::Section, &str, &str); 6] = [
    (chart::Section::Overview, "at-a-glance", "At a glance"),
    (chart::Section::OverTime, "over-time", "Over time"),
    (chart::Section::Throughput, "throughput", "Throughput"),
    (
        chart::Section::ResponseTimes,
        "response-times",
        "Response times",
    ),
    (chart::Section::Metrics, "metrics", "Metrics over time"),
    (chart::Section::Server, "server", "The server"),
];

/// The sections with charts, and the data behind them.
pub struct Charts {
    /// The overview; `None` without one.
    pub overview: Option<Section>,
    /// The other sections, in order.
    pub others: Vec<Section>,
    /// JSON that may stand in a `script` element.
    pub data: String,
}

/// Draws the figures by section, and packs their data. A page of several runs has no `run`; that of one
/// folds figures that show nothing.
pub fn sections(run: Option<&Report>, mut figures: Vec<Figure>, detail: Detail) -> Result<Charts> {
    let mut drawn = Vec::with_capacity(figures.len());
    let mut folded = Vec::new();
    for figure in &mut figures {
        let is_thinned = thin::figure(figure, detail.points);
        data::round(figure);
        let html = drawn_figure(figure, is_thinned)?;
        match run.and_then(|_| flat::reason(figure)) {
            Some(reason) => folded.push((figure.title.clone(), reason, html)),
            None => drawn.push((figure.section, html)),
        }
    }
    let section = |&(section, id, title): &(chart::Section, &'static str, &'static str)| {
        let own = drawn.iter().filter(|(of, _)| *of == section);
        let own: Vec<&Markup> = own.map(|(_, figure)| figure).collect();
        let body = html! { @for figure in &own { (figure) } };
        (!own.is_empty()).then(|| Section::new(id, title, body))
    };
    let [overview, others @ ..] = &SECTIONS;
    let mut sections: Vec<Section> = others.iter().filter_map(section).collect();
    sections.extend(also_measured(&folded));
    let data = data::of(run, &figures, detail.slices);
    let json = serde_json::to_string(&data)
        .map_err(|error| Error::Internal(format!("cannot write the page's data: {error}")))?;
    Ok(Charts {
        overview: section(overview),
        others: sections,
        data: escape::json(&json),
    })
}

/// Lists what was measured but does not vary; each line opens its chart. `None` if there is nothing.
fn also_measured(folded: &[(String, String, Markup)]) -> Option<Section> {
    let body = html! {
        p.remark { "What does not vary. Open a line to see its chart." } (BREAK)
        @for (title, reason, figure) in folded {
            details.also {
                summary { (title) ": " (reason) } (BREAK)
                (figure)
            } (BREAK)
        }
    };
    (!folded.is_empty()).then(|| Section::new("also-measured", "Also measured", body))
}

fn drawn_figure(figure: &Figure, is_thinned: bool) -> Result<Markup> {
    let legend = figure.legend();
    let drawing = chart::svg(figure, &Style::page())?;
    Ok(html! {
        figure id=(figure.slug) {
            (BREAK)
            figcaption {
                h3 {
                    (figure.title)
                    a.anchor href={ "#" (figure.slug) } aria-label={ "Link to " (figure.title) } { "#" }
                } (BREAK)
                p { (figure.subtitle) }
            } (BREAK)
            @if !legend.is_empty() {
                ul.legend {
                    @for series in legend {
                        li title=[&series.full] { i class={ "c" (series.color % PALETTE_SIZE) } {} (series.name) }
                    }
                } (BREAK)
            }
            div.plot { (PreEscaped(drawing)) } (BREAK)
            @if is_thinned {
                p.remark { "Downsampled; extremes kept." } (BREAK)
            }
        } (BREAK)
    })
}
