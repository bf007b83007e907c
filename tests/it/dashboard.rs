//! `perfkit analyze` against JMeter's dashboard of the same results, and the formats related to it.

use std::fs;

use crate::common::{HEADER, Perfkit, five_samples, fixtures, row};
use serde_json::Value;

/// The entries of a `statistics.json`, each as its text.
fn entries(text: &str) -> Vec<String> {
    let body = text
        .trim()
        .strip_prefix("{\n")
        .and_then(|text| text.strip_suffix("\n}"))
        .unwrap();
    let mut entries: Vec<String> = body
        .split("\n  },\n")
        .map(|entry| entry.trim_end_matches("\n  }").to_owned())
        .collect();
    entries.sort();
    entries
}

fn jmeters_statistics() -> String {
    fs::read_to_string(fixtures().join("dashboard.statistics.json")).unwrap()
}

/// Analyzes results into the directory `report`, and returns stdout and stderr.
fn analyze(perfkit: &Perfkit, results: &str, options: &[&str]) -> (String, String) {
    let mut arguments = vec!["analyze", results, "--platform", "x", "-o", "report"];
    arguments.extend(["--charts", "none"]);
    arguments.extend(options);
    perfkit.run(&arguments)
}

#[test]
fn dashboard_figures_are_jmeters_byte_for_byte() {
    let results = fixtures().join("dashboard.jtl.gz");
    // JMeter prints NaN for a label with only empty transaction controllers.
    let expected: Vec<String> = entries(&jmeters_statistics())
        .into_iter()
        .filter(|entry| !entry.starts_with("  \"Empty\""))
        .collect();
    assert_eq!(expected.len(), 4);
    for threads in ["1", "3"] {
        let perfkit = Perfkit::new();
        let options = ["--compat", "dashboard", "--threads", threads];
        let (printed, said) = analyze(&perfkit, results.to_str().unwrap(), &options);
        let statistics = perfkit.read("report/statistics.json");
        assert_eq!(entries(&statistics), expected);
        let difference = "it uses the last 20,000 of ";
        for text in [printed, said, perfkit.read("report/report.md")] {
            assert!(text.contains(difference), "{text}");
        }
    }
}

#[test]
fn exact_statistics_differ_from_jmeters_in_percentiles_only() {
    let perfkit = Perfkit::new();
    let results = fixtures().join("dashboard.jtl.gz");
    analyze(&perfkit, results.to_str().unwrap(), &[]);
    let exact: Value = serde_json::from_str(&perfkit.read("report/statistics.json")).unwrap();
    let jmeters: Value = serde_json::from_str(&jmeters_statistics()).unwrap();
    assert!(exact.get("Empty").is_none());
    for label in ["Fibonacci", "IsPrime", "Order", "Total"] {
        let (exact, jmeters) = (exact[label].as_object(), jmeters[label].as_object());
        let keys =
            |entry: &serde_json::Map<String, Value>| entry.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(exact.unwrap()), keys(jmeters.unwrap()));
        for (key, value) in jmeters.unwrap() {
            let mine = &exact.unwrap()[key];
            let close = |mine: f64, value: f64| (mine - value).abs() < 1e-9 * value;
            match key.as_str() {
                "medianResTime" | "pct1ResTime" | "pct2ResTime" | "pct3ResTime" => {}
                "meanResTime" => assert!(close(mine.as_f64().unwrap(), value.as_f64().unwrap())),
                _ => assert_eq!(mine, value, "{label} {key}"),
            }
        }
    }
    // Its sliding window has dropped the fast beginning.
    let median = |statistics: &Value| statistics["Total"]["medianResTime"].as_f64().unwrap();
    assert!(median(&exact) < median(&jmeters));
}

#[test]
fn within_the_window_only_interpolation_differs() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let (printed, _) = analyze(&perfkit, "results.jtl", &["--compat", "dashboard"]);
    let comparison = printed.split("## ").nth(1).unwrap();
    insta::assert_snapshot!(comparison);
}

