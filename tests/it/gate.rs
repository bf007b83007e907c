//! Criteria as a process: every metric on a run that can be checked by hand, the files that are
//! written, and the exit codes.

use crate::common::{HEADER, Perfkit, five_samples, row};
use serde_json::Value;

pub const FIXED: [&str; 5] = ["analyze", "results.jtl", "--no-report", "--platform", "x"];

/// Analyzes results, and returns exit code, stdout and stderr.
pub fn analyzed(results: &str, arguments: &[&str]) -> (i32, String, String) {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", results);
    run(&perfkit, arguments)
}

fn run(perfkit: &Perfkit, arguments: &[&str]) -> (i32, String, String) {
    let mut command = perfkit.command(&[&FIXED[..], arguments].concat());
    let output = command.env_remove("GITHUB_ACTIONS").output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Judges the five samples, and returns the exit code and the lines of stderr on criteria.
fn judged(criteria: &[&str]) -> (i32, String) {
    let mut arguments = vec!["--columns", "samples"];
    for criterion in criteria {
        arguments.extend(["--fail-if", criterion]);
    }
    let (code, _, said) = analyzed(&five_samples(), &arguments);
    let lines: Vec<&str> = of_criteria(&said);
    (code, lines.join("\n"))
}

/// The lines of stderr on criteria, which follow those on the run.
pub fn of_criteria(said: &str) -> Vec<&str> {
    let lines = said.lines();
    let of_run = |line: &&str| {
        let parts = ["perfkit: insight: ", " too few to trust ", " rows read: "];
        parts.iter().any(|part| line.contains(part))
    };
    lines.skip_while(of_run).collect()
}

/// Analyzes results, which must exit with 2 and print nothing, and returns the last line of stderr.
pub fn refused(results: &str, arguments: &[&str]) -> String {
    let (code, printed, said) = analyzed(results, arguments);
    assert_eq!((code, printed.as_str()), (2, ""), "{said}");
    last_error(&said)
}

/// Analyzes results with a criterion that cannot be judged. It must exit with 2, but print what it has.
/// Returns the last line of stderr.
pub fn unjudged(results: &str, arguments: &[&str]) -> String {
    let (code, printed, said) = analyzed(results, arguments);
    assert_eq!(code, 2, "{said}");
    assert!(printed.contains("could not be judged"), "{printed}");
    last_error(&said)
}

fn last_error(said: &str) -> String {
    let last = said.lines().last().unwrap_or_default();
    last.trim_start_matches("perfkit: error: ").to_owned()
}

fn refused_criterion(criterion: &str) -> String {
    refused(&five_samples(), &["--fail-if", criterion])
}

/// The five samples: all take 50, 100, 200, 300 and 500 ms, one fails, in 1 s, with 5 KB received
/// and 2.5 KB sent. Latencies are 40, 90, 190, 290, 490; connect times 5, 5, 0, 0, 0.
#[test]
fn every_metric_matches_values_computed_by_hand() {
    let (code, said) = judged(&[
        "count != 5",
        "errors > 1",
        "error% > 20%",
        "avg > 230ms",
        "min < 50ms",
        "max > 0.5s",
        "stddev > 160ms",
        "p20 != 50ms",
        "p40 != 100ms",
        "p90 != 300ms",
        "p99.9 != 500ms",
        "throughput < 5/s",
        "goodput > 4/s",
        "B: goodput > 1/s",
        "rc200 != 4",
        "rc2xx% < 80%",
        "rc5xx > 1",
        "B: rc500% > 50%",
        "A: rc5?? > 0",
        "rc\"500\" != 1",
        "rc* != 5",
        "rejected > 0",
        "repaired% > 0%",
        "received < 5KB/s",
        "sent < 2.5KB/s",
        "latency.avg > 220ms",
        "latency.p50 != 190ms",
        "connect.avg > 2ms",
        "connect.p95 != 5ms",
        "apdex != 0.8",
        "B: apdex != 0.5",
        "TOTAL: count != 5",
        "A: avg != 200ms",
        "B: error% > 50",
        "/^[AB]$/: max > 500ms",
    ]);
    assert_eq!(code, 0, "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn every_comparison_and_unit() {
    // p50 is 200 ms, throughput 5/s, error% 20.
    for (criterion, is_failed) in [
        ("p50 > 200ms", false),
        ("p50 > 199.9ms", true),
        ("p50 >= 0.2s", true),
        ("p50 >= 0.2001s", false),
        ("p50 < 200ms", false),
        ("p50 < 0.201s", true),
        ("p50 <= 200ms", true),
        ("p50 <= 199ms", false),
        ("p50 == 0.2s", true),
        ("p50 == 201ms", false),
        ("p50 != 200ms", false),
        ("p50 != 201ms", true),
        ("error% >= 20%", true),
        ("error% >= 20", true),
        ("error% > 20%", false),
        ("throughput <= 5/s", true),
        ("throughput < 5/s", false),
        ("received == 5KB/s", true),
        ("count >= 5", true),
        ("count >= 6", false),
    ] {
        let (code, said) = judged(&[criterion]);
        assert_eq!(code, i32::from(is_failed), "{criterion}: {said}");
    }
}

#[test]
fn a_failed_criterion_exits_1_and_appears_in_every_output() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    perfkit.write("criteria.toml", "fail-if = ['A: p95 > 1s']\n");
    let arguments = [
        "analyze",
        "results.jtl",
        "--platform",
        "x",
        "--charts",
        "none",
        "--columns",
        "samples",
        "--criteria",
        "criteria.toml",
        "--fail-if",
        "/A|B/: p95 > 400ms",
        "--junit",
        "junit.xml",
    ];
    let output = perfkit
        .command(&arguments)
        .env("GITHUB_ACTIONS", "true")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let version = env!("CARGO_PKG_VERSION");
    let printed = String::from_utf8(output.stdout).unwrap();
    insta::assert_snapshot!("stdout", printed.replace(version, "X.Y.Z"));
    insta::assert_snapshot!("stderr", String::from_utf8(output.stderr).unwrap());
    insta::assert_snapshot!("junit.xml", perfkit.read("junit.xml"));
    let report = perfkit.read("results-report/report.md");
    let (head, _) = report.split_once("## Aggregate Report").unwrap();
    insta::assert_snapshot!("report.md", head);
    let report: Value = serde_json::from_str(&perfkit.read("results-report/report.json")).unwrap();
    assert_eq!(
        report["criteria"][1],
        serde_json::json!({
            "text": "/A|B/: p95 > 400ms",
            "label": "B",
            "found": {"value": 500.0, "unit": "ms"},
            "is_failed": true,
            "is_undecided": false,
            "message": "found 500 ms",
            "note": null,
        })
    );
}

#[test]
fn stdout_carries_only_the_result() {
    let csv = ["--format", "csv"];
    let plain = analyzed(&five_samples(), &csv);
    let judged = analyzed(
        &five_samples(),
        &[&csv[..], &["--fail-if", "count > 0"]].concat(),
    );
    assert_eq!((plain.0, judged.0), (0, 1));
    assert_eq!(plain.1, judged.1);
    assert!(
        !judged.2.contains("::error"),
        "annotations are for GitHub Actions: {}",
        judged.2
    );
}

#[test]
fn missing_data_is_an_error_and_never_a_pass() {
    let without_columns = "timeStamp,elapsed,label,success\n1700000000000,0,A,true\n";
    let of = |criterion| unjudged(without_columns, &["--fail-if", criterion]);
    let of_five = |criterion| unjudged(&five_samples(), &["--fail-if", criterion]);
    let errors = [
        of_five("Login: p95 > 1s"),
        of_five("a: p95 > 1s"),
        of_five("/^Log/: p95 > 1s"),
        refused_criterion("p95 > 1sec"),
        refused_criterion("latency.p75 > 1s"),
        refused_criterion("p75 > 1s for 30s"),
        refused_criterion("p95 > baseline * 1.1"),
        refused_criterion("error% > 101%"),
        of_five("avg > 1s for 20ms"),
        of_five("error% > 50% for 5min"),
        of_five("errors > 5 over 2s"),
        of_five("avg > 1s within 2s"),
        of("rc404 > 0"),
        of("A: rc5xx% > 1%"),
        of("rc5xx% > 1% over 1s"),
        of("goodput < 1/s"),
        of("latency.avg > 1s"),
        of("A: connect.p95 > 1s"),
        of("received > 1KB/s"),
        of("throughput < 1/s"),
        of("sent < 1KB/s"),
        of("latency.avg > 1s for 1s"),
        of("throughput < 1/s for 1s"),
        of("sent < 1KB/s for 1s"),
        refused(&five_samples(), &["--junit", "junit.xml"]),
        unjudged(
            &five_samples(),
            &["--max-labels", "1", "--fail-if", "/B/: max > 1s"],
        ),
        unjudged(
            &five_samples(),
            &["--max-labels", "1", "--fail-if", "B: max > 1s"],
        ),
    ];
    insta::assert_snapshot!(errors.join("\n"));
}

/// Three of the five samples of [`five_samples`] lack bytes and connect time.
#[test]
fn a_partial_figure_is_not_judged() {
    let partial = five_samples()
        .replace(",1024,512,2,2,", ",,512,2,2,")
        .replace("90,0,0\n", "90,0,\n");
    let of = |criterion| unjudged(&partial, &["--fail-if", criterion]);
    let errors = [
        of("received > 1KB/s"),
        of("received > 1KB/s for 100ms"),
        of("connect.avg > 1s"),
        of("A: connect.p95 > 1s"),
        of("connect.avg > 1s over 100ms"),
    ];
    insta::assert_snapshot!(errors.join("\n"));
    let (code, _, said) = analyzed(&partial, &["--fail-if", "sent > 9KB/s"]);
    assert_eq!(code, 0, "{said}");
    // A file without response codes beside one with them.
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let without = "timeStamp,elapsed,label,success\n1700000000000,7,A,false\n";
    perfkit.write("other.jtl", without);
    let judged = |criterion| {
        let (code, _, said) = run(&perfkit, &["other.jtl", "--fail-if", criterion]);
        (code, last_error(&said))
    };
    let (code, said) = judged("rc5xx > 1");
    assert_eq!(code, 2);
    insta::assert_snapshot!(said);
    assert_eq!(judged("errors > 1").0, 1);
}

#[test]
fn an_invalid_criterion_fails_before_results_are_read() {
    let perfkit = Perfkit::new();
    let arguments = ["analyze", "missing.jtl", "--fail-if", "p95 > 1 fortnight"];
    assert!(perfkit.fail(&arguments).contains("`fortnight`"));
    perfkit.write(
        "criteria.toml",
        "fail-if = [\n  'p95 > 1s', 'pp > 1s',\n]\n",
    );
    let arguments = ["analyze", "missing.jtl", "--criteria", "criteria.toml"];
    let error = perfkit.fail(&arguments);
    assert!(
        error.starts_with("perfkit: error: criteria.toml:2:15: `pp > 1s`, character 1: "),
        "{error}"
    );
    let arguments = ["analyze", "missing.jtl", "--criteria", "missing.toml"];
    assert!(
        perfkit
            .fail(&arguments)
            .contains("cannot read missing.toml")
    );
    perfkit.write("baseline.json", "{}");
    let arguments = [
        "analyze",
        "missing.jtl",
        "--fail-if",
        "p95 > baseline",
        "--baseline",
        "baseline.json",
    ];
    let error = perfkit.fail(&arguments);
    assert!(
        error.contains("baseline.json: is not a report.json"),
        "{error}"
    );
}

#[test]
fn a_label_may_be_called_total() {
    let results = format!(
        "{HEADER}{}{}",
        row(1_700_000_000_000, 100, "TOTAL", true),
        row(1_700_000_000_000, 300, "A", true)
    );
    let verdict = |criterion| analyzed(&results, &["--fail-if", criterion]).0;
    assert_eq!(verdict("TOTAL: avg == 200ms"), 1);
    assert_eq!(verdict("/^TOTAL$/: avg == 100ms"), 1);
    assert_eq!(verdict("/^TOTAL$/: avg == 100ms for 100ms"), 1);
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_does_not_turn_a_failure_into_a_pass() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let exit_code = |criterion: &str| {
        let binary = assert_cmd::cargo::cargo_bin("perfkit");
        let mut command = std::process::Command::new(binary);
        command.current_dir(perfkit.directory.path()).args(FIXED);
        command.args(["--fail-if", criterion]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer).stderr(std::process::Stdio::null());
        command.status().unwrap().code()
    };
    assert_eq!(exit_code("count > 4"), Some(1));
    assert_eq!(exit_code("count > 5"), Some(0));
}

#[test]
fn a_run_is_held_to_a_baseline() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let (json, _) = perfkit.run(&[&FIXED[..], &["--format", "json"]].concat());
    perfkit.write("baseline.json", json);
    // 10% slower: 55, 110, 220, 330 and 550 ms.
    let slower = [(50, 55), (100, 110), (200, 220), (300, 330), (500, 550)]
        .iter()
        .fold(five_samples(), |results, (old, new)| {
            results.replace(&format!("00,{old},"), &format!("00,{new},"))
        });
    perfkit.write("results.jtl", slower);
    let verdict = |criterion: &str| {
        let arguments = ["--baseline", "baseline.json", "--fail-if", criterion];
        let (code, _, said) = run(&perfkit, &arguments);
        let lines: Vec<&str> = of_criteria(&said);
        (code, lines.first().unwrap_or(&"").to_string())
    };
    for (criterion, code) in [
        ("p95 > baseline", 1),
        ("p95 > baseline * 1.1", 0),
        ("p95 >= baseline * 1.1", 1),
        ("A: avg > baseline + 19ms", 1),
        ("A: avg > baseline + 0.02s", 0),
        ("/A|B/: min > baseline * 1.09", 1),
        ("error% > baseline + 0.5%", 0),
        ("error% > baseline - 0.5%", 1),
        ("throughput < baseline * 0.99", 1),
        ("count != baseline", 0),
        ("latency.p50 > baseline", 0),
        ("p12.5 == baseline * 1.1", 1),
        ("avg > baseline * 0.5 for 100ms", 1),
    ] {
        let (found, said) = verdict(criterion);
        assert_eq!(found, code, "{criterion}: {said}");
    }
    insta::assert_snapshot!(verdict("p95 >= baseline * 1.1").1);
    assert_eq!(verdict("apdex < baseline").0, 0);
    let arguments = ["--baseline", "baseline.json", "--apdex", "100,200"];
    let arguments = [&arguments[..], &["--fail-if", "apdex < baseline"]].concat();
    let (code, _, said) = run(&perfkit, &arguments);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said.lines().last().unwrap());
    // A report has only the requested percentiles of latency.
    let arguments = ["--baseline", "baseline.json", "--percentiles", "75"];
    let arguments = [&arguments[..], &["--fail-if", "latency.p75 > baseline"]].concat();
    let (code, _, said) = run(&perfkit, &arguments);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said.lines().last().unwrap());
    perfkit.write("results.jtl", five_samples().replace(",A,", ",C,"));
    let arguments = ["--baseline", "baseline.json"];
    let arguments = [&arguments[..], &["--fail-if", "C: p95 > baseline * 1.1"]].concat();
    let (code, _, said) = run(&perfkit, &arguments);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said.lines().last().unwrap());
}

#[test]
fn hostile_labels_inject_no_commands_or_escapes() {
    let label = "::error::100%\u{1b}[31m <b>";
    let results = format!("{HEADER}{}", row(1_700_000_000_000, 100, label, true));
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", results);
    let mut command = perfkit.command(&FIXED);
    command.args(["--fail-if", "/./: max > 1ms", "--junit", "junit.xml"]);
    let output = command.env("GITHUB_ACTIONS", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let commands: Vec<&str> = said.lines().filter(|line| line.starts_with("::")).collect();
    insta::assert_snapshot!(commands.join("\n"));
    let xml = perfkit.read("junit.xml");
    assert!(
        xml.contains("classname=\"::error::100%␛[31m &lt;b&gt;\""),
        "{xml}"
    );
}
