//! `perfkit compare` as a process: inputs, verdicts, exit codes and errors. `compare_output.rs` tests
//! what it prints, `compare_gate.rs` what makes it fail.

use crate::common::{HEADER, Perfkit, five_samples, row};
use serde_json::Value;

const START: i64 = 1_700_000_000_000;

/// 6,000 samples over 60 s of one label, of 100 to 199 ms plus `more` ms.
pub fn steady(label: &str, more: i64) -> String {
    let rows = (0..6_000).map(|n| row(START + n * 10, 100 + more + n * 37 % 100, label, true));
    HEADER.to_owned() + &rows.collect::<String>()
}

/// 400 samples over 40 s; `elapsed` and `label` map a sample's number to its values.
pub fn short(elapsed: impl Fn(i64) -> i64, label: impl Fn(i64) -> Option<&'static str>) -> String {
    let rows = (0..400).filter_map(|n| Some(row(START + n * 100, elapsed(n), label(n)?, true)));
    HEADER.to_owned() + &rows.collect::<String>()
}

pub fn compared(perfkit: &Perfkit, arguments: &[&str]) -> (i32, String, String) {
    let mut command = perfkit.command(&[&["compare"], arguments].concat());
    let output = command.env_remove("GITHUB_ACTIONS").output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Label A of 100 to 199 ms as `a.jtl`, and 30 ms slower as `b.jtl`.
pub fn pair() -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", steady("A", 0));
    perfkit.write("b.jtl", steady("A", 30));
    perfkit
}

