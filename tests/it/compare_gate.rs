//! `perfkit compare` as a gate: `--fail-if-worse`, `--fail-if` and several runs per side.

use serde_json::Value;

use crate::common::Perfkit;
use crate::compare::{compared, pair, short, steady};

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
fn a_missing_label_fails_unless_allowed() {
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
fn several_runs_per_side_are_tested_against_their_variation() {
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
fn criteria_check_each_run_against_the_first_baseline() {
    let perfkit = groups();
    // p95 of a1 is 195 ms, of b2 226 ms and of b3 227 ms.
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
    // Fails before any run is read.
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
fn criteria_check_each_candidate_against_the_baseline() {
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
