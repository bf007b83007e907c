//! Runs with a fault.

use serde_json::json;

use super::expected::Case;
use super::runs::{
    CONNECT_TIMEOUT, Closed, NOT_FOUND, READ_TIMEOUT, REFUSED, SHOP, UNAVAILABLE, UNKNOWN_HOST,
    hold_up, never_connects, run, stand_still, usual,
};
use crate::common::load::{Random, Row, arrivals, jtl};

pub fn cases() -> Vec<Case> {
    [
        the_whole_run_fails(),
        a_part_fails(),
        no_connection(),
        fails_for_a_time(),
        under_load(),
        over_time(),
        pauses(),
        shape(),
        super::often::cases(),
        super::mixed::cases(),
        super::outages::cases(),
        vec![everything()],
    ]
    .concat()
}

fn the_whole_run_fails() -> Vec<Case> {
    let refused = run(1, 10.0, 120.0, &["Home"], |random, _, row| {
        never_connects(row, REFUSED, random.log_normal(7_015.0, 0.01));
    });
    let at_once = run(2, 60.0, 3_000.0, &SHOP, |_, _, row| {
        never_connects(row, REFUSED, 0.0)
    });
    let unknown = run(3, 30.0, 400.0, &SHOP, |_, _, row| {
        never_connects(row, UNKNOWN_HOST, 3.0)
    });
    let not_found = run(4, 30.0, 300.0, &SHOP, |_, _, row| {
        row.error = Some(NOT_FOUND)
    });
    let assertions = run(5, 90.0, 1_500.0, &SHOP, |_, _, row| {
        row.failure = Some("Test failed: text expected to contain /Welcome/".to_owned());
    });
    let nearly_all = run(6, 300.0, 20_000.0, &SHOP, |random, _, row| {
        row.error = (random.uniform() < 0.997).then_some("500,Internal Server Error");
    });
    let run_fails = |error: &str| json!({"kind": "always_fails", "part": "run", "name": null, "first_error": error});
    vec![
        Case::new("all-refused", jtl(refused)).must(json!([
            {"kind": "unreachable", "errors": [100, 140], "median_ms": [6_900, 7_100]},
        ])),
        Case::new("all-refused-at-once", jtl(at_once)).must(json!({"kind": "unreachable"})),
        Case::new("all-unknown-host", jtl(unknown)).must(json!({"kind": "unreachable"})),
        Case::new("all-404", jtl(not_found)).must(run_fails("404/Not Found")),
        Case::new("all-assertions", jtl(assertions))
            .must(run_fails("Test failed: text expected to contain /Welcome/")),
        Case::new("nearly-all", jtl(nearly_all)).must(run_fails("500/Internal Server Error")),
    ]
}

