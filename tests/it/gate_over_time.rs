//! Criteria that a run must break for a while to fail.

use crate::common::{HEADER, row};
use crate::gate::{analyzed, of_criteria, unjudged};

#[test]
fn too_many_labels_to_judge_over_time_is_an_error() {
    let rows = (0..101).map(|label| row(1_700_000_000_000, 100, &format!("L{label}"), true));
    let results = format!("{HEADER}{}", rows.collect::<String>());
    let arguments = ["--max-labels", "200", "--fail-if", "L7: avg > 1s for 1s"];
    insta::assert_snapshot!(unjudged(&results, &arguments));
}

/// A run of 60 s in buckets of 0.5 s. Each has a sample of `Slow`, for which `slow` gives elapsed time
/// and success, and one of `Fast`, which takes 10 ms.
pub fn a_minute(slow: impl Fn(i64) -> (i64, bool)) -> Vec<String> {
    let buckets = (0..120).map(|bucket| {
        let start = 1_700_000_000_000 + bucket * 500;
        let (elapsed, success) = slow(bucket);
        let slow = row(start, elapsed, "Slow", success);
        format!("{slow}{}", row(start, 10, "Fast", true))
    });
    buckets.collect()
}

pub fn judged_over_time(buckets: &[String], criteria: &[&str]) -> (i32, String) {
    let arguments: Vec<&str> = criteria
        .iter()
        .flat_map(|criterion| ["--fail-if", criterion])
        .collect();
    let results = format!("{HEADER}{}", buckets.concat());
    let (code, _, said) = analyzed(&results, &arguments);
    let lines: Vec<&str> = of_criteria(&said);
    (code, lines.join("\n"))
}

#[test]
fn a_planted_stretch_is_found_and_measured() {
    // 12 s from second 20 on take 400 ms, then one bucket is fast, then 5 s; 2 s fail.
    let run = a_minute(|bucket| match bucket {
        40..=63 | 65..=74 => (400, true),
        100..=103 => (100, false),
        _ => (100, true),
    });
    let (code, said) = judged_over_time(
        &run,
        &[
            "Slow: avg > 300ms for 12s",
            "Slow: avg > 300ms for 12001ms",
            "Slow: avg > 300ms for 13s",
            "/^Fast$/: avg > 300ms for 1s",
            "p95 >= 400ms for 0.2min",
            "Slow: p95 > 390ms for 11s",
            "Slow: p99 > 390ms for 13s",
            "Fast: p50 > 390ms for 1s",
            "avg > 200ms for 12s",
            "Slow: latency.avg > 300ms for 12s",
            "throughput < 4.1/s for 59.5s",
            "throughput < 4.1/s for 59s",
            "goodput < 3/s for 1s",
            "goodput < 2/s for 1s",
            "rc5xx% >= 50% for 2s",
            "received < 4.1KB/s for 59s",
            "sent == 2KB/s for 59s",
            "Slow: error% >= 100% for 2s",
            "error% > 50% for 1s",
        ],
    );
    assert_eq!(code, 1);
    insta::assert_snapshot!(said);
}

#[test]
fn a_gap_does_not_end_a_stretch() {
    // No sample ends from second 10 to 29.
    let mut run = a_minute(|_| (400, true));
    run.drain(20..60);
    let verdict = |run: &[String], criterion| judged_over_time(run, &[criterion]).0;
    assert_eq!(verdict(&run, "Slow: avg > 300ms for 60s"), 1);
    assert_eq!(verdict(&run, "throughput < 1/s for 20s"), 1);
    assert_eq!(verdict(&run, "throughput < 1/s for 20.5s"), 0);
    // A sample in every fourth bucket, the last in bucket 116.
    let sparse: Vec<String> = a_minute(|_| (400, true)).into_iter().step_by(4).collect();
    assert_eq!(verdict(&sparse, "Slow: avg > 300ms for 58.5s"), 1);
    // The run is shorter.
    assert_eq!(verdict(&sparse, "Slow: avg > 300ms for 59s"), 2);
}
