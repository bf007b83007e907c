//! Files whose lines end with a carriage return alone, as on the first Macs.

use std::io::Write;

use crate::common::{HEADER, Perfkit, five_samples, row};

/// The text with its line feeds replaced, also those within quotes.
fn returned(text: &str) -> String {
    text.replace('\n', "\r")
}

fn table(perfkit: &Perfkit, file: &str) -> String {
    let (table, _) = perfkit.run(&["analyze", file, "--no-report", "--format", "csv"]);
    table
}

#[test]
fn carriage_returns_end_lines() {
    let perfkit = Perfkit::new();
    let label = "\"two\nlines, \"\"quoted\"\"\"";
    let with_header = five_samples() + &row(1_700_000_001_000, 7, label, true);
    let without = with_header.strip_prefix(HEADER).unwrap().to_owned();
    for text in [with_header, without] {
        let expected = perfkit.table(&text);
        assert!(expected.contains("\nTOTAL,6,"), "{expected}");
        let cr = returned(&text);
        assert_eq!(perfkit.table(&cr), expected);
        assert_eq!(perfkit.table(cr.trim_end()), expected);
        assert_eq!(perfkit.table(format!("\u{feff}{cr}")), expected);

        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(cr.as_bytes()).unwrap();
        assert_eq!(perfkit.table(gz.finish().unwrap()), expected);
        perfkit.write("cr.zst", zstd::encode_all(cr.as_bytes(), 1).unwrap());
        assert_eq!(table(&perfkit, "cr.zst"), expected);
        let utf_16 = cr.encode_utf16().flat_map(u16::to_le_bytes);
        perfkit.write("utf16.jtl", utf_16.collect::<Vec<u8>>());
        assert_eq!(table(&perfkit, "utf16.jtl"), expected);

        let mut command = perfkit.command(&["analyze", "-", "--no-report", "--format", "csv"]);
        let output = command.write_stdin(cr).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}

#[test]
fn a_file_may_go_on_with_other_line_ends() {
    let perfkit = Perfkit::new();
    let text = five_samples();
    let rest = text.strip_prefix(HEADER).unwrap();
    let crlf = rest.replace('\n', "\r\n");
    let mixed = format!("{}{rest}{crlf}{}", returned(&text), returned(rest));
    let expected = perfkit.table(format!("{text}{rest}{rest}{rest}"));
    assert_eq!(perfkit.table(mixed), expected);
}

#[test]
fn lines_are_counted() {
    let perfkit = Perfkit::new();
    let text = five_samples() + "x700000000500,5,A,200,OK,Users 1-2,text,true,,1,1,1,1,,5,0,0\n";
    for text in [text.clone(), returned(&text)] {
        perfkit.write("results.jtl", &text);
        let said = perfkit.fail(&["analyze", "results.jtl", "--no-report", "--strict"]);
        // The last of the five samples takes two lines.
        assert!(said.contains("results.jtl:8, column timeStamp:"), "{said}");
    }
}

#[test]
fn xml_may_have_them_too() {
    let perfkit = Perfkit::new();
    let xml = "<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n\
               <httpSample t=\"5\" ts=\"1700000000000\" s=\"true\" lb=\"A\"/>\n\
               <httpSample t=\"7\" ts=\"1700000000500\" s=\"true\" lb=\"B\"/>\n</testResults>\n";
    assert_eq!(perfkit.table(returned(xml)), perfkit.table(xml));
}

/// A carriage return within a line that ends with a line feed is text.
#[test]
fn other_files_stay_as_they_are() {
    let perfkit = Perfkit::new();
    let label = "\"a\rb\"";
    let text = format!(
        "{HEADER}{}",
        row(1_700_000_000_000, 5, label, true).repeat(3)
    );
    for text in [text.clone(), text.strip_prefix(HEADER).unwrap().to_owned()] {
        let table = perfkit.table(&text);
        assert!(table.contains("\"a\rb\",3,"), "{table:?}");
    }
}
