//! Unexpected values in input and output: exit codes and messages.

use std::fs;
use std::process::{Command, Stdio};

use crate::common::{HEADER, Perfkit, five_samples, row};
use perfkit::report::Report;

const ANALYZE: [&str; 3] = ["analyze", "results.jtl", "--no-report"];

/// Labels that mean something to Markdown, HTML, XML, CSV or a terminal.
const HOSTILE: [&str; 9] = [
    "a|b",
    "`code` **bold** [x](javascript:alert(1))",
    "two\nlines",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]><x>",
    "\u{202E}right to left\u{200F}",
    "said \"no\", left",
    "\u{1b}[31mred\u{7}",
    "=1+1",
];

fn report(perfkit: &Perfkit, results: impl AsRef<[u8]>) -> Report {
    perfkit.write("results.jtl", results);
    let (printed, _) = perfkit.run(&[&ANALYZE[..], &["--format", "json"]].concat());
    serde_json::from_str(&printed).unwrap()
}

#[test]
fn sample_counts_that_jmeter_never_writes() {
    let results = |counts: &[(i64, i64)]| {
        let rows = counts
            .iter()
            .enumerate()
            .map(|(number, (samples, errors))| {
                format!(
                    "{},5,A,true,{samples},{errors}\n",
                    1_700_000_000_000 + number
                )
            });
        "timeStamp,elapsed,label,success,SampleCount,ErrorCount\n".to_owned()
            + &rows.collect::<String>()
    };
    let perfkit = Perfkit::new();
    let max = i64::from(i32::MAX);
    let largest = report(&perfkit, results(&[(max, max); 3]));
    let thrice = 3 * max as u64;
    assert_eq!(
        (largest.total.samples, largest.total.errors),
        (thrice, thrice)
    );
    let refused = report(
        &perfkit,
        results(&[
            (1, 0),
            (max + 1, 0),
            (1, max + 1),
            (-1, 0),
            (1, -1),
            (i64::MAX, 0),
        ]),
    );
    assert_eq!((refused.total.samples, refused.accounting.rejected), (1, 5));
    assert_eq!(
        refused.accounting.rejections[0].reason,
        "SampleCount is not a whole number in range"
    );
    // More errors than samples: counted as written, with no success.
    let odd = results(&[(1, 4), (1, 4)]);
    let total = report(&perfkit, &odd).total;
    assert_eq!(
        (total.samples, total.errors, total.goodput),
        (2, 8, Some(0.0))
    );
    perfkit.write("odd.jtl", &odd);
    perfkit.run(&["analyze", "odd.jtl", "-o", "out", "--charts", "none"]);
    assert!(perfkit.read("out/report.html").contains("0 OK (0"));
    let (compared, _) = perfkit.run(&["compare", "odd.jtl", "odd.jtl"]);
    assert!(
        compared.contains("400%") && !compared.contains("NaN"),
        "{compared}"
    );
}

fn quoted(label: &str) -> String {
    format!("\"{}\"", label.replace('"', "\"\""))
}

#[test]
fn numbers_at_their_limits() {
    let max = i64::MAX;
    for (stamp, elapsed, is_counted) in [
        (1_700_000_000_000, -5, true),
        (0, 0, true),
        (1_700_000_000, 7, true),
        (1_700_000_000_000_000, 7, true),
        (253_402_300_800_000, 7, true),
        (0, max, true),
        (max, 0, true),
        (i64::MIN, 0, true),
        (1, max, false),
        (i64::MIN, -1, false),
    ] {
        let perfkit = Perfkit::new();
        let results = format!("{HEADER}{}", row(stamp, elapsed, "A", true));
        perfkit.write("results.jtl", &results);
        for format in ["markdown", "table", "csv", "json", "prometheus", "hgrm"] {
            let output = perfkit
                .command(&[&ANALYZE[..], &["--format", format]].concat())
                .output()
                .unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            let expected = if is_counted { 0 } else { 2 };
            assert_eq!(
                output.status.code(),
                Some(expected),
                "{stamp} {elapsed} {format}: {said}"
            );
            assert!(!said.contains("panicked"), "{said}");
            if !is_counted {
                assert!(
                    said.contains("1 rejected: elapsed is not a whole number in range"),
                    "{said}"
                );
            }
        }
    }
}

#[test]
fn byte_sums_beyond_f64_precision_are_exact() {
    let perfkit = Perfkit::new();
    let one = row(1_700_000_000_000, 1_000, "A", true).replace(",1024,", ",9007199254740993,");
    let found = report(&perfkit, format!("{HEADER}{one}{one}"));
    // 2 * (2^53 + 1) bytes in a second.
    let kb = 18_014_398_509_481_986_u64 as f64 / 1024.0;
    assert_eq!(found.total.received_kb_per_sec, Some(kb));
}

