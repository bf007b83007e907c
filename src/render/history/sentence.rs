//! A history in sentences.

use crate::format::{self, decimals, shorten, thousands};
use crate::history::{Change, Event, History, PlatformHistory, Run, Since, Verdict};
use crate::report::TOTAL;

/// Maximum length of a label or a name of a run, in characters.
const MAX_LETTERS: usize = 80;

/// Maximum number of runs named as outliers.
const MAX_OUTLIERS: usize = 5;

/// Maximum number of figures named one by one.
const MAX_NAMED: usize = 3;

/// The changes and the verdict on the newest run, in a few sentences.
pub fn summary(history: &History) -> String {
    let Some(platform) = history.newest() else {
        return "There are no runs.".to_owned();
    };
    let open: Vec<&Event> = platform
        .events
        .iter()
        .filter(|event| {
            event
                .changes
                .iter()
                .any(|change| change.since == Since::Stayed)
        })
        .collect();
    let worse = |event: &&&Event| event.changes.first().is_some_and(|change| change.is_worse);
    let first = open.iter().find(worse).or_else(|| open.first());
    let changes = match first {
        None if platform.events.is_empty() => format!("No change over {}.", runs(platform)),
        None => format!(
            "No change lasts over {}: {}.",
            runs(platform),
            format::counted(platform.events.len() as u64, "change")
                + if platform.events.len() == 1 {
                    " came back"
                } else {
                    " came back or moved on"
                },
        ),
        Some(first) => {
            let more = platform.events.len() - 1;
            let more = match more {
                0 => String::new(),
                more => format!(" {} in all.", format::counted(more as u64 + 1, "change")),
            };
            format!("{}.{more}", event(platform, first))
        }
    };
    format!("{changes} {}", verdict(history))
}

/// The verdict on the newest run, in a sentence.
pub fn verdict(history: &History) -> String {
    let Some(platform) = history.newest() else {
        return "There are no runs.".to_owned();
    };
    let Some(newest) = platform.runs.last() else {
        return "There are no runs.".to_owned();
    };
    let name = format!("The newest run ({})", identity(newest));
    let found = |verdict: Verdict| -> Vec<String> {
        let judged = platform.judged(verdict).map(|(series, newest)| {
            let metric = series.metric;
            let expected = newest.level.map_or_else(String::new, |level| {
                format!(" instead of {}", amount(level, series.unit))
            });
            format!(
                "{} of {} is {}{expected}",
                metric.noun(),
                label(&series.label),
                amount(newest.value, series.unit)
            )
        });
        judged.collect()
    };
    match platform.verdict {
        Verdict::NotJudged => format!("{name} is not judged: that needs 5 earlier runs."),
        Verdict::AsExpected => format!("{name} is as expected."),
        Verdict::Worse => format!("{name} is worse: {}.", few(&found(Verdict::Worse))),
        Verdict::Better => format!("{name} is better: {}.", few(&found(Verdict::Better))),
    }
}

/// Names the first few, and how many others there are.
fn few(found: &[String]) -> String {
    let named = found.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>();
    match found.len().saturating_sub(MAX_NAMED) {
        0 => named.join("; "),
        more => format!(
            "{}; and {}",
            named.join("; "),
            format::counted(more as u64, "more figure")
        ),
    }
}

/// The runs of a platform with their dates.
fn runs(platform: &PlatformHistory) -> String {
    let date = |run: Option<&Run>| run.map(|run| format::utc_date(run.start_ms));
    let count = format::counted(platform.runs.len() as u64, "run");
    match (date(platform.runs.first()), date(platform.runs.last())) {
        (Some(first), Some(last)) if first != last => format!("{count} from {first} to {last}"),
        (Some(first), _) => format!("{count} on {first}"),
        _ => count,
    }
}

/// The changes of a label at a run, in a sentence without its full stop: the clearest, then the others in brief.
pub fn event(platform: &PlatformHistory, event: &Event) -> String {
    let Some((first, others)) = event.changes.split_first() else {
        return String::new();
    };
    let verb = if first.to > first.from {
        "rose"
    } else {
        "fell"
    };
    let size = match (first.ratio, first.metric.unit()) {
        (Some(ratio), "ms" | "/s" | "KB/s") => format!(" {}", percent(ratio.abs())),
        _ => String::new(),
    };
    let also = match others {
        [] => String::new(),
        others => format!("; also {}", changes(others)),
    };
    format!(
        "{} of {} {verb}{size} ({}) at {} and {}{also}",
        capitalised(&first.metric.noun()),
        label(&event.label),
        from_to(first),
        place(platform, first.run),
        since(platform, first.since),
    )
}

/// A noun at the start of a sentence; `p95` stays as it is.
fn capitalised(noun: &str) -> String {
    let mut letters = noun.chars();
    match letters.next() {
        Some(first) if !noun.contains(|letter: char| letter.is_ascii_digit()) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => noun.to_owned(),
    }
}

