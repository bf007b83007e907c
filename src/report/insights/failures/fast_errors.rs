//! Errors that are much faster than successes, and so make the percentiles of all samples look too good.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::times;
use crate::format;
use crate::stats::LabelStats;

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

/// Smallest difference between a percentile of successes and that of all samples, ms: below this,
/// rounding alone makes a difference of a tenth.
const MIN_BIAS_MS: i64 = 2;

/// Errors are faster than successes: percentiles of all samples are lower than those of successes by
/// a tenth or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FastErrors {
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
}

impl Told for FastErrors {
    fn sentence(&self) -> String {
        let ms = |ms: i64| format::thousands(ms.max(0).unsigned_abs());
        format!(
            "Errors are faster than successes (median {} ms against {} ms) and make the percentiles \
             of all samples look better: median {} ms and p95 {} ms; for successes alone, p95 is {} \
             ms. --only-success analyzes those.",
            ms(self.error_median_ms),
            ms(self.ok_median_ms),
            ms(self.median_ms),
            ms(self.p95_ms),
            ms(self.ok_p95_ms)
        )
    }
}

pub(super) fn find(samples: &LabelStats) -> Option<FastErrors> {
    let distributions = samples.distributions();
    let ok = distributions.elapsed_ok.counts();
    let ko = distributions.elapsed_ko.counts();
    let all = distributions.elapsed().counts();
    let found = FastErrors {
        error_median_ms: times::median(&ko)?,
        ok_median_ms: times::median(&ok)?,
        ok_p95_ms: times::p95(&ok)?,
        median_ms: times::median(&all)?,
        p95_ms: times::p95(&all)?,
    };
    let (errors, count) = (times::count(&ko), times::count(&all));
    let is_notable =
        count >= MIN_SAMPLES && errors >= MIN_ERRORS && errors * 100 >= count * MIN_ERROR_PERCENT;
    let sooner = found.error_median_ms.saturating_mul(MIN_MEDIAN_RATIO);
    let sooner = sooner.max(
        found
            .error_median_ms
            .saturating_add(MIN_MEDIAN_DIFFERENCE_MS),
    );
    let fails_fast = found.ok_median_ms >= sooner;
    let is_less = |of_all: i64, of_ok: i64| {
        of_all.saturating_mul(10) <= of_ok.saturating_mul(9)
            && of_ok.saturating_sub(of_all) >= MIN_BIAS_MS
    };
    let is_flattered =
        is_less(found.p95_ms, found.ok_p95_ms) || is_less(found.median_ms, found.ok_median_ms);
    (is_notable && fails_fast && is_flattered).then_some(found)
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

    #[test]
    fn fast_errors_improve_percentiles() {
        let run = of(&[(80, 400, 0, true), (8, 500, 0, true), (112, 3, 0, false)]);
        insta::assert_snapshot!(find(&run).unwrap().sentence(), @"Errors are faster than successes (median 3 ms against 400 ms) and make the percentiles of all samples look better: median 3 ms and p95 400 ms; for successes alone, p95 is 500 ms. --only-success analyzes those.");
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
            assert_eq!(find(&run), None);
        }
    }
}
