//! Insights: a planted problem is found, and nothing else; insights on recorded runs.

use std::fmt::Write;

use crate::common::load::{Random, Row, arrivals, jtl, report};
use crate::common::sentences::plain_sentence;
use crate::common::{Perfkit, fixtures};
use perfkit::report::{Caveat, CaveatReason, Finding, Insight, Report};
use serde_json::{Value, json};

const PERCENTILES: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

/// Duration of a generated run in seconds: its time series has one-second buckets.
const SECONDS: f64 = 300.0;

/// The kinds of a report's insights, as `report.json` names them.
fn kinds(report: &Report) -> Vec<String> {
    let kind = |insight: &Insight| {
        let json = serde_json::to_value(insight).unwrap();
        json["kind"].as_str().unwrap().to_owned()
    };
    report.insights.iter().map(kind).collect()
}

/// The only finding on a run, which must be of this kind.
fn only(text: &str, kind: &str) -> Finding {
    only_of(&[text], kind)
}

fn only_of(files: &[&str], kind: &str) -> Finding {
    let report = report(files, &PERCENTILES);
    let sentences: Vec<&str> = report
        .insights
        .iter()
        .map(|i| i.sentence.as_str())
        .collect();
    assert_eq!(kinds(&report), [kind], "{sentences:#?}");
    let saved = serde_json::to_string(&report.insights).unwrap();
    let read: Vec<Insight> = serde_json::from_str(&saved).unwrap();
    assert_eq!(read, report.insights);
    report.insights[0].finding.clone()
}

