//! Insights on pauses: stalls, gaps and clocks, in generated runs of many shapes with and without them.

mod many_shapes;

use crate::common::Perfkit;
use crate::common::load::{Random, Row, arrivals, jtl, report};
use perfkit::report::{Finding, Report};
use serde_json::Value;

const KINDS: [&str; 4] = ["periodic_stalls", "stall", "gap", "clocks_apart"];

/// The insights on pauses, as `report.json` has them.
fn pauses(report: &Report) -> Vec<Value> {
    let insights = report.insights.iter();
    let insights = insights.map(|insight| serde_json::to_value(insight).unwrap());
    insights
        .filter(|insight| KINDS.contains(&insight["kind"].as_str().unwrap()))
        .collect()
}

fn kinds(report: &Report) -> Vec<String> {
    let kind = |insight: Value| insight["kind"].as_str().unwrap().to_owned();
    pauses(report).into_iter().map(kind).collect()
}

/// The only insight on pauses.
fn only(report: &Report) -> Finding {
    let found = pauses(report);
    assert_eq!(found.len(), 1, "{found:#?}");
    let kind = |finding: &Finding| serde_json::to_value(finding).unwrap()["kind"].clone();
    let insights = report.insights.iter();
    let mut findings = insights.map(|insight| insight.finding.clone());
    findings
        .find(|finding| kind(finding) == found[0]["kind"])
        .unwrap()
}

/// Makes requests wait that are in flight during a stall; `stalls` are starts and lengths, s, ascending.
fn hold_up(rows: &mut [Row], stalls: &[(f64, f64)]) {
    for row in rows {
        for &(start, length) in stalls {
            let (start, end) = (start * 1_000.0, (start + length) * 1_000.0);
            if row.start < end && row.start + row.elapsed > start {
                row.elapsed += end - row.start.max(start);
            }
        }
    }
}

/// A closed loop: each user thinks and sends, one request after the other. A stall holds up all.
struct Users {
    users: usize,
    seconds: f64,
    /// Seconds until all users have started.
    ramp: f64,
    think_ms: f64,
    median_ms: f64,
    sigma: f64,
}

impl Users {
    fn run(&self, random: &mut Random, stalls: &[(f64, f64)]) -> Vec<Row> {
        let mut rows = Vec::new();
        for user in 0..self.users {
            let mut time = self.ramp * 1_000.0 * user as f64 / self.users as f64;
            while time < self.seconds * 1_000.0 {
                let mut row = [Row {
                    start: time,
                    elapsed: random.log_normal(self.median_ms, self.sigma).max(1.0),
                    label: ["Home", "Search", "Cart"][random.below(3)].to_owned(),
                    threads: (time / 1_000.0 / self.ramp * self.users as f64)
                        .min(self.users as f64),
                    ..Row::default()
                }];
                hold_up(&mut row, stalls);
                time += row[0].elapsed + random.exponential(self.think_ms);
                rows.extend(row);
            }
        }
        rows
    }
}

/// Requests at random moments at a rate that rises from 10% to 100% during the first part.
fn ramped(
    random: &mut Random,
    seconds: f64,
    rate: f64,
    ramp: f64,
    median: f64,
    sigma: f64,
) -> Vec<Row> {
    let share = |time: f64| (0.1 + 0.9 * time / (ramp * seconds).max(1.0)).min(1.0);
    arrivals(
        random,
        seconds,
        |time| rate * share(time),
        |random, time| Row {
            elapsed: random
                .log_normal(median * (1.0 + share(time)), sigma)
                .max(1.0),
            label: ["Home", "Search"][random.below(2)].to_owned(),
            threads: rate * share(time),
            ..Row::default()
        },
    )
}

