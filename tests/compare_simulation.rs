//! Verdicts on runs drawn from a known distribution: false alarms stay rare, true changes are found.
#![allow(clippy::unwrap_used)]

use perfkit::compare::{Comparison, Settings, Verdict, compare};
use perfkit::jtl::Sample;
use perfkit::percentile::Percentile;
use perfkit::report::{Report, Sources};
use perfkit::stats::Aggregate;

/// Vigna's splitmix64.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Box and Muller's.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A run of log-normal times around 100 ms. The level of each second is an AR(1) process with
/// this memory and this deviation (of the logarithm).
fn run(seed: u64, seconds: i64, each: i64, memory: f64, deviation: f64, factor: f64) -> Report {
    let mut random = Random(seed);
    let mut aggregate = Aggregate::default();
    let mut level = random.normal() * deviation;
    for second in 0..seconds {
        level = memory * level + (1.0 - memory * memory).sqrt() * deviation * random.normal();
        for number in 0..each {
            let elapsed = factor * 100.0 * (level + 0.4 * random.normal()).exp();
            aggregate.record(&Sample {
                time_stamp: 1_700_000_000_000 + second * 1_000 + number * 1_000 / each,
                elapsed: elapsed.round() as i64,
                label: b"A",
                success: true,
                sample_count: 1,
                position: (second * each + number) as u64,
                input: 0,
                latency: None,
                connect: None,
                idle_time: None,
                response_code: b"200",
                response_message: b"OK",
                failure_message: b"",
                thread_name: b"Users 1-1",
                url: b"",
                hostname: b"",
                bytes: None,
                sent_bytes: None,
                grp_threads: None,
                all_threads: None,
                error_count: 0,
            });
        }
    }
    Report::new(&aggregate, Sources::default())
}

fn compared(baseline: Report, candidate: Report) -> Comparison {
    let settings = Settings {
        confidence: 0.95,
        // None, so that the intervals alone decide.
        threshold_ratio: 0.0,
        threshold_ms: 0.0,
        percentiles: Percentile::DEFAULTS.to_vec(),
    };
    compare(
        &[("a".to_owned(), baseline), ("b".to_owned(), candidate)],
        &settings,
    )
}

/// Comparisons of equal runs with any alarm.
fn alarms(pairs: u64, memory: f64, deviation: f64) -> usize {
    let of = |pair: u64| {
        let run = |seed| run(seed, 200, 10, memory, deviation, 1.0);
        let comparison = compared(run(2 * pair + 1), run(2 * pair + 2));
        comparison
            .verdicts()
            .any(|found| matches!(found.4, Verdict::Worse | Verdict::Better))
    };
    (0..pairs).filter(|&pair| of(pair * 7_919)).count()
}

/// The stated rate is 5%.
#[test]
fn equal_runs_of_independent_samples_raise_few_alarms() {
    let alarms = alarms(100, 0.0, 0.0);
    assert!(alarms <= 5, "{alarms}");
}

#[test]
fn equal_runs_with_slow_and_fast_times_raise_few_alarms() {
    for memory in [0.5, 0.8, 0.9] {
        let alarms = alarms(100, memory, 0.2);
        assert!(alarms <= 5, "{memory}: {alarms}");
    }
}

#[test]
fn a_tenth_more_is_found_in_100_000_samples() {
    let comparison = compared(
        run(1, 400, 250, 0.5, 0.05, 1.0),
        run(2, 400, 250, 0.5, 0.05, 1.1),
    );
    for found in comparison.verdicts().filter(|found| found.1.key == "p95") {
        assert_eq!(found.4, Verdict::Worse, "{:?}", found.3);
    }
    assert_eq!(
        comparison
            .verdicts()
            .filter(|found| found.1.key == "p95")
            .count(),
        2
    );
}
