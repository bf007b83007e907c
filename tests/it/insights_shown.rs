//! How insights are shown: the first few, the others folded, and with options to try next.

use std::fmt::Write;

use crate::common::Perfkit;
use crate::common::load::{Random, Row, arrivals, jtl};
use perfkit::report::Report;
use regex::Regex;

/// A run with a label of two groups of times, two slow labels, a burst of errors and a stray time.
fn eventful() -> String {
    let labels = [
        "Home", "Search", "Pay it's", "Cart", "Find", "Report", "Help",
    ];
    let rows = arrivals(
        &mut Random(3),
        300.0,
        |_| 60.0,
        |random, time| {
            let label = labels[random.below(labels.len())];
            let elapsed = match label {
                "Search" if random.uniform() < 0.6 => random.log_normal(6.0, 0.3),
                "Search" => random.log_normal(120.0, 0.3),
                "Pay it's" => random.log_normal(480.0, 0.3),
                "Report" => random.log_normal(700.0, 0.3),
                _ => random.log_normal(40.0, 0.3),
            };
            let fails = (100.0..110.0).contains(&time) && random.uniform() < 0.8;
            Row {
                label: label.to_owned(),
                elapsed,
                error: fails.then_some("503,Service Unavailable"),
                ..Row::default()
            }
        },
    );
    let mut text = jtl(rows);
    let line = text.lines().last().unwrap().to_owned();
    let (_, rest) = line.split_once(',').unwrap();
    writeln!(text, "0,{rest}").unwrap();
    text
}

/// The run's report, `report.md`, `report.html` and standard error.
fn shown(perfkit: &Perfkit, options: &[&str]) -> (Report, String, String, String) {
    let arguments = ["analyze", "run.jtl", "-o", "out", "--charts", "none"];
    let (_, said) = perfkit.run(&[&arguments[..], options].concat());
    let report = serde_json::from_str(&perfkit.read("out/report.json")).unwrap();
    let page = perfkit.read("out/report.html");
    (report, perfkit.read("out/report.md"), page, said)
}

fn printed(said: &str) -> usize {
    let lines = said.lines();
    lines
        .filter(|line| line.starts_with("perfkit: insight: "))
        .count()
}

#[test]
fn those_that_cost_most_come_first_and_the_others_are_folded() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", eventful());
    let (report, markdown, page, said) = shown(&perfkit, &["--insights", "2"]);
    let all = report.insights.len();
    assert!(all >= 5, "{:#?}", report.insights);
    assert!(report.insights.is_sorted_by(|a, b| a.cost >= b.cost));
    assert!(report.insights.iter().all(|insight| insight.cost > 0.0));
    assert_eq!(report.options.max_insights, Some(2));
    let more = all - 2;
    assert_eq!(printed(&said), 2);
    assert!(
        said.contains(&format!(
            "perfkit: {more} more insights: see out/report.md\n"
        )),
        "{said}"
    );
    let fold = format!("<details><summary>{more} more insights</summary>\n\n- ");
    let (top, folded) = markdown.split_once(&fold).unwrap();
    assert_eq!(top.matches("\n- ").count(), 2, "{markdown}");
    let folded = folded.split("\n</details>\n").next().unwrap();
    assert_eq!(folded.matches("\n- ").count() + 1, more, "{markdown}");
    let fold = format!("<summary>{more} more insights</summary>");
    assert!(page.contains(&fold));
    // Without a directory nothing refers to one.
    let arguments = ["analyze", "run.jtl", "--no-report", "--insights", "1"];
    let (_, said) = perfkit.run(&arguments);
    let more = format!(
        "perfkit: {} more insights: --insights all prints them\n",
        all - 1
    );
    assert!(said.contains(&more), "{said}");
}

#[test]
fn all_or_none_are_shown_on_request() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", eventful());
    let (report, markdown, page, said) = shown(&perfkit, &["--insights", "all"]);
    assert_eq!(printed(&said), report.insights.len());
    assert!(!said.contains("more insight"), "{said}");
    assert!(!markdown.contains("<details>"), "{markdown}");
    assert!(!page.contains("more insights"));
    let (report, markdown, _, said) = shown(&perfkit, &["--insights", "none"]);
    assert!(!said.contains("insight"), "{said}");
    let fold = format!(
        "## Insights\n\n<details><summary>{} insights</summary>",
        report.insights.len()
    );
    assert!(markdown.contains(&fold), "{markdown}");
    perfkit.write("perfkit.toml", "[analyze]\ninsights = 1\n");
    assert_eq!(printed(&shown(&perfkit, &[]).3), 1);
    perfkit.fail(&["analyze", "run.jtl", "--insights", "some"]);
}

/// The options after "Try:", as a shell reads them, show the figures of the sentence.
#[test]
#[cfg(unix)]
fn options_to_try_reproduce_the_figures() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", eventful());
    let (report, markdown, page, said) = shown(&perfkit, &["--insights", "all"]);
    let told = Regex::new(r"(?:median|about) (\d+) ms|\((\S+)/s").unwrap();
    for insight in report.insights {
        let kind = serde_json::to_value(&insight.finding).unwrap()["kind"].clone();
        let Some(kind @ ("slow_label" | "bimodal" | "stray_times")) = kind.as_str() else {
            continue;
        };
        assert!(!insight.next_step.is_empty(), "{kind}");
        let line = said.lines().find(|line| line.contains(&insight.sentence));
        let (_, options) = line.unwrap().split_once(" Try: ").unwrap();
        let words = std::process::Command::new("sh")
            .args(["-c", &format!("printf '%s\\n' {options}")])
            .output()
            .unwrap();
        let words = String::from_utf8(words.stdout).unwrap();
        let words: Vec<&str> = words.lines().collect();
        assert_eq!(words, insight.next_step);
        assert!(
            markdown.contains(&format!(" Try: `{options}`\n")),
            "{markdown}"
        );
        assert!(page.contains("<summary>Try</summary><code>--"));
        let arguments = ["analyze", "run.jtl", "--no-report", "--format", "json"];
        let (json, _) = perfkit.run(&[&arguments[..], &words].concat());
        let part: Report = serde_json::from_str(&json).unwrap();
        let elapsed = part.total.elapsed.as_ref().unwrap();
        let mut figures: Vec<String> = (elapsed.percentiles.iter())
            .map(|found| found.value.to_string())
            .collect();
        figures.extend(part.total.throughput.map(|rate| format!("{rate:.1}")));
        let told: Vec<&str> = (told.captures_iter(&insight.sentence))
            .filter_map(|found| Some(found.get(1).or(found.get(2))?.as_str()))
            .collect();
        assert!(!told.is_empty(), "{}", insight.sentence);
        for figure in told {
            assert!(
                figures.iter().any(|shown| shown == figure),
                "{figure} is not among {figures:?}: {}",
                insight.sentence
            );
        }
    }
}
