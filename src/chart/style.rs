//! The style of drawings: medium, size and colours.

use std::str::FromStr;

use super::measures::MEASURES;
use super::palette::{PALETTE_SIZE, Palette, Theme};

/// The size and medium of a drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Width of the drawing in pixels.
    pub width: f64,
    /// Height in pixels; if `None`, it follows from the width of the panels.
    pub height: Option<f64>,
    /// Size of the axes' text in pixels.
    pub text_size: f64,
    /// The medium of the drawing.
    pub medium: Medium,
}

/// The medium of a drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Medium {
    /// An HTML page, which has the title, the legend and the rules of `css` beside it.
    Page,
    /// A picture that stands alone: title, legend and colours are in it.
    Picture {
        /// Its colours.
        theme: Theme,
        /// Pixels of the picture per pixel of the figure.
        density: f32,
    },
}

impl Style {
    /// Returns the style of a drawing within a page.
    pub fn page() -> Self {
        Style {
            width: MEASURES.page_width,
            height: None,
            text_size: MEASURES.page_text,
            medium: Medium::Page,
        }
    }

    /// Returns the style of a picture that stands alone.
    pub fn picture(size: Size, theme: Theme) -> Self {
        Style {
            width: f64::from(size.width),
            height: Some(f64::from(size.height)),
            text_size: MEASURES.picture_text,
            medium: Medium::Picture {
                theme,
                density: size.density,
            },
        }
    }
}

impl Default for Style {
    fn default() -> Self {
        Style::picture(Size::default(), Theme::Light)
    }
}

/// Returns the CSS of a drawing, with colours from the page's variables: `var(--ink)`,
/// `var(--faint)`, `var(--grid)`, `var(--c0)` to `var(--c7)`.
pub fn css(text_size: f64) -> String {
    let m = &MEASURES;
    let mut css = format!(
        "svg text{{font-size:{text_size}px;fill:var(--faint)}}svg .a{{fill:var(--ink)}}\
         svg .m{{text-anchor:middle}}svg .e{{text-anchor:end}}\
         svg .title{{font-size:{}px}}svg .name{{font-size:{}px}}svg path{{fill:none}}\
         svg .grid{{stroke:var(--grid)}}svg .axis{{stroke:var(--faint)}}\
         svg .line{{stroke:currentColor;stroke-width:{};stroke-linejoin:round}}\
         svg .swatch{{stroke:currentColor;stroke-width:4}}\
         svg .area{{fill:currentColor;fill-opacity:{}}}svg .bars,svg .cells{{fill:currentColor}}\
         svg .cells{{shape-rendering:crispEdges}}\
         svg .span{{fill:var(--c4);fill-opacity:{}}}\
         svg .dots{{stroke:currentColor;stroke-width:{};stroke-linecap:round}}\
         svg .cloud{{stroke-opacity:{}}}",
        m.title.0,
        m.legend.0,
        m.line,
        m.area_opacity,
        m.span_opacity,
        2.0 * m.dot,
        m.cloud_opacity,
    );
    for number in 0..PALETTE_SIZE {
        css.push_str(&format!(".c{number}{{color:var(--c{number})}}"));
    }
    css
}

/// Returns the same CSS with the colours of a theme, for pictures.
pub fn css_of_theme(text_size: f64, theme: Theme) -> String {
    let colors = Palette::of(theme);
    let css = css(text_size);
    colors.named().fold(css, |css, (name, color)| {
        css.replace(&format!("var(--{name})"), &color.to_string())
    })
}

/// Size of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width of the figure in pixels.
    pub width: u32,
    /// Height of the figure in pixels.
    pub height: u32,
    /// Pixels of the picture per pixel of the figure: 2 is sharp on screens of high density.
    pub density: f32,
}

impl Default for Size {
    fn default() -> Self {
        Size {
            width: MEASURES.picture_width as u32,
            height: MEASURES.picture_height as u32,
            density: 2.0,
        }
    }
}

/// Sizes at which a figure is legible and fits into memory.
const WIDTHS: std::ops::RangeInclusive<u32> = 480..=4_000;
const HEIGHTS: std::ops::RangeInclusive<u32> = 300..=4_000;
const DENSITIES: std::ops::RangeInclusive<f32> = 0.5..=4.0;

/// The error of parsing text that is not the size of a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a size of charts: give one such as 960x540@2x, from {}x{} to {}x{} and from {}x to {}x",
    WIDTHS.start(), HEIGHTS.start(), WIDTHS.end(), HEIGHTS.end(), DENSITIES.start(), DENSITIES.end()
)]
pub struct SizeError {
    given: String,
}

impl FromStr for Size {
    type Err = SizeError;

    /// Parses `960x540`, or with a density `960x540@2x`.
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let (size, density) = match text.split_once('@') {
            Some((size, density)) => (size, density.trim_end_matches('x').parse().ok()),
            None => (text, Some(1.0)),
        };
        let parsed = size.split_once('x').and_then(|(width, height)| {
            Some(Size {
                width: width.parse().ok()?,
                height: height.parse().ok()?,
                density: density?,
            })
        });
        parsed
            .filter(|size| {
                WIDTHS.contains(&size.width)
                    && HEIGHTS.contains(&size.height)
                    && DENSITIES.contains(&size.density)
            })
            .ok_or_else(|| SizeError {
                given: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_with_and_without_density() {
        let size = |text: &str| {
            let size: Size = text.parse().unwrap();
            (size.width, size.height, size.density)
        };
        assert_eq!(size("960x540@2x"), (960, 540, 2.0));
        assert_eq!(size("960x540@1.5"), (960, 540, 1.5));
        assert_eq!(size("1200x600"), (1200, 600, 1.0));
    }

    #[test]
    fn rejects_anything_else() {
        for text in [
            "",
            "960",
            "960x",
            "x540",
            "10x10",
            "960x540@",
            "960x540@9x",
            "9999x540",
            "960x540@NaNx",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
