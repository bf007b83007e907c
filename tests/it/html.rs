//! `report.html`: what is in it, how large it is, and that nothing from a file becomes markup.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::common::page::{parts, skeleton};
use crate::common::{HEADER, Perfkit, five_samples, fixtures};
use perfkit::chart;
use perfkit::render::html;
use perfkit::report::Report;

const MAX_BYTES: usize = 1_000_000;

fn report_of(results: impl AsRef<[u8]>) -> Report {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", results);
    let arguments = [
        "analyze",
        "results.jtl",
        "--no-report",
        "--format",
        "json",
        "--max-labels",
        "1000",
        "--platform",
        "Raspberry Pi 5",
    ];
    serde_json::from_str(&perfkit.run(&arguments).0).unwrap()
}

fn fixture(name: &str) -> Report {
    report_of(std::fs::read(fixtures().join(name)).unwrap())
}

fn page_of(report: &Report) -> String {
    html::render(report, &chart::figures(report)).unwrap()
}

#[test]
fn five_samples_make_this_page() {
    let page = page_of(&report_of(five_samples()));
    let page = page.replace(env!("CARGO_PKG_VERSION"), "X.Y.Z");
    insta::assert_snapshot!("report.html", skeleton(&page));
}

#[test]
fn labels_that_are_urls_have_distinct_names_in_every_legend_and_say_what_they_share() {
    let host = "https://shop.example.com/api/v2/customers";
    let name = |label: usize| {
        format!(
            "{host}/{}/orders?page=1&sort=price&id={label:04}",
            label / 20
        )
    };
    let page = page_of(&report_of(many(60, 20, name)));
    let legends = page.split("<ul class=\"legend\">").skip(1);
    let mut urls = 0;
    for legend in legends.filter_map(|rest| rest.split("</ul>").next()) {
        let names: Vec<&str> = legend.split("</i>").skip(1).collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(distinct.len(), names.len(), "{legend}");
        urls += usize::from(legend.contains(&format!("title=\"{host}/0/orders")));
    }
    assert!(urls > 2, "{urls}");
    assert!(
        page.contains(&format!("A leading … stands for “{host}/")),
        "{page}"
    );
}

#[test]
fn the_page_is_written_beside_the_report_and_mentioned() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let (_, said) = perfkit.run(&["analyze", "results.jtl", "--platform", "Raspberry Pi 5"]);
    assert!(said.contains("report.html"), "{said}");
    let report: Report = serde_json::from_str(&perfkit.read("results-report/report.json")).unwrap();
    let page = page_of(&report);
    assert_eq!(page, perfkit.read("results-report/report.html"));
}

#[test]
fn every_page_is_well_formed_and_self_contained() {
    for name in [
        "default.jtl.gz",
        "errors.jtl",
        "controllers.jtl",
        "distributed.jtl",
        "sample-count.jtl",
        "older-columns.jtl",
    ] {
        let page = page_of(&fixture(name));
        let parts = parts(&page);
        assert!(parts.text.contains("TOTAL"), "{name}");
        let figures = parts.tags.iter().filter(|(tag, _)| tag == "figure").count();
        let is_spark = |of: &[(String, String)]| of.iter().any(|(_, value)| value == "spark");
        let drawings = parts
            .tags
            .iter()
            .filter(|(tag, of)| tag == "svg" && !is_spark(of));
        let drawings = drawings.count();
        assert!(figures > 3 && figures == drawings, "{name}");
        parts.check_self_contained();
    }
}

