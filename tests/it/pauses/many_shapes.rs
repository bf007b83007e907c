//! Runs of many shapes, with stalls and without.

use super::{Users, hold_up, kinds, only, pauses, ramped};
use crate::common::load::{Random, Row, arrivals, jtl, report};
use perfkit::report::Finding;

#[test]
fn twelve_stalls_five_minutes_apart_in_a_run_with_a_ramp() {
    for seed in 0..3 {
        let random = &mut Random(seed);
        // Small bumps at random moments besides: up to 300 ms.
        let mut rows = ramped(random, 3_700.0, 20.0, 0.3, 60.0, 0.6);
        let mut stalls: Vec<(f64, f64)> = (0..12)
            .map(|number| (100.0 + 300.0 * number as f64, 1.5 + 1.5 * random.uniform()))
            .collect();
        stalls.extend((0..18).map(|_| (3_600.0 * random.uniform(), 0.3)));
        stalls.sort_by(|a, b| a.0.total_cmp(&b.0));
        hold_up(&mut rows, &stalls);
        let report = report(&[&jtl(rows)], &[50.0]);
        let Finding::PeriodicStalls(found) = only(&report) else {
            panic!("{:#?}", report.insights)
        };
        // At the start of the ramp, too few requests may wait for a stall to be seen.
        assert!((11..=12).contains(&found.stalls), "{found:?}");
        assert!((299_000..=301_000).contains(&found.period_ms), "{found:?}");
    }
}

/// Each rhythm is found.
#[test]
fn periodic_stalls_of_many_shapes() {
    let mut missed = Vec::new();
    for seed in 0..30 {
        let random = &mut Random(1_000 + seed);
        let seconds = [30.0, 120.0, 350.0, 1_200.0, 3_600.0][random.below(5)];
        let count = 6 + random.below(10);
        let period = seconds / (count as f64 + 0.5);
        // A bucket is at most a hundredth of the time; stalls are a quarter second or longer.
        let largest = (period * 0.15).clamp(0.5, 3.0);
        let jitter = [0.0, 0.05][random.below(2)];
        let mut at = period * 0.4;
        let stalls: Vec<(f64, f64)> = (0..count)
            .map(|_| {
                let stall = (at, largest * (0.6 + 0.4 * random.uniform()));
                at += period * (1.0 + jitter * (2.0 * random.uniform() - 1.0));
                stall
            })
            .collect();
        let is_closed = random.below(2) == 0;
        let rows = match is_closed {
            true => {
                let users = Users {
                    users: 30,
                    seconds,
                    ramp: seconds * 0.2,
                    think_ms: 500.0_f64.max(seconds),
                    median_ms: 20.0,
                    sigma: 0.5,
                };
                users.run(random, &stalls)
            }
            false => {
                let mut rows = ramped(
                    random,
                    seconds,
                    (40_000.0 / seconds).min(60.0),
                    0.3,
                    10.0,
                    0.5,
                );
                hold_up(&mut rows, &stalls);
                rows
            }
        };
        let report = report(&[&jtl(rows)], &[50.0]);
        let found = report
            .insights
            .iter()
            .any(|insight| match &insight.finding {
                Finding::PeriodicStalls(found) => {
                    (found.period_ms as f64 / 1_000.0 / period - 1.0).abs() < 0.05
                }
                _ => false,
            });
        if !found {
            missed.push((
                seed,
                seconds,
                count,
                largest,
                jitter,
                is_closed,
                kinds(&report),
            ));
        }
    }
    assert!(missed.len() <= 2, "{missed:#?}");
}

#[test]
fn single_stalls_of_many_shapes() {
    let mut missed = Vec::new();
    for seed in 0..40 {
        let random = &mut Random(2_000 + seed);
        let seconds = [35.0, 150.0, 350.0, 1_200.0, 3_600.0][random.below(5)];
        let median = [2.0, 20.0, 80.0][random.below(3)];
        let sigma = [0.3, 0.6, 1.0][random.below(3)];
        let shortest = (median * 2.0 * 20.0 / 1_000.0_f64).max(1.0) * 1.1;
        let length = shortest * (1.0 + 4.0 * random.uniform());
        let mut at = seconds * (0.15 + 0.5 * random.uniform());
        let mut stalls: Vec<(f64, f64)> = Vec::new();
        for _ in 0..1 + random.below(3) {
            stalls.push((at, length));
            at += length + seconds * 0.1 * random.uniform() + 1.0;
        }
        stalls.retain(|stall| stall.0 + stall.1 < seconds * 0.95);
        let is_closed = random.below(2) == 0 && seconds < 2_000.0;
        let rate = (24.0 / length).max(20.0);
        let rows = match is_closed {
            true => {
                let users = Users {
                    users: 15 + random.below(40),
                    seconds,
                    ramp: seconds * 0.1,
                    think_ms: 700.0,
                    median_ms: median,
                    sigma,
                };
                users.run(random, &stalls)
            }
            false => {
                let mut rows = ramped(random, seconds, rate, 0.15, median, sigma);
                hold_up(&mut rows, &stalls);
                rows
            }
        };
        let report = report(&[&jtl(rows)], &[50.0]);
        let found = report
            .insights
            .iter()
            .any(|insight| match &insight.finding {
                Finding::Stall(found) => {
                    let off = found.start_ms - 1_700_000_000_000 - (stalls[0].0 * 1_000.0) as i64;
                    off.abs() <= 1_000 && found.stalls == stalls.len() as u64
                }
                _ => false,
            });
        if !found {
            missed.push((
                seed,
                (seconds, median, sigma),
                stalls,
                is_closed,
                pauses(&report),
            ));
        }
    }
    assert!(missed.len() <= 2, "{} {missed:#?}", missed.len());
}