fn a_part_fails() -> Vec<Case> {
    let five = run(11, 60.0, 300.0, &SHOP, |_, _, row| {
        row.error = (row.label != "Item").then_some(NOT_FOUND);
    });
    let one = run(12, 60.0, 300.0, &SHOP, |_, _, row| {
        row.error = (row.label == "Pay").then_some("400,Bad Request");
    });
    let rare = run(13, 600.0, 20_000.0, &SHOP, |random, _, row| {
        if random.uniform() < 0.005 {
            row.label = "Refund".to_owned();
            row.elapsed = 3.0;
            row.error = Some("403,Forbidden");
        }
    });
    let nearly = run(14, 600.0, 12_000.0, &SHOP, |random, _, row| {
        let fails = if row.label == "Pay" { 0.99 } else { 0.003 };
        row.error = (random.uniform() < fails).then_some("500,Internal Server Error");
    });
    let engine = run(15, 120.0, 6_000.0, &SHOP, |random, _, row| {
        row.engine = Some(1 + random.below(3));
        row.error = (row.engine == Some(2)).then_some("401,Unauthorized");
    });
    let cut_off = run(16, 120.0, 6_000.0, &SHOP, |random, _, row| {
        row.engine = Some(1 + random.below(3));
        if row.engine == Some(3) {
            never_connects(row, CONNECT_TIMEOUT, random.log_normal(21_000.0, 0.001));
        }
    });
    let group = run(17, 120.0, 4_000.0, &SHOP, |random, _, row| {
        row.group = ["Buyers", "Visitors", "Robots"][random.below(3)];
        row.error = (row.group == "Robots").then_some("429,Too Many Requests");
    });
    let host = run(18, 120.0, 4_000.0, &SHOP, |random, _, row| {
        row.host = ["a.example", "b.example", "c.example"][random.below(3)];
        if row.host == "c.example" {
            row.error = Some("502,Bad Gateway");
            row.elapsed *= 8.0;
        }
    });
    let labels = |number: usize| format!("Step {number:02}");
    let of_99 = run(19, 600.0, 9_900.0, &[""], |random, _, row| {
        row.label = labels(random.below(99));
        row.error = (row.label == "Step 57").then_some("500,Internal Server Error");
    });
    let label = |name: &str, error: &str| json!({"kind": "always_fails", "part": "label", "name": name, "first_error": error});
    vec![
        Case::new("five-of-six-labels", jtl(five))
            .must(json!({"kind": "always_fails", "part": "label", "first_error": "404/Not Found"}))
            .never("“Item”"),
        Case::new("one-of-six-labels", jtl(one)).must(label("Pay", "400/Bad Request")),
        Case::new("a-rare-label", jtl(rare)).must(label("Refund", "403/Forbidden")),
        Case::new("nearly-a-label", jtl(nearly)).must(label("Pay", "500/Internal Server Error")),
        Case::new("an-engine", jtl(engine)).must(
            json!({"kind": "always_fails", "part": "engine", "name": "10.0.0.2:1099", "first_error": "401/Unauthorized"}),
        ),
        Case::new("an-engine-cut-off", jtl(cut_off)).must(json!([
            {"kind": "always_fails", "part": "engine", "name": "10.0.0.3:1099"},
            {"kind": "unreachable"},
        ])),
        Case::new("a-thread-group", jtl(group)).must(
            json!({"kind": "always_fails", "part": "thread_group", "name": "Robots", "first_error": "429/Too Many Requests"}),
        ),
        Case::new("a-host", jtl(host)).must(
            json!({"kind": "always_fails", "part": "host", "name": "c.example", "first_error": "502/Bad Gateway"}),
        ),
        Case::new("one-of-99-labels", jtl(of_99)).must(label("Step 57", "500/Internal Server Error")),
    ]
}

fn no_connection() -> Vec<Case> {
    // Of every nine requests, eight wait for a connection in vain; the others take 757 ms to connect.
    let mostly = run(21, 600.0, 3_000.0, &["Home"], |random, _, row| {
        row.host = "down.example:9000";
        if random.uniform() < 0.89 {
            never_connects(row, CONNECT_TIMEOUT, random.log_normal(75_000.0, 0.02));
        } else {
            row.connect = random.log_normal(757.0, 0.1);
            row.elapsed = row.connect + random.log_normal(60.0, 0.2);
            row.latency = Some(row.elapsed - 5.0);
        }
    });
    let beside = run(22, 300.0, 5_000.0, &SHOP, |random, _, row| {
        if row.label == "Pay" {
            row.host = "down.example:9000";
            never_connects(row, CONNECT_TIMEOUT, random.log_normal(7_015.0, 0.001));
        }
    });
    let few = run(23, 60.0, 240.0, &["Home"], |random, _, row| {
        if random.uniform() < 0.5 {
            row.host = "down.example:9000";
            never_connects(row, REFUSED, 2_030.0);
        }
    });
    vec![
        Case::new("mostly-no-connection", jtl(mostly)).must(json!(
            {"kind": "unreachable", "errors": [2_500, 2_800], "median_ms": [74_000, 76_000]}
        ))
        // Those that did connect took 757 ms for it.
        .may(&["new_connections"]),
        Case::new("a-host-that-never-answered", jtl(beside)).must(json!(
            {"kind": "unreachable", "host": "down.example:9000", "errors": [750, 920], "median_ms": [7_000, 7_030]}
        )),
        Case::new("a-host-that-never-answered-few", jtl(few)).must(json!(
            {"kind": "unreachable", "host": "down.example:9000", "errors": [90, 150]}
        )),
    ]
}

