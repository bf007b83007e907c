//! Damaged rows that are repaired, from the command line to every account of them.

use crate::common::{HEADER, Perfkit, row};

/// Messages that a writer should have quoted.
const MESSAGES: [&str; 3] = [
    "Test failed: text expected to contain /a, b/",
    "Error, try later",
    "It took 3,226 milliseconds, too long",
];

/// Two good rows, and one for each message, which failed.
fn unquoted() -> String {
    let mut text = HEADER.to_owned() + &row(1_700_000_000_000, 10, "A", true);
    for (number, message) in (1..).zip(MESSAGES) {
        let failed = row(1_700_000_000_000 + number, 10, "A", false);
        text += &failed.replace(",false,,", &format!(",false,{message},"));
    }
    text + &row(1_700_000_000_009, 10, "A", true)
}

#[test]
fn every_account_lists_repaired_rows() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", unquoted());
    let (printed, said) = perfkit.run(&["analyze", "a.jtl", "--no-report", "--format", "json"]);
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("repaired"))
        .collect();
    assert_eq!(
        lines,
        [
            "perfkit: 5 rows read, 3 of them repaired: 5 counted, 0 filtered out, 0 rejected",
            "perfkit: warning: 3 repaired: failureMessage has unquoted delimiters and was read as \
             one field; first at a.jtl:3: \"Test failed: text expected to contain /a, b/\"",
        ]
    );
    let report: perfkit::report::Report = serde_json::from_str(&printed).unwrap();
    assert_eq!((report.total.samples, report.total.errors), (5, 3));
    let accounting = &report.accounting;
    assert_eq!((accounting.repaired, accounting.rejected_whole()), (3, 0));
    assert_eq!(accounting.repairs[0].first_line, 3);
    let mut errors: Vec<&str> = report.errors.iter().map(|error| &*error.error).collect();
    errors.sort_unstable();
    assert_eq!(errors.len(), 1, "{errors:?}");
    perfkit.run(&["analyze", "a.jtl", "-o", "report"]);
    for file in ["report/report.md", "report/report.html"] {
        let text = perfkit.read(file);
        assert!(text.contains("5 rows read, 3 of them repaired"), "{file}");
        assert!(
            text.contains("failureMessage has unquoted delimiters"),
            "{file}"
        );
    }
}

#[test]
fn summaries_keep_repairs_and_add_them_up() {
    let perfkit = Perfkit::new();
    for name in ["a", "b"] {
        perfkit.write(&format!("{name}.jtl"), unquoted());
        let summary = format!("{name}.perfkit");
        let (_, said) = perfkit.run(&["summarize", &format!("{name}.jtl"), "-o", &summary]);
        assert!(said.contains("5 rows read, 3 of them repaired"), "{said}");
    }
    let (_, said) = perfkit.run(&["analyze", "a.perfkit", "b.perfkit", "--no-report"]);
    assert!(
        said.contains("10 rows read, 6 of them repaired: 10 counted"),
        "{said}"
    );
    assert!(
        said.contains("6 repaired:") && said.contains("first at a.jtl:3"),
        "{said}"
    );
}

#[test]
fn strict_refuses_repaired_rows() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", unquoted());
    let said = perfkit.fail(&["analyze", "a.jtl", "--no-report", "--strict"]);
    assert!(
        said.starts_with(
            "perfkit: error: a.jtl:3, column failureMessage: failureMessage has unquoted"
        ),
        "{said}"
    );
    // Of a rejected row and a repaired one, the first.
    let text = unquoted() + "1700000000600,1,B,200\n";
    perfkit.write("b.jtl", text);
    let said = perfkit.fail(&["analyze", "b.jtl", "--no-report", "--strict"]);
    assert!(said.contains("b.jtl:3, column failureMessage"), "{said}");
}

#[test]
fn repaired_rows_can_be_filtered_out() {
    let perfkit = Perfkit::new();
    let text = unquoted() + &row(1_700_000_000_010, 10, "B", true);
    perfkit.write("a.jtl", text);
    let (_, said) = perfkit.run(&["analyze", "a.jtl", "--no-report", "--include", "B"]);
    assert!(
        said.contains("6 rows read, 3 of them repaired: 1 counted, 5 filtered out, 0 rejected"),
        "{said}"
    );
}

#[test]
fn rows_quoted_by_a_spreadsheet_count() {
    let perfkit = Perfkit::new();
    let quoted =
        |row: &str, end: &str| format!("\"{}\"{end}\n", row.trim_end().replace('"', "\"\""));
    let failed = row(1_700_000_000_001, 10, "A", false);
    let lines = failed.replace(",false,,", ",false,\"two\nlines, both\",");
    for (delimiter, end) in [
        (",", ""),
        (",", ",,,"),
        (";", ""),
        (";", ",,"),
        ("\t", "\r"),
    ] {
        let good = row(1_700_000_000_000, 10, "A", true);
        let text = [HEADER, &good].concat().replace(',', delimiter)
            + &quoted(&failed.replace(',', delimiter), end)
            + &quoted(&lines.replace(',', delimiter), "")
            + &good.replace(',', delimiter);
        perfkit.write("a.jtl", text);
        let (_, said) = perfkit.run(&["analyze", "a.jtl", "--no-report"]);
        assert!(
            said.contains("4 rows read, 2 of them repaired: 4 counted, 0 filtered out, 0 rejected"),
            "{delimiter:?} {end:?}: {said}"
        );
        assert!(said.contains("quoted as a whole"), "{said}");
    }
}

#[test]
fn nul_bytes_leave_the_rows_around_them() {
    let perfkit = Perfkit::new();
    let good = |at: i64| row(1_700_000_000_000 + at, 10, "A", true);
    let nul = "\0".repeat(4096);
    // Alone on a line, before a row, within one, and at the end.
    let text = [
        HEADER,
        &good(0),
        &nul,
        "\n",
        &nul,
        &good(1),
        &good(2)[..30],
        &nul,
        "\n",
        &good(3),
        &nul,
    ]
    .concat();
    perfkit.write("a.jtl", text);
    let (_, said) = perfkit.run(&["analyze", "a.jtl", "--no-report"]);
    assert!(
        said.contains("6 rows read, 1 of them repaired: 3 counted, 0 filtered out, 3 rejected"),
        "{said}"
    );
    for line in [
        "2 rejected: NUL bytes in place of text, as a crash or a full disk leaves them; rows around \
         them are read; first at a.jtl:3: \"4,096 bytes of NUL (0x00)\"",
        "1 rejected: the file ends within the row; first at a.jtl:7: \"4,096 bytes of NUL (0x00)\"",
        "1 repaired: NUL bytes (0x00) before the row were skipped; first at a.jtl:4",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}
