//! The page's charts: static SVG in the page, and the data from which the script draws them again.

use maud::PreEscaped;

use super::page::Section;
use super::{Detail, data, drawing, escape, thin};
use crate::chart::{self, Figure};
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

/// The charts by section, of a run in this window or of several runs without, and their data as JSON that may stand in a `script` element.
pub fn sections(
    window: Option<Window>,
    mut figures: Vec<Figure>,
    detail: Detail,
) -> Result<(Vec<Section>, String)> {
    let thinned: Vec<bool> = figures
        .iter_mut()
        .map(|figure| thin::figure(figure, detail.points))
        .collect();
    let sections = SECTIONS.into_iter().filter_map(|(section, id, title)| {
        let all = figures.iter().zip(&thinned);
        let body: String = all
            .filter(|(figure, _)| figure.section == section)
            .map(|(figure, &is_thinned)| html(figure, is_thinned))
            .collect();
        (!body.is_empty()).then(|| Section::new(id, title, PreEscaped(body)))
    });
    let sections = sections.collect();
    let data = data::of(window, &figures);
    let json = serde_json::to_string(&data)
        .map_err(|error| Error::Internal(format!("cannot write the page's data: {error}")))?;
    Ok((sections, escape::json(&json)))
}

fn html(figure: &Figure, is_thinned: bool) -> String {
    let series = figure.panels.first().map_or(&[][..], |panel| &panel.series);
    let legend: String = series
        .iter()
        .map(|series| {
            format!(
                "<li><i class=c{}></i>{}</li>",
                series.color % chart::palette::COLORS_THERE_ARE,
                escape::text(&series.name)
            )
        })
        .collect();
    let legend = match legend.is_empty() || is_named_by_axis(figure) {
        true => String::new(),
        false => format!("<ul class=legend>{legend}</ul>\n"),
    };
    let remark = match is_thinned {
        true => {
            "<p class=remark>More points than can be seen: some were left out here, the lowest and \
             the highest kept.</p>\n"
        }
        false => "",
    };
    format!(
        "<figure id=\"{slug}\">\n<figcaption><h3>{}</h3>\n<p>{}</p></figcaption>\n{legend}\
         <div class=plot>{}</div>\n{remark}</figure>\n",
        escape::text(&figure.title),
        escape::text(&figure.subtitle),
        drawing::svg(figure),
        slug = figure.slug,
    )
}

/// Whether there is a single series and the axis says what it is.
fn is_named_by_axis(figure: &Figure) -> bool {
    let [panel] = &figure.panels[..] else {
        return false;
    };
    let [series] = &panel.series[..] else {
        return false;
    };
    panel.y.label.contains(&series.name)
}
