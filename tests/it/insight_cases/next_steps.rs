//! Whoever takes the next step of an insight finds its figures.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Case, cases};
use crate::common::Perfkit;

/// Where a next step shows the figures.
#[derive(Clone, Copy)]
enum Row {
    /// In TOTAL.
    Total,
    /// In the rows of the parts that these fields name, and `others`: of several, the sums.
    Parts(&'static str),
}

/// For each kind, the fields with figures that its next step shows, and the columns that show them.
type Shown = (&'static str, Row, &'static [(&'static str, Column)]);

/// A column of the tables, as `report.json` has it.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    Samples,
    Errors,
    Throughput,
    Median,
    P95,
    Max,
    /// The first and the second of the percentiles that the step asks for.
    First,
    Second,
    Connect,
    Latency,
}

use Column::{Connect, Errors, First, Latency, Max, Median, P95, Samples, Second, Throughput};

const SHOWN: &[Shown] = &[
    (
        "always_fails",
        Row::Parts("name"),
        &[("samples", Samples), ("errors", Errors)],
    ),
    (
        "bimodal",
        Row::Total,
        &[
            ("samples", Samples),
            ("fast_median_ms", First),
            ("slow_median_ms", Second),
        ],
    ),
    (
        "connect_time",
        Row::Total,
        &[
            ("samples", Samples),
            ("connect_mean_ms", Connect),
            ("latency_mean_ms", Latency),
        ],
    ),
    ("drift", Row::Total, &[("end_median_ms", Median)]),
    (
        "error_burst",
        Row::Total,
        &[("samples", Samples), ("errors", Errors)],
    ),
    (
        "failing_since",
        Row::Total,
        &[("samples", Samples), ("errors", Errors)],
    ),
    (
        "fast_errors",
        Row::Total,
        &[("ok_median_ms", Median), ("ok_p95_ms", P95)],
    ),
    (
        "new_connections",
        Row::Total,
        &[("samples", Samples), ("connect_mean_ms", Connect)],
    ),
    (
        "often_fails",
        Row::Parts("name"),
        &[("samples", Samples), ("errors", Errors)],
    ),
    (
        "slow_engine",
        Row::Parts("engine"),
        &[("samples", Samples), ("median_ms", Median)],
    ),
    (
        "slow_host",
        Row::Parts("host"),
        &[("samples", Samples), ("median_ms", Median)],
    ),
    (
        "slow_label",
        Row::Parts("label"),
        &[("samples", Samples), ("median_ms", Median)],
    ),
    ("stall", Row::Total, &[("longest_ms", Max)]),
    (
        "steady_window",
        Row::Total,
        &[
            ("samples", Samples),
            ("throughput_per_second", Throughput),
            ("median_ms", Median),
            ("p95_ms", P95),
        ],
    ),
    (
        "timeouts",
        Row::Total,
        &[("samples", Samples), ("errors", Errors)],
    ),
    (
        "unreachable",
        Row::Parts("host"),
        &[("samples", Samples), ("errors", Errors)],
    ),
];

/// The value of a column in a row.
fn value(row: &Value, column: Column) -> Value {
    let percentile = |percent: f64| {
        let percentiles = row["elapsed"]["percentiles"].as_array().unwrap();
        let found = percentiles.iter().find(|own| own["percent"] == percent);
        found.unwrap()["value"].clone()
    };
    match column {
        Samples => row["samples"].clone(),
        Errors => row["errors"].clone(),
        Throughput => row["throughput"].clone(),
        Median => percentile(50.0),
        P95 => percentile(95.0),
        First => row["elapsed"]["percentiles"][0]["value"].clone(),
        Second => row["elapsed"]["percentiles"][1]["value"].clone(),
        Max => row["elapsed"]["max"].clone(),
        Connect => row["connect"]["mean"].clone(),
        Latency => row["latency"]["mean"].clone(),
    }
}

/// The rows that show the figures of an insight. If labels were selected already, those of the labels that
/// it names do.
fn rows<'a>(
    insight: &Value,
    report: &'a Value,
    row: Row,
    are_labels_given: bool,
) -> Vec<&'a Value> {
    let total = vec![&report["total"]];
    let field = match row {
        Row::Parts(field) => field,
        Row::Total if are_labels_given && insight["label"].is_string() => "label",
        Row::Total if are_labels_given || insight["part"].is_string() => "name",
        Row::Total => return total,
    };
    let Some(name) = insight[field].as_str() else {
        return total;
    };
    let others = insight["others"].as_array().into_iter().flatten();
    let names: Vec<&str> = others
        .map(|name| name.as_str().unwrap())
        .chain([name])
        .collect();
    // `--group-by host` names a host without its port, unless ports tell hosts apart.
    let bare = |name: &str| name.split(':').next().unwrap_or_default().to_owned();
    let is_one = |row: &&Value| {
        let label = row["label"].as_str().unwrap();
        names
            .iter()
            .any(|name| *name == label || field != "label" && bare(name) == label)
    };
    report["labels"]
        .as_array()
        .unwrap()
        .iter()
        .filter(is_one)
        .collect()
}

/// A kind of insight on a part of the run, and the names of the options of its next step.
type Step = (String, String, Vec<String>);

/// What the next steps of a case do not show, if the analysis has the options `given`. Those in `tried` were
/// tried on another case.
fn missing(case: &Case, given: &[&str], tried: &mut HashSet<Step>) -> Vec<String> {
    let perfkit = Perfkit::new();
    let names: Vec<String> = (0..case.files.len())
        .map(|number| format!("{number}.jtl"))
        .collect();
    for (name, file) in names.iter().zip(&case.files) {
        perfkit.write(name, file);
    }
    let run = |options: &[&str]| -> Option<Value> {
        let mut arguments = vec!["analyze"];
        arguments.extend(names.iter().map(String::as_str));
        arguments.extend(["--no-report", "--format", "json"]);
        arguments.extend(given.iter().chain(options));
        let output = perfkit.command(&arguments).output().unwrap();
        serde_json::from_slice(&output.stdout).ok()
    };
    // Of a run of a moment, the options that are given may leave nothing.
    let Some(report) = run(&[]) else {
        return Vec::new();
    };
    let list = |field: &str| report[field].as_array().unwrap().clone();
    let (insights, caveats) = (list("insights"), list("caveats"));
    let mut missing = Vec::new();
    for insight in insights.iter().chain(&caveats) {
        let Some(options) = insight["next_step"].as_array() else {
            continue;
        };
        let options = options.iter().map(|option| option.as_str().unwrap());
        let options: Vec<&str> = options.collect();
        let names_of_options = options.iter().filter(|option| option.starts_with("--"));
        let step = (
            insight["kind"].to_string(),
            insight["part"].to_string(),
            names_of_options.map(|name| (*name).to_owned()).collect(),
        );
        if !tried.insert(step) {
            continue;
        }
        let report = run(&options).unwrap();
        let kind = insight["kind"].as_str().unwrap();
        if caveats.contains(insight) {
            continue;
        }
        let mut say =
            |text: String| missing.push(format!("{} {given:?}: {kind}: {text}", case.name));
        if kind == "gap" {
            let sides = [&insight["samples_before"], &insight["samples_after"]];
            if !sides.contains(&&report["total"]["samples"]) {
                say(format!("{options:?} shows neither side"));
            }
            continue;
        }
        let Some((_, row, figures)) = SHOWN.iter().find(|(own, ..)| *own == kind) else {
            say(format!("what {options:?} shows is not listed"));
            continue;
        };
        let rows = rows(insight, &report, *row, given.contains(&"--include"));
        for (field, column) in *figures {
            let values: Vec<Value> = rows.iter().map(|row| value(row, *column)).collect();
            let shown = match &values[..] {
                [one] => one.clone(),
                several if matches!(column, Samples | Errors) => {
                    json!(several.iter().filter_map(Value::as_u64).sum::<u64>())
                }
                _ => Value::Null,
            };
            if !is_equal(&insight[*field], &shown) {
                let expected = &insight[*field];
                say(format!(
                    "{field} is {expected}, but {options:?} shows {shown}"
                ));
            }
        }
    }
    missing
}

/// Whether two figures are equal; means and rates to the last digits of a float.
fn is_equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs(),
        _ => a == b,
    }
}

#[test]
fn next_steps_show_the_figures_of_their_insights() {
    // Alone, and beside options of the same names.
    let given: [&[&str]; 4] = [
        &[],
        &["--from", "+1s", "--to", "-1s"],
        &["--include", "."],
        &["--group-by", "host"],
    ];
    let cases = cases();
    let missing = given.iter().flat_map(|given| {
        let mut tried = HashSet::new();
        let missing = cases
            .iter()
            .flat_map(|case| missing(case, given, &mut tried));
        missing.collect::<Vec<String>>()
    });
    let missing: Vec<String> = missing.collect();
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}
