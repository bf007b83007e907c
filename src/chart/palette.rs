//! Colours that colour-blind readers tell apart: Okabe and Ito, "Color Universal Design" (2008),
//! its yellow darkened to be seen on white.

use plotters::style::RGBColor;

use super::look::Theme;

const ON_LIGHT: [RGBColor; 8] = [
    RGBColor(0, 114, 178),   // blue
    RGBColor(213, 94, 0),    // vermillion
    RGBColor(0, 158, 115),   // bluish green
    RGBColor(204, 121, 167), // reddish purple
    RGBColor(230, 159, 0),   // orange
    RGBColor(86, 180, 233),  // sky blue
    RGBColor(0, 0, 0),       // black
    RGBColor(160, 140, 0),   // yellow
];

/// The same, light enough to be told from dark paper.
const ON_DARK: [RGBColor; 8] = [
    RGBColor(63, 155, 224),  // blue
    RGBColor(238, 119, 51),  // vermillion
    RGBColor(34, 181, 139),  // bluish green
    RGBColor(220, 151, 189), // reddish purple
    RGBColor(240, 177, 60),  // orange
    RGBColor(155, 214, 250), // sky blue
    RGBColor(230, 233, 237), // white
    RGBColor(205, 187, 58),  // yellow
];

/// Number of series that can be told apart.
pub const COLORS_THERE_ARE: usize = ON_LIGHT.len();

/// Colour for what succeeded.
pub const OK: usize = 0;
/// Colour for what failed.
pub const KO: usize = 1;

/// The colours of a theme.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// Text.
    pub ink: RGBColor,
    /// Secondary text and axes.
    pub faint_ink: RGBColor,
    /// Grid lines.
    pub grid: RGBColor,
    /// Background.
    pub paper: RGBColor,
    series: &'static [RGBColor; 8],
}

impl Palette {
    /// The palette of a theme.
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Palette {
                ink: RGBColor(34, 34, 34),
                faint_ink: RGBColor(96, 96, 96),
                grid: RGBColor(228, 228, 228),
                paper: RGBColor(255, 255, 255),
                series: &ON_LIGHT,
            },
            Theme::Dark => Palette {
                ink: RGBColor(232, 234, 237),
                faint_ink: RGBColor(166, 172, 180),
                grid: RGBColor(52, 58, 66),
                paper: RGBColor(22, 25, 29),
                series: &ON_DARK,
            },
        }
    }

    /// The colour of a series by its number.
    pub fn series(&self, number: usize) -> RGBColor {
        self.series[number % self.series.len()]
    }
}
