//! `perfkit compare` as a process: inputs, verdicts, criteria, exit codes and errors. What is printed
//! is in `compare_output.rs`.

use crate::common::{HEADER, Perfkit, five_samples, row};
use serde_json::Value;

const START: i64 = 1_700_000_000_000;

/// 6,000 samples over 60 s of one label, of 100 to 199 ms, `more` ms slower.
fn steady(label: &str, more: i64) -> String {
    let rows = (0..6_000).map(|n| row(START + n * 10, 100 + more + n * 37 % 100, label, true));
    HEADER.to_owned() + &rows.collect::<String>()
}

/// 400 samples over 40 s, which `elapsed` and `label` make of their number.
fn short(elapsed: impl Fn(i64) -> i64, label: impl Fn(i64) -> Option<&'static str>) -> String {
    let rows = (0..400).filter_map(|n| Some(row(START + n * 100, elapsed(n), label(n)?, true)));
    HEADER.to_owned() + &rows.collect::<String>()
}

fn compared(perfkit: &Perfkit, arguments: &[&str]) -> (i32, String, String) {
    let mut command = perfkit.command(&[&["compare"], arguments].concat());
    let output = command.env_remove("GITHUB_ACTIONS").output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Label A of 100 to 199 ms as `a.jtl`, and 30 ms slower as `b.jtl`.
fn pair() -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", steady("A", 0));
    perfkit.write("b.jtl", steady("A", 30));
    perfkit
}

/// Runs `a1` to `a3`, and `b1` to `b3`, which are 30 ms slower.
fn groups() -> Perfkit {
    let perfkit = Perfkit::new();
    for n in 1..4 {
        perfkit.write(&format!("a{n}.jtl"), steady("A", n));
        perfkit.write(&format!("b{n}.jtl"), steady("A", 30 + n));
    }
    perfkit
}

const GROUPS: [&str; 8] = [
    "--baseline",
    "a1.jtl",
    "a2.jtl",
    "a3.jtl",
    "--candidate",
    "b1.jtl",
    "b2.jtl",
    "b3.jtl",
];

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
fn a_slower_run_is_worse_and_the_other_way_round_better() {
    let perfkit = pair();
    let (code, printed, said) = compared(&perfkit, &["a.jtl", "b.jtl", "--fail-if-worse"]);
    assert_eq!(code, 1, "{said}");
    assert!(printed.starts_with("**b is slower than a: "), "{printed}");
    let (code, printed, _) = compared(&perfkit, &["b.jtl", "a.jtl", "--fail-if-worse"]);
    assert_eq!(code, 0);
    assert!(printed.starts_with("**a is faster than b: "), "{printed}");
    assert!(!printed.contains('▲'), "{printed}");
    // Not asked to fail.
    assert_eq!(compared(&perfkit, &["a.jtl", "b.jtl"]).0, 0);
    // Too little to matter.
    let (code, _, _) = compared(
        &perfkit,
        &["a.jtl", "b.jtl", "--fail-if-worse", "--threshold", "40"],
    );
    assert_eq!(code, 0);
}

