//! The slices in the page's data: elapsed times by label and slice of time, rebinned to a limited size.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::format;
use crate::report::{Cells, Report, Slice, joined_slices};
use crate::stats::CompactHistogram;

/// What is tried in turn until all slices fit: the number of exact bits, the largest number of slices,
/// and how far a value may be from its step's middle.
const LEVELS: [(u32, u64, &str); 6] = [
    (6, 240, "1.6%"),
    (5, 240, "3.1%"),
    (5, 120, "3.1%"),
    (4, 120, "6.3%"),
    (4, 60, "6.3%"),
    (4, 40, "6.3%"),
];

/// The slices of a run, as the script decodes them.
#[derive(Debug, Serialize)]
pub struct SlicesData {
    /// Start of the first slice, ms since the start of the run.
    start: i64,
    /// Width of a slice, ms.
    width: u64,
    /// Number of slices.
    count: u64,
    /// Number of exact bits of the histograms' steps.
    bits: u32,
    /// How precise figures from slices are, in words.
    precision: String,
    /// By label: base64 of [`Cells::to_bytes`]; `None` for a label that is left out.
    cells: Vec<Option<String>>,
    /// The same of all other labels together.
    others: String,
}

/// Packs the slices of a report into about `max_bytes` of text; `None` if it has none.
pub fn of(report: &Report, max_bytes: usize) -> Option<SlicesData> {
    let window = report.window?;
    let slices = report.slices.as_ref()?;
    let labels = || {
        slices
            .labels
            .iter()
            .map(|of| &of.cells)
            .chain([&slices.others])
    };
    let last = labels()
        .filter_map(|cells| cells.0.last())
        .map(|slice| slice.index)
        .max()?;
    let length = last + 1;
    let mut packed = None;
    for (bits, max_slices, error) in LEVELS {
        let by = length.div_ceil(max_slices);
        let parts: Vec<Vec<Slice>> = labels().map(|cells| rebinned(&cells.0, bits, by)).collect();
        let bytes: usize = parts.iter().map(|cells| length_of(cells)).sum();
        let is_small = bytes <= max_bytes;
        packed = Some((bits, by, error, parts));
        if is_small {
            break;
        }
    }
    let (bits, by, error, mut parts) = packed?;
    let mut others = parts.pop().unwrap_or_default();
    let kept = kept(&parts, length_of(&others), max_bytes);
    let mut cells: Vec<Option<String>> = vec![None; report.labels.len()];
    for ((of, part), is_kept) in slices.labels.iter().zip(parts).zip(kept) {
        match report.labels.iter().position(|row| row.label == of.label) {
            Some(place) if is_kept => cells[place] = Some(text(&part)),
            _ => others.extend(part),
        }
    }
    let width = slices.slice_ms.saturating_mul(by);
    Some(SlicesData {
        start: slices.start_ms.saturating_sub(window.start_ms),
        width,
        count: length.div_ceil(by),
        bits,
        precision: format!(
            "≈: times within {error}, from slices of {} by start time.",
            seconds(width)
        ),
        cells,
        others: text(&joined_slices(others, 1)),
    })
}

/// Formats the width of a slice.
fn seconds(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{} s", format::number((ms as f64 / 100.0).round() / 10.0)),
        _ => format::duration(i64::try_from(ms).unwrap_or(i64::MAX)),
    }
}

/// Merges every `by` slices, and steps to those of fewer exact bits.
fn rebinned(cells: &[Slice], bits: u32, by: u64) -> Vec<Slice> {
    let coarse = |steps: Vec<(u16, u64)>| {
        let step_of = match bits {
            4 => CompactHistogram::coarse_step::<4>,
            5 => CompactHistogram::coarse_step::<5>,
            _ => return steps,
        };
        let mut coarse: Vec<(u16, u64)> = Vec::with_capacity(steps.len());
        for (step, count) in steps {
            let step = step_of(step);
            match coarse.last_mut() {
                Some(last) if last.0 == step => last.1 += count,
                _ => coarse.push((step, count)),
            }
        }
        coarse
    };
    let joined = joined_slices(cells.iter().cloned(), by).into_iter();
    let joined = joined.map(|slice| Slice {
        ok: coarse(slice.ok),
        ko: coarse(slice.ko),
        ..slice
    });
    joined.collect()
}