#[test]
fn hostile_labels_and_messages_stay_text() {
    let attacks = [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(2)>",
        "<!--",
        "\"><b onclick='x'>",
        "'",
        "]]>",
        "&lt;",
        "\u{202E}gpj.exe\u{7}",
    ];
    let mut results = HEADER.to_owned();
    for (number, attack) in attacks.iter().enumerate() {
        let quoted = format!("\"{}\"", attack.replace('"', "\"\""));
        let stamp = 1_700_000_000_000 + number as i64 * 100;
        for is_right in [true, false] {
            writeln!(
                results,
                "{stamp},{number},{quoted},{quoted},{quoted},{quoted},text,{is_right},{quoted},1,1,1,1,{quoted},1,0,1"
            )
            .unwrap();
        }
    }
    let mut report = report_of(results);
    report.title = Some(attacks.concat());
    report.details[0].key = attacks.concat();
    report.details[0].value = attacks.concat();
    report.notes = attacks.map(str::to_owned).to_vec();
    report.inputs[0].name = attacks.concat();
    let page = page_of(&report);

    let harmless = page_of(&fixture("errors.jtl"));
    let names = |page: &str| -> BTreeSet<String> {
        let parts = parts(page);
        let attributes = parts.tags.iter().flat_map(|(_, attributes)| attributes);
        let attributes = attributes.map(|(key, _)| key.clone());
        parts
            .tags
            .iter()
            .map(|(tag, _)| format!("<{tag}"))
            .chain(attributes)
            .collect()
    };
    let strange: BTreeSet<String> = &names(&page) - &names(&harmless);
    // Notes are a list, missing from a page without notes.
    assert!(strange.iter().all(|name| name == "title"), "{strange:?}");
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains(['\u{202E}', '\u{7}']));
    let text = parts(&page).text;
    assert!(
        text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{text}"
    );
    assert!(text.contains("&amp;lt;"), "{text}");
    let data = page.split_once("id=\"data\">").unwrap().1;
    let data = data.split_once("</script>").unwrap().0;
    assert!(!data.contains('<'));
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert!(data.to_string().contains("<script>alert(1)</script>"));
}

/// Results with one sample per label and bucket of 10 s, all with different response times.
fn many(labels: usize, buckets: usize, name: impl Fn(usize) -> String) -> String {
    let mut results = HEADER.to_owned();
    for bucket in 0..buckets {
        for label in 0..labels {
            let start = 1_700_000_000_000 + (bucket * 10_000 + label) as i64;
            // Spread out and irregular, so that percentile curves have a step per sample.
            let elapsed = (bucket * labels + label) * 7_919 % 100_003;
            let is_right = !(bucket + label).is_multiple_of(7);
            let code = if is_right { 200 + label % 9 } else { 500 };
            writeln!(
                results,
                "{start},{elapsed},{},{code},Message {elapsed},T 1-1,text,{is_right},,{elapsed},9,{bucket},{bucket},,{},0,{}",
                name(label),
                elapsed / 2,
                elapsed / 3
            )
            .unwrap();
        }
    }
    results
}

fn size(results: String) -> usize {
    let page = page_of(&report_of(results));
    parts(&page);
    page.len()
}

#[test]
fn the_page_of_a_long_run_is_below_1_mb() {
    let size = size(many(9, 400, |label| format!("Label {label}")));
    assert!((200_000..MAX_BYTES).contains(&size), "{size}");
}

#[test]
fn the_page_of_500_labels_is_below_1_mb_and_says_what_it_leaves_out() {
    let report = report_of(many(500, 20, |label| {
        format!("GET /api/v1/items/{label}/details")
    }));
    let page = page_of(&report);
    assert!(page.len() < MAX_BYTES, "{}", page.len());
    assert!(page.contains("The first 200 of 500 rows"));
    let row = |label: usize| format!("<div>GET /api/v1/items/{label}/details</div>");
    assert!(page.contains(&row(199)) && !page.contains(&row(200)));
}

#[test]
fn the_page_of_huge_labels_is_below_1_mb() {
    let size = size(many(6, 1, |label| {
        format!("\"{label}{}{label}\"", "<\"\"&'\u{202E}".repeat(150_000))
    }));
    assert!(size < MAX_BYTES, "{size}");
}

#[test]
fn every_report_has_a_page() {
    for (stamp, elapsed) in [
        (0, 0),
        (1_700_000_000_000, 1),
        (-5_000, 9_000_000_000),
        (i64::MAX / 2, 0),
    ] {
        let row = crate::common::row(stamp, elapsed, "", true);
        let page = page_of(&report_of(format!("{HEADER}{row}")));
        assert!(
            parts(&page).text.contains("The only request succeeded"),
            "{stamp} {elapsed}"
        );
    }
}
