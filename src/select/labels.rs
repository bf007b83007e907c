//! Sets of labels, and which of them belong to sub-results.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// Labels in the largest set. Only a plan that gives each sample its own label has more.
const MAX_LABELS: usize = 200_000;

/// Bytes of the labels in the largest set.
const MAX_BYTES: usize = 64 << 20;

/// The distinct labels of a run, in bounded memory. Sets may be merged in any order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LabelSet {
    labels: HashSet<Box<[u8]>>,
    bytes: usize,
    is_too_large: bool,
}

impl LabelSet {
    /// Adds a label.
    #[inline]
    pub fn insert(&mut self, label: &[u8]) {
        if self.is_too_large || self.labels.contains(label) {
            return;
        }
        self.bytes += label.len();
        if self.labels.len() == MAX_LABELS || self.bytes > MAX_BYTES {
            *self = LabelSet {
                is_too_large: true,
                ..LabelSet::default()
            };
            return;
        }
        self.labels.insert(label.into());
    }

    /// Adds another set.
    pub fn merge(&mut self, other: &LabelSet) {
        for label in &other.labels {
            self.insert(label);
        }
        if other.is_too_large {
            *self = other.clone();
        }
    }

    /// Whether a stored set is consistent.
    pub fn is_sound(&self) -> bool {
        let bytes: usize = self.labels.iter().map(|label| label.len()).sum();
        match self.is_too_large {
            true => self.labels.is_empty() && self.bytes == 0,
            false => self.bytes == bytes && bytes <= MAX_BYTES && self.labels.len() <= MAX_LABELS,
        }
    }

    /// Whether there were too many labels. Then the set is empty.
    pub fn is_too_large(&self) -> bool {
        self.is_too_large
    }

    /// The labels of sub-results of other labels in the set.
    pub fn sub_results(&self) -> Vec<&[u8]> {
        let contains = |label: &[u8]| self.labels.contains(label);
        let labels = self.labels.iter().map(|label| &**label);
        let mut found: Vec<&[u8]> = labels
            .filter(|label| is_sub_result(label, contains, contains))
            .collect();
        found.sort_unstable();
        found
    }
}

/// Whether a label looks like that of a sub-result. `contains` returns whether the run has a label:
/// `X-N` looks like one if the run has both `X` and `X-0`, from which JMeter counts. `X` may be
/// followed by several numbers (`X-0-1`). `is_parent` returns whether `X` may have sub-results with
/// this label. [`Families`](super::families::Families) decides row by row.
pub fn is_sub_result(
    label: &[u8],
    contains: impl Fn(&[u8]) -> bool,
    is_parent: impl Fn(&[u8]) -> bool,
) -> bool {
    let mut parent = without_number(label);
    while let Some(candidate) = parent {
        if is_parent(candidate) && contains(&[candidate, b"-0"].concat()) {
            return true;
        }
        parent = without_number(candidate);
    }
    false
}

/// The first number of `label-1-0` behind `label`; `None` if other text or nothing follows.
pub(super) fn numbers_after<'a>(parent: &[u8], label: &'a [u8]) -> Option<&'a [u8]> {
    let rest = label.strip_prefix(parent)?;
    let mut before = label;
    while before.len() > parent.len() {
        before = without_number(before)?;
    }
    let is_all = before.len() == parent.len() && !rest.is_empty();
    let mut numbers = is_all.then_some(rest)?.split(|&byte| byte == b'-');
    numbers.find(|number| !number.is_empty())
}

/// A label without the `-12` at its end.
pub(super) fn without_number(label: &[u8]) -> Option<&[u8]> {
    let dash = label.iter().rposition(|&byte| byte == b'-')?;
    let (parent, number) = (label.get(..dash)?, label.get(dash + 1..)?);
    let is_number = match number {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_number.then_some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(labels: &[&str]) -> LabelSet {
        let mut set = LabelSet::default();
        for label in labels {
            set.insert(label.as_bytes());
        }
        set
    }

    fn found(set: &LabelSet) -> Vec<&str> {
        let sub_results = set.sub_results().into_iter();
        sub_results
            .map(|label| std::str::from_utf8(label).unwrap())
            .collect()
    }

    #[test]
    fn numbered_labels_with_a_parent_are_sub_results() {
        let labels = set(&["Home", "Home-0", "Home-1", "Home-1-0", "Home-12"]);
        assert_eq!(found(&labels), ["Home-0", "Home-1", "Home-1-0", "Home-12"]);
    }

    #[test]
    fn without_a_parent_numbers_mean_nothing() {
        // No parent; not numbered from 0; no number as JMeter writes it.
        for labels in [
            &["Home-0", "Home-1"][..],
            &["Step", "Step-1", "Step-2"],
            &["Page", "Page-00", "Page-01", "Page-a", "Page-"],
        ] {
            assert!(set(labels).sub_results().is_empty(), "{labels:?}");
        }
    }

    #[test]
    fn numbers_after_a_label() {
        let after = |parent: &str, label: &'static str| {
            numbers_after(parent.as_bytes(), label.as_bytes())
                .map(|number| std::str::from_utf8(number).unwrap())
        };
        assert_eq!(after("Home", "Home-0"), Some("0"));
        assert_eq!(after("Home", "Home-12-0"), Some("12"));
        assert_eq!(after("Home-1", "Home-1-0"), Some("0"));
        for label in [
            "Home", "Home-", "Home-x", "Home-00", "Home0", "Home-0-x", "Homes-0", "Hom",
        ] {
            assert_eq!(after("Home", label), None, "{label}");
        }
    }

    #[test]
    fn a_set_is_bounded_in_any_order() {
        let mut half = LabelSet::default();
        let mut other = LabelSet::default();
        for number in 0..MAX_LABELS {
            half.insert(number.to_string().as_bytes());
            other.insert((number + 1).to_string().as_bytes());
        }
        assert!(!half.is_too_large() && !other.is_too_large());
        let mut merged = half.clone();
        merged.merge(&LabelSet::default());
        assert!(!merged.is_too_large());
        merged.merge(&other);
        other.merge(&half);
        assert!(merged.is_too_large() && other.is_too_large());
        half.merge(&merged);
        assert!(half.is_too_large());
        assert!(half.labels.is_empty());
    }
}
