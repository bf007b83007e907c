//! Errors that are much faster than successes, and so make the percentiles of all samples look too good.

use serde::{Deserialize, Serialize};

use super::super::times::{self, Counts};
use super::super::{Told, Totals, severity};
use crate::format;
use crate::stats::{Aggregate, Label, LabelStats};

/// Fewest samples.
const MIN_SAMPLES: u64 = 100;

/// Fewest errors.
const MIN_ERRORS: u64 = 50;

/// Smallest error rate, in percent.
const MIN_ERROR_PERCENT: u64 = 1;

/// Smallest ratio of the median of successes to the median of errors.
const MIN_MEDIAN_RATIO: i64 = 2;

/// Smallest difference of these medians, ms: less may be due to clock ticks.
const MIN_MEDIAN_DIFFERENCE_MS: i64 = 5;

/// A percentile of all samples is misleading if that of successes is more than this many percent of it.
const MIN_PERCENT: i64 = 125;

/// Smallest difference between a percentile of successes and that of all samples, ms.
const MIN_BIAS_MS: i64 = 5;

/// Fewest successes of a label for comparison with its errors; those of other labels are compared with
/// all successes.
const MIN_SUCCESSES: u64 = 10;

/// Errors are faster than successes: the median or the 95th percentile of all samples is lower than that
/// of successes by more than a fifth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FastErrors {
    /// Failed samples.
    #[serde(default)]
    pub errors: u64,
    /// Median of the failed samples, ms.
    pub error_median_ms: i64,
    /// Median of the successful samples, ms.
    pub ok_median_ms: i64,
    /// 95th percentile of the successful samples, ms.
    pub ok_p95_ms: i64,
    /// Median of all samples, ms.
    pub median_ms: i64,
    /// 95th percentile of all samples, ms.
    pub p95_ms: i64,
    /// Whether the figures leave out rows of transaction controllers.
    #[serde(default)]
    pub is_without_controllers: bool,
}

/// Whether a percentile of all samples is much lower than that of successes.
fn is_flattered(of_all: i64, of_ok: i64) -> bool {
    of_all.saturating_mul(MIN_PERCENT) < of_ok.saturating_mul(100)
        && of_ok.saturating_sub(of_all) >= MIN_BIAS_MS
}

impl FastErrors {
    /// The percentiles that are much lower because of errors: name, of all, of successes.
    fn flattered(&self) -> Vec<(&'static str, i64, i64)> {
        let all = [
            ("median", self.median_ms, self.ok_median_ms),
            ("p95", self.p95_ms, self.ok_p95_ms),
        ];
        let flattered = all.into_iter();
        flattered
            .filter(|&(_, of_all, of_ok)| is_flattered(of_all, of_ok))
            .collect()
    }
}

impl Told for FastErrors {
    fn sentence(&self) -> String {
        let ms = |ms: i64| format::thousands(ms.max(0));
        let said = self.flattered().into_iter().map(|(name, of_all, of_ok)| {
            format!(
                "the {name} is {} ms, but {} ms for successes",
                ms(of_all),
                ms(of_ok)
            )
        });
        let said: Vec<String> = said.collect();
        format!("Fast errors flatter the figures: {}.", said.join("; "))
    }

    fn next_step(&self) -> Vec<String> {
        let controllers = ["--controllers", "exclude"].into_iter();
        let controllers = controllers.filter(|_| self.is_without_controllers);
        let step = ["--only-success"].into_iter().chain(controllers);
        step.map(str::to_owned).collect()
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.errors) * severity::MISLEADING
    }
}

