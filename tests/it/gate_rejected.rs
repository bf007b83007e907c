//! Criteria on runs with rejected rows: what they could change is an error, never a pass.

use crate::common::{HEADER, Perfkit, five_samples, row};
use crate::gate::{FIXED, analyzed, unjudged};

/// A row that no reader can repair.
const BROKEN: &str = "1700000000600,many,A,500,no,Users 1-1\n";

/// The five samples, and a rejected row.
fn six_rows() -> String {
    five_samples() + BROKEN
}

/// The exit code for one criterion on results.
fn code(results: &str, criterion: &str) -> (i32, String) {
    let (code, _, said) = analyzed(results, &["--fail-if", criterion]);
    (code, said)
}

/// The five samples take 50, 100, 200, 300 and 500 ms, one fails, in 1 s, with 5 KB received and 2.5 KB
/// sent. Latencies are 40, 90, 190, 290, 490, of which the report knows the percentiles 50, 90, 95 and 99.
#[test]
fn each_metric_is_judged_by_what_one_more_row_could_make_it() {
    for (criterion, expected) in [
        ("count > 5", 2),
        ("count > 6", 0),
        ("count != 5", 2),
        ("errors > 1", 2),
        ("errors > 2", 0),
        ("errors >= 1", 1),
        // 2 of 6, or 1 of 6.
        ("error% > 33.3%", 2),
        ("error% > 33.4%", 0),
        ("error% < 16.7%", 2),
        ("error% < 16.6%", 0),
        ("error% == 25%", 2),
        ("error% == 34%", 0),
        // 1650 ms or 1200 ms in 6 samples.
        ("avg > 274.9ms", 2),
        ("avg > 275ms", 0),
        ("avg < 200.1ms", 2),
        ("avg < 200ms", 0),
        ("max > 500ms", 0),
        ("max >= 500ms", 1),
        ("min < 50ms", 0),
        // A row of label A may be as fast or slow as those of label B.
        ("A: max > 499ms", 2),
        ("A: max > 500ms", 0),
        ("A: min < 99ms", 2),
        ("A: avg > 274ms", 2),
        ("/^A$/: errors >= 1", 2),
        // The 3rd of 6 is the 2nd or 3rd of 5; the 5th of 6 the 4th or 5th; the 6th the 5th or the row.
        ("p50 > 200ms", 0),
        ("p50 < 100.1ms", 2),
        ("p50 < 100ms", 0),
        ("p90 > 499ms", 2),
        ("p90 > 500ms", 0),
        ("p95 > 1000s", 2),
        ("stddev > 200ms", 0),
        ("throughput > 5.9/s", 2),
        ("throughput > 6/s", 0),
        ("throughput < 5/s", 0),
        ("goodput > 4.9/s", 2),
        ("goodput > 5/s", 0),
        ("goodput < 4/s", 0),
        ("received > 5.9KB/s", 2),
        ("received > 6KB/s", 0),
        ("sent < 2.5KB/s", 0),
        ("latency.avg > 260ms", 2),
        ("latency.avg > 265ms", 0),
        ("latency.p50 > 190ms", 0),
        ("latency.p50 < 41ms", 2),
        ("latency.p90 > 489ms", 2),
        ("latency.p90 > 490ms", 0),
        ("latency.p99 > 1000s", 2),
        ("apdex < 0.67", 2),
        ("apdex < 0.66", 0),
        ("apdex > 0.83", 2),
        ("rc500 > 1", 2),
        ("rc500 > 2", 0),
        ("rc404 > 0", 2),
        ("rc5xx% > 33%", 2),
        ("rc5xx% > 34%", 0),
        ("rc2xx% < 67%", 2),
        ("rc2xx% < 66%", 0),
        ("rejected > 0", 1),
        ("rejected > 1", 0),
        ("rejected% > 16%", 1),
        ("rejected% > 17%", 0),
        ("repaired > 0", 0),
    ] {
        let (found, said) = code(&six_rows(), criterion);
        assert_eq!(found, expected, "{criterion}: {said}");
        // Without that row, each of them passes or fails.
        let (found, said) = code(&five_samples(), criterion);
        assert!(found < 2, "{criterion}: {said}");
    }
}