/// The runs far from their level, in a sentence; `None` without any. The newest come first.
pub fn outliers(platform: &PlatformHistory) -> Option<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for series in &platform.series {
        let newest = platform.runs.len().saturating_sub(1);
        for &run in series.outliers.iter().filter(|run| **run < newest) {
            found.push((
                run,
                format!("{} of {}", series.metric.noun(), label(&series.label)),
            ));
        }
    }
    found.sort_by_key(|(run, _)| std::cmp::Reverse(*run));
    let mut runs: Vec<(usize, Vec<String>)> = Vec::new();
    for (run, what) in found {
        match runs.last_mut() {
            Some((last, all)) if *last == run => all.push(what),
            _ => runs.push((run, vec![what])),
        }
    }
    let more = runs.len().saturating_sub(MAX_OUTLIERS);
    let named = runs
        .iter()
        .take(MAX_OUTLIERS)
        .map(|(run, what)| format!("{}: {}", place(platform, *run), few(what)));
    let mut text = named.collect::<Vec<_>>().join("; ");
    if more > 0 {
        text += &format!("; and {}", format::counted(more as u64, "more run"));
    }
    (!runs.is_empty()).then(|| format!("Outliers, which are no changes: {text}."))
}

/// Changes in brief: `p95 +12% (480 → 538 ms), error rate (0.1 → 2.3%)`.
pub fn changes(changes: &[Change]) -> String {
    let texts = changes.iter().map(|change| {
        let size = match (change.ratio, change.metric.unit()) {
            (Some(ratio), "ms" | "/s" | "KB/s") => {
                let sign = if ratio < 0.0 { "−" } else { "+" };
                format!(" {sign}{}", percent(ratio.abs()))
            }
            _ => String::new(),
        };
        format!("{}{size} ({})", change.metric.noun(), from_to(change))
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// The levels before and after with their unit.
fn from_to(change: &Change) -> String {
    let unit = change.metric.unit();
    let to = amount(change.to, unit);
    let from = amount(change.from, unit);
    let gap = if unit == "ms" || unit == "KB/s" {
        " "
    } else {
        ""
    };
    let from = from.strip_suffix(&format!("{gap}{unit}")).unwrap_or(&from);
    format!("{from} → {to}")
}

/// A run by number, name and date: `run 41 (commit abc1234, 2026-11-20)`.
pub fn place(platform: &PlatformHistory, run: usize) -> String {
    platform.runs.get(run).map_or_else(String::new, |run| {
        format!("run {} ({})", run.number, identity(run))
    })
}

fn identity(run: &Run) -> String {
    let date = format::utc_date(run.start_ms);
    format!("{}, {date}", shorten(&run.name, MAX_LETTERS))
}

/// What happened after a change: `has stayed`, `came back at run 44`.
pub fn since(platform: &PlatformHistory, since: Since) -> String {
    let number = |run: usize| platform.runs.get(run).map_or(0, |run| run.number);
    match since {
        Since::Stayed => "has stayed".to_owned(),
        Since::CameBack(run) => format!("came back at run {}", number(run)),
        Since::ChangedAgain(run) => format!("changed again at run {}", number(run)),
    }
}

fn label(label: &str) -> String {
    match label {
        TOTAL => "all samples".to_owned(),
        label => shorten(label, MAX_LETTERS),
    }
}

/// A ratio in percent: whole from 10% up, with a decimal below.
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    match percent >= 9.95 {
        true => format!("{}%", thousands(percent.round() as i64)),
        false => format!("{percent:.1}%"),
    }
}

/// A value with its unit, with about three digits: `1,480 ms`, `4.25 ms`, `0.12%`.
pub fn amount(value: f64, unit: &str) -> String {
    let places = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.1 || size == 0.0 => 2,
        _ => 3,
    };
    let text = decimals(value, places);
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    match unit {
        "%" | "/s" => format!("{text}{unit}"),
        unit => format!("{text} {unit}"),
    }
}

/// Explains how changes and verdict were reached.
pub fn method() -> &'static str {
    "A change is a lasting shift of the level that noise between runs does not explain; over all labels and \
     metrics, about 5% of those reported are false. Recent changes may move or be withdrawn as runs come in. \
     The newest run is judged by a prediction interval: of 100 unchanged runs, at most one is called worse, over all \
     labels and metrics together."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_about_three_digits() {
        for (value, unit, expected) in [
            (1480.4, "ms", "1,480 ms"),
            (48.04, "ms", "48 ms"),
            (4.256, "ms", "4.26 ms"),
            (0.0, "%", "0%"),
            (0.0423, "%", "0.042%"),
            (199.97, "/s", "200/s"),
            (12.34, "KB/s", "12.3 KB/s"),
        ] {
            assert_eq!(amount(value, unit), expected);
        }
        assert_eq!(percent(0.1234), "12%");
        assert_eq!(percent(0.034), "3.4%");
        assert_eq!(percent(25.0), "2,500%");
    }
}