#[test]
fn an_empty_label_and_one_of_a_page() {
    let perfkit = Perfkit::new();
    let long = "x".repeat(64 << 10);
    let rows = [row(1, 1, "", true), row(2, 1, &long, true)].concat();
    let found = report(&perfkit, format!("{HEADER}{rows}"));
    let labels: Vec<usize> = found.labels.iter().map(|label| label.label.len()).collect();
    assert_eq!(labels, [0, 64 << 10]);
}

#[test]
fn labels_that_differ_in_invalid_utf8_stay_distinct() {
    let perfkit = Perfkit::new();
    let mut results = HEADER.as_bytes().to_vec();
    for byte in [0xFF_u8, 0xFE, 0xFF] {
        let text = row(1, 1, "L?", true).into_bytes();
        results.extend(text.iter().map(|&b| if b == b'?' { byte } else { b }));
    }
    let found = report(&perfkit, results);
    let [one, other] = &found.labels[..] else {
        panic!("{:?}", found.labels);
    };
    assert_eq!((one.samples, other.samples), (2, 1));
    assert_ne!(one.label, other.label);
}

#[test]
fn hostile_labels_stay_text() {
    let perfkit = Perfkit::new();
    let rows: Vec<String> = HOSTILE
        .iter()
        .map(|label| row(1_700_000_000_000, 5, &quoted(label), false))
        .collect();
    perfkit.write("results.jtl", format!("{HEADER}{}", rows.concat()));
    let run = |format: &str| {
        perfkit
            .run(&[&ANALYZE[..], &["--format", format]].concat())
            .0
    };

    let table = run("csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let labels: Vec<String> = reader
        .records()
        .map(|row| row.unwrap()[0].to_owned())
        .collect();
    assert_eq!(labels[..HOSTILE.len()], HOSTILE);

    // One row per label, all with the same number of cells: a bar or line break in a label adds none.
    let markdown = run("markdown");
    let tables: Vec<&str> = markdown
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    let results: Vec<&&str> = tables
        .iter()
        .skip_while(|line| !line.contains("# Samples"))
        .collect();
    assert_eq!(results.len(), HOSTILE.len() + 2, "{markdown}");
    assert!(
        results.iter().all(|line| bars(line) == bars(results[0])),
        "{markdown}"
    );
    assert!(
        !markdown.contains("<script") && !markdown.contains("<img"),
        "{markdown}"
    );

    let terminal = run("table");
    assert!(
        !terminal.contains(['\u{1b}', '\u{7}', '\u{202E}']),
        "{terminal:?}"
    );

    let junit = [
        "analyze",
        "results.jtl",
        "--no-report",
        "--fail-if",
        "/./: p95 > 1ms",
        "--junit",
        "junit.xml",
    ];
    let output = perfkit.command(&junit).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(1) {
        let text = perfkit.read("junit.xml");
        let mut xml = quick_xml::Reader::from_str(&text);
        loop {
            match xml.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    assert!(
                        [
                            "testsuites",
                            "testsuite",
                            "testcase",
                            "failure",
                            "properties",
                            "property",
                            "system-out",
                            "system-err"
                        ]
                        .contains(&&*name),
                        "{name}"
                    );
                    assert!(tag.attributes().all(|attribute| attribute.is_ok()));
                }
                _ => {}
            }
        }
        assert!(
            !text.contains('\u{1b}'),
            "no control character is allowed in XML"
        );
    } else {
        panic!("{said}");
    }

    perfkit.run(&["analyze", "results.jtl", "-o", "out", "--charts", "none"]);
    let page = perfkit.read("out/report.html");
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"));
}

