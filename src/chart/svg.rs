//! A figure as SVG, drawn with plotters.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::layout::{self, LegendEntry, PanelPlace};
use super::look::Look;
use super::model::{Axis, Cells, Figure, Kind, Panel, Series};
use super::palette::Palette;
use crate::error::{Error, Result};

/// Units of the drawing in a pixel of the figure: plotters places everything at whole units.
pub const UNITS: u32 = 4;

/// Height of a bar, where bars are 1 apart.
const BAR: f64 = 0.6;

/// The shade of a cell with next to nothing in it.
const LIGHTEST: f64 = 0.12;

/// Name of the font that is carried in the binary.
pub const FONT: &str = "DejaVu Sans";

type Area<'a, C> = DrawingArea<SVGBackend<'a>, C>;

/// Draws a figure.
///
/// # Errors
///
/// None in practice: it draws to memory.
pub fn svg(figure: &Figure, look: &Look) -> Result<String> {
    let mut text = String::new();
    draw(figure, look, &mut text)
        .map_err(|error| Error::Internal(format!("cannot draw {}: {error}", figure.slug)))?;
    // Lines with many points must not grow spikes at their bends.
    Ok(text.replacen("<svg ", "<svg stroke-linejoin=\"round\" ", 1))
}

fn draw(
    figure: &Figure,
    look: &Look,
    text: &mut String,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let palette = Palette::of(look.theme);
    let size = (look.size.width * UNITS, look.size.height * UNITS);
    let root = SVGBackend::with_string(text, size).into_drawing_area();
    root.fill(&palette.paper)?;
    let pen = Pen {
        root: &root,
        palette,
    };
    pen.text(&figure.title, layout::TITLE, 20.0, palette.ink, HPos::Left)?;
    pen.text(
        &figure.subtitle,
        layout::SUBTITLE,
        13.0,
        palette.faint_ink,
        HPos::Left,
    )?;
    let layout = layout::of(figure, look.size);
    for LegendEntry { name, color, at } in &layout.legend {
        let line = vec![
            pen.point(at.0, at.1),
            pen.point(at.0 + layout::SWATCH, at.1),
        ];
        root.draw(&PathElement::new(line, stroke(palette.series(*color), 4.0)))?;
        let beside = (at.0 + layout::SWATCH + 7.0, at.1);
        pen.text(name, beside, layout::LEGEND_SIZE, palette.ink, HPos::Left)?;
    }
    for (panel, place) in figure.panels.iter().zip(&layout.panels) {
        draw_axes(&pen, panel, place)?;
        let (x, y) = (
            pen.point(place.left, place.top),
            pen.point(place.right, place.bottom),
        );
        let area =
            root.clone()
                .apply_coord_spec(Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
                    panel.x.min..panel.x.max,
                    panel.y.min..panel.y.max,
                    // Up is towards smaller numbers.
                    (x.0..y.0, y.1..x.1),
                ));
        if let Some(cells) = &panel.cells {
            draw_cells(&area, cells, palette)?;
        }
        // The first series is drawn last, on top: it is the one that matters most.
        for series in panel.series.iter().rev() {
            draw_series(&area, panel, series, palette)?;
        }
    }
    root.present()?;
    Ok(())
}

fn draw_axes(pen: &Pen<'_, '_>, panel: &Panel, place: &PanelPlace) -> DrawResult {
    let (root, palette) = (pen.root, pen.palette);
    let across = |axis: &Axis, at: f64| {
        let share = (at - axis.min) / (axis.max - axis.min);
        place.left + share * (place.right - place.left)
    };
    let up = |axis: &Axis, at: f64| {
        let share = (at - axis.min) / (axis.max - axis.min);
        place.bottom - share * (place.bottom - place.top)
    };
    for tick in &panel.y.ticks {
        let y = up(&panel.y, tick.at);
        let line = vec![pen.point(place.left, y), pen.point(place.right, y)];
        root.draw(&PathElement::new(line, stroke(palette.grid, 1.0)))?;
        pen.text(
            &tick.text,
            (place.left - 8.0, y),
            layout::TICK_SIZE,
            palette.faint_ink,
            HPos::Right,
        )?;
    }
    for tick in &panel.x.ticks {
        let x = across(&panel.x, tick.at);
        let line = vec![pen.point(x, place.bottom), pen.point(x, place.bottom + 5.0)];
        root.draw(&PathElement::new(line, stroke(palette.faint_ink, 1.0)))?;
        pen.text(
            &tick.text,
            (x, place.bottom + 15.0),
            layout::TICK_SIZE,
            palette.faint_ink,
            HPos::Center,
        )?;
    }
    let line = vec![
        pen.point(place.left, place.bottom),
        pen.point(place.right, place.bottom),
    ];
    root.draw(&PathElement::new(line, stroke(palette.faint_ink, 1.0)))?;
    let middle = (place.left + place.right) / 2.0;
    pen.text(
        &panel.x.label,
        (middle, place.bottom + 36.0),
        layout::LABEL_SIZE,
        palette.ink,
        HPos::Center,
    )?;
    let above = match &panel.title {
        Some(title) => format!("{title}: {}", panel.y.label),
        None => panel.y.label.clone(),
    };
    pen.text(
        &above,
        (place.outer + 4.0, place.top - 16.0),
        layout::LABEL_SIZE,
        palette.ink,
        HPos::Left,
    )
}

