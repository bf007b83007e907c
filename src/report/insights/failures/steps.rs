//! The options of `analyze` that show the figures of a part of a run.

use crate::format;

/// Returns the options that select some labels, a time, and samplers only.
pub(super) fn of<'a>(
    labels: impl IntoIterator<Item = &'a String>,
    (from_ms, to_ms): (Option<i64>, Option<i64>),
    is_without_controllers: bool,
) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut add = |option: &str, value: String| steps.extend([option.to_owned(), value]);
    for label in labels {
        // Bytes that are no text are shown as escapes, which no expression finds.
        if label.contains(r"\x{") || label.contains(char::REPLACEMENT_CHARACTER) {
            return Vec::new();
        }
        add("--include", format!("^{}$", regex::escape(label)));
    }
    for (option, ms) in [("--from", from_ms), ("--to", to_ms)] {
        if let Some(ms) = ms {
            add(option, time(ms));
        }
    }
    if is_without_controllers {
        add("--controllers", "exclude".to_owned());
    }
    steps
}

/// A moment as options take it: `2023-11-14T22:15:04.960Z`.
fn time(epoch_ms: i64) -> String {
    let text = format::utc_ms(epoch_ms);
    match text.strip_suffix(" UTC") {
        Some(text) => format!("{}Z", text.replace(' ', "T")),
        None => epoch_ms.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_exact() {
        let labels = ["Pay (1)".to_owned(), "A".to_owned()];
        assert_eq!(
            of(&labels, (Some(1_700_000_000_250), None), true),
            [
                "--include",
                r"^Pay \(1\)$",
                "--include",
                "^A$",
                "--from",
                "2023-11-14T22:13:20.250Z",
                "--controllers",
                "exclude"
            ]
        );
        assert_eq!(of(&[r"caf\x{E9}".to_owned()], (None, None), true), [""; 0]);
        assert_eq!(of(&[], (None, None), false), [""; 0]);
        assert_eq!(time(i64::MAX), i64::MAX.to_string());
    }
}
