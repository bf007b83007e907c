//! Damaged rows, files that are not results, outputs that cannot be written.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::common::{HEADER, Perfkit, five_samples, row};

#[test]
fn every_row_is_accounted_for() {
    let perfkit = Perfkit::new();
    let mut text = five_samples();
    text.push_str("1700000000600,x,B,200,OK,Users 1-2,text,true,,1,1,1,1,http://h/b,490,0,0\n");
    text.push_str("1700000000600,1,B,200\n\n");
    text.push_str("1700000000600,y,B,200,OK,Users 1-2,text,true,,1,1,1,1,http://h/b,490,0,0\n");
    perfkit.write("damaged.jtl", &text);
    let arguments = ["analyze", "damaged.jtl", "--no-report", "--format", "json"];
    let (printed, said) = perfkit.run(&arguments);
    let report: perfkit::report::Report = serde_json::from_str(&printed).unwrap();
    let accounting = report.accounting;
    assert_eq!(
        (
            accounting.rows_read,
            accounting.counted,
            accounting.rejected
        ),
        (8, 5, 3)
    );
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("rejected"))
        .collect();
    assert_eq!(
        lines,
        [
            "perfkit: 8 rows read: 5 counted, 0 filtered out, 3 rejected",
            "perfkit: warning: 2 rejected: elapsed is not a whole number in range; first at damaged.jtl:8: \"x\"",
            "perfkit: warning: 1 rejected: wrong number of columns; first at damaged.jtl:9: \
             \"1700000000600,1,B,200\"",
        ]
    );
    assert_eq!(
        perfkit.fail(&["analyze", "damaged.jtl", "--no-report", "--strict"]),
        "perfkit: error: damaged.jtl:8, column elapsed: elapsed is not a whole number in range (--strict): \"x\""
    );
}

#[test]
fn a_file_that_is_still_being_written() {
    let perfkit = Perfkit::new();
    let text = five_samples();
    // Truncated within the last number, which still parses, and before and within quotes.
    for (end, counted, said_of_it) in [
        (text.len() - 1, 5, "may be cut short"),
        (
            text.len() - 30,
            4,
            "1 rejected: the file ends within the row",
        ),
        (
            text.find(" hung up").unwrap(),
            4,
            "1 rejected: the file ends within the row",
        ),
    ] {
        perfkit.write("growing.jtl", &text[..end]);
        let (_, said) = perfkit.run(&["analyze", "growing.jtl", "--no-report"]);
        assert!(
            said.contains(&format!("5 rows read: {counted} counted")),
            "{said}"
        );
        assert!(said.contains(said_of_it), "{said}");
    }
}

#[test]
fn an_unclosed_quote_affects_only_its_row() {
    let perfkit = Perfkit::new();
    let rows: Vec<String> = (0..5)
        .map(|n| row(1_700_000_000_000 + n, 10, "A", true))
        .collect();
    let damaged = rows[1].replace(",OK,", ",\"OK,");
    perfkit.write(
        "quote.jtl",
        format!("{HEADER}{}{damaged}{}", rows[0], rows[2..].concat()),
    );
    let (_, said) = perfkit.run(&["analyze", "quote.jtl", "--no-report"]);
    assert!(
        said.contains("5 rows read: 4 counted, 0 filtered out, 1 rejected"),
        "{said}"
    );
    assert!(said.contains("quote.jtl:3"), "{said}");
}

#[test]
fn unreadable_inputs_are_rejected_with_a_message() {
    let perfkit = Perfkit::new();
    fs::create_dir(perfkit.path("directory")).unwrap();
    perfkit.write("empty.jtl", "");
    perfkit.write("header.jtl", HEADER);
    perfkit.write(
        "results.xml",
        "<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n",
    );
    perfkit.write("notes.txt", "hello world\n");
    perfkit.write("short.jtl", "timeStamp,elapsed,label\n1,2,3\n");
    perfkit.write("archive.zip", "PK\u{3}\u{4}");
    perfkit.write("bad.jtl", format!("{HEADER}x,1,2\n"));
    for (file, expected) in [
        (
            "missing.jtl",
            "cannot read missing.jtl: No such file or directory",
        ),
        (
            "directory",
            "directory: is a directory: name the result files in it",
        ),
        ("empty.jtl", "empty.jtl: is empty: no header and no row"),
        (
            "header.jtl",
            "header.jtl: no samples to report: the results have no rows: did the test run?",
        ),
        (
            "results.xml",
            "results.xml: no samples to report: the results have no rows: did the test run?",
        ),
        (
            "notes.txt",
            "notes.txt: the first line is neither a JTL header nor a row",
        ),
        ("short.jtl", "short.jtl: the header lacks success"),
        (
            "archive.zip",
            "archive.zip: is a ZIP archive: unpack it first",
        ),
        (
            "bad.jtl",
            "bad.jtl: no samples to report: no row could be read (see above)",
        ),
    ] {
        let error = perfkit.fail(&["analyze", file]);
        assert!(error.contains(expected), "{file}: {error}");
    }
    assert!(
        !perfkit.path("header-report").exists(),
        "a failed run leaves nothing behind"
    );
}

