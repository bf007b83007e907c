//! Caveats: what limits the trust in the figures, such as how the file was made.

mod label_names;
mod several_runs;
mod too_few;

use super::{Evidence, Finding};
use crate::jtl::InputRead;

pub use label_names::{IdsInLabels, SubResults};
pub use several_runs::SeveralRuns;
pub use too_few::TooFewSamples;

/// Finds the caveats of a run, whatever its course.
pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let ids = label_names::ids(evidence.samplers.samples, evidence.labels.len());
    let too_few = match (&ids, evidence.rows) {
        // Labels with ids have few samples each: only TOTAL is checked.
        (Some(_), [_, .., total]) => too_few::find(&[*total]),
        (_, rows) => too_few::find(rows),
    };
    let caveats = [
        ids.map(Finding::IdsInLabels),
        label_names::sub_results(evidence.analysed, evidence.labels).map(Finding::SubResults),
        too_few.map(Finding::TooFewSamples),
    ];
    caveats.into_iter().flatten().collect()
}

/// Finds files that hold several runs, each with its own header.
pub(super) fn several_runs(inputs: &[InputRead]) -> Vec<Finding> {
    let found = several_runs::find(inputs).into_iter();
    found.map(Finding::SeveralRuns).collect()
}
