//! The chart of a label over many runs: a point per run, a line per level.

use super::panel;
use crate::chart::model::{Arrangement, Axis, Figure, Mark, Scale, Section, Series, Tick};
use crate::chart::scale;
use crate::format;
use crate::history::{self, PlatformHistory};
use crate::report::TOTAL;

/// Metrics shown together.
const MAX_METRICS: usize = 2;

/// Maximum ticks of the axis of runs.
const MAX_TICKS: usize = 8;

/// Builds the main chart of a history: the times of all samples over its runs. `None` without a metric in ms.
pub fn of_history(platform: &PlatformHistory) -> Option<Figure> {
    of_label(platform, TOTAL)
}

/// Builds the chart of a label; `None` without a metric in ms.
pub fn of_label(platform: &PlatformHistory, label: &str) -> Option<Figure> {
    let of_label = platform.series.iter().filter(|of| of.label == label);
    let mut shown: Vec<&history::Series> = of_label.filter(|of| of.unit == "ms").collect();
    // Median and p95 say most; without them, the slowest.
    let rank = |of: &history::Series| match of.metric.key().as_str() {
        "p95" => 0,
        "median" => 1,
        _ => 2,
    };
    shown.sort_by(|a, b| {
        rank(a)
            .cmp(&rank(b))
            .then(highest(b).total_cmp(&highest(a)))
    });
    shown.truncate(MAX_METRICS);
    let max = shown.iter().map(|of| highest(of)).fold(0.0, f64::max);
    let (first, last) = (platform.runs.first()?, platform.runs.last()?);
    let lines = shown.iter().enumerate().flat_map(|(place, of)| {
        let color = 1 - place;
        let name = of.metric.key();
        [
            Series {
                name: format!("{name}, level"),
                full: None,
                color,
                mark: Mark::Line,
                pieces: levels(of),
            },
            Series {
                name: format!("{name} of each run"),
                full: None,
                color,
                mark: Mark::Points,
                pieces: vec![points(of)],
            },
        ]
    });
    let lines: Vec<Series> = lines.collect();
    if lines.is_empty() {
        return None;
    }
    let what = if label == TOTAL { "all samples" } else { label };
    let runs = format::counted(platform.runs.len() as u64, "run");
    let dates = [first, last].map(|run| format::utc_date(run.start_ms));
    let name = platform.platform.iter();
    let name = name.map(|name| format!("; {}", format::shorten(name, 80)));
    Some(Figure {
        slug: "history",
        section: Section::OverTime,
        title: format!("Response times over runs: {what}"),
        subtitle: format!(
            "{runs} from {} to {}{}",
            dates[0],
            dates[1],
            name.collect::<String>()
        ),
        description: format!(
            "{} of {what} in {runs}, up to {} ms, with the levels between changes.",
            names(&shown),
            scale::grouped(max, 0)
        ),
        arrangement: Arrangement::Beside,
        spans: Vec::new(),
        panels: vec![panel(runs_axis(platform), scale::linear("ms", max), lines)],
    })
}

fn names(shown: &[&history::Series]) -> String {
    let names: Vec<String> = shown.iter().map(|of| of.metric.key()).collect();
    names.join(", ")
}

fn highest(of: &history::Series) -> f64 {
    of.values.iter().copied().flatten().fold(0.0, f64::max)
}

fn points(of: &history::Series) -> Vec<(f64, f64)> {
    let values = of.values.iter().enumerate();
    values
        .filter_map(|(run, value)| Some((run as f64 + 1.0, (*value)?)))
        .collect()
}

/// A horizontal line per level, from half a run before it to half a run after it.
fn levels(of: &history::Series) -> Vec<Vec<(f64, f64)>> {
    let levels = of.levels.iter().map(|level| {
        let (first, last) = (level.first as f64 + 0.5, level.last as f64 + 1.5);
        vec![(first, level.value), (last, level.value)]
    });
    levels.collect()
}

fn runs_axis(platform: &PlatformHistory) -> Axis {
    let count = platform.runs.len();
    let step = count.div_ceil(MAX_TICKS).max(1);
    let ticks = platform.runs.iter().step_by(step).map(|run| Tick {
        at: run.number as f64,
        text: run.number.to_string(),
        full: None,
    });
    Axis {
        label: "run".to_owned(),
        scale: Scale::Linear,
        min: 0.5,
        max: count as f64 + 0.5,
        ticks: ticks.collect(),
    }
}
