//! Where title, legend and panels of a figure go, in pixels.

use super::look::Size;
use super::model::{Figure, Panel, Scale, Series};

/// Where the title begins.
pub const TITLE: (f64, f64) = (20.0, 26.0);
/// Where the subtitle begins.
pub const SUBTITLE: (f64, f64) = (20.0, 50.0);
/// Size of text in the legend.
pub const LEGEND_SIZE: f64 = 14.0;
/// Size of text at ticks.
pub const TICK_SIZE: f64 = 13.0;
/// Size of text of axes.
pub const LABEL_SIZE: f64 = 13.0;
/// Length of the line beside a name in the legend.
pub const SWATCH: f64 = 22.0;
/// Room for the numbers of a vertical axis.
const LEFT_OF_AXIS: f64 = 60.0;

const MARGIN: f64 = 20.0;
const LEGEND_TOP: f64 = 78.0;
const LEGEND_ROW: f64 = 22.0;
const ABOVE_PANEL: f64 = 40.0;
const BELOW_PANEL: f64 = 56.0;
const BETWEEN_PANELS: f64 = 28.0;

/// The places of a figure's parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// The legend, outside the data.
    pub legend: Vec<LegendEntry>,
    /// One place a panel: the rectangle between its axes.
    pub panels: Vec<PanelPlace>,
}

/// A name in the legend.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendEntry {
    /// The series' name.
    pub name: String,
    /// The series' colour.
    pub color: usize,
    /// Where its line begins.
    pub at: (f64, f64),
}

/// The rectangle between a panel's axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PanelPlace {
    /// Left edge of the vertical axis' texts.
    pub outer: f64,
    /// Left edge.
    pub left: f64,
    /// Right edge.
    pub right: f64,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
}

/// Lays out a figure.
pub fn of(figure: &Figure, size: Size) -> Layout {
    let (full_width, full_height) = (f64::from(size.width), f64::from(size.height));
    let series = figure.panels.first().map_or(&[][..], |panel| &panel.series);
    let mut legend = Vec::new();
    let (mut x, mut y) = (MARGIN, LEGEND_TOP);
    // A single series is named by its axis, if the axis does so.
    let is_named = |series: &Series| {
        let axis = figure
            .panels
            .first()
            .map_or("", |panel| panel.y.label.as_str());
        axis.contains(&series.name)
    };
    for series in series
        .iter()
        .filter(|one| series.len() > 1 || figure.panels.len() > 1 || !is_named(one))
    {
        let width = SWATCH + 7.0 + text_width(&series.name, LEGEND_SIZE) + 22.0;
        if x > MARGIN && x + width > full_width {
            (x, y) = (MARGIN, y + LEGEND_ROW);
        }
        legend.push(LegendEntry {
            name: series.name.clone(),
            color: series.color,
            at: (x, y),
        });
        x += width;
    }
    let top = if legend.is_empty() {
        LEGEND_TOP - LEGEND_ROW
    } else {
        y
    } + ABOVE_PANEL;
    let count = figure.panels.len().max(1) as f64;
    let room = full_width - 2.0 * MARGIN - (count - 1.0) * BETWEEN_PANELS;
    let panels = (0..figure.panels.len())
        .map(|number| {
            let outer = MARGIN + number as f64 * (room / count + BETWEEN_PANELS);
            PanelPlace {
                outer,
                left: outer + left_of_axis(&figure.panels[number], full_width),
                right: outer + room / count,
                top,
                bottom: full_height - BELOW_PANEL,
            }
        })
        .collect();
    Layout { legend, panels }
}

/// Room for the texts of a panel's vertical axis: for names as much as they need, up to a half.
fn left_of_axis(panel: &Panel, full_width: f64) -> f64 {
    if panel.y.scale != Scale::Names {
        return LEFT_OF_AXIS;
    }
    let widths = panel
        .y
        .ticks
        .iter()
        .map(|tick| text_width(&tick.text, TICK_SIZE));
    (widths.fold(0.0, f64::max) + 16.0).clamp(LEFT_OF_AXIS, full_width / 2.0)
}

/// About how wide text is: DejaVu Sans takes 0.6 of its size a letter, wide scripts all of it.
fn text_width(text: &str, size: f64) -> f64 {
    use unicode_width::UnicodeWidthStr;
    text.width() as f64 * size * 0.6
}