fn fails_for_a_time() -> Vec<Case> {
    // From 1:44 on, all fail at once; clients come back every 13 s, which makes 38 groups of errors.
    let mut groups = run(31, 600.0, 9_000.0, &SHOP, |random, time, row| {
        if time > 104.0 {
            row.error = Some(
                "Non HTTP response code: java.net.SocketException,Non HTTP response message: Socket closed",
            );
            row.elapsed = random.log_normal(4.0, 0.3);
        }
    });
    groups.retain(|row| {
        let time = row.start / 1_000.0;
        time <= 104.0 || (time - 104.0) % 13.0 < 1.5
    });
    let steady = run(32, 600.0, 9_000.0, &SHOP, |_, time, row| {
        row.error = (time > 104.0).then_some(UNAVAILABLE);
    });
    let few = run(33, 300.0, 400.0, &SHOP, |_, time, row| {
        row.error = (time > 104.0).then_some(UNAVAILABLE);
    });
    let stepping = run(34, 900.0, 18_000.0, &SHOP, |random, time, row| {
        let ratio = if time > 500.0 { 0.2 } else { 0.01 };
        row.error = (random.uniform() < ratio).then_some(UNAVAILABLE);
    });
    let label = run(35, 900.0, 12_000.0, &SHOP, |_, time, row| {
        row.error = (row.label == "Pay" && time > 300.0).then_some(UNAVAILABLE);
    });
    let burst = run(36, 600.0, 12_000.0, &SHOP, |random, time, row| {
        let is_burst = (104.0..164.0).contains(&time);
        row.error = (is_burst && random.uniform() < 0.34).then_some(UNAVAILABLE);
    });
    let timeouts = run(37, 900.0, 8_000.0, &SHOP, |random, _, row| {
        if random.uniform() < 0.04 {
            row.error = Some(READ_TIMEOUT);
            row.elapsed = 30_000.0 + random.exponential(8.0);
        }
    });
    let gateway = run(38, 600.0, 3_000.0, &SHOP, |random, _, row| {
        if row.label == "Pay" && random.uniform() < 0.5 {
            row.error = Some("504,Gateway Time-out");
            row.elapsed = 60_000.0 + random.exponential(20.0);
        }
    });
    let fast = run(39, 600.0, 9_000.0, &SHOP, |random, _, row| {
        if random.uniform() < 0.4 {
            row.error = Some("429,Too Many Requests");
            row.elapsed = random.log_normal(3.0, 0.2);
        }
    });
    let since = |part: &str, start: f64| json!({"kind": "failing_since", "part": part, "since_start_ms": [(start - 8.0) * 1e3, (start + 8.0) * 1e3]});
    vec![
        Case::new("fails-from-1-44-on-in-groups", jtl(groups))
            .must(since("run", 104.0))
            .may(&["fast_errors"]),
        Case::new("fails-from-1-44-on", jtl(steady)).must(json!({
            "kind": "failing_since", "part": "run", "name": null, "ratio_before": 0.0,
            "since_start_ms": [103_800, 104_500], "first_error": "503/Service Unavailable",
        })),
        Case::new("fails-from-1-44-on-few", jtl(few)).must(since("run", 104.0)),
        Case::new("errors-step-up", jtl(stepping)).must(json!({
            "kind": "failing_since", "part": "run", "ratio_before": [0.006, 0.014],
            "since_start_ms": [490_000, 510_000],
        })),
        Case::new("a-label-fails-from-a-moment-on", jtl(label)).must(json!({
            "kind": "failing_since", "part": "label", "name": "Pay", "ratio_before": 0.0,
            "since_start_ms": [299_000, 306_000], "first_error": "503/Service Unavailable",
        })),
        Case::new("a-burst", jtl(burst)).must(json!({
            "kind": "error_burst", "bursts": 1, "first_error": "503/Service Unavailable",
            "since_start_ms": [102_000, 106_000], "length_ms": [57_000, 66_000],
        })),
        Case::new("timeouts", jtl(timeouts))
            .must(json!({"kind": "timeouts", "value_ms": [29_900, 30_100], "errors": [270, 370]})),
        Case::new("gateway-timeouts", jtl(gateway))
            .must(json!({"kind": "timeouts", "value_ms": [59_900, 60_100], "label": "Pay"})),
        Case::new("fast-errors", jtl(fast))
            .must(json!({"kind": "often_fails", "part": "run"}))
            .must(json!({"kind": "fast_errors"})),
    ]
}

