//! Time stamps: dates whose order of day and month is in doubt, units, and times that cannot be.

use crate::common::{Perfkit, row};
use perfkit::report::Report;

const HEADER: &str = "timeStamp,elapsed,label,responseCode,success\n";
const ANALYZE: [&str; 3] = ["analyze", "results.jtl", "--no-report"];

/// Results with these time stamps, in UTC.
fn stamped(stamps: &[impl AsRef<str>]) -> String {
    let rows = stamps
        .iter()
        .map(|stamp| format!("{},100,Home,200,true\n", stamp.as_ref()));
    HEADER.to_owned() + &rows.collect::<String>()
}

/// Starts and ends of the run, and the notes.
fn analyzed(perfkit: &Perfkit, files: &[&str], options: &[&str]) -> Report {
    let arguments = [
        &["analyze"],
        files,
        &["--no-report", "--format", "json"],
        options,
    ];
    let mut arguments = arguments.concat();
    if !options.contains(&"--timezone") {
        arguments.extend(["--timezone", "UTC"]);
    }
    let (printed, _) = perfkit.run(&arguments);
    serde_json::from_str(&printed).unwrap()
}

fn window(results: &str, options: &[&str]) -> (i64, i64) {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", results);
    let report = analyzed(&perfkit, &["results.jtl"], options);
    assert_eq!(report.accounting.rejected, 0, "{results}");
    let window = report.window.unwrap();
    (window.start_ms, window.end_ms - 100)
}

/// Dates of January 11 or November 1, and then one that settles it: far beyond the rows from which the
/// layout is detected.
fn settled_late(last: &[&str]) -> String {
    let mut stamps: Vec<String> = (0..5_000)
        .map(|n| format!("01/11/23 00:{:02}:{:02}", n / 60 % 60, n % 60))
        .collect();
    stamps.extend(last.iter().map(|&stamp| stamp.to_owned()));
    stamped(&stamps)
}

#[test]
fn the_whole_file_decides_between_day_and_month() {
    let first_of_november = 1_698_796_800_000;
    let eleventh_of_january = 1_673_395_200_000;
    for (results, start) in [
        (
            stamped(&["31/10/23 23:59:00", "01/11/23 00:00:00"]),
            first_of_november - 60_000,
        ),
        (
            stamped(&["01/11/23 00:00:00", "31/10/23 23:59:00"]),
            first_of_november - 60_000,
        ),
        (
            settled_late(&["31/10/23 23:59:00"]),
            first_of_november - 60_000,
        ),
        (settled_late(&["01/31/23 00:00:00"]), eleventh_of_january),
        (settled_late(&[]), eleventh_of_january),
        (
            settled_late(&["31/10/23 23:59:00"]).replace("/23 ", "/2023 "),
            first_of_november - 60_000,
        ),
        (
            settled_late(&["31-10-23 23:59:00"]).replace('/', "-"),
            first_of_november - 60_000,
        ),
        (
            settled_late(&["31/10/23 23:59:00"]).replace(',', "\t"),
            first_of_november - 60_000,
        ),
    ] {
        assert_eq!(window(&results, &[]).0, start);
        assert_eq!(window(&results, &["--threads", "1"]).0, start);
        // Options that depend on the whole run read it once more.
        assert_eq!(window(&results, &["--from", "+0s"]).0, start);
    }
    let given = window(
        &settled_late(&[]),
        &["--timestamp-format", "dd/MM/yy HH:mm:ss"],
    );
    assert_eq!(given.0, first_of_november);
}

#[test]
fn a_doubt_is_noted_with_the_option() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", stamped(&["01/11/23 00:00:00"]));
    let (_, told) = perfkit.run(&ANALYZE);
    let note = "results.jtl: dates are read as MM/dd/yy HH:mm:ss, but no row shows whether the day or the \
                month comes first; --timestamp-format 'dd/MM/yy HH:mm:ss' reads them the other way.";
    assert!(told.contains(note), "{told}");
    perfkit.write("results.jtl", stamped(&["01/31/23 00:00:00"]));
    let (_, told) = perfkit.run(&ANALYZE);
    assert!(!told.contains("dates are read"), "{told}");
    // A date with the year first leaves no doubt.
    perfkit.write("results.jtl", stamped(&["2023/01/11 00:00:00"]));
    let (_, told) = perfkit.run(&ANALYZE);
    assert!(!told.contains("dates are read"), "{told}");
}

#[test]
fn inputs_in_doubt_follow_one_that_is_not() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", stamped(&["01/11/23 00:00:00"]));
    perfkit.write("b.jtl", settled_late(&["31/10/23 23:59:00"]));
    for files in [["a.jtl", "b.jtl"], ["b.jtl", "a.jtl"]] {
        let report = analyzed(&perfkit, &files, &[]);
        let window = report.window.unwrap();
        assert_eq!(
            (window.start_ms, report.total.samples),
            (1_698_796_740_000, 5_002)
        );
    }
}

