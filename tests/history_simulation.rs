//! Simulated histories: how often unchanged runs give an alarm, and how soon a change is found.
//! docs/history.md states the rates.
//!
//! Quick tests run by default. The ignored ones draw thousands of histories: `scripts/simulate-history.sh` runs
//! them optimised.
#![allow(clippy::unwrap_used)]

use perfkit::history::detect::{Detector, Point};
use perfkit::history::saved::{Estimate, Index, LabelIndex};
use perfkit::history::{History, Metric, Run, Settings, Verdict};

/// Noise between runs, as the standard deviation of a logarithm.
const NOISE: f64 = 0.02;

/// The metrics of a simulated label.
const METRICS: [&str; 4] = ["median", "p95", "average", "throughput"];

/// The shape of the noise. All have the same standard deviation, except for the spikes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Normal,
    /// Student's distribution with three degrees of freedom.
    HeavyTailed,
    /// Each run correlated 0.3 with the one before.
    Autocorrelated,
    /// Three of 100 runs are ten standard deviations higher.
    Spiked,
    /// The noise changes between two of its sizes every 40 runs: a family that the detector was not tuned on.
    Alternating,
    /// Whole milliseconds of a fast server: another such family.
    Rounded,
}

/// Random numbers that are the same on every machine: splitmix64.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// The noise of that many runs.
    fn noise(&mut self, shape: Shape, runs: usize) -> Vec<f64> {
        let mut last = self.normal();
        let noise = (0..runs).map(|run| match shape {
            Shape::Normal | Shape::Rounded => self.normal(),
            Shape::HeavyTailed => {
                let squares: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
                self.normal() / (squares / 3.0).sqrt() / 3.0_f64.sqrt()
            }
            Shape::Autocorrelated => {
                last = 0.3 * last + (1.0_f64 - 0.09).sqrt() * self.normal();
                last
            }
            Shape::Spiked => {
                let spike = if self.uniform() < 0.03 { 10.0 } else { 0.0 };
                self.normal() + spike
            }
            Shape::Alternating => self.normal() * if run / 40 % 2 == 0 { 0.7 } else { 1.2 },
        });
        noise.map(|value| value * NOISE).collect()
    }
}

/// Indexes of runs with that many labels, each with four independent metrics. The first label, TOTAL, is
/// `step` slower from a run on.
fn indexes(
    seed: u64,
    shape: Shape,
    runs: usize,
    labels: usize,
    step: Option<(usize, f64)>,
) -> Vec<Index> {
    let mut random = Random::new(seed);
    let noise: Vec<Vec<f64>> = (0..labels * METRICS.len())
        .map(|_| random.noise(shape, runs))
        .collect();
    let label = |run: usize, label: usize| {
        let slower = step.filter(|(at, _)| label == 0 && run >= *at);
        let factor = slower.map_or(1.0, |(_, factor)| factor);
        let value = |metric: usize, base: f64| {
            let value = base * noise[label * METRICS.len() + metric][run].exp();
            let value = if shape == Shape::Rounded {
                value.round()
            } else {
                value
            };
            Estimate { value, error: None }
        };
        let scaled = |of: Estimate| Estimate {
            value: of.value * factor,
            ..of
        };
        LabelIndex {
            label: if label == 0 {
                "TOTAL".to_owned()
            } else {
                format!("label {label}")
            },
            samples: 10_000,
            errors: 0,
            percentiles: [
                ("50".to_owned(), scaled(value(0, 100.0))),
                ("95".to_owned(), value(1, 400.0)),
            ]
            .into(),
            average: Some(value(2, 150.0)),
            throughput: Some(value(3, 80.0)),
            ..LabelIndex::default()
        }
    };
    (0..runs)
        .map(|run| Index {
            start_ms: run as i64 * 86_400_000,
            end_ms: run as i64 * 86_400_000 + 600_000,
            total: label(run, 0),
            labels: (1..labels).map(|number| label(run, number)).collect(),
            ..Index::default()
        })
        .collect()
}

fn history(indexes: &[Index]) -> History {
    let runs = indexes.iter().map(|index| {
        let run = Run {
            number: 0,
            name: String::new(),
            start_ms: index.start_ms,
            details: Vec::new(),
            input: String::new(),
            report: None,
        };
        (run, index.clone())
    });
    let metrics: Vec<Metric> = METRICS.iter().map(|name| name.parse().unwrap()).collect();
    let settings = Settings {
        metrics,
        ..Settings::default()
    };
    History::new(runs.collect(), &settings, &|_| true)
}

