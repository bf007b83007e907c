//! `perfkit summarize`: summaries give the same output as the results themselves.

use std::fs;

use crate::common::{HEADER, Perfkit, five_samples, row};
use perfkit::analysed;

const FORMATS: [&str; 6] = ["json", "csv", "markdown", "table", "prometheus", "hgrm"];

/// Two files that share some labels, with rejected rows and rows without an engine.
fn two_files(perfkit: &Perfkit) {
    perfkit.write("one.jtl", five_samples() + "oops,1\n");
    let rows = [
        row(1_700_000_000_900, 70, "C", true),
        row(1_700_000_001_000, 900, "A", false),
    ];
    perfkit.write("two.jtl", format!("{HEADER}nonsense\n{}", rows.concat()));
    for name in ["one", "two"] {
        summarise(perfkit, name, &[]);
    }
}

fn summarise(perfkit: &Perfkit, name: &str, options: &[&str]) {
    let (results, file) = (format!("{name}.jtl"), format!("{name}.summary"));
    let arguments = ["summarize", &results, "-o", &file];
    perfkit.run(&[&arguments[..], options].concat());
}

#[test]
fn summaries_and_results_print_the_same() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    for format in FORMATS {
        let of = |files: &[&str]| {
            let options = [
                "--no-report",
                "--platform",
                "p",
                "--expected-interval",
                "10",
                "--format",
                format,
            ];
            perfkit.run(&[&["analyze"], files, &options].concat())
        };
        let at_once = of(&["one.jtl", "two.jtl"]);
        assert!(
            at_once.1.contains("first at one.jtl:8:") || at_once.1.contains("first at two.jtl:2:"),
            "{}",
            at_once.1
        );
        assert_eq!(of(&["one.summary", "two.summary"]), at_once);
        assert_eq!(of(&["one.summary", "two.jtl"]), at_once);
        assert_eq!(of(&["one.jtl", "two.summary"]), at_once);
    }
}

#[test]
fn summaries_can_be_piped_and_merged() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    let piped = perfkit
        .command(&["summarize", "one.summary", "two.jtl"])
        .output()
        .unwrap();
    assert_eq!(piped.status.code(), Some(0));
    let said = String::from_utf8(piped.stderr).unwrap();
    assert_eq!(
        said.trim(),
        format!(
            "perfkit: 9 rows read: 7 counted, 0 filtered out, 2 rejected; the summary file has {} bytes",
            piped.stdout.len()
        )
    );
    let table = ["--no-report", "--format", "csv"];
    let mut command = perfkit.command(&[&["analyze", "-"][..], &table].concat());
    let of_both = command.write_stdin(piped.stdout).output().unwrap();
    let at_once = perfkit
        .run(&[&["analyze", "one.jtl", "two.jtl"][..], &table].concat())
        .0;
    assert_eq!(String::from_utf8(of_both.stdout).unwrap(), at_once);
}

#[test]
fn summaries_and_results_write_the_same_report() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    for (directory, files) in [
        ("a", ["one.jtl", "two.jtl"]),
        ("b", ["one.summary", "two.summary"]),
    ] {
        let options = ["--charts", "none", "--platform", "p", "-o", directory];
        perfkit.run(&[&["analyze"], &files[..], &options].concat());
    }
    for name in [
        "report.json",
        "report.html",
        "report.md",
        "aggregate.csv",
        "statistics.json",
    ] {
        assert_eq!(
            perfkit.read(&format!("a/{name}")),
            perfkit.read(&format!("b/{name}")),
            "{name}"
        );
    }
    // The default directory is named after the summary.
    perfkit.run(&["analyze", "one.summary", "--charts", "none"]);
    assert!(perfkit.path("one-report/report.md").exists());
}

#[test]
fn compare_reads_summaries() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    let of = |first: &str, second: &str| {
        perfkit
            .run(&["compare", first, second, "--name", "a", "--name", "b"])
            .0
    };
    assert_eq!(of("one.summary", "two.summary"), of("one.jtl", "two.jtl"));
}

