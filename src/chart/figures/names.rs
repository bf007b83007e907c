//! Formats names in legends.

use crate::text;

/// Names a percentile: "50th percentile".
pub fn ordinal(percent: f64) -> String {
    let ending = match percent {
        _ if percent.fract() != 0.0 => "th",
        _ => match (percent as u32 % 10, percent as u32 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        },
    };
    format!("{percent}{ending} percentile")
}

/// Shortens a name to at most 32 characters and keeps both ends: labels often differ there.
pub fn elided(name: &str) -> String {
    const HALF: usize = 15;
    let line = name.replace(['\n', '\r', '\t'], " ");
    let letters: Vec<char> = text::printable(&line).chars().collect();
    if letters.len() <= 2 * HALF + 2 {
        return letters.into_iter().collect();
    }
    let (head, tail) = (&letters[..HALF], &letters[letters.len() - HALF..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_have_english_endings() {
        let names = [1.0, 2.0, 3.0, 11.0, 50.0, 99.9].map(ordinal);
        let endings = names.map(|name| name.replace(" percentile", ""));
        assert_eq!(endings, ["1st", "2nd", "3rd", "11th", "50th", "99.9th"]);
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(elided("GET /a"), "GET /a");
        assert_eq!(elided("a\nb\u{202e}"), "a b⟨U+202E⟩");
        let long = elided(&format!("GET /api/{}/items/1", "x".repeat(40)));
        assert_eq!(long, "GET /api/xxxxxx…xxxxxxx/items/1");
    }
}
