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

/// One label of a run: log-normal times around 100 ms, so many a second. The level of each second is
/// an AR(1) process with this memory and this deviation (of the logarithm).
#[derive(Clone, Copy)]
struct Label {
    name: &'static str,
    each: i64,
    memory: f64,
    deviation: f64,
    /// What all its times are multiplied by.
    factor: f64,
    /// What one in ten of its samples is multiplied by while the level is above its mean: the
    /// slowest samples then come together, and the others tell nothing of it.
    stall: f64,
}

const LABEL: Label = Label {
    name: "A",
    each: 10,
    memory: 0.0,
    deviation: 0.0,
    factor: 1.0,
    stall: 1.0,
};

fn run(seed: u64, seconds: i64, labels: &[Label]) -> Report {
    let mut aggregate = Aggregate::default();
    for (place, label) in labels.iter().enumerate() {
        let mut random = Random(seed * 31 + place as u64);
        let mut level = random.normal();
        for second in 0..seconds {
            let memory = label.memory;
            level = memory * level + (1.0 - memory * memory).sqrt() * random.normal();
            for number in 0..label.each {
                let mut elapsed =
                    label.factor * 100.0 * (label.deviation * level + 0.4 * random.normal()).exp();
                if number % 10 == 0 && level > 0.0 {
                    elapsed *= label.stall;
                }
                aggregate.record(&sample(label, second, number, elapsed));
            }
        }
    }
    Report::new(&aggregate, Sources::default())
}

fn sample<'a>(label: &Label, second: i64, number: i64, elapsed: f64) -> Sample<'a> {
    Sample {
        time_stamp: 1_700_000_000_000 + second * 1_000 + number * 1_000 / label.each,
        elapsed: elapsed.round() as i64,
        label: label.name.as_bytes(),
        success: true,
        sample_count: 1,
        position: (second * label.each + number) as u64,
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
    }
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
fn alarms(pairs: u64, labels: &[Label]) -> usize {
    let of = |pair: u64| {
        let run = |seed| run(seed, 200, labels);
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
    let alarms = alarms(100, &[LABEL]);
    assert!(alarms <= 5, "{alarms}");
}

#[test]
fn equal_runs_with_slow_and_fast_times_raise_few_alarms() {
    for memory in [0.5, 0.8, 0.9] {
        let label = Label {
            memory,
            deviation: 0.2,
            ..LABEL
        };
        let alarms = alarms(100, &[label]);
        assert!(alarms <= 5, "{memory}: {alarms}");
    }
}

#[test]
fn labels_whose_slow_times_are_their_own_raise_few_alarms() {
    for stall in [1.0, 4.0] {
        let label = |name, each, memory| Label {
            name,
            each,
            memory,
            deviation: if stall > 1.0 { 0.0 } else { 0.2 },
            stall,
            ..LABEL
        };
        let labels = [
            label("A", 30, 0.0),
            label("B", 10, 0.8),
            label("C", 10, 0.9),
        ];
        let alarms = alarms(100, &labels);
        assert!(alarms <= 5, "{stall}: {alarms}");
    }
}

#[test]
fn a_tenth_more_is_found_in_100_000_samples() {
    let run = |seed, factor| {
        let label = Label {
            each: 250,
            memory: 0.5,
            deviation: 0.05,
            factor,
            ..LABEL
        };
        run(seed, 400, &[label])
    };
    let comparison = compared(run(1, 1.0), run(2, 1.1));
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