#[test]
fn selection_happens_when_a_summary_is_made() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    let choice = ["--include", "A|C", "--rename", "s/C/c/"];
    for name in ["one", "two"] {
        summarise(&perfkit, name, &choice);
    }
    let of = |files: &[&str], options: &[&str]| {
        perfkit.run(
            &[
                &["analyze"],
                files,
                &["--no-report", "--platform", "p", "--format", "json"],
                options,
            ]
            .concat(),
        )
    };
    let at_once = of(&["one.jtl", "two.jtl"], &choice);
    assert!(at_once.0.contains("\"--include A|C\""));
    assert_eq!(of(&["one.summary", "two.summary"], &[]), at_once);
    assert_eq!(of(&["one.summary", "two.summary"], &choice), at_once);
    insta::assert_snapshot!(perfkit.fail(&[
        "analyze",
        "one.summary",
        "--no-report",
        "--exclude",
        "A"
    ]));
    insta::assert_snapshot!(perfkit.fail(&["analyze", "one.summary", "two.jtl", "--no-report"]));
}

#[test]
fn incompatible_inputs_and_options_are_rejected() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    summarise(&perfkit, "two", &["--timestamp-is-end"]);
    insta::assert_snapshot!(perfkit.fail(&[
        "analyze",
        "one.summary",
        "two.summary",
        "--no-report"
    ]));
    insta::assert_snapshot!(perfkit.fail(&[
        "analyze",
        "one.summary",
        "--timestamp-is-end",
        "--no-report"
    ]));
    insta::assert_snapshot!(perfkit.fail(&[
        "analyze",
        "one.summary",
        "--compat",
        "dashboard",
        "--no-report"
    ]));
    let mut former = perfkit.command(&["analyze", "one.jtl", "--format", "summary"]);
    let former = former.output().unwrap();
    assert_eq!(former.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(former.stderr).unwrap());
    insta::assert_snapshot!(perfkit.fail(&["analyze", "one.summary", "--strict", "--no-report"]));
    for name in ["one", "two"] {
        summarise(&perfkit, name, &["--from", "+100ms"]);
    }
    // A single summary is the whole run.
    perfkit.run(&["analyze", "one.summary", "--no-report"]);
    insta::assert_snapshot!(perfkit.fail(&[
        "analyze",
        "one.summary",
        "two.summary",
        "--no-report"
    ]));
}

#[test]
fn a_summary_may_have_no_samples() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    perfkit.write("none.jtl", HEADER);
    summarise(&perfkit, "none", &[]);
    let of = |files: &[&str]| {
        perfkit.run(
            &[
                &["analyze"],
                files,
                &["--no-report", "--platform", "p", "--format", "json"],
            ]
            .concat(),
        )
    };
    assert_eq!(
        of(&["none.summary", "one.summary"]),
        of(&["none.jtl", "one.jtl"])
    );
    insta::assert_snapshot!(perfkit.fail(&["analyze", "none.summary", "--no-report"]));
}

#[test]
fn a_damaged_summary_is_an_error() {
    let perfkit = Perfkit::new();
    two_files(&perfkit);
    let file = fs::read(perfkit.path("one.summary")).unwrap();
    let mut at = analysed::MAGIC.len();
    while at < file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(analysed::decode(&changed).is_err(), "byte {at}");
        assert!(analysed::decode(&file[..at]).is_err(), "cut at {at}");
        at += 3;
    }
    perfkit.write("cut.summary", &file[..file.len() / 2]);
    insta::assert_snapshot!(perfkit.fail(&["analyze", "cut.summary", "--no-report"]));
    let mut newer = file;
    newer[analysed::MAGIC.len()] = 9;
    perfkit.write("newer.summary", newer);
    insta::assert_snapshot!(perfkit.fail(&["analyze", "newer.summary", "--no-report"]));
}