#[test]
fn the_error_says_what_could_be_and_where_the_first_row_is() {
    let errors: Vec<String> = [
        "error% > 30%",
        "p95 > 1000s",
        "goodput > 4/s",
        "A: avg < 170ms",
        "count != 5",
    ]
    .map(|criterion| unjudged(&six_rows(), &["--fail-if", criterion]))
    .to_vec();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_last_row_cut_short_puts_nothing_in_doubt() {
    let cut = five_samples() + "1700000000600,100,A,20";
    let (found, said) = code(&cut, "error% > 20%");
    assert_eq!(found, 0, "{said}");
    assert!(said.contains("1 rejected"), "{said}");
    assert!(!said.contains("was rejected"), "{said}");
    assert_eq!(code(&cut, "rejected > 0").0, 0);
    // A row before it does.
    let both = six_rows() + "1700000000600,100,A,20";
    assert_eq!(code(&both, "error% > 20%").0, 2);
    assert_eq!(code(&both, "rejected != 1").0, 0);
}

#[test]
fn rows_are_missed_in_any_kind_of_input() {
    let perfkit = Perfkit::new();
    perfkit.write("five.jtl", five_samples());
    perfkit.write("six.jtl", six_rows());
    perfkit.write("broken.jtl", format!("{HEADER}{BROKEN}"));
    let sample = |elapsed: &str| {
        format!(
            "<httpSample t=\"{elapsed}\" ts=\"1700000000000\" s=\"true\" lb=\"A\" rc=\"200\"/>\n"
        )
    };
    let samples = sample("5") + &sample("many") + &sample("7");
    perfkit.write(
        "results.xml",
        format!("<testResults version=\"1.2\">\n{samples}</testResults>\n"),
    );
    perfkit.run(&["summarize", "six.jtl", "-o", "six.summary"]);
    let judged = |inputs: &[&str], stdin: &str| {
        let arguments = ["--no-report", "--platform", "x", "--fail-if", "errors > 1"];
        let arguments = [&["analyze"], inputs, &arguments].concat();
        let mut command = perfkit.command(&arguments);
        let output = command.write_stdin(stdin).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("was rejected"), "{inputs:?}: {said}");
        output.status.code()
    };
    assert_eq!(judged(&["six.jtl"], ""), Some(2));
    assert_eq!(judged(&["-"], &six_rows()), Some(2));
    assert_eq!(judged(&["five.jtl", "broken.jtl"], ""), Some(2));
    assert_eq!(judged(&["broken.jtl", "five.jtl"], ""), Some(2));
    assert_eq!(judged(&["six.summary"], ""), Some(2));
    // Two of three samples succeeded.
    assert_eq!(judged(&["results.xml"], ""), Some(0));
    assert_eq!(judged(&["results.xml", "five.jtl"], ""), Some(2));
}

#[test]
fn a_limit_on_rejected_rows_is_kept_whatever_they_could_change() {
    let run = |arguments: &[&str]| {
        let (code, _, said) = analyzed(&six_rows(), arguments);
        (code, said.lines().last().unwrap_or_default().to_owned())
    };
    let passes = ["--fail-if", "error% > 90%"];
    assert_eq!(run(&passes).0, 0);
    let with = |max: &str| run(&[&passes[..], &["--max-rejected", max]].concat());
    assert_eq!(with("1").0, 0);
    assert_eq!(with("17%").0, 0);
    assert_eq!(with("16%").0, 2);
    let (code, said) = with("0");
    assert_eq!(code, 2);
    insta::assert_snapshot!(said);
    // A failure remains one, and a limit needs no criteria.
    assert_eq!(
        run(&["--fail-if", "errors > 0", "--max-rejected", "0"]).0,
        1
    );
    let (code, said) = run(&["--max-rejected", "0"]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said);
    assert_eq!(
        run(&["--fail-if", "rejected > 5", "--max-rejected", "0"]).0,
        2
    );
    let (code, said) = run(&["--max-rejected", "few"]);
    assert_eq!(code, 2);
    assert!(said.contains("--help"), "{said}");
}

#[test]
fn every_output_has_the_verdict_and_the_rejected_rows() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", six_rows());
    perfkit.write("summary.md", "");
    let arguments = [
        &FIXED[..],
        &[
            "--columns",
            "samples",
            "--fail-if",
            "errors > 5",
            "--fail-if",
            "errors > 1",
            "--fail-if",
            "A: count > 1",
            "--junit",
            "junit.xml",
            "--step-summary",
        ],
    ];
    let mut command = perfkit.command(&arguments.concat());
    command.env("GITHUB_ACTIONS", "true");
    let summary = perfkit.path("summary.md");
    let output = command
        .env("GITHUB_STEP_SUMMARY", summary)
        .output()
        .unwrap();
    // One failed, so the run did, whatever the others would have been.
    assert_eq!(output.status.code(), Some(1));
    let printed = String::from_utf8(output.stdout).unwrap();
    let criteria = printed.split("| **Label**").next().unwrap_or_default();
    let (criteria, _) = printed
        .split_once("|              |")
        .unwrap_or((criteria, ""));
    insta::assert_snapshot!("stdout", criteria);
    assert!(perfkit.read("summary.md").contains(criteria.trim()));
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.split_once("first at").unwrap().1;
    insta::assert_snapshot!("stderr", said.split_once('\n').unwrap().1);
    insta::assert_snapshot!("junit.xml", perfkit.read("junit.xml"));
}

#[test]
fn a_pass_with_rejected_rows_is_a_warning_in_github_actions() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", six_rows());
    let arguments = ["--fail-if", "errors > 5", "--fail-if", "p50 > 1s"];
    let mut command = perfkit.command(&[&FIXED[..], &arguments].concat());
    let output = command.env("GITHUB_ACTIONS", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).unwrap();
    let commands: Vec<&str> = said.lines().filter(|line| line.starts_with("::")).collect();
    insta::assert_snapshot!(commands.join("\n"));
}

