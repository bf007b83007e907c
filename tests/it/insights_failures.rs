//! Failures in time, timeouts and fast errors: found where they are, and with figures that options show.

use crate::common::Perfkit;
use crate::common::load::{Random, Row, arrivals, jtl, report};
use perfkit::report::{ErrorBurst, FailingSince, Finding, Part, Report, Timeouts};
use serde_json::Value;

const UNAVAILABLE: &str = "503,Service Unavailable";

/// A run of `seconds` at `rate` samples per second, whose labels are equally frequent.
fn run(
    seed: u64,
    (seconds, rate, labels): (f64, f64, usize),
    change: impl Fn(&mut Random, f64, &mut Row),
) -> String {
    let rows = arrivals(
        &mut Random(seed),
        seconds,
        |_| rate,
        |random, time| {
            let mut row = Row {
                elapsed: random.log_normal(60.0, 0.4),
                label: format!("L{}", random.below(labels)),
                ..Row::default()
            };
            change(random, time, &mut row);
            row
        },
    );
    jtl(rows)
}

fn analyzed(text: &str) -> Report {
    report(&[text], &[50.0, 95.0])
}

/// The failures that a report speaks of.
fn failures(report: &Report) -> Vec<Finding> {
    let findings = report.insights.iter().map(|insight| &insight.finding);
    let failures = findings.filter(|finding| {
        matches!(
            finding,
            Finding::FailingSince(_)
                | Finding::ErrorBurst(_)
                | Finding::Timeouts(_)
                | Finding::FastErrors(_)
        )
    });
    failures.cloned().collect()
}

fn since(text: &str) -> FailingSince {
    match &failures(&analyzed(text))[..] {
        [Finding::FailingSince(found)] => found.clone(),
        others => panic!("{others:#?}"),
    }
}

fn burst(text: &str) -> ErrorBurst {
    match &failures(&analyzed(text))[..] {
        [Finding::ErrorBurst(found)] => found.clone(),
        others => panic!("{others:#?}"),
    }
}

fn timeouts(text: &str) -> Timeouts {
    match &failures(&analyzed(text))[..] {
        [Finding::Timeouts(found)] => found.clone(),
        others => panic!("{others:#?}"),
    }
}

/// The samples and errors of TOTAL with the next step of the insight of a kind, and those that it states.
fn figures_of_next_step(text: &str, kind: &str) -> [(Value, Value); 2] {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", text);
    let json = |more: &[&str]| -> Value {
        let arguments = [
            &["analyze", "run.jtl", "--format", "json", "--no-report"],
            more,
        ]
        .concat();
        serde_json::from_str(&perfkit.run(&arguments).0).unwrap()
    };
    let report = json(&[]);
    let insights = report["insights"].as_array().unwrap();
    let insight = insights
        .iter()
        .find(|insight| insight["kind"] == kind)
        .unwrap();
    let step = insight["next_step"].as_array().unwrap();
    let step: Vec<&str> = step.iter().map(|option| option.as_str().unwrap()).collect();
    let shown = json(&step);
    let of = |value: &Value| (value["samples"].clone(), value["errors"].clone());
    [of(&shown["total"]), of(insight)]
}

#[test]
fn a_run_fails_from_a_moment_on() {
    let text = run(1, (600.0, 20.0, 2), |random, time, row| {
        row.threads = time / 2.0;
        if time >= 104.0 && random.uniform() < 0.99 {
            row.error = Some(UNAVAILABLE);
        }
    });
    let found = since(&text);
    assert_eq!((found.part, &found.name), (Part::Run, &None));
    assert!(
        (103_000..106_000).contains(&found.since_start_ms),
        "{found:?}"
    );
    assert!((50..56).contains(&found.threads.unwrap()), "{found:?}");
    assert_eq!(
        found.first_error.as_deref(),
        Some("503/Service Unavailable")
    );
    assert_eq!((found.ratio_before, found.end_ms), (0.0, None));
    let [shown, said] = figures_of_next_step(&text, "failing_since");
    assert_eq!(shown, said);
}

#[test]
fn a_step_to_a_fifth() {
    for seed in 0..8 {
        let text = run(seed, (300.0, 10.0, 3), |random, time, row| {
            let ratio = if time >= 150.0 { 0.2 } else { 0.001 };
            if random.uniform() < ratio {
                row.error = Some(UNAVAILABLE);
            }
        });
        let found = since(&text);
        assert!(
            (140_000..160_000).contains(&found.since_start_ms),
            "{found:?}"
        );
    }
}

