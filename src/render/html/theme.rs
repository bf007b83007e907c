//! The page's colours as CSS variables, light and dark.

use crate::chart::palette::Palette;
use crate::chart::{MEASURES, Theme, style};

/// Colours besides those of the charts: name, light, dark. Text has a contrast of at least 4.5 with
/// the paper.
const COLORS: [(&str, &str, &str); 5] = [
    ("surface", "#f5f7f9", "#1c2129"),
    ("line", "#dfe3e8", "#313843"),
    ("link", "#0b5cad", "#76b7f2"),
    ("bad", "#b03a00", "#f2955c"),
    ("good", "#006a50", "#5fc9a6"),
];

/// Returns the rules that set the variables, and those of the charts. Dark applies to screens only:
/// paper is white.
pub fn css() -> String {
    let (light, dark) = (variables(Theme::Light), variables(Theme::Dark));
    format!(
        ":root{{color-scheme:light;{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n\
         @media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n{}\n",
        style::css(MEASURES.page_text)
    )
}

fn variables(theme: Theme) -> String {
    let charts = Palette::of(theme).named();
    let charts = charts.map(|(name, color)| format!("--{name}:{color};"));
    let others = COLORS.iter().map(|(name, light, dark)| match theme {
        Theme::Light => format!("--{name}:{light};"),
        Theme::Dark => format!("--{name}:{dark};"),
    });
    charts.chain(others).collect()
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
        for theme in [Theme::Light, Theme::Dark] {
            let css = variables(theme);
            let color = |name: &str| {
                let (_, value) = css.split_once(&format!("--{name}:")).unwrap();
                value.split_once(';').unwrap().0.to_owned()
            };
            for background in ["paper", "surface"] {
                for text in ["ink", "faint", "link", "bad", "good"] {
                    let contrast = contrast(&color(text), &color(background));
                    assert!(contrast >= 4.5, "{text} on {background} in {theme:?}");
                }
            }
            for number in (0..8).filter(|_| theme == Theme::Dark) {
                let series = color(&format!("c{number}"));
                assert!(contrast(&series, &color("paper")) >= 4.5, "{series}");
            }
        }
    }

    #[test]
    fn series_have_the_charts_colours() {
        assert!(css().contains("--c0:#0072b2;--c1:#d55e00;"), "{}", css());
    }
}
