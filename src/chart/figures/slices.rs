//! Figures by label over time from slices: what the time series do not have.

use super::run::{Pieces, Run, Words};
use super::{TimesAxis, which_labels};
use crate::chart::model::{Figure, Section};
use crate::percentile::{Percentile, value_at};
use crate::report::{Slice, joined_slices, step_middles};

/// Slices of a figure: as many as are legible, and fewer if samples are few.
const MAX_SLICES: u64 = 240;
const MIN_SLICES: u64 = 30;

/// What is drawn.
const P95: Percentile = Percentile::DEFAULTS[2];

/// Mean number of samples by label and slice below which slices are merged.
const MIN_SAMPLES: u64 = 10;

/// Builds the figure of the 95th percentile by label over time; `None` without slices by label.
pub fn p95_by_label(run: &Run<'_>) -> Option<Figure> {
    let slices = run.report.slices.as_ref()?;
    let labels = run.labels();
    let cells = labels.iter().enumerate();
    let cells: Vec<(usize, &str, &[Slice])> = cells
        .filter_map(|(color, label)| Some((color, &*label.label, slices.of_label(&label.label)?)))
        .collect();
    let all = || cells.iter().flat_map(|(_, _, slices)| slices.iter());
    let length = all().map(|slice| slice.index).max()? + 1;
    let samples: u64 = all().map(Slice::samples).sum();
    let mut by = length.div_ceil(MAX_SLICES);
    let is_sparse = |by: u64| samples < MIN_SAMPLES * cells.len() as u64 * length.div_ceil(by);
    while is_sparse(by) && length.div_ceil(by) >= 2 * MIN_SLICES {
        by *= 2;
    }
    let width = slices.slice_ms as f64 * by as f64;
    let first = slices.start_ms.saturating_sub(run.window.start_ms) as f64;
    let end = run.window.duration_ms() as f64;
    let lines = cells.iter().map(|(color, label, cells)| {
        let mut pieces: Pieces = Vec::new();
        let mut next = None;
        for slice in joined_slices(cells.iter().cloned(), by) {
            let counts = step_middles(&slice.elapsed());
            let Some(p95) = value_at(&counts, slice.samples(), P95) else {
                continue;
            };
            let from = first + slice.index as f64 * width;
            let middle = (from.clamp(0.0, end) + (from + width).clamp(0.0, end)) / 2.0;
            if next != Some(slice.index) {
                pieces.push(Vec::new());
            }
            if let Some(piece) = pieces.last_mut() {
                piece.push((middle, p95 as f64));
            }
            next = Some(slice.index + 1);
        }
        (*color, *label, pieces)
    });
    let lines: Vec<(usize, &str, Pieces)> = lines.collect();
    let values = lines
        .iter()
        .flat_map(|(_, _, pieces)| pieces.iter().flatten());
    let axis = TimesAxis::of("95th percentile", values.map(|point| point.1));
    let series = lines.into_iter().map(|(color, label, mut pieces)| {
        let points = pieces.iter_mut().flatten();
        points.for_each(|point| point.1 = axis.place(point.1));
        run.series(label, color, pieces)
    });
    let series = series.collect();
    let words = Words {
        slug: "response-time-p95-by-label",
        section: Section::OverTime,
        title: "95th percentile by label",
        what: "",
        description: "The 95th percentile of response times by label over time.".to_owned(),
    };
    let mut figure = run.figure(words, axis.axis, series);
    figure.subtitle = format!(
        "{}all samples by start time, within 1.6%, per {:.3} s",
        which_labels(run.report, run.names),
        width / 1_000.0
    );
    Some(figure)
}
