//! Formats names in legends.

use crate::format;
use crate::report::Report;
use crate::short_names::ShortNames;
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

/// Width of the longest name in a legend, in letters.
const MAX_WIDTH: usize = 32;

/// The names of labels, short enough for a legend.
#[derive(Debug, Default)]
pub struct LabelNames {
    short: ShortNames,
}

impl LabelNames {
    /// Shortens the labels of a report.
    pub fn of(report: &Report) -> Self {
        LabelNames::new(report.labels.iter().map(|row| row.label.as_str()))
    }

    /// Shortens these labels.
    pub fn new<'n>(labels: impl Iterator<Item = &'n str>) -> Self {
        let labels: Vec<String> = labels.map(line).collect();
        LabelNames {
            short: ShortNames::new(labels.iter().map(String::as_str), MAX_WIDTH),
        }
    }

    /// Returns the name of a label, and the whole label if that is longer.
    pub fn of_label(&self, label: &str) -> (String, Option<String>) {
        let line = line(label);
        let name = self.short.of(&line).to_owned();
        let full = (name != line).then(|| format::shorten_middle(&line, MAX_FULL));
        (name, full)
    }

    /// Says for a subtitle what a leading ellipsis stands for; empty if no beginning was removed.
    pub fn note(&self) -> String {
        let prefix = self.short.prefix();
        prefix.map_or_else(String::new, |prefix| {
            format!("… = {}; ", format::shorten_middle(prefix, MAX_WIDTH * 2))
        })
    }
}

/// Length of the longest name shown on hover, in characters.
const MAX_FULL: usize = 300;

/// Shortens a single name to the width of a legend.
pub fn elided(name: &str) -> String {
    let line = line(name);
    ShortNames::new([line.as_str()], MAX_WIDTH)
        .of(&line)
        .to_owned()
}

/// Returns a name as one line that can be shown.
fn line(name: &str) -> String {
    text::printable(&name.replace(['\n', '\r', '\t'], " "))
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
        assert_eq!(long, "GET /api/xxxxxx…xxxxxxxx/items/1");
    }
}