fn draw_series(
    area: &Area<'_, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    panel: &Panel,
    series: &Series,
    palette: Palette,
) -> DrawResult {
    let color = palette.series(series.color);
    for piece in &series.pieces {
        let points: Vec<(f64, f64)> = piece
            .iter()
            .map(|&(x, y)| {
                (
                    x.clamp(panel.x.min, panel.x.max),
                    y.clamp(panel.y.min, panel.y.max),
                )
            })
            .collect();
        let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
            continue;
        };
        if series.kind == Kind::Points {
            for point in points {
                area.draw(&Circle::new(point, dot(3.0), color.mix(0.55).filled()))?;
            }
            continue;
        }
        if series.kind == Kind::Bars {
            for (x, y) in points {
                let corners = [(panel.x.min, y - BAR / 2.0), (x, y + BAR / 2.0)];
                area.draw(&Rectangle::new(corners, color.filled()))?;
            }
            continue;
        }
        if points.len() == 1 {
            area.draw(&Circle::new(first, dot(3.0), color.filled()))?;
            continue;
        }
        if series.kind == Kind::Area {
            let base = panel.y.min;
            let ends = [(last.0, base), (first.0, base)];
            let outline: Vec<(f64, f64)> = points.iter().copied().chain(ends).collect();
            area.draw(&Polygon::new(outline, color.mix(0.14)))?;
        }
        area.draw(&PathElement::new(points, stroke(color, 1.75)))?;
    }
    Ok(())
}

/// Draws each cell as dark as the square root of its share of the largest count: the few samples
/// that took long must be seen beside the many that did not.
fn draw_cells(
    area: &Area<'_, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    cells: &Cells,
    palette: Palette,
) -> DrawResult {
    let most = cells.counts.iter().flatten().copied().max().unwrap_or(0);
    let color = palette.series(cells.color);
    for (x, counts) in cells.x.windows(2).zip(&cells.counts) {
        for (y, &count) in cells.y.windows(2).zip(counts) {
            if count > 0 {
                let shade = LIGHTEST + (1.0 - LIGHTEST) * (count as f64 / most as f64).sqrt();
                let corners = [(x[0], y[0]), (x[1], y[1])];
                area.draw(&Rectangle::new(corners, color.mix(shade).filled()))?;
            }
        }
    }
    Ok(())
}

/// A circle's radius in pixels.
fn dot(radius: f64) -> i32 {
    (radius * f64::from(UNITS)) as i32
}

type DrawResult = std::result::Result<(), Box<dyn std::error::Error>>;

/// Draws in pixels of the figure.
struct Pen<'r, 'b> {
    root: &'r Area<'b, Shift>,
    palette: Palette,
}

impl Pen<'_, '_> {
    fn point(&self, x: f64, y: f64) -> (i32, i32) {
        let units = f64::from(UNITS);
        ((x * units).round() as i32, (y * units).round() as i32)
    }

    /// Writes text whose middle is at the height of `at`.
    fn text(
        &self,
        text: &str,
        at: (f64, f64),
        size: f64,
        color: RGBColor,
        anchor: HPos,
    ) -> DrawResult {
        let style = (FONT, size * f64::from(UNITS))
            .into_text_style(self.root)
            .color(&color)
            .pos(Pos::new(anchor, VPos::Center));
        self.root.draw_text(text, &style, self.point(at.0, at.1))?;
        Ok(())
    }
}

fn stroke(color: RGBColor, pixels: f64) -> ShapeStyle {
    color.stroke_width((pixels * f64::from(UNITS)).round() as u32)
}
