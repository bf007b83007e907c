//! A figure as SVG for the page: small, and in the page's colours and fonts, light or dark.
//!
//! Title and legend are HTML beside it. The script draws the same when it takes over.

use unicode_width::UnicodeWidthStr;

use super::escape;
use super::path::{Path, pixels};
use crate::chart::palette::COLORS_THERE_ARE;
use crate::chart::{Axis, Cells, Figure, Kind, Panel, Scale, Series};

/// Size of a drawing.
const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 330.0;
/// Room around a panel: for the ticks and titles of its axes.
const LEFT: f64 = 62.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 46.0;
/// About how wide a letter is, and the part of a panel that names may take.
const LETTER: f64 = 7.0;
const MOST_NAMES: f64 = 0.4;
const BETWEEN_PANELS: f64 = 12.0;
/// Movement of a line, in pixels, that can be seen.
const VISIBLE: f64 = 0.5;
/// Height of a bar, where bars are 1 apart.
const BAR: f64 = 0.6;
/// The shade of a cell with next to nothing in it, and how many shades there are.
const LIGHTEST: f64 = 0.12;
const SHADES: usize = 10;

/// The drawing.
pub fn svg(figure: &Figure) -> String {
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=img aria-label=\"{}\">",
        escape::text(&figure.description)
    );
    let width = WIDTH / figure.panels.len().max(1) as f64;
    for (number, panel) in figure.panels.iter().enumerate() {
        let left = number as f64 * (width + BETWEEN_PANELS / 2.0);
        let place = Place {
            panel,
            outer: left,
            left: left + left_of(panel, width),
            right: left + width - RIGHT,
            top: TOP,
            bottom: HEIGHT - BOTTOM,
        };
        svg += &axes(&place);
        if let Some(cells) = &panel.cells {
            svg += &shaded(&place, cells);
        }
        // The first series is drawn last, on top.
        for series in panel.series.iter().rev() {
            svg += &drawn(&place, series);
        }
    }
    svg + "</svg>"
}

/// Where a panel's axes are, in pixels.
struct Place<'p> {
    panel: &'p Panel,
    /// Where the texts of the vertical axis may begin.
    outer: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Place<'_> {
    fn x(&self, at: f64) -> f64 {
        self.left + share(&self.panel.x, at) * (self.right - self.left)
    }

    fn y(&self, at: f64) -> f64 {
        self.bottom - share(&self.panel.y, at) * (self.bottom - self.top)
    }
}

fn share(axis: &Axis, at: f64) -> f64 {
    ((at - axis.min) / (axis.max - axis.min)).clamp(0.0, 1.0)
}

/// Room for the texts of a vertical axis: names need more of it than numbers.
fn left_of(panel: &Panel, width: f64) -> f64 {
    if panel.y.scale != Scale::Names {
        return LEFT;
    }
    let longest = panel.y.ticks.iter().map(|tick| tick.text.width()).max();
    let room = longest.unwrap_or(0) as f64 * LETTER + 12.0;
    room.min(width * MOST_NAMES).max(LEFT)
}

fn axes(place: &Place<'_>) -> String {
    let panel = place.panel;
    let (mut grid, mut ticks) = (Path::default(), Path::default());
    let mut texts = String::new();
    for tick in &panel.y.ticks {
        let y = place.y(tick.at);
        if panel.y.scale != Scale::Names {
            grid.move_to(place.left, y);
            grid.line_to(place.right, y);
        }
        texts += &text("e", place.left - 8.0, y + 4.0, &tick.text);
    }
    ticks.move_to(place.left, place.bottom);
    ticks.line_to(place.right, place.bottom);
    for tick in &panel.x.ticks {
        let x = place.x(tick.at);
        ticks.move_to(x, place.bottom);
        ticks.line_to(x, place.bottom + 5.0);
        texts += &text("m", x, place.bottom + 19.0, &tick.text);
    }
    let middle = (place.left + place.right) / 2.0;
    texts += &text("m a", middle, place.bottom + 38.0, &panel.x.label);
    let above = match &panel.title {
        Some(title) => format!("{title}: {}", panel.y.label),
        None => panel.y.label.clone(),
    };
    texts += &text("a", place.outer, place.top - 14.0, &above);
    format!(
        "<path class=grid d=\"{}\"/><path class=axis d=\"{}\"/>{texts}",
        grid.text(),
        ticks.text()
    )
}

