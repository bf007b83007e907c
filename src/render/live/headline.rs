//! The headline figures: of the last seconds, and of the whole run.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Look, ms, percent, rate};
use crate::report::{Live, PercentileValue};

/// Columns between two figures.
const GAP: usize = 3;

struct Figure {
    title: String,
    recent: String,
    overall: String,
    is_bad: bool,
}

/// A line of titles, one of the last seconds, and one of the whole run.
pub fn draw(frame: &mut Frame<'_>, area: Rect, live: &Live, look: Look) {
    let seconds = live.recent.as_ref().map_or(0, |recent| recent.seconds);
    let names = [
        String::new(),
        format!("last {seconds} s"),
        "whole run".to_owned(),
    ];
    let mut lines = names.map(|name| vec![Span::styled(format!("{name:<9}"), look.bold())]);
    let mut used = 9;
    for figure in figures(live) {
        let cells = [&figure.title, &figure.recent, &figure.overall];
        let width = cells.iter().map(|cell| cell.len()).max().unwrap_or(0) + GAP;
        if used + width > usize::from(area.width) {
            break;
        }
        used += width;
        let style = match figure.is_bad {
            true => look.bad(),
            false => Style::new(),
        };
        let styles = [look.dim(), style, style];
        for ((line, cell), style) in lines.iter_mut().zip(cells).zip(styles) {
            line.push(Span::styled(format!("{cell:>width$}"), style));
        }
    }
    for (line, row) in lines.into_iter().zip(area.rows()) {
        frame.render_widget(Line::from(line), row);
    }
}

fn figures(live: &Live) -> Vec<Figure> {
    let (recent, total) = (live.recent.as_ref(), &live.report.total);
    let elapsed = total.elapsed.as_ref();
    let figure = |title: &str, recent: String, overall: String| Figure {
        title: title.to_owned(),
        recent,
        overall,
        is_bad: false,
    };
    let whole = |mean: f64| mean.trunc() as i64;
    let mut figures = vec![
        figure(
            "samples/s",
            rate(recent.map(|recent| recent.throughput)),
            rate(total.throughput),
        ),
        Figure {
            is_bad: total.errors > 0,
            ..figure(
                "errors",
                percent(recent.and_then(|recent| recent.error_ratio)),
                percent(total.error_ratio),
            )
        },
        figure(
            "avg ms",
            ms(recent.and_then(|recent| recent.mean).map(whole)),
            ms(elapsed.map(|summary| whole(summary.mean))),
        ),
    ];
    for &percent in &live.report.options.percentiles {
        let of = |values: &[PercentileValue]| {
            let found = values.iter().find(|found| found.percent == percent);
            found.map(|found| found.value)
        };
        let title = match percent.percent() {
            50.0 => "median".to_owned(),
            percent => format!("{percent}%"),
        };
        figures.push(figure(
            &title,
            ms(recent.and_then(|recent| of(&recent.percentiles))),
            ms(elapsed.and_then(|summary| of(&summary.percentiles))),
        ));
    }
    figures.push(figure(
        "max",
        ms(recent.and_then(|recent| recent.max)),
        ms(elapsed.map(|summary| summary.max)),
    ));
    figures
}
