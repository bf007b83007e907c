//! Draws figures as SVG, for the page and for PNG.
//!
//! The page's script (`script/drawing.js`) redraws them with the same [`MEASURES`];
//! `scripts/check-page.sh` compares both drawings path by path.

use std::convert::Infallible;

use plotters::coord::types::RangedCoordf64;
use plotters::coord::{CoordTranslate, Shift};
use plotters::prelude::{
    BLACK, Cartesian2d, Circle, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea, PathElement,
    Polygon, Rectangle,
};
use plotters_backend::BackendCoord;

use super::backend::{Attributes, Label, SvgBackend, UNITS, escaped};
use super::layout::{self, Frame, Layout, LegendEntry};
use super::measures::MEASURES;
use super::model::{Arrangement, Cells, Figure, Mark, Panel, Scale, Series, Span};
use super::palette::{PALETTE_SIZE, Palette};
use super::style::{self, Medium, Style};
use crate::error::{Error, Result};
use crate::format::fit_middle;

type Root<'s> = DrawingArea<SvgBackend<'s>, Shift>;
type Drawn = std::result::Result<(), DrawingAreaErrorKind<Infallible>>;

/// Draws a figure as SVG. A picture stands alone; a drawing for a page needs the rules of
/// `style::css`.
///
/// # Errors
///
/// If plotters fails, which it does not when drawing to memory.
pub fn svg(figure: &Figure, style: &Style) -> Result<String> {
    let layout = layout::of(figure, style);
    let (width, height) = (layout.width, layout.height);
    let view = format!("viewBox=\"0 0 {width} {height}\"");
    let description = escaped(&figure.description);
    let mut svg = match style.medium {
        Medium::Page => format!("<svg {view} role=img aria-label=\"{description}\">"),
        Medium::Picture { theme, .. } => format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" {view} width=\"{width}\" height=\"{height}\">\
             <style>{}</style><rect width=\"100%\" height=\"100%\" fill=\"{}\"/>",
            style::css_of_theme(style.text_size, theme),
            Palette::of(theme).paper,
        ),
    };
    let size = (units(width) as u32, units(height) as u32);
    let root = SvgBackend::new(&mut svg, size).into_drawing_area();
    draw(&root, figure, style, &layout)
        .map_err(|error| Error::Internal(format!("cannot draw {}: {error}", figure.slug)))?;
    drop(root);
    Ok(svg + "</svg>")
}

fn draw(root: &Root<'_>, figure: &Figure, style: &Style, layout: &Layout) -> Drawn {
    if matches!(style.medium, Medium::Picture { .. }) {
        draw_header(root, figure, layout)?;
    }
    for (number, (panel, &frame)) in figure.panels.iter().zip(&layout.panels).enumerate() {
        let pen = Pen::new(root, panel, frame);
        let is_stacked = figure.arrangement == Arrangement::Stacked;
        pen.draw_spans(&figure.spans, number == 0)?;
        pen.draw_axes(
            style.text_size,
            !is_stacked || number + 1 == figure.panels.len(),
        )?;
        if let Some(cells) = &panel.cells {
            pen.draw_cells(cells)?;
        }
        // Draw the first series last, on top: it matters most.
        for series in panel.series.iter().rev() {
            pen.draw_series(series)?;
        }
    }
    root.present()
}

/// Draws title, subtitle and legend.
fn draw_header(root: &Root<'_>, figure: &Figure, layout: &Layout) -> Drawn {
    let m = &MEASURES;
    label(root, "a title", (m.side, m.title.1), &figure.title)?;
    let room = (layout.width - 2.0 * m.side) / (m.picture_text * m.letter);
    let subtitle = fit_middle(&figure.subtitle, room as usize);
    label(root, "s", (m.side, m.subtitle), &subtitle)?;
    for LegendEntry { name, color, at } in &layout.legend {
        let line = [*at, (at.0 + m.swatch, at.1)].map(point);
        let attributes = format!("class=\"swatch c{color}\"");
        root.draw(&Attributes(&attributes))?;
        root.draw(&PathElement::new(line, BLACK))?;
        let baseline = at.1 + m.baseline * m.legend.0;
        let beside = (at.0 + m.swatch + m.swatch_gap, baseline);
        label(root, "a name", beside, name)?;
    }
    Ok(())
}

