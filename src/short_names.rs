//! Shortens names that belong together, such as the labels of a run, so that they stay distinct.
//!
//! What most of them begin with goes first, then what most of them share further on. Only then is a
//! name cut in its middle.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Smallest width of a beginning worth removing, and of a shared part within a name.
const MIN_PREFIX: usize = 8;
const MIN_SHARED: usize = 3;

/// Stands for what was removed.
const ELLIPSIS: &str = "…";

/// Names, each with its short form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShortNames {
    short: HashMap<String, String>,
    prefix: Option<String>,
}

impl ShortNames {
    /// Shortens names to at most `width` columns, which should be at least 12. If all fit, they stay as
    /// they are.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>, width: usize) -> Self {
        let mut seen = HashSet::new();
        let names = names.into_iter().filter(|name| seen.insert(*name));
        let names: Vec<Name<'_>> = names.map(Name::new).collect();
        if names.iter().all(|name| name.full.width() <= width) {
            let same = |name: &Name<'_>| (name.full.to_owned(), name.full.to_owned());
            return ShortNames {
                short: names.iter().map(same).collect(),
                prefix: None,
            };
        }
        let prefix = shared_prefix(&names);
        let is_shared = shared_words(&names);
        let mut short: Vec<String> = names
            .iter()
            .map(|name| name.fitting(&prefix, &is_shared, width))
            .collect();
        number_equal_ones(&mut short, width);
        let full = names.iter().map(|name| name.full.to_owned());
        ShortNames {
            short: full.zip(short).collect(),
            prefix: (!prefix.is_empty()).then(|| prefix.concat()),
        }
    }

    /// Returns the short form of one of the names; any other name as it is.
    pub fn of<'n>(&'n self, name: &'n str) -> &'n str {
        self.short.get(name).map_or(name, String::as_str)
    }

    /// Returns what a leading ellipsis stands for; `None` if no beginning was removed.
    pub fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// Says what a leading ellipsis stands for.
    pub fn note(&self) -> Option<String> {
        let prefix = self.prefix.as_deref()?;
        Some(format!("A leading … stands for “{prefix}”."))
    }
}

/// A name, taken apart.
struct Name<'n> {
    full: &'n str,
    words: Vec<&'n str>,
}

impl<'n> Name<'n> {
    fn new(full: &'n str) -> Self {
        Name {
            full,
            words: words(full),
        }
    }

    fn begins_with(&self, prefix: &[&str]) -> bool {
        self.words.len() > prefix.len() && self.words.starts_with(prefix)
    }

    /// The name without what it shares with others, until it fits.
    fn fitting(&self, prefix: &[&str], is_shared: &HashSet<&str>, width: usize) -> String {
        let has_prefix = !prefix.is_empty() && self.begins_with(prefix);
        let kept = match has_prefix {
            true => &self.words[prefix.len()..],
            false => &self.words[..],
        };
        // `None` is an ellipsis.
        let mut parts: Vec<Option<&str>> = kept.iter().map(|word| Some(*word)).collect();
        if has_prefix {
            parts.insert(0, None);
        }
        while joined(&parts).width() > width {
            let Some((from, to)) = widest_shared(&parts, is_shared) else {
                break;
            };
            let removed: Vec<Option<&str>> = parts.splice(from..to, [None]).collect();
            let mut room = width.saturating_sub(joined(&parts).width());
            // As much of its beginning as there is room for.
            let kept = removed.iter().take_while(|word| {
                let wide = word.map_or(0, UnicodeWidthStr::width);
                let fits = wide <= room;
                room -= if fits { wide } else { 0 };
                fits
            });
            let kept: Vec<Option<&str>> = kept.copied().collect();
            let is_done = !kept.is_empty();
            parts.splice(from..from, kept);
            parts.dedup_by(|next, before| next.is_none() && before.is_none());
            if is_done {
                break;
            }
        }
        without_middle(&joined(&parts), width)
    }
}

fn joined(parts: &[Option<&str>]) -> String {
    let parts = parts.iter().map(|part| part.unwrap_or(ELLIPSIS));
    parts.collect()
}

