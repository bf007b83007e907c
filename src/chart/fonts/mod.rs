//! The fonts in the binary, and numbers for names that they cannot show.
//!
//! DejaVu Sans has Latin, Greek, Cyrillic, Arabic and more. A part of Droid Sans Fallback has Chinese,
//! Japanese and Korean; it is unpacked when a picture needs it. No other font is used, even if the
//! machine has one: a picture is the same everywhere.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, Source};
use skrifa::{FontRef, MetadataProvider};
use unicode_width::UnicodeWidthChar;

use super::model::Figure;

/// Name of the main font.
pub const MAIN: &str = "DejaVu Sans";

/// The font of Chinese, Japanese and Korean letters: see `README.md` beside it.
const CJK: &[u8] = include_bytes!("droid-sans-fallback.ttf.zst");

/// Bytes of that font, unpacked, at most.
const MAX_CJK: usize = 4 << 20;

static CJK_FONT: LazyLock<Vec<u8>> =
    LazyLock::new(|| zstd::bulk::decompress(CJK, MAX_CJK).unwrap_or_default());

static WITHOUT_CJK: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(dejavu::sans::regular())));
    fonts.set_sans_serif_family(MAIN);
    Arc::new(fonts)
});

static WITH_CJK: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::clone(&WITHOUT_CJK);
    fonts.load_font_source(Source::Binary(Arc::new(CJK_FONT.as_slice())));
    Arc::new(fonts)
});

/// The fonts that a text needs.
pub fn of(text: &str) -> Arc<Database> {
    match text.chars().any(may_be_cjk) {
        true => Arc::clone(&WITH_CJK),
        false => Arc::clone(&WITHOUT_CJK),
    }
}

/// Whether a character is in a range of which the second font has letters.
fn may_be_cjk(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{11FF}' | '\u{2E80}'..)
}

/// Whether the fonts can show a character.
fn can_show(letter: char) -> bool {
    let has =
        |font: &[u8]| FontRef::new(font).is_ok_and(|font| font.charmap().map(letter).is_some());
    letter.is_ascii()
        || letter.width().unwrap_or(0) == 0
        || has(dejavu::sans::regular())
        || may_be_cjk(letter) && has(&CJK_FONT)
}

/// Numbers that stand for what the fonts cannot show.
#[derive(Debug, Default)]
pub struct Substitutes(HashMap<String, usize>);

impl Substitutes {
    /// Numbers the texts in figures that the fonts cannot show, in order of appearance.
    pub fn of(figures: &[Figure]) -> Self {
        let mut substitutes = Substitutes::default();
        for mut figure in figures.iter().cloned() {
            for_each_text(&mut figure, |text| {
                for run in runs(text).filter(|run| !run.can_show) {
                    let next = substitutes.0.len() + 1;
                    substitutes.0.entry(run.text.to_owned()).or_insert(next);
                }
            });
        }
        substitutes
    }

    /// A figure with `#1`, `#2` and so on in place of what the fonts cannot show, and the numbers used.
    pub fn apply<'f>(&self, figure: &'f Figure) -> (Cow<'f, Figure>, BTreeMap<usize, String>) {
        let mut used = BTreeMap::new();
        if self.0.is_empty() {
            return (Cow::Borrowed(figure), used);
        }
        let mut figure = figure.clone();
        for_each_text(&mut figure, |text| {
            let shown: String = runs(text)
                .map(|run| match self.0.get(run.text) {
                    Some(&number) if !run.can_show => {
                        used.insert(number, run.text.to_owned());
                        Cow::Owned(format!("#{number}"))
                    }
                    _ => Cow::Borrowed(run.text),
                })
                .collect();
            *text = shown;
        });
        (Cow::Owned(figure), used)
    }
}

/// The texts of a figure that may have names in them.
fn for_each_text(figure: &mut Figure, mut each: impl FnMut(&mut String)) {
    each(&mut figure.title);
    each(&mut figure.subtitle);
    for panel in &mut figure.panels {
        for series in &mut panel.series {
            each(&mut series.name);
        }
        for axis in [&mut panel.x, &mut panel.y] {
            each(&mut axis.label);
            axis.ticks.iter_mut().for_each(|tick| each(&mut tick.text));
        }
        panel.title.iter_mut().for_each(&mut each);
    }
}

/// A part of a text that the fonts can show, or cannot.
struct Run<'t> {
    text: &'t str,
    can_show: bool,
}

/// Splits a text. Spaces and marks between characters that the fonts cannot show belong to them.
fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let can_show_first = can_show(first);
        let (mut end, mut kept) = (0, 0);
        for letter in rest.chars() {
            let joins = !can_show_first && (letter == ' ' || is_mark(letter));
            if !joins && can_show(letter) != can_show_first {
                break;
            }
            end += letter.len_utf8();
            if letter != ' ' || can_show_first {
                kept = end;
            }
        }
        let (text, behind) = rest.split_at(kept);
        rest = behind;
        Some(Run {
            text,
            can_show: can_show_first,
        })
    })
}

/// Whether a character takes no room, such as a vowel sign or a joiner.
fn is_mark(letter: char) -> bool {
    letter.width() == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(&str, bool)> {
        runs(text).map(|run| (run.text, run.can_show)).collect()
    }

    #[test]
    fn usual_scripts_can_be_shown() {
        for text in [
            "Größe",
            "Вход",
            "Σύνδεση",
            "登录系统",
            "登入查詢",
            "ログイン検索",
            "로그인",
            "뷁",
            "（全角）",
            "→ … €",
        ] {
            assert_eq!(split(text), [(text, true)]);
        }
    }

    #[test]
    fn other_scripts_are_split_off() {
        assert_eq!(
            split("GET /สวัสดี ครับ/1 🚀"),
            [
                ("GET /", true),
                ("สวัสดี ครับ", false),
                ("/1 ", true),
                ("🚀", false)
            ]
        );
        assert_eq!(split("नमस्ते 0.94"), [("नमस्ते", false), (" 0.94", true)]);
        assert!(split("").is_empty());
    }
}
