//! Runs of which a host, a load generator or a thread group stops working at a moment.

use serde_json::json;

use super::expected::Case;
use super::runs::{SHOP, UNAVAILABLE, run};
use crate::common::load::{Row, jtl};

pub fn cases() -> Vec<Case> {
    let down = |seed: u64, part: fn(&mut Row, bool), ratio: f64| {
        let rows = run(seed, 600.0, 6_000.0, &SHOP, |random, time, row| {
            let is_down = random.uniform() < 0.3;
            part(row, is_down);
            let fails = is_down && time >= 360.0 && random.uniform() < ratio;
            row.error = fails.then_some(UNAVAILABLE);
        });
        jtl(rows)
    };
    let host = |row: &mut Row, is_down: bool| {
        row.host = if is_down { "b.example" } else { "a.example" };
    };
    let engine = |row: &mut Row, is_down: bool| row.engine = Some(usize::from(is_down));
    let group = |row: &mut Row, is_down: bool| {
        row.group = if is_down { "Guests" } else { "Members" };
    };
    let since = |part: &str, name: Option<&str>| {
        json!({
            "kind": "failing_since", "part": part, "name": name, "first_error": "503/Service Unavailable",
            "since_start_ms": [357_000, 363_000],
        })
    };
    vec![
        Case::new("a-host-goes-down", down(171, host, 1.0)).must(since("host", Some("b.example"))),
        Case::new("a-load-generator-fails", down(172, engine, 1.0))
            .must(since("engine", Some("10.0.0.1:1099"))),
        Case::new("a-thread-group-fails", down(173, group, 1.0))
            .must(since("thread_group", Some("Guests"))),
        // Slices of time do not tell hosts apart, so that the run is told.
        Case::new("a-host-fails-often", down(174, host, 0.9)).must(since("run", None)),
    ]
}
