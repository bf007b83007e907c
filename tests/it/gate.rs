//! Criteria as a process: every metric on a run that can be checked by hand, the files that are
//! written, and the exit codes.

use std::fs;

use crate::common::{CHART_SIZE, HEADER, Perfkit, five_samples, row};
use serde_json::Value;

const FIXED: [&str; 5] = ["analyze", "results.jtl", "--no-report", "--platform", "x"];

/// Runs `perfkit analyze` with results: its exit code, stdout, and stderr.
fn analyzed(results: &str, arguments: &[&str]) -> (i32, String, String) {
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

/// What is said of criteria over the five samples, without the accounting before it.
fn judged(criteria: &[&str]) -> (i32, String) {
    let mut arguments = vec!["--columns", "samples"];
    for criterion in criteria {
        arguments.extend(["--fail-if", criterion]);
    }
    let (code, _, said) = analyzed(&five_samples(), &arguments);
    let lines: Vec<&str> = of_criteria(&said);
    (code, lines.join("\n"))
}

/// What is said on stderr of the criteria, behind what is said of the run.
fn of_criteria(said: &str) -> Vec<&str> {
    let lines = said.lines();
    let of_run =
        |line: &&str| line.starts_with("perfkit: insight: ") || line.contains(" rows read: ");
    lines.skip_while(of_run).collect()
}

/// The last line on stderr of a run that ends with exit code 2 and prints nothing.
fn refused(results: &str, arguments: &[&str]) -> String {
    let (code, printed, said) = analyzed(results, arguments);
    assert_eq!((code, printed.as_str()), (2, ""), "{said}");
    let last = said.lines().last().unwrap_or_default();
    last.trim_start_matches("perfkit: error: ").to_owned()
}

fn refused_criterion(criterion: &str) -> String {
    refused(&five_samples(), &["--fail-if", criterion])
}

/// The five samples: all take 50, 100, 200, 300 and 500 ms, one fails, in 1 s, with 5 KB received
/// and 2.5 KB sent. Latencies are 40, 90, 190, 290, 490; connect times 5, 5, 0, 0, 0.
#[test]
fn every_metric_is_found_as_checked_by_hand() {
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
fn a_failed_criterion_is_exit_code_1_and_said_everywhere() {
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
            "message": "found 500 ms",
        })
    );
}

