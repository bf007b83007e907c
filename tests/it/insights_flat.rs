//! Runs without events have no insights.

use crate::common::load::{Random, Row, arrivals, jtl, report};
use perfkit::report::Finding;

/// A run without events, with a shape drawn from its seed.
fn flat(seed: u64) -> String {
    let mut random = Random(seed);
    let random = &mut random;
    let seconds = [40.0, 130.0, 300.0, 900.0, 3_000.0][random.below(5)];
    let samples = [2_000.0, 5_000.0, 12_000.0][random.below(3)];
    let labels = [1, 2, 3, 5][random.below(4)];
    let shape = random.below(4);
    let error_ratio = [0.0, 0.0, 0.01, 0.08][random.below(4)];
    let engines = [None, None, Some(2), Some(4)][random.below(4)];
    let hosts = 1 + random.below(3);
    let ramp = [0.0, 0.08, 1.0][random.below(3)];
    let memory = [0.0_f64, 0.0, 0.8, 0.97][random.below(4)];
    // Each hundredth of the run has a level that depends on the one before.
    let mut levels = vec![1.0_f64];
    for _ in 0..101 {
        let last = levels[levels.len() - 1];
        let step = 0.2 * (1.0 - memory * memory).sqrt() * random.normal();
        levels.push((last.ln() * memory + if memory > 0.0 { step } else { 0.0 }).exp());
    }
    let median = [8.0, 40.0, 300.0][random.below(3)];
    let threads = |time: f64| match ramp > 0.0 {
        // An open model: more threads, but no more samples.
        true => 2.0 + 48.0 * (time / seconds / ramp).min(1.0),
        false => 50.0,
    };
    // In a closed model, load grows with threads.
    let is_closed = random.uniform() < 0.5 && ramp < 1.0;
    let per_second = samples / seconds;
    let rate = |time: f64| match is_closed {
        true => per_second * threads(time) / 50.0,
        false => per_second,
    };
    let rows = arrivals(random, seconds, rate, |random, time| {
        let label = random.below(labels);
        let usual = median * levels[(time / seconds * 100.0) as usize] * (1.0 + 0.4 * label as f64);
        let elapsed = match shape {
            0 => usual * (1.0 + 0.2 * random.normal()).max(0.05),
            1 => random.log_normal(usual, 0.4),
            2 => random.log_normal(usual, 0.9),
            _ => random.exponential(usual),
        };
        Row {
            elapsed,
            label: format!("Label {label}"),
            error: (random.uniform() < error_ratio).then_some("500,Internal Server Error"),
            engine: engines.map(|engines| random.below(engines)),
            host: ["a.example", "b.example", "c.example"][random.below(hosts)],
            threads: threads(time) + random.normal() * 1.5,
            connect: if random.uniform() < 0.1 {
                0.2 * elapsed
            } else {
                0.0
            },
            ..Row::default()
        }
    });
    jtl(rows)
}

/// A closed model: users wait for a response, think and request again, nearly all from the start.
fn users(seed: u64) -> String {
    let random = &mut Random(seed);
    let seconds = [60.0, 250.0, 900.0][random.below(3)];
    let users = [5, 20, 60][random.below(3)];
    // About 1,000 to 6,000 samples.
    let (most, least) = (
        seconds * users as f64 / 1_500.0,
        seconds * users as f64 / 6_000.0,
    );
    let think_s = [0.0_f64, 0.5, 2.0][random.below(3)]
        .min(most - 0.06)
        .max(least);
    let ramp_s = seconds * [0.0, 0.03, 0.08][random.below(3)];
    let sigma = [0.2, 0.7][random.below(2)];
    let mut rows = Vec::new();
    let starts = (0..users).map(|user| ramp_s * user as f64 / users as f64);
    let starts: Vec<f64> = starts.collect();
    for &start in &starts {
        let mut time = start;
        while time < seconds {
            let elapsed = random.log_normal(60.0, sigma);
            let threads = starts.partition_point(|&start| start <= time);
            rows.push(Row {
                start: time * 1_000.0,
                elapsed,
                threads: threads as f64,
                label: format!("Label {}", random.below(2)),
                ..Row::default()
            });
            time += elapsed / 1_000.0 + random.exponential(think_s);
        }
    }
    jtl(rows)
}

/// The number of flat runs of each of the two kinds; `FLAT_RUNS` sets another. 200 runs without an alarm
/// bound the rate of false alarms by 1.5% with 95% confidence.
fn flat_runs() -> u64 {
    let runs = std::env::var("FLAT_RUNS").ok();
    runs.and_then(|runs| runs.parse().ok()).unwrap_or(100)
}

#[test]
fn flat_runs_have_no_insights() {
    let mut false_alarms = Vec::new();
    for seed in 0..flat_runs() {
        for (name, text) in [("flat", flat(seed)), ("users", users(seed))] {
            let report = report(&[&text], &[50.0, 90.0, 95.0, 99.0]);
            assert!(report.total.samples >= 900, "{name} {seed}");
            // Some of these runs fail at a constant rate of up to 10%: that is true of them.
            let insights = report.insights.into_iter();
            let others = insights.filter(|found| !matches!(found.finding, Finding::OftenFails(_)));
            let sentences = others.map(|insight| insight.sentence);
            false_alarms.extend(sentences.map(|sentence| format!("{name} {seed}: {sentence}")));
        }
    }
    assert!(false_alarms.is_empty(), "{false_alarms:#?}");
}
