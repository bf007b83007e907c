//! Failures in time, timeouts and fast errors: found where they are, and with figures that options show.

use crate::common::Perfkit;
use crate::common::load::{Random, Row, arrivals, jtl, report};
use perfkit::report::{ErrorBurst, FailingSince, Finding, OftenFails, Part, Report, Timeouts};
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
                | Finding::OftenFails(_)
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
fn usual_errors_are_unremarkable() {
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
        let mut found = failures(&analyzed(&text));
        found.retain(
            |finding| !matches!(finding, Finding::OftenFails(often) if often.part == Part::Run),
        );
        assert_eq!(found, [], "seed {seed}");
    }
}

fn often(text: &str) -> OftenFails {
    match &failures(&analyzed(text))[..] {
        [Finding::OftenFails(found)] => found.clone(),
        others => panic!("{others:#?}"),
    }
}

#[test]
fn the_run_often_fails() {
    for (seed, seconds, ratio, labels) in [
        (1, 30.0, 0.5, 1),
        (2, 60.0, 0.1, 4),
        (3, 400.0, 0.3, 60),
        (4, 3_000.0, 0.02, 3),
        (5, 40.0, 0.85, 2),
    ] {
        // Messages differ in a number, as those of Duration Assertions do.
        let text = run(seed, (seconds, 10.0, labels), |random, _, row| {
            if random.uniform() < ratio {
                row.failure = Some(format!("It took {} milliseconds", row.elapsed.round()));
            }
        });
        let found = often(&text);
        assert_eq!((found.part, &found.name), (Part::Run, &None), "{found:?}");
        assert_eq!(found.errors, found.error_samples);
        assert_eq!(found.error.as_deref(), Some("It took ‹duration›"));
        let [shown, said] = figures_of_next_step(&text, "often_fails");
        assert_eq!(shown, said);
    }
}

#[test]
fn labels_often_fail() {
    for (seed, seconds, ratio, labels, failing) in [
        (1, 30.0, 0.5, 3, 1),
        (2, 60.0, 0.3, 10, 1),
        (3, 400.0, 0.15, 60, 1),
        (4, 200.0, 0.8, 5, 2),
        (5, 600.0, 0.06, 2, 1),
    ] {
        let text = run(seed, (seconds, 20.0, labels), |random, _, row| {
            let number: usize = row.label[1..].parse().unwrap();
            let ratio = if number < failing { ratio } else { 0.003 };
            if random.uniform() < ratio {
                row.error = Some("502,Bad Gateway");
            }
        });
        let found = often(&text);
        let names = found.name.iter().chain(&found.others);
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(found.part, Part::Label, "{found:?}");
        assert_eq!(names, &["L0", "L1"][..failing], "{found:?}");
        assert_eq!(found.error.as_deref(), Some("502/Bad Gateway"));
        let [shown, said] = figures_of_next_step(&text, "often_fails");
        assert_eq!(shown, said);
    }
}

#[test]
fn what_explains_errors_is_told_alone() {
    // Half of all fail because a label always does.
    let text = run(1, (60.0, 10.0, 2), |_, _, row| {
        row.error = (row.label == "L1").then_some(UNAVAILABLE);
    });
    assert_eq!(failures(&analyzed(&text)), []);
    // A host that refuses, whatever the label.
    let text = run(2, (60.0, 10.0, 3), |random, _, row| {
        if random.uniform() < 0.3 {
            row.host = "down.example:9000";
            row.elapsed = 2.0;
            row.connect = 2.0;
            row.latency = Some(0.0);
            row.error = Some(
                "Non HTTP response code: java.net.ConnectException,Non HTTP response message: refused",
            );
        }
    });
    let found = failures(&analyzed(&text));
    let is_often = |finding: &Finding| matches!(finding, Finding::OftenFails(_));
    assert!(!found.iter().any(is_often), "{found:#?}");
    // Beside a label that always fails, another one often does.
    let text = run(3, (200.0, 10.0, 4), |random, _, row| {
        let ratio = match row.label.as_str() {
            "L1" => 1.0,
            "L2" => 0.3,
            _ => 0.0,
        };
        row.error = (random.uniform() < ratio).then_some(UNAVAILABLE);
    });
    assert_eq!(often(&text).name.as_deref(), Some("L2"));
}

#[test]
fn other_bursts_are_not_otherwise() {
    let text = run(1, (600.0, 20.0, 2), |random, time, row| {
        if time % 150.0 < 15.0 && time > 20.0 && random.uniform() < 0.7 {
            row.error = Some(UNAVAILABLE);
        }
    });
    let found = failures(&analyzed(&text));
    assert_eq!(found.len(), 3, "{found:#?}");
    for finding in found {
        let Finding::ErrorBurst(found) = finding else {
            panic!("{finding:?}");
        };
        // One error may be in a slice beside them.
        assert!(found.error_ratio_otherwise < 0.001, "{found:?}");
    }
}

#[test]
fn all_failed_from_the_first_failure_on() {
    let text = run(1, (600.0, 20.0, 2), |_, time, row| {
        row.error = (time >= 104.0).then_some(UNAVAILABLE);
    });
    let found = since(&text);
    assert_eq!(found.samples, found.errors);
    assert_eq!(found.start_ms, found.first_error_ms);
    assert!((103_800..104_500).contains(&found.since_start_ms));
    let [shown, said] = figures_of_next_step(&text, "failing_since");
    assert_eq!(shown, said);
    // All failed until the server was up.
    let text = run(1, (600.0, 20.0, 2), |_, time, row| {
        row.error = (time < 60.0).then_some(UNAVAILABLE);
    });
    let found = burst(&text);
    assert_eq!(found.samples, found.errors);
    assert!((59_000..60_001).contains(&found.length_ms), "{found:?}");
    let [shown, said] = figures_of_next_step(&text, "error_burst");
    assert_eq!(shown, said);
}

#[test]
fn a_run_without_a_success_is_told_however_short() {
    for samples in [1, 3, 9] {
        let mut text = run(1, (20.0, 10.0, 2), |_, _, row| {
            row.error = Some(UNAVAILABLE)
        });
        let end = text.match_indices('\n').nth(samples).unwrap().0;
        text.truncate(end + 1);
        let report = analyzed(&text);
        let sentences: Vec<&str> = report
            .insights
            .iter()
            .map(|insight| insight.sentence.as_str())
            .collect();
        let first = if samples == 1 { "with" } else { "first with" };
        let said = format!(
            "Every request failed: {samples} of {samples}, {first} “503 Service Unavailable”."
        );
        assert_eq!(sentences, [said.as_str()]);
    }
}