fn text(class: &str, x: f64, y: f64, text: &str) -> String {
    format!(
        "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
        pixels(x),
        pixels(y),
        escape::text(text)
    )
}

fn drawn(place: &Place<'_>, series: &Series) -> String {
    let (mut lines, mut dots) = (Path::default(), Path::default());
    let (mut below, mut bars) = (Path::default(), Path::default());
    for piece in &series.pieces {
        let points: Vec<(f64, f64)> = piece
            .iter()
            .map(|&(x, y)| (place.x(x), place.y(y)))
            .collect();
        match (series.kind, &points[..]) {
            (Kind::Bars, points) => {
                let half = BAR / 2.0 * (place.y(0.0) - place.y(1.0)).abs();
                for &(x, y) in points {
                    bars.rectangle((place.left, y - half), (x, y + half));
                }
            }
            (Kind::Points, points) => points.iter().for_each(|&(x, y)| dots.dot(x, y)),
            (_, &[(x, y)]) => dots.dot(x, y),
            (kind, points) => {
                push_line(&mut lines, points);
                if kind == Kind::Area {
                    push_line(&mut below, points);
                    if let (Some(first), Some(last)) = (points.first(), points.last()) {
                        below.line_to(last.0, place.bottom);
                        below.line_to(first.0, place.bottom);
                        below.close();
                    }
                }
            }
        }
    }
    let color = series.color % COLORS_THERE_ARE;
    let cloud = if series.kind == Kind::Points {
        " cloud"
    } else {
        ""
    };
    [
        ("area", below),
        ("bars", bars),
        ("line", lines),
        (&format!("dots{cloud}"), dots),
    ]
    .into_iter()
    .filter(|(_, path)| !path.text().is_empty())
    .map(|(class, path)| format!("<path class=\"{class} c{color}\" d=\"{}\"/>", path.text()))
    .collect()
}

/// A line through points, without those that it passes unseen.
fn push_line(path: &mut Path, points: &[(f64, f64)]) {
    let mut at = (f64::NAN, f64::NAN);
    for (number, &(x, y)) in points.iter().enumerate() {
        if number == 0 {
            path.move_to(x, y);
        } else if (x - at.0).abs().max((y - at.1).abs()) >= VISIBLE || number + 1 == points.len() {
            path.line_to(x, y);
        } else {
            continue;
        }
        at = (x, y);
    }
}