/// Samples at the rate and with the median time that a number of threads gets.
fn load(
    seed: u64,
    seconds: f64,
    threads: impl Fn(f64) -> f64,
    rate: impl Fn(f64) -> f64,
    median_ms: impl Fn(f64) -> f64,
) -> Vec<Row> {
    arrivals(
        &mut Random(seed),
        seconds,
        |time| rate(threads(time)),
        |random, time| Row {
            elapsed: random.log_normal(median_ms(threads(time)), 0.2),
            threads: threads(time),
            ..usual(random, &SHOP[..3])
        },
    )
}

fn under_load() -> Vec<Case> {
    let ramp = |time: f64| 1.0 + 399.0 * (time / 120.0).min(1.0);
    let flat_at = |threads: f64| (threads / 0.5).min(80.0);
    let plateau = load(41, 180.0, ramp, flat_at, |threads| {
        1_000.0 * (threads / flat_at(threads) - 0.4)
    });
    let closed = Closed {
        seconds: 300.0,
        users: 120,
        ramp_s: 240.0,
        think_s: 1.0,
        median_ms: 50.0,
        capacity: |_| 40.0,
    };
    // Rises to 350/s at 120 threads, and falls to 85/s at 1,000.
    let peaked = |threads: f64| match threads <= 120.0 {
        true => 350.0 * threads / 120.0,
        false => 85.0 + 265.0 * (-(threads - 120.0) / 60.0).exp(),
    };
    let to_1000 = |time: f64| (1_000.0 * time / 100.0).clamp(1.0, 1_000.0);
    let collapse = load(42, 140.0, to_1000, peaked, |threads| {
        1_000.0 * threads / peaked(threads)
    });
    let at_once = |threads: f64| {
        if threads <= 120.0 {
            350.0 * threads / 120.0
        } else {
            85.0
        }
    };
    let abrupt = load(43, 140.0, to_1000, at_once, |threads| {
        1_000.0 * threads / at_once(threads)
    });
    let to_60 = |time: f64| 1.0 + 59.0 * time / 300.0;
    let rising = load(
        44,
        300.0,
        to_60,
        |threads| threads,
        |threads| 20.0 + 2.0 * threads,
    );
    vec![
        Case::new("a-plateau", jtl(plateau))
            .must(json!({
                "kind": "saturation", "threads": [35, 60], "throughput_per_second": [70, 90],
                "last_threads": [360, 400], "last_throughput_per_second": [72, 88],
            }))
            .may(&["steady_window"]),
        Case::new("a-plateau-of-a-closed-loop", jtl(closed.rows(1)))
            .must(json!({"kind": "saturation", "threads": [35, 70], "throughput_per_second": [34, 43]}))
            .may(&["steady_window"]),
        Case::new("a-collapse", jtl(collapse))
            .must(json!({
                "kind": "collapse", "threads": [95, 160], "throughput_per_second": [270, 390],
                "last_threads": [900, 1_000], "last_throughput_per_second": [75, 95],
            }))
            .may(&["steady_window"]),
        Case::new("an-abrupt-collapse", jtl(abrupt))
            .must(json!({
                "kind": "collapse", "threads": [95, 130], "throughput_per_second": [270, 390],
                "last_throughput_per_second": [75, 95],
            }))
            .may(&["steady_window"]),
        Case::new("times-rise-with-load", jtl(rising))
            .must(json!({"kind": "rises_with_load"}))
            .may(&["steady_window"]),
    ]
}