/// Draws within one panel.
struct Pen<'r, 's> {
    root: &'r Root<'s>,
    panel: &'r Panel,
    frame: Frame,
    /// Maps positions on the axes to units.
    axes: Cartesian2d<RangedCoordf64, RangedCoordf64>,
}

impl<'r, 's> Pen<'r, 's> {
    fn new(root: &'r Root<'s>, panel: &'r Panel, frame: Frame) -> Self {
        let (left, top) = point((frame.left, frame.top));
        let (right, bottom) = point((frame.right, frame.bottom));
        let axes = Cartesian2d::new(
            panel.x.min..panel.x.max,
            panel.y.min..panel.y.max,
            // Pixel rows count downward.
            (left..right, bottom..top),
        );
        Pen {
            root,
            panel,
            frame,
            axes,
        }
    }

    /// Maps a position on the axes to units; clamps positions beyond an axis to its end.
    fn at(&self, (x, y): (f64, f64)) -> BackendCoord {
        let (across, up) = (&self.panel.x, &self.panel.y);
        let inside = (x.clamp(across.min, across.max), y.clamp(up.min, up.max));
        self.axes.translate(&inside)
    }

    /// Marks stretches of time, with their names in the first panel.
    fn draw_spans(&self, spans: &[Span], has_names: bool) -> Drawn {
        let (_, top) = point((self.frame.left, self.frame.top));
        let bottom = units(self.frame.bottom);
        let least = units(MEASURES.min_span);
        let places = spans.iter().map(|span| {
            let (from, to) = (self.at((span.from, 0.0)).0, self.at((span.to, 0.0)).0);
            (from, to.max(from + least))
        });
        let places: Vec<(i32, i32)> = places.collect();
        let corners = places.iter().map(|&(from, to)| [(from, top), (to, bottom)]);
        self.rectangles("class=\"span\"", corners.collect())?;
        for (span, (from, to)) in spans.iter().zip(places).filter(|_| has_names) {
            let at = ((from + to) / 2, top + units(MEASURES.span_name));
            self.text("m a", at, &span.name)?;
        }
        Ok(())
    }

    /// Draws the grid, the axes and their texts; the horizontal axis has texts only with `has_times`.
    fn draw_axes(&self, text_size: f64, has_times: bool) -> Drawn {
        let (m, panel, frame) = (&MEASURES, self.panel, self.frame);
        let (left, top) = point((frame.left, frame.top));
        let (right, bottom) = point((frame.right, frame.bottom));
        let grid = panel.y.ticks.iter();
        for tick in grid.filter(|_| panel.y.scale != Scale::Names) {
            let y = self.at((panel.x.min, tick.at)).1;
            self.line("class=\"grid\"", [(left, y), (right, y)])?;
        }
        self.line("class=\"axis\"", [(left, bottom), (right, bottom)])?;
        for tick in &panel.x.ticks {
            let x = self.at((tick.at, panel.y.min)).0;
            let end = bottom + units(m.tick);
            self.line("class=\"axis\"", [(x, bottom), (x, end)])?;
        }
        self.root.present()?;
        for tick in &panel.y.ticks {
            let y = self.at((panel.x.min, tick.at)).1 + units(m.baseline * text_size);
            let at = (left - units(m.value_gap), y);
            match panel.y.scale {
                Scale::Names => {
                    self.text("e", at, &layout::fitting(&tick.text, &frame, text_size))?;
                }
                _ => self.text("e", at, &tick.text)?,
            }
        }
        if has_times {
            // A text at the end moves aside rather than being cut off.
            let edge = right + units(m.right);
            for tick in &panel.x.ticks {
                let half = layout::letters(&tick.text) as f64 * text_size * m.letter / 2.0;
                let x = self.at((tick.at, panel.y.min)).0.min(edge - units(half));
                self.text("m", (x, bottom + units(m.tick_text)), &tick.text)?;
            }
            let below = ((left + right) / 2, bottom + units(m.axis_title));
            self.text("m a", below, &panel.x.label)?;
        }
        let above = match &panel.title {
            Some(title) => format!("{title}: {}", panel.y.label),
            None => panel.y.label.clone(),
        };
        let at = (units(frame.outer), top - units(m.panel_title));
        self.text("a", at, &above)
    }