/// A standard run of 20,000 users in 500 s on a machine that stands still from 1:45 to 2:35.
fn standstill(random: &mut Random) -> (Vec<Row>, Vec<(f64, f64)>) {
    let mut stalls = Vec::new();
    let mut at = 105.0;
    while at < 150.0 {
        let length = 2.5 + 3.0 * random.uniform();
        stalls.push((at, length));
        at += length + 1.0 + 2.0 * random.uniform();
    }
    let mut rows = Vec::new();
    for user in 0..20_000 {
        let mut time = 500_000.0 * user as f64 / 20_000.0;
        for _ in 0..5 {
            let mut row = [Row {
                start: time,
                elapsed: random.log_normal(1.0, 0.5).max(1.0),
                label: ["Fibonacci", "Prime"][random.below(2)].to_owned(),
                threads: 20.0,
                ..Row::default()
            }];
            hold_up(&mut row, &stalls);
            time += row[0].elapsed + 10.0;
            rows.extend(row);
        }
    }
    (rows, stalls)
}

#[test]
fn a_machine_that_stands_still() {
    let (rows, stalls) = standstill(&mut Random(7));
    let perfkit = Perfkit::new();
    let text = jtl(rows.clone());
    perfkit.write("run.jtl", &text);
    // The monitor's rows, one per second, without those of a standstill.
    let mut monitor = "time_ms,process_cpu_percent,machine_cpu_percent,resident_bytes,connections,\
                       requests_per_second,p50_ms,p95_ms,p99_ms,connections_opened\n"
        .to_owned();
    for second in 0..510 {
        let at = f64::from(second);
        if !stalls
            .iter()
            .any(|&(start, length)| start < at && at < start + length)
        {
            let time = 1_700_000_000_000_i64 + i64::from(second) * 1_000;
            monitor += &format!("{time},10.0,20.0,1000000,5,1000.0,0.1,0.2,0.3,0\n");
        }
    }
    perfkit.write("monitor.csv", monitor);
    let analyze = |more: &[&str]| {
        let all = [
            &["analyze", "run.jtl", "--no-report", "--format", "json"][..],
            more,
        ]
        .concat();
        let report: Report = serde_json::from_str(&perfkit.run(&all).0).unwrap();
        report
    };
    let of = |report: &Report| match only(report) {
        Finding::Stall(found) => found,
        found => panic!("{found:?}"),
    };
    let without = analyze(&[]);
    let found = of(&without);
    assert_eq!(found.stalls, stalls.len() as u64, "{found:?}");
    assert_eq!((found.monitor_gaps, found.median_ms), (0, 1));
    assert!(
        (104_900..105_100).contains(&found.since_start_ms),
        "{found:?}"
    );
    // The figures are what the rows give.
    let times = rows.iter().map(|row| {
        let (start, elapsed) = (row.start.round() as i64, row.elapsed.round() as i64);
        (1_700_000_000_000 + start + elapsed, elapsed)
    });
    let ended: Vec<i64> = times
        .filter(|(end, _)| (found.from_ms..found.to_ms).contains(end))
        .map(|(_, elapsed)| elapsed)
        .collect();
    let held = ended
        .iter()
        .filter(|&&elapsed| elapsed >= found.held_up_ms)
        .count();
    assert_eq!(found.samples, held as u64);
    assert_eq!(Some(found.longest_ms), ended.iter().copied().max());
    let monitored = analyze(&["--monitor", "monitor.csv"]);
    let found = of(&monitored);
    assert!(found.monitor_gaps > 0, "{found:?}");
    let insight = monitored
        .insights
        .iter()
        .find(|insight| insight.finding == Finding::Stall(found.clone()));
    let insight = insight.unwrap();
    insta::assert_snapshot!(insight.sentence);
    // The next step shows the longest as the maximum.
    let step: Vec<&str> = insight.next_step.iter().map(String::as_str).collect();
    assert!(!step.is_empty());
    assert_eq!(
        analyze(&step).total.elapsed.as_ref().map(|of| of.max),
        Some(found.longest_ms)
    );
}

