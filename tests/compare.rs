//! `perfkit compare` as a process: inputs, verdicts, criteria, exit codes and errors.
#![allow(clippy::unwrap_used)]

mod common;

use common::{HEADER, Perfkit, five_samples, row};
use serde_json::Value;

/// 6,000 samples over 60 s of one label, of 100 to 199 ms, `more` ms slower.
fn steady(label: &str, more: i64) -> String {
    let rows = (0..6_000).map(|n| {
        row(
            1_700_000_000_000 + n * 10,
            100 + more + n * 37 % 100,
            label,
            true,
        )
    });
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
    insta::assert_snapshot!("markdown", printed);
    let (code, printed, _) = compared(&perfkit, &["b.jtl", "a.jtl", "--fail-if-worse"]);
    assert_eq!(code, 0);
    assert!(
        printed.contains("better") && !printed.contains("worse than"),
        "{printed}"
    );
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
fn csv_has_a_row_a_figure() {
    let perfkit = pair();
    insta::assert_snapshot!(
        "csv",
        compared(&perfkit, &["a.jtl", "b.jtl", "-f", "csv"]).1
    );
    let (_, printed, _) = compared(&perfkit, &["a.jtl", "b.jtl", "-f", "csv", "-o", "out.csv"]);
    assert_eq!(printed, "");
    assert!(perfkit.read("out.csv").starts_with("label,figure,"));
}

#[test]
fn tables_fit_the_terminal() {
    let perfkit = pair();
    for (columns, name) in [("80", "table_80"), ("200", "table_200")] {
        let mut command = perfkit.command(&["compare", "a.jtl", "b.jtl", "-f", "table"]);
        let output = command.env("COLUMNS", columns).output().unwrap();
        insta::assert_snapshot!(name, String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn three_runs_have_a_column_each_and_labels_of_one_side_are_shown() {
    let perfkit = pair();
    perfkit.write("c.jtl", steady("B", 0));
    let names = ["--name", "Pi 4", "--name", "Pi 5", "--name", "Lap|top"];
    let arguments = [&["a.jtl", "b.jtl", "c.jtl"], &names[..]].concat();
    let (code, printed, _) = compared(&perfkit, &arguments);
    assert_eq!(code, 0);
    insta::assert_snapshot!("three", printed);
}

#[test]
fn few_samples_are_said_to_be_too_few() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", five_samples());
    perfkit.write("b.jtl", five_samples().replace(",300,A", ",900,A"));
    let (_, printed, _) = compared(&perfkit, &["a.jtl", "b.jtl"]);
    assert!(
        printed.starts_with("**b shows no sure change from a;"),
        "{printed}"
    );
    assert!(printed.contains("too few samples"), "{printed}");
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
        said.contains("\n::error title=Worse than the baseline::b is worse than a"),
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
            "there are 2 runs and 1 names",
        ),
        (
            &["a.jtl", "b.jtl", "--baseline", "saved/report.json"],
            "the first run is the baseline",
        ),
        (
            &["a.jtl", "saved/report.json", "--include", "A"],
            "can be chosen no more",
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
    let one = perfkit.command(&["compare", "a.jtl"]).output().unwrap();
    assert_eq!(one.status.code(), Some(2));
}

#[test]
fn no_errors_against_none_is_no_change_however_few_the_samples() {
    let perfkit = Perfkit::new();
    let results = |elapsed: i64| {
        let rows = (0..20).map(|n| row(1_700_000_000_000 + n * 10, elapsed + n, "A", true));
        HEADER.to_owned() + &rows.collect::<String>()
    };
    perfkit.write("a.jtl", results(100));
    perfkit.write("b.jtl", results(101));
    let (_, printed, _) = compared(&perfkit, &["a.jtl", "b.jtl", "-f", "csv"]);
    let verdict = |figure: &str| {
        let row = printed
            .lines()
            .find(|row| row.starts_with(&format!("A,{figure},")));
        row.unwrap().rsplit(',').next().unwrap().to_owned()
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
fn help_offers_no_baseline_beside_the_first_run() {
    let perfkit = Perfkit::new();
    for help in ["--help", "-h"] {
        let (printed, _) = perfkit.run(&["compare", help]);
        assert!(!printed.contains("--baseline"), "{printed}");
        assert!(printed.contains("--fail-if-worse") && printed.contains("--junit"));
    }
    let (printed, _) = perfkit.run(&["analyze", "--help"]);
    assert!(printed.contains("--baseline"));
}