#[test]
fn contradicting_dates_are_an_error() {
    let perfkit = Perfkit::new();
    perfkit.write(
        "results.jtl",
        settled_late(&["31/10/23 23:59:00", "11/30/23 00:00:00"]),
    );
    let told = perfkit.fail(&ANALYZE);
    assert!(
        told.contains("results.jtl:5003: timeStamp \"11/30/23 00:00:00\""),
        "{told}"
    );
    assert!(told.contains("the file mixes both"), "{told}");
    // A stream cannot be read again.
    let results = settled_late(&["31/10/23 23:59:00"]);
    let mut command = perfkit.command(&["analyze", "-", "--no-report"]);
    let output = command.write_stdin(results).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    let expected = "-:5002: timeStamp \"31/10/23 23:59:00\" is a date only as dd/MM/yy HH:mm:ss, but the \
                    rows before it were read as MM/dd/yy HH:mm:ss, and the input can be read only once. \
                    Give --timestamp-format 'dd/MM/yy HH:mm:ss'";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn rejected_times_name_the_option() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", stamped(&["1700000000000", "yesterday"]));
    let (_, told) = perfkit.run(&ANALYZE);
    assert!(told.contains("--timestamp-format"), "{told}");
    let told = perfkit.fail(&[&ANALYZE[..], &["--timestamp-format", "yyyy-MM-dd hh:mm"]].concat());
    assert!(told.contains("--timestamp-format: the hours"), "{told}");
}

#[test]
fn dates_with_offsets_and_other_forms() {
    let noon = 1_699_102_800_000; // 2023-11-04 13:00 UTC
    for (stamps, start) in [
        (
            ["2023-11-04T15:00:00.123+02:00", "2023-11-04T15:00:01+02:00"],
            noon + 123,
        ),
        (["2023-11-04T13:00:00Z", "2023-11-04T13:00:01.5Z"], noon),
        (
            ["2023-11-04 13:00:00.123456", "2023-11-04 13:00:01.123456"],
            noon + 123,
        ),
        (
            ["13.11.2023 13:00:00", "13.11.2023 13:00:01"],
            noon + 9 * 86_400_000,
        ),
        (
            ["04-11-2023 13:00:00.123", "13-11-2023 13:00:01.123"],
            noon + 123,
        ),
        (["11/04/2023 01:00:00 PM", "11/04/2023 01:00:01 PM"], noon),
        (
            ["\"2023-11-04 13:00:00,123\"", "\"2023-11-04 13:00:01,123\""],
            noon + 123,
        ),
    ] {
        assert_eq!(window(&stamped(&stamps), &[]).0, start, "{stamps:?}");
    }
    // A zone in the date wins over the option.
    let results = stamped(&["2023-11-04T15:00:00.123+02:00"]);
    assert_eq!(
        window(&results, &["--timezone", "Asia/Tokyo"]).0,
        noon + 123
    );
    let pattern = ["--timestamp-format", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"];
    assert_eq!(window(&results, &pattern).0, noon + 123);
}

#[test]
fn other_units_are_recognised() {
    let t = 1_700_000_000_000;
    for (stamps, unit, last) in [
        (
            ["1700000000", "1700000001", "1700000010"],
            "seconds",
            t + 10_000,
        ),
        (
            ["1700000000.123", "1700000001", "1700000010.5"],
            "seconds",
            t + 10_500,
        ),
        (
            ["1700000000000000", "1700000001000000", "1700000010000999"],
            "microseconds",
            t + 10_000,
        ),
        (
            [
                "1700000000000000000",
                "1700000001000000000",
                "1700000010000000000",
            ],
            "nanoseconds",
            t + 10_000,
        ),
    ] {
        let results = stamped(&stamps);
        assert_eq!(window(&results, &[]).1, last, "{unit}");
        let perfkit = Perfkit::new();
        perfkit.write("results.jtl", &results);
        let (_, told) = perfkit.run(&ANALYZE);
        assert!(
            told.contains(&format!("timeStamp is in {unit} since 1970")),
            "{told}"
        );
    }
    let xml = "<testResults version=\"1.2\">\n\
               <sample t=\"100\" ts=\"1700000000\" s=\"true\" lb=\"Home\"/>\n\
               <sample t=\"100\" ts=\"1700000010\" s=\"true\" lb=\"Home\"/>\n</testResults>\n";
    assert_eq!(window(xml, &[]), (t, t + 10_000));
    let ms = ["--timestamp-unit", "ms"];
    assert_eq!(window(xml, &ms), (1_700_000_000, 1_700_000_010));
    assert_eq!(
        window(&stamped(&["1700000000", "1700000010"]), &ms),
        (1_700_000_000, 1_700_000_010)
    );
    assert_eq!(
        window(&stamped(&["1000", "2000"]), &["--timestamp-unit", "s"]),
        (1_000_000, 2_000_000)
    );
}

/// A run of 1,000 samples in 100 s, and others, all of which failed.
fn run_with(others: &[i64]) -> String {
    let run = (0..1_000).map(|number| row(1_700_000_000_000 + 100 * number, 10, "Home", true));
    let others = others.iter().map(|&stamp| row(stamp, 10, "Home", false));
    crate::common::HEADER.to_owned() + &run.chain(others).collect::<String>()
}

#[test]
fn stray_times_are_told_and_the_option_leaves_them_out() {
    let t = 1_700_000_000_000;
    for others in [
        &[0][..],
        &[170_000_000_000],
        &[t * 10],
        &[0, -5, t * 10, t + 900_000_000],
    ] {
        let perfkit = Perfkit::new();
        perfkit.write("results.jtl", run_with(others));
        let report = analyzed(&perfkit, &["results.jtl"], &[]);
        let stray = report.stray_times.unwrap();
        assert_eq!(stray.samples, others.len() as u64);
        assert_eq!(report.total.samples, 1_000 + stray.samples);
        assert_eq!(stray.label.as_deref(), Some("Home"));
        assert!(stray.have_all_failed);
        // An insight with the options, and below the table.
        let insight = &report.insights[0];
        assert_eq!(insight.next_step.join(" "), stray.options);
        assert_eq!(
            stray.with_options(),
            format!("{} {} leaves them out.", insight.sentence, stray.options)
        );
        let (markdown, _) = perfkit.run(&[&ANALYZE[..], &["--platform", "x"]].concat());
        assert!(markdown.contains("far from all others"), "{markdown}");
        // Charts over time keep their fine buckets.
        assert_eq!(report.time_series.as_ref().unwrap().bucket_ms, 500);
        // The option reproduces the figures.
        let options: Vec<&str> = stray.options.split(' ').collect();
        let without = analyzed(&perfkit, &["results.jtl"], &options);
        assert_eq!(without.stray_times, None);
        assert_eq!(without.total.samples, 1_000);
        assert_eq!(without.total.throughput, stray.throughput);
        assert_eq!(without.window, Some(stray.window));
        assert_eq!(
            without.time_series.unwrap().hits,
            report.time_series.unwrap().hits
        );
        // A rate is not judged; other figures are.
        let criterion = [&ANALYZE[..], &["--fail-if", "throughput < 5/s"]].concat();
        let output = perfkit.command(&criterion).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("throughput cannot be judged"), "{told}");
        perfkit.run(&[&ANALYZE[..], &["--fail-if", "p95 > 1s"]].concat());
        // JMeter's table stays JMeter's.
        let (csv, _) = perfkit.run(&[&ANALYZE[..], &["--format", "csv"]].concat());
        assert!(!csv.contains("far from"), "{csv}");
    }
}

