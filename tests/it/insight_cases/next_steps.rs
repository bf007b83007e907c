//! Whoever takes the next step of an insight finds its figures.

use serde_json::Value;

use super::{Case, cases, told};
use crate::common::Perfkit;

/// The figures of each kind that its next step shows in the row TOTAL, by the names of its fields.
const REPRODUCED: &[(&str, &[&str])] = &[
    ("always_fails", &["samples", "errors"]),
    ("bimodal", &["ok_samples"]),
    ("collapse", &[]),
    ("drift", &[]),
    ("error_burst", &["samples", "errors"]),
    ("failing_since", &["samples", "errors"]),
    ("fast_errors", &["ok_median_ms", "ok_p95_ms"]),
    ("gap", &["samples_after"]),
    ("rises_with_load", &[]),
    ("saturation", &[]),
    ("slow_label", &["samples", "median_ms"]),
    ("stall", &["samples", "longest_ms"]),
    (
        "steady_window",
        &["samples", "throughput_per_second", "median_ms", "p95_ms"],
    ),
    ("timeouts", &["samples", "errors"]),
    ("unreachable", &["samples", "errors"]),
];

/// A figure of the row TOTAL; `None` if the field has none there.
fn shown(report: &Value, field: &str) -> Option<Value> {
    let total = &report["total"];
    let percentile = |percent: f64| {
        let percentiles = total["elapsed"]["percentiles"].as_array().unwrap().iter();
        percentiles
            .clone()
            .find(|own| own["percent"] == percent)
            .map(|own| own["value"].clone())
    };
    match field {
        "samples" | "samples_after" => Some(total["samples"].clone()),
        "ok_samples" => Some(total["elapsed_ok"]["count"].clone()),
        "errors" => Some(total["errors"].clone()),
        "throughput_per_second" => Some(total["throughput"].clone()),
        "median_ms" | "ok_median_ms" => percentile(50.0),
        "p95_ms" | "ok_p95_ms" => percentile(95.0),
        "longest_ms" => Some(total["elapsed"]["max"].clone()),
        _ => None,
    }
}

/// What the next steps of a case do not show.
fn missing(case: &Case) -> Vec<String> {
    let perfkit = Perfkit::new();
    let names: Vec<String> = (0..case.files.len())
        .map(|number| format!("{number}.jtl"))
        .collect();
    for (name, file) in names.iter().zip(&case.files) {
        perfkit.write(name, file);
    }
    let mut missing = Vec::new();
    for insight in told(case).0 {
        let Some(options) = insight["next_step"].as_array() else {
            continue;
        };
        let options: Vec<&str> = options
            .iter()
            .map(|option| option.as_str().unwrap())
            .collect();
        let mut arguments = vec!["analyze"];
        arguments.extend(names.iter().map(String::as_str));
        arguments.extend(["--no-report", "--format", "json"]);
        arguments.extend(&options);
        let (report, _) = perfkit.run(&arguments);
        let report: Value = serde_json::from_str(&report).unwrap();
        let kind = insight["kind"].as_str().unwrap();
        let Some((_, fields)) = REPRODUCED.iter().find(|(own, _)| *own == kind) else {
            missing.push(format!(
                "{}: what {options:?} of {kind} shows is not listed",
                case.name
            ));
            continue;
        };
        for field in *fields {
            let shown = shown(&report, field).unwrap();
            if !is_equal(&insight[field], &shown) {
                let expected = &insight[field];
                missing.push(format!(
                    "{}: {kind}: {field} is {expected}, but {options:?} shows {shown}",
                    case.name
                ));
            }
        }
    }
    missing
}

/// Whether two figures are equal; rates to the last digits of a float.
fn is_equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs(),
        _ => a == b,
    }
}

#[test]
fn next_steps_show_the_figures_of_their_insights() {
    let missing: Vec<String> = cases().iter().flat_map(missing).collect();
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}