#[test]
fn rejected_rows_of_a_baseline_count() {
    let perfkit = Perfkit::new();
    let save = |name: &str, results: String| {
        perfkit.write("results.jtl", results);
        let (json, _) = perfkit.run(&[&FIXED[..], &["--format", "json"]].concat());
        perfkit.write(name, json);
    };
    save("five.json", five_samples());
    save("six.json", six_rows());
    perfkit.write("results.jtl", five_samples());
    let judged = |baseline: &str, criterion: &str| {
        let arguments = ["--baseline", baseline, "--fail-if", criterion];
        let output = perfkit.command(&[&FIXED[..], &arguments].concat()).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let last = said.lines().last().unwrap_or_default().to_owned();
        (output.status.code().unwrap(), last)
    };
    assert_eq!(judged("five.json", "error% > baseline").0, 0);
    // The baseline's error rate may have been lower, or higher.
    let (code, said) = judged("six.json", "error% > baseline");
    assert_eq!(code, 2);
    insta::assert_snapshot!(said);
    assert_eq!(judged("six.json", "error% > baseline + 5%").0, 0);
    assert_eq!(judged("six.json", "avg > baseline * 1.2").0, 0);
    assert_eq!(judged("six.json", "avg > baseline * 1.1").0, 2);
}

/// A run of 60 s with a sample of 100 ms every 100 ms; those in `failed` fail.
fn a_minute(failed: std::ops::Range<i64>) -> String {
    let rows = (0..600).map(|number| {
        let start = 1_700_000_000_000 + number * 100;
        row(start, 100, "A", !failed.contains(&number))
    });
    format!("{HEADER}{}", rows.collect::<String>())
}

#[test]
fn rejected_rows_may_complete_a_stretch_or_a_window() {
    // 9 s of failures, in buckets of half a second, each of 5 samples.
    let with = |rows: usize| a_minute(100..190) + &BROKEN.repeat(rows);
    let nine = "error% > 50% for 9s";
    assert_eq!(code(&with(0), nine).0, 1);
    let longer = "error% > 50% for 10s";
    assert_eq!(code(&with(0), longer).0, 0);
    // Two more buckets are needed: one with six failures, and one with four beside the one it has.
    let (found, said) = code(&with(9), longer);
    assert_eq!(found, 0, "{said}");
    let (found, said) = code(&with(10), longer);
    assert_eq!(found, 2, "{said}");
    insta::assert_snapshot!(said.lines().last().unwrap());
    // At most 90 failures in 20 s, and 100 with the rows.
    assert_eq!(code(&with(9), "errors > 99 over 20s").0, 0);
    let (found, said) = code(&with(10), "errors > 99 over 20s");
    assert_eq!(found, 2, "{said}");
    insta::assert_snapshot!(said.lines().last().unwrap());
    // A row took as long as the slowest sample; for a percentile, it took any time.
    let steady = |rows: usize| a_minute(0..0) + &BROKEN.repeat(rows);
    let verdict = |rows: usize, criterion: &str| code(&steady(rows), criterion).0;
    assert_eq!(verdict(1, "avg > 100ms over 5s"), 0);
    assert_eq!(verdict(1, "p50 > 1s over 5s"), 0);
    assert_eq!(verdict(1, "A: p99 > 1s over 5s"), 2);
    assert_eq!(verdict(9, "p95 > 1s for 5s"), 0);
    assert_eq!(verdict(10, "p95 > 1s for 5s"), 2);
}

#[test]
fn a_comparison_says_which_rows_it_lacks() {
    let perfkit = Perfkit::new();
    perfkit.write("a.csv", a_minute(0..0));
    perfkit.write("b.csv", a_minute(0..0) + BROKEN);
    let compared = |arguments: &[&str]| {
        let output = perfkit.command(arguments).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, printed, said) = compared(&["compare", "a.csv", "b.csv", "--fail-if-worse"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        printed.contains("b: 1 of 601 rows (0.166%) was rejected, the first at b.csv:602"),
        "{printed}"
    );
    insta::assert_snapshot!(said.lines().last().unwrap());
    // 1 of 601 rows of the baseline could have been a success.
    let (code, _, said) = compared(&["compare", "b.csv", "a.csv", "--fail-if-worse"]);
    assert_eq!(code, 0, "{said}");
    let limited = ["compare", "a.csv", "b.csv", "--max-rejected", "0"];
    assert_eq!(compared(&limited).0, 2);
    let criterion = [
        "compare",
        "a.csv",
        "b.csv",
        "--fail-if",
        "error% > baseline",
    ];
    assert_eq!(compared(&criterion).0, 2);
    let criterion = ["compare", "a.csv", "b.csv", "--fail-if", "p90 > baseline"];
    assert_eq!(compared(&criterion).0, 0);
}