    fn draw_series(&self, series: &Series) -> Drawn {
        let color = series.color % PALETTE_SIZE;
        let class = |name: &str| format!("class=\"{name} c{color}\"");
        let points = |piece: &Vec<(f64, f64)>| piece.iter().map(|&at| self.at(at)).collect();
        let pieces: Vec<Vec<BackendCoord>> = series.pieces.iter().map(points).collect();
        match series.mark {
            Mark::Bars => {
                let half = MEASURES.bar / 2.0;
                let corners = |&(x, y)| {
                    let start = self.start_of_bar(series, y);
                    [(start, y + half), (start + x, y - half)]
                };
                let bars = series.pieces.iter().flatten().map(corners);
                let bars: Vec<_> = bars.map(|bar| bar.map(|at| self.at(at))).collect();
                self.rectangles(&class("bars"), bars)
            }
            Mark::Points => {
                let dots = pieces.concat();
                for layer in 0..MEASURES.cloud_layers {
                    let dealt = dots.iter().skip(layer).step_by(MEASURES.cloud_layers);
                    self.dots(&class("dots cloud"), dealt.copied())?;
                }
                Ok(())
            }
            Mark::Band => {
                self.root.draw(&Attributes(&class("area")))?;
                for outline in pieces {
                    self.root.draw(&Polygon::new(outline, BLACK))?;
                }
                self.root.present()
            }
            Mark::Line | Mark::Area => {
                let is_line = |piece: &&Vec<BackendCoord>| piece.len() > 1;
                let lines = pieces.iter().filter(is_line).map(|piece| visible(piece));
                let lines: Vec<Vec<BackendCoord>> = lines.collect();
                let bottom = units(self.frame.bottom);
                self.root.draw(&Attributes(&class("area")))?;
                for line in lines.iter().filter(|_| series.mark == Mark::Area) {
                    let ends = [line.last(), line.first()].into_iter().flatten();
                    let mut outline = line.clone();
                    outline.extend(ends.map(|end| (end.0, bottom)));
                    self.root.draw(&Polygon::new(outline, BLACK))?;
                }
                for line in lines {
                    self.line(&class("line"), line)?;
                }
                let alone = pieces.iter().filter(|piece| piece.len() == 1);
                self.dots(&class("dots"), alone.flatten().copied())
            }
        }
    }

    /// Returns where the bars of earlier series at this height end.
    fn start_of_bar(&self, series: &Series, y: f64) -> f64 {
        let all = self.panel.series.iter();
        let earlier = all.take_while(|other| !std::ptr::eq(*other, series));
        let bars = earlier.flat_map(|other| other.pieces.iter().flatten());
        let at_y = bars.filter(|bar| (bar.1 - y).abs() < 1e-9);
        at_y.fold(self.panel.x.min, |end, bar| end + bar.0)
    }

