//! No output ever replaces an input.

use crate::common::{Perfkit, five_samples};

#[test]
fn no_output_is_written_over_an_input() {
    let perfkit = Perfkit::new();
    perfkit.write("r.jtl", five_samples());
    perfkit.write("s.jtl", five_samples());
    perfkit.write("criteria.toml", "[[criteria]]\nfail-if = \"p95 > 1h\"\n");
    perfkit.run(&["analyze", "r.jtl", "-o", "out", "--charts", "none"]);
    let report = perfkit.read("out/report.json");
    for (arguments, option, input) in [
        ("summarize r.jtl -o r.jtl", "--output r.jtl", "r.jtl"),
        (
            "summarize r.jtl s.jtl -o ./s.jtl",
            "--output ./s.jtl",
            "s.jtl",
        ),
        (
            "compare r.jtl s.jtl --format html -o s.jtl",
            "--output s.jtl",
            "s.jtl",
        ),
        (
            "compare r.jtl s.jtl --update r.jtl",
            "--update r.jtl",
            "r.jtl",
        ),
        ("analyze r.jtl --update r.jtl", "--update r.jtl", "r.jtl"),
        (
            "analyze r.jtl --fail-if p95>1h --junit r.jtl",
            "--junit r.jtl",
            "r.jtl",
        ),
        (
            "analyze r.jtl --criteria criteria.toml --junit criteria.toml",
            "--junit criteria.toml",
            "criteria.toml",
        ),
        (
            "analyze r.jtl --baseline out/report.json -o out",
            "--output out/report.json",
            "out/report.json",
        ),
        (
            "compare out/report.json r.jtl -o out/report.json",
            "--output out/report.json",
            "out/report.json",
        ),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let said = perfkit.fail(&arguments);
        assert_eq!(
            said.trim_end(),
            format!(
                "perfkit: error: {option} would overwrite an input, {input}: choose another file"
            )
        );
    }
    assert_eq!(perfkit.read("r.jtl"), five_samples());
    assert_eq!(perfkit.read("s.jtl"), five_samples());
    assert_eq!(perfkit.read("out/report.json"), report);
    let said = perfkit.fail(&[
        "analyze",
        "r.jtl",
        "--fail-if",
        "p95 > 1h",
        "--junit",
        "new",
        "--update",
        "./new",
    ]);
    assert!(
        said.contains("--junit and --update would write to one file"),
        "{said}"
    );
}
