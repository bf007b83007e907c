//! Choosing what counts, as a process: every option on a run that can be checked by hand.

use std::io::Write;
use std::process::Stdio;

use crate::common::{HEADER, Perfkit, fixtures};
use serde_json::Value;

/// A run of 8 s from 2023-11-14 22:13:20 UTC: two users, one of whom leaves early. `Home` redirects
/// once and so has two sub-results; `Buy` is a transaction controller.
///
/// | start, ms | label         | end  | threads |
/// |-----------|---------------|------|---------|
/// | 0         | Home          | 100  | 1       |
/// | 0         | Home-0        | 60   | 1       |
/// | 60        | Home-1        | 100  | 1       |
/// | 1000      | GET /item/17  | 1200 | 2       |
/// | 1100      | GET /item/18  | 1400 | 2 (KO)  |
/// | 2000      | Home          | 2050 | 2       |
/// | 2000      | Home-0        | 2030 | 2       |
/// | 2030      | Home-1        | 2050 | 2       |
/// | 4000      | GET /item/17  | 4100 | 2       |
/// | 6000      | Buy           | 6100 | 2       |
/// | 7500      | GET /item/19  | 8000 | 1       |
pub fn run() -> String {
    let rows = "\
1700000000000,100,Home,200,OK,Users 1-1,text,true,,10,1,1,1,http://a:80/home?x=1,50,0,5
1700000000000,60,Home-0,302,Found,Users 1-1,text,true,,10,1,1,1,http://a:80/,50,0,5
1700000000060,40,Home-1,200,OK,Users 1-1,text,true,,10,1,1,1,http://a:80/home?x=1,50,0,5
1700000001000,200,GET /item/17,200,OK,Users 1-1,text,true,,10,1,1,2,http://b/item/17,50,0,5
1700000001100,300,GET /item/18,500,Oops,Admins 2-1,text,false,,10,1,1,2,http://b/item/18,50,0,5
1700000002000,50,Home,200,OK,Admins 2-1,text,true,,10,1,1,2,http://a/home,50,0,5
1700000002000,30,Home-0,302,Found,Admins 2-1,text,true,,10,1,1,2,http://a/,50,0,5
1700000002030,20,Home-1,200,OK,Admins 2-1,text,true,,10,1,1,2,http://a/home,50,0,5
1700000004000,100,GET /item/17,200,OK,Users 1-1,text,true,,10,1,1,2,http://b/item/17,50,0,5
1700000006000,100,Buy,200,\"Number of samples in transaction : 1, number of failing samples : 0\",Users 1-1,,true,,10,1,1,2,null,50,0,5
1700000007500,500,GET /item/19,200,OK,Users 1-1,text,true,,10,1,1,1,http://b/item/19,50,0,5
";
    format!("{HEADER}{rows}")
}

/// Labels and sample counts in one line, and stderr.
fn counted(arguments: &[&str]) -> (String, String) {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", run());
    let fixed = ["analyze", "run.jtl", "--no-report", "--format", "csv"];
    let columns = ["--columns", "samples", "--platform", "x"];
    let (table, said) = perfkit.run(&[&fixed[..], &columns, arguments].concat());
    let rows: Vec<&str> = table.lines().skip(1).collect();
    (rows.join("; "), said)
}

fn labels(arguments: &[&str]) -> String {
    counted(arguments).0
}

fn refused(arguments: &[&str]) -> String {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", run());
    perfkit.fail(&[&["analyze", "run.jtl", "--no-report"], arguments].concat())
}

#[test]
fn without_options_everything_counts() {
    assert_eq!(
        labels(&[]),
        "Home,2; Home-0,2; Home-1,2; GET /item/17,2; GET /item/18,1; Buy,1; GET /item/19,1; TOTAL,11"
    );
}