/// Cells as dark as the square root of their share of the largest count, neighbours of one shade in
/// one rectangle.
fn shaded(place: &Place<'_>, cells: &Cells) -> String {
    let most = cells.counts.iter().flatten().copied().max().unwrap_or(0);
    let shade = |count: u64| match count {
        0 => None,
        count => Some(((count as f64 / most as f64).sqrt() * SHADES as f64).ceil() as usize - 1),
    };
    let mut paths: [Path; SHADES] = Default::default();
    for (row, y) in cells.y.windows(2).enumerate() {
        let shades: Vec<Option<usize>> = cells
            .counts
            .iter()
            .map(|column| shade(column.get(row).copied().unwrap_or(0)))
            .collect();
        let mut column = 0;
        for run in shades.chunk_by(|one, next| one == next) {
            let ends = (cells.x.get(column), cells.x.get(column + run.len()));
            if let (Some(Some(shade)), (Some(&from), Some(&to))) = (run.first(), ends)
                && let Some(path) = paths.get_mut(*shade)
            {
                path.rectangle((place.x(from), place.y(y[1])), (place.x(to), place.y(y[0])));
            }
            column += run.len();
        }
    }
    let paths = paths
        .iter()
        .enumerate()
        .filter(|(_, path)| !path.text().is_empty());
    paths
        .map(|(number, path)| {
            let share = (number + 1) as f64 / SHADES as f64;
            format!(
                "<path class=\"cells c{}\" fill-opacity=\"{:.2}\" d=\"{}\"/>",
                cells.color % COLORS_THERE_ARE,
                LIGHTEST + (1.0 - LIGHTEST) * share,
                path.text()
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Section, Tick};

    fn figure(kind: Kind, pieces: Vec<Vec<(f64, f64)>>, y: Scale, name: &str) -> Figure {
        let axis = |scale| Axis {
            label: "ms & more".to_owned(),
            scale,
            min: 0.0,
            max: 100.0,
            ticks: vec![Tick {
                at: 50.0,
                text: name.to_owned(),
            }],
        };
        Figure {
            slug: "a",
            section: Section::Throughput,
            title: String::new(),
            subtitle: String::new(),
            description: "All of it".to_owned(),
            panels: vec![Panel {
                title: None,
                x: axis(Scale::Linear),
                y: axis(y),
                series: vec![Series {
                    name: name.to_owned(),
                    color: 9,
                    kind,
                    pieces,
                }],
                cells: None,
            }],
        }
    }

    /// The `d` of the path of a class.
    fn path<'s>(svg: &'s str, class: &str) -> &'s str {
        let (_, path) = svg
            .split_once(&format!("<path class=\"{class}\" d=\""))
            .unwrap();
        path.split_once('"').unwrap().0
    }

    #[test]
    fn a_panel_lies_between_62_30_and_906_284() {
        let pieces = vec![
            vec![(0.0, 0.0), (50.0, 50.0), (100.0, 200.0)],
            vec![(50.0, 0.0)],
        ];
        let svg = svg(&figure(Kind::Area, pieces, Scale::Linear, "<1>"));
        assert_eq!(path(&svg, "line c1"), "M62 284l422-127 422-127");
        assert_eq!(path(&svg, "area c1"), "M62 284l422-127 422-127v254h-844z");
        assert_eq!(path(&svg, "dots c1"), "M484 284h0");
        assert!(svg.contains("aria-label=\"All of it\"") && svg.contains(">&lt;1&gt;</text>"));
    }

    #[test]
    fn names_make_room_for_themselves() {
        let bars = |name| {
            svg(&figure(
                Kind::Bars,
                vec![vec![(100.0, 50.0)]],
                Scale::Names,
                name,
            ))
        };
        assert!(path(&bars("A"), "bars c1").starts_with("M62 "));
        let name = "GET /api/xxxxxx…xxxxxxx/items/1";
        assert!(path(&bars(name), "bars c1").starts_with("M229 "));
        assert!(path(&bars(&"x".repeat(999)), "bars c1").starts_with("M368 "));
    }

    #[test]
    fn cells_are_darker_where_there_are_more() {
        let mut figure = figure(Kind::Line, Vec::new(), Scale::Linear, "A");
        figure.panels[0].cells = Some(Cells {
            x: vec![0.0, 50.0, 100.0],
            y: vec![0.0, 50.0, 100.0],
            color: 0,
            counts: vec![vec![100, 1], vec![100, 0]],
        });
        let svg = svg(&figure);
        let cells: Vec<&str> = svg.split("<path class=\"cells c0\" ").skip(1).collect();
        assert_eq!(cells.len(), 2);
        assert!(cells[0].starts_with("fill-opacity=\"0.21\" d=\"M62 30h422v127h-422z\""));
        // Neighbours of one shade are one rectangle.
        assert!(cells[1].starts_with("fill-opacity=\"1.00\" d=\"M62 157h844v127h-844z\""));
    }
}
