//! A history as Markdown.

use std::fmt::Write;

use super::sentence::{event, method, outliers, summary};
use super::tables::{self, platform_title, ranked};
use crate::format::counted;
use crate::history::{History, PlatformHistory, Series};
use crate::render::print::markdown::{bold, escape, table};

/// GitHub refuses comments of more than 65,536 characters.
const MAX_BYTES: usize = 60_000;

/// Limits on changes and series shown, from the usual ones down to ones that always fit.
const LIMITS: [(usize, usize); 4] = [(50, 100), (30, 40), (10, 20), (5, 5)];

/// Characters of a trend.
const TREND: usize = 24;

/// Changes and labels in the block of a README.
const README_CHANGES: usize = 5;
const README_LABELS: usize = 20;

/// Renders the summary, then per platform the changes and the newest run.
pub fn markdown(history: &History) -> String {
    let mut page = String::new();
    for limits in LIMITS {
        page = with_limits(history, limits);
        if page.len() <= MAX_BYTES {
            break;
        }
    }
    page
}

fn with_limits(history: &History, (changes, series): (usize, usize)) -> String {
    let mut page = format!("{}\n", bold(&summary(history)));
    for platform in &history.platforms {
        if history.platforms.len() > 1 || platform.platform.is_some() {
            let runs = counted(platform.runs.len() as u64, "run");
            let _ = write!(
                page,
                "\n### {} ({runs})\n",
                escape(&platform_title(platform))
            );
        }
        if !platform.events.is_empty() {
            let _ = write!(page, "\n{}", table(&tables::events(platform, changes)));
            page += &more(platform.events.len().saturating_sub(changes), "more change");
        }
        if let Some(outliers) = outliers(platform) {
            let _ = write!(page, "\n{}\n", escape(&outliers));
        }
        let all = ranked(platform);
        let shown = &all[..all.len().min(series)];
        let newest = table(&tables::newest(shown, TREND, true));
        match platform.events.is_empty() && history.platforms.len() == 1 {
            true => {
                let _ = write!(page, "\n{newest}");
            }
            false => {
                let _ = write!(
                    page,
                    "\n<details>\n<summary>The newest run</summary>\n\n{newest}\n</details>\n"
                );
            }
        }
        page += &more(all.len() - shown.len(), "more figure");
    }
    let _ = write!(page, "\n{}\n", escape(method()));
    for note in &history.notes {
        let _ = write!(page, "\n- {}\n", escape(note));
    }
    page
}

fn more(count: usize, noun: &str) -> String {
    match count {
        0 => String::new(),
        count => format!("\n{} in JSON and HTML.\n", counted(count as u64, noun)),
    }
}

/// Renders the block of a README: the summary, the newest changes, and the trend of the main metric.
pub fn readme(history: &History) -> String {
    let mut block = format!("{}\n", escape(&summary(history)));
    for platform in &history.platforms {
        if history.platforms.len() > 1 {
            let _ = write!(block, "\n{}\n", bold(&platform_title(platform)));
        }
        let shown = trends(platform);
        let _ = write!(block, "\n{}", table(&tables::newest(&shown, TREND, false)));
        for (place, change) in platform.events.iter().take(README_CHANGES).enumerate() {
            let gap = if place == 0 { "\n" } else { "" };
            let _ = writeln!(block, "{gap}- {}.", escape(&event(platform, change)));
        }
    }
    block
}

/// The series of the main metric: p95 if it is there, else the first.
fn trends(platform: &PlatformHistory) -> Vec<&Series> {
    let keys: Vec<String> = platform.series.iter().map(|of| of.metric.key()).collect();
    let main = keys.iter().find(|key| *key == "p95").or(keys.first());
    let series = platform.series.iter();
    let of_main = series.filter(|series| Some(&series.metric.key()) == main);
    of_main.take(README_LABELS).collect()
}