#[test]
fn one_of_many_labels_fails_from_a_moment_on() {
    for seed in 0..4 {
        let text = run(seed, (300.0, 40.0, 60), |random, time, row| {
            if row.label == "L7" && time >= 200.0 && random.uniform() < 0.9 {
                row.error = Some(UNAVAILABLE);
            }
        });
        let found = since(&text);
        assert_eq!(
            (found.part, found.name.as_deref()),
            (Part::Label, Some("L7"))
        );
        assert!(
            (190_000..215_000).contains(&found.since_start_ms),
            "{found:?}"
        );
        let [shown, said] = figures_of_next_step(&text, "failing_since");
        assert_eq!(shown, said);
    }
}

#[test]
fn a_label_fails_for_a_tenth_of_the_run() {
    for (seed, labels) in [(1, 2), (2, 10), (3, 40)] {
        let text = run(seed, (400.0, 30.0, labels), |random, time, row| {
            if row.label == "L1" && (200.0..240.0).contains(&time) && random.uniform() < 0.9 {
                row.error = Some(UNAVAILABLE);
            }
        });
        let found = burst(&text);
        assert_eq!((found.label.as_deref(), found.bursts), (Some("L1"), 1));
        assert!(
            (198_000..212_000).contains(&found.since_start_ms),
            "{found:?}"
        );
        assert!((25_000..44_000).contains(&found.length_ms), "{found:?}");
        let [shown, said] = figures_of_next_step(&text, "error_burst");
        assert_eq!(shown, said);
    }
}

#[test]
fn all_bursts_are_counted_and_the_largest_named() {
    let text = run(1, (600.0, 20.0, 2), |random, time, row| {
        if time % 120.0 < 10.0 + time / 60.0 && time < 595.0 && random.uniform() < 0.8 {
            row.error = Some(UNAVAILABLE);
        }
    });
    let found = failures(&analyzed(&text));
    assert_eq!(found.len(), 3, "{found:#?}");
    for finding in found {
        let Finding::ErrorBurst(found) = finding else {
            panic!("{finding:?}");
        };
        assert_eq!((found.bursts, found.label), (5, None));
    }
}

#[test]
fn timeouts_are_told_from_slow_samples() {
    let text = run(1, (300.0, 20.0, 3), |random, _, row| {
        if row.label == "L2" && random.uniform() < 0.05 {
            row.elapsed = 30_000.0 + random.uniform() * 40.0;
            row.error = Some(
                "Non HTTP response code: java.net.SocketTimeoutException,Non HTTP response message: \
                 Read timed out",
            );
        }
    });
    let found = timeouts(&text);
    assert_eq!(
        (found.value_ms, found.label.as_deref()),
        (30_000, Some("L2"))
    );
    assert_eq!(found.samples, found.errors);
    assert!(found.error.unwrap().contains("SocketTimeoutException"));
    // Responses that always take as long, and coarse clocks.
    for change in [
        |_: &mut Random, row: &mut Row| row.elapsed = 2_000.0,
        |random: &mut Random, row: &mut Row| {
            row.elapsed = (random.log_normal(3.0, 1.0)).ceil() * 1_000.0
        },
        |random: &mut Random, row: &mut Row| {
            row.elapsed = (random.log_normal(900.0, 0.8) / 16.0).round() * 16.0
        },
    ] {
        let text = run(1, (300.0, 10.0, 1), |random, _, row| change(random, row));
        assert_eq!(failures(&analyzed(&text)), []);
    }
}

#[test]
fn usual_errors_say_nothing() {
    for seed in 0..12 {
        let ratio = [0.001, 0.01, 0.05, 0.3][seed as usize % 4];
        let labels = [1, 5, 60][seed as usize % 3];
        let rate = [0.4, 2.0, 30.0][seed as usize / 4];
        // Some fail in groups: a user tries again a few times.
        let tries = std::cell::Cell::new(0);
        let text = run(seed, (400.0, rate, labels), |random, _, row| {
            if tries.get() > 0 {
                tries.set(tries.get() - 1);
                row.error = Some(UNAVAILABLE);
            } else if random.uniform() < ratio / 3.0 {
                tries.set(random.below(5));
                row.error = Some(UNAVAILABLE);
            }
        });
        assert_eq!(failures(&analyzed(&text)), [], "seed {seed}");
    }
}
