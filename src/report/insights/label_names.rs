//! What the names of labels tell: ids in them, or sub-results beside their parents.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::words;
use crate::analysed::Analysed;
use crate::select::is_sub_result;
use crate::stats::Label;
use crate::units;

/// Labels from which on ids in them are suspected.
const MANY_LABELS: usize = 200;

/// Samples a label in a run whose labels hold ids: hardly any comes twice.
const SAMPLES_OF_AN_ID: u64 = 5;

/// Labels so many that hardly any has more than a few samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IdsInLabels {
    /// Number of labels.
    pub labels: u64,
    /// Number of samples, those of transaction controllers left out.
    pub samples: u64,
}

impl IdsInLabels {
    pub(super) fn sentence(&self) -> String {
        format!(
            "{} labels for {} samples: labels seem to hold ids or parameters, and say little one by \
             one; --rename 's/[0-9]+/N/g' or --group-by url-path folds them.",
            units::thousands(self.labels),
            units::thousands(self.samples)
        )
    }
}

pub(super) fn ids(samples: u64, labels: usize) -> Option<IdsInLabels> {
    let is_so = labels >= MANY_LABELS && samples < labels as u64 * SAMPLES_OF_AN_ID;
    is_so.then_some(IdsInLabels {
        labels: labels as u64,
        samples,
    })
}

/// Sub-results counted beside their parents: label, label-0, label-1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SubResults {
    /// How many labels are sub-results'.
    pub labels: u64,
    /// The first of them.
    pub label: String,
}

impl SubResults {
    pub(super) fn sentence(&self) -> String {
        let first = words::quoted(&self.label);
        let are = match self.labels {
            1 => format!("The label {first} is that of sub-results beside their parents"),
            labels => {
                format!("{labels} labels, such as {first}, are sub-results beside their parents")
            }
        };
        format!("{are}: TOTAL counts both, as JMeter does; --sub-results exclude leaves them out.")
    }
}

pub(super) fn sub_results(analysed: &Analysed, labels: &[Label<'_>]) -> Option<SubResults> {
    let names: Vec<&[u8]> = labels.iter().map(|label| label.name).collect();
    let found = match &analysed.file_labels {
        Some(labels) => labels.sub_results(),
        None => among(&names),
    };
    Some(SubResults {
        labels: found.len() as u64,
        label: String::from_utf8_lossy(found.first()?).into_owned(),
    })
}

fn among<'a>(labels: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let known: HashSet<&[u8]> = labels.iter().copied().collect();
    let labels = labels.iter().copied();
    labels
        .filter(|label| is_sub_result(label, |label| known.contains(label)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_as_labels() {
        insta::assert_snapshot!(ids(1_200, 400).unwrap().sentence(), @"400 labels for 1,200 samples: labels seem to hold ids or parameters, and say little one by one; --rename 's/[0-9]+/N/g' or --group-by url-path folds them.");
        assert_eq!(ids(199, 199), None);
        assert_eq!(ids(1_000, 200), None);
    }

    #[test]
    fn sub_results_beside_their_parents() {
        let labels: [&[u8]; 4] = [b"Home", b"Home-0", b"Home-1", b"Step-1"];
        assert_eq!(among(&labels), [b"Home-0", b"Home-1"]);
        let found = |labels| SubResults {
            labels,
            label: "Home-0".to_owned(),
        };
        insta::assert_snapshot!(found(2).sentence(), @"2 labels, such as “Home-0”, are sub-results beside their parents: TOTAL counts both, as JMeter does; --sub-results exclude leaves them out.");
        insta::assert_snapshot!(found(1).sentence(), @"The label “Home-0” is that of sub-results beside their parents: TOTAL counts both, as JMeter does; --sub-results exclude leaves them out.");
    }
}
