//! The page's charts: static SVG in the page, and the data from which the script draws them again.

use maud::{Markup, PreEscaped, html};

use super::document::Section;
use super::{Detail, data, escape, thin};
use crate::chart::palette::PALETTE_SIZE;
use crate::chart::{self, Figure, Style};
use crate::error::{Error, Result};
use crate::render::print::html::BREAK;
use crate::report::Window;

const SECTIONS: [(chart::Section, &str, &str); 5] = [
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

/// Draws the figures by section, and packs their data as JSON that may stand in a `script` element.
/// Several runs have no common window.
pub fn sections(
    window: Option<Window>,
    mut figures: Vec<Figure>,
    detail: Detail,
) -> Result<(Vec<Section>, String)> {
    let mut drawn = Vec::with_capacity(figures.len());
    for figure in &mut figures {
        let is_thinned = thin::figure(figure, detail.points);
        data::round(figure);
        drawn.push((figure.section, drawn_figure(figure, is_thinned)?));
    }
    let sections = SECTIONS.into_iter().filter_map(|(section, id, title)| {
        let own = drawn.iter().filter(|(of, _)| *of == section);
        let own: Vec<&Markup> = own.map(|(_, figure)| figure).collect();
        let body = html! { @for figure in &own { (figure) } };
        (!own.is_empty()).then(|| Section::new(id, title, body))
    });
    let sections = sections.collect();
    let data = data::of(window, &figures);
    let json = serde_json::to_string(&data)
        .map_err(|error| Error::Internal(format!("cannot write the page's data: {error}")))?;
    Ok((sections, escape::json(&json)))
}

fn drawn_figure(figure: &Figure, is_thinned: bool) -> Result<Markup> {
    let legend = figure.legend();
    let drawing = chart::svg(figure, &Style::page())?;
    Ok(html! {
        figure id=(figure.slug) {
            (BREAK)
            figcaption {
                h3 { (figure.title) } (BREAK)
                p { (figure.subtitle) }
            } (BREAK)
            @if !legend.is_empty() {
                ul.legend {
                    @for series in legend {
                        li { i class={ "c" (series.color % PALETTE_SIZE) } {} (series.name) }
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