/// The share of gated runs that are called worse, and of histories that report any change at their end.
fn false_alarms(shape: Shape, histories: u64) -> (f64, f64) {
    const FIRST: usize = 20;
    const RUNS: usize = 60;
    let (mut worse, mut changed) = (0, 0);
    for seed in 0..histories {
        let all = indexes(seed, shape, RUNS, 7, None);
        for runs in FIRST..RUNS {
            let verdict = history(&all[..=runs]).platforms[0].verdict;
            worse += usize::from(verdict == Verdict::Worse);
        }
        changed += usize::from(!history(&all).platforms[0].events.is_empty());
    }
    let gated = histories as f64 * (RUNS - FIRST) as f64;
    (worse as f64 / gated, changed as f64 / histories as f64)
}

/// New shifts per 1,000 runs of a single series without a change, asked after every run from the 20th on.
fn alerts(shape: Shape, series: u64) -> f64 {
    const RUNS: usize = 200;
    let mut alerts = 0;
    for seed in 0..series {
        let mut detector = Detector::default();
        let mut known: Vec<usize> = Vec::new();
        for (run, value) in Random::new(seed).noise(shape, RUNS).into_iter().enumerate() {
            let value = match shape {
                Shape::Rounded => ((100.0 * value.exp()).round() + 0.5).ln(),
                _ => value,
            };
            detector.push(Point::new(value));
            let found = detector.places();
            let is_new = |at: &&usize| !known.iter().any(|old| old.abs_diff(**at) <= 5);
            if run >= 19 {
                alerts += found.iter().filter(is_new).count();
            }
            known = found.to_vec();
        }
    }
    alerts as f64 * 1_000.0 / (series as f64 * (RUNS - 19) as f64)
}

/// Of histories with a step after 20 runs, the share that reports it within that many runs.
fn found_within(labels: usize, factor: f64, within: usize, histories: u64) -> f64 {
    let found = (0..histories).filter(|&seed| {
        let all = indexes(seed, Shape::Normal, 20 + within, labels, Some((20, factor)));
        let history = history(&all);
        let mut events = history.platforms[0].events.iter();
        events.any(|event| event.label == "TOTAL" && event.run.abs_diff(20) <= 2)
    });
    found.count() as f64 / histories as f64
}

#[test]
fn a_step_is_found_and_an_unchanged_history_is_quiet() {
    assert!(
        history(&indexes(1, Shape::Normal, 40, 7, None)).platforms[0]
            .events
            .is_empty()
    );
    assert!(found_within(7, 1.1, 3, 5) >= 0.8);
}

/// The rates that docs/history.md states, each with the margin of its simulation.
#[test]
#[ignore = "takes minutes"]
fn alarms_are_at_or_below_the_stated_rates() {
    println!("noise           alerts per 1,000 runs   runs called worse   histories with a change");
    let mut missed = Vec::new();
    for (shape, max_alerts, max_worse, max_changed) in [
        (Shape::Normal, 0.5, 0.01, 0.05),
        (Shape::HeavyTailed, 1.5, 0.01, 0.10),
        (Shape::Autocorrelated, 3.0, 0.01, 0.15),
        (Shape::Spiked, 2.0, 0.01, 0.20),
        (Shape::Alternating, 2.0, 0.05, 0.50),
        (Shape::Rounded, 0.5, 0.01, 0.05),
    ] {
        let alerts = alerts(shape, 400);
        let (worse, changed) = false_alarms(shape, 200);
        println!(
            "{:15} {alerts:21.2} {:18.2}% {:24.1}%",
            format!("{shape:?}"),
            worse * 100.0,
            changed * 100.0
        );
        if alerts > max_alerts || worse > max_worse || changed > max_changed {
            missed.push(shape);
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
#[ignore = "takes a minute"]
fn steps_are_found_soon() {
    println!("series   step   within   found");
    let mut missed = Vec::new();
    for (labels, factor, within, histories, min) in [
        (1, 1.05, 10, 400, 0.85),
        (1, 1.1, 3, 400, 0.9),
        (175, 1.1, 3, 60, 0.8),
    ] {
        let found = found_within(labels, factor, within, histories);
        println!(
            "{:6} {:5.0}% {within:8} {:6.1}%",
            labels * METRICS.len(),
            (factor - 1.0) * 100.0,
            found * 100.0
        );
        if found < min {
            missed.push((labels, factor));
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}
