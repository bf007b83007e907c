//! A hostile file cannot make memory grow without bound, and figures do not depend on how it is split:
//! too many kinds of errors, engines or response codes.

use std::io::Cursor;

use crate::common::HEADER;
use perfkit::analysed::Analysed;
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, ReadOptions};
use perfkit::report::{Presentation, Report};
use perfkit::stats::{ErrorDetail, Recorder};

fn read(text: &str, block_size: usize, threads: usize) -> Analysed {
    let input = Input {
        name: "results.jtl".to_owned(),
        reader: Box::new(Cursor::new(text.to_owned().into_bytes())),
        size: None,
    };
    let options = ReadOptions::default()
        .threads(threads)
        .block_size(block_size);
    let outcome = jtl::read(vec![input], &options, &|_| (), Recorder::default).unwrap();
    assert_eq!(outcome.rejected(), 0);
    outcome.into()
}

fn failure(row: usize, code: &str, message: &str, thread: &str) -> String {
    let time = 1_700_000_000_000 + row;
    let label = ["A", "B", "C"][row % 3];
    format!("{time},5,{label},{code},{message},{thread},text,false,,1,1,1,1,,5,0,0\n")
}

/// The report, which is the same for any split of the file.
fn report(rows: &[String]) -> (Report, ErrorDetail) {
    let text = format!("{HEADER}{}", rows.concat());
    let of = |analysed: &Analysed| Report::new(analysed, Presentation::default()).unwrap();
    let whole = read(&text, 64 << 20, 1);
    let report = of(&whole);
    for (block_size, threads) in [(4 << 10, 1), (64 << 10, 3)] {
        assert_eq!(of(&read(&text, block_size, threads)), report);
    }
    (report, whole.aggregate.errors().detail())
}

#[test]
fn unlimited_kinds_of_errors() {
    // One more than the limit: errors are then grouped by kind, and then by code.
    let numbered = |rows: usize| -> Vec<String> {
        let rows = 0..rows;
        rows.map(|row| failure(row, "500", &format!("order {row} is lost"), "T 1-1"))
            .collect()
    };
    let (exact, detail) = report(&numbered(10_000));
    assert_eq!((exact.errors[0].count, detail), (1, ErrorDetail::Key));
    assert!(
        !exact
            .notes
            .iter()
            .any(|note| note.contains("different errors"))
    );
    let (kinds, detail) = report(&numbered(10_001));
    assert_eq!(detail, ErrorDetail::Kind);
    assert_eq!(kinds.errors.len(), 1);
    assert_eq!(
        (kinds.errors[0].error.as_str(), kinds.errors[0].count),
        ("500/order ‹number› is lost", 10_001)
    );
    let counts: Vec<u64> = kinds
        .top_errors
        .labels
        .iter()
        .map(|label| label.top[0].count)
        .collect();
    assert_eq!(counts, [3_334, 3_334, 3_333]);
    assert!(
        kinds
            .notes
            .iter()
            .any(|note| note.starts_with("More than 10,000 different errors")),
        "{:?}",
        kinds.notes
    );

    // Messages that differ in letters share only their code.
    let word = |row: usize| {
        format!(
            "order {} is lost",
            row.to_string()
                .bytes()
                .map(|digit| (digit + 49) as char)
                .collect::<String>()
        )
    };
    let rows: Vec<String> = (0..10_002)
        .map(|row| failure(row, ["500", "timeout"][row % 2], &word(row), "T 1-1"))
        .collect();
    let (codes, detail) = report(&rows);
    assert_eq!(detail, ErrorDetail::Code);
    let found: Vec<(&str, u64)> = codes
        .errors
        .iter()
        .map(|error| (error.error.as_str(), error.count))
        .collect();
    assert_eq!(found, [("500", 5_001), ("(no response code)", 5_001)]);
}

#[test]
fn errors_as_long_as_pages() {
    let page = "x".repeat(60_000);
    let rows: Vec<String> = (0..400)
        .map(|row| {
            failure(
                row,
                "500",
                &format!("{page}{}", ["a", "b"][row % 2].repeat(row)),
                "T 1-1",
            )
        })
        .collect();
    let (_, detail) = report(&rows);
    assert_eq!(detail, ErrorDetail::Code);
}

#[test]
fn unlimited_engines_and_codes() {
    let rows: Vec<String> = (0..600)
        .map(|row| {
            failure(
                row,
                &format!("code {row}"),
                "OK",
                &format!("10.0.{}.{}:1099-T 1-1", row / 250, row % 250),
            )
        })
        .collect();
    report(&rows);
    let long = "9".repeat(60_000);
    let rows: Vec<String> = (0..9)
        .map(|row| failure(row, &format!("{long}{row}"), "OK", "T 1-1"))
        .collect();
    let text = format!("{HEADER}{}", rows.concat());
    let codes = read(&text, 4096, 2).aggregate;
    assert!(codes.timeline().codes().eq([b"other"]));
}