fn over_time() -> Vec<Case> {
    let leak = run(51, 40.0, 400.0, &["Home"], |random, time, row| {
        row.elapsed = random.log_normal(1_000.0 + 100.0 * time, 0.05);
        row.threads = 5.0;
    });
    let hours = run(52, 4.0 * 3_600.0, 12_000.0, &SHOP, |_, time, row| {
        row.elapsed *= 1.0 + 3.0 * time / (4.0 * 3_600.0);
    });
    let after_ramp = arrivals(
        &mut Random(53),
        1_800.0,
        |time| 10.0 * (time / 120.0).clamp(0.1, 1.0),
        |random, time| {
            let mut row = usual(random, &SHOP);
            row.threads = 20.0 * (time / 120.0).clamp(0.1, 1.0);
            row.elapsed *= 1.0 + 2.5 * ((time - 120.0) / 1_680.0).max(0.0);
            row
        },
    );
    vec![
        Case::new("a-leak", jtl(leak)).must(json!({"kind": "drift"})),
        Case::new("a-leak-over-hours", jtl(hours)).must(json!({"kind": "drift"})),
        Case::new("a-leak-after-a-ramp", jtl(after_ramp)).must(json!({"kind": "drift"})),
    ]
}

fn pauses() -> Vec<Case> {
    let mut long = run(61, 900.0, 9_000.0, &SHOP, |_, _, _| ());
    stand_still(&mut long, 400.0, 100.0);
    // The machine stands still, again and again, from 1:45 to 2:35, while the median is 1 ms.
    let mut machine = run(62, 600.0, 20_000.0, &SHOP[..2], |random, _, row| {
        row.elapsed = random.log_normal(1.0, 0.3);
    });
    for (start, length) in [(105.0, 3.0), (109.0, 41.6), (151.5, 2.5), (154.5, 0.9)] {
        stand_still(&mut machine, start, length);
    }
    let regular = arrivals(
        &mut Random(63),
        3_900.0,
        |time| 5.0 * (time / 600.0).clamp(0.05, 1.0),
        |random, time| {
            let mut row = usual(random, &SHOP);
            row.threads = 20.0 * (time / 600.0).clamp(0.05, 1.0);
            // Small bumps at random besides.
            row.elapsed += if random.uniform() < 0.01 {
                random.exponential(150.0)
            } else {
                0.0
            };
            for number in 0..12 {
                hold_up(time, &mut row, 400.0 + 300.0 * f64::from(number), 8.0);
            }
            row
        },
    );
    let mut hour = run(64, 3_720.0, 10_000.0, &SHOP, |_, _, _| ());
    // All but 60 s of a run of 3,720 s are silent: 40 rows before, 160 after.
    hour.retain(|row| {
        let time = row.start / 1_000.0;
        !(15.0..=3_675.0).contains(&time)
    });
    let mut two = run(65, 3_720.0, 12_400.0, &SHOP, |_, _, _| ());
    two.retain(|row| {
        let time = row.start / 1_000.0;
        time < 60.0 || (900.0..930.0).contains(&time) || time > 3_715.0
    });
    vec![
        Case::new("a-stall-of-100-s", jtl(long)).must(json!({
            "kind": "stall", "stalls": 1, "since_start_ms": [390_000, 405_000],
            "length_ms": [95_000, 105_000], "longest_ms": [95_000, 100_100],
        })),
        Case::new("a-machine-that-stood-still", jtl(machine)).must(json!({
            "kind": "stall", "since_start_ms": [100_000, 112_000], "longest_ms": [41_000, 41_700],
            "median_ms": 1,
        })),
        Case::new("twelve-stalls", jtl(regular))
            .must(json!({"kind": "periodic_stalls", "stalls": 12, "period_ms": [290_000, 310_000]}))
            .may(&["steady_window"]),
        Case::new("a-gap-of-61-minutes", jtl(hour)).must(json!({
            "kind": "gap", "gaps": 1, "length_ms": [3_640_000, 3_662_000], "samples_before": [20, 60],
        })),
        Case::new("two-gaps", jtl(two)).must(json!({
            "kind": "gap", "gaps": 2, "length_ms": [2_765_000, 2_790_000], "samples_after": [5, 35],
        })),
    ]
}