pub(super) fn find(
    aggregate: &Aggregate,
    samples: &LabelStats,
    labels: &[Label<'_>],
) -> Option<FastErrors> {
    let distributions = samples.distributions();
    let ok = distributions.elapsed_ok.counts();
    let ko = distributions.elapsed_ko.counts();
    let all = distributions.elapsed().counts();
    let (errors, count) = (times::count(&ko), times::count(&all));
    let found = FastErrors {
        errors,
        error_median_ms: times::median(&ko)?,
        ok_median_ms: times::median(&ok)?,
        ok_p95_ms: times::p95(&ok)?,
        median_ms: times::median(&all)?,
        p95_ms: times::p95(&all)?,
        is_without_controllers: aggregate.controller_rows() > 0,
    };
    let is_notable =
        count >= MIN_SAMPLES && errors >= MIN_ERRORS && errors * 100 >= count * MIN_ERROR_PERCENT;
    (is_notable
        && fails_fast(&ko, &ok)
        && !found.flattered().is_empty()
        && are_own_errors_fast(&ok, errors, labels))
    .then_some(found)
}

/// Whether errors are much faster than successes.
fn fails_fast(ko: &Counts, ok: &Counts) -> bool {
    let (Some(ko), Some(ok)) = (times::median(ko), times::median(ok)) else {
        return false;
    };
    let sooner = ko.saturating_mul(MIN_MEDIAN_RATIO);
    ok >= sooner.max(ko.saturating_add(MIN_MEDIAN_DIFFERENCE_MS))
}

/// Whether most errors are of labels whose errors are faster than their own successes. Otherwise fast
/// labels fail more often than slow ones, which says nothing of errors.
fn are_own_errors_fast(ok: &Counts, errors: u64, labels: &[Label<'_>]) -> bool {
    if labels.len() < 2 {
        return true;
    }
    let fast = labels.iter().map(|label| {
        let distributions = label.samplers.distributions();
        let own_ko = distributions.elapsed_ko.counts();
        let own_ok = distributions.elapsed_ok.counts();
        let successes = match times::count(&own_ok) >= MIN_SUCCESSES {
            true => &own_ok,
            false => ok,
        };
        match fails_fast(&own_ko, successes) {
            true => times::count(&own_ko),
            false => 0,
        }
    });
    fast.sum::<u64>() * 2 >= errors
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    /// Samples given as (count, elapsed, connect, success).
    pub(in super::super::super) fn of(samples: &[(u64, i64, i64, bool)]) -> LabelStats {
        let mut stats = LabelStats::default();
        for &(count, elapsed, connect, success) in samples {
            for _ in 0..count {
                stats.record(&Sample {
                    elapsed,
                    latency: Some(elapsed),
                    connect: Some(connect),
                    success,
                    error_count: u64::from(!success),
                    ..sample()
                });
            }
        }
        stats
    }

    fn found(run: &LabelStats) -> Option<FastErrors> {
        find(&Aggregate::default(), run, &[])
    }

    #[test]
    fn fast_errors_improve_percentiles() {
        let run = of(&[(80, 400, 0, true), (8, 600, 0, true), (112, 3, 0, false)]);
        assert_eq!(
            found(&run).unwrap().sentence(),
            "Fast errors flatter the figures: the median is 3 ms, but 400 ms for successes; the p95 is \
             400 ms, but 600 ms for successes."
        );
        assert_eq!(found(&run).unwrap().next_step(), ["--only-success"]);
    }

    #[test]
    fn only_percentiles_that_errors_lower_are_named() {
        // Some errors are faster than successes, some slower: only the median is lower with them.
        let run = of(&[
            (80, 100, 0, true),
            (100, 5, 0, false),
            (20, 5_000, 0, false),
        ]);
        assert_eq!(
            found(&run).unwrap().sentence(),
            "Fast errors flatter the figures: the median is 5 ms, but 100 ms for successes."
        );
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // As slow as the successes; few; slower; hardly any sample; a few ms; none; rounded.
        for run in [
            of(&[(100, 400, 0, true), (100, 390, 0, false)]),
            of(&[(10_000, 400, 0, true), (99, 3, 0, false)]),
            of(&[(100, 400, 0, true), (10, 3_000, 0, false)]),
            of(&[(10, 400, 7, true), (10, 3, 7, false)]),
            of(&[(100, 4, 0, true), (100, 0, 0, false)]),
            of(&[(100, 0, 0, true), (100, 0, 0, false)]),
            of(&[(1_000, 9, 0, true), (1_010, 10, 0, true), (60, 4, 0, false)]),
            LabelStats::default(),
        ] {
            assert_eq!(found(&run), None);
        }
    }
}
