//! Verdicts on simulated runs: the false-alarm rate on equal runs, and the power to find real changes.
//! docs/comparing.md states the rates.
//!
//! Quick tests run by default. The ignored ones draw half a billion samples:
//! `scripts/simulate-compare.sh` runs them optimised.
#![allow(clippy::unwrap_used)]

#[path = "it/common/mod.rs"]
mod common;

use common::simulated::{LABELS, Run, Shape, Stalls, settings};
use perfkit::compare::{Comparison, Settings, Side, Verdict, compare};

/// Pairs of equal runs per false-alarm test, and the number of alarms at which it fails. At a true rate
/// of 5%, one test in 200 has that many.
const PAIRS: u64 = 200;
const MAX_ALARMS: usize = 18;

fn compared(baseline: &Run, candidate: &Run, seed: u64, settings: &Settings) -> Comparison {
    let sides = [
        Side::of("a", baseline.report(seed * 2)),
        Side::of("b", candidate.report(seed * 2 + 1)),
    ];
    compare(&sides, settings)
}

fn verdict(comparison: &Comparison, label: &str, key: &str) -> Option<Verdict> {
    let found = comparison.verdicts();
    let mut found = found.filter(|found| found.label.label == label && found.figure.key == key);
    found.next().map(|found| found.verdict)
}

/// Comparisons of equal runs in which any figure is called better or worse, whatever the threshold.
fn alarms(run: &Run, pairs: u64) -> usize {
    let is_alarm = |seed: &u64| {
        let comparison = compared(run, run, 1_000 + seed, &settings(0.0));
        let mut found = comparison.verdicts();
        found.any(|found| matches!(found.verdict, Verdict::Worse | Verdict::Better))
    };
    (0..pairs).filter(is_alarm).count()
}

/// The shortcut to a simulated report gives the same figures and verdicts as reading its rows.
#[test]
fn simulated_reports_equal_those_of_their_rows() {
    let run = Run::of(Shape::Ramp).with_samples(14_000);
    let slower = run.slower(1.3);
    let quick = [run.report(2), slower.report(3)];
    let whole = [run.whole_report(2), slower.whole_report(3)];
    for (quick, whole) in quick.iter().zip(&whole) {
        assert_eq!(quick.total.distribution, whole.total.distribution);
        assert_eq!(quick.total.errors, whole.total.errors);
        let mean = |report: &perfkit::report::Report| report.total.elapsed.as_ref().unwrap().mean;
        assert!((mean(quick) - mean(whole)).abs() < 1e-6);
    }
    let verdicts = |[a, b]: [perfkit::report::Report; 2]| {
        let comparison = compare(&[Side::of("a", a), Side::of("b", b)], &settings(0.05));
        ["average", "median", "p95"].map(|key| verdict(&comparison, LABELS[Run::SLOWER], key))
    };
    assert_eq!(verdicts(quick), [Some(Verdict::Worse); 3]);
    assert_eq!(verdicts(whole), [Some(Verdict::Worse); 3]);
}

fn few_alarms(name: &str, run: Run) {
    let alarms = alarms(&run, PAIRS);
    println!("{name}: {alarms} of {PAIRS} equal pairs raise an alarm");
    assert!(alarms <= MAX_ALARMS, "{name}: {alarms}");
}

#[test]
#[ignore = "run optimised"]
fn a_flat_run_raises_few_alarms() {
    few_alarms("flat", Run::of(Shape::Flat));
}

#[test]
#[ignore = "run optimised"]
fn a_ramp_raises_few_alarms() {
    few_alarms("ramp", Run::of(Shape::Ramp));
}

#[test]
#[ignore = "run optimised"]
fn up_and_down_raises_few_alarms() {
    few_alarms("up and down", Run::of(Shape::UpAndDown));
}

#[test]
#[ignore = "run optimised"]
fn a_spike_raises_few_alarms() {
    few_alarms("spike", Run::of(Shape::Spike));
}

#[test]
#[ignore = "run optimised"]
fn a_soak_raises_few_alarms() {
    few_alarms("soak", Run::of(Shape::Soak));
}

