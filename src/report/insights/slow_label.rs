//! A label much slower than all others.

use serde::{Deserialize, Serialize};

use super::times::{self, Counts};
use super::words;
use crate::format;
use crate::stats::{Label, LabelStats};

/// Samples of the label and of the others, fewest.
const FEWEST_SAMPLES: u64 = 100;

/// Share of all samples that the label has, least: a rare one is of no matter to the run.
const LEAST_SHARE: f64 = 0.01;

/// How often as long as the others its samples take, by the medians, at least. Different requests
/// differ by two or three times in any application.
const SLOWER: i64 = 5;

/// By how much longer they take, at least, ms.
const SLOWER_MS: i64 = 50;

/// Labels told of, the slowest.
const MOST_LABELS: usize = 3;

/// A label whose usual sample is slower than nearly all of the others'.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowLabel {
    /// The label.
    pub label: String,
    /// Its samples.
    pub samples: u64,
    /// Its median elapsed time, ms.
    pub median_ms: i64,
    /// Median elapsed time of all other labels' samples, ms.
    pub others_median_ms: i64,
    /// 95th percentile of elapsed of all other labels' samples, ms.
    pub others_p95_ms: i64,
    /// Share of all samples that are its, 0 to 1.
    pub ratio_of_samples: f64,
    /// Share of all elapsed time that is its, 0 to 1.
    pub ratio_of_elapsed: f64,
}

impl SlowLabel {
    pub(super) fn sentence(&self) -> String {
        let times = match self.others_median_ms {
            0 => String::new(),
            others => format!(
                ", {} times as long",
                words::times(self.median_ms as f64 / others as f64)
            ),
        };
        format!(
            "{} is much slower than the other labels: its median is {} ms, theirs {} ms{times}, and 95% \
             of theirs took up to {} ms. Its {} samples ({}) took {} of all elapsed time.",
            words::quoted(&self.label),
            format::thousands(self.median_ms.unsigned_abs()),
            format::thousands(self.others_median_ms.unsigned_abs()),
            format::thousands(self.others_p95_ms.unsigned_abs()),
            format::thousands(self.samples),
            format::brief_percent(self.ratio_of_samples),
            format::brief_percent(self.ratio_of_elapsed),
        )
    }
}

pub(super) fn find(labels: &[Label<'_>], samplers: &LabelStats) -> Vec<SlowLabel> {
    if labels.len() < 2 {
        return Vec::new();
    }
    let all = samplers.distributions().elapsed().counts();
    let count = times::count(&all);
    let mut slow: Vec<SlowLabel> = labels
        .iter()
        // Few of a million labels have so many.
        .filter(|label| {
            let samples = label.samplers.samples;
            samples >= FEWEST_SAMPLES && samples as f64 >= count as f64 * LEAST_SHARE
        })
        .filter_map(|label| compare(label, &all))
        .collect();
    slow.sort_by_key(|found| std::cmp::Reverse(found.median_ms));
    slow.truncate(MOST_LABELS);
    slow
}

fn compare(label: &Label<'_>, all: &Counts) -> Option<SlowLabel> {
    let own = label.samplers.distributions().elapsed().counts();
    let others = times::without(all, &own);
    let found = SlowLabel {
        label: String::from_utf8_lossy(label.name).into_owned(),
        samples: times::count(&own),
        median_ms: times::median(&own)?,
        others_median_ms: times::median(&others)?.max(0),
        others_p95_ms: times::p95(&others)?.max(0),
        ratio_of_samples: times::count(&own) as f64 / times::count(all) as f64,
        // Negative times, of a clock that was set back, must not make it infinite.
        ratio_of_elapsed: times::sum(&own) as f64 / times::sum(all).max(1) as f64,
    };
    let is_slower = found.median_ms >= found.others_median_ms.saturating_mul(SLOWER)
        && found.median_ms.saturating_sub(found.others_median_ms) >= SLOWER_MS
        && found.median_ms >= found.others_p95_ms;
    (is_slower && times::count(&others) >= FEWEST_SAMPLES).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::Aggregate;
    use crate::stats::tests::sample;

    /// Labels with so many samples that take so long.
    fn found(labels: &[(&str, u64, i64)]) -> Vec<SlowLabel> {
        let mut aggregate = Aggregate::default();
        for &(label, samples, elapsed) in labels {
            for _ in 0..samples {
                aggregate.record(&Sample {
                    label: label.as_bytes(),
                    elapsed,
                    ..sample()
                });
            }
        }
        find(&aggregate.labels(), &aggregate.samplers())
    }

    #[test]
    fn a_label_much_slower_than_the_others() {
        let found = found(&[("Home", 1_000, 20), ("Search", 500, 60), ("Pay", 500, 400)]);
        assert_eq!(found.len(), 1);
        insta::assert_snapshot!(found[0].sentence());
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Somewhat slower; a few ms; rare; too few; no others; slower than few of the others.
        assert_eq!(found(&[("Home", 1_000, 100), ("Login", 1_000, 400)]), []);
        assert_eq!(found(&[("Home", 1_000, 1), ("Login", 1_000, 45)]), []);
        assert_eq!(found(&[("Home", 100_000, 20), ("Pay", 500, 400)]), []);
        assert_eq!(found(&[("Home", 1_000, 20), ("Pay", 99, 400)]), []);
        assert_eq!(found(&[("Home", 1_000, 20)]), []);
        let others = [("Home", 1_000, 20), ("Find", 90, 600), ("Pay", 500, 400)];
        assert_eq!(found(&others), []);
        assert_eq!(found(&[]), []);
    }
}
