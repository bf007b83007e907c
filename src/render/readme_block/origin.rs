//! Where a block comes from: the comment below its marker.

use std::fmt::Write;

const OPEN: &str = "<!-- perfkit:run ";
const CLOSE: &str = "-->";

/// The run that a block shows, or the runs of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The date of the run, such as `2026-11-02`; the last one's of several.
    pub date: Option<String>,
    /// The keys of the platforms shown: see [`platform_key`](crate::report::platform_key).
    pub platforms: Vec<String>,
    /// The path of the results, if they name no platform.
    pub results: Option<String>,
}

impl Origin {
    /// Renders the comment.
    pub fn comment(&self) -> String {
        let mut comment = OPEN.to_owned();
        let mut attribute = |name: &str, value: &str| {
            let _ = write!(comment, "{name}=\"{}\" ", escaped(value));
        };
        if let Some(date) = &self.date {
            attribute("date", date);
        }
        for platform in &self.platforms {
            attribute("platform", platform);
        }
        if let Some(results) = &self.results {
            attribute("results", results);
        }
        comment + CLOSE
    }

    /// Reads a comment back; `None` if the line is no such comment.
    pub fn parse(line: &str) -> Option<Self> {
        let mut rest = line.trim_end().strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
        let mut origin = Origin::default();
        while !rest.trim().is_empty() {
            let (name, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            let value = unescaped(value);
            match name.trim() {
                "date" => origin.date = Some(value),
                "platform" => origin.platforms.push(value),
                "results" => origin.results = Some(value),
                // A later version may know more.
                _ => {}
            }
            rest = after;
        }
        Some(origin)
    }

    /// Names the platforms, or else the results; empty if it has neither.
    pub fn name(&self) -> String {
        match (self.platforms.split_last(), &self.results) {
            (Some((last, [])), _) => last.clone(),
            (Some((last, others)), _) => format!("{} and {last}", others.join("; ")),
            (None, Some(results)) => results.clone(),
            (None, None) => String::new(),
        }
    }
}

/// Percent-encodes whatever could end the value, its line or its comment.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        let is_second_hyphen = letter == '-' && text.ends_with('-');
        if is_second_hyphen || matches!(letter, '"' | '%' | '<' | '>') || letter.is_control() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let _ = write!(text, "%{byte:02X}");
            }
        } else {
            text.push(letter);
        }
    }
    text
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(platforms: &[&str]) -> Origin {
        Origin {
            date: Some("2026-11-02".to_owned()),
            platforms: platforms.iter().map(|name| (*name).to_owned()).collect(),
            results: None,
        }
    }

    #[test]
    fn a_comment_is_readable() {
        assert_eq!(
            origin(&["Pi 5, 8 GB"]).comment(),
            "<!-- perfkit:run date=\"2026-11-02\" platform=\"Pi 5, 8 GB\" -->"
        );
        let hostile = origin(&["a --> \"b\"\n<c> 100% ---"]);
        assert_eq!(
            hostile.comment(),
            "<!-- perfkit:run date=\"2026-11-02\" platform=\"a -%2D%3E %22b%22%0A%3Cc%3E 100%25 \
             -%2D-\" -->"
        );
        assert_eq!(Origin::parse(&hostile.comment()), Some(hostile));
    }

    #[test]
    fn other_lines_are_ignored() {
        for line in [
            "",
            "text",
            "<!-- perfkit:run date=\"x -->",
            "<!-- perfkit:run x -->",
        ] {
            assert_eq!(Origin::parse(line), None, "{line}");
        }
        // What a later version may add.
        assert_eq!(
            Origin::parse("<!-- perfkit:run more=\"x\" platform=\"a\" -->\r\n"),
            Some(Origin {
                date: None,
                ..origin(&["a"])
            })
        );
    }

    #[test]
    fn names_are_for_people() {
        assert_eq!(origin(&["a"]).name(), "a");
        assert_eq!(origin(&["a", "b", "c"]).name(), "a; b and c");
        let unnamed = Origin {
            results: Some("m1/results.jtl".to_owned()),
            ..origin(&[])
        };
        assert_eq!(unnamed.name(), "m1/results.jtl");
        assert_eq!(origin(&[]).name(), "");
    }

    proptest! {
        #[test]
        fn comments_read_back(platforms in proptest::collection::vec(any::<String>(), 0..3), results: Option<String>) {
            let origin = Origin { date: None, platforms, results };
            let comment = origin.comment();
            let inside = &comment[4..comment.len() - 3];
            prop_assert!(!inside.contains("--") && !inside.contains('>') && !comment.contains('\n'));
            prop_assert_eq!(Origin::parse(&comment), Some(origin));
        }
    }
}
