//! Errors that come so much sooner than successes that they flatter the percentiles of all samples.

use serde::{Deserialize, Serialize};

use super::times;
use crate::format;
use crate::stats::LabelStats;

/// Samples, fewest.
const ENOUGH: u64 = 100;

/// Errors, fewest.
const FEWEST_ERRORS: u64 = 50;

/// Share of errors, least, in percent.
const LEAST_PERCENT: u64 = 1;

/// How often as long as errors successes take, by their medians, at least.
const SOONER: i64 = 2;

/// By how much longer, at least, ms: less may be the clock's ticks.
const SOONER_MS: i64 = 5;

/// By how much percentiles of all samples are below those of successes, at least, ms: of less,
/// rounding to a whole one makes a tenth.
const FLATTERED_MS: i64 = 2;

/// Errors that come sooner than successes: percentiles of all samples look better than those of
/// what worked, by a tenth at least.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FastErrors {
    /// Median of the samples that failed, ms.
    pub error_median_ms: i64,
    /// Median of the samples that succeeded, ms.
    pub ok_median_ms: i64,
    /// 95th percentile of the samples that succeeded, ms.
    pub ok_p95_ms: i64,
    /// Median of all samples, ms.
    pub median_ms: i64,
    /// 95th percentile of all samples, ms.
    pub p95_ms: i64,
}

impl FastErrors {
    pub(super) fn sentence(&self) -> String {
        let ms = |ms: i64| format::thousands(ms.max(0).unsigned_abs());
        format!(
            "Errors came sooner than successes (median {} ms against {} ms) and flatter the \
             percentiles of all samples: their median is {} ms and 95% took up to {} ms; of \
             successes alone, 95% took up to {} ms. --only-success shows those.",
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
        count >= ENOUGH && errors >= FEWEST_ERRORS && errors * 100 >= count * LEAST_PERCENT;
    let sooner = found.error_median_ms.saturating_mul(SOONER);
    let sooner = sooner.max(found.error_median_ms.saturating_add(SOONER_MS));
    let fails_fast = found.ok_median_ms >= sooner;
    let is_less = |of_all: i64, of_ok: i64| {
        of_all.saturating_mul(10) <= of_ok.saturating_mul(9)
            && of_ok.saturating_sub(of_all) >= FLATTERED_MS
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

    /// So many samples of each: elapsed, connect, success.
    pub(in super::super) fn of(samples: &[(u64, i64, i64, bool)]) -> LabelStats {
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
    fn errors_that_come_sooner_flatter() {
        let run = of(&[(80, 400, 0, true), (8, 500, 0, true), (112, 3, 0, false)]);
        insta::assert_snapshot!(find(&run).unwrap().sentence(), @"Errors came sooner than successes (median 3 ms against 400 ms) and flatter the percentiles of all samples: their median is 3 ms and 95% took up to 400 ms; of successes alone, 95% took up to 500 ms. --only-success shows those.");
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
