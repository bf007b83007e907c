//! The overview that `perfkit analyze` prints on a terminal.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::common::{Perfkit, five_samples, fixtures};

/// The overview of results at a width.
fn overview(perfkit: &Perfkit, width: &str, more: &[&str]) -> String {
    let arguments = ["analyze", "results.jtl", "--format", "overview"];
    let mut command = perfkit.command(&[&arguments[..], more].concat());
    let output = command.env("COLUMNS", width).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn with_fixture(name: &str) -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", std::fs::read(fixtures().join(name)).unwrap());
    perfkit
}

#[test]
fn the_verdict_comes_first_and_the_report_last() {
    let perfkit = with_fixture("errors.jtl");
    let criteria = ["--fail-if", "error% > 1%", "--fail-if", "p95 > 5s"];
    insta::assert_snapshot!("overview_80", overview(&perfkit, "80", &criteria));
}

#[test]
fn columns_are_left_out_before_labels_are_cut() {
    let perfkit = with_fixture("errors.jtl");
    let wide = overview(&perfkit, "200", &["--no-report"]);
    assert!(
        wide.contains("KB/sec") && !wide.contains("Not shown"),
        "{wide}"
    );
    let narrow = overview(&perfkit, "70", &["--no-report"]);
    assert!(
        narrow.contains("Wrong body, says the assertion  "),
        "{narrow}"
    );
    assert!(narrow.contains("Not shown: "), "{narrow}");
    // Those who choose columns want the first ones.
    let chosen = [
        "--no-report",
        "--columns",
        "max,min,connect,latency,sent_kb_per_sec",
    ];
    let chosen = overview(&perfkit, "60", &chosen);
    assert!(chosen.contains("Not shown: Sent KB/sec."), "{chosen}");
}

#[test]
fn of_many_labels_the_busiest_are_shown() {
    let mut results = "timeStamp,elapsed,label,responseCode,success\n".to_owned();
    for number in 0..240 {
        let label = number % 60;
        let url = "https://shop.example/api/v1/products?category=7&page";
        let _ = writeln!(
            results,
            "{},{},GET {url}={label}&sort=price_asc,200,true",
            1_700_000_000_000_i64 + number,
            100 + label
        );
    }
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", results);
    let text = overview(&perfkit, "80", &["--no-report"]);
    let has = |label: usize| text.contains(&format!("…{label}&sort"));
    assert!((30..60).all(has) && !(1..30).any(has), "{text}");
    assert!(text.contains("30 labels that took less time"), "{text}");
    let wide = text.lines().filter(|line| line.width() > 80);
    assert_eq!(wide.count(), 0, "{text}");
}

#[test]
fn colors_and_the_link_are_for_terminals() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let arguments = [
        "analyze",
        "results.jtl",
        "--format",
        "overview",
        "-o",
        "my report",
    ];
    let criterion = ["--fail-if", "error% > 1%"];
    let mut command = perfkit.command(&[&arguments[..], &criterion].concat());
    let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("\x1b[1m\x1b[31mFailed: 1 of 1 criterion failed."),
        "{text:?}"
    );
    let link = "/my%20report/report.html\x1b\\my report/report.html\x1b]8;;\x1b\\";
    assert!(
        text.contains("\x1b]8;;file:///") && text.contains(link),
        "{text:?}"
    );
    let plain = overview(&perfkit, "80", &["-o", "my report"]);
    assert!(!plain.contains('\x1b'), "{plain:?}");
    assert!(
        plain.contains("\nReport: my report/report.html\n"),
        "{plain}"
    );
}

#[test]
fn redirected_output_stays_markdown() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let (markdown, _) = perfkit.run(&["analyze", "results.jtl", "--no-report"]);
    let asked = [
        "analyze",
        "results.jtl",
        "--no-report",
        "--format",
        "markdown",
    ];
    assert_eq!(perfkit.run(&asked).0, markdown);
    assert!(markdown.contains("| **TOTAL** |"), "{markdown}");
}