#[test]
fn the_dashboard_follows_given_properties() {
    let perfkit = Perfkit::new();
    let times = [40, 10, 30, 20];
    let rows = times.map(|elapsed| row(1_700_000_000_000, elapsed, "A", true));
    perfkit.write("results.jtl", format!("{HEADER}{}", rows.concat()));
    let median = |tool: &str| {
        let (_, said) = analyze(&perfkit, "results.jtl", &["--compat", tool]);
        let statistics: Value =
            serde_json::from_str(&perfkit.read("report/statistics.json")).unwrap();
        (statistics["A"]["medianResTime"].as_f64().unwrap(), said)
    };
    assert_eq!(median("dashboard").0, 25.0);
    assert_eq!(median("dashboard:LEGACY").0, 25.0);
    assert_eq!(median("dashboard:r_3").0, 20.0);
    assert_eq!(median("dashboard:window=-1").0, 25.0);
    // The last three rows, in the middle of which is 20; then the last one.
    let (value, said) = median("dashboard:R_7,window=1");
    assert_eq!(value, 20.0);
    assert!(said.contains("it uses the last 1 of 4 rows"), "{said}");
    assert_eq!(median("dashboard:R_1,window=3").0, 20.0);
    let report: Value = serde_json::from_str(&perfkit.read("report/report.json")).unwrap();
    assert_eq!(report["dashboard"]["estimator"], "R_1");
    assert_eq!(report["dashboard"]["window"], 3);
    for (tool, why) in [
        (
            "dashboard:R_10",
            "`R_10` is no estimator of JMeter's: take LEGACY or one of R_1 to R_9",
        ),
        (
            "dashboard:R_1,window=0",
            "the window is a number of rows of 1 or more, or -1 for all",
        ),
        ("dashboard:window=x", "the window is a number of rows"),
        (
            "grafana",
            "write dashboard, dashboard:R_3 or dashboard:R_3,window=5000",
        ),
    ] {
        let output = perfkit
            .command(&["analyze", "results.jtl", "--compat", tool])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{tool}");
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn identical_percentiles_are_noted() {
    let perfkit = Perfkit::new();
    perfkit.write(
        "results.jtl",
        format!("{HEADER}{}", row(1_700_000_000_000, 10, "A", true)),
    );
    let (_, said) = analyze(&perfkit, "results.jtl", &["--compat", "dashboard"]);
    assert!(said.contains("gives the same percentiles"), "{said}");
}

#[test]
fn a_run_of_zero_length_has_no_rates_in_statistics() {
    let perfkit = Perfkit::new();
    perfkit.write(
        "results.jtl",
        format!("{HEADER}{}", row(1_700_000_000_000, 0, "Total", true)),
    );
    for options in [&[][..], &["--compat", "dashboard"]] {
        analyze(&perfkit, "results.jtl", options);
        let text = perfkit.read("report/statistics.json");
        // A label of this name does not take the place of the Total.
        assert_eq!(text.matches("\"transaction\" : \"Total\"").count(), 1);
        let statistics: Value = serde_json::from_str(&text).unwrap();
        for name in ["Total", "Total (label)"] {
            assert_eq!(statistics[name]["sampleCount"], 1);
            assert_eq!(statistics[name]["throughput"], Value::Null);
        }
    }
}

#[test]
fn statistics_json_has_all_labels_and_the_report_the_busiest() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    analyze(&perfkit, "results.jtl", &["--max-labels", "1"]);
    let statistics: Value = serde_json::from_str(&perfkit.read("report/statistics.json")).unwrap();
    let labels: Vec<&String> = statistics.as_object().unwrap().keys().collect();
    assert_eq!(labels, ["A", "B", "Total"]);
    let report: Value = serde_json::from_str(&perfkit.read("report/report.json")).unwrap();
    for table in ["statistics", "apdex"] {
        assert_eq!(
            report[table]["labels"].as_array().unwrap().len(),
            1,
            "{table}"
        );
        assert_eq!(report[table]["total"]["samples"], 5, "{table}");
    }
    assert_eq!(report["top_errors"]["total"]["errors"], 1);
}

/// Rows of a sampler, a transaction controller and an empty controller, each with one failure.
fn controllers() -> String {
    let message = |samples: u64| {
        format!("\"Number of samples in transaction : {samples}, number of failing samples : 1\"")
    };
    let row = |label: &str, message: &str, success: bool, elapsed: i64| {
        format!(
            "1700000000000,{elapsed},{label},500,{message},Users 1-1,text,{success},,1024,512,1,1,,0,0,0\n"
        )
    };
    [
        HEADER.to_owned(),
        row("Page", "Nope", false, 10),
        row("Page", "OK", true, 600),
        row("Order", &message(2), false, 610),
        row("Nothing", &message(0), false, 0),
    ]
    .concat()
}

#[test]
fn transaction_controllers_count_where_jmeter_counts_them() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", controllers());
    let (json, _) = perfkit.run(&["analyze", "results.jtl", "--no-report", "--format", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let labels = |of: &str| {
        let labels = report[of]["labels"].as_array().unwrap().iter();
        labels
            .map(|row| row["label"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(report["total"]["samples"], 4);
    assert_eq!(report["statistics"]["total"]["samples"], 2);
    assert_eq!(labels("statistics"), ["Page", "Order"]);
    assert_eq!(report["apdex"]["total"]["samples"], 3);
    assert_eq!(report["apdex"]["total"]["apdex"], 0.5 / 3.0);
    assert_eq!(labels("apdex"), ["Page", "Order"]);
    assert_eq!(report["requests"]["ko"], 1);
    assert_eq!(report["errors"].as_array().unwrap().len(), 1);
    assert_eq!(report["errors"][0]["ratio_of_samples"], 0.5);
    assert_eq!(labels("top_errors"), ["Page"]);
    assert_eq!(report["top_errors"]["total"]["rows"], 2);
}

#[test]
fn apdex_thresholds_are_configurable() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let options = ["--apdex", "100,250", "--apdex", "B=40,50"];
    analyze(&perfkit, "results.jtl", &options);
    let report = perfkit.read("report/report.md");
    let apdex = report.split("## Apdex").nth(1).unwrap();
    insta::assert_snapshot!(apdex.split("## ").next().unwrap());
    let refused = perfkit
        .command(&["analyze", "results.jtl", "--apdex", "9,5"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("such as 500,1500"), "{said}");
}

#[test]
fn each_sampler_lists_at_most_five_errors() {
    let perfkit = Perfkit::new();
    let rows = (1..=7)
        .flat_map(|code| (0..code).map(move |_| code))
        .map(|code| {
            format!("1700000000000,5,A,50{code},Oh,Users 1-1,text,false,,1,1,1,1,,0,0,0\n")
        });
    let rows: String = rows.collect();
    perfkit.write("results.jtl", format!("{HEADER}{rows}"));
    analyze(&perfkit, "results.jtl", &[]);
    let report = perfkit.read("report/report.md");
    let errors = report.split("## Top 5 errors by sampler").nth(1).unwrap();
    insta::assert_snapshot!(errors.split("## ").next().unwrap());
}

#[test]
fn corrected_percentiles_appear_beside_measured_ones() {
    // A 1 ms sample every 10 ms, and one of 100 ms that delays the next nine.
    let rows: String = (0..9)
        .map(|at| row(1_700_000_000_000 + 10 * at, 1, "A", true))
        .collect();
    let slow = row(1_700_000_000_090, 100, "A", true);
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", format!("{HEADER}{rows}{slow}"));
    analyze(&perfkit, "results.jtl", &["--expected-interval", "10"]);
    let report = perfkit.read("report/report.md");
    let corrected = report
        .split("## Corrected for coordinated omission")
        .nth(1)
        .unwrap();
    insta::assert_snapshot!(corrected.split("## ").next().unwrap());
    let report: Value = serde_json::from_str(&perfkit.read("report/report.json")).unwrap();
    assert_eq!(report["corrected"]["total"]["added"], 9);
    assert_eq!(report["options"]["expected_interval_ms"], 10);
}

#[test]
fn prometheus_text_is_well_formed() {
    let hostile = "a\\b\"\"c\nd{e=\"\"f\"\"}";
    let perfkit = Perfkit::new();
    let more =
        format!("1700000000000,7,\"{hostile}\",200,OK,Users 1-1,text,true,,1,1,1,1,,0,0,0\n");
    perfkit.write("results.jtl", five_samples() + &more);
    let arguments = [
        "analyze",
        "results.jtl",
        "--no-report",
        "--platform",
        "x",
        "--format",
        "prometheus",
    ];
    let (text, _) = perfkit.run(&arguments);
    insta::assert_snapshot!(text);
    let mut typed = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, _) = rest.split_once(' ').unwrap();
            assert!(!typed.contains(&name), "{name} twice");
            typed.push(name);
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().unwrap().is_finite(), "{line}");
            let name = series.split('{').next().unwrap();
            let family = typed.last().unwrap();
            let suffix = name.strip_prefix(family).unwrap();
            assert!(["", "_sum", "_count"].contains(&suffix), "{line}");
            // Nothing else may stand outside quoted values.
            let quotes = series
                .replace("\\\\", "")
                .replace("\\\"", "")
                .matches('"')
                .count();
            assert!(quotes.is_multiple_of(2), "{line}");
        }
    }
}

#[test]
fn percentile_distributions_are_hdrhistograms() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let arguments = [
        "analyze",
        "results.jtl",
        "--no-report",
        "--platform",
        "x",
        "--format",
        "hgrm",
    ];
    let (text, _) = perfkit.run(&arguments);
    insta::assert_snapshot!(text);
    // HdrHistogram's plotter reads a point from four fields of a line that is no comment.
    let points = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [value, _, _, inverse] = words[..] else {
                return None;
            };
            Some((value.parse::<f64>().ok()?, inverse.parse::<f64>().ok()?))
        });
    assert!(points.clone().count() > 20);
    assert!(
        points
            .clone()
            .all(|(value, inverse)| value >= 50.0 && inverse >= 1.0)
    );
}

#[test]
fn beyond_10_000_labels_statistics_json_has_those_shown() {
    let perfkit = Perfkit::new();
    let rows: String = (0..10_001)
        .map(|number| {
            crate::common::row(1_700_000_000_000 + number, 5, &format!("L{number}"), true)
        })
        .collect();
    perfkit.write("many.jtl", format!("{}{rows}", crate::common::HEADER));
    perfkit.run(&["analyze", "many.jtl", "--charts", "none"]);
    let statistics: serde_json::Value =
        serde_json::from_str(&perfkit.read("many-report/statistics.json")).unwrap();
    assert_eq!(statistics.as_object().unwrap().len(), 101);
}
