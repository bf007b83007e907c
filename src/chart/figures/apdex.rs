//! Apdex overview: one bar per label.

use super::names::elided;
use super::{panel, which_of};
use crate::chart::model::{Axis, Figure, Mark, Scale, Section, Series, Tick};
use crate::chart::{palette, scale};
use crate::report::{Apdex, Report};

/// Maximum number of labels with a bar.
const MAX_BARS: usize = 12;

/// Builds the figure; `None` if there is no index.
pub fn figure(report: &Report) -> Option<Figure> {
    let mut rows: Vec<&Apdex> = report.apdex.labels.iter().collect();
    rows.retain(|row| row.apdex.is_some());
    // The busiest, in the order of the report.
    let mut counts: Vec<u64> = rows.iter().map(|row| row.samples).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let least = counts.get(MAX_BARS - 1).copied().unwrap_or(0);
    rows.retain(|row| row.samples >= least);
    rows.truncate(MAX_BARS);
    let total = &report.apdex.total;
    rows.push(total);
    let count = rows.len() as f64;
    // From top to bottom, TOTAL last.
    let place = |number: usize| count - 1.0 - number as f64;
    let bars = rows.iter().enumerate();
    let bars: Vec<(f64, f64)> = bars
        .filter_map(|(number, row)| Some((row.apdex?, place(number))))
        .collect();
    let ticks = rows.iter().enumerate().map(|(number, row)| Tick {
        at: place(number),
        text: match row.apdex {
            Some(apdex) => format!("{}  {apdex:.3}", elided(&row.label)),
            None => elided(&row.label),
        },
    });
    let names = Axis {
        label: "label and its index".to_owned(),
        scale: Scale::Names,
        min: -0.5,
        max: count - 0.5,
        ticks: ticks.collect(),
    };
    let index = Axis {
        max: 1.0,
        ..scale::linear("Apdex (1 is best)", 1.0)
    };
    let thresholds = total.thresholds;
    Some(Figure {
        slug: "apdex-overview",
        section: Section::ResponseTimes,
        title: "Apdex".to_owned(),
        subtitle: format!(
            "{}satisfied up to {} ms, tolerated up to {} ms, unless a label has its own thresholds",
            which_of(report.label_count, MAX_BARS),
            thresholds.satisfied_ms,
            thresholds.tolerated_ms
        ),
        description: match total.apdex {
            Some(apdex) => format!("Apdex by label; of all samples it is {apdex:.3}."),
            None => "Apdex by label.".to_owned(),
        },
        panels: vec![panel(
            index,
            names,
            vec![Series {
                name: "index".to_owned(),
                color: palette::OK,
                mark: Mark::Bars,
                pieces: vec![bars],
            }],
        )],
    })
    .filter(|_| total.apdex.is_some())
}