/// Chooses the labels with the most samples that fit beside the others.
fn kept(parts: &[Vec<Slice>], mut used: usize, max_bytes: usize) -> Vec<bool> {
    let samples = |part: &Vec<Slice>| part.iter().map(Slice::samples).sum::<u64>();
    let mut busiest: Vec<usize> = (0..parts.len()).collect();
    busiest.sort_by_key(|&place| std::cmp::Reverse(samples(&parts[place])));
    let mut kept = vec![false; parts.len()];
    for place in busiest {
        used += length_of(&parts[place]);
        if used > max_bytes {
            break;
        }
        kept[place] = true;
    }
    kept
}

fn text(cells: &[Slice]) -> String {
    STANDARD.encode(Cells(cells.to_vec()).to_bytes())
}

/// The length of the text of slices.
fn length_of(cells: &[Slice]) -> usize {
    Cells(cells.to_vec()).to_bytes().len().div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{LabelReport, LabelSlices, Slices, Window};

    const MAX_BYTES: usize = 400_000;

    fn slice(index: u64, ok: Vec<(u16, u64)>) -> Slice {
        Slice {
            index,
            elapsed_sum: 10,
            ok,
            ko: Vec::new(),
        }
    }

    fn report(labels: usize, slices: u64, steps: u16) -> Report {
        let label = |number: usize| format!("label {number}");
        let cells = |number: usize| {
            let ok = |index: u64| {
                (0..steps)
                    .map(|step| (step, 1 + index % 90 + number as u64))
                    .collect()
            };
            Cells((0..slices).map(|index| slice(index, ok(index))).collect())
        };
        let row = |number| LabelReport {
            label: label(number),
            ..LabelReport::default()
        };
        let of_label = |number| LabelSlices {
            label: label(number),
            cells: cells(number),
        };
        Report {
            window: Some(Window {
                start_ms: 100,
                end_ms: 1_000_000,
            }),
            labels: (0..labels).map(row).collect(),
            slices: Some(Slices {
                start_ms: 64,
                slice_ms: 1_024,
                labels: (0..labels).map(of_label).collect(),
                ..Slices::default()
            }),
            ..Report::default()
        }
    }

    #[test]
    fn a_short_run_keeps_its_slices() {
        let data = of(&report(2, 3, 5), MAX_BYTES).unwrap();
        assert_eq!(
            (data.start, data.width, data.count, data.bits),
            (-36, 1_024, 3, 6)
        );
        assert_eq!(
            data.precision,
            "≈: times within 1.6%, from slices of 1 s by start time."
        );
        assert!(data.cells.iter().all(Option::is_some) && data.others.is_empty());
    }

    #[test]
    fn a_long_run_of_many_labels_is_coarser_and_leaves_out_the_least_busy() {
        let data = of(&report(100, 1_000, 300), MAX_BYTES).unwrap();
        let size: usize = data.cells.iter().flatten().map(String::len).sum();
        assert!(size <= MAX_BYTES, "{size}");
        assert!(data.bits < 6 && data.count <= 240);
        let kept = |at: usize| data.cells[at].is_some();
        assert!(!kept(0) && kept(99), "the last label is the busiest");
        assert!(!data.others.is_empty());
    }

    #[test]
    fn coarser_steps_hold_the_same_samples() {
        let fine = slice(0, vec![(63, 1), (64, 2), (65, 3), (96, 4)]);
        let coarse = &rebinned(&[fine.clone(), slice(1, vec![(3, 1)])], 5, 2)[0];
        assert_eq!(coarse.ok, [(3, 1), (47, 1), (48, 5), (64, 4)]);
        assert_eq!(coarse.samples(), fine.samples() + 1);
        assert_eq!(coarse.elapsed_sum, 20);
    }
}