#[test]
fn times_that_rise_out_of_all_bounds_are_worse() {
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
fn a_label_that_vanished_fails_unless_it_may_be_missing() {
    let perfkit = Perfkit::new();
    let label = |n| Some(["Login", "Pay"][n as usize % 2]);
    perfkit.write("two.csv", short(|n| 100 + n % 7, label));
    let no_pay = |n| label(n).filter(|label| *label != "Pay");
    perfkit.write("gone.csv", short(|n| 100 + n % 7, no_pay));
    let arguments = ["two.csv", "gone.csv", "--fail-if-worse"];
    let (code, printed, said) = compared(&perfkit, &arguments);
    assert_eq!(code, 1, "{said}");
    let headline = printed.lines().next().unwrap();
    assert!(
        headline.ends_with("Pay is missing from gone.**"),
        "{headline}"
    );
    assert!(
        said.ends_with(
            "perfkit: Pay is missing from gone. If that is intended, name them with --allow-missing REGEX.\n"
        ),
        "{said}"
    );
    let allowed = |pattern: &str| {
        let arguments = [&arguments[..], &["--allow-missing", pattern]].concat();
        compared(&perfkit, &arguments).0
    };
    assert_eq!(allowed("^P"), 0);
    assert_eq!(allowed("^L"), 1);
    // A label that is new never fails.
    let (code, printed, _) = compared(&perfkit, &["gone.csv", "two.csv", "--fail-if-worse"]);
    assert_eq!(code, 0);
    assert!(
        printed
            .lines()
            .next()
            .unwrap()
            .ends_with("New in two: Pay.**"),
        "{printed}"
    );
    let mut command = perfkit.command(&[&["compare"], &arguments[..]].concat());
    let output = command.env("GITHUB_ACTIONS", "true").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("\n::error title=Labels are missing::Pay is missing from gone."),
        "{said}"
    );
}

#[test]
fn several_runs_a_side_are_compared_against_what_differs_between_them() {
    let perfkit = groups();
    let arguments = [&GROUPS[..], &["--fail-if-worse"]].concat();
    let (code, printed, said) = compared(&perfkit, &arguments);
    assert_eq!(code, 1, "{said}");
    assert!(
        printed.starts_with("**candidate is slower than baseline: "),
        "{printed}"
    );
    let names = ["--name", "main", "--name", "branch"];
    let (_, json, _) = compared(
        &perfkit,
        &[&GROUPS[..], &names, &["--format", "json"]].concat(),
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["runs"][0]["name"], "main");
    assert_eq!(json["runs"][1]["name"], "branch");
    assert_eq!(json["runs"][1]["members"][2], "b3");
    let figures = json["labels"][0]["figures"].as_array().unwrap();
    let average = figures.iter().find(|figure| figure["key"] == "average");
    let change = &average.unwrap()["changes"][0];
    assert_eq!(change["test"]["method"], "between_runs");
    assert_eq!(change["verdict"], "worse");
}

#[test]
fn criteria_hold_each_run_of_a_side_to_the_first_of_the_baseline() {
    let perfkit = groups();
    // Of a1 it is 195 ms, of b2 226 and of b3 227.
    let criterion = ["--fail-if", "p95 > baseline + 31ms"];
    let (code, _, said) = compared(&perfkit, &[&GROUPS[..], &criterion].concat());
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("passed: b1: p95"), "{said}");
    assert!(said.contains("passed: b2: p95"), "{said}");
    assert!(said.contains("failed: b3: p95"), "{said}");
}

#[test]
fn fewer_than_three_runs_are_not_judged_and_never_pass() {
    let perfkit = groups();
    let two = ["--baseline", "a1.jtl", "a2.jtl", "--candidate"];
    let arguments = [&two[..], &["b1.jtl", "b2.jtl", "b3.jtl"]].concat();
    let (code, printed, said) = compared(&perfkit, &arguments);
    assert_eq!(code, 0, "{said}");
    assert!(
        printed.starts_with("**candidate cannot be judged against baseline: that takes 3 runs"),
        "{printed}"
    );
    // Before any run is read.
    let missing = [&two[..], &["none.jtl", "--fail-if-worse"]].concat();
    let said = perfkit.fail(&[&["compare"], &missing[..]].concat());
    assert!(
        said.contains("--fail-if-worse needs 3 runs per side") && said.contains("2 and 1"),
        "{said}"
    );
    // One of each side is a comparison of single runs.
    let single = [
        "--baseline",
        "a1.jtl",
        "--candidate",
        "b1.jtl",
        "--fail-if-worse",
    ];
    assert_eq!(compared(&perfkit, &single).0, 1);
    // A label that is in two of three runs.
    perfkit.write("a3.jtl", steady("A", 3).replace(",A,200", ",B,200"));
    perfkit.write("b3.jtl", steady("A", 3).replace(",A,200", ",B,200"));
    for n in 1..3 {
        perfkit.write(&format!("b{n}.jtl"), steady("A", n + 5));
    }
    let arguments = [&GROUPS[..], &["--fail-if-worse"]].concat();
    let (code, _, said) = compared(&perfkit, &arguments);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("cannot judge A: fewer than 3 runs of a side have it"),
        "{said}"
    );
}

