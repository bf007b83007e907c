//! Samples within samples of XML, and other elements between samples.

use crate::common::{HEADER, Perfkit, fixtures};

/// Analyses results, and returns the table as CSV and stderr.
fn analyze(perfkit: &Perfkit, results: &str, options: &[&str]) -> (String, String) {
    perfkit.write("results.jtl", results);
    let fixed = ["analyze", "results.jtl", "--format", "csv", "--no-report"];
    perfkit.run(&[&fixed[..], options].concat())
}

fn document(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n{inside}</testResults>\n"
    )
}

/// The labels of a table with their numbers of samples.
fn counts(table: &str) -> Vec<(String, u64)> {
    let rows = table.lines().skip(1);
    rows.map(|row| {
        let mut fields = row.split(',');
        let label = fields.next().unwrap().to_owned();
        (label, fields.next().unwrap().parse().unwrap())
    })
    .collect()
}

fn counted(found: &[(&str, u64)]) -> Vec<(String, u64)> {
    found
        .iter()
        .map(|(label, count)| ((*label).to_owned(), *count))
        .collect()
}

/// A row of the CSV fixture as a start tag.
fn tag(row: &csv::StringRecord) -> String {
    let names = [
        "ts", "t", "lb", "rc", "rm", "tn", "dt", "s", "", "by", "sby", "ng", "na", "", "lt", "it",
        "ct",
    ];
    let fields = names.iter().zip(row).filter(|(name, _)| !name.is_empty());
    let attributes = fields.map(|(name, value)| format!(" {name}=\"{value}\""));
    format!("<httpSample{}>\n", attributes.collect::<String>())
}

/// The CSV of sub-results as the XML that JMeter would have written of the same run: what a request
/// fetched is in it.
fn nested_fixture() -> (String, String) {
    let csv = std::fs::read_to_string(fixtures().join("sub-results.jtl")).unwrap();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(true)
        .from_reader(csv.as_bytes());
    let (mut xml, mut is_open) = (String::new(), false);
    for row in reader.records() {
        let row = row.unwrap();
        let is_nested = row[2].starts_with("Page-");
        if !is_nested && std::mem::replace(&mut is_open, true) {
            xml.push_str("</httpSample>\n");
        }
        xml.push_str(&tag(&row));
        if is_nested {
            xml.push_str("</httpSample>\n");
        }
    }
    (csv, document(&format!("{xml}</httpSample>\n")))
}

#[test]
fn sub_results_of_xml_count_like_those_of_csv() {
    let perfkit = Perfkit::new();
    let (csv, xml) = nested_fixture();
    for (of_csv, of_xml) in [
        ("include", &["--sub-results", "include"][..]),
        ("only", &["--sub-results", "only"]),
        ("exclude", &["--sub-results", "exclude"]),
        ("exclude", &[]),
    ] {
        let (expected, _) = analyze(&perfkit, &csv, &["--sub-results", of_csv]);
        let (table, said) = analyze(&perfkit, &xml, of_xml);
        assert_eq!(table, expected, "{of_xml:?}");
        let is_left_out = said.contains("--sub-results include counts them here, too");
        assert_eq!(is_left_out, of_csv == "exclude", "{said}");
    }
}

#[test]
fn samples_within_parents_of_transactions_count() {
    let perfkit = Perfkit::new();
    let xml = std::fs::read_to_string(fixtures().join("controllers.xml")).unwrap();
    let csv = std::fs::read_to_string(fixtures().join("controllers.jtl")).unwrap();
    let (all, said) = analyze(&perfkit, &xml, &["--sub-results", "include"]);
    assert_eq!(analyze(&perfkit, &csv, &[]).0, all);
    assert!(said.contains("0 filtered out, 0 rejected"), "{said}");
}

#[test]
fn every_level_is_a_row() {
    let perfkit = Perfkit::new();
    let open =
        |label: &str| format!("<sample t=\"5\" ts=\"1700000000000\" s=\"true\" lb=\"{label}\">");
    let close = "</sample>";
    let inside = format!(
        "{}{}{}<java.net.URL>http://h/</java.net.URL>{close}{}{close}{close}{close}{}{close}\n",
        open("a"),
        open("b"),
        open("c"),
        open("d"),
        open("e"),
    );
    // An empty one, and one that is not a child of the sample itself.
    let inside = inside
        + &format!(
            "{}<x>{}{close}</x><sample t=\"5\" ts=\"1\" s=\"true\" lb=\"f\"/>{close}\n",
            open("g"),
            open("h")
        );
    let xml = document(&inside);
    let (table, said) = analyze(&perfkit, &xml, &["--sub-results", "include"]);
    let each = |labels: &[&'static str]| {
        let mut found: Vec<(&str, u64)> = labels.iter().map(|label| (*label, 1)).collect();
        found.push(("TOTAL", labels.len() as u64));
        counted(&found)
    };
    assert_eq!(counts(&table), each(&["a", "b", "c", "d", "e", "g", "f"]));
    assert!(said.contains("leaves out 1 sub-result,"), "{said}");
    let (table, said) = analyze(&perfkit, &xml, &["--sub-results", "only"]);
    assert_eq!(counts(&table), each(&["b", "c", "d", "f"]));
    assert!(
        said.contains("7 rows read: 4 counted, 3 filtered out, 0 rejected"),
        "{said}"
    );
    let (table, _) = analyze(&perfkit, &xml, &[]);
    assert_eq!(counts(&table), each(&["a", "e", "g"]));
}

