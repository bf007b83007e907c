//! Criteria on windows of a run, and those that a run is too short for.

use crate::common::{HEADER, row};
use crate::gate::{analyzed, unjudged};
use crate::gate_over_time::{a_minute, judged_over_time};

#[test]
fn windows_take_all_their_samples_together() {
    // Two samples per half a second. From second 20 to 30, those of `Slow` take 400 ms; 2 s fail.
    let run = a_minute(|bucket| match bucket {
        40..=59 => (400, true),
        100..=103 => (100, false),
        _ => (100, true),
    });
    let criteria = [
        // 4 failures in 2 s, of 8 samples; of 40 samples in 10 s.
        "errors > 3 over 2s",
        "errors > 4 over 2s",
        "errors >= 4 over 10s",
        "error% >= 50% over 2s",
        "error% >= 10% over 10s",
        "error% > 10% over 10s",
        "Slow: error% > 50% over 3s",
        "Slow: errors > 4 over 30s",
        "rc500 > 3 over 2s",
        "rc5xx% >= 50% over 2s",
        "rc4xx > 0 over 30s",
        // (20 x 400 + 20 x 10) / 40, then half of it.
        "avg > 204ms over 10s",
        "avg >= 205ms over 10s",
        "Slow: avg >= 250ms over 20s",
        "Slow: avg > 250ms over 20s",
        "Slow: latency.avg > 250ms over 20s",
        "connect.avg > 0ms over 20s",
        // Of 40 samples, the slowest 20 take 400 ms.
        "p50 > 90ms over 10s",
        "p90 > 390ms over 10s",
        "Slow: p50 > 390ms over 18s",
        "Slow: p50 > 390ms over 25s",
        "throughput > 4/s over 5s",
        "throughput < 4/s over 5s",
        "goodput < 2.1/s over 2s",
        "Slow: goodput < 0.1/s over 2s",
        "count > 40 over 10s",
        "count < 40 over 10s",
        "received > 4KB/s over 5s",
        "sent < 2KB/s over 5s",
    ];
    let (code, said) = judged_over_time(&run, &criteria);
    assert_eq!(code, 1);
    insta::assert_snapshot!(said);
}

#[test]
fn within_does_not_wait_for_a_whole_window() {
    // Everything fails in the first 2 s.
    let run = a_minute(|bucket| (100, bucket >= 4));
    let verdict = |criterion| judged_over_time(&run, &[criterion]).0;
    assert_eq!(verdict("Slow: error% > 50% over 10s"), 0);
    assert_eq!(verdict("Slow: error% > 50% within 10s"), 1);
    assert_eq!(verdict("Slow: errors > 4 within 10s"), 0);
    assert_eq!(verdict("Slow: errors > 3 within 10s"), 1);
    // Later windows are whole.
    let run = a_minute(|bucket| (100, !(40..44).contains(&bucket)));
    let verdict = |criterion| judged_over_time(&run, &[criterion]).0;
    assert_eq!(verdict("Slow: error% > 20% within 10s"), 0);
    assert_eq!(verdict("Slow: error% >= 20% within 10s"), 1);
}

#[test]
fn a_time_longer_than_the_run_is_an_error() {
    // 25 s in which everything fails.
    let rows = (0..250).map(|number| row(1_700_000_000_000 + number * 100, 100, "A", false));
    let results = format!("{HEADER}{}", rows.collect::<String>());
    let of = |criterion: &str| unjudged(&results, &["--fail-if", criterion]);
    let code = |criterion: &str| analyzed(&results, &["--fail-if", criterion]).0;
    let errors = [
        of("error% > 50% for 5min"),
        of("A: error% > 50% for 5min"),
        of("A: p95 > 1s for 26s"),
        of("throughput > 1/s for 30s"),
        of("errors > 10 over 30s"),
        of("p95 > 1s over 1h"),
        of("p95 > 1s within 1h"),
    ];
    insta::assert_snapshot!(errors.join("\n"));
    assert_eq!(code("error% > 50% for 20s"), 1);
    // A failure is certain, however the run would have gone on.
    assert_eq!(code("errors > 10 within 5min"), 1);
}

#[test]
fn a_label_may_end_before_the_run_does() {
    // `Login` has samples in the first 5 s only.
    let rows = (0..300).map(|number| {
        let start = 1_700_000_000_000 + number * 100;
        let login = row(start, 100, "Login", number % 10 != 5);
        let login = if number < 50 { login } else { String::new() };
        format!("{login}{}", row(start, 100, "Pay", true))
    });
    let results = format!("{HEADER}{}", rows.collect::<String>());
    let verdict = |criterion: &str| {
        let (code, _, said) = analyzed(&results, &["--fail-if", criterion]);
        (code, said.lines().last().unwrap_or_default().to_owned())
    };
    // It recovered, again and again, so it did not fail for that long.
    let (code, said) = verdict("/./: error% > 50% for 10s");
    assert_eq!(code, 0, "{said}");
    let (code, said) = verdict("/./: p95 > 1s for 10s");
    assert_eq!(code, 0, "{said}");
    // It took long for as long as it was there: nobody knows how it would have gone on.
    let (code, said) = verdict("/./: avg >= 100ms for 10s");
    assert_eq!(code, 1, "{said}");
    let (code, said) = verdict("Login: avg >= 100ms for 10s");
    assert_eq!(code, 2, "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn many_response_codes_are_known_by_class() {
    let rows = (0..70).map(|number| {
        let row = row(1_700_000_000_000 + number * 100, 100, "A", true);
        row.replace(",200,", &format!(",{},", 200 + number * 5))
    });
    let results = format!("{HEADER}{}", rows.collect::<String>());
    let code = |criterion: &str| analyzed(&results, &["--fail-if", criterion]).0;
    // 200 to 545: 20 codes of each class, and 10 of the last.
    assert_eq!(code("rc5xx != 10"), 0);
    assert_eq!(code("A: rc2xx > 19"), 1);
    assert_eq!(code("rc* != 70"), 0);
    let of = |criterion: &str| unjudged(&results, &["--fail-if", criterion]);
    insta::assert_snapshot!([of("rc404 > 0"), of("rc40x > 0 over 1s")].join("\n"));
}
