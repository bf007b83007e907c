//! Characters that are not seen, or that change what is seen, in labels, messages and names: no output
//! contains one as it is, except JMeter's CSV, and texts that differ in one look different.

use std::collections::HashSet;

use serde_json::Value;

use crate::common::{HEADER, Perfkit, row};

/// Controls (C0, DEL, C1), controls of the order of text, and characters without a shape.
const HIDDEN: [char; 37] = [
    '\u{7}',
    '\u{8}',
    '\u{1b}',
    '\u{7f}',
    '\u{80}',
    '\u{85}',
    '\u{90}',
    '\u{9b}',
    '\u{9d}',
    '\u{9f}',
    '\u{61c}',
    '\u{200e}',
    '\u{200f}',
    '\u{202a}',
    '\u{202b}',
    '\u{202c}',
    '\u{202d}',
    '\u{202e}',
    '\u{2066}',
    '\u{2067}',
    '\u{2068}',
    '\u{2069}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{2060}',
    '\u{2063}',
    '\u{feff}',
    '\u{ad}',
    '\u{34f}',
    '\u{180e}',
    '\u{2028}',
    '\u{2029}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{fff9}',
    '\u{e0041}',
];

/// An emoji of several characters, two of which have no shape of their own.
const EMOJI: &str = "👩‍💻❤️";

fn label(hidden: char) -> String {
    format!("Pay{hidden}ment {EMOJI}")
}

/// The labels, and beside them the one that they all look like.
fn labels() -> Vec<String> {
    let plain = format!("Payment {EMOJI}");
    HIDDEN.map(label).into_iter().chain([plain]).collect()
}

fn results(slower: u64) -> String {
    let mut text = HEADER.to_owned();
    for (number, label) in labels().iter().enumerate() {
        let hidden = HIDDEN.get(number).map(char::to_string).unwrap_or_default();
        for second in 0..4 {
            let start = 1_700_000_000_000 + second * 1_000 + number as i64;
            let elapsed = 100 + (slower * (number as u64 + 1)) as i64;
            let row = row(start, elapsed, label, second > 0);
            text.push_str(&row.replace(",500,OK,", &format!(",500,O{hidden}K,")));
        }
    }
    text
}

/// Panics if a text contains a hidden character as it is, apart from those that emoji consist of.
fn assert_shown(what: &str, text: &str) {
    let text = text.replace(EMOJI, "");
    for hidden in HIDDEN {
        assert!(
            !text.contains(hidden),
            "U+{:04X} in {what}: {text:?}",
            u32::from(hidden)
        );
    }
}

/// Panics unless a text contains each label in a form of its own, emoji included.
fn assert_distinct(what: &str, text: &str) {
    assert_shown(what, text);
    let forms: HashSet<&str> = text
        .match_indices("Pay")
        .filter_map(|(at, _)| text[at..].split_inclusive("ment").next())
        .filter(|form| form.len() < 30 && form.ends_with("ment"))
        .collect();
    // The page's data have further forms of control characters: JSON's escapes.
    let is_right = match text.contains("<script>") {
        true => forms.len() > HIDDEN.len(),
        false => forms.len() == HIDDEN.len() + 1,
    };
    assert!(is_right, "{what}: {} {forms:?}", forms.len());
    assert!(text.contains(EMOJI), "{what}");
}

#[test]
fn no_output_hides_or_obeys_a_character() {
    let perfkit = Perfkit::new();
    let name = "r\u{9b}\u{202e}\u{200b}\u{1b}.jtl";
    perfkit.write(name, results(0));
    let mut formats = Vec::new();
    for format in ["markdown", "table", "prometheus", "hgrm", "json", "csv"] {
        let output = perfkit
            .command(&["analyze", name, "--no-report", "--format", format])
            .args(["--detail", "Ser\u{202e}ver=\u{9b}nginx\u{200b}"])
            .args(["--title", "A\u{202e}\u{9b}\u{200b}"])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert_shown("stderr", &said);
        formats.push((format, String::from_utf8(output.stdout).unwrap()));
    }
    for (format, text) in &formats[..4] {
        assert_distinct(format, text);
    }
    // What programs read means the same as ever.
    let (_, json) = &formats[4];
    assert_shown("json", json);
    let report: Value = serde_json::from_str(json).unwrap();
    let rows = report["labels"].as_array().unwrap();
    let found: Vec<&str> = rows
        .iter()
        .map(|row| row["label"].as_str().unwrap())
        .collect();
    assert_eq!(found, labels());
    let (_, csv) = &formats[5];
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    let mut found: Vec<String> = csv
        .records()
        .map(|row| row.unwrap()[0].to_owned())
        .collect();
    found.pop();
    assert_eq!(found, labels());
}

