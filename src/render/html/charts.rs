//! The page's charts: static SVG in the page, and the data from which the script draws them again.

use maud::PreEscaped;

use super::page::Section;
use super::{Detail, data, escape, thin};
use crate::chart::palette::PALETTE_SIZE;
use crate::chart::{self, Figure, Style};
use crate::error::{Error, Result};
use crate::report::Window;

const SECTIONS: [(chart::Section, &str, &str); 4] = [
    (chart::Section::OverTime, "over-time", "Over time"),
    (chart::Section::Throughput, "throughput", "Throughput"),
    (
        chart::Section::ResponseTimes,
        "response-times",
        "Response times",
    ),
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
        drawn.push((figure.section, html(figure, is_thinned)?));
    }
    let sections = SECTIONS.into_iter().filter_map(|(section, id, title)| {
        let own = drawn.iter().filter(|(of, _)| *of == section);
        let body: String = own.map(|(_, html)| html.as_str()).collect();
        (!body.is_empty()).then(|| Section::new(id, title, PreEscaped(body)))
    });
    let sections = sections.collect();
    let data = data::of(window, &figures);
    let json = serde_json::to_string(&data)
        .map_err(|error| Error::Internal(format!("cannot write the page's data: {error}")))?;
    Ok((sections, escape::json(&json)))
}

fn html(figure: &Figure, is_thinned: bool) -> Result<String> {
    let series = figure.legend().iter();
    let legend: String = series
        .map(|series| {
            format!(
                "<li><i class=c{}></i>{}</li>",
                series.color % PALETTE_SIZE,
                escape::text(&series.name)
            )
        })
        .collect();
    let legend = match legend.is_empty() {
        true => String::new(),
        false => format!("<ul class=legend>{legend}</ul>\n"),
    };
    let remark = match is_thinned {
        true => "<p class=remark>Downsampled; extremes kept.</p>\n",
        false => "",
    };
    Ok(format!(
        "<figure id=\"{slug}\">\n<figcaption><h3>{}</h3>\n<p>{}</p></figcaption>\n{legend}\
         <div class=plot>{}</div>\n{remark}</figure>\n",
        escape::text(&figure.title),
        escape::text(&figure.subtitle),
        chart::svg(figure, &Style::page())?,
        slug = figure.slug,
    ))
}
