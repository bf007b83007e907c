//! A history for a terminal.

use std::fmt::Write;

use super::sentence::{event, method, outliers, summary};
use super::tables::{self, platform_title, ranked};
use crate::format::counted;
use crate::history::{History, Verdict};
use crate::render::print::terminal::{Style, colored, table, wrapped};
use crate::render::table::Tone;
use crate::render::text::printable;

/// Maximum changes and series shown.
const MAX_CHANGES: usize = 20;
const MAX_SERIES: usize = 40;

/// Characters of a trend, in a narrow and in a wide terminal.
const TRENDS: (usize, usize) = (16, 48);

/// Width from which a terminal is wide.
const WIDE: usize = 120;

/// Renders the summary, the changes and the series with their trends; as wide as the terminal.
pub fn terminal(history: &History, width: Option<u16>, has_colors: bool) -> String {
    let style = Style {
        width: width.map(usize::from),
        has_colors,
        keys: 2,
    };
    let tone = match history.newest().map(|platform| platform.verdict) {
        Some(Verdict::Worse) => Some(Tone::Bad),
        Some(Verdict::Better) => Some(Tone::Good),
        _ => None,
    };
    let mut page = String::new();
    for line in lines(&summary(history), style) {
        let _ = writeln!(page, "{}", colored(&line, tone, has_colors));
    }
    let trend = match style.width {
        Some(width) if width < WIDE => TRENDS.0,
        _ => TRENDS.1,
    };
    for platform in &history.platforms {
        let runs = counted(platform.runs.len() as u64, "run");
        let title = printable(&platform_title(platform));
        let _ = write!(page, "\n{title} ({runs})\n");
        for change in platform.events.iter().take(MAX_CHANGES) {
            page += &bullet(&format!("{}.", event(platform, change)), style);
        }
        page += &more(
            platform.events.len().saturating_sub(MAX_CHANGES),
            "more change",
        );
        if let Some(outliers) = outliers(platform) {
            page += &bullet(&outliers, style);
        }
        let all = ranked(platform);
        let shown = &all[..all.len().min(MAX_SERIES)];
        let newest = tables::newest(shown, trend, trend == TRENDS.1);
        let _ = write!(page, "\n{}", table(&newest, style));
        page += &more(all.len() - shown.len(), "more figure");
    }
    page.push('\n');
    for line in lines(method(), style) {
        let _ = writeln!(page, "{line}");
    }
    for note in &history.notes {
        page += &bullet(note, style);
    }
    page
}

/// A sentence below a blank line, its lines indented.
fn bullet(text: &str, style: Style) -> String {
    let mut bullet = String::new();
    for (place, line) in lines(text, style).iter().enumerate() {
        bullet += if place == 0 { "\n- " } else { "\n  " };
        bullet += line;
    }
    bullet + "\n"
}

fn more(count: usize, noun: &str) -> String {
    match count {
        0 => String::new(),
        count => format!(
            "{}: use --format html or json.\n",
            counted(count as u64, noun)
        ),
    }
}

fn lines(text: &str, style: Style) -> Vec<String> {
    let limit = style
        .width
        .map_or(usize::MAX, |width| width.saturating_sub(2).max(20));
    wrapped(&printable(text), limit)
}
