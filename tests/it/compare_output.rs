//! `perfkit compare`: what it prints as Markdown, table and CSV, and keeps in a README.

use crate::common::{HEADER, Perfkit, row};
use unicode_width::UnicodeWidthStr;

const START: i64 = 1_700_000_000_000;

/// A label of a run: its name, the minimum elapsed time in ms, and how often a sample fails.
type Label<'a> = (&'a str, i64, i64);

/// 60 s at 100 samples per second, of these labels in turn; each takes up to twice its time.
fn results(labels: &[Label<'_>]) -> String {
    let rows = (0..6_000).map(|n| {
        let (label, ms, fails_each) = labels[n as usize % labels.len()];
        let turn = n / labels.len() as i64;
        let elapsed = ms + ms * (turn * 37 % 100) / 100;
        row(START + n * 10, elapsed, label, turn % fails_each != 7)
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

/// Checkout got slower and Search faster, Login fails more often, Pay is gone and Coupons is new.
fn shop() -> Perfkit {
    let perfkit = Perfkit::new();
    let before = [
        ("Login", 50, 500),
        ("Search", 200, 500),
        ("Checkout", 900, 500),
        ("Pay", 100, 500),
        ("Home", 20, 500),
    ];
    let after = [
        ("Login", 50, 20),
        ("Search", 120, 500),
        ("Checkout", 1_800, 500),
        ("Coupons", 100, 500),
        ("Home", 20, 500),
    ];
    perfkit.write("before.jtl", results(&before));
    perfkit.write("after.jtl", results(&after));
    perfkit
}

fn compared(perfkit: &Perfkit, arguments: &[&str]) -> String {
    perfkit.run(&[&["compare"], arguments].concat()).0
}

#[test]
fn markdown_lists_changes_and_folds_the_rest() {
    insta::assert_snapshot!(compared(&shop(), &["before.jtl", "after.jtl"]));
}

#[test]
fn all_figures_are_printed_when_asked() {
    let perfkit = Perfkit::new();
    perfkit.write("before.jtl", results(&[("A", 100, 500)]));
    perfkit.write("after.jtl", results(&[("A", 130, 500)]));
    let arguments = ["before.jtl", "after.jtl", "--all"];
    insta::assert_snapshot!("all", compared(&perfkit, &arguments));
    let arguments = [&["compare"], &arguments[..], &["-f", "table"]].concat();
    let mut command = perfkit.command(&arguments);
    let output = command.env("COLUMNS", "80").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.lines().all(|line| line.width() <= 80), "{printed}");
    insta::assert_snapshot!("all_table_80", printed);
}

#[test]
fn csv_has_one_row_per_figure() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", results(&[("A", 100, 500)]));
    perfkit.write("b.jtl", results(&[("A", 130, 500)]));
    insta::assert_snapshot!("csv", compared(&perfkit, &["a.jtl", "b.jtl", "-f", "csv"]));
    let arguments = ["a.jtl", "b.jtl", "-f", "csv", "-o", "out.csv"];
    assert_eq!(compared(&perfkit, &arguments), "");
    assert!(perfkit.read("out.csv").starts_with("label,figure,"));
}

#[test]
fn tables_fit_the_terminal() {
    let perfkit = shop();
    for (columns, name) in [("80", "table_80"), ("200", "table_200")] {
        let mut command = perfkit.command(&["compare", "before.jtl", "after.jtl", "-f", "table"]);
        let output = command.env("COLUMNS", columns).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let limit = columns.parse().unwrap();
        assert!(
            printed.lines().all(|line| line.width() <= limit),
            "{printed}"
        );
        insta::assert_snapshot!(name, printed);
    }
}

#[test]
fn colors_appear_on_terminals_or_on_request() {
    let perfkit = shop();
    let has_colors = |variables: &[(&str, &str)]| {
        let mut command = perfkit.command(&["compare", "before.jtl", "after.jtl", "-f", "table"]);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.contains("\x1b[31m"), printed.contains("\x1b[32m"));
        printed.contains('\x1b')
    };
    assert!(!has_colors(&[]));
    assert!(has_colors(&[("CLICOLOR_FORCE", "1")]));
    assert!(!has_colors(&[("CLICOLOR_FORCE", "0")]));
    assert!(!has_colors(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn three_runs_give_a_row_per_candidate() {
    let perfkit = shop();
    perfkit.write(
        "third.jtl",
        results(&[("Home", 20, 500), ("Blog", 20, 500)]),
    );
    let runs = ["before.jtl", "after.jtl", "third.jtl"];
    let names = ["--name", "Pi 4", "--name", "Pi 5", "--name", "Lap|top"];
    insta::assert_snapshot!("three", compared(&perfkit, &[&runs[..], &names].concat()));
}

#[test]
fn a_change_of_a_figure_without_a_column_is_shown() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", results(&[("A", 100, 500)]));
    perfkit.write("b.jtl", results(&[("A", 130, 500)]));
    let arguments = ["a.jtl", "b.jtl", "--percentiles", "50,90,95,99"];
    let printed = compared(&perfkit, &arguments);
    assert!(
        printed.contains("Average ▲ +30%, 90% Line ▲ +30%, 99% Line ▲ +30%"),
        "{printed}"
    );
    // Without preferred percentiles the first two have columns.
    let printed = compared(&perfkit, &["a.jtl", "b.jtl", "--percentiles", "80,99"]);
    assert!(printed.contains("| **80% Line** "), "{printed}");
}

#[test]
fn a_comment_fits_500_long_labels() {
    for length in [10, 1_000] {
        let perfkit = Perfkit::new();
        let name = |n: i64| format!("{}/{n}", "x".repeat(length));
        let run = |factor: i64| {
            let rows = (0..500 * 40).map(|n| {
                let factor = if n % 5 == 0 { factor } else { 1 };
                let elapsed = factor * (100 + n / 500 * 37 % 20);
                row(START + n * 10, elapsed, &name(n % 500), true)
            });
            HEADER.to_owned() + &rows.collect::<String>()
        };
        perfkit.write("a.jtl", run(1));
        perfkit.write("b.jtl", run(10));
        let printed = compared(&perfkit, &["a.jtl", "b.jtl"]);
        assert!(printed.len() < 60_000, "{length}: {}", printed.len());
        assert!(
            printed.contains("… and 70 more labels that changed"),
            "{length}"
        );
        assert!(printed.contains("use --all or --format csv"), "{length}");
    }
}

#[test]
fn a_readme_keeps_one_table_of_all_platforms() {
    let perfkit = shop();
    let saved = [
        "--no-report",
        "--format",
        "json",
        "--platform",
        "Pi 5 | 8 GB",
    ];
    let report = perfkit
        .run(&[&["analyze", "after.jtl"], &saved[..]].concat())
        .0;
    perfkit.write("pi5.json", report);
    let before = b"# Caf\xe9\r\n\r\ntext";
    perfkit.write("README.md", before);
    let arguments = ["before.jtl", "pi5.json", "--update", "README.md"];
    let (_, said) = perfkit.run(&[&["compare"], &arguments[..]].concat());
    assert!(said.contains("perfkit: added the markers `<!-- perfkit:begin comparison -->`"));
    let first = std::fs::read(perfkit.path("README.md")).unwrap();
    assert!(first.starts_with(before));
    let block = String::from_utf8_lossy(&first[before.len()..]).replace("\r\n", "\n");
    insta::assert_snapshot!("readme", block);

    // A second time, with other figures and with text around the block.
    let whole = [&first[..], b"\r\nmore"].concat();
    perfkit.write("README.md", &whole);
    let reversed = ["pi5.json", "before.jtl", "--update", "README.md"];
    let (_, said) = perfkit.run(&[&["compare"], &reversed[..]].concat());
    assert!(said.contains("perfkit: updated the block `comparison` of README.md"));
    let changed = std::fs::read(perfkit.path("README.md")).unwrap();
    assert_ne!(changed, whole);
    assert!(changed.starts_with(before) && changed.ends_with(b"-->\r\n\r\nmore"));
    perfkit.run(&[&["compare"], &arguments[..]].concat());
    assert_eq!(std::fs::read(perfkit.path("README.md")).unwrap(), whole);

    // With a key of its own there is a second block; each run of a side is a row.
    let sides = [
        "--baseline",
        "before.jtl",
        "--candidate",
        "after.jtl",
        "pi5.json",
    ];
    let key = ["--update", "README.md", "--key", "nightly"];
    perfkit.run(&[&["compare"], &sides[..], &key].concat());
    let both = std::fs::read(perfkit.path("README.md")).unwrap();
    assert!(both.starts_with(&whole));
    let added = String::from_utf8_lossy(&both[whole.len()..]).into_owned();
    assert_eq!(added.matches("| **TOTAL** |").count(), 3, "{added}");
    assert!(added.contains("perfkit:begin nightly"));
}
