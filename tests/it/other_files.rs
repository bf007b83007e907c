//! Files that are not JMeter's results, headers of other tools, and outputs that cannot be written.

use std::fs;
use std::io::Write;

use crate::common::{HEADER, Perfkit, five_samples, row};

/// The error of `analyze` for a file.
fn refusal(bytes: &[u8]) -> String {
    let perfkit = Perfkit::new();
    perfkit.write("file", bytes);
    perfkit.fail(&["analyze", "file"])
}

#[test]
fn each_is_named_with_what_to_do() {
    for (bytes, expected) in [
        (
            &b"2024-05-01 10:11:12,123 INFO o.a.j.u.JMeterUtils: Setting Locale to en_EN\n2024-05-01 10:11:12,124 INFO x\n"[..],
            "file: is a log, such as jmeter.log, not results: give the results file that JMeter wrote with -l",
        ),
        (b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jmeterTestPlan version=\"1.2\">\n", "is a JMeter test plan"),
        (b"<!DOCTYPE html>\n<html lang=\"en\">", "is a web page (HTML)"),
        (b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "is a PDF document"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "is a PNG image"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\0\0\0\0[Content_Types].xml", "save the sheet as CSV"),
        (b"metric_name,timestamp,metric_value\nhttp_reqs,1700000000,1.0\n", "is k6's CSV output"),
        (b"{\"metric\":\"http_reqs\",\"type\":\"Point\",\"data\":{\"value\":1}}\n", "is k6's JSON output"),
        (b"RUN\tSim\tsim\t1700000000000\t \t3.9.5\nUSER\tA\tSTART\t1700000000000\n", "is Gatling's"),
        (b"Type,Name,Request Count,Failure Count\nGET,/,5,0\n", "is Locust's CSV output"),
        (b"Timestamp,User Count,Type,Name,Requests/s\n1700000000,1,GET,/,5\n", "is Locust's CSV output"),
        (b"label,responseCode,success\nA,200,true\n", "the header lacks timeStamp and elapsed"),
    ] {
        let said = refusal(bytes);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn perfkits_own_outputs_are_named() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", five_samples());
    perfkit.run(&["analyze", "a.jtl", "-o", "r"]);
    for (file, expected) in [
        ("r/report.json", "is a report.json of perfkit"),
        ("r/statistics.json", "is a statistics.json"),
        (
            "r/aggregate.csv",
            "is a table that JMeter's Aggregate Report",
        ),
        ("r/report.html", "is a web page"),
        ("r", "r: is a directory: name the result files in it"),
    ] {
        let said = perfkit.fail(&["analyze", file]);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn archives_are_named_even_inside_gzip() {
    let perfkit = Perfkit::new();
    let mut tar = vec![0; 1024];
    tar[..5].copy_from_slice(b"a.jtl");
    tar[257..262].copy_from_slice(b"ustar");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&tar).unwrap();
    perfkit.write("a.tgz", encoder.finish().unwrap());
    perfkit.write("a.tar", &tar);
    for file in ["a.tgz", "a.tar"] {
        let said = perfkit.fail(&["analyze", file]);
        assert!(said.contains("is a tar archive: unpack it first"), "{said}");
    }
}

#[test]
fn headers_of_other_tools_are_read() {
    let perfkit = Perfkit::new();
    let rows = row(1_700_000_000_000, 10, "A", true) + &row(1_700_000_000_001, 20, "B", false);
    let expected = perfkit.table(HEADER.to_owned() + &rows);
    let lowercase = HEADER.to_lowercase() + &rows;
    perfkit.write("a.jtl", lowercase);
    let (printed, said) = perfkit.run(&["analyze", "a.jtl", "--format", "csv", "--no-report"]);
    assert_eq!(printed, expected);
    assert!(
        said.contains("note: a.jtl: the header does not spell timestamp, responsecode,"),
        "{said}"
    );
    for (first, delimiter) in [
        ("sep=,\n", ","),
        ("sep=;\r\n", ";"),
        ("\u{FEFF}sep=\t\n", "\t"),
    ] {
        let text = (HEADER.to_owned() + &rows).replace(',', delimiter);
        assert_eq!(perfkit.table(first.to_owned() + &text), expected);
    }
    let damaged = format!("sep=,\n{HEADER}{rows}x\n");
    perfkit.write("a.jtl", damaged);
    let (_, said) = perfkit.run(&["analyze", "a.jtl", "--no-report"]);
    assert!(said.contains("first at a.jtl:5"), "{said}");
    assert!(!said.contains("several runs"), "{said}");
    let quoted: String = (HEADER.to_owned() + &rows)
        .lines()
        .map(|line| format!("\"{line}\",,\n"))
        .collect();
    assert_eq!(perfkit.table(quoted), expected);
}

#[test]
fn header_names_the_columns_of_files_without() {
    let perfkit = Perfkit::new();
    let rows = "1700000000000,100,Home,200,true,x,1\n1700000000100,300,Home,500,false,y,2\n";
    let names = "timeStamp,elapsed,label,responseCode,success,?,?";
    perfkit.write("a.jtl", rows);
    let said = perfkit.fail(&["analyze", "a.jtl"]);
    assert!(
        said.contains(&format!("--header '{names}' (replace each ? that matters). The first row: timeStamp=1700000000000, elapsed=100, label=Home")),
        "{said}"
    );
    let expected =
        perfkit.table("timeStamp,elapsed,label,responseCode,success,a,b\n".to_owned() + rows);
    let arguments = [
        "analyze",
        "a.jtl",
        "--header",
        names,
        "--format",
        "csv",
        "--no-report",
    ];
    let (printed, said) = perfkit.run(&arguments);
    assert_eq!(printed, expected);
    assert!(
        said.contains("note: a.jtl has no header: --header names its columns."),
        "{said}"
    );
    // Lines are counted as in the file; a file with a header keeps it; delimiters are found.
    perfkit.write("a.jtl", rows.replace(',', ";") + "x\n");
    let (printed, said) = perfkit.run(&arguments);
    assert_eq!(printed, expected);
    assert!(said.contains("first at a.jtl:3"), "{said}");
    perfkit.write(
        "a.jtl",
        format!(
            "label,timeStamp,elapsed,success\nHome,{}",
            "1700000000000,100,true\n"
        ),
    );
    let (printed, _) = perfkit.run(&arguments);
    assert!(printed.contains("Home,1,100,"), "{printed}");
    perfkit.write("a.jtl", "1700000000000,100,Home\n");
    let said = perfkit.fail(&arguments);
    assert!(
        said.contains("has 3 columns in its first row, but --header names 7"),
        "{said}"
    );
    let said = perfkit.fail(&["analyze", "a.jtl", "--header", "timeStamp,label"]);
    assert!(
        said.contains("--header: the header lacks elapsed and success"),
        "{said}"
    );
}

#[test]
fn a_directory_names_the_results_in_it() {
    let perfkit = Perfkit::new();
    fs::create_dir(perfkit.path("run")).unwrap();
    perfkit.write("run/results.jtl", five_samples());
    perfkit.write("run/jmeter.log", "");
    assert_eq!(
        perfkit.fail(&["analyze", "run"]),
        "perfkit: error: run: is a directory: did you mean run/results.jtl?"
    );
}

#[test]
fn outputs_are_checked_before_results_are_read() {
    let perfkit = Perfkit::new();
    perfkit.write("file", "");
    fs::create_dir(perfkit.path("directory")).unwrap();
    // No results: were they read first, that would be the error.
    for (arguments, expected) in [
        (
            &["analyze", "no.jtl", "-o", "file"][..],
            "cannot create the directory file: it is a file: name a directory",
        ),
        (
            &["analyze", "no.jtl", "-o", "file/report"],
            "cannot create the directory file/report: file is a file, not a directory",
        ),
        (
            &[
                "analyze",
                "no.jtl",
                "--no-report",
                "--fail-if",
                "p95 > 5ms",
                "--junit",
                "no/junit.xml",
            ],
            "cannot write no/junit.xml: there is no directory no: create it first",
        ),
        (
            &[
                "analyze",
                "no.jtl",
                "--no-report",
                "--fail-if",
                "p95 > 5ms",
                "--junit",
                "directory",
            ],
            "cannot write directory: it is a directory: name a file",
        ),
        (
            &["summarize", "no.jtl", "-o", "file/a.perfkit"],
            "cannot write file/a.perfkit: file is a file, not a directory",
        ),
        (
            &["compare", "no.jtl", "no2.jtl", "-o", "no/page.html"],
            "cannot write no/page.html: there is no directory no: create it first",
        ),
    ] {
        let said = perfkit.fail(arguments);
        assert_eq!(said, format!("perfkit: error: {expected}"), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", five_samples());
    perfkit.run(&["summarize", "a.jtl", "-o", "/dev/null"]);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
