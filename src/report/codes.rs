//! Samples by response code.

use super::{CodeCount, LabelReport};
use crate::stats::{Aggregate, Label};
use crate::text;

/// Adds the samples by response code to the labels of a report, to the sum of the others, and to that
/// of all. `indexes` says which of `all` labels are shown.
pub(super) fn add(
    aggregate: &Aggregate,
    all: &[Label<'_>],
    (shown, indexes): (&mut [LabelReport], &[usize]),
    sums: (Option<&mut LabelReport>, &mut LabelReport),
) {
    let mut names = aggregate.timeline().codes();
    // If all codes are empty, the file has no such column.
    if names.all(<[u8]>::is_empty) {
        return;
    }
    let mut is_shown = vec![false; all.len()];
    for (row, &index) in shown.iter_mut().zip(indexes) {
        is_shown[index] = true;
        row.codes = counts(aggregate, &mut [all[index]].iter());
    }
    let (others, total) = sums;
    if let Some(others) = others {
        let left_out = all.iter().zip(&is_shown).filter(|(_, shown)| !**shown);
        others.codes = counts(aggregate, &mut left_out.map(|(label, _)| label));
    }
    total.codes = counts(aggregate, &mut all.iter());
}

/// Returns the samples of these labels by response code, in the order of the codes.
fn counts<'a>(
    aggregate: &Aggregate,
    labels: &mut dyn Iterator<Item = &'a Label<'a>>,
) -> Vec<CodeCount> {
    let timeline = aggregate.timeline();
    let mut by_number = vec![0; timeline.codes().len()];
    for label in labels {
        for (code, samples) in timeline.codes_of(label.number) {
            if let Some(sum) = by_number.get_mut(code) {
                *sum += samples;
            }
        }
    }
    let mut counts: Vec<(&[u8], u64)> = timeline.codes().zip(by_number).collect();
    counts.retain(|(_, samples)| *samples > 0);
    counts.sort_unstable();
    let counts = counts.into_iter();
    counts
        .map(|(code, samples)| CodeCount {
            code: text::of(code).into_owned(),
            samples,
        })
        .collect()
}
