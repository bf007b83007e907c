//! Whether a run measured what it seems to have measured: patterns that flatter or spoil its figures.
//!
//! Each speaks only on clear evidence, and tells the figures it rests on.

use crate::percentile::Percentile;
use crate::stats::{Distribution, LabelStats, value_at};
use crate::units;

/// Samples needed before anything is said.
const ENOUGH: u64 = 100;

/// Labels from which on ids in them are suspected.
const MANY_LABELS: usize = 200;

/// Samples a label in a run whose labels hold ids: hardly any comes twice.
const SAMPLES_OF_AN_ID: u64 = 5;

/// What is to be said of all samples of a run, those of transaction controllers left out.
pub(super) fn notes(samples: &LabelStats, labels: usize) -> Vec<String> {
    let checks = [
        flattered(samples),
        new_connections(samples),
        ids_in_labels(samples, labels),
    ];
    checks.into_iter().flatten().collect()
}

/// Errors that come so much sooner than successes that percentiles of all samples look better than
/// those of what worked: by a tenth at least, with 1% of errors or more.
fn flattered(samples: &LabelStats) -> Option<String> {
    let times = samples.distributions();
    let (ok, ko) = (Times::of(&times.elapsed_ok)?, Times::of(&times.elapsed_ko)?);
    let all = Times::of(&times.elapsed())?;
    let is_notable = all.count >= ENOUGH && ko.count * 100 >= all.count;
    // Where half of the successes take no measurable time, nothing can be faster.
    let fails_fast = ok.median > 0 && ko.median * 2 <= ok.median;
    let is_flattered = all.p95 * 10 <= ok.p95 * 9 || all.median * 10 <= ok.median * 9;
    (is_notable && fails_fast && is_flattered).then(|| {
        format!(
            "Errors came sooner than successes (median {} ms against {} ms) and flatter the \
             percentiles of all samples: their median is {} ms and 95% took up to {} ms; of \
             successes alone, 95% took up to {} ms. --only-success shows those.",
            ko.median, ok.median, all.median, all.p95, ok.p95
        )
    })
}

/// A new connection for nearly every request: JMeter writes a Connect of 0 ms for one that did.
/// On a fast network a new connection may take 0 ms too, so that nothing is said there.
fn new_connections(samples: &LabelStats) -> Option<String> {
    let counts = samples.distributions().connect.counts();
    let of = |counts: &[(i64, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
    let at_once = counts.partition_point(|(ms, _)| *ms <= 0);
    let (count, connected) = (of(&counts), of(&counts[at_once..]));
    if count < ENOUGH || connected * 100 < count * 95 {
        return None;
    }
    let ms: i128 = counts
        .iter()
        .map(|&(ms, count)| i128::from(ms) * i128::from(count))
        .sum();
    let share = match samples.elapsed_sum() {
        elapsed if elapsed > 0 => format!(", {:.0}% of all", 100.0 * ms as f64 / elapsed as f64),
        _ => String::new(),
    };
    Some(format!(
        "{:.0}% of the samples opened a new connection, and spent {:.1} ms on it on average{share}: \
         if clients are to keep theirs, see Use KeepAlive and the thread group's Same user on each \
         iteration.",
        100.0 * connected as f64 / count as f64,
        ms as f64 / count as f64
    ))
}

/// Labels so many that hardly any has more than a few samples.
fn ids_in_labels(samples: &LabelStats, labels: usize) -> Option<String> {
    let is_so = labels >= MANY_LABELS && samples.samples < labels as u64 * SAMPLES_OF_AN_ID;
    is_so.then(|| {
        format!(
            "{} labels for {} samples: labels seem to hold ids or parameters, and say little one by \
             one; --rename 's/[0-9]+/N/g' or --group-by url-path folds them.",
            units::thousands(labels as u64),
            units::thousands(samples.samples)
        )
    })
}

/// Some figures of a distribution.
struct Times {
    count: u64,
    median: i64,
    p95: i64,
}

impl Times {
    /// `None` without samples.
    fn of(distribution: &Distribution) -> Option<Times> {
        let counts = distribution.counts();
        let count = counts.iter().map(|(_, count)| count).sum();
        Some(Times {
            count,
            median: value_at(&counts, count, Percentile::MEDIAN)?,
            p95: value_at(&counts, count, Percentile::DEFAULTS[2])?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    /// So many samples of each: elapsed, connect, success.
    fn of(samples: &[(u64, i64, i64, bool)]) -> LabelStats {
        let mut stats = LabelStats::default();
        for &(count, elapsed, connect, success) in samples {
            for _ in 0..count {
                stats.record(&Sample {
                    elapsed,
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
        insta::assert_snapshot!(notes(&run, 1).join("\n"), @"Errors came sooner than successes (median 3 ms against 400 ms) and flatter the percentiles of all samples: their median is 3 ms and 95% took up to 400 ms; of successes alone, 95% took up to 500 ms. --only-success shows those.");
    }

    #[test]
    fn a_connection_for_every_request() {
        let run = of(&[(96, 20, 5, true), (4, 20, 0, true)]);
        insta::assert_snapshot!(notes(&run, 1).join("\n"), @"96% of the samples opened a new connection, and spent 4.8 ms on it on average, 24% of all: if clients are to keep theirs, see Use KeepAlive and the thread group's Same user on each iteration.");
    }

    #[test]
    fn ids_as_labels() {
        let run = of(&[(1_200, 20, 0, true)]);
        insta::assert_snapshot!(notes(&run, 400).join("\n"), @"400 labels for 1,200 samples: labels seem to hold ids or parameters, and say little one by one; --rename 's/[0-9]+/N/g' or --group-by url-path folds them.");
    }

    #[test]
    fn weak_evidence_says_nothing() {
        let nothing: [String; 0] = [];
        // As slow as the successes; few; slower; hardly any sample; half of the connections; all below
        // a millisecond.
        for run in [
            of(&[(100, 400, 0, true), (100, 390, 0, false)]),
            of(&[(10_000, 400, 0, true), (99, 3, 0, false)]),
            of(&[(100, 400, 0, true), (10, 3_000, 0, false)]),
            of(&[(10, 400, 7, true), (10, 3, 7, false)]),
            of(&[(100, 400, 7, true), (100, 400, 0, true)]),
            of(&[(100, 0, 0, true), (100, 0, 0, false)]),
            LabelStats::default(),
        ] {
            assert_eq!(notes(&run, 1), nothing);
        }
        assert_eq!(notes(&of(&[(1_000, 20, 0, true)]), 199), nothing);
        assert_eq!(notes(&of(&[(1_000, 20, 0, true)]), 200), nothing);
    }
}