/// The kinds of a report's caveats, as `report.json` names them.
fn caveat_kinds(report: &Report) -> Vec<String> {
    let caveats = serde_json::to_value(&report.caveats).unwrap();
    let caveats = caveats.as_array().unwrap().iter();
    caveats
        .map(|caveat| caveat["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// The only caveat on a run, which must be of this kind; there must be no insight.
fn only_caveat(text: &str, kind: &str) -> Caveat {
    let report = report(&[text], &PERCENTILES);
    assert_eq!(kinds(&report), [""; 0]);
    assert_eq!(caveat_kinds(&report), [kind]);
    let saved = serde_json::to_string(&report).unwrap();
    let read: Report = serde_json::from_str(&saved).unwrap();
    assert_eq!(read.caveats, report.caveats);
    report.caveats[0].clone()
}

/// Two labels that take about 40 ms.
fn usual(random: &mut Random) -> Row {
    Row {
        elapsed: random.log_normal(40.0, 0.3),
        label: ["Home", "Search"][random.below(2)].to_owned(),
        ..Row::default()
    }
}

/// 50 samples per second of [`usual`], modified by `change`.
fn run(change: impl Fn(&mut Random, f64, &mut Row)) -> Vec<Row> {
    arrivals(
        &mut Random(1),
        SECONDS,
        |_| 50.0,
        |random, time| {
            let mut row = usual(random);
            change(random, time, &mut row);
            row
        },
    )
}

#[test]
fn a_saturated_server() {
    // One more thread every 0.75 s; each thinks for 400 ms between requests. The server responds in
    // 100 ms, up to 200 requests per second, which 100 threads reach after 75 s.
    let threads = |time: f64| 1.0 + 399.0 * time / SECONDS;
    let rate = |time: f64| (threads(time) / 0.5).min(200.0);
    let rows = arrivals(&mut Random(1), SECONDS, rate, |random, time| Row {
        elapsed: random.log_normal(1_000.0 * (threads(time) / rate(time) - 0.4), 0.2),
        threads: threads(time),
        ..Row::default()
    });
    let Finding::Saturation(knee) = only(&jtl(rows), "saturation") else {
        unreachable!()
    };
    assert!((80.0..130.0).contains(&knee.threads), "{knee:?}");
    assert!((60_000..90_000).contains(&knee.since_start_ms), "{knee:?}");
    assert!(
        (180.0..210.0).contains(&knee.throughput_per_second),
        "{knee:?}"
    );
    assert!(
        knee.last_threads > 370.0 && knee.last_median_ms > 1_300,
        "{knee:?}"
    );
}

#[test]
fn a_steady_window_behind_a_ramp() {
    let threads = |time: f64| (time / 120.0).min(1.0) * 40.0 + 1.0;
    let rows = arrivals(
        &mut Random(1),
        SECONDS,
        |time| threads(time) * 2.0,
        |random, time| Row {
            threads: threads(time),
            ..usual(random)
        },
    );
    let Finding::SteadyWindow(found) = only(&jtl(rows), "steady_window") else {
        unreachable!()
    };
    assert!(
        (110_000..121_000).contains(&found.since_start_ms),
        "{found:?}"
    );
    assert!(
        (79.0..85.0).contains(&found.throughput_per_second),
        "{found:?}"
    );
    assert!(
        (60.0..70.0).contains(&found.whole_throughput_per_second),
        "{found:?}"
    );
}

#[test]
fn periodic_stalls() {
    // Every 20 s for 800 ms: requests made meanwhile wait for the end.
    let rows = run(|_, time, row| {
        let into = (time + 13.0) % 20.0;
        if into < 0.8 {
            row.elapsed += (0.8 - into) * 1_000.0;
        }
    });
    let Finding::PeriodicStalls(found) = only(&jtl(rows), "periodic_stalls") else {
        unreachable!()
    };
    assert!((19_500..20_500).contains(&found.period_ms), "{found:?}");
    assert!((700..1_000).contains(&found.length_ms), "{found:?}");
    assert_eq!(found.stalls, 15);
}

#[test]
fn a_burst_of_errors() {
    let rows = run(|random, time, row| {
        if random.uniform() < 0.02 {
            row.error = Some("404,Not Found");
        } else if (150.0..160.0).contains(&time) && random.uniform() < 0.8 {
            row.error = Some(match time < 152.0 {
                true => "503,Service Unavailable",
                false => "500,Internal Server Error",
            });
        }
    });
    let Finding::ErrorBurst(found) = only(&jtl(rows), "error_burst") else {
        unreachable!()
    };
    assert!(
        (149_000..150_500).contains(&found.since_start_ms),
        "{found:?}"
    );
    assert!((8_500..11_500).contains(&found.length_ms), "{found:?}");
    assert!((350..450).contains(&found.errors), "{found:?}");
    assert_eq!(
        found.first_error.as_deref(),
        Some("503/Service Unavailable")
    );
    assert_eq!((found.label, found.bursts), (None, 1));
}

#[test]
fn a_slow_label() {
    let rows = run(|random, _, row| {
        if random.uniform() < 0.1 {
            row.label = "Report".to_owned();
            row.elapsed *= 12.0;
        }
    });
    let Finding::SlowLabel(found) = only(&jtl(rows), "slow_label") else {
        unreachable!()
    };
    assert_eq!(found.label, "Report");
    assert!((450..510).contains(&found.median_ms), "{found:?}");
    assert!((0.5..0.65).contains(&found.ratio_of_elapsed), "{found:?}");
}

#[test]
fn a_slow_host() {
    let rows = run(|random, _, row| {
        row.host = ["a.example:8080", "b.example:8080", "c.example:8080"][random.below(3)];
        if row.host.starts_with('b') {
            row.elapsed *= 5.0;
        }
    });
    let rows_of_run = rows.len() as u64;
    let Finding::SlowHost(found) = only(&jtl(rows), "slow_host") else {
        unreachable!()
    };
    assert_eq!((found.host.as_str(), found.hosts), ("b.example:8080", 3));
    let all = found.samples + found.others_samples;
    assert_eq!(all, rows_of_run, "{found:?}");
    assert!((180..220).contains(&found.median_ms), "{found:?}");
}

#[test]
fn a_slow_load_generator() {
    let rows = run(|random, _, row| {
        row.engine = Some(random.below(4));
        if row.engine == Some(2) {
            row.elapsed *= 5.0;
        }
    });
    let Finding::SlowEngine(found) = only(&jtl(rows), "slow_engine") else {
        unreachable!()
    };
    assert_eq!((found.engine.as_str(), found.engines), ("10.0.0.2:1099", 4));
}

#[test]
fn latency_dominated_by_connect_time() {
    let rows = run(|random, _, row| {
        if random.uniform() < 0.5 {
            row.connect = random.log_normal(150.0, 0.3);
            row.elapsed += row.connect;
        }
    });
    let Finding::ConnectTime(found) = only(&jtl(rows), "connect_time") else {
        unreachable!()
    };
    assert!((0.6..0.7).contains(&found.ratio_of_latency), "{found:?}");
    assert!((0.48..0.52).contains(&found.ratio_of_samples), "{found:?}");
}

#[test]
fn bimodal_response_times() {
    let rows = run(|random, _, row| {
        if row.label == "Search" {
            row.elapsed = match random.uniform() < 0.6 {
                true => random.log_normal(6.0, 0.3),
                false => random.log_normal(120.0, 0.3),
            };
        }
    });
    let Finding::Bimodal(found) = only(&jtl(rows), "bimodal") else {
        unreachable!()
    };
    assert_eq!(found.label, "Search");
    assert_eq!(found.fast_median_ms, 6);
    assert!((115..125).contains(&found.slow_median_ms), "{found:?}");
    assert!((0.38..0.42).contains(&found.slow_ratio), "{found:?}");
}

#[test]
fn two_labels_are_not_bimodal() {
    let rows = run(|_, _, row| {
        if row.label == "Search" {
            row.elapsed *= 4.5;
        }
    });
    assert_eq!(kinds(&report(&[&jtl(rows)], &PERCENTILES)), [""; 0]);
}

#[test]
fn a_generator_that_fell_behind() {
    // 50 threads send 100 requests per second, until responses take 600 ms.
    let is_slow = |time: f64| (200.0..240.0).contains(&time);
    let rate = |time: f64| if is_slow(time) { 50.0 / 0.6 } else { 100.0 };
    let rows = arrivals(&mut Random(1), SECONDS, rate, |random, time| Row {
        elapsed: random.log_normal(if is_slow(time) { 600.0 } else { 50.0 }, 0.1),
        threads: 50.0,
        ..Row::default()
    });
    let Finding::LateGenerator(found) = only(&jtl(rows), "late_generator") else {
        unreachable!()
    };
    assert!(
        (199_000..203_000).contains(&found.since_start_ms),
        "{found:?}"
    );
    assert!(
        (96.0..104.0).contains(&found.usual_rate_per_second),
        "{found:?}"
    );
    assert!((75.0..88.0).contains(&found.rate_per_second), "{found:?}");
}

/// The usual run, started later.
fn later(seconds: f64) -> Vec<Row> {
    let mut rows = run(|_, _, _| ());
    rows.iter_mut()
        .for_each(|row| row.start += seconds * 1_000.0);
    rows
}

#[test]
fn two_runs_with_a_header_each() {
    let text = jtl(later(0.0)) + &jtl(later(3_000.0));
    let CaveatReason::SeveralRuns(found) = only_caveat(&text, "several_runs").reason else {
        unreachable!()
    };
    assert_eq!((found.input.as_str(), found.runs), ("0.jtl", 2));
}

#[test]
fn two_runs_without_a_header_between() {
    let text = jtl([later(0.0), later(1_000.0)].concat());
    let Finding::Gap(found) = only(&text, "gap") else {
        unreachable!()
    };
    // Buckets of 5 s.
    assert!((690_000..=705_000).contains(&found.length_ms), "{found:?}");
    assert_eq!(found.gaps, 1);
    assert_eq!(found.samples_before, found.samples_after);
}

#[test]
fn clocks_apart() {
    let engine = |number: usize, seconds: f64| {
        let rows = later(seconds).into_iter();
        let rows = rows.map(|row| Row {
            engine: Some(number),
            ..row
        });
        rows.collect::<Vec<Row>>()
    };
    let together = [engine(1, 0.0), engine(2, 1.0), engine(3, -60.0)].concat();
    let Finding::ClocksApart(found) = only(&jtl(together), "clocks_apart") else {
        unreachable!()
    };
    assert_eq!((found.engine.as_str(), found.engines), ("10.0.0.3:1099", 3));
    assert!((-62_000..=-58_000).contains(&found.later_ms), "{found:?}");
    // Likewise for files whose rows name no engine.
    let files = [jtl(later(0.0)), jtl(later(60.0))];
    let found = only_of(&[&files[0], &files[1]], "clocks_apart");
    let Finding::ClocksApart(found) = found else {
        unreachable!()
    };
    assert_eq!(
        (found.engine.as_str(), found.other_engine.as_str()),
        ("1.jtl", "0.jtl")
    );
}

#[test]
fn fast_errors_that_lower_the_average() {
    let rows = run(|random, _, row| {
        if random.uniform() < 0.4 {
            row.elapsed = 3.0;
            row.error = Some("429,Too Many Requests");
        }
    });
    let report = report(&[&jtl(rows)], &PERCENTILES);
    assert_eq!(kinds(&report), ["often_fails", "fast_errors"]);
}

#[test]
fn a_connection_for_every_request() {
    let rows = run(|random, _, row| row.connect = random.log_normal(8.0, 0.2));
    only(&jtl(rows), "new_connections");
}

#[test]
fn labels_with_ids() {
    let rows = run(|random, _, row| {
        let id = random.below(8_000);
        write!(row.label, "/{id}").unwrap();
    });
    let caveat = only_caveat(&jtl(rows), "ids_in_labels");
    assert_eq!(caveat.next_step, ["--rename", "s/[0-9]+/N/g"]);
}

#[test]
fn sub_results_beside_their_parents() {
    let parents = run(|_, _, row| row.label = "Home".to_owned()).into_iter();
    let rows = parents.flat_map(|row| {
        let child = |number| Row {
            label: format!("Home-{number}"),
            ..row.clone()
        };
        [row.clone(), child(0), child(1)]
    });
    let caveat = only_caveat(&jtl(rows.collect()), "sub_results");
    assert_eq!(caveat.next_step, ["--sub-results", "exclude"]);
}

#[test]
fn too_few_samples_for_a_percentile() {
    let rows = run(|_, _, _| ())[..500].to_vec();
    let report = report(&[&jtl(rows)], &[50.0, 95.0, 99.9]);
    assert_eq!(caveat_kinds(&report), ["too_few_samples"]);
    let CaveatReason::TooFewSamples(found) = &report.caveats[0].reason else {
        unreachable!()
    };
    assert_eq!(
        report.caveats[0].sentence,
        "500 samples are too few to trust p99.9 (needs 2,995)."
    );
    assert_eq!((found.samples, found.samples_needed), (500, 2_995));
}

#[test]
fn insights_do_not_depend_on_threads() {
    let rows = run(|random, time, row| {
        row.host = ["a.example", "b.example"][random.below(2)];
        row.engine = Some(random.below(2));
        if row.host.starts_with('b') {
            row.elapsed *= 5.0;
        }
        if (150.0..160.0).contains(&time) {
            row.error = Some("503,Service Unavailable");
        }
    });
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", jtl(rows));
    let insights = |threads: &str| {
        let arguments = ["analyze", "run.jtl", "--no-report", "--format", "json"];
        let (report, _) = perfkit.run(&[&arguments[..], &["--threads", threads]].concat());
        let report: Report = serde_json::from_str(&report).unwrap();
        report.insights
    };
    let found = insights("1");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(insights("3"), found);
}

#[test]
fn hostile_names_are_escaped() {
    let rows = run(|random, _, row| {
        if random.uniform() < 0.1 {
            row.label = "\u{1b}[31m<b>*\u{202e}".to_owned();
            row.elapsed *= 12.0;
        }
    });
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", jtl(rows));
    let (table, said) = perfkit.run(&["analyze", "run.jtl", "-o", "out", "--charts", "none"]);
    assert!(table.starts_with("|              | **Details**"), "{table}");
    let insight = r"“\u{1b}[31m<b>*\u{202e}” is slow";
    assert!(said.contains(insight), "{said}");
    assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said}");
    let markdown = perfkit.read("out/report.md");
    let escaped = "\n## Insights\n\n- “␛\\[31m&lt;b&gt;\\*⟨U+202E⟩” is slow";
    assert!(markdown.contains(escaped), "{markdown}");
    let page = perfkit.read("out/report.html");
    assert!(page.contains("<p>“␛[31m&lt;b&gt;*⟨U+202E⟩” is slow"));
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn reports_of_other_versions_can_be_read() {
    let rows = run(|random, _, row| {
        if random.uniform() < 0.1 {
            row.label = "Report".to_owned();
            row.elapsed *= 12.0;
        }
    });
    let report = report(&[&jtl(rows[..200].to_vec())], &PERCENTILES);
    assert_eq!(kinds(&report), ["slow_label"]);
    assert_eq!(caveat_kinds(&report), ["too_few_samples"]);
    let saved = serde_json::to_value(&report).unwrap();
    // Without insights, and without caveats.
    let mut older = saved.clone();
    older.as_object_mut().unwrap().remove("insights");
    older.as_object_mut().unwrap().remove("caveats");
    older["options"]
        .as_object_mut()
        .unwrap()
        .remove("max_insights");
    let read: Report = serde_json::from_value(older).unwrap();
    assert_eq!((read.insights, read.caveats), (Vec::new(), Vec::new()));
    assert_eq!(read.total, report.total);
    assert_eq!(read.options.max_insights, Some(5));
    // Caveats among insights, and a kind that this version does not know.
    let mut other = saved.clone();
    let caveat = saved["caveats"][0].clone();
    let insights = other["insights"].as_array_mut().unwrap();
    insights.extend([
        caveat,
        json!({"kind": "of_another_version", "sentence": "?"}),
    ]);
    let read: Report = serde_json::from_value(other).unwrap();
    assert_eq!(read.insights, report.insights);
    // All of them shown.
    let mut all = saved;
    all["options"]["max_insights"] = Value::Null;
    let read: Report = serde_json::from_value(all).unwrap();
    assert_eq!(read.options.max_insights, None);
}

/// The insights on each recorded run.
#[test]
fn recorded_runs() {
    let mut said = String::new();
    let mut names: Vec<String> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            [".jtl", ".jtl.gz", ".xml"]
                .iter()
                .any(|end| name.ends_with(end))
        })
        .collect();
    names.sort();
    for name in names {
        let path = fixtures().join(&name);
        let arguments = [
            "analyze",
            path.to_str().unwrap(),
            "--no-report",
            "--format",
            "json",
        ];
        let (report, errors) = Perfkit::new().run(&arguments);
        let report: Value = serde_json::from_str(&report).unwrap();
        writeln!(said, "{name}").unwrap();
        let list = |key: &str| report[key].as_array().unwrap().clone();
        for (number, insight) in list("insights").iter().enumerate() {
            let sentence = insight["sentence"].as_str().unwrap();
            plain_sentence(sentence);
            let line = format!("perfkit: insight: {sentence}");
            assert_eq!(errors.contains(&line), number < 5, "{errors}");
            writeln!(said, "  {}: {sentence}", insight["kind"].as_str().unwrap()).unwrap();
        }
        for caveat in list("caveats") {
            let sentence = caveat["sentence"].as_str().unwrap();
            plain_sentence(sentence);
            let line = format!("perfkit: note: {sentence}");
            assert!(errors.contains(&line), "{errors}");
            writeln!(
                said,
                "  caveat {}: {sentence}",
                caveat["kind"].as_str().unwrap()
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(said);
}
