//! `report.json` against its published schema.

use std::fs;
use std::path::Path;

use crate::common::{Perfkit, fixtures};
use jsonschema::Validator;
use serde_json::Value;

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/report.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// The report of results with these options.
fn report(results: &Path, options: &[&str]) -> Value {
    let mut arguments = vec!["analyze", results.to_str().unwrap(), "--platform", "x"];
    arguments.extend(["--no-report", "--format", "json"]);
    arguments.extend(options);
    serde_json::from_str(&Perfkit::new().run(&arguments).0).unwrap()
}

fn assert_valid(schema: &Validator, report: &Value, name: &str) {
    let errors: Vec<String> = schema
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

#[test]
fn the_report_of_every_fixture_is_valid() {
    let schema = schema();
    let mut reports = 0;
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".jtl") || name.ends_with(".jtl.gz") {
            assert_valid(&schema, &report(&path, &[]), &name);
            reports += 1;
        }
    }
    assert!(reports >= 12, "{reports} reports");
}

#[test]
fn reports_with_other_options_are_valid() {
    let options = [
        ["--compat", "dashboard"],
        ["--expected-interval", "10"],
        ["--apdex", "Log.*=100,200"],
        ["--apdex", "100,200"],
        ["--percentiles", "50,99.9"],
        ["--title", "A title"],
    ];
    let options: Vec<&str> = options.concat();
    let report = report(&fixtures().join("errors.jtl"), &options);
    for given in ["dashboard", "corrected", "title"] {
        assert!(!report[given].is_null(), "{given}");
    }
    assert_valid(&schema(), &report, "errors.jtl");
}

#[test]
fn the_schema_rejects_invalid_reports() {
    let schema = schema();
    let good = report(&fixtures().join("errors.jtl"), &[]);
    for (pointer, value) in [
        ("/total/samples", Value::from("many")),
        ("/errors/0/count", Value::from(-1)),
        ("/apdex", Value::Null),
        (
            "/statistics/labels/0/elapsed/percentiles",
            Value::from(vec![1.0]),
        ),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&bad), "{pointer}");
    }
    let mut bad = good;
    bad.as_object_mut().unwrap().remove("accounting");
    assert!(!schema.is_valid(&bad));
}
