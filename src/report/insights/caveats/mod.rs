//! Caveats: what limits the trust in the figures, such as how the file was made.

mod label_names;
mod several_runs;
mod too_few;

use serde::{Deserialize, Serialize};

use super::Evidence;

pub(super) use label_names::sub_results_among;
pub use label_names::{IdsInLabels, SubResults};
pub use several_runs::SeveralRuns;
pub use too_few::TooFewSamples;

/// A reason to read the figures with care, with a sentence that states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Caveat {
    /// The reason, and the figures that it is based on.
    #[serde(flatten)]
    pub reason: CaveatReason,
    /// The caveat in one plain sentence.
    pub sentence: String,
    /// The options of `analyze` that remove the reason, one argument per entry; empty if none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_step: Vec<String>,
}

/// Why to read the figures with care.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CaveatReason {
    /// One file holds several runs, each with its own header.
    SeveralRuns(SeveralRuns),
    /// The number of labels suggests that they contain ids.
    IdsInLabels(IdsInLabels),
    /// Sub-results are counted as well as their parents.
    SubResults(SubResults),
    /// A percentile that is shown has too few samples.
    TooFewSamples(TooFewSamples),
}

impl From<CaveatReason> for Caveat {
    fn from(reason: CaveatReason) -> Self {
        let (sentence, next_step): (String, &[&str]) = match &reason {
            CaveatReason::SeveralRuns(found) => (found.sentence(), &[]),
            CaveatReason::IdsInLabels(found) => (found.sentence(), &IdsInLabels::NEXT_STEP),
            CaveatReason::SubResults(found) => (found.sentence(), &SubResults::NEXT_STEP),
            CaveatReason::TooFewSamples(found) => (found.sentence(), &[]),
        };
        Caveat {
            sentence,
            next_step: next_step.iter().map(|&word| word.to_owned()).collect(),
            reason,
        }
    }
}

/// Finds the caveats of a run, whatever its course.
pub(super) fn find(evidence: &Evidence<'_>) -> Vec<CaveatReason> {
    let several = several_runs::find(&evidence.analysed.inputs).into_iter();
    let ids = label_names::ids(evidence.samplers.samples, evidence.labels.len());
    let sub_results = label_names::sub_results(evidence.analysed, evidence.labels);
    let too_few = match (&ids, evidence.rows) {
        // Labels with ids have few samples each: only TOTAL is checked.
        (Some(_), [_, .., total]) => too_few::find(&[*total]),
        (_, rows) => too_few::find(rows),
    };
    let mut found: Vec<CaveatReason> = several.map(CaveatReason::SeveralRuns).collect();
    found.extend(ids.map(CaveatReason::IdsInLabels));
    found.extend(sub_results.map(CaveatReason::SubResults));
    found.extend(too_few.map(CaveatReason::TooFewSamples));
    found
}