#[test]
fn no_file_of_a_report_does() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", results(0));
    perfkit.write("README.md", "# Results\n");
    let output = perfkit
        .command(&[
            "analyze",
            "results.jtl",
            "-o",
            "out",
            "--update",
            "README.md",
        ])
        .args(["--charts", "none", "--title", "A\u{202e}\u{9b}\u{200b}"])
        .args([
            "--fail-if",
            "/./: p95 > 1ms",
            "--fail-if",
            "Pay\u{200b}ment 👩‍💻❤️: max > 1ms",
        ])
        .args(["--junit", "junit.xml", "--step-summary"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let annotations: Vec<&str> = said.lines().filter(|line| line.starts_with("::")).collect();
    assert_distinct("annotations", &annotations.join("\n"));
    assert_shown("stderr", &said);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_distinct("stdout", &stdout);
    for file in [
        "out/report.md",
        "out/report.html",
        "junit.xml",
        "summary.md",
        "README.md",
    ] {
        assert_distinct(file, &perfkit.read(file));
    }
    for file in ["out/report.json", "out/statistics.json"] {
        let json = perfkit.read(file);
        assert_shown(file, &json);
        serde_json::from_str::<Value>(&json).unwrap();
    }
}

#[test]
fn no_comparison_does() {
    let perfkit = Perfkit::new();
    let (a, b) = ("a\u{9b}\u{202e}.jtl", "b\u{200b}\u{1b}.jtl");
    perfkit.write(a, results(0));
    perfkit.write(b, results(20));
    perfkit.write("README.md", "# Results\n");
    for format in ["markdown", "table", "html", "json", "csv"] {
        let output = perfkit
            .command(&["compare", a, b, "--all", "--format", format])
            .args(["--name", "A\u{202e}\u{9b}", "--name", "B\u{200b}"])
            .args(["--fail-if-worse", "--update", "README.md"])
            .env("GITHUB_ACTIONS", "true")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() < Some(3), "{said}");
        assert_shown("stderr", &said);
        let text = String::from_utf8(output.stdout).unwrap();
        match format {
            "markdown" | "table" => assert_distinct(format, &text),
            "html" => assert_shown(format, &text),
            "json" => {
                assert_shown(format, &text);
                serde_json::from_str::<Value>(&text).unwrap();
            }
            _ => assert!(text.contains(&label('\u{9b}')), "{text}"),
        }
        assert_distinct("README.md", &perfkit.read("README.md"));
    }
}

