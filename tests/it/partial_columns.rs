//! Columns that only some files or rows have: absent is never counted as 0.

use serde_json::Value;

use crate::common::Perfkit;

const WITH: &str = "timeStamp,elapsed,label,success,bytes,Latency\n";
const WITHOUT: &str = "timeStamp,elapsed,label,success\n";

/// One row with 1,000 bytes, and one without the column, both from 0 to 100 ms.
fn mixed() -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write(
        "a.csv",
        format!("{WITH}1700000000000,100,Home,true,1000,50\n"),
    );
    perfkit.write("b.csv", format!("{WITHOUT}1700000000000,100,Home,true\n"));
    perfkit
}

fn json(perfkit: &Perfkit, files: &[&str]) -> Value {
    let options = ["--format", "json", "--no-report", "--platform", "x"];
    let (text, _) = perfkit.run(&[&["analyze"], files, &options].concat());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn averages_cover_the_samples_that_have_the_column() {
    let perfkit = mixed();
    let report = json(&perfkit, &["a.csv", "b.csv"]);
    let total = &report["total"];
    assert_eq!(total["samples"], 2);
    assert_eq!(total["average_bytes"], 1_000.0);
    assert_eq!(total["latency"]["count"], 1);
    assert_eq!(total["latency"]["mean"], 50.0);
    // A tenth of a second.
    assert_eq!(total["received_kb_per_sec"], 9.765625);
    assert_eq!(total["sent_kb_per_sec"], Value::Null);
    let expected = serde_json::json!([
        {
            "column": "bytes",
            "figures": ["received_kb_per_sec", "average_bytes"],
            "samples": 1,
            "of_samples": 2,
        },
        {"column": "Latency", "figures": ["latency"], "samples": 1, "of_samples": 2},
    ]);
    assert_eq!(total["partial"], expected);
    assert_eq!(report["labels"][0]["partial"], expected);
    assert_eq!(report["statistics"]["total"]["partial"], expected);
    let series = &report["time_series"];
    assert_eq!(series["received_bytes"], serde_json::json!([0, 1_000]));
    assert_eq!(series["total"]["latency_mean"][1], 50.0);
    // The order of files is of no matter, and neither are summaries.
    assert_eq!(json(&perfkit, &["b.csv", "a.csv"])["total"], *total);
    for name in ["a", "b"] {
        let (results, file) = (format!("{name}.csv"), format!("{name}.summary"));
        perfkit.run(&["summarize", &results, "-o", &file]);
    }
    let merged = json(&perfkit, &["a.summary", "b.summary"]);
    assert_eq!(merged["total"], *total);
    assert_eq!(merged["time_series"], *series);
    // Each file alone is whole.
    for name in ["a.csv", "b.csv"] {
        let whole = json(&perfkit, &[name]);
        assert_eq!(whole["total"].get("partial"), None);
    }
}

#[test]
fn partial_rates_are_marked_with_a_note() {
    let perfkit = mixed();
    let print = |format: &str, more: &[&str]| {
        let fixed = [
            "analyze",
            "a.csv",
            "b.csv",
            "--no-report",
            "--format",
            format,
        ];
        perfkit.run(&[&fixed[..], more].concat())
    };
    let note = "† Some samples lack the column: bytes in 1 of 2 samples (TOTAL) have it. Averages \
                cover those; KB/sec counts only their bytes.";
    for format in ["markdown", "table"] {
        let (text, said) = print(format, &[]);
        assert_eq!(text.matches("9.77†").count(), 2, "{text}");
        assert!(text.contains(note), "{text}");
        assert!(
            said.contains("note: Some samples lack a column: perfkit found bytes in 1 of 2"),
            "{said}"
        );
    }
    let columns = ["--columns", "average_bytes,latency,max"];
    let (text, _) = print("markdown", &columns);
    assert!(text.contains("1000.0†") && text.contains("50†"), "{text}");
    // JMeter's file is JMeter's; a rate of some of the samples is no metric.
    let (text, _) = print("csv", &[]);
    assert!(text.ends_with(",9.77,0.00\n"), "{text}");
    let (text, _) = print("csv", &columns);
    assert!(text.ends_with("TOTAL,1000.0,50,100\n"), "{text}");
    let (text, _) = print("prometheus", &[]);
    assert!(!text.contains("bytes_per_second"), "{text}");
    let (text, _) = perfkit.run(&["analyze", "a.csv", "--no-report", "--format", "prometheus"]);
    assert!(
        text.contains("perfkit_run_received_bytes_per_second"),
        "{text}"
    );
}

#[test]
fn fields_and_attributes_may_be_missing_in_some_rows() {
    let perfkit = Perfkit::new();
    let rows = "1700000000000,100,Home,true,1000,50\n1700000000000,100,Home,true,,null\n";
    perfkit.write("rows.csv", format!("{WITH}{rows}"));
    // A second header without the columns.
    let appended = format!(
        "{WITH}1700000000000,100,Home,true,1000,50\n{WITHOUT}1700000000000,100,Home,true\n"
    );
    perfkit.write("appended.csv", appended);
    let sample = r#"t="100" ts="1700000000000" s="true" lb="Home""#;
    perfkit.write(
        "run.xml",
        format!(
            r#"<testResults><sample {sample} by="1000" lt="50"/><sample {sample}/></testResults>"#
        ),
    );
    for name in ["rows.csv", "appended.csv", "run.xml"] {
        let total = &json(&perfkit, &[name])["total"];
        assert_eq!(total["average_bytes"], 1_000.0, "{name}");
        assert_eq!(total["latency"]["mean"], 50.0, "{name}");
        assert_eq!(total["partial"][0]["samples"], 1, "{name}");
        assert_eq!(total["partial"][1]["column"], "Latency", "{name}");
    }
}

#[test]
fn aggregated_rows_count_as_their_samples() {
    let perfkit = Perfkit::new();
    let header = "timeStamp,elapsed,label,success,bytes,SampleCount\n";
    let rows = "1700000000000,100,Home,true,3000,3\n1700000000000,100,Home,true,,5\n";
    perfkit.write("run.csv", format!("{header}{rows}"));
    let total = &json(&perfkit, &["run.csv"])["total"];
    assert_eq!(total["average_bytes"], 1_000.0);
    assert_eq!(total["partial"][0]["samples"], 3);
    assert_eq!(total["partial"][0]["of_samples"], 8);
}

#[test]
fn an_insight_needs_the_column_in_all_samples() {
    let perfkit = Perfkit::new();
    let times = (0..200).map(|number| 1_700_000_000_000_i64 + number * 100);
    let (mut with, mut without) = (String::new(), String::new());
    for time in times {
        with += &format!("{time},100,Home,true,60,40\n");
        without += &format!("{time},100,Home,true\n");
    }
    perfkit.write(
        "a.csv",
        format!("timeStamp,elapsed,label,success,Latency,Connect\n{with}"),
    );
    perfkit.write("b.csv", format!("{WITHOUT}{without}"));
    let (_, said) = perfkit.run(&["analyze", "a.csv", "--no-report"]);
    assert!(
        said.contains("100% of requests opened a new connection"),
        "{said}"
    );
    let (_, said) = perfkit.run(&["analyze", "a.csv", "b.csv", "--no-report"]);
    assert!(!said.contains("connection"), "{said}");
    assert!(
        said.contains("Latency in 200 of 400 samples, Connect in 200 of 400 samples"),
        "{said}"
    );
}

#[test]
fn threads_of_a_part_are_not_those_of_the_run() {
    let perfkit = Perfkit::new();
    let header = "timeStamp,elapsed,label,success,allThreads\n";
    perfkit.write("a.csv", format!("{header}1700000000000,100,Home,true,7\n"));
    perfkit.write("b.csv", format!("{WITHOUT}1700000000000,100,Home,true\n"));
    let total = &json(&perfkit, &["a.csv", "b.csv"])["total"];
    let expected = serde_json::json!([
        {"column": "allThreads", "figures": ["active_threads"], "samples": 1, "of_samples": 2},
    ]);
    assert_eq!(total["partial"], expected);
}

#[test]
fn partial_rates_are_not_compared() {
    let perfkit = mixed();
    perfkit.run(&["summarize", "a.csv", "b.csv", "-o", "mixed.summary"]);
    let (text, _) = perfkit.run(&[
        "compare",
        "a.csv",
        "mixed.summary",
        "--all",
        "--format",
        "json",
    ]);
    let comparison: Value = serde_json::from_str(&text).unwrap();
    let figures = comparison["labels"][0]["figures"].as_array().unwrap();
    let received = figures.iter().find(|of| of["key"] == "received_kb_per_sec");
    assert_eq!(
        received.unwrap()["values"],
        serde_json::json!([9.765625, null])
    );
    assert_eq!(received.unwrap()["changes"], serde_json::json!([null]));
    let notes = comparison["notes"].to_string();
    assert!(
        notes.contains("mixed: some samples lack a column (bytes in 1 of 2 samples): rates from it are not compared."),
        "{notes}"
    );
}