#[test]
fn damage_rejects_all_samples_that_are_open() {
    let perfkit = Perfkit::new();
    let open =
        |label: &str| format!("<sample t=\"5\" ts=\"1700000000000\" s=\"true\" lb=\"{label}\">\n");
    let good = open("good") + "</sample>\n";
    let (a, b, c) = (open("a"), open("b"), open("c"));
    for (inside, rejected, what) in [
        (
            format!("{a}{b}</sample>{c}<x =></sample></sample>\n{good}"),
            2,
            "damaged",
        ),
        (
            format!("{a}{b}{c}</httpSample></sample></sample>\n{good}"),
            3,
            "damaged",
        ),
        (format!("{good}{a}{b}{c}"), 3, "no end tag"),
    ] {
        let (table, said) = analyze(&perfkit, &document(&inside), &["--sub-results", "include"]);
        assert!(table.contains("\ngood,1,"), "{inside}: {table}");
        assert!(
            said.contains(&format!(" {rejected} rejected")),
            "{inside}: {said}"
        );
        assert!(said.contains(what), "{said}");
    }
    // Cut short: with the root's start tag only.
    let cut = document("").replace("</testResults>\n", "") + &good + &a + &b;
    let (_, said) = analyze(&perfkit, &cut, &["--sub-results", "include"]);
    assert!(
        said.contains("3 rows read: 1 counted, 0 filtered out, 2 rejected"),
        "{said}"
    );
}

#[test]
fn deep_nesting_is_bounded_and_counted() {
    const LEVELS: usize = 100_000;
    let perfkit = Perfkit::new();
    let open = "<sample t=\"5\" ts=\"1700000000000\" s=\"true\" lb=\"deep\">\n";
    let inside = open.repeat(LEVELS) + &"</sample>\n".repeat(LEVELS);
    let (table, said) = analyze(&perfkit, &document(&inside), &["--sub-results", "include"]);
    assert_eq!(counts(&table), counted(&[("deep", 17), ("TOTAL", 17)]));
    assert!(said.contains("leaves out 99,983 sub-results"), "{said}");
}

#[test]
fn each_foreign_element_is_a_row_with_its_name() {
    let perfkit = Perfkit::new();
    let sample = "<httpSample t=\"1\" ts=\"1700000000000\" s=\"true\" lb=\"A\"/>\n";
    let foreign = "<com.x.R a=\"1\"><label>B</label><com.x.R/></com.x.R>\n";
    for (inside, rejected) in [
        (format!("{sample}{foreign}{foreign}"), 2),
        (format!("{foreign}{sample}{foreign}<y/><y/>"), 4),
        (format!("{sample}{sample}text {foreign}{foreign}"), 2),
        (format!("{sample}text {foreign}{foreign}"), 1),
        (format!("{foreign}{foreign}{sample}"), 2),
        (format!("{sample}<com.x.R>{sample}"), 1),
    ] {
        let (table, said) = analyze(&perfkit, &document(&inside), &[]);
        assert!(table.contains("\nA,"), "{table}");
        assert!(
            said.contains(&format!(" {rejected} rejected")),
            "{inside}: {said}"
        );
    }
    let (_, said) = analyze(
        &perfkit,
        &document(&format!("{sample}{foreign}{foreign}")),
        &[],
    );
    assert!(
        said.contains("3 rows read: 1 counted, 0 filtered out, 2 rejected"),
        "{said}"
    );
    perfkit.write(
        "results.xml",
        document(&format!("{sample}{foreign}{foreign}")),
    );
    let error = perfkit.fail(&["analyze", "results.xml", "--strict"]);
    assert!(
        error.starts_with("perfkit: error: results.xml:4")
            && error.ends_with("(--strict): \"com.x.R\""),
        "{error}"
    );
}

#[test]
fn csv_with_sub_results_is_not_affected_by_the_default() {
    let perfkit = Perfkit::new();
    let text = format!(
        "{HEADER}{}",
        crate::common::row(1_700_000_000_000, 5, "A", true)
    );
    assert_eq!(
        analyze(&perfkit, &text, &[]).0,
        analyze(&perfkit, &text, &["--sub-results", "include"]).0
    );
}
