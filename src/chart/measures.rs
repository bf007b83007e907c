//! The dimensions of drawings, shared by pictures, the page and the page's script.

use serde::Serialize;

/// The dimensions of a drawing: sizes in pixels of the figure, shares between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measures {
    /// Width of a drawing on the page before the script fits it to the window.
    pub page_width: f64,
    /// Default width of a picture.
    pub picture_width: f64,
    /// Default height of a picture.
    pub picture_height: f64,
    /// Size of the axes' text on the page.
    pub page_text: f64,
    /// Size of the axes' text in a picture.
    pub picture_text: f64,
    /// Average width of a letter, per font size.
    pub letter: f64,
    /// From the middle of a line of text down to its baseline, per font size.
    pub baseline: f64,

    /// From a panel's left edge to its data: room for the numbers of the vertical axis.
    pub left: f64,
    /// From the data to the panel's right edge.
    pub right: f64,
    /// From the panel's upper edge to the data.
    pub top: f64,
    /// From the data to the panel's lower edge.
    pub bottom: f64,
    /// Largest share of a panel's width that the names beside its bars take.
    pub max_names: f64,
    /// Room that names take beside the width of their letters.
    pub names_padding: f64,
    /// Height of a panel on the page per its width, if it is the only one.
    pub height_alone: f64,
    /// Height of a panel on the page per its width, if there are others.
    pub height_beside: f64,
    /// Height of the data of a stacked panel on the page.
    pub stacked_height: f64,
    /// From a stacked panel's data to the next panel.
    pub stack_gap: f64,
    /// Smallest height of a panel on the page.
    pub min_height: f64,
    /// Largest height of a panel on the page.
    pub max_height: f64,

    /// Length of a tick on the horizontal axis.
    pub tick: f64,
    /// From the data down to the baseline of the ticks' text.
    pub tick_text: f64,
    /// From the data down to the baseline of the horizontal axis' title.
    pub axis_title: f64,
    /// From the data up to the baseline of the vertical axis' title.
    pub panel_title: f64,
    /// From the text of the vertical axis to the data.
    pub value_gap: f64,

    /// Room left and right of the panels in a picture.
    pub side: f64,
    /// Room below the panels in a picture.
    pub foot: f64,
    /// Size of a picture's title, and its baseline.
    pub title: (f64, f64),
    /// Baseline of a picture's subtitle.
    pub subtitle: f64,
    /// Size of the legend's text in a picture, and the height at which its first row is centred.
    pub legend: (f64, f64),
    /// From one row of the legend to the next.
    pub legend_row: f64,
    /// From one name of the legend to the line before the next.
    pub legend_gap: f64,
    /// Length of the line before a name in the legend.
    pub swatch: f64,
    /// From that line to the name.
    pub swatch_gap: f64,
    /// From the last row of the legend to the panels.
    pub below_legend: f64,

    /// Smallest width of a marked stretch of time.
    pub min_span: f64,
    /// From the upper end of a marked stretch to the baseline of its name.
    pub span_name: f64,
    /// Opacity of a marked stretch.
    pub span_opacity: f64,
    /// Largest ratio of maximum to typical value on a linear axis; above it the axis is logarithmic.
    pub max_linear_ratio: f64,
    /// Position on a logarithmic axis of values below 1.
    pub below_one: f64,

    /// Smallest visible movement of a line; closer points are left out.
    pub visible: f64,
    /// Width of a line.
    pub line: f64,
    /// Height of a bar, as a share of the distance between bars.
    pub bar: f64,
    /// Radius of a dot.
    pub dot: f64,
    /// Opacity of a dot where there are many.
    pub cloud_opacity: f64,
    /// Number of paths among which the dots of a cloud are distributed: where several overlap, it is darker.
    pub cloud_layers: usize,
    /// Opacity of the area below a line.
    pub area_opacity: f64,
    /// Number of shades of a heatmap's cells.
    pub shades: usize,
    /// Opacity of the lightest cell, if shades were continuous.
    pub min_shade: f64,
}

/// The dimensions of every drawing.
pub const MEASURES: Measures = Measures {
    page_width: 920.0,
    picture_width: 960.0,
    picture_height: 540.0,
    page_text: 12.0,
    picture_text: 13.0,
    letter: 0.6,
    baseline: 0.34,
    left: 62.0,
    right: 14.0,
    top: 30.0,
    bottom: 46.0,
    max_names: 0.4,
    names_padding: 12.0,
    height_alone: 0.36,
    height_beside: 0.66,
    stacked_height: 84.0,
    stack_gap: 4.0,
    min_height: 230.0,
    max_height: 380.0,
    tick: 5.0,
    tick_text: 19.0,
    axis_title: 40.0,
    panel_title: 13.0,
    value_gap: 8.0,
    side: 20.0,
    foot: 10.0,
    title: (19.0, 33.0),
    subtitle: 54.0,
    legend: (13.0, 80.0),
    legend_row: 22.0,
    legend_gap: 22.0,
    swatch: 22.0,
    swatch_gap: 7.0,
    below_legend: 12.0,
    min_span: 3.0,
    span_name: 12.0,
    span_opacity: 0.1,
    max_linear_ratio: 30.0,
    below_one: -0.3,
    visible: 0.5,
    line: 1.75,
    bar: 0.6,
    dot: 2.75,
    cloud_opacity: 0.55,
    cloud_layers: 6,
    area_opacity: 0.13,
    shades: 20,
    min_shade: 0.12,
};

impl Measures {
    /// Returns the shade of a cell, from 0 up to [`Measures::shades`]; `None` for an empty cell. It grows
    /// with the square root of the share of the largest count, so that a few slow samples remain visible
    /// beside many fast ones.
    pub fn shade(&self, count: u64, max: u64) -> Option<usize> {
        let share = (count as f64 / max as f64).sqrt();
        (count > 0).then(|| (share * self.shades as f64).ceil() as usize - 1)
    }

    /// Returns the opacity of a shade.
    pub fn shade_opacity(&self, shade: usize) -> f64 {
        self.min_shade + (1.0 - self.min_shade) * (shade + 1) as f64 / self.shades as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_darker_where_there_are_more() {
        let shade = |count| MEASURES.shade(count, 100);
        assert_eq!(shade(0), None);
        assert_eq!(shade(1), Some(1));
        assert_eq!(shade(25), Some(9));
        assert_eq!(shade(100), Some(MEASURES.shades - 1));
        assert_eq!(MEASURES.shade_opacity(MEASURES.shades - 1), 1.0);
        assert!(MEASURES.shade_opacity(0) > MEASURES.min_shade);
    }
}
