//! How charts are drawn: their size and colours.

use std::str::FromStr;

/// How charts are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Size of the figure, in which letters have their usual size.
    pub size: Size,
    /// Light or dark.
    pub theme: Theme,
}

/// Size of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width of the figure in pixels.
    pub width: u32,
    /// Height of the figure in pixels.
    pub height: u32,
    /// Pixels of the picture in a pixel of the figure: 2 is sharp on screens of high density.
    pub density: f32,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white paper.
    #[default]
    Light,
    /// Light ink on dark paper.
    Dark,
}

impl Default for Look {
    fn default() -> Self {
        Look {
            size: Size {
                width: 960,
                height: 540,
                density: 2.0,
            },
            theme: Theme::Light,
        }
    }
}

/// Sizes that hold a legible figure, and do not take all memory.
const WIDTHS: std::ops::RangeInclusive<u32> = 480..=4_000;
const HEIGHTS: std::ops::RangeInclusive<u32> = 300..=4_000;
const DENSITIES: std::ops::RangeInclusive<f32> = 0.5..=4.0;

impl FromStr for Size {
    type Err = String;

    /// `960x540`, or with a density `960x540@2x`.
    fn from_str(text: &str) -> Result<Self, String> {
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
            .ok_or_else(|| {
                format!(
                    "`{text}` is not a size of charts: give one such as 960x540@2x, from {}x{} to {}x{} \
                     and from {}x to {}x",
                    WIDTHS.start(),
                    HEIGHTS.start(),
                    WIDTHS.end(),
                    HEIGHTS.end(),
                    DENSITIES.start(),
                    DENSITIES.end(),
                )
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
    fn what_is_no_size_is_refused() {
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