#[test]
fn three_rows_with_one_stray() {
    let perfkit = Perfkit::new();
    perfkit.write(
        "results.jtl",
        stamped(&["1700000000000", "0", "1700000001000"]),
    );
    let report = analyzed(&perfkit, &["results.jtl"], &[]);
    assert_eq!(
        report.stray_times.unwrap().throughput,
        Some(2.0 / 1_100.0 * 1_000.0)
    );
}

#[test]
fn spoilt_rates_are_marked_and_the_page_leads_with_the_right_one() {
    let perfkit = Perfkit::new();
    let rows: Vec<String> = (0..100)
        .map(|n| (1_700_000_000_000_i64 + n * 100).to_string())
        .collect();
    perfkit.write("results.jtl", stamped(&rows) + "0,0,Home,500,false\n");
    let (table, _) = perfkit.run(&["analyze", "results.jtl", "-o", "out", "--charts", "none"]);
    assert!(
        table.contains(" 0.00000‡ ") && table.contains("\n‡ 1 failed sample of “Home” has"),
        "{table}"
    );
    let page = perfkit.read("out/report.html");
    assert!(page.contains("<dt>Throughput</dt><dd><span>10.00</span> <small>/s</small>"));
    assert!(page.contains("0.00000‡"));
    // JMeter's table has no marks.
    assert!(!perfkit.read("out/aggregate.csv").contains('‡'));
}

#[test]
fn a_second_run_is_not_stray() {
    let later: Vec<i64> = (0..200).map(|n| 1_700_500_000_000 + 100 * n).collect();
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", run_with(&later));
    assert_eq!(analyzed(&perfkit, &["results.jtl"], &[]).stray_times, None);
}

#[test]
fn parts_merge_to_the_same_strays() {
    let perfkit = Perfkit::new();
    let t = 1_700_000_000_000;
    perfkit.write("a.jtl", run_with(&[0, t * 10]));
    let moved = run_with(&[5]).replace(&format!("{}", t / 100_000_000), "17001");
    perfkit.write("b.jtl", moved);
    let whole = analyzed(&perfkit, &["a.jtl", "b.jtl"], &[]);
    for part in ["a", "b"] {
        perfkit.run(&[
            "summarize",
            &format!("{part}.jtl"),
            "-o",
            &format!("{part}.sum"),
        ]);
    }
    let merged = analyzed(&perfkit, &["a.sum", "b.sum"], &[]);
    assert_eq!(merged.stray_times, whole.stray_times);
    assert_eq!(merged.time_series, whole.time_series);
}
