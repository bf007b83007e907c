//! Samples by response code.

use std::collections::BTreeMap;

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
    let names = aggregate.timeline().codes();
    // If all codes are empty, the file has no such column.
    if names.iter().all(|name| name.is_empty()) {
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
    let mut counts: BTreeMap<&[u8], u64> = BTreeMap::new();
    for label in labels {
        for (code, samples) in aggregate.timeline().codes_of(label.number) {
            *counts.entry(code).or_default() += samples;
        }
    }
    let counts = counts.into_iter();
    counts
        .map(|(code, samples)| CodeCount {
            code: text::of(code).into_owned(),
            samples,
        })
        .collect()
}
