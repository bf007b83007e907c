//! Problems with labels: ids in their names, or sub-results beside their parents.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::words;
use crate::analysed::Analysed;
use crate::format;
use crate::select::is_sub_result;
use crate::stats::Label;
use crate::text;

/// Fewest labels for them to be suspected of containing ids.
const MIN_LABELS: usize = 200;

/// With ids in labels, the mean number of samples per label is below this: few occur twice.
const MAX_SAMPLES_PER_LABEL: u64 = 5;

/// Most labels have only a few samples, as if each had an id of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IdsInLabels {
    /// Number of labels.
    pub labels: u64,
    /// Number of samples, without those of transaction controllers.
    pub samples: u64,
}

impl IdsInLabels {
    pub(super) fn sentence(&self) -> String {
        format!(
            "{} labels for {} samples: labels seem to contain ids or parameters, so a single label \
             says little; --rename 's/[0-9]+/N/g' or --group-by url-path merges them.",
            format::thousands(self.labels),
            format::thousands(self.samples)
        )
    }
}

pub(super) fn ids(samples: u64, labels: usize) -> Option<IdsInLabels> {
    let is_so = labels >= MIN_LABELS && samples < labels as u64 * MAX_SAMPLES_PER_LABEL;
    is_so.then_some(IdsInLabels {
        labels: labels as u64,
        samples,
    })
}

/// Sub-results (label-0, label-1) are counted as well as their parent (label).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SubResults {
    /// Number of labels of sub-results.
    pub labels: u64,
    /// The first of these labels.
    pub label: String,
}

impl SubResults {
    pub(super) fn sentence(&self) -> String {
        let first = words::quoted(&self.label);
        let are = match self.labels {
            1 => format!("The label {first} holds sub-results of another label"),
            labels => {
                format!("{labels} labels, such as {first}, hold sub-results of other labels")
            }
        };
        format!("{are}: TOTAL counts both, as in JMeter; --sub-results exclude leaves them out.")
    }
}

pub(super) fn sub_results(analysed: &Analysed, labels: &[Label<'_>]) -> Option<SubResults> {
    let names: Vec<&[u8]> = labels.iter().map(|label| label.name).collect();
    let found = match &analysed.file_labels {
        Some(labels) => labels.sub_results(),
        None => sub_results_among(&names),
    };
    Some(SubResults {
        labels: found.len() as u64,
        label: text::of(found.first()?).into_owned(),
    })
}

fn sub_results_among<'a>(labels: &[&'a [u8]]) -> Vec<&'a [u8]> {
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
        insta::assert_snapshot!(ids(1_200, 400).unwrap().sentence(), @"400 labels for 1,200 samples: labels seem to contain ids or parameters, so a single label says little; --rename 's/[0-9]+/N/g' or --group-by url-path merges them.");
        assert_eq!(ids(199, 199), None);
        assert_eq!(ids(1_000, 200), None);
    }

    #[test]
    fn sub_results_beside_their_parents() {
        let labels: [&[u8]; 4] = [b"Home", b"Home-0", b"Home-1", b"Step-1"];
        assert_eq!(sub_results_among(&labels), [b"Home-0", b"Home-1"]);
        let found = |labels| SubResults {
            labels,
            label: "Home-0".to_owned(),
        };
        insta::assert_snapshot!(found(2).sentence(), @"2 labels, such as “Home-0”, hold sub-results of other labels: TOTAL counts both, as in JMeter; --sub-results exclude leaves them out.");
        insta::assert_snapshot!(found(1).sentence(), @"The label “Home-0” holds sub-results of another label: TOTAL counts both, as in JMeter; --sub-results exclude leaves them out.");
    }
}
