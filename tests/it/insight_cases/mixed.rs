//! Runs with two things at once, of which one may hide the other or be taken for it.

use serde_json::json;

use super::expected::Case;
use super::runs::{SHOP, UNAVAILABLE, run, usual};
use crate::common::load::{Random, arrivals, jtl};

pub fn cases() -> Vec<Case> {
    [saturated_with_errors(), failures(), no_drift()].concat()
}

/// A ramp to 400 threads on a server that completes 80 requests per second, with 60 s in which most requests
/// fail at once.
fn saturated_with_errors() -> Vec<Case> {
    let is_out = |time: f64| (120.0..180.0).contains(&time);
    let threads = |time: f64| 1.0 + 399.0 * time / 300.0;
    let rate = |time: f64| match is_out(time) {
        true => 400.0,
        false => threads(time).min(40.0) * 2.0,
    };
    let rows = arrivals(&mut Random(61), 300.0, rate, |random, time| {
        let mut row = usual(random, &SHOP);
        row.threads = threads(time);
        let is_failed = is_out(time) && random.uniform() < 0.95;
        row.error = is_failed.then_some(UNAVAILABLE);
        if !is_out(time) {
            row.elapsed = random.log_normal(500.0 * (threads(time) / 40.0).max(1.0), 0.2);
        }
        row
    });
    vec![
        Case::new("a-plateau-with-a-burst", jtl(rows))
            .must(json!([
                {"kind": "saturation", "threads": [30, 70]},
                {"kind": "error_burst"},
            ]))
            .may(&["steady_window", "fast_errors"]),
    ]
}

fn failures() -> Vec<Case> {
    let since = |part: &str, name: Option<&str>| json!({"kind": "failing_since", "part": part, "name": name});
    let label = run(62, 600.0, 3_000.0, &["Home"], |random, time, row| {
        if random.uniform() < 0.2 {
            row.label = "Pay".to_owned();
        }
        let fails = row.label == "Home" && time >= 300.0 && random.uniform() < 0.5;
        row.error = fails.then_some(UNAVAILABLE);
    });
    let all = run(63, 600.0, 3_000.0, &SHOP, |random, time, row| {
        row.group = if random.uniform() < 0.97 {
            "Users"
        } else {
            "Guests"
        };
        row.error = (time >= 300.0).then_some(UNAVAILABLE);
    });
    let fast_server = run(64, 600.0, 6_000.0, &["Home"], |random, _, row| {
        row.elapsed = 1.0 + random.below(3) as f64;
        if random.uniform() < 0.05 {
            row.elapsed = 5_000.0 + random.below(4) as f64;
            row.error = Some("504,Gateway Time-out");
        }
    });
    let mut clocks = run(67, 600.0, 6_000.0, &SHOP, |random, time, row| {
        row.engine = Some(1 + random.below(2));
        row.threads = 10.0;
        row.error = (row.engine == Some(1) && time >= 450.0).then_some(UNAVAILABLE);
    });
    for row in clocks.iter_mut().filter(|row| row.engine == Some(2)) {
        row.start += 90_000.0;
    }
    vec![
        // The second clock is ahead: the failures of the first generator last to its end, and are no burst.
        Case::new("failures-with-clocks-apart", jtl(clocks))
            .must(json!([{"kind": "often_fails"}, {"kind": "clocks_apart"}])),
        Case::new("a-label-with-most-requests", jtl(label)).must(since("label", Some("Home"))),
        // Nearly all of these requests are of one thread group, but the others fail, too.
        Case::new("both-thread-groups-fail", jtl(all)).must(since("run", None)),
        Case::new("timeouts-of-a-fast-server", jtl(fast_server))
            .must(json!({"kind": "timeouts", "value_ms": 5_000})),
    ]
}

/// The median rises because other requests succeed, or because more are of the slower kind.
fn no_drift() -> Vec<Case> {
    let engines = run(65, 600.0, 6_000.0, &SHOP, |random, time, row| {
        row.engine = Some(random.below(2));
        row.threads = 20.0;
        match row.engine {
            Some(0) => row.elapsed *= 6.0,
            _ => row.error = (time >= 300.0).then_some(UNAVAILABLE),
        }
    });
    let two_kinds = run(66, 600.0, 6_000.0, &["Home"], |random, time, row| {
        row.threads = 20.0;
        if random.uniform() < 0.4 + 0.2 * time / 600.0 {
            row.elapsed *= 8.0;
        }
    });
    vec![
        Case::new("a-slow-load-generator-remains", jtl(engines))
            .must(json!([
                {"kind": "failing_since", "part": "engine"},
                {"kind": "slow_engine"},
            ]))
            .may(&["bimodal", "fast_errors"]),
        Case::new("more-of-the-slower-kind", jtl(two_kinds)).may(&["bimodal"]),
    ]
}
