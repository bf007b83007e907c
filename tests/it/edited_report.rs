//! Saved reports that were damaged or edited: compare reads them or refuses them, and never hangs or panics.

use std::time::Duration;

use perfkit::compare::{self, Side};
use perfkit::render::{self, compare::Extent};
use perfkit::report::Report;
use serde_json::{Value, json};

use crate::common::simulated::settings;
use crate::common::{Perfkit, five_samples};

/// A directory with `a.json` and `b.json`, and the report in them.
fn saved() -> (Perfkit, Value) {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let (report, _) = perfkit.run(&["analyze", "results.jtl", "--no-report", "--format", "json"]);
    perfkit.write("a.json", &report);
    perfkit.write("b.json", &report);
    let report = serde_json::from_str(&report).unwrap();
    (perfkit, report)
}

/// The exit code of comparing an edited report with the original, and what it says.
fn run(perfkit: &Perfkit, edited: &Value) -> (Option<i32>, String) {
    perfkit.write("b.json", serde_json::to_string(edited).unwrap());
    let output = perfkit
        .command(&["compare", "a.json", "b.json", "--all"])
        .timeout(Duration::from_secs(60))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[test]
fn a_contradiction_is_an_error_that_says_what_to_do() {
    let (perfkit, report) = saved();
    let refusal = |path: &str, value: Value| {
        let mut edited = report.clone();
        *edited.pointer_mut(path).unwrap() = value;
        let (code, said) = run(&perfkit, &edited);
        assert_eq!(code, Some(2), "{path}: {said}");
        said.trim_end().to_owned()
    };
    assert_eq!(
        refusal("/total/errors", json!(6)),
        "perfkit: error: b.json: is a report that contradicts itself (a label has more errors than \
         samples): analyze those results again"
    );
    for (path, value, why) in [
        (
            "/total/samples",
            json!(1_u64 << 62),
            "samples and times of a label differ",
        ),
        (
            "/labels/0/distribution/0/1",
            json!(1_u64 << 62),
            "more samples than there can be",
        ),
        (
            "/labels/0/distribution/1/0",
            json!(1),
            "times of a label are not in order",
        ),
        (
            "/total/elapsed/mean",
            json!(1e9),
            "a statistic lies outside the times",
        ),
        (
            "/accounting/counted",
            json!(4),
            "numbers of rows do not add up",
        ),
        ("/window/end_ms", json!(0), "ends before it starts"),
        ("/time_series/bucket_ms", json!(0), "no valid times"),
        (
            "/time_series/hits",
            json!([1]),
            "figures over time differ in length",
        ),
        ("/slices/slice_ms", json!(1_u64 << 62), "no valid times"),
    ] {
        let said = refusal(path, value);
        assert!(said.contains(why), "{path}: {said}");
    }
}

/// What is odd in a file is not taken for damage in its saved report.
#[test]
fn reports_of_odd_files_are_read_back() {
    let header = "timeStamp,elapsed,label,success,SampleCount,ErrorCount";
    for rows in [
        // It ends before it starts.
        "1700000000000,-1,A,true,1,0",
        "1700000000000,-700,A,true,7,0",
        "1700000000000,10,A,false,1,5\n1700000001000,10,A,true,1,0",
        "1700000000000,10,A,false,0,1\n1700000001000,10,B,true,1,0",
        "9000000000000000000,10,A,false,1,1\n-9000000000000000000,10,A,true,1,0",
        "1700000000000,10,A,true,1,0\n-9000000000000000000,10,A,true,1,0",
        "9223372036854775807,0,A,true,1,0\n-9223372036854775807,0,A,true,1,0",
        "9223372036854775807,-9223372036854775807,A,true,1,0",
    ] {
        let perfkit = Perfkit::new();
        perfkit.write("odd.jtl", format!("{header}\n{rows}\n"));
        perfkit.run(&["analyze", "odd.jtl", "-o", "out", "--charts", "none"]);
        let (compared, _) = perfkit.run(&["compare", "odd.jtl", "out/report.json"]);
        assert!(
            compared.starts_with("**report is identical to odd.**"),
            "{rows}: {compared}"
        );
    }
}

/// The paths to all numbers.
fn numbers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(path.to_owned()),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                numbers(item, &format!("{path}/{place}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                numbers(field, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// What passes the checks is compared and rendered without a panic or a hang.
#[test]
fn any_number_may_be_edited() {
    let (_, report) = saved();
    let original: Report = serde_json::from_value(report.clone()).unwrap();
    assert_eq!(original.check(), Ok(()));
    let mut paths = Vec::new();
    numbers(&report, "", &mut paths);
    assert!(paths.len() > 300, "{paths:?}");
    let (mut accepted, mut refused) = (0, 0);
    for path in &paths {
        for value in [
            json!(1_u64 << 62),
            json!(-1_i64 << 62),
            json!(-1),
            json!(0),
            json!(1e300),
        ] {
            let mut edited = report.clone();
            *edited.pointer_mut(path).unwrap() = value;
            match serde_json::from_value::<Report>(edited) {
                Ok(report) if report.check().is_ok() => {
                    accepted += 1;
                    let sides = [Side::of("a", original.clone()), Side::of("b", report)];
                    let comparison = compare::compare(&sides, &settings(0.05));
                    render::compare::markdown(&comparison, Extent::All);
                    render::compare::json(&comparison, &[]).unwrap();
                }
                _ => refused += 1,
            }
        }
    }
    assert!(accepted > 100 && refused > 500, "{accepted}, {refused}");
}
