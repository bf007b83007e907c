//! The page's colours as CSS variables, light and dark.

use crate::chart::Theme;
use crate::chart::palette::{self, Palette};

/// Name, on white, on black. Text has a contrast of at least 4.5 to the paper, lines 3.
const COLORS: [(&str, &str, &str); 9] = [
    ("paper", "#ffffff", "#14171c"),
    ("surface", "#f5f7f9", "#1c2129"),
    ("line", "#dfe3e8", "#313843"),
    ("ink", "#1b1f24", "#e6e9ed"),
    ("faint", "#59626e", "#9ba6b4"),
    ("grid", "#e8ebef", "#2a313b"),
    ("link", "#0b5cad", "#76b7f2"),
    ("bad", "#b03a00", "#f2955c"),
    ("good", "#006a50", "#5fc9a6"),
];

/// The rules that give the variables their values. Paper is white, so only screens are dark.
pub fn css() -> String {
    let (mut light, mut dark) = (String::new(), String::new());
    for (name, on_white, on_black) in COLORS {
        light.push_str(&format!("--{name}:{on_white};"));
        dark.push_str(&format!("--{name}:{on_black};"));
    }
    for number in 0..palette::COLORS_THERE_ARE {
        light.push_str(&format!("--c{number}:{};", series(Theme::Light, number)));
        dark.push_str(&format!("--c{number}:{};", series(Theme::Dark, number)));
    }
    format!(
        ":root{{color-scheme:light;{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n\
         @media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
    )
}

/// The colour that a series has in the charts.
fn series(theme: Theme, number: usize) -> String {
    let color = Palette::of(theme).series(number);
    format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colours as WCAG 2.2 defines it.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |color: &str| {
            let part = |at: usize| {
                let share = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
                if share <= 0.04045 {
                    share / 12.92
                } else {
                    ((share + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_and_series_stand_out_in_light_and_dark() {
        let named = |name: &str| COLORS.iter().find(|color| color.0 == name).unwrap();
        for background in ["paper", "surface"].map(named) {
            for text in ["ink", "faint", "link", "bad", "good"].map(named) {
                assert!(contrast(text.1, background.1) >= 4.5, "{}", text.0);
                assert!(contrast(text.2, background.2) >= 4.5, "{}", text.0);
            }
        }
        for number in 0..palette::COLORS_THERE_ARE {
            let color = series(Theme::Dark, number);
            assert!(contrast(&color, named("paper").2) >= 4.5, "{color}");
        }
    }

    #[test]
    fn series_have_the_charts_colours() {
        assert!(css().contains("--c0:#0072b2;--c1:#d55e00;"), "{}", css());
    }
}