#[test]
fn a_report_is_identical_to_its_own_results() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", five_samples());
    perfkit.run(&[
        "analyze",
        "a.jtl",
        "-o",
        "saved",
        "--charts",
        "none",
        "--platform",
        "x",
    ]);
    let (printed, _) = perfkit.run(&["compare", "saved/report.json", "a.jtl", "--fail-if-worse"]);
    assert!(
        printed.starts_with("**a is identical to report.**\n"),
        "{printed}"
    );
    let (json, _) = perfkit.run(&["compare", "saved/report.json", "a.jtl", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    for label in json["labels"].as_array().unwrap() {
        for figure in label["figures"].as_array().unwrap() {
            assert_eq!(figure["values"][0], figure["values"][1], "{figure}");
        }
    }
}

#[test]
fn a_slower_run_is_worse_and_a_faster_one_better() {
    let perfkit = pair();
    let (code, printed, said) = compared(&perfkit, &["a.jtl", "b.jtl", "--fail-if-worse"]);
    assert_eq!(code, 1, "{said}");
    assert!(printed.starts_with("**b is slower than a: "), "{printed}");
    let (code, printed, _) = compared(&perfkit, &["b.jtl", "a.jtl", "--fail-if-worse"]);
    assert_eq!(code, 0);
    assert!(printed.starts_with("**a is faster than b: "), "{printed}");
    assert!(!printed.contains('▲'), "{printed}");
    // Without --fail-if-worse.
    assert_eq!(compared(&perfkit, &["a.jtl", "b.jtl"]).0, 0);
    // Below the threshold.
    let (code, _, _) = compared(
        &perfkit,
        &["a.jtl", "b.jtl", "--fail-if-worse", "--threshold", "40"],
    );
    assert_eq!(code, 0);
}

#[test]
fn a_slowdown_without_upper_bound_is_worse() {
    let perfkit = Perfkit::new();
    perfkit.write("flat.csv", short(|n| 10 + n % 5, |_| Some("A")));
    perfkit.write("rise.csv", short(|n| 1_000 + n * 10, |_| Some("A")));
    let (code, printed, said) = compared(&perfkit, &["flat.csv", "rise.csv", "--fail-if-worse"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        printed.starts_with(
            "**rise is slower than flat: p95 of A ×342 (14 → 4,790 ms) and 2 more figures"
        ),
        "{printed}"
    );
}

#[test]
fn too_few_samples_are_reported() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", five_samples());
    perfkit.write("b.jtl", five_samples().replace(",300,A", ",900,A"));
    let (_, printed, _) = compared(&perfkit, &["a.jtl", "b.jtl"]);
    assert!(
        printed.starts_with("**No significant change in b; "),
        "{printed}"
    );
    assert!(printed.contains("too few samples"), "{printed}");
}

/// One label: 20 s of 100 ms with 1 to 20 threads, then 40 s of 200 ms with 20 threads.
fn ramp() -> String {
    let rows = (0..6_000).map(|n: i64| {
        let (start, elapsed) = (
            1_700_000_000_000 + n * 10,
            if n < 2_000 { 100 } else { 200 },
        );
        let threads = (n / 100 + 1).min(20);
        row(start, elapsed, "A", true).replace(",1,1,http", &format!(",{threads},{threads},http"))
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

#[test]
fn saved_runs_can_be_limited_in_time() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", ramp());
    let quiet = ["--charts", "none", "--platform", "x"];
    perfkit.run(&[&["analyze", "a.jtl", "-o", "saved"], &quiet[..]].concat());
    perfkit.run(&["summarize", "a.jtl", "-o", "a.summary"]);
    let averages = |run: &str, options: &[&str]| -> (f64, f64) {
        let arguments = [&["a.jtl", run, "--format", "json"], options].concat();
        let (code, json, said) = compared(&perfkit, &arguments);
        assert_eq!(code, 0, "{said}");
        let json: Value = serde_json::from_str(&json).unwrap();
        let figures = json["labels"][0]["figures"].as_array().unwrap();
        let average = figures.iter().find(|figure| figure["key"] == "average");
        let values = &average.unwrap()["values"];
        (values[0].as_f64().unwrap(), values[1].as_f64().unwrap())
    };
    for run in ["saved/report.json", "a.summary"] {
        for options in [
            &["--from", "+30s"][..],
            &["--from", "+10s", "--to", "+40s"],
            &["--to", "-50s"],
            &["--trim-ramp"],
        ] {
            let (of_results, saved) = averages(run, options);
            assert!(
                (of_results - saved).abs() < 2.0,
                "{run} {options:?}: {of_results}, {saved}"
            );
        }
    }
    let said = perfkit.fail(&["compare", "a.jtl", "saved/report.json", "--from", "+90s"]);
    assert!(said.contains("no samples"), "{said}");
    let said = perfkit.fail(&["compare", "saved/report.json", "a.jtl", "--from", "+90s"]);
    assert!(said.contains("has no samples within --from +90s"), "{said}");
}

#[test]
fn inputs_that_cannot_be_compared_are_explained() {
    let perfkit = pair();
    perfkit.run(&["analyze", "a.jtl", "-o", "saved", "--charts", "none"]);
    let report = perfkit.read("saved/report.json");
    perfkit.write(
        "old.json",
        report.replacen("\"schema_version\": 1", "\"schema_version\": 7", 1),
    );
    perfkit.write("cut.json", &report[..report.len() / 2]);
    perfkit.write("other.json", "{\"a\": 1}");
    perfkit.write("c.jtl", steady("B", 0));
    for (arguments, expected) in [
        (&["a.jtl", "old.json"][..], "version 7 of the layout"),
        (
            &["a.jtl", "cut.json"],
            "cut.json: is cut short: analyze those results again",
        ),
        (&["a.jtl", "other.json"], "other.json: is not a report.json"),
        (&["a.jtl", "none.jtl"], "none.jtl"),
        (
            &["a.jtl", "b.jtl", "--name", "x"],
            "there are 2 runs but 1 names",
        ),
        (
            &[
                "--baseline",
                "a.jtl",
                "b.jtl",
                "--candidate",
                "c.jtl",
                "--name",
                "x",
            ],
            "there are 2 sides but 1 names",
        ),
        (&["-", "-"], "standard input can be read only once"),
        (
            &["a.jtl", "b.jtl", "--allow-missing", "(x"],
            "--allow-missing `(x` is not a regular expression",
        ),
        (
            &["a.jtl", "b.jtl", "--update", "none.md"],
            "none.md: does not exist",
        ),
        (
            &["a.jtl", "saved/report.json", "--include", "A"],
            "For a saved report, only --from, --to and --trim-ramp can be chosen",
        ),
    ] {
        let said = perfkit.fail(&[&["compare"], arguments].concat());
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    for (arguments, expected) in [
        (&["a.jtl"][..], "name a candidate, too, or --history DIR"),
        (&["--baseline", "a.jtl"], "--candidate <RUN>"),
        (&["--candidate", "a.jtl"], "--baseline <RUN>"),
        (
            &[
                "a.jtl",
                "b.jtl",
                "--baseline",
                "a.jtl",
                "--candidate",
                "b.jtl",
            ],
            "cannot be used with",
        ),
        // The comparison is printed all the same.
        (
            &["a.jtl", "b.jtl", "--fail-if", "X: p95 > 1s"],
            "there is no label `X`",
        ),
        (
            &["c.jtl", "b.jtl", "--fail-if", "A: p95 > baseline"],
            "the baseline",
        ),
    ] {
        let (code, _, said) = compared(&perfkit, arguments);
        assert_eq!(code, 2);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn no_errors_on_either_side_is_no_change() {
    let perfkit = Perfkit::new();
    let results = |elapsed: i64| {
        let rows = (0..20).map(|n| row(START + n * 10, elapsed + n, "A", true));
        HEADER.to_owned() + &rows.collect::<String>()
    };
    perfkit.write("a.jtl", results(100));
    perfkit.write("b.jtl", results(101));
    let (_, printed, _) = compared(&perfkit, &["a.jtl", "b.jtl", "-f", "csv"]);
    let verdict = |figure: &str| {
        let row = printed
            .lines()
            .find(|row| row.starts_with(&format!("A,{figure},")));
        row.unwrap().split(',').nth(10).unwrap().to_owned()
    };
    assert_eq!(verdict("error_percent"), "no change");
    assert_eq!(verdict("average"), "too few samples");
    // Of 400 pairs, 210 are slower and 19 tie.
    let mut rows = printed.lines();
    let row = rows.find(|row| row.starts_with("A,probability_slower,%,b,,"));
    let slower: f64 = row.unwrap().split(',').nth(5).unwrap().parse().unwrap();
    assert!((slower - 219.5 / 4.0).abs() < 1e-9, "{slower}");
}

#[test]
fn percentiles_shown_and_tested_are_configurable() {
    let perfkit = pair();
    let percentiles = |arguments: &[&str]| -> Vec<(String, bool)> {
        let arguments = [&["a.jtl", "b.jtl", "-f", "json"], arguments].concat();
        let json: Value = serde_json::from_str(&compared(&perfkit, &arguments).1).unwrap();
        let figures = json["labels"][0]["figures"].as_array().unwrap();
        let figures = figures.iter().filter(|figure| {
            let title = figure["title"].as_str().unwrap();
            title == "Median" || title.ends_with("Line")
        });
        figures
            .map(|figure| {
                let key = figure["key"].as_str().unwrap().to_owned();
                (key, figure["changes"][0]["test"].is_object())
            })
            .collect()
    };
    let expected = |of: &[(&str, bool)]| -> Vec<(String, bool)> {
        of.iter()
            .map(|(key, is)| ((*key).to_owned(), *is))
            .collect()
    };
    assert_eq!(
        percentiles(&[]),
        expected(&[
            ("median", true),
            ("p90", false),
            ("p95", true),
            ("p99", false)
        ])
    );
    assert_eq!(
        percentiles(&["--percentiles", "80,99"]),
        expected(&[("p80", true), ("p99", true)])
    );
}

#[test]
fn up_to_500_labels_are_compared_one_by_one() {
    let perfkit = Perfkit::new();
    let results = |labels: i64| {
        let rows = (0..labels).map(|n| row(START + n, 100, &format!("L{n}"), true));
        HEADER.to_owned() + &rows.collect::<String>()
    };
    perfkit.write("a.jtl", results(501));
    perfkit.write("b.jtl", results(500));
    let (_, json, _) = compared(&perfkit, &["a.jtl", "b.jtl", "-f", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["labels"].as_array().unwrap().len(), 501);
    let notes = json["notes"].to_string();
    assert!(notes.contains("a combines"), "{notes}");
}

#[test]
fn messages_while_reading_name_the_run() {
    let perfkit = pair();
    perfkit.write("b.jtl", steady("A", 30) + "x\n");
    let (_, _, said) = compared(&perfkit, &["a.jtl", "b.jtl"]);
    assert!(said.contains("perfkit: a: 6000 rows read"), "{said}");
    assert!(said.contains("perfkit: b: 6001 rows read"), "{said}");
    assert!(said.contains("perfkit: b: warning: 1 rejected"), "{said}");
    let (_, said) = perfkit.run(&["analyze", "a.jtl", "--no-report"]);
    assert!(said.contains("perfkit: 6000 rows read"), "{said}");
}

#[test]
fn a_duplicate_input_is_reported() {
    let perfkit = pair();
    let (_, printed, said) = compared(&perfkit, &["a.jtl", "./a.jtl"]);
    assert!(
        said.starts_with("perfkit: note: a.jtl is given twice: "),
        "{said}"
    );
    assert!(printed.contains("- a.jtl is given twice: "), "{printed}");
    let (_, _, said) = compared(&perfkit, &["a.jtl", "b.jtl"]);
    assert!(!said.contains("given"), "{said}");
}

#[test]
fn help_shows_the_baseline_option_of_each_command() {
    let perfkit = Perfkit::new();
    let (printed, _) = perfkit.run(&["compare", "--help"]);
    assert!(printed.contains("--baseline <RUN>...") && printed.contains("--candidate <RUN>..."));
    assert!(printed.contains("--fail-if-worse") && printed.contains("--junit"));
    let (printed, _) = perfkit.run(&["analyze", "--help"]);
    assert!(printed.contains("--baseline <FILE>"));
}