#[test]
fn no_name_forges_a_message() {
    let perfkit = Perfkit::new();
    let name = "r\nperfkit: The criterion passed\n";
    perfkit.write(name, format!("{HEADER}x"));
    perfkit.write("results.jtl", results(0));
    for arguments in [
        &["analyze", "missing\nperfkit: The criterion passed"][..],
        &["analyze", name, "--no-report"],
        &["analyze", name, "--no-report", "--strict"],
        &["analyze", "results.jtl", "-o", name],
        &["summarize", name, "-o", name],
        &["compare", name, name],
    ] {
        let output = perfkit.command(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let is_forged = said.lines().any(|line| line.starts_with("perfkit: The"));
        assert!(!is_forged, "{said}");
    }
}

/// JMeter's bytes by default; text on demand.
#[test]
fn formulas_are_quoted_in_csv_on_demand() {
    let perfkit = Perfkit::new();
    let formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2", "-x", "@SUM(A1)", "a=1"];
    let rows = formulas.map(|label| row(1_700_000_000_000, 5, label, true));
    perfkit.write("results.jtl", format!("{HEADER}{}", rows.concat()));
    let labels = |csv: &str| -> Vec<String> {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let records = reader.records().map(|row| row.unwrap()[0].to_owned());
        records.take(formulas.len()).collect()
    };
    let safe = [
        "'=cmd|' /C calc'!A0",
        "'+1+1",
        "-2",
        "'-x",
        "'@SUM(A1)",
        "a=1",
    ];
    for (options, expected) in [(&[][..], formulas), (&["--csv-safe"], safe)] {
        let analyze = ["analyze", "results.jtl", "-o", "out", "--charts", "none"];
        let (csv, _) = perfkit.run(&[&analyze[..], &["--format", "csv"], options].concat());
        assert_eq!(labels(&csv), expected);
        assert_eq!(perfkit.read("out/aggregate.csv"), csv);
        let compare = ["compare", "results.jtl", "results.jtl", "--format", "csv"];
        let (csv, _) = perfkit.run(&[&compare[..], options].concat());
        for label in expected {
            assert!(csv.contains(&format!("\n{label},")), "{csv}");
        }
    }
}

/// A label may be as long as a row. Long ones are shortened, and stay distinct.
#[test]
fn labels_of_a_megabyte_cost_little() {
    let perfkit = Perfkit::new();
    let long = "x".repeat(1 << 20);
    let mut text = HEADER.to_owned();
    for number in 0..30 {
        text.push_str(&row(
            1_700_000_000_000 + number,
            5,
            &format!("{long}{number}{long}"),
            true,
        ));
    }
    let whole = "y".repeat(64 << 10);
    text.push_str(&row(1_700_000_000_040, 5, &whole, true));
    perfkit.write("results.jtl", text);
    let (csv, said) = perfkit.run(&["analyze", "results.jtl", "-o", "out", "--format", "csv"]);
    assert!(
        said.contains("30 repaired: label is longer than 64 KiB and was shortened"),
        "{said}"
    );
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let labels: Vec<String> = reader
        .records()
        .map(|row| row.unwrap()[0].to_owned())
        .collect();
    assert_eq!(labels.iter().collect::<HashSet<_>>().len(), 32);
    assert!(labels[0].starts_with(&"x".repeat(1_000)), "{}", labels[0]);
    assert!(
        labels[0].contains("… (2,097,153 bytes, hash "),
        "{}",
        labels[0]
    );
    assert_eq!(labels[30], whole);
    for file in [
        "aggregate.csv",
        "report.md",
        "report.html",
        "report.json",
        "statistics.json",
    ] {
        assert!(
            perfkit.read(&format!("out/{file}")).len() < 1_000_000,
            "{file}"
        );
    }
}

/// Labels of just under 64 KiB are kept whole. Files that name all of them stay bounded.
#[test]
fn many_labels_of_64_kib_are_left_out_of_statistics() {
    let perfkit = Perfkit::new();
    let long = "x".repeat(60_000);
    let results = |labels: usize| -> String {
        let rows = (0..labels).map(|number| {
            let start = 1_700_000_000_000 + number as i64;
            row(start, 5, &format!("{long}{number:05}"), true)
        });
        [HEADER.to_owned()].into_iter().chain(rows).collect()
    };
    let statistics = |labels: usize| {
        perfkit.write("results.jtl", results(labels));
        let analyze = ["analyze", "results.jtl", "-o", "out", "--charts", "none"];
        perfkit.run(&[&analyze[..], &["--max-labels", "10"]].concat());
        let statistics = perfkit.read("out/statistics.json");
        let statistics: Value = serde_json::from_str(&statistics).unwrap();
        assert_eq!(statistics["Total"]["sampleCount"], labels);
        statistics.as_object().unwrap().len()
    };
    // 16 MiB of labels, and a little more: then only those shown, and Total.
    assert_eq!(statistics(250), 251);
    assert_eq!(statistics(290), 11);
}
