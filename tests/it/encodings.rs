//! Results in other encodings than UTF-8, and labels that differ only in bytes that are not UTF-8.

use std::io::Write;

use serde_json::Value;

use crate::common::Perfkit;

const LABELS: [&str; 4] = ["Größe", "Grosse", "Café crème", "Añadir"];
const CHINESE: [&str; 3] = ["登录系统", "查询订单", "提交支付"];

fn rows(labels: &[&str]) -> String {
    let mut text = "timeStamp,elapsed,label,responseCode,success\r\n".to_owned();
    for (number, label) in labels.iter().enumerate() {
        text.push_str(&format!(
            "{},{},{label},200,true\r\n",
            1_700_000_000_000 + number,
            number + 1
        ));
    }
    text
}

fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    let units = text.encode_utf16();
    match encoding {
        "utf-16le" => units.flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => units.flat_map(u16::to_be_bytes).collect(),
        name => {
            let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
            encoding.encode(text).0.into_owned()
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Analyses files, and returns the table as CSV and stderr.
fn analyze(perfkit: &Perfkit, arguments: &[&str]) -> (String, String) {
    let fixed = ["--format", "csv", "--charts", "none", "-o", "report"];
    perfkit.run(&[&["analyze"][..], arguments, &fixed].concat())
}

#[test]
fn detected_encodings_give_the_tables_of_utf_8() {
    for (labels, encoding, note) in [
        (&LABELS[..], "windows-1252", Some("windows-1252")),
        (&LABELS, "utf-16le", Some("UTF-16LE")),
        (&LABELS, "utf-16be", Some("UTF-16BE")),
        (&CHINESE, "utf-16le", Some("UTF-16LE")),
        (&CHINESE, "gbk", Some("GBK")),
        (&LABELS, "utf-8", None),
    ] {
        let perfkit = Perfkit::new();
        let text = rows(labels);
        let expected = perfkit.table(&text);
        let bytes = encoded(&text, encoding);
        perfkit.write("plain.jtl", &bytes);
        perfkit.write("zipped.jtl", gzip(&bytes));
        perfkit.write("zstd.jtl", zstd::encode_all(&*bytes, 1).unwrap());
        for name in ["plain.jtl", "zipped.jtl", "zstd.jtl"] {
            let (table, said) = analyze(&perfkit, &[name]);
            assert_eq!(table, expected, "{encoding}");
            let expected = note.map(|note| format!("{name} is not UTF-8: read as {note}."));
            match expected {
                Some(expected) => assert!(said.contains(&expected), "{said}"),
                None => assert!(!said.contains("UTF-8"), "{said}"),
            }
            let report: Value = serde_json::from_str(&perfkit.read("report/report.json")).unwrap();
            assert_eq!(report["inputs"][0]["encoding"].as_str(), note);
        }
        let mut command = perfkit.command(&["analyze", "-", "--format", "csv", "--no-report"]);
        let output = command.write_stdin(bytes).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}

#[test]
fn a_byte_order_mark_needs_no_note() {
    let perfkit = Perfkit::new();
    let text = rows(&CHINESE);
    for (mark, encoding) in [
        (&b"\xFF\xFE"[..], "utf-16le"),
        (b"\xFE\xFF", "utf-16be"),
        (b"\xEF\xBB\xBF", "utf-8"),
    ] {
        perfkit.write("results.jtl", [mark, &encoded(&text, encoding)].concat());
        for options in [&[][..], &["--encoding", "latin1"]] {
            let (table, said) = analyze(&perfkit, &[&["results.jtl"], options].concat());
            assert_eq!(table, perfkit.table(&text));
            assert!(!said.contains("UTF-8"), "{said}");
        }
    }
}

#[test]
fn encodings_can_be_given() {
    let perfkit = Perfkit::new();
    let japanese = rows(&["ログイン", "検索"]);
    for encoding in ["iso-2022-jp", "euc-jp", "Shift_JIS"] {
        perfkit.write("results.jtl", encoded(&japanese, encoding));
        let (table, said) = analyze(&perfkit, &["results.jtl", "--encoding", encoding]);
        assert_eq!(table, perfkit.table(&japanese));
        assert!(!said.contains("UTF-8"), "{said}");
    }
    let error = perfkit.fail(&["analyze", "results.jtl", "--encoding", "klingon"]);
    assert!(
        error.starts_with("perfkit: error: --encoding: `klingon` is not an encoding"),
        "{error}"
    );
}

#[test]
fn each_input_has_its_own_encoding() {
    let perfkit = Perfkit::new();
    perfkit.write("1.jtl", encoded(&rows(&LABELS), "windows-1252"));
    perfkit.write("2.jtl", encoded(&rows(&LABELS), "utf-16le"));
    perfkit.write("3.jtl", rows(&LABELS));
    let (table, _) = analyze(&perfkit, &["1.jtl", "2.jtl", "3.jtl"]);
    let labels: Vec<&str> = table
        .lines()
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(labels[1..5], LABELS);
    assert_eq!(labels.len(), 6);
    assert!(table.contains("\nTOTAL,12,"), "{table}");
    // A summary keeps them.
    for name in ["1", "2", "3"] {
        perfkit.run(&[
            "summarize",
            &format!("{name}.jtl"),
            "-o",
            &format!("{name}.sum"),
        ]);
    }
    let (merged, said) = analyze(&perfkit, &["1.sum", "2.sum", "3.sum"]);
    assert_eq!(merged, table);
    assert!(
        said.contains("1.jtl is not UTF-8: read as windows-1252."),
        "{said}"
    );
}

#[test]
fn xml_declares_its_encoding() {
    let perfkit = Perfkit::new();
    let xml = |encoding: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<testResults version=\"1.2\">\n\
             <httpSample t=\"1\" ts=\"1700000000000\" s=\"true\" lb=\"Größe €\"/>\n</testResults>\n"
        )
    };
    let expected = perfkit.table(xml("UTF-8"));
    assert!(expected.contains("\nGröße €,1,"), "{expected}");
    for encoding in ["ISO-8859-1", "windows-1252", "ISO-8859-15", "UTF-16"] {
        let bytes = match encoding {
            "UTF-16" => encoded(&xml(encoding), "utf-16le"),
            _ => encoded(&xml(encoding), encoding),
        };
        assert_eq!(perfkit.table(bytes), expected, "{encoding}");
    }
    // What was given decides over the declaration.
    perfkit.write("results.xml", encoded(&xml("KOI8-R"), "windows-1252"));
    let (table, _) = analyze(&perfkit, &["results.xml", "--encoding", "latin1"]);
    assert_eq!(table, expected);
    perfkit.write("results.xml", xml("klingon"));
    let error = perfkit.fail(&["analyze", "results.xml"]);
    assert!(error.contains("declares the encoding klingon"), "{error}");
}

/// Labels of bytes that are text in no encoding, so that they stay as they are.
fn undecodable() -> Vec<u8> {
    let mut bytes = rows(&["Größe", "Übung", "Total"]).into_bytes();
    for label in [&b"R\xE9q"[..], b"R\xE8q", b"R\\xE9q"] {
        bytes.extend_from_slice(b"1700000000009,9,");
        bytes.extend_from_slice(label);
        bytes.extend_from_slice(b",200,true\n");
    }
    bytes
}

#[test]
fn labels_that_differ_in_bytes_differ_everywhere() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", undecodable());
    let labels = ["Größe", "Übung", "Total", "R\\xE9q", "R\\xE8q", "R\\\\xE9q"];
    for options in [
        &[][..],
        &["--encoding", "utf-8"],
        &["--compat", "dashboard"],
    ] {
        let (table, said) = analyze(&perfkit, &[&["results.jtl"], options].concat());
        let found: Vec<&str> = table
            .lines()
            .map(|line| line.split(',').next().unwrap())
            .collect();
        assert_eq!(found[1..7], labels);
        assert!(said.contains("such bytes are shown as \\xE9"), "{said}");
        assert!(said.contains("--encoding"), "{said}");
        let statistics: Value =
            serde_json::from_str(&perfkit.read("report/statistics.json")).unwrap();
        let keys: Vec<&str> = statistics
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = labels
            .map(|label| {
                if label == "Total" {
                    "Total (label)"
                } else {
                    label
                }
            })
            .to_vec();
        expected.push("Total");
        expected.sort_unstable();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
        assert_eq!(statistics["Total"]["sampleCount"], 6);
        assert_eq!(statistics["Total (label)"]["sampleCount"], 1);
        for name in ["report.json", "report.md", "report.html"] {
            assert!(
                !perfkit.read(&format!("report/{name}")).contains('\u{FFFD}'),
                "{name}"
            );
        }
    }
}

