//! Colours that colour-blind readers tell apart: Okabe and Ito, "Color Universal Design" (2008),
//! its yellow darkened to be seen on white.

use plotters::style::RGBColor;

const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),   // blue
    RGBColor(213, 94, 0),    // vermillion
    RGBColor(0, 158, 115),   // bluish green
    RGBColor(204, 121, 167), // reddish purple
    RGBColor(230, 159, 0),   // orange
    RGBColor(86, 180, 233),  // sky blue
    RGBColor(0, 0, 0),       // black
    RGBColor(160, 140, 0),   // yellow
];

/// Number of series that can be told apart.
pub const COLORS_THERE_ARE: usize = COLORS.len();

/// Colour for what succeeded.
pub const OK: usize = 0;
/// Colour for what failed.
pub const KO: usize = 1;

/// Text.
pub const INK: RGBColor = RGBColor(34, 34, 34);
/// Secondary text and axes.
pub const FAINT_INK: RGBColor = RGBColor(96, 96, 96);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(228, 228, 228);
/// Background.
pub const PAPER: RGBColor = RGBColor(255, 255, 255);

/// The colour of a number.
pub fn color(number: usize) -> RGBColor {
    COLORS[number % COLORS.len()]
}
