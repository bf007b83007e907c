//! Colours that colour-blind readers can distinguish: Okabe and Ito, "Color Universal Design" (2008),
//! with a yellow dark enough for white paper.

use std::fmt;

/// The theme of a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white paper.
    #[default]
    Light,
    /// Light ink on dark paper.
    Dark,
}

/// Number of colours, and so of series that a reader can distinguish.
pub const PALETTE_SIZE: usize = 8;

/// A colour: red, green, blue. Displays as in CSS: `#0072b2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

const ON_LIGHT: [Rgb; PALETTE_SIZE] = [
    Rgb(0, 114, 178),   // blue
    Rgb(213, 94, 0),    // vermillion
    Rgb(0, 158, 115),   // bluish green
    Rgb(204, 121, 167), // reddish purple
    Rgb(230, 159, 0),   // orange
    Rgb(86, 180, 233),  // sky blue
    Rgb(0, 0, 0),       // black
    Rgb(160, 140, 0),   // yellow
];

/// The same colours, light enough for dark paper.
const ON_DARK: [Rgb; PALETTE_SIZE] = [
    Rgb(63, 155, 224),  // blue
    Rgb(238, 119, 51),  // vermillion
    Rgb(34, 181, 139),  // bluish green
    Rgb(220, 151, 189), // reddish purple
    Rgb(240, 177, 60),  // orange
    Rgb(155, 214, 250), // sky blue
    Rgb(230, 233, 237), // white
    Rgb(205, 187, 58),  // yellow
];

/// Index of the colour of successes.
pub const OK: usize = 0;
/// Index of the colour of failures.
pub const KO: usize = 1;

/// The colours of a theme. Text has a contrast of at least 4.5 to the paper.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// Text.
    pub ink: Rgb,
    /// Secondary text and axes.
    pub faint: Rgb,
    /// Grid lines.
    pub grid: Rgb,
    /// Background.
    pub paper: Rgb,
    series: &'static [Rgb; PALETTE_SIZE],
}

impl Palette {
    /// Returns the palette of a theme.
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Palette {
                ink: Rgb(27, 31, 36),
                faint: Rgb(89, 98, 110),
                grid: Rgb(232, 235, 239),
                paper: Rgb(255, 255, 255),
                series: &ON_LIGHT,
            },
            Theme::Dark => Palette {
                ink: Rgb(230, 233, 237),
                faint: Rgb(155, 166, 180),
                grid: Rgb(42, 49, 59),
                paper: Rgb(20, 23, 28),
                series: &ON_DARK,
            },
        }
    }

    /// Iterates over all colours with their names: `ink`, `faint`, `grid`, `paper`, `c0` to `c7`.
    pub fn named(self) -> impl Iterator<Item = (String, Rgb)> {
        let base = [
            ("ink", self.ink),
            ("faint", self.faint),
            ("grid", self.grid),
            ("paper", self.paper),
        ];
        let base = base.map(|(name, color)| (name.to_owned(), color));
        let series = self.series.iter().enumerate();
        base.into_iter()
            .chain(series.map(|(number, color)| (format!("c{number}"), *color)))
    }
}