    /// Draws cells by shade; adjacent cells of one shade in a row become one rectangle.
    fn draw_cells(&self, cells: &Cells) -> Drawn {
        let max = cells.counts.iter().flatten().copied().max().unwrap_or(0);
        let mut by_shade = vec![Vec::new(); MEASURES.shades];
        for (row, y) in cells.y.windows(2).enumerate() {
            let count = |column: &Vec<u64>| column.get(row).copied().unwrap_or(0);
            let shades = cells.counts.iter().map(count);
            let shades: Vec<_> = shades.map(|count| MEASURES.shade(count, max)).collect();
            let mut column = 0;
            for run in shades.chunk_by(|one, next| one == next) {
                let ends = (cells.x.get(column), cells.x.get(column + run.len()));
                if let (&[Some(shade), ..], (Some(&from), Some(&to))) = (run, ends)
                    && let Some(cells) = by_shade.get_mut(shade)
                {
                    cells.push([(from, y[1]), (to, y[0])].map(|at| self.at(at)));
                }
                column += run.len();
            }
        }
        let color = cells.color % PALETTE_SIZE;
        for (shade, cells) in by_shade.into_iter().enumerate() {
            let opacity = MEASURES.shade_opacity(shade);
            let attributes = format!("class=\"cells c{color}\" fill-opacity=\"{opacity:.3}\"");
            self.rectangles(&attributes, cells)?;
        }
        Ok(())
    }

    fn line(&self, attributes: &str, points: impl Into<Vec<BackendCoord>>) -> Drawn {
        self.root.draw(&Attributes(attributes))?;
        self.root.draw(&PathElement::new(points, BLACK))
    }

    fn rectangles(&self, attributes: &str, corners: Vec<[BackendCoord; 2]>) -> Drawn {
        self.root.draw(&Attributes(attributes))?;
        for corners in corners {
            self.root.draw(&Rectangle::new(corners, BLACK))?;
        }
        self.root.present()
    }

    /// Draws dots in one path; where they overlap, they do not become darker.
    fn dots(&self, attributes: &str, dots: impl Iterator<Item = BackendCoord>) -> Drawn {
        self.root.draw(&Attributes(attributes))?;
        for at in dots {
            let radius = units(MEASURES.dot);
            self.root.draw(&Circle::new(at, radius, BLACK))?;
        }
        self.root.present()
    }

    fn text(&self, class: &str, at: BackendCoord, text: &str) -> Drawn {
        self.root.draw(&Label { at, class, text })
    }
}

/// Drops points of a line that make no visible difference.
fn visible(points: &[BackendCoord]) -> Vec<BackendCoord> {
    let least = units(MEASURES.visible);
    let mut kept: Vec<BackendCoord> = Vec::with_capacity(points.len());
    for (number, &at) in points.iter().enumerate() {
        let is_seen = kept
            .last()
            .is_none_or(|last| (at.0 - last.0).abs() >= least || (at.1 - last.1).abs() >= least);
        if is_seen || number + 1 == points.len() {
            kept.push(at);
        }
    }
    kept
}

fn label(root: &Root<'_>, class: &str, at: (f64, f64), text: &str) -> Drawn {
    let at = point(at);
    root.draw(&Label { at, class, text })
}