#[test]
fn invalid_options_are_rejected_with_a_message() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    for (arguments, expected) in [
        (
            &["--timezone", "Mars/Olympus"][..],
            "`Mars/Olympus` is not a time zone",
        ),
        (
            &["--timestamp-format", "hh:mm a"],
            "needs at least a year, month, day and hour",
        ),
    ] {
        let mut all = vec!["analyze", "results.jtl"];
        all.extend(arguments);
        let error = perfkit.fail(&all);
        assert!(error.contains(expected), "{error}");
    }
    for arguments in [
        &["analyze"][..],
        &["analyze", "results.jtl", "--percentiles", "0"],
        &["analyze", "results.jtl", "--detail", "=x"],
        &["analyze", "results.jtl", "--no-report", "-o", "x"],
        &["analyze", "results.jtl", "--threads", "0"],
    ] {
        perfkit.command(arguments).assert().code(2);
    }
}

#[test]
#[cfg(unix)]
fn outputs_that_cannot_be_written() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    perfkit.write("in-the-way", "a file");
    let error = perfkit.fail(&["analyze", "results.jtl", "-o", "in-the-way"]);
    assert!(
        error.contains("cannot create the directory in-the-way"),
        "{error}"
    );
    if cfg!(target_os = "linux") {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_perfkit"))
            .args(["analyze", "results.jtl", "--no-report"])
            .current_dir(perfkit.directory.path())
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("cannot write to standard output: No space left"),
            "{said}"
        );
    }
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_not_an_error() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_perfkit"))
        .args(["analyze", "-", "--no-report", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(five_samples().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("error"), "{said}");
}

#[test]
#[cfg(unix)]
fn a_run_killed_at_any_moment_leaves_the_old_report_or_the_new_one() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let start = |title: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_perfkit"))
            .args([
                "analyze",
                "results.jtl",
                "--title",
                title,
                "--charts",
                "hits-per-second",
            ])
            .current_dir(perfkit.directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    assert!(start("run 0").wait().unwrap().success());
    for number in 1..=20 {
        let mut run = start(&format!("run {number}"));
        std::thread::sleep(std::time::Duration::from_millis(3 * number));
        let _perhaps_done = run.kill();
        run.wait().unwrap();
        let report: perfkit::report::Report =
            serde_json::from_str(&perfkit.read("results-report/report.json")).unwrap();
        let markdown = perfkit.read("results-report/report.md");
        let title = format!("# {}\n", report.title.unwrap());
        assert!(markdown.starts_with(&title), "{title} {}", &markdown[..20]);
        assert!(
            perfkit
                .path("results-report/charts/hits-per-second.png")
                .exists()
        );
    }
}

#[test]
fn bytes_after_compressed_results_cost_no_row() {
    let perfkit = Perfkit::new();
    let expected = perfkit.table(five_samples());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(five_samples().as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(five_samples().as_bytes(), 3).unwrap();
    for packed in [gzip, zstd] {
        for (trailing, what) in [
            (&[0; 1024][..], "(1,024 bytes) is only padding with zeros"),
            (b"garbage", "(7 bytes) is left out"),
        ] {
            perfkit.write("a.jtl", [&*packed, trailing].concat());
            let (table, said) = perfkit.run(&["analyze", "a.jtl", "--format=csv", "--no-report"]);
            assert_eq!(table, expected);
            let note = format!("note: a.jtl: what follows the compressed data {what}.");
            assert!(said.contains(&note), "{said}");
        }
    }
}
