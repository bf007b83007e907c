//! Results recorded by JMeter, against JMeter's own figures for them.

use std::fs;

use crate::common::{Perfkit, fixtures};
use perfkit::report::Report;

/// Every recorded file and its table as saved by JMeter's Aggregate Report.
fn recorded() -> Vec<(String, String)> {
    let tables = fs::read_dir(fixtures()).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let stem = name.strip_suffix(".aggregate.csv")?.to_owned();
        let results = match stem.strip_suffix("-xml") {
            Some(stem) => vec![format!("{stem}.xml")],
            None => vec![format!("{stem}.jtl"), format!("{stem}.jtl.gz")],
        };
        let results = results
            .into_iter()
            .find(|name| fixtures().join(name).exists())
            .unwrap_or_else(|| panic!("{stem} has a table and no results"));
        Some((results, fs::read_to_string(path).unwrap()))
    });
    tables.collect()
}

#[test]
fn tables_are_jmeters_byte_for_byte() {
    let recorded = recorded();
    assert!(recorded.len() >= 13, "{} fixtures", recorded.len());
    let perfkit = Perfkit::new();
    for (results, expected) in recorded {
        let path = fixtures().join(&results);
        for threads in ["1", "3"] {
            let (table, said) = perfkit.run(&[
                "analyze",
                path.to_str().unwrap(),
                "--format",
                "csv",
                "--no-report",
                "--threads",
                threads,
            ]);
            assert_eq!(table, expected, "{results}");
            assert!(said.contains(" 0 rejected\n"), "{results}: {said}");
        }
    }
}

/// The report of a fixture.
fn report(results: &str) -> Report {
    let path = fixtures().join(results);
    let path = path.to_str().unwrap();
    let arguments = ["analyze", path, "--no-report", "--format", "json"];
    serde_json::from_str(&Perfkit::new().run(&arguments).0).unwrap()
}

/// The notes on stderr for a fixture, without those of every run.
fn notes(results: &str) -> Vec<String> {
    let path = fixtures().join(results);
    let (_, said) = Perfkit::new().run(&[
        "analyze",
        path.to_str().unwrap(),
        "--no-report",
        "--platform",
        "x",
    ]);
    said.lines()
        .filter_map(|line| line.strip_prefix("perfkit: note: "))
        // A caveat on the run, not on its layout.
        .filter(|note| !note.contains(" too few to trust "))
        .map(|note| note.replace(path.to_str().unwrap(), results))
        .collect()
}

#[test]
fn only_unusual_layouts_get_a_note() {
    for plain in [
        "default.jtl.gz",
        "tab.jtl",
        "semicolon.jtl",
        "dates.jtl",
        "errors.jtl",
        "errors.xml",
    ] {
        assert!(notes(plain).is_empty(), "{plain}: {:?}", notes(plain));
    }
    assert_eq!(
        notes("no-header.jtl"),
        ["no-header.jtl has no header: read in JMeter's default column order of 17 columns."]
    );
    let controllers = notes("controllers.jtl");
    assert!(
        controllers[0].contains("rows were written by transaction controllers"),
        "{controllers:?}"
    );
}

#[test]
fn every_kind_of_error_is_distinguished() {
    let report = report("errors.jtl");
    // 10 users, 3 loops: each of the five failing samplers fails 30 times. The assertion's
    // message contains the random number, so there are many keys.
    let errors: u64 = report.errors.iter().map(|error| error.count).sum();
    assert_eq!((report.total.errors, errors), (150, 150));
    let count = |start: &str| -> u64 {
        let of = report
            .errors
            .iter()
            .filter(|error| error.error.starts_with(start));
        of.map(|error| error.count).sum()
    };
    assert_eq!(count("404/Not Found"), 30);
    assert_eq!(count("400/Bad Request"), 30);
    assert_eq!(count("The body of \"/fibo/"), 30);
    assert_eq!(
        count("Non HTTP response code: org.apache.http.conn.HttpHostConnectException/"),
        30
    );
    assert_eq!(
        count("Non HTTP response code: java.net.SocketTimeoutException/"),
        30
    );
}

#[test]
fn missing_columns_are_absent_not_zero() {
    let report = report("older-columns.jtl");
    assert_eq!(report.total.sent_kb_per_sec, None);
    assert_eq!(report.total.connect, None);
    assert!(report.total.received_kb_per_sec.is_some() && report.total.latency.is_some());
}

#[test]
fn threads_of_several_engines_are_summed() {
    let peak = |results: &str| {
        let report = report(results);
        let threads = report.time_series.unwrap().active_threads;
        threads
            .into_iter()
            .flatten()
            .fold(None, |peak: Option<f64>, threads| {
                Some(peak.map_or(threads, |peak| peak.max(threads)))
            })
    };
    // Two engines on one host, each with only a few threads.
    let text = fs::read_to_string(fixtures().join("distributed.jtl")).unwrap();
    let most = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[12].parse::<f64>().unwrap()
    });
    let most = most.fold(0.0, f64::max);
    assert!(peak("distributed.jtl").unwrap() > most, "{most}");
    // The Statistical sender writes 0 threads because it does not know them.
    assert_eq!(peak("sample-count.jtl"), None);
}

#[test]
fn xml_has_the_figures_of_the_csv_of_the_same_run() {
    let report = |results: &str| -> perfkit::report::Report {
        let path = fixtures().join(results);
        let (printed, _) = Perfkit::new().run(&[
            "analyze",
            path.to_str().unwrap(),
            "--no-report",
            "--format",
            "json",
            "--platform",
            "x",
        ]);
        let mut report: perfkit::report::Report = serde_json::from_str(&printed).unwrap();
        report.inputs.clear();
        report
    };
    // No nested samples: all figures are equal.
    assert_eq!(
        serde_json::to_value(report("errors.xml")).unwrap(),
        serde_json::to_value(report("errors.jtl")).unwrap()
    );
    // Only the CSV file has rows for nested samples: labels without them are equal.
    let (xml, csv) = (report("controllers.xml"), report("controllers.jtl"));
    let label = |report: &perfkit::report::Report, name: &str| {
        let label = report.labels.iter().find(|label| label.label == name);
        label.map(|label| serde_json::to_value(label).unwrap())
    };
    for name in ["IsPrime", "Both", "Both with think time", "Parent", "Empty"] {
        assert!(label(&xml, name).is_some(), "{name}");
        assert_eq!(label(&xml, name), label(&csv, name), "{name}");
    }
    assert_eq!(label(&xml, "Not found"), None);
    assert_eq!(
        (xml.accounting.rows_read, csv.accounting.rows_read),
        (290, 370)
    );
    assert!(
        xml.notes[0].contains("leaves out 80 sub-results, as JMeter does"),
        "{:?}",
        xml.notes
    );
}