#[test]
fn runs_without_pauses() {
    let mut false_ones = Vec::new();
    for seed in 0..120 {
        let random = &mut Random(3_000 + seed);
        let seconds = [20.0, 100.0, 350.0, 1_500.0][random.below(4)];
        let median = [2.0, 20.0, 200.0][random.below(3)];
        let shape = random.below(9);
        let rows = match shape {
            // Heavy tails.
            0 => ramped(random, seconds, 40.0, 0.3, median, 1.0),
            1 => arrivals(
                random,
                seconds,
                |_| 40.0,
                |random, _| Row {
                    elapsed: median / (1.0 - random.uniform()).powf(1.0 / 1.2),
                    ..Row::default()
                },
            ),
            // A closed loop without think time, with a heavy tail.
            2 => Users {
                users: 5 + random.below(40),
                seconds: seconds.min(350.0),
                ramp: seconds * 0.2,
                think_ms: 50.0,
                median_ms: median.max(20.0),
                sigma: 1.0,
            }
            .run(random, &[]),
            // Spikes of load in which all are slow.
            3 => {
                let is_spike = |time: f64| time % (seconds / 5.0) > seconds / 6.0;
                let rate = |time: f64| if is_spike(time) { 150.0 } else { 20.0 };
                arrivals(random, seconds, rate, |random, time| Row {
                    elapsed: random.log_normal(
                        if is_spike(time) {
                            median * 15.0
                        } else {
                            median
                        },
                        0.4,
                    ),
                    threads: rate(time),
                    ..Row::default()
                })
            }
            // A slow label, and a plateau of timeouts.
            4 => arrivals(
                random,
                seconds,
                |_| 40.0,
                |random, _| match random.below(20) {
                    0 => Row {
                        label: "Report".to_owned(),
                        elapsed: random.log_normal(median * 100.0, 0.3),
                        ..Row::default()
                    },
                    1 => Row {
                        elapsed: 30_000.0,
                        error: Some("504,Gateway Timeout"),
                        ..Row::default()
                    },
                    _ => Row {
                        elapsed: random.log_normal(median, 0.4),
                        ..Row::default()
                    },
                },
            ),
            // Few users with long think times.
            5 => Users {
                users: 1 + random.below(4),
                seconds,
                ramp: seconds * 0.1,
                think_ms: 5_000.0,
                median_ms: median,
                sigma: 0.8,
            }
            .run(random, &[]),
            // Few users without think time, and now and then a slow request.
            6 => {
                let users = 1 + random.below(4);
                let share = [0.002, 0.01, 0.05][random.below(3)];
                let mut rows = Vec::new();
                for user in 0..users {
                    let mut time = user as f64 * 10.0;
                    while time < seconds.min(350.0) * 1_000.0 {
                        let is_slow = random.uniform() < share;
                        let row = Row {
                            start: time,
                            elapsed: random.log_normal(if is_slow { 2_000.0 } else { 20.0 }, 0.3),
                            threads: users as f64,
                            ..Row::default()
                        };
                        time += row.elapsed + random.exponential(10.0);
                        rows.push(row);
                    }
                }
                rows
            }
            // Users in step, each of whose rounds has a slow request.
            7 => {
                let mut rows = Vec::new();
                for _ in 0..50 {
                    let mut time = 100.0 * random.uniform();
                    while time < seconds.min(350.0) * 1_000.0 {
                        for step in 0..6 {
                            let median = if step == 5 { 2_500.0 } else { 20.0 };
                            let row = Row {
                                start: time,
                                elapsed: random.log_normal(median, 0.1),
                                label: format!("Step {step}"),
                                threads: 50.0,
                                ..Row::default()
                            };
                            time += row.elapsed + 500.0;
                            rows.push(row);
                        }
                    }
                }
                rows
            }
            // A few hundred rows.
            _ => ramped(random, seconds, 300.0 / seconds, 0.3, median, 0.8),
        };
        if rows.is_empty() {
            continue;
        }
        let report = report(&[&jtl(rows)], &[50.0]);
        let found = pauses(&report);
        if !found.is_empty() {
            false_ones.push((seed, shape, seconds, median, found));
        }
    }
    assert!(
        false_ones.is_empty(),
        "{} {false_ones:#?}",
        false_ones.len()
    );
}