#[test]
fn stdout_carries_nothing_but_the_result() {
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
fn what_is_not_there_is_an_error_and_never_a_pass() {
    let without_columns = "timeStamp,elapsed,label,success\n1700000000000,0,A,true\n";
    let of = |criterion| refused(without_columns, &["--fail-if", criterion]);
    let errors = [
        refused_criterion("Login: p95 > 1s"),
        refused_criterion("a: p95 > 1s"),
        refused_criterion("/^Log/: p95 > 1s"),
        refused_criterion("p95 > 1sec"),
        refused_criterion("latency.p75 > 1s"),
        refused_criterion("p75 > 1s for 30s"),
        refused_criterion("p95 > baseline * 1.1"),
        refused_criterion("avg > 1s for 20ms"),
        of("latency.avg > 1s"),
        of("A: connect.p95 > 1s"),
        of("received > 1KB/s"),
        of("throughput < 1/s"),
        of("sent < 1KB/s"),
        of("latency.avg > 1s for 1s"),
        of("throughput < 1/s for 1s"),
        of("sent < 1KB/s for 1s"),
        refused(&five_samples(), &["--junit", "junit.xml"]),
        refused(
            &five_samples(),
            &["--max-labels", "1", "--fail-if", "/B/: max > 1s"],
        ),
        refused(
            &five_samples(),
            &["--max-labels", "1", "--fail-if", "B: max > 1s"],
        ),
    ];
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_wrong_criterion_is_found_before_the_results_are_read() {
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
fn labels_too_many_to_tell_apart_over_time_are_an_error() {
    let rows = (0..101).map(|label| row(1_700_000_000_000, 100, &format!("L{label}"), true));
    let results = format!("{HEADER}{}", rows.collect::<String>());
    let arguments = ["--max-labels", "200", "--fail-if", "L7: avg > 1s for 1s"];
    insta::assert_snapshot!(refused(&results, &arguments));
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_does_not_make_it_pass() {
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

/// A run of 60 s, whose buckets are 0.5 s wide. In each of them there is a sample of `Slow`, which
/// takes so many ms and succeeds or does not, and one of `Fast`, which takes 10 ms.
fn a_minute(slow: impl Fn(i64) -> (i64, bool)) -> Vec<String> {
    let buckets = (0..120).map(|bucket| {
        let start = 1_700_000_000_000 + bucket * 500;
        let (elapsed, success) = slow(bucket);
        let slow = row(start, elapsed, "Slow", success);
        format!("{slow}{}", row(start, 10, "Fast", true))
    });
    buckets.collect()
}

fn judged_over_time(buckets: &[String], criteria: &[&str]) -> (i32, String) {
    let arguments: Vec<&str> = criteria
        .iter()
        .flat_map(|criterion| ["--fail-if", criterion])
        .collect();
    let results = format!("{HEADER}{}", buckets.concat());
    let (code, _, said) = analyzed(&results, &arguments);
    let lines: Vec<&str> = of_criteria(&said);
    (code, lines.join("\n"))
}

#[test]
fn a_planted_stretch_is_found_and_measured() {
    // 12 s from second 20 on take 400 ms, then one bucket is fast, then 5 s; 2 s fail.
    let run = a_minute(|bucket| match bucket {
        40..=63 | 65..=74 => (400, true),
        100..=103 => (100, false),
        _ => (100, true),
    });
    let (code, said) = judged_over_time(
        &run,
        &[
            "Slow: avg > 300ms for 12s",
            "Slow: avg > 300ms for 12001ms",
            "Slow: avg > 300ms for 13s",
            "/^Fast$/: avg > 300ms for 1s",
            "p95 >= 400ms for 0.2min",
            "Slow: p95 > 390ms for 11s",
            "Slow: p99 > 390ms for 13s",
            "Fast: p50 > 390ms for 1s",
            "avg > 200ms for 12s",
            "Slow: latency.avg > 300ms for 12s",
            "throughput < 4.1/s for 59.5s",
            "throughput < 4.1/s for 60s",
            "received < 4.1KB/s for 59s",
            "sent == 2KB/s for 59s",
            "Slow: error% >= 100% for 2s",
            "error% > 50% for 1s",
        ],
    );
    assert_eq!(code, 1);
    insta::assert_snapshot!(said);
}

#[test]
fn a_time_without_samples_ends_no_stretch() {
    // Nothing ends from second 10 to 29.
    let mut run = a_minute(|_| (400, true));
    run.drain(20..60);
    let verdict = |run: &[String], criterion| judged_over_time(run, &[criterion]).0;
    assert_eq!(verdict(&run, "Slow: avg > 300ms for 60s"), 1);
    assert_eq!(verdict(&run, "throughput < 1/s for 20s"), 1);
    assert_eq!(verdict(&run, "throughput < 1/s for 20.5s"), 0);
    // A sample in each fourth bucket, the last one in bucket 116.
    let sparse: Vec<String> = a_minute(|_| (400, true)).into_iter().step_by(4).collect();
    assert_eq!(verdict(&sparse, "Slow: avg > 300ms for 58.5s"), 1);
    assert_eq!(verdict(&sparse, "Slow: avg > 300ms for 59s"), 0);
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
    // Of latency a report has the percentiles that were asked for.
    let arguments = ["--baseline", "baseline.json", "--percentiles", "75"];
    let arguments = [&arguments[..], &["--fail-if", "latency.p75 > baseline"]].concat();
    let (code, _, said) = run(&perfkit, &arguments);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said.lines().last().unwrap());
    perfkit.write("results.jtl", five_samples().replace(",A,", ",C,"));
    insta::assert_snapshot!(verdict("C: p95 > baseline * 1.1").1);
}

#[test]
fn hostile_labels_drive_neither_the_runner_nor_a_terminal() {
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
        xml.contains("classname=\"::error::100%\u{FFFD}[31m &lt;b&gt;\""),
        "{xml}"
    );
}

/// The command lines of perfkit in the examples for CI servers, as their shells would run them.
#[cfg(unix)]
fn command_lines(example: &str) -> Vec<String> {
    let lines = example.lines().filter_map(|line| {
        let line = line.trim();
        let start = line.find("perfkit analyze")?;
        let command = &line[start..];
        // In a Jenkinsfile the command is a quoted string.
        let is_quoted = line[..start].ends_with('\'');
        Some(
            command
                .trim_end_matches(|c| is_quoted && c == '\'')
                .to_owned(),
        )
    });
    lines.collect()
}

#[test]
#[cfg(unix)]
fn the_examples_for_ci_servers_work() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = assert_cmd::cargo::cargo_bin("perfkit");
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    for example in ["github-actions.yml", "gitlab-ci.yml", "Jenkinsfile"] {
        let perfkit = Perfkit::new();
        fs::copy(
            crate::common::fixtures().join("default.jtl.gz"),
            perfkit.path("results.jtl"),
        )
        .unwrap();
        let (json, _) = perfkit.run(&[&FIXED[..], &["--format", "json"]].concat());
        perfkit.write("baseline.json", json);
        fs::create_dir(perfkit.path("examples")).unwrap();
        fs::copy(
            root.join("examples/criteria.toml"),
            perfkit.path("examples/criteria.toml"),
        )
        .unwrap();
        let text = fs::read_to_string(root.join("examples/ci").join(example)).unwrap();
        let commands = command_lines(&text);
        assert_eq!(commands.len(), 1, "{example}");
        for command in commands {
            let output = assert_cmd::Command::new("sh")
                .args(["-ec", &command])
                .current_dir(perfkit.directory.path())
                .env("PATH", &path)
                .env(CHART_SIZE.0, CHART_SIZE.1)
                .env("TARGET", "192.168.1.3")
                .env("GITHUB_STEP_SUMMARY", "summary.md")
                .output()
                .unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{command}: {said}");
            assert!(said.contains("criteria passed"), "{said}");
        }
        assert!(
            perfkit
                .read("junit.xml")
                .contains("Fibonacci: p95 &gt; 500ms")
        );
        assert!(
            perfkit
                .read("results-report/report.md")
                .contains("## Criteria")
        );
        if example == "github-actions.yml" {
            assert!(
                perfkit
                    .read("summary.md")
                    .starts_with("**All 6 criteria passed**")
            );
        }
    }
}
