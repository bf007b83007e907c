//! Apdex overview: one bar per label.

use super::bars::{self, Bar, MAX_BARS};
use super::names::LabelNames;
use super::{panel, which_of};
use crate::chart::model::{Arrangement, Axis, Figure, Section};
use crate::chart::{palette, scale};
use crate::report::{Apdex, Report};

/// Builds the figure; `None` if there is no index.
pub fn figure(report: &Report, names: &LabelNames) -> Option<Figure> {
    let mut rows: Vec<&Apdex> = report.apdex.labels.iter().collect();
    rows.retain(|row| row.apdex.is_some());
    // The busiest, in the order of the report.
    let mut counts: Vec<u64> = rows.iter().map(|row| row.samples).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let least = counts.get(MAX_BARS - 1).copied().unwrap_or(0);
    rows.retain(|row| row.samples >= least);
    rows.truncate(MAX_BARS);
    let total = &report.apdex.total;
    let of_total = total.apdex?;
    let bars = rows.iter().filter_map(|row| {
        let apdex = row.apdex?;
        let (name, full) = names.of_label(&row.label);
        Some(Bar {
            name,
            full,
            value: format!("{apdex:.3}"),
            parts: vec![apdex],
        })
    });
    let last = bars::total(format!("{of_total:.3}"), vec![of_total]);
    let bars: Vec<Bar> = bars.chain([last]).collect();
    let (labels, series) = bars::series(&bars, "label and its index", &[("index", palette::OK)]);
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
            "{}{}satisfied up to {} ms, tolerated up to {} ms, unless a label has its own thresholds",
            which_of(report.label_count, MAX_BARS, "busiest"),
            names.note(),
            thresholds.satisfied_ms,
            thresholds.tolerated_ms
        ),
        description: format!("Apdex by label; of all samples it is {of_total:.3}."),
        arrangement: Arrangement::Beside,
        spans: Vec::new(),
        panels: vec![panel(index, labels, series)],
    })
}
