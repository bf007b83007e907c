//! A labelled set of runs: each rebuilds a pattern seen in public results, and names the insights that
//! must be said of it. Nothing else may be said, except for the kinds that it allows.

mod expected;
mod mixed;
mod next_steps;
mod often;
mod outages;
mod runs;
mod says;
mod says_nothing;

use std::fmt::Write;
use std::path::Path;

use perfkit::report::Report;
use serde_json::Value;

use self::expected::Case;
use crate::common::Perfkit;
use crate::common::load::report;

const PERCENTILES: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

/// The environment variable that names a directory for the runs as files.
const DIRECTORY: &str = "PERFKIT_INSIGHT_CASES";

/// All runs of the set.
fn cases() -> Vec<Case> {
    [says::cases(), says_nothing::cases()].concat()
}

/// The insights and the caveats of a case, as `report.json` has them.
fn told(case: &Case) -> (Vec<Value>, Vec<Value>) {
    let files: Vec<&str> = case.files.iter().map(String::as_str).collect();
    let report: Report = report(&files, &PERCENTILES);
    let report = serde_json::to_value(report).unwrap();
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    (list("insights"), list("caveats"))
}

/// Checks cases, and reports all that is wrong at once.
fn check(cases: &[Case]) {
    let mut wrong = String::new();
    for case in cases {
        let (insights, caveats) = told(case);
        let of_case = [case.wrong(&insights), case.badly_worded(&caveats)].concat();
        if of_case.is_empty() {
            continue;
        }
        writeln!(wrong, "{}\n  {}", case.name, of_case.join("\n  ")).unwrap();
        for insight in insights {
            let (kind, sentence) = (&insight["kind"], &insight["sentence"]);
            writeln!(wrong, "  told {kind}: {sentence}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_must_be_said_is_said_and_nothing_else() {
    check(&says::cases());
}

#[test]
fn runs_without_a_fault_have_none() {
    check(&says_nothing::cases());
}

#[test]
fn at_most_five_are_shown_at_the_top() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", &says::everything().files[0]);
    let (_, said) = perfkit.run(&["analyze", "run.jtl", "-o", "out", "--charts", "none"]);
    let shown = said
        .lines()
        .filter(|line| line.starts_with("perfkit: insight: "));
    assert_eq!(shown.count(), 5, "{said}");
    let markdown = perfkit.read("out/report.md");
    let (_, insights) = markdown.split_once("## Insights\n\n").unwrap();
    let listed = insights.lines().take_while(|line| line.starts_with("- "));
    assert_eq!(listed.count(), 5, "{markdown}");
}

/// `scripts/check-insights.sh` has the figures of these files recomputed.
#[test]
#[ignore = "writes the runs to the directory that PERFKIT_INSIGHT_CASES names"]
fn write_the_runs() {
    let directory = std::env::var(DIRECTORY).unwrap();
    for case in cases() {
        for (number, file) in case.files.iter().enumerate() {
            let path = Path::new(&directory).join(format!("{}.{number}.jtl", case.name));
            std::fs::write(path, file).unwrap();
        }
    }
}