#[test]
fn transactions_without_their_timers_do_not_hide_a_stall() {
    const TRANSACTION: &str =
        ",\"Number of samples in transaction : 3, number of failing samples : 0\"";
    let random = &mut Random(7);
    let users = Users {
        users: 40,
        seconds: 120.0,
        ramp: 10.0,
        think_ms: 700.0,
        median_ms: 20.0,
        sigma: 0.4,
    };
    let mut rows = users.run(random, &[(60.0, 3.0)]);
    // Their rows end before they did, by the time that the user thought.
    let transactions: Vec<Row> = (rows.iter().step_by(3))
        .map(|last| Row {
            start: last.start - random.exponential(1_400.0),
            elapsed: last.elapsed + 40.0,
            label: "Order".to_owned(),
            error: Some(TRANSACTION),
            ..last.clone()
        })
        .filter(|row| row.start >= 0.0)
        .collect();
    rows.extend(transactions);
    let text: String = jtl(rows)
        .split_inclusive('\n')
        .map(|line| match line.contains(TRANSACTION) {
            true => line.replace("text,false", "text,true"),
            false => line.to_owned(),
        })
        .collect();
    let found = only(&report(&[&text], &[50.0]));
    let Finding::Stall(stall) = &found else {
        panic!("{found:?}");
    };
    let at = stall.start_ms - 1_700_000_060_000;
    assert!(
        at.abs() <= 100 && (2_800..=3_200).contains(&stall.length_ms),
        "{stall:?}"
    );
}

#[test]
fn a_lock_of_one_label_and_single_slow_requests_say_nothing() {
    let run = |change: &dyn Fn(f64, usize, &mut Row)| {
        let mut rows = Users {
            users: 40,
            seconds: 300.0,
            ramp: 20.0,
            think_ms: 500.0,
            median_ms: 20.0,
            sigma: 0.4,
        }
        .run(&mut Random(5), &[]);
        for (number, row) in rows.iter_mut().enumerate() {
            change(row.start / 1_000.0, number, row);
        }
        kinds(&report(&[&jtl(rows)], &[50.0]))
    };
    // One label waits for a lock for 5 s, the others go on.
    let lock = |time: f64, _, row: &mut Row| {
        if row.label == "Cart" && (100.0..105.0).contains(&time) {
            row.elapsed += (105.0 - time) * 1_000.0;
        }
    };
    assert_eq!(run(&lock), [""; 0]);
    // A few single requests take long.
    let single = |_, number: usize, row: &mut Row| {
        if number.is_multiple_of(1_500) {
            row.elapsed = 8_000.0;
        }
    };
    assert_eq!(run(&single), [""; 0]);
}

#[test]
fn next_steps_of_gaps_show_the_larger_side() {
    let mut rows = ramped(&mut Random(1), 100.0, 20.0, 0.1, 20.0, 0.3);
    let count = rows.len() as u64;
    // A smoke test of three requests half an hour before.
    rows.extend([-1_800.0, -1_798.0, -1_795.0].map(|second| Row {
        start: second * 1_000.0,
        ..Row::default()
    }));
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", jtl(rows));
    let analyze = |more: &[&str]| {
        let all = [
            &["analyze", "run.jtl", "--no-report", "--format", "json"][..],
            more,
        ]
        .concat();
        let report: Report = serde_json::from_str(&perfkit.run(&all).0).unwrap();
        report
    };
    let whole = analyze(&[]);
    let Finding::Gap(gap) = only(&whole) else {
        panic!()
    };
    assert_eq!((gap.samples_before, gap.samples_after), (3, count));
    let insight = whole
        .insights
        .iter()
        .find(|insight| insight.finding == Finding::Gap(gap.clone()));
    let step: Vec<&str> = insight
        .unwrap()
        .next_step
        .iter()
        .map(String::as_str)
        .collect();
    assert_eq!(analyze(&step).total.samples, count);
}