#[test]
#[ignore = "run optimised"]
fn stalls_at_unrelated_moments_raise_few_alarms() {
    for stalls in [Stalls::Regular, Stalls::Random] {
        few_alarms("stalls in a ramp", Run::of(Shape::Ramp).with(stalls));
    }
    few_alarms("stalls", Run::of(Shape::Flat).with(Stalls::Random));
}

#[test]
#[ignore = "run optimised"]
fn a_closed_loop_raises_few_alarms() {
    few_alarms("closed loop", Run::of(Shape::ClosedLoop));
}

#[test]
#[ignore = "run optimised"]
fn times_of_few_ms_raise_few_alarms() {
    few_alarms("few ms", Run::of(Shape::Ramp).with_short_times());
}

#[test]
#[ignore = "run optimised"]
fn small_runs_raise_few_alarms() {
    for samples in [300, 1_500] {
        few_alarms("small ramp", Run::of(Shape::Ramp).with_samples(samples));
        few_alarms("small flat", Run::of(Shape::Flat).with_samples(samples));
    }
}

/// A slowdown of one label, and the power with which it must be found.
struct Change<'a> {
    name: &'a str,
    run: &'a Run,
    factor: f64,
    pairs: u64,
    /// Figure, threshold, and the minimum percentage of pairs in which it is called worse.
    found: &'a [(&'a str, f64, f64)],
}

impl Change<'_> {
    /// The figures that were found too rarely.
    fn missed(&self) -> Vec<String> {
        let slower = self.run.slower(self.factor);
        let mut counts = vec![0; self.found.len()];
        for seed in 0..self.pairs {
            let seed = 2 * (5_000 + seed);
            let sides = [
                Side::of("a", self.run.report(seed)),
                Side::of("b", slower.report(seed + 1)),
            ];
            for ((key, threshold, _), count) in self.found.iter().zip(&mut counts) {
                let comparison = compare(&sides, &settings(*threshold));
                let verdict = verdict(&comparison, LABELS[Run::SLOWER], key);
                *count += u64::from(verdict == Some(Verdict::Worse));
            }
        }
        let found = self.found.iter().zip(counts);
        let missed = found.filter_map(|((key, threshold, least), count)| {
            let share = count as f64 / self.pairs as f64 * 100.0;
            let what = format!(
                "{}, {key} x {}, threshold {threshold}: found in {share}%",
                self.name, self.factor
            );
            println!("{what}");
            (share < *least).then(|| format!("{what}, not {least}%"))
        });
        missed.collect()
    }
}

#[test]
#[ignore = "run optimised"]
fn real_changes_are_found() {
    let ramp = Run::of(Shape::Ramp);
    let stalls = ramp.clone().with(Stalls::Regular);
    let random = ramp.clone().with(Stalls::Random);
    let large = ramp.clone().with_samples(700_000);
    let closed = Run::of(Shape::ClosedLoop);
    let change = |name, run, factor, pairs, found| Change {
        name,
        run,
        factor,
        pairs,
        found,
    };
    // 5% is barely detectable; 10% also exceeds the default threshold.
    let five: &[_] = &[("average", 0.0, 90.0), ("median", 0.0, 90.0)];
    let ten: &[_] = &[("p95", 0.0, 95.0), ("median", 0.05, 95.0)];
    let stalled: &[_] = &[("average", 0.0, 95.0), ("median", 0.05, 95.0)];
    // A random number of stalls makes means vary more.
    let at_random: &[_] = &[("average", 0.0, 70.0), ("median", 0.05, 95.0)];
    let changes = [
        change("ramp", &ramp, 1.05, 100, five),
        change("ramp", &ramp, 1.1, 100, ten),
        change("stalls", &stalls, 1.05, 100, &[("median", 0.0, 75.0)]),
        change("stalls", &stalls, 1.1, 100, stalled),
        change(
            "random stalls",
            &random,
            1.05,
            100,
            &[("median", 0.0, 75.0)],
        ),
        change("random stalls", &random, 1.1, 100, at_random),
        change("closed loop", &closed, 1.1, 100, &[("median", 0.05, 95.0)]),
        change("100,000 a label", &large, 1.05, 40, &[("p95", 0.0, 80.0)]),
    ];
    let missed: Vec<String> = changes.iter().flat_map(Change::missed).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}