fn point((x, y): (f64, f64)) -> BackendCoord {
    (units(x), units(y))
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

#[cfg(test)]
mod tests {
    use super::super::model::{Axis, Section, Tick};
    use super::*;
    use crate::chart::{Size, Theme};

    fn figure(mark: Mark, pieces: Vec<Vec<(f64, f64)>>, y: Scale, name: &str) -> Figure {
        let axis = |scale| Axis {
            label: "ms & more".to_owned(),
            scale,
            min: 0.0,
            max: 100.0,
            ticks: vec![Tick::new(50.0, name)],
        };
        Figure {
            slug: "a",
            section: Section::Throughput,
            title: "All".to_owned(),
            subtitle: String::new(),
            description: "All of it".to_owned(),
            arrangement: Arrangement::Beside,
            spans: Vec::new(),
            panels: vec![Panel {
                title: None,
                x: axis(Scale::Linear),
                y: axis(y),
                series: vec![Series {
                    name: name.to_owned(),
                    color: 9,
                    mark,
                    full: None,
                    pieces,
                }],
                cells: None,
            }],
        }
    }

    fn on_page(figure: &Figure) -> String {
        svg(figure, &Style::page()).unwrap()
    }

    /// Returns the `d` attribute of the path with a class.
    fn path<'s>(svg: &'s str, class: &str) -> &'s str {
        let (_, path) = svg
            .split_once(&format!("<path class=\"{class}\" d=\""))
            .unwrap();
        path.split_once('"').unwrap().0
    }

    #[test]
    fn a_panel_lies_between_62_30_and_906_285() {
        let pieces = vec![
            vec![(0.0, 0.0), (50.0, 50.0), (100.0, 200.0)],
            vec![(50.0, 0.0)],
        ];
        let svg = on_page(&figure(Mark::Area, pieces, Scale::Linear, "<1>\u{202E}"));
        assert_eq!(path(&svg, "line c1"), "M62 285l422-127.5 422-127.5");
        assert_eq!(
            path(&svg, "area c1"),
            "M62 285l422-127.5 422-127.5v255h-844z"
        );
        assert_eq!(path(&svg, "dots c1"), "M484 285h0");
        assert!(svg.contains("aria-label=\"All of it\""), "{svg}");
        assert!(svg.contains(">&lt;1&gt;⟨U+202E⟩</text>"), "{svg}");
    }

    #[test]
    fn names_make_room_for_themselves() {
        let bars = |name| {
            let bar = vec![vec![(100.0, 50.0)]];
            on_page(&figure(Mark::Bars, bar, Scale::Names, name))
        };
        assert!(path(&bars("A"), "bars c1").starts_with("M62 "));
        let name = "GET /api/xxxxxx…xxxxxxx/items/1";
        assert!(path(&bars(name), "bars c1").starts_with("M235.2 "));
        assert!(path(&bars(&"x".repeat(999)), "bars c1").starts_with("M368 "));
    }

    #[test]
    fn cells_are_darker_where_there_are_more() {
        let mut figure = figure(Mark::Line, Vec::new(), Scale::Linear, "A");
        figure.panels[0].cells = Some(Cells {
            x: vec![0.0, 50.0, 100.0],
            y: vec![0.0, 50.0, 100.0],
            color: 0,
            counts: vec![vec![100, 1], vec![100, 0]],
        });
        let svg = on_page(&figure);
        let cells: Vec<&str> = svg.split("<path class=\"cells c0\" ").skip(1).collect();
        assert_eq!(cells.len(), 2);
        assert!(cells[0].starts_with("fill-opacity=\"0.208\" d=\"M62 30h422v127.5h-422z\""));
        // Neighbours of one shade are one rectangle.
        assert!(cells[1].starts_with("fill-opacity=\"1.000\" d=\"M62 157.5h844v127.5h-844z\""));
    }

    #[test]
    fn dots_that_overlap_are_in_different_paths() {
        let cloud = vec![vec![(50.0, 50.0); 3]];
        let svg = on_page(&figure(Mark::Points, cloud, Scale::Linear, "A"));
        assert_eq!(
            svg.matches("<path class=\"dots cloud c1\" d=\"M484 157.5h0\"/>")
                .count(),
            3
        );
    }

    #[test]
    fn a_line_has_no_points_that_cannot_be_seen() {
        let points = [(0, 0), (4, 4), (5, 0), (9, 0), (9, 100), (10, 100)];
        assert_eq!(visible(&points), [(0, 0), (5, 0), (9, 100), (10, 100)]);
    }

    #[test]
    fn a_picture_has_title_legend_and_colours_in_it() {
        let lines = vec![vec![(0.0, 0.0), (100.0, 100.0)]];
        let figure = figure(Mark::Line, lines, Scale::Linear, "checkout");
        let svg = svg(&figure, &Style::picture(Size::default(), Theme::Dark)).unwrap();
        assert!(svg.contains("viewBox=\"0 0 960 540\""), "{svg}");
        assert!(svg.contains(">All</text>") && svg.contains(">checkout</text>"));
        assert!(!svg.contains("var("), "{svg}");
        assert!(svg.contains(".c1{color:#ee7733}"), "{svg}");
    }
}
