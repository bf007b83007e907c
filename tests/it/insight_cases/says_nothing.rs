//! Runs without a fault, or whose faults are too few to speak of.

use std::f64::consts::TAU;

use super::expected::Case;
use super::runs::{Closed, SHOP, run, usual};
use crate::common::load::{Random, Row, arrivals, jtl};

pub fn cases() -> Vec<Case> {
    [plans(), few_rows(), labels(), errors()].concat()
}

/// Flat, ramp, spike, soak and closed loop.
fn plans() -> Vec<Case> {
    let of = |seed, seconds: f64, rate: &dyn Fn(f64) -> f64, threads: &dyn Fn(f64) -> f64| {
        jtl(arrivals(
            &mut Random(seed),
            seconds,
            rate,
            |random, time| Row {
                threads: threads(time),
                ..usual(random, &SHOP)
            },
        ))
    };
    let ramp = |time: f64| (time / 150.0).clamp(0.05, 1.0);
    let spike = |time: f64| {
        if (100.0..130.0).contains(&time) {
            5.0
        } else {
            1.0
        }
    };
    let day = |time: f64| 1.2 + (TAU * time / 14_400.0).sin();
    let closed = |users, ramp_s, think_s| Closed {
        seconds: 300.0,
        users,
        ramp_s,
        think_s,
        median_ms: 60.0,
        capacity: |_| 500.0,
    };
    vec![
        Case::new("flat", of(101, 300.0, &|_| 40.0, &|_| 20.0)),
        Case::new(
            "ramp",
            of(102, 300.0, &|time| 40.0 * ramp(time), &|time| {
                40.0 * ramp(time)
            }),
        )
        .may(&["steady_window"]),
        Case::new(
            "spike",
            of(103, 300.0, &|time| 10.0 * spike(time), &|time| {
                10.0 * spike(time)
            }),
        ),
        Case::new("soak", of(104, 14_400.0, &|_| 1.0, &|_| 5.0)),
        Case::new(
            "day-and-night",
            of(105, 14_400.0, &day, &|time| 20.0 * day(time)),
        )
        .may(&["steady_window"]),
        Case::new("closed-loop", jtl(closed(20, 3.0, 1.0).rows(106))),
        Case::new(
            "closed-loop-without-thinking",
            jtl(closed(3, 0.0, 0.001).rows(107)),
        ),
        Case::new(
            "closed-loop-with-a-ramp",
            jtl(closed(40, 150.0, 1.0).rows(108)),
        )
        .may(&["steady_window"]),
    ]
}

/// Runs of 100 to 500 rows.
fn few_rows() -> Vec<Case> {
    let of = |seed: u64, rows: f64, sigma: f64| {
        jtl(run(seed, rows / 10.0, rows, &SHOP, |random, _, row| {
            row.elapsed = random.log_normal(120.0, sigma);
            row.error = (random.uniform() < 0.02).then_some("500,Internal Server Error");
        }))
    };
    vec![
        Case::new("few-100", of(111, 100.0, 0.3)),
        Case::new("few-150", of(112, 150.0, 0.9)),
        Case::new("few-200", of(113, 200.0, 0.6)),
        Case::new("few-300", of(114, 300.0, 0.3)),
        Case::new("few-400", of(115, 400.0, 0.9)),
        Case::new("few-500", of(116, 500.0, 0.6)),
        Case::new(
            "three-rows",
            jtl(run(117, 1.0, 3.0, &["Home"], |_, _, _| ())),
        ),
    ]
}

fn labels() -> Vec<Case> {
    let of_99 = run(121, 900.0, 9_900.0, &[""], |random, _, row| {
        row.label = format!("Step {:02}", random.below(99));
    });
    let urls = run(122, 3_600.0, 12_000.0, &[""], |random, _, row| {
        let number = random.below(60);
        row.label = format!(
            "https://shop.example/catalogue/2023/autumn/offers/of/the/week/with/a/long/path/that/goes/on/\
             and/on/until/item-{number:02}"
        );
        row.elapsed *= 1.0 + number as f64 / 60.0;
    });
    vec![
        Case::new("99-labels", jtl(of_99)),
        Case::new("60-urls", jtl(urls)),
    ]
}

/// Failures that are no event.
fn errors() -> Vec<Case> {
    // One sample per second, then most of all in the last bucket.
    let mut tail = run(133, 600.0, 600.0, &SHOP, |_, _, row| row.threads = 5.0);
    let mut last = run(134, 0.9, 7_461.0, &SHOP, |_, _, row| row.threads = 5.0);
    for row in &mut last {
        row.start += 601_000.0;
    }
    tail.append(&mut last);
    vec![Case::new("a-tail", jtl(tail))]
}