#[test]
fn labels_are_included_and_excluded() {
    assert_eq!(labels(&["--include", "^Home$"]), "Home,2; TOTAL,2");
    assert_eq!(
        labels(&[
            "--include",
            "^Home",
            "--exclude",
            "-0$",
            "--include",
            "^Buy$"
        ]),
        "Home,2; Home-1,2; Buy,1; TOTAL,5"
    );
    let (counted, said) = counted(&["--exclude", "^Home", "--exclude", "-1$", "--exclude", "x"]);
    assert_eq!(
        counted,
        "GET /item/17,2; GET /item/18,1; Buy,1; GET /item/19,1; TOTAL,5"
    );
    // The first filter that rejects a row counts it; filters that reject nothing are listed, too.
    insta::assert_snapshot!(said, @r#"
    perfkit: note: 1 row was written by transaction controllers: TOTAL counts it beside the samples it sums up, as JMeter's Aggregate Report does; --controllers exclude leaves it out.
    perfkit: note: 5 samples are too few to trust p90 to p99 (p99 needs 299).
    perfkit: 11 rows read: 5 counted, 6 filtered out, 0 rejected
    perfkit: 6 filtered out by --exclude ^Home
    perfkit: 0 filtered out by --exclude -1$
    perfkit: 0 filtered out by --exclude x
    "#);
}

#[test]
fn successes_and_errors() {
    assert_eq!(labels(&["--only-errors"]), "GET /item/18,1; TOTAL,1");
    assert_eq!(
        labels(&["--only-success"]),
        "Home,2; Home-0,2; Home-1,2; GET /item/17,2; Buy,1; GET /item/19,1; TOTAL,10"
    );
}

#[test]
fn controllers_and_sub_results() {
    assert_eq!(labels(&["--controllers", "only"]), "Buy,1; TOTAL,1");
    assert_eq!(labels(&["--controllers", "include"]), labels(&[]));
    assert_eq!(
        labels(&["--controllers", "exclude", "--sub-results", "exclude"]),
        "Home,2; GET /item/17,2; GET /item/18,1; GET /item/19,1; TOTAL,6"
    );
}

#[test]
fn requests_numbered_by_hand_are_not_sub_results() {
    let perfkit = Perfkit::new();
    let of = |labels: [&str; 2]| {
        let mut rows = HEADER.to_owned();
        for start in [1_700_000_000_000_i64, 1_700_000_001_000] {
            for (number, label) in labels.into_iter().enumerate() {
                rows += &crate::common::row(start + 100 * number as i64, 100, label, true);
            }
            rows += &format!(
                "{start},200,HP,200,\"Number of samples in transaction : 2, number of failing samples \
                 : 0\",Users 1-1,,true,,10,1,1,1,null,0,0,0\n"
            );
        }
        perfkit.write("run.jtl", rows);
        let options = ["--controllers", "exclude", "--sub-results", "exclude"];
        let fixed = ["analyze", "run.jtl", "--no-report", "--format", "csv"];
        let (_, said) = perfkit.run(&fixed);
        assert!(!said.contains("sub-results"), "{said}");
        let (table, _) = perfkit.run(&[&fixed[..], &options, &["--columns", "samples"]].concat());
        table.lines().skip(1).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(of(["HP-0", "HP-1"]), "HP-0,2; HP-1,2; TOTAL,4");
    assert_eq!(of(["GET /a", "GET /a-0"]), "GET /a,2; GET /a-0,2; TOTAL,4");
    assert_eq!(of(["step", "step-1"]), "step,2; step-1,2; TOTAL,4");
}

#[test]
fn sub_results_alone_and_from_standard_input() {
    assert_eq!(
        labels(&["--sub-results", "only"]),
        "Home-0,2; Home-1,2; TOTAL,4"
    );
    // The second Home starts before the time that counts; its sub-results stay sub-results.
    assert_eq!(
        labels(&["--sub-results", "only", "--from", "1700000002020"]),
        "Home-1,1; TOTAL,1"
    );
    let (code, said) = from_stdin(&["--sub-results", "exclude"]);
    assert_eq!(code, Some(0));
    assert_eq!(said, "perfkit: 4 filtered out by --sub-results exclude");
}

#[test]
fn numbered_labels_without_a_parent_are_not_sub_results() {
    let perfkit = Perfkit::new();
    let rows = run().replace("Home,", "Start,");
    perfkit.write("run.jtl", rows);
    let arguments = [
        "analyze",
        "run.jtl",
        "--no-report",
        "--sub-results",
        "exclude",
    ];
    let (_, said) = perfkit.run(&arguments);
    assert!(
        said.contains("11 rows read: 11 counted, 0 filtered out"),
        "{said}"
    );
}

#[test]
fn samples_are_selected_by_start_time() {
    let middle = "GET /item/17,2; GET /item/18,1; Home,1; Home-0,1; Home-1,1; Buy,1; TOTAL,7";
    for (from, to) in [
        ("+1s", "-1s"),
        ("1000ms", "-0.5s"),
        ("1700000001000", "1700000007500"),
        ("2023-11-14 22:13:21", "2023-11-14T22:13:27.500Z"),
        ("22:13:21", "22:13:27"),
    ] {
        assert_eq!(labels(&["--from", from, "--to", to]), middle, "{from} {to}");
    }
    // One millisecond earlier or later.
    assert_eq!(
        labels(&["--from", "1001ms", "--to", "2001ms"]),
        "GET /item/18,1; Home,1; Home-0,1; TOTAL,3"
    );
    assert_eq!(labels(&["--from", "-1s"]), "GET /item/19,1; TOTAL,1");
    // Clock times follow the time zone.
    assert_eq!(
        labels(&["--timezone", "Asia/Tokyo", "--from", "07:13:27"]),
        "GET /item/19,1; TOTAL,1"
    );
}

#[test]
fn relative_moments_are_resolved_and_printed() {
    let (_, said) = counted(&["--from", "+1s", "--to", "22:13:27"]);
    insta::assert_snapshot!(said, @r#"
    perfkit: note: --from +1s: counts only samples that start at 2023-11-14 22:13:21.000 UTC or later.
    perfkit: note: --to 22:13:27: counts only samples that start before 2023-11-14 22:13:27.000 UTC.
    perfkit: note: 1 row was written by transaction controllers: TOTAL counts it beside the samples it sums up, as JMeter's Aggregate Report does; --controllers exclude leaves it out.
    perfkit: note: 2 labels such as “Home-0” hold sub-results of other labels: TOTAL counts both, as in JMeter. Try: --sub-results exclude
    perfkit: note: 7 samples are too few to trust p90 to p99 (p99 needs 299).
    perfkit: 11 rows read: 7 counted, 4 filtered out, 0 rejected
    perfkit: 3 filtered out by --from +1s
    perfkit: 1 filtered out by --to 22:13:27
    "#);
}

#[test]
fn the_ramp_is_trimmed_and_reported() {
    let (counted, said) = counted(&["--trim-ramp"]);
    assert_eq!(
        counted,
        "Home,1; Home-0,1; Home-1,1; GET /item/17,1; Buy,1; TOTAL,5"
    );
    insta::assert_snapshot!(said, @r#"
    perfkit: note: --trim-ramp: counts only samples that start from 2023-11-14 22:13:21.200 UTC, when the last of 2 threads was up, until 2023-11-14 22:13:26.100 UTC, when the first left: 4.9 s of 8.0 s (by allThreads at the end of each sample).
    perfkit: note: 1 row was written by transaction controllers: TOTAL counts it beside the samples it sums up, as JMeter's Aggregate Report does; --controllers exclude leaves it out.
    perfkit: note: 2 labels such as “Home-0” hold sub-results of other labels: TOTAL counts both, as in JMeter. Try: --sub-results exclude
    perfkit: note: 5 samples are too few to trust p90 to p99 (p99 needs 299).
    perfkit: 11 rows read: 5 counted, 6 filtered out, 0 rejected
    perfkit: 6 filtered out by --trim-ramp
    "#);
}

#[test]
fn a_ramp_that_cannot_be_trimmed_is_an_error() {
    let perfkit = Perfkit::new();
    let arguments = ["analyze", "run.jtl", "--no-report", "--trim-ramp"];
    let columns = "timeStamp,elapsed,label,responseCode,success\n";
    perfkit.write("run.jtl", format!("{columns}1700000000000,1,A,200,true\n"));
    insta::assert_snapshot!(perfkit.fail(&arguments), @"perfkit: error: --trim-ramp: no row tells how many threads were active (allThreads); choose the time with --from and --to");
    // Users who never overlap.
    let peak = run().replace(",1,2,http", ",1,1,http");
    perfkit.write("run.jtl", peak);
    insta::assert_snapshot!(perfkit.fail(&arguments), @"perfkit: error: --trim-ramp: the peak of 2 active threads (allThreads) lasted 0.0 s of 8.0 s, too short to be a plateau; choose the time with --from and --to");
}

#[test]
fn groups() {
    let group = |key: &str| labels(&["--group-by", key]);
    assert_eq!(group("label"), labels(&[]));
    assert_eq!(group("thread-group"), "Users,7; Admins,4; TOTAL,11");
    assert_eq!(group("host"), "a,6; b,4; (no URL),1; TOTAL,11");
    assert_eq!(group("code"), "200,8; 302,2; 500,1; TOTAL,11");
    assert_eq!(
        group("url-path"),
        "/home,4; /,2; /item/17,2; /item/18,1; (no URL),1; /item/19,1; TOTAL,11"
    );
    assert_eq!(
        group(r"^(GET) (/\w+)"),
        "Home,2; Home-0,2; Home-1,2; GET /item,4; Buy,1; TOTAL,11"
    );
}

#[test]
fn labels_are_renamed_in_order() {
    assert_eq!(
        labels(&[
            "--rename",
            r"s|/\d+|/N|",
            "--rename",
            "s/-[0-9]$//",
            "--rename",
            "s/^GET (.*)N/\\1{id}/"
        ]),
        "Home,6; /item/{id},4; Buy,1; TOTAL,11"
    );
}

#[test]
fn filters_match_original_labels_and_renames_match_groups() {
    assert_eq!(
        labels(&[
            "--include",
            "GET",
            "--group-by",
            "thread-group",
            "--rename",
            "s/s$//"
        ]),
        "User,3; Admin,1; TOTAL,4"
    );
}

#[test]
fn sub_results_are_noticed_under_any_label() {
    for arguments in [
        &[][..],
        &["--group-by", "host"],
        &["--rename", "s/-[0-9]//"],
    ] {
        let said = counted(arguments).1;
        assert!(
            said.contains("2 labels such as “Home-0” hold sub-results"),
            "{said}"
        );
    }
    for arguments in [
        &["--exclude", "-[01]$"][..],
        &["--sub-results", "exclude", "--rename", "s/a/b/"],
    ] {
        let said = counted(arguments).1;
        assert!(!said.contains("hold sub-results"), "{said}");
    }
}

#[test]
fn the_report_echoes_the_selection_and_accounts_for_it() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", run());
    let selection = [
        "--from",
        "+1s",
        "--exclude",
        "<b>|Home",
        "--only-success",
        "--rename",
        "s/GET //",
    ];
    let fixed = ["analyze", "run.jtl", "--platform", "Raspberry Pi 5"];
    perfkit.run(&[&fixed[..], &selection].concat());
    let report: Value = serde_json::from_str(&perfkit.read("run-report/report.json")).unwrap();
    assert_eq!(
        report["options"]["selection"],
        serde_json::json!([
            "--from +1s",
            "--exclude <b>|Home",
            "--only-success",
            "--rename s/GET //"
        ])
    );
    let accounting = &report["accounting"];
    assert_eq!(
        accounting["filters"],
        serde_json::json!([
            {"option": "--from +1s", "count": 3},
            {"option": "--only-success", "count": 1},
            {"option": "--exclude <b>|Home", "count": 3},
        ])
    );
    assert_eq!(accounting["filtered"], 7);
    assert_eq!(accounting["counted"], 4);
    let markdown = perfkit.read("run-report/report.md");
    let beginning = markdown.split("## Aggregate").next().unwrap();
    insta::assert_snapshot!(beginning, @r#"
    # Load test

    2023-11-14 22:13:21 UTC to 2023-11-14 22:13:28 UTC, 7.0 s.

    11 rows read: 4 counted, 7 filtered out, 0 rejected.

    - filtered out: 3 by --from +1s
    - filtered out: 1 by --only-success
    - filtered out: 3 by --exclude &lt;b&gt;\|Home

    Selection: --from +1s, --exclude &lt;b&gt;\|Home, --only-success, --rename s/GET //.

    - --from +1s: counts only samples that start at 2023-11-14 22:13:21.000 UTC or later.
    - 1 row was written by transaction controllers: TOTAL counts it beside the samples it sums up, as JMeter's Aggregate Report does; --controllers exclude leaves it out.
    - 4 samples are too few to trust p90 to p99 (p99 needs 299).
    "#);
}

#[test]
fn an_empty_selection_is_an_error() {
    insta::assert_snapshot!(refused(&["--include", "Nothing", "--only-errors"]), @"perfkit: error: run.jtl: no samples to report: every row was filtered out: 10 by --only-errors, 1 by --include Nothing");
    insta::assert_snapshot!(refused(&["--from", "+2s", "--to", "+1s"]), @"perfkit: error: --from +2s (2023-11-14 22:13:22.000 UTC) is not before --to +1s (2023-11-14 22:13:21.000 UTC): nothing would be left");
}

#[test]
fn invalid_selections_are_rejected() {
    insta::assert_snapshot!(refused(&["--include", "(a"]), @"perfkit: error: --include: `(a` is not a regular expression: unclosed group");
    insta::assert_snapshot!(refused(&["--exclude", "[z-a]"]), @"perfkit: error: --exclude: `[z-a]` is not a regular expression: invalid character class range, the start must be <= the end");
    insta::assert_snapshot!(refused(&["--from", "soon"]), @"perfkit: error: --from: `soon` is not a time: give a time such as `2026-11-25 07:10:00` or 07:10:00, epoch ms, an offset from the run's start such as +30s or 1m30s, or from its end such as -10s");
    insta::assert_snapshot!(refused(&["--to", "30"]), @"perfkit: error: --to: `30` has no unit: `30s` is an offset in seconds");
    insta::assert_snapshot!(refused(&["--group-by", "threadgroup"]), @"perfkit: error: --group-by: `threadgroup` is neither label, thread-group, host, code, url-path, engine or column:NAME nor a regular expression with (captures)");
    insta::assert_snapshot!(refused(&["--rename", "s/a/b"]), @r#"perfkit: error: --rename: `s/a/b` is not of the form `s/pattern/replacement/`: it has 2 delimiters `/` and not 3; within a part write \/"#);
    let both = refused(&["--only-success", "--only-errors"]);
    assert!(both.contains("--help"), "{both}");
}

/// Runs with results on stdin, and returns exit code and last line of stderr.
fn from_stdin(arguments: &[&str]) -> (Option<i32>, String) {
    let perfkit = Perfkit::new();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("perfkit"));
    let mut child = command
        .current_dir(perfkit.directory.path())
        .args(["analyze", "-", "--no-report", "--platform", "x"])
        .args(arguments)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may exit before it reads all.
    let _broken_pipe = stdin.write_all(run().as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let last = said.lines().last().unwrap_or_default().to_owned();
    (output.status.code(), last)
}

#[test]
fn standard_input_cannot_be_read_twice() {
    let (code, said) = from_stdin(&["--from", "+1s", "--trim-ramp"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(said, @"perfkit: error: -: must be read twice for --from +1s and --trim-ramp, but can be read only once: save it to a file first");
    let (code, said) = from_stdin(&["--from", "2023-11-14 22:13:21", "--include", "Home"]);
    assert_eq!(code, Some(0));
    assert_eq!(said, "perfkit: 5 filtered out by --include Home");
}

#[test]
fn results_do_not_depend_on_threads_or_file_order() {
    let perfkit = Perfkit::new();
    let (first, second) = (run(), run().replace("17000000", "17000001"));
    perfkit.write("first.jtl", &first);
    perfkit.write("second.jtl", &second);
    let rows = second.strip_prefix(HEADER).unwrap();
    perfkit.write("both.jtl", format!("{first}{rows}"));
    let selection = [
        "--sub-results",
        "exclude",
        "--from",
        "+1s",
        "--group-by",
        "url-path",
    ];
    let table = |files: &[&str], threads: &str| {
        let fixed = ["--no-report", "--format", "csv", "--threads", threads];
        perfkit
            .run(&[&["analyze"], files, &fixed, &selection].concat())
            .0
    };
    let one = table(&["both.jtl"], "1");
    assert!(one.contains("TOTAL,13,"), "{one}");
    assert_eq!(table(&["both.jtl"], "2"), one);
    assert_eq!(table(&["first.jtl", "second.jtl"], "2"), one);
}

/// Rows counted and filtered out of a fixture.
fn accounting(fixture: &str, arguments: &[&str]) -> (u64, u64, Value) {
    let path = fixtures().join(fixture);
    let fixed = ["--no-report", "--format", "json", "--platform", "x"];
    let arguments = [&["analyze", path.to_str().unwrap()], &fixed[..], arguments].concat();
    let report: Value = serde_json::from_str(&Perfkit::new().run(&arguments).0).unwrap();
    let count = |key: &str| report["accounting"][key].as_u64().unwrap();
    (count("counted"), count("filtered"), report)
}

#[test]
fn selections_partition_recorded_runs() {
    let parts = |fixture, one: &[&str], other: &[&str]| {
        let (counted, filtered, _) = accounting(fixture, one);
        let (others_counted, others_filtered, _) = accounting(fixture, other);
        assert_eq!((counted, filtered), (others_filtered, others_counted));
        counted
    };
    let only = ["--controllers", "only"];
    assert_eq!(
        parts("controllers.jtl", &only, &["--controllers", "exclude"]),
        130
    );
    assert_eq!(
        parts("errors.jtl", &["--only-errors"], &["--only-success"]),
        150
    );
    for results in ["errors.jtl", "errors.xml", "default.jtl.gz"] {
        let before = parts(results, &["--to", "-0.5s"], &["--from", "-0.5s"]);
        let (all, _, _) = accounting(results, &[]);
        assert!((1..all).contains(&before), "{results}: {before} of {all}");
    }
}

#[test]
fn sub_results_as_jmeter_writes_them() {
    let (counted, filtered, report) = accounting("sub-results.jtl", &["--sub-results", "exclude"]);
    assert_eq!((counted, filtered), (100, 150));
    let labels: Vec<&Value> = report["labels"].as_array().unwrap().iter().collect();
    let samples = |label: &str| {
        let label = labels.iter().find(|other| other["label"] == label);
        label.map(|label| label["samples"].as_u64().unwrap())
    };
    assert_eq!((samples("Page"), samples("Step-1")), (Some(50), Some(50)));
    // Five users start within two seconds and run for about five.
    let (counted, _, report) = accounting("sub-results.jtl", &["--trim-ramp"]);
    assert!((1..250).contains(&counted), "{counted}");
    let note = report["notes"][0].as_str().unwrap();
    assert!(note.contains("when the last of 5 threads was up"), "{note}");
}

#[test]
fn a_distributed_run_has_one_thread_group() {
    let (counted, _, report) = accounting("distributed.jtl", &["--group-by", "thread-group"]);
    assert_eq!(counted, 400);
    assert_eq!(report["labels"].as_array().unwrap().len(), 1);
    assert_eq!(report["labels"][0]["label"], "Users");
}