/// The widest stretch of words that most names have; `None` if none is worth removing.
fn widest_shared(parts: &[Option<&str>], is_shared: &HashSet<&str>) -> Option<(usize, usize)> {
    let mut widest: Option<(usize, (usize, usize))> = None;
    let mut from = 0;
    while from < parts.len() {
        let run = parts[from..]
            .iter()
            .map_while(|part| part.filter(|word| is_shared.contains(word)));
        let run: Vec<&str> = run.collect();
        let width: usize = run.iter().map(|word| word.width()).sum();
        if width >= MIN_SHARED && widest.is_none_or(|(known, _)| width > known) {
            widest = Some((width, (from, from + run.len())));
        }
        from += run.len() + 1;
    }
    widest.map(|(_, stretch)| stretch)
}

/// Splits a name behind each separator.
fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, grapheme) in name.grapheme_indices(true) {
        let is_separator = matches!(grapheme.as_bytes(), [one] if b" /?&=;,:#|-_.".contains(one));
        if is_separator {
            let end = at + grapheme.len();
            words.push(&name[start..end]);
            start = end;
        }
    }
    if start < name.len() {
        words.push(&name[start..]);
    }
    words
}

/// The beginning that saves most columns if all names lose it that have it: more than half of them.
fn shared_prefix<'n>(names: &[Name<'n>]) -> Vec<&'n str> {
    let mut sorted: Vec<&Name<'_>> = names.iter().collect();
    sorted.sort_by(|one, other| one.words.cmp(&other.words));
    // Names with a common beginning stand side by side: if most have it, the one in the middle does.
    let Some(middle) = sorted.get(sorted.len() / 2) else {
        return Vec::new();
    };
    let mut best: (usize, &[&str]) = (0, &[]);
    let mut width = 0;
    for length in 1..middle.words.len() {
        let prefix = &middle.words[..length];
        width += middle.words[length - 1].width();
        let count = names.iter().filter(|name| name.begins_with(prefix)).count();
        if count < 2 || 2 * count <= names.len() {
            break;
        }
        let saved = count * width;
        if width >= MIN_PREFIX && saved >= best.0 {
            best = (saved, prefix);
        }
    }
    best.1.to_vec()
}

/// The words that more than half of the names have.
fn shared_words<'n>(names: &[Name<'n>]) -> HashSet<&'n str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in names {
        for word in name.words.iter().collect::<BTreeSet<_>>() {
            *counts.entry(word).or_default() += 1;
        }
    }
    let counts = counts.into_iter();
    let shared = counts.filter(|&(_, count)| count >= 2 && 2 * count > names.len());
    shared.map(|(word, _)| word).collect()
}

/// Cuts out the middle of a text.
fn without_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let kept = width.saturating_sub(ELLIPSIS.width());
    let head = take(graphemes.iter().copied(), kept / 2);
    let mut tail = take(graphemes.iter().rev().copied(), kept - kept / 2);
    tail.reverse();
    head.concat() + ELLIPSIS + &tail.concat()
}

/// Takes graphemes until they are wider than `width`.
fn take<'t>(graphemes: impl Iterator<Item = &'t str>, width: usize) -> Vec<&'t str> {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += grapheme.width();
            used <= width
        })
        .collect()
}

/// Adds its place to each name that equals another; to all names if that is not enough.
fn number_equal_ones(names: &mut [String], width: usize) {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, name) in names.iter().enumerate() {
        places.entry(name).or_default().push(place);
    }
    let equal = places.into_values().filter(|places| places.len() > 1);
    let equal: Vec<usize> = equal.flatten().collect();
    let before = names.to_vec();
    for &place in &equal {
        names[place] = numbered(&before[place], place, width);
    }
    let distinct: HashSet<&String> = names.iter().collect();
    if distinct.len() < names.len() {
        for (place, name) in names.iter_mut().enumerate() {
            *name = numbered(&before[place], place, width);
        }
    }
}

