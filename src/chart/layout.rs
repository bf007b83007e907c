//! Lays out the title, the legend and the panels of a figure, in pixels.

use unicode_width::UnicodeWidthChar;

use super::measures::MEASURES;
use super::model::{Arrangement, Axis, Figure, Panel, Scale};
use super::palette::PALETTE_SIZE;
use super::style::{Medium, Style};

/// The positions of a figure's parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Width of the drawing.
    pub width: f64,
    /// Height of the drawing.
    pub height: f64,
    /// The legend of a picture; empty for a page, which has its own.
    pub legend: Vec<LegendEntry>,
    /// The rectangle between the axes, per panel.
    pub panels: Vec<Frame>,
}

/// A name in the legend.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendEntry {
    /// The series' name.
    pub name: String,
    /// The series' colour.
    pub color: usize,
    /// The start of its line.
    pub at: (f64, f64),
}

/// The rectangle between a panel's axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Left edge of the text at the vertical axis.
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
pub fn of(figure: &Figure, style: &Style) -> Layout {
    let m = &MEASURES;
    let count = figure.panels.len().max(1) as f64;
    let is_stacked = figure.arrangement == Arrangement::Stacked;
    let (legend, top, side, foot) = match style.medium {
        Medium::Page => (Vec::new(), 0.0, 0.0, 0.0),
        Medium::Picture { .. } => {
            let (legend, top) = legend(figure, style.width);
            (legend, top, m.side, m.foot)
        }
    };
    let beside = if is_stacked { 1.0 } else { count };
    let width = (style.width - 2.0 * side) / beside;
    // Of stacked panels, what is not data.
    let between = count * m.top + (count - 1.0) * m.stack_gap + m.bottom;
    let height = match style.height {
        Some(height) => height - top - foot,
        None if is_stacked => between + count * m.stacked_height,
        None => {
            let per_width = match figure.panels.len() {
                0 | 1 => m.height_alone,
                _ => m.height_beside,
            };
            (width * per_width)
                .clamp(m.min_height, m.max_height)
                .round()
        }
    };
    let frame = |(number, panel)| {
        let (across, down) = match is_stacked {
            true => (0.0, number as f64),
            false => (number as f64, 0.0),
        };
        let outer = side + across * width;
        let data = match is_stacked {
            true => (height - between) / count,
            false => height - m.top - m.bottom,
        };
        let upper = top + m.top + down * (data + m.top + m.stack_gap);
        Frame {
            outer,
            left: outer + left_of(panel, width, style.text_size),
            right: outer + width - m.right,
            top: upper,
            bottom: upper + data,
        }
    };
    Layout {
        width: style.width,
        height: top + height + foot,
        legend,
        panels: figure.panels.iter().enumerate().map(frame).collect(),
    }
}

/// Arranges the legend in rows, and returns where the panels below it begin.
fn legend(figure: &Figure, full_width: f64) -> (Vec<LegendEntry>, f64) {
    let m = &MEASURES;
    let (size, first_row) = m.legend;
    let (mut x, mut y) = (m.side, first_row);
    let mut legend = Vec::new();
    for series in figure.legend() {
        let name_width = letters(&series.name) as f64 * size * m.letter;
        let width = m.swatch + m.swatch_gap + name_width + m.legend_gap;
        if x > m.side && x + width > full_width {
            (x, y) = (m.side, y + m.legend_row);
        }
        legend.push(LegendEntry {
            name: series.name.clone(),
            color: series.color % PALETTE_SIZE,
            at: (x, y),
        });
        x += width;
    }
    if legend.is_empty() {
        y -= m.legend_row;
    }
    (legend, y + m.below_legend)
}

/// Returns the distance from a panel's left edge to its data: names get the room they need, up to a limit.
fn left_of(panel: &Panel, width: f64, text_size: f64) -> f64 {
    match max_letters(&panel.y) {
        None => MEASURES.left,
        Some(letters) => (letters as f64 * text_size * MEASURES.letter + MEASURES.names_padding)
            .max(MEASURES.left)
            .min(width * MEASURES.max_names),
    }
}

/// Returns the width of the longest name at an axis of names, in letters.
pub fn max_letters(axis: &Axis) -> Option<usize> {
    let widths = axis.ticks.iter().map(|tick| letters(&tick.text));
    (axis.scale == Scale::Names).then(|| widths.max().unwrap_or(0))
}

/// Shortens a name to the room between a panel's left edge and its data. Keeps more of the end, which
/// distinguishes it from other names and contains its value.
pub fn fitting(name: &str, frame: &Frame, text_size: f64) -> String {
    let room = frame.left - frame.outer - MEASURES.value_gap;
    let max = (room / (text_size * MEASURES.letter)).floor() as usize;
    if letters(name) <= max {
        return name.to_owned();
    }
    let kept = max.saturating_sub(1);
    let head = kept / 5;
    let tail = take(name.chars().rev(), kept - head);
    let start = take(name.chars(), head).into_iter();
    start.chain(['…']).chain(tail.into_iter().rev()).collect()
}

/// Takes characters until they are wider than `max` letters.
fn take(name: impl Iterator<Item = char>, max: usize) -> Vec<char> {
    let mut width = 0;
    name.take_while(|&character| {
        width += width_of(character);
        width <= max
    })
    .collect()
}

/// Returns the width of a text in letters.
pub fn letters(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// Returns the width of a character in letters: 2 for wide scripts.
fn width_of(character: char) -> usize {
    character.width().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_fit_keep_their_ends() {
        let frame = Frame {
            outer: 0.0,
            left: 80.5,
            right: 100.0,
            top: 0.0,
            bottom: 10.0,
        };
        let fitting = |name| fitting(name, &frame, 12.0);
        assert_eq!(fitting("GET /a 0.9"), "GET /a 0.9");
        assert_eq!(fitting("GET /abcdef 0.987"), "G…ef 0.987");
        assert_eq!(fitting("漢字漢字漢字 0.9"), "…漢字 0.9");
    }
}
