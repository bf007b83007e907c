//! `perfkit compare --format html`: what is on the page, and that nothing from a run becomes markup.

use crate::common::page::{Parts, parts, skeleton};
use crate::common::{HEADER, Perfkit, row};

/// 60 s of label A, `more` ms slower and failing once in `fails_each` samples, and of label B.
fn run(start_ms: i64, more: i64, fails_each: i64) -> String {
    let rows = (0..3_000).map(|n| {
        let stamp = start_ms + n * 20;
        row(stamp, 100 + more + n * 37 % 100, "A", n % fails_each > 0) + &row(stamp, 50, "B", true)
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

fn page(perfkit: &Perfkit, arguments: &[&str]) -> String {
    let arguments = [&["compare", "--format", "html"], arguments].concat();
    perfkit.run(&arguments).0
}

fn pair() -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", run(1_700_000_000_000, 0, 1_000));
    perfkit.write("b.jtl", run(1_700_500_000_000, 30, 20));
    perfkit
}

/// The slugs of the figures, which are all drawn.
fn figures(parts: &Parts) -> Vec<&str> {
    let figures = parts.tags.iter().filter(|(tag, _)| tag == "figure");
    let slugs: Vec<&str> = figures.map(|(_, of)| of[0].1.as_str()).collect();
    let drawings = parts.tags.iter().filter(|(tag, _)| tag == "svg").count();
    assert_eq!(slugs.len(), drawings);
    slugs
}

#[test]
fn two_runs_make_this_page() {
    let page = page(&pair(), &["a.jtl", "b.jtl"]);
    let parts = parts(&page);
    parts.check_self_contained();
    assert_eq!(
        figures(&parts),
        [
            "throughput-over-time",
            "mean-response-time-over-time",
            "errors-over-time",
            "threads-over-time",
            "response-times-of-total",
            "response-times-of-label-1",
            "response-times-of-label-2",
        ]
    );
    let page = page.replace(env!("CARGO_PKG_VERSION"), "X.Y.Z");
    insta::assert_snapshot!("page", skeleton(&page));
}

#[test]
fn runs_are_aligned_at_their_start() {
    let page = page(&pair(), &["a.jtl", "b.jtl"]);
    let (_, figure) = page
        .split_once("<figure id=\"throughput-over-time\">")
        .unwrap();
    let (figure, _) = figure.split_once("</svg>").unwrap();
    // Both at 50 samples of two labels per second: the later run's line lies on the earlier's.
    let line = |color: &str| {
        let (_, path) = figure
            .split_once(&format!("<path class=\"line {color}\" d=\""))
            .unwrap();
        path.split_once('"').unwrap().0.to_owned()
    };
    let start = |line: &str| -> f64 {
        let digits = line[1..].find(|c: char| !c.is_ascii_digit() && c != '.');
        line[1..=digits.unwrap()].parse().unwrap()
    };
    let (first, second) = (line("c0"), line("c1"));
    assert!((start(&first) - start(&second)).abs() < 3.0);
    assert!((62.0..70.0).contains(&start(&second)), "{second}");
    assert!(page.contains("{\"start\":null,"), "clock times of no run");
}

#[test]
fn absent_figures_are_omitted_and_labels_of_one_side_drawn() {
    let perfkit = Perfkit::new();
    let fine = run(1_700_000_000_000, 0, 1_000_000).replace(",false,", ",true,");
    perfkit.write("a.jtl", &fine);
    perfkit.write("b.jtl", fine.replace(",B,", ",C,"));
    let page = page(&perfkit, &["a.jtl", "b.jtl"]);
    let parts = parts(&page);
    let figures = figures(&parts);
    assert!(!figures.contains(&"errors-over-time"), "{figures:?}");
    assert!(
        figures.contains(&"response-times-of-label-3"),
        "{figures:?}"
    );
    assert!(page.contains("<h3>Response times of C<a ") && page.contains("missing"));
}

#[test]
fn many_labels_and_runs_stay_one_small_page_with_total() {
    let perfkit = Perfkit::new();
    let rows = (0..6_000).map(|n| {
        let label = format!("Label {}", n % 60);
        row(
            1_700_000_000_000 + n * 10,
            n * 37 % 5_003,
            &label,
            n % 7 > 0,
        )
    });
    perfkit.write("a.jtl", HEADER.to_owned() + &rows.collect::<String>());
    let page = page(&perfkit, &["a.jtl"; 10]);
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert_eq!(figures(&parts(&page)).len(), 4 + 1 + 8);
    assert!(page.contains("the first 8 of 10 runs; "));
    assert!(page.contains(">TOTAL</div>") && page.contains("The first "));
}

#[test]
fn hostile_names_and_labels_stay_text() {
    let attacks = [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(2)>",
        "<!--",
        "\"><b onclick='x'>",
        "&lt;",
        "\u{202E}gpj.exe\u{7}",
    ];
    let tags = |names: [&str; 2], label: &str| {
        let perfkit = Perfkit::new();
        let label = format!("\"{}\"", label.replace('"', "\"\""));
        let results = run(1_700_000_000_000, 0, 9).replace(",A,", &format!(",{label},"));
        perfkit.write("a.jtl", &results);
        perfkit.write(
            "b.jtl",
            run(1_700_000_000_000, 90, 9).replace(",A,", &format!(",{label},")),
        );
        let arguments = ["a.jtl", "b.jtl", "--name", names[0], "--name", names[1]];
        let page = page(
            &perfkit,
            &[&arguments[..], &["--fail-if", "p95 > 3600s"]].concat(),
        );
        assert!(!page.contains(['\u{202E}', '\u{7}']));
        assert_eq!(page.matches("</script>").count(), 2, "{label}");
        let parts = parts(&page);
        parts.check_self_contained();
        parts
            .tags
            .into_iter()
            .map(|(tag, _)| tag)
            .collect::<Vec<_>>()
    };
    let harmless = tags(["one", "other"], "label");
    for attack in attacks {
        assert_eq!(tags([attack, attack], attack), harmless, "{attack}");
    }
}