fn numbered(name: &str, place: usize, width: usize) -> String {
    let number = format!(" #{}", place + 1);
    without_middle(name, width.saturating_sub(number.len())) + &number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn short(names: &[&str], width: usize) -> Vec<String> {
        let short = ShortNames::new(names.iter().copied(), width);
        names.iter().map(|name| short.of(name).to_owned()).collect()
    }

    #[test]
    fn names_that_fit_stay_as_they_are() {
        let names = ["GET /api/items/1", "GET /api/items/2"];
        assert_eq!(short(&names, 20), names);
        assert_eq!(ShortNames::new(names, 20).note(), None);
        assert_eq!(ShortNames::new(names, 20).of("another"), "another");
    }

    #[test]
    fn a_shared_beginning_goes_first() {
        let names = [
            "GET https://shop.example/api/products?page=1",
            "GET https://shop.example/api/products?page=2",
            "GET https://shop.example/api/cart",
            "Login",
        ];
        assert_eq!(
            short(&names, 24),
            ["…products?page=1", "…products?page=2", "…cart", "Login"]
        );
        assert_eq!(
            ShortNames::new(names, 24).note().unwrap(),
            "A leading … stands for “GET https://shop.example/api/”."
        );
    }

    #[test]
    fn what_is_shared_further_on_goes_next() {
        let names = [
            "https://a.example/v1/users/17/orders?expand=all&sort=price",
            "https://b.example/v1/users/23/orders?expand=all&sort=price",
            "https://b.example/v1/users/99/invoices?expand=all&sort=price",
        ];
        assert_eq!(
            short(&names, 30),
            [
                "https://a.example/v1/…17/…",
                "…23/orders?expand=all&sort=…",
                "…99/invoices?expand=all&sort=…"
            ]
        );
    }

    #[test]
    fn names_that_would_look_the_same_get_their_number() {
        let long = |middle: &str| format!("{}{middle}{}", "a".repeat(20), "z".repeat(20));
        let names = [long("1"), long("2"), "aaa…zzz".to_owned()];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(
            short(&names, 12),
            ["aaaa…zzzz #1", "aaaa…zzzz #2", "aaa…zzz"]
        );
        // The number of one would make it equal to another.
        let names = [long("1"), long("2"), "aaaa…zzzz #1".to_owned()];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let short = short(&names, 12);
        assert_eq!(short, ["aaaa…zzzz #1", "aaaa…zzzz #2", "aaaa…z #1 #3"]);
    }

    #[test]
    fn wide_letters_and_marks_stay_whole() {
        let names = [
            "注文の一覧を表示する画面",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        ];
        assert_eq!(short(&names, 13), ["注文の…る画面", names[1]]);
        let family = "👩‍👩‍👧".repeat(9);
        assert_eq!(without_middle(&family, 7), "👩‍👩‍👧…👩‍👩‍👧");
    }

    fn names() -> impl Strategy<Value = Vec<String>> {
        let urls =
            "(GET |)(https://shop\\.example/|)(api|ap|)[/?&=](a|b|c1|){1,8}[/&]sort=(x|y){0,20}";
        let any = "[a-c…# 界e\u{301}]{0,40}";
        prop::collection::vec(prop_oneof![urls, any, ".{0,30}"], 0..30)
    }

    proptest! {
        #[test]
        fn short_names_are_distinct_and_fit(names in names(), width in 12..80_usize) {
            let short = ShortNames::new(names.iter().map(String::as_str), width);
            let full: HashSet<&str> = names.iter().map(String::as_str).collect();
            let shown: HashSet<&str> = full.iter().map(|name| short.of(name)).collect();
            prop_assert_eq!(shown.len(), full.len());
            for name in shown {
                prop_assert!(name.width() <= width, "{name} is wider than {width}");
            }
        }

        #[test]
        fn graphemes_stay_whole(names in names(), width in 12..40_usize) {
            let short = ShortNames::new(names.iter().map(String::as_str), width);
            for name in &names {
                let known: HashSet<&str> = name.graphemes(true).collect();
                let shown = short.of(name).graphemes(true);
                let mut own = shown.filter(|one| !known.contains(one));
                let is_added = |one: &str| one == "…" || one.bytes().all(|byte| b" #0123456789".contains(&byte));
                prop_assert!(own.all(is_added));
            }
        }
    }
}