#[test]
fn unusual_files() {
    let perfkit = Perfkit::new();
    let many: Vec<String> = (0..10_000).map(|n| format!("v{n}")).collect();
    let values = vec!["x"; 10_000].join(",");
    let wide = format!(
        "timeStamp,elapsed,label,success,{}\n1,2,A,true,{values}\n",
        many.join(",")
    );
    assert_eq!(report(&perfkit, wide).total.samples, 1);
    perfkit.write(
        "results.jtl",
        format!(
            "timeStamp,elapsed,label,success,elapsed\n{}",
            "1,2,A,true,3\n"
        ),
    );
    assert_eq!(
        perfkit.fail(&ANALYZE),
        "perfkit: error: results.jtl: the header names the column elapsed twice: which one is meant cannot be known"
    );
    let binary: Vec<u8> = (0..5_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    perfkit.write("results.jtl", binary);
    let error = perfkit.fail(&ANALYZE);
    assert!(error.contains("neither a JTL header nor a row"), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read() {
    let perfkit = Perfkit::new();
    // Opens even for root, but cannot be read.
    let error = perfkit.fail(&["analyze", "/proc/self/mem", "--no-report"]);
    assert!(error.contains("cannot read /proc/self/mem: "), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_under_every_format() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    for format in ["markdown", "table", "csv", "json", "prometheus", "hgrm"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_perfkit"))
            .args(ANALYZE)
            .args(["--format", format])
            .current_dir(perfkit.directory.path())
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{format}: {said}");
        assert!(
            said.contains("cannot write to standard output: No space left"),
            "{said}"
        );
    }
}

/// A file over the limit is an error like a full disk, whether the caller ignores SIGXFSZ or not.
#[test]
#[cfg(unix)]
fn a_disk_that_fills_up_midway_leaves_the_old_report() {
    for trap in ["trap '' XFSZ;", ""] {
        let perfkit = Perfkit::new();
        perfkit.write("results.jtl", five_samples());
        perfkit.run(&[
            "analyze",
            "results.jtl",
            "-o",
            "out",
            "--charts",
            "none",
            "--title",
            "old",
        ]);
        let before = perfkit.read("out/report.json");
        let script = format!(
            "{trap} ulimit -f 8; exec '{}' analyze results.jtl -o out --charts none --title new",
            env!("CARGO_BIN_EXE_perfkit")
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(perfkit.directory.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("cannot write out/report."), "{said}");
        let left: Vec<_> = fs::read_dir(perfkit.directory.path()).unwrap().collect();
        assert_eq!(left.len(), 2, "temporary files remain: {left:?}");
        assert_eq!(perfkit.read("out/report.json"), before);
        assert!(perfkit.read("out/report.md").starts_with("# old\n"));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_unwritable_report_directory_is_an_error() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    // Not even root can make a directory there.
    let output = Command::new(env!("CARGO_BIN_EXE_perfkit"))
        .args(["analyze", "results.jtl", "-o", "/proc/report"])
        .args(["--charts", "none"])
        .current_dir(perfkit.directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("cannot create the directory /proc/report"),
        "{said}"
    );
}

#[test]
#[cfg(unix)]
fn a_killed_run_leaves_the_old_junit_file_or_the_new_one() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let (mut before, mut after) = (0, 0);
    for number in 0..40 {
        perfkit.write("junit.xml", "<old/>");
        let mut run = Command::new(env!("CARGO_BIN_EXE_perfkit"))
            .args(ANALYZE)
            .args(["--fail-if", "p95 > 1h", "--junit", "junit.xml"])
            .current_dir(perfkit.directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(500 * number));
        let _perhaps_done = run.kill();
        run.wait().unwrap();
        let text = perfkit.read("junit.xml");
        match text == "<old/>" {
            true => before += 1,
            false => {
                after += 1;
                assert!(text.trim_end().ends_with("</testsuites>"), "{text}");
            }
        }
    }
    assert_eq!(before + after, 40);
}

#[test]
fn concurrent_runs_do_not_mix() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    for _ in 0..8 {
        let runs = ["one", "two", "three"].map(|title| {
            Command::new(env!("CARGO_BIN_EXE_perfkit"))
                .args([
                    "analyze",
                    "results.jtl",
                    "-o",
                    "out",
                    "--charts",
                    "none",
                    "--title",
                    title,
                ])
                .current_dir(perfkit.directory.path())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        });
        for run in runs {
            let output = run.wait_with_output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{said}");
        }
        let report: Report = serde_json::from_str(&perfkit.read("out/report.json")).unwrap();
        let title = format!("# {}\n", report.title.unwrap());
        assert!(perfkit.read("out/report.md").starts_with(&title));
        let left = fs::read_dir(perfkit.directory.path()).unwrap().count();
        assert_eq!(left, 2, "results and report, and nothing beside them");
    }
}

#[test]
fn an_unknown_time_zone_is_an_error() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    for (zone, expected) in [("Nowhere/Land", 2), ("", 0), ("EST5EDT", 0)] {
        let mut command = perfkit.command(&["analyze", "results.jtl", "--no-report"]);
        let output = command.env("TZ", zone).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(expected), "{said}");
        assert_eq!(
            said.contains("TZ=Nowhere/Land is not a time zone"),
            expected == 2
        );
    }
}

#[test]
fn a_report_of_more_labels_than_can_be_opened_is_refused() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    for labels in ["0", "50001", "1000000", "x"] {
        let mut command = perfkit.command(&["analyze", "results.jtl", "--max-labels", labels]);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("give a number from 1 to 50000"), "{said}");
    }
    perfkit.run(&[
        "analyze",
        "results.jtl",
        "--no-report",
        "--max-labels",
        "50000",
    ]);
}
