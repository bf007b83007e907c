//! A label that is much slower than all others.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::super::caveats::sub_results_among;
use super::super::times::{self, Counts};
use super::super::words;
use super::super::{Told, Totals, severity};
use crate::format;
use crate::stats::{Distributions, Label, LabelStats};
use crate::text;

/// Fewest successes of the label: with fewer, even very different times may be due to chance.
const MIN_SAMPLES: u64 = 5;

/// Fewest successes of the other labels.
const MIN_OTHERS: u64 = 20;

/// Smallest share of all elapsed time that the label takes: below, it hardly matters to the run. A label
/// takes that much at five times the others' time if it is one of 60.
const MIN_SHARE_OF_ELAPSED: f64 = 0.05;

/// Smallest ratio of its median to that of the others. Requests differ by a factor of two or three in
/// any application.
const MIN_RATIO: i64 = 5;

/// Smallest difference of these medians, ms.
const MIN_DIFFERENCE_MS: i64 = 50;

/// Largest share of the others' samples that take as long as its median.
const MAX_OTHERS_AS_SLOW: f64 = 0.25;

/// Largest probability that one of the labels of a run is that slow by chance.
const MAX_CHANCE: f64 = 0.001;

/// From this share of its median on, another label is as slow. If such labels have more than a tenth of
/// the others' samples, the run has slow requests and fast ones, and none stands out.
const AS_SLOW: f64 = 1.0 / 1.5;
const MAX_SHARE_OF_LABELS_AS_SLOW: f64 = 0.1;

/// Smallest share of all elapsed time of a label that is compared: a label as slow as the one looked
/// for has more, unless it is rare.
const MIN_SHARE_TO_COMPARE: f64 = 0.005;

/// Most labels that are reported, and at most one of three: the slowest ones.
const MAX_LABELS: usize = 3;

/// A label whose median is far above that of the others. Labels of sub-results are neither slow ones nor
/// others.
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
        let others = format::thousands(self.others_median_ms);
        let times = match self.others_median_ms {
            0 => "against 0 ms".to_owned(),
            median => format!(
                "{} times the {others} ms",
                words::times(self.median_ms as f64 / median as f64)
            ),
        };
        format!(
            "{} is slow: median {} ms, {times} of the other labels, and {} of all elapsed time.",
            words::quoted(&self.label),
            format::thousands(self.median_ms),
            format::brief_percent(self.ratio_of_elapsed),
        )
    }

    fn next_step(&self) -> Vec<String> {
        words::only(&self.label).unwrap_or_default()
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

/// A label that takes enough time to be compared.
struct Candidate<'a> {
    label: &'a Label<'a>,
    /// Elapsed times of its successes: a label that fails slowly is not a slow one.
    successes: Counts,
    median: i64,
}

/// Finds slow labels among those that hold no sub-results: these are parts of others.
pub(super) fn find(labels: &[Label<'_>], samplers: &LabelStats) -> Vec<SlowLabel> {
    let sub_results: HashSet<&[u8]> = sub_results_among(labels).into_iter().collect();
    let is_compared =
        |label: &&Label<'_>| label.samplers.samples > 0 && !is_one_of(label, &sub_results);
    let count = labels.iter().filter(is_compared).count();
    if count < 2 {
        return Vec::new();
    }
    let parts = labels.iter().filter(|label| is_one_of(label, &sub_results));
    let parts: Vec<_> = parts.map(|label| label.samplers.distributions()).collect();
    let of_parts = |of: fn(&Distributions) -> Counts| {
        let parts: Vec<Counts> = parts.iter().map(|part| of(part)).collect();
        times::merged(&parts)
    };
    let all = samplers.distributions();
    let successes_of = |all: &Distributions| all.elapsed_ok.counts();
    let elapsed_of = |all: &Distributions| all.elapsed().counts();
    let successes = times::without(&successes_of(&all), &of_parts(successes_of));
    let elapsed = times::sum(&successes).max(1) as f64;
    let mut candidates: Vec<Candidate<'_>> = labels
        .iter()
        .filter(is_compared)
        // Of a million labels, few take enough time.
        .filter(|label| label.samplers.elapsed_sum() as f64 >= elapsed * MIN_SHARE_TO_COMPARE)
        .filter_map(|label| {
            let successes = label.samplers.distributions().elapsed_ok.counts();
            let median = times::median(&successes)?;
            Some(Candidate {
                label,
                successes,
                median,
            })
        })
        .collect();
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.median));
    let is_suspect = |candidate: &&Candidate<'_>| {
        let stats = candidate.label.samplers;
        times::count(&candidate.successes) >= MIN_SAMPLES.max(stats.errors)
            && times::sum(&candidate.successes) as f64 >= elapsed * MIN_SHARE_OF_ELAPSED
    };
    let at_most = (count / 3).clamp(1, MAX_LABELS);
    let suspects = candidates.iter().filter(is_suspect).take(at_most);
    let suspects: Vec<&Candidate<'_>> = suspects.collect();
    // One slow label must not hide another, so each is compared with those that are not suspected.
    let of_suspects = times::merged(suspects.iter().map(|suspect| &suspect.successes));
    let rest = times::without(&successes, &of_suspects);
    let others = candidates.iter().filter(|candidate| {
        let mut suspects = suspects.iter();
        !suspects.any(|suspect| std::ptr::eq(*suspect, *candidate))
    });
    let others: Vec<&Candidate<'_>> = others.collect();
    let all = times::without(&elapsed_of(&all), &of_parts(elapsed_of));
    let slow = suspects
        .iter()
        .filter(|suspect| is_slow(suspect, &rest, &others, count));
    slow.filter_map(|suspect| figures(suspect.label, &all))
        .collect()
}

