//! The tables of a history.

use super::sentence::{amount, changes, percent, place, since};
use super::sparkline::sparkline;
use crate::history::{Event, PlatformHistory, Series, Since, Verdict};
use crate::render::table::{Cell, Heading, Kind, Table, Tone};

/// Characters of a trend on the page.
const TREND: usize = 16;

/// A heading for a platform: its name.
pub fn platform_title(platform: &PlatformHistory) -> String {
    let name = platform.platform.as_deref();
    name.unwrap_or("Platform not named").to_owned()
}

/// A row per event, at most `max`, the newest first.
pub fn events(platform: &PlatformHistory, max: usize) -> Table {
    let row = |event: &Event| -> Vec<Cell> {
        let worse = event.changes.first().is_some_and(|change| change.is_worse);
        let lasts = event.changes.iter().any(|of| of.since == Since::Stayed);
        let tone = match (lasts, worse) {
            (false, _) => None,
            (true, true) => Some(Tone::Bad),
            (true, false) => Some(Tone::Good),
        };
        let state = event
            .changes
            .first()
            .map(|first| since(platform, first.since));
        vec![
            Cell::new(place(platform, event.run)),
            Cell::new(&event.label),
            Cell::new(changes(&event.changes)),
            Cell::maybe(state).with_tone(tone),
        ]
    };
    Table {
        caption: "Changes".to_owned(),
        headings: vec![
            Heading::new("Run", Kind::Text),
            Heading::new("Label", Kind::Text),
            Heading::new("Change", Kind::Message),
            Heading::new("Since", Kind::Verdict),
        ],
        rows: platform.events.iter().take(max).map(row).collect(),
        totals: Vec::new(),
    }
}

/// The series that matter most first: TOTAL, those whose newest value is worse or better, those that changed,
/// then the others.
pub fn ranked(platform: &PlatformHistory) -> Vec<&Series> {
    let mut series: Vec<&Series> = platform.series.iter().collect();
    let total = platform.series.first().map(|first| first.label.as_str());
    series.sort_by_key(|series| {
        let verdict = series
            .newest
            .map_or(Verdict::NotJudged, |newest| newest.verdict);
        let is_total = Some(series.label.as_str()) == total;
        match (is_total, verdict) {
            (true, _) => 0,
            (_, Verdict::Worse) => 1,
            (_, Verdict::Better) => 2,
            _ if series.levels.len() > 1 => 3,
            _ => 4,
        }
    });
    series
}

/// A row per series: its trend in `width` characters, its level, its newest value and, if there is room, what was
/// expected of it.
pub fn newest(series: &[&Series], width: usize, has_room: bool) -> Table {
    const EXPECTED: usize = 6;
    let rows = series.iter().map(|series| {
        let newest = series.newest;
        let level = newest.and_then(|newest| newest.level);
        let change = newest.and_then(|newest| {
            // Error rates are too small for their ratio to mean anything.
            let level = newest
                .level
                .filter(|level| *level > 0.0 && series.unit != "%")?;
            let ratio = newest.value / level - 1.0;
            let sign = if ratio < 0.0 { "−" } else { "+" };
            Some(format!("{sign}{}", percent(ratio.abs())))
        });
        let interval = newest.and_then(|newest| {
            let high = amount(newest.high?, series.unit);
            Some(format!("{} to {high}", amount(newest.low?, series.unit)))
        });
        let (verdict, tone) = match newest.map(|newest| newest.verdict) {
            None => ("no value", None),
            Some(verdict @ Verdict::Worse) => (verdict.words(), Some(Tone::Bad)),
            Some(verdict @ Verdict::Better) => (verdict.words(), Some(Tone::Good)),
            Some(verdict) => (verdict.words(), None),
        };
        vec![
            Cell::new(&series.label),
            Cell::new(series.metric.key()),
            Cell::new(sparkline(&series.values, width)),
            Cell::maybe(level.map(|level| amount(level, series.unit))),
            Cell::maybe(newest.map(|newest| amount(newest.value, series.unit))),
            Cell::maybe(change),
            Cell::maybe(interval),
            Cell::new(verdict).with_tone(tone),
        ]
    });
    let mut table = Table {
        caption: "The newest run".to_owned(),
        headings: vec![
            Heading::new("Label", Kind::Text),
            Heading::new("Metric", Kind::Line),
            Heading::new("Trend", Kind::Line),
            Heading::number("Level"),
            Heading::number("Newest"),
            Heading::number("Change"),
            Heading::new("Expected", Kind::Line),
            Heading::new("Verdict", Kind::Verdict),
        ],
        rows: rows.collect(),
        totals: Vec::new(),
    };
    if !has_room {
        table.headings.remove(EXPECTED);
        table.rows.iter_mut().for_each(|row| {
            row.remove(EXPECTED);
        });
    }
    table
}

/// The newest run of a platform in all its series, those that matter most first.
pub fn newest_of(platform: &PlatformHistory) -> Table {
    newest(&ranked(platform), TREND, true)
}