fn shape() -> Vec<Case> {
    // 200 users were asked for: each makes two requests and is gone before the sixth after it begins.
    let random = &mut Random(71);
    let mut users = Vec::new();
    for user in 1..=200_usize {
        let begin = user as f64 * 100.0;
        for request in 0..2 {
            users.push(Row {
                start: begin + f64::from(request) * 220.0,
                threads: 5_usize.min(user).min(201 - user) as f64,
                thread: Some(user),
                ..usual(random, &SHOP)
            });
        }
    }
    let slow = run(72, 300.0, 6_000.0, &SHOP, |random, _, row| {
        if random.uniform() < 0.1 {
            row.label = "Report".to_owned();
            row.elapsed *= 12.0;
        }
    });
    let host = run(73, 300.0, 6_000.0, &SHOP, |random, _, row| {
        row.host = ["a.example:8080", "b.example:8080", "c.example:8080"][random.below(3)];
        row.elapsed *= if row.host == "b.example:8080" {
            5.0
        } else {
            1.0
        };
    });
    let cached = run(74, 300.0, 6_000.0, &SHOP, |random, _, row| {
        if row.label == "Item" && random.uniform() < 0.4 {
            row.elapsed = random.log_normal(900.0, 0.2);
        }
    });
    vec![
        Case::new("two-groups-of-times", jtl(cached))
            .must(json!({"kind": "bimodal", "label": "Item", "slow_ratio": [0.36, 0.44]})),
        Case::new("almost-no-load", jtl(users))
            .must(json!({"kind": "low_load", "threads_started": 200, "max_threads": 5})),
        Case::new("a-slow-label", jtl(slow))
            .must(json!({"kind": "slow_label", "label": "Report", "median_ms": [440, 520]})),
        Case::new("a-slow-host", jtl(host))
            .must(json!({"kind": "slow_host", "host": "b.example:8080", "hosts": 3})),
    ]
}

/// Six faults at once.
pub fn everything() -> Case {
    let rows = run(81, 900.0, 12_000.0, &SHOP, |random, _, row| {
        row.host = ["a.example:80", "b.example:80", "c.example:80"][random.below(3)];
        row.connect = random.log_normal(12.0, 0.1);
        row.elapsed += row.connect;
        match row.label.as_str() {
            "Basket" => row.elapsed *= 20.0,
            "Item" if random.uniform() < 0.4 => row.elapsed = random.log_normal(400.0, 0.1),
            _ => (),
        }
        if row.host == "c.example:80" {
            never_connects(row, REFUSED, 1.0);
        } else if row.label == "Pay" {
            row.error = Some("401,Unauthorized");
        } else if row.label == "Search" && random.uniform() < 0.2 {
            row.error = Some(READ_TIMEOUT);
            row.elapsed = 30_000.0 + random.exponential(5.0);
        }
    });
    Case::new("everything", jtl(rows))
        .must(json!({"kind": "unreachable", "host": "c.example:80"}))
        .must(json!({"kind": "always_fails", "part": "label", "name": "Pay"}))
        .must(json!({"kind": "timeouts", "value_ms": [29_900, 30_100]}))
        .must(json!({"kind": "slow_label", "label": "Basket"}))
        .must(json!({"kind": "new_connections"}))
        .may(&["fast_errors", "bimodal"])
}
