//! A label that is much slower than all others.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::times::{self, Counts};
use super::super::words;
use crate::format;
use crate::stats::{Label, LabelStats};
use crate::text;

/// Fewest samples of the label, and of the others.
const MIN_SAMPLES: u64 = 100;

/// Smallest share of all samples that the label has: a rare label hardly matters to the run.
const MIN_SHARE_OF_SAMPLES: f64 = 0.01;

/// Smallest ratio of its median to that of the others. Requests differ by a factor of two or three in
/// any application.
const MIN_RATIO: i64 = 5;

/// Smallest difference of these medians, ms.
const MIN_DIFFERENCE_MS: i64 = 50;

/// Most labels that are reported: the slowest ones.
const MAX_LABELS: usize = 3;

/// A label whose median is slower than nearly all samples of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowLabel {
    /// The label.
    pub label: String,
    /// Number of its samples.
    pub samples: u64,
    /// Its median elapsed time, ms.
    pub median_ms: i64,
    /// Median elapsed time of all other labels' samples, ms.
    pub others_median_ms: i64,
    /// 95th percentile of elapsed time of all other labels' samples, ms.
    pub others_p95_ms: i64,
    /// Its share of all samples, 0 to 1.
    pub ratio_of_samples: f64,
    /// Its share of all elapsed time, 0 to 1.
    pub ratio_of_elapsed: f64,
}

impl Told for SlowLabel {
    fn sentence(&self) -> String {
        let times = match self.others_median_ms {
            0 => String::new(),
            others => format!(
                " ({} times as long)",
                words::times(self.median_ms as f64 / others as f64)
            ),
        };
        format!(
            "{} is much slower than the other labels: median {} ms against {} ms{times}, while their \
             p95 is {} ms. Its {} ({}) {} {} of all elapsed time.",
            words::quoted(&self.label),
            format::thousands(self.median_ms.unsigned_abs()),
            format::thousands(self.others_median_ms.unsigned_abs()),
            format::thousands(self.others_p95_ms.unsigned_abs()),
            format::counted(self.samples, "sample"),
            format::brief_percent(self.ratio_of_samples),
            if self.samples == 1 { "takes" } else { "take" },
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
        // Of a million labels, few have enough samples.
        .filter(|label| {
            let samples = label.samplers.samples;
            samples >= MIN_SAMPLES && samples as f64 >= count as f64 * MIN_SHARE_OF_SAMPLES
        })
        .filter_map(|label| compare(label, &all))
        .collect();
    slow.sort_by_key(|found| std::cmp::Reverse(found.median_ms));
    slow.truncate(MAX_LABELS);
    slow
}

fn compare(label: &Label<'_>, all: &Counts) -> Option<SlowLabel> {
    let own = label.samplers.distributions().elapsed().counts();
    let others = times::without(all, &own);
    let found = SlowLabel {
        label: text::of(label.name).into_owned(),
        samples: times::count(&own),
        median_ms: times::median(&own)?,
        others_median_ms: times::median(&others)?.max(0),
        others_p95_ms: times::p95(&others)?.max(0),
        ratio_of_samples: times::count(&own) as f64 / times::count(all) as f64,
        // Negative times, after a clock was set back, must not make the ratio infinite.
        ratio_of_elapsed: times::sum(&own) as f64 / times::sum(all).max(1) as f64,
    };
    let is_slower = found.median_ms >= found.others_median_ms.saturating_mul(MIN_RATIO)
        && found.median_ms.saturating_sub(found.others_median_ms) >= MIN_DIFFERENCE_MS
        && found.median_ms >= found.others_p95_ms;
    (is_slower && times::count(&others) >= MIN_SAMPLES).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::Aggregate;
    use crate::stats::tests::sample;

    /// Finds the slow ones among labels given as (name, samples, elapsed).
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
