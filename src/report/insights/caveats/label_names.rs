//! Problems with labels: ids in their names, or sub-results beside their parents.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::super::words;
use crate::analysed::Analysed;
use crate::format;
use crate::select::is_sub_result;
use crate::stats::{Label, LabelStats};
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
    /// Merges labels that differ in numbers only.
    pub(super) const NEXT_STEP: [&str; 2] = ["--rename", "s/[0-9]+/N/g"];

    pub(super) fn sentence(&self) -> String {
        format!(
            "{} labels for {} seem to contain ids or parameters, so a single label says little.",
            format::thousands(self.labels),
            format::counted(self.samples, "sample")
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
    /// Leaves the sub-results out.
    pub(super) const NEXT_STEP: [&str; 2] = ["--sub-results", "exclude"];

    pub(super) fn sentence(&self) -> String {
        let first = words::quoted(&self.label);
        let are = match self.labels {
            1 => format!("{first} holds sub-results of another label"),
            labels => format!(
                "{} labels such as {first} hold sub-results of other labels",
                format::thousands(labels)
            ),
        };
        format!("{are}: TOTAL counts both, as in JMeter.")
    }
}

pub(super) fn sub_results(analysed: &Analysed, labels: &[Label<'_>]) -> Option<SubResults> {
    let found = match &analysed.file_labels {
        Some(labels) => labels.sub_results(),
        None => sub_results_among(labels),
    };
    Some(SubResults {
        labels: found.len() as u64,
        label: text::of(found.first()?).into_owned(),
    })
}

/// Whether a label ends with a hyphen and a number, as those of all sub-results do.
fn has_number(label: &[u8]) -> bool {
    let digits = label.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let digits = digits.count();
    digits > 0 && label.iter().rev().nth(digits) == Some(&b'-')
}

/// How much later than their parents sub-results may end, ms: JMeter takes times from two clocks.
const TOLERANCE_MS: i64 = 5;

/// The labels of sub-results. Their parents are samplers, whose rows come first and whose times
/// contain theirs.
pub(in super::super) fn sub_results_among<'a>(labels: &[Label<'a>]) -> Vec<&'a [u8]> {
    // Most runs have no such label, and a run may have a million labels.
    if !labels.iter().any(|label| has_number(label.name)) {
        return Vec::new();
    }
    let samplers = labels.iter().filter(|label| label.samplers.rows > 0);
    let samplers: HashMap<&[u8], &LabelStats> =
        samplers.map(|label| (label.name, label.samplers)).collect();
    let is_within = |own: &LabelStats, parent: &LabelStats| {
        own.first_position > parent.first_position
            && own.start >= parent.start
            && own.end <= parent.end.saturating_add(TOLERANCE_MS)
    };
    let found = labels.iter().filter(|label| {
        samplers.get(label.name).is_some_and(|own| {
            let is_parent = |name: &[u8]| {
                samplers
                    .get(name)
                    .is_some_and(|parent| is_within(own, parent))
            };
            is_sub_result(label.name, |name| samplers.contains_key(name), is_parent)
        })
    });
    found.map(|label| label.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::Aggregate;
    use crate::stats::tests::sample;

    #[test]
    fn ids_as_labels() {
        insta::assert_snapshot!(ids(1_200, 400).unwrap().sentence(), @"400 labels for 1,200 samples seem to contain ids or parameters, so a single label says little.");
        assert_eq!(ids(199, 199), None);
        assert_eq!(ids(1_000, 200), None);
    }

    /// The labels of sub-results among rows of (label, start, elapsed), the last of which has this
    /// message.
    fn among(rows: &[(&'static str, i64, i64)], last_message: &str) -> Vec<String> {
        let mut aggregate = Aggregate::default();
        for (position, &(label, time_stamp, elapsed)) in (0..).zip(rows) {
            let is_last = position + 1 == rows.len() as u64;
            aggregate.record(&Sample {
                position,
                label: label.as_bytes(),
                time_stamp,
                elapsed,
                response_message: if is_last { last_message } else { "OK" }.as_bytes(),
                ..sample()
            });
        }
        let labels = aggregate.labels();
        let found = sub_results_among(&labels).into_iter();
        found
            .map(|label| String::from_utf8_lossy(label).into_owned())
            .collect()
    }

    #[test]
    fn requests_with_numbers_are_not_sub_results() {
        let controller = "Number of samples in transaction : 2, number of failing samples : 0";
        let of_controller = [("HP-0", 0, 60), ("HP-1", 60, 40), ("HP", 0, 100)];
        assert!(among(&of_controller, controller).is_empty());
        let in_turn = [("GET /a", 0, 100), ("GET /a-0", 100, 100)];
        assert!(among(&in_turn, "OK").is_empty());
    }

    #[test]
    fn sub_results_beside_their_parents() {
        let rows = [
            ("Home", 0, 100),
            ("Home-0", 0, 60),
            ("Home-1", 60, 40),
            ("Step-1", 100, 10),
        ];
        assert_eq!(among(&rows, "OK"), ["Home-0", "Home-1"]);
        let found = |labels| SubResults {
            labels,
            label: "Home-0".to_owned(),
        };
        insta::assert_snapshot!(found(2).sentence(), @"2 labels such as “Home-0” hold sub-results of other labels: TOTAL counts both, as in JMeter.");
        insta::assert_snapshot!(found(1).sentence(), @"“Home-0” holds sub-results of another label: TOTAL counts both, as in JMeter.");
    }
}