#[test]
fn labels_that_look_alike_are_told_apart_for_people() {
    let perfkit = Perfkit::new();
    let labels = ["lead", " lead", "lead ", "a b", "a\u{a0}b", " alone "];
    perfkit.write("results.jtl", rows(&labels));
    let (table, _) = analyze(&perfkit, &["results.jtl"]);
    for label in labels {
        assert!(table.contains(&format!("\n{label},1,")), "{table}");
    }
    for name in ["report.json", "statistics.json"] {
        assert!(
            perfkit
                .read(&format!("report/{name}"))
                .contains("\" lead\""),
            "{name}"
        );
    }
    for name in ["report.md", "report.html"] {
        let text = perfkit.read(&format!("report/{name}"));
        for shown in ["␠lead", "lead␠", "a⟨U+00A0⟩b"] {
            assert!(text.contains(shown), "{name}");
        }
        assert!(!text.contains("alone␠"), "{name}");
    }
    for format in ["markdown", "table"] {
        let fixed = ["analyze", "results.jtl", "--no-report", "--format", format];
        let (printed, _) = perfkit.run(&fixed);
        assert!(
            printed.contains("␠lead") && printed.contains("lead␠"),
            "{printed}"
        );
    }
}

#[test]
fn other_bytes_behind_the_first_megabyte_are_escaped_and_noted() {
    let perfkit = Perfkit::new();
    let mut bytes = rows(&["A"]).into_bytes();
    while bytes.len() <= 1 << 20 {
        bytes.extend_from_slice(b"1700000000009,9,A,200,true\n");
    }
    bytes.extend_from_slice(b"1700000000009,9,R\xE9q,200,true\n1700000000009,9,R\xE8q,200,true\n");
    perfkit.write("results.jtl", &bytes);
    let (table, said) = analyze(&perfkit, &["results.jtl"]);
    assert!(
        table.contains("\nR\\xE9q,1,") && table.contains("\nR\\xE8q,1,"),
        "{table}"
    );
    assert!(said.contains("name it with --encoding"), "{said}");
    let (table, said) = analyze(&perfkit, &["results.jtl", "--encoding", "latin1"]);
    assert!(
        table.contains("\nRéq,1,") && table.contains("\nRèq,1,"),
        "{table}"
    );
    assert!(!said.contains("--encoding"), "{said}");
}

#[test]
fn a_rejected_value_shows_its_bytes() {
    let perfkit = Perfkit::new();
    let text = [
        rows(&["Größe", "Übung"]).as_bytes(),
        b"17,\xE9\xE8,A,200,true\n",
    ]
    .concat();
    perfkit.write("results.jtl", text);
    let error = perfkit.fail(&["analyze", "results.jtl", "--strict"]);
    assert!(error.ends_with("(--strict): \"\\xE9\\xE8\""), "{error}");
}