#[test]
fn few_samples_are_said_to_be_too_few() {
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

/// Of one label: 20 s of 100 ms with 1 to 20 threads, then 40 s of 200 ms with 20.
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
fn of_saved_runs_the_time_can_be_chosen() {
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
fn criteria_hold_each_candidate_to_the_baseline() {
    let perfkit = pair();
    perfkit.write("c.jtl", steady("A", 1));
    let arguments = [
        "a.jtl",
        "b.jtl",
        "c.jtl",
        "--fail-if",
        "A: p95 > baseline * 1.1",
        "--junit",
        "junit.xml",
    ];
    let (code, printed, said) = compared(&perfkit, &arguments);
    assert_eq!(code, 1, "{said}");
    assert!(printed.contains("1 of 2 criteria failed"), "{printed}");
    assert!(said.contains("failed: b: A: p95"), "{said}");
    assert!(said.contains("passed: c: A: p95"), "{said}");
    assert_eq!(perfkit.read("junit.xml").matches("<failure").count(), 1);
    let (_, json, _) = compared(&perfkit, &[&arguments[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    let criteria = json["criteria"].as_array().unwrap().iter();
    let found: Vec<_> = criteria
        .map(|result| (result["text"].as_str(), result["is_failed"].as_bool()))
        .collect();
    assert_eq!(
        found,
        [
            (Some("b: A: p95 > baseline * 1.1"), Some(true)),
            (Some("c: A: p95 > baseline * 1.1"), Some(false))
        ]
    );
    let mut command = perfkit.command(&["compare", "a.jtl", "b.jtl", "--fail-if-worse"]);
    let output = command.env("GITHUB_ACTIONS", "true").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("\n::error title=Worse than the baseline::b is slower than a"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_compared_is_an_error_that_says_what_to_do() {
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
        (&["a.jtl", "b.jtl", "--fail-if", "X: p95 > 1s"], "X"),
        (
            &["c.jtl", "b.jtl", "--fail-if", "A: p95 > baseline"],
            "baseline",
        ),
    ] {
        let said = perfkit.fail(&[&["compare"], arguments].concat());
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    for (arguments, expected) in [
        (&["a.jtl"][..], "2 values"),
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
    ] {
        let (code, _, said) = compared(&perfkit, arguments);
        assert_eq!(code, 2);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn no_errors_against_none_is_no_change_however_few_the_samples() {
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
    // Of 400 pairs 210 are slower and 19 tie.
    let mut rows = printed.lines();
    let row = rows.find(|row| row.starts_with("A,probability_slower,%,b,,"));
    let slower: f64 = row.unwrap().split(',').nth(5).unwrap().parse().unwrap();
    assert!((slower - 219.5 / 4.0).abs() < 1e-9, "{slower}");
}

#[test]
fn percentiles_are_shown_and_tested_as_asked() {
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
fn what_is_said_while_reading_names_the_run() {
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
fn an_input_given_twice_is_said() {
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
fn help_of_analyze_and_compare_has_the_baseline_of_each() {
    let perfkit = Perfkit::new();
    let (printed, _) = perfkit.run(&["compare", "--help"]);
    assert!(printed.contains("--baseline <RUN>...") && printed.contains("--candidate <RUN>..."));
    assert!(printed.contains("--fail-if-worse") && printed.contains("--junit"));
    let (printed, _) = perfkit.run(&["analyze", "--help"]);
    assert!(printed.contains("--baseline <FILE>"));
}
