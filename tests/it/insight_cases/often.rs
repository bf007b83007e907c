//! Runs of which many requests fail at no special moment.

use serde_json::json;

use super::expected::Case;
use super::runs::{SHOP, UNAVAILABLE, run};
use crate::common::load::jtl;

pub fn cases() -> Vec<Case> {
    // Every third sample fails, most at once, but some after 5 s: the percentiles do not look better.
    let not_flattering = run(131, 20.0, 400.0, &["Home"], |random, _, row| {
        row.elapsed = 100.0;
        if random.uniform() < 0.3 {
            row.error = Some("500,Internal Server Error");
            row.elapsed = if random.uniform() < 0.6 { 5.0 } else { 5_000.0 };
        }
    });
    let durations = run(132, 900.0, 10_000.0, &SHOP, |random, _, row| {
        row.elapsed = random.log_normal(1_000.0, 0.3);
        if row.elapsed > 1_000.0 {
            row.failure = Some(format!(
                "The operation lasted too long: It took {:.0} milliseconds, but should not have lasted longer \
                 than 1,000 milliseconds.",
                row.elapsed
            ));
        }
    });
    let few = run(135, 30.0, 300.0, &["A"], |random, _, row| {
        if random.uniform() < 0.5 {
            row.failure = Some(format!("It took {:.0} milliseconds", row.elapsed));
        }
    });
    let label = run(136, 300.0, 3_000.0, &SHOP, |random, _, row| {
        let ratio = if row.label == "Pay" { 0.5 } else { 0.004 };
        row.error = (random.uniform() < ratio).then_some("502,Bad Gateway");
    });
    let labels = run(137, 60.0, 600.0, &SHOP, |random, _, row| {
        let fails = ["Pay", "Login"].contains(&row.label.as_str()) && random.uniform() < 0.2;
        row.error = fails.then_some("502,Bad Gateway");
    });
    let two_percent = run(138, 1_200.0, 24_000.0, &SHOP, |random, _, row| {
        row.error = (random.uniform() < 0.02).then_some(UNAVAILABLE);
    });
    let beside = run(139, 300.0, 3_000.0, &SHOP, |random, _, row| {
        let ratio = match row.label.as_str() {
            "Pay" => 1.0,
            "Login" => 0.3,
            _ => 0.0,
        };
        row.error = (random.uniform() < ratio).then_some(UNAVAILABLE);
    });
    let of_run = |errors: [u64; 2]| json!({"kind": "often_fails", "part": "run", "name": null, "errors": errors});
    vec![
        Case::new("errors-that-do-not-flatter", jtl(not_flattering)).must(of_run([90, 140])),
        Case::new("failures-with-durations", jtl(durations)).must(of_run([4_800, 5_300])),
        Case::new("failures-with-durations-few", jtl(few)).must(json!({
            "kind": "often_fails", "part": "run", "errors": [120, 180], "error": "It took ‹duration›",
        })),
        Case::new("a-label-often-fails", jtl(label)).must(json!({
            "kind": "often_fails", "part": "label", "name": "Pay", "errors": [200, 300],
            "error": "502/Bad Gateway",
        })),
        Case::new("two-labels-often-fail", jtl(labels))
            .must(json!({"kind": "often_fails", "part": "label", "errors": [25, 60]})),
        Case::new("one-in-fifty-fails", jtl(two_percent)).must(of_run([400, 560])),
        Case::new("a-label-often-fails-beside-one-that-always-does", jtl(beside))
            .must(json!({"kind": "always_fails", "part": "label", "name": "Pay"}))
            .must(json!({"kind": "often_fails", "part": "label", "name": "Login"})),
    ]
}