fn is_one_of(label: &Label<'_>, names: &HashSet<&[u8]>) -> bool {
    names.contains(label.name)
}

/// Whether a label is slower than the rest by more, and in more samples, than chance explains.
fn is_slow(
    suspect: &Candidate<'_>,
    rest: &Counts,
    others: &[&Candidate<'_>],
    labels: usize,
) -> bool {
    let samples = times::count(rest);
    let Some(median) = times::median(rest).filter(|_| samples >= MIN_OTHERS) else {
        return false;
    };
    let as_slow = times::count_from(rest, suspect.median);
    let share_as_slow = (as_slow + 1) as f64 / (samples + 1) as f64;
    // If its samples were like the others, half of them would be that slow with at most this
    // probability. Source: Hoeffding, "Probability inequalities for sums of bounded random
    // variables" (1963), theorem 1.
    let halves = times::count(&suspect.successes) as f64 / 2.0;
    let chance = (4.0 * share_as_slow * (1.0 - share_as_slow)).powf(halves);
    let labels_as_slow = others
        .iter()
        .filter(|other| other.median as f64 >= suspect.median as f64 * AS_SLOW);
    let of_labels_as_slow: u64 = labels_as_slow
        .map(|other| times::count(&other.successes))
        .sum();
    is_far_above(suspect.median, median)
        && share_as_slow <= MAX_OTHERS_AS_SLOW
        && chance * labels as f64 <= MAX_CHANCE
        && of_labels_as_slow as f64 <= samples as f64 * MAX_SHARE_OF_LABELS_AS_SLOW
}

fn is_far_above(median: i64, other: i64) -> bool {
    let other = other.max(0);
    median >= other.saturating_mul(MIN_RATIO) && median.saturating_sub(other) >= MIN_DIFFERENCE_MS
}

/// The figures of a slow label beside those of all others; `None` if failed samples hide that it is slow.
fn figures(label: &Label<'_>, all: &Counts) -> Option<SlowLabel> {
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
    // A second slow label among the others may bring their median closer.
    is_far_above(found.median_ms, found.others_median_ms).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::Aggregate;
    use crate::stats::tests::sample;

    /// Finds the slow ones among labels given as (name, samples, elapsed).
    fn found(labels: &[(&str, u64, i64)]) -> Vec<SlowLabel> {
        let labels = labels
            .iter()
            .map(|&(name, samples, elapsed)| (name.to_owned(), samples, elapsed, true));
        found_among(labels)
    }

    fn found_among(labels: impl Iterator<Item = (String, u64, i64, bool)>) -> Vec<SlowLabel> {
        let mut aggregate = Aggregate::default();
        for (label, samples, elapsed, success) in labels {
            for _ in 0..samples {
                aggregate.record(&Sample {
                    label: label.as_bytes(),
                    elapsed,
                    success,
                    error_count: u64::from(!success),
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
        assert_eq!(
            found[0].sentence(),
            "“Pay” is slow: median 400 ms, 20 times the 20 ms of the other labels, and 80% of all \
             elapsed time."
        );
        assert_eq!(found[0].next_step(), ["--include", "^Pay$"]);
    }

    /// The slow label is one of this many, in a run of this many rows.
    #[test]
    fn any_number_of_labels() {
        for (labels, rows) in [
            (2, 100),
            (2, 500),
            (6, 100),
            (6, 500),
            (20, 300),
            (60, 500),
            (60, 6_000),
        ] {
            let names = (0..labels).map(|number| {
                let elapsed = if number == 1 { 250 } else { 50 };
                (format!("L{number}"), rows / labels, elapsed, true)
            });
            let found = found_among(names);
            assert_eq!(found.len(), 1, "{labels} labels, {rows} rows");
            assert_eq!((found[0].label.as_str(), found[0].median_ms), ("L1", 250));
        }
    }

    #[test]
    fn two_slow_labels_do_not_hide_each_other() {
        let usual = ["A", "B", "C", "D"].map(|name| (name, 100, 20));
        let slow = [("Pay", 100, 200), ("Report", 100, 300)];
        let found = found(&[&usual[..], &slow[..]].concat());
        let found: Vec<&str> = found.iter().map(|found| found.label.as_str()).collect();
        assert_eq!(found, ["Report", "Pay"]);
    }

    #[test]
    fn a_label_that_fails_slowly_is_not_a_slow_one() {
        let of = |failures: u64, successes: u64| {
            let labels = [
                ("Home".to_owned(), 1_000, 20, true),
                ("Pay".to_owned(), failures, 30_000, false),
                ("Pay".to_owned(), successes, 20, true),
            ];
            found_among(labels.into_iter())
        };
        assert_eq!(of(500, 0), []);
        assert_eq!(of(300, 200), []);
        assert_eq!(of(100, 400), []);
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Somewhat slower; a few ms; hardly any time; too few; no others; slower than few of the
        // others; as many slow requests as fast ones.
        assert_eq!(found(&[("Home", 1_000, 100), ("Login", 1_000, 400)]), []);
        assert_eq!(found(&[("Home", 1_000, 1), ("Login", 1_000, 45)]), []);
        assert_eq!(found(&[("Home", 100_000, 20), ("Pay", 200, 400)]), []);
        assert_eq!(found(&[("Home", 1_000, 20), ("Pay", 4, 4_000)]), []);
        assert_eq!(found(&[("Home", 1_000, 20)]), []);
        let others = [("Home", 1_000, 20), ("Find", 90, 600), ("Pay", 500, 400)];
        assert_eq!(found(&others), []);
        let halves = ["A", "B", "C", "D", "E", "F"].map(|name| {
            let elapsed = if name < "D" { 5 } else { 100 };
            (name, 100, elapsed)
        });
        assert_eq!(found(&halves), []);
        assert_eq!(found(&[]), []);
    }
}
