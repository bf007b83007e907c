//! `--metric`: columns of numbers beside the times.

use serde_json::{Value, json};

use crate::common::Perfkit;

/// Five rows of two labels: ttft is 100.5, 300, 200 and empty for `Chat`, and text for `Home`; queue is
/// a number in all.
const RESULTS: &str = "\
timeStamp,elapsed,label,success,allThreads,\"ttft\",\"queue\",\"user\"
1700000000000,400,Chat,true,1,100.5,0,ann
1700000000100,500,Chat,true,1,300,-2,ben
1700000000200,600,Chat,true,1,200,4,\"ben, the other\"
1700000000300,700,Chat,false,1,,6,null
1700000000400,100,Home,true,1,n/a,1,ann
";

const FIXED: [&str; 4] = ["--no-report", "--platform", "x", "--format"];

fn written() -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", RESULTS);
    perfkit
}

fn report(perfkit: &Perfkit, arguments: &[&str]) -> Value {
    let all = [&["analyze"], arguments, &FIXED, &["json"]].concat();
    serde_json::from_str(&perfkit.run(&all).0).unwrap()
}

#[test]
fn a_metric_has_a_table() {
    let perfkit = written();
    let arguments = [
        "analyze", "run.jtl", "--metric", "ttft=ms", "--metric", "queue",
    ];
    let (block, said) = perfkit.run(&[&arguments[..], &FIXED, &["markdown"]].concat());
    let tables: Vec<&str> = block.split("\n\n").skip(2).collect();
    // The ranks of 3 values: round(1.5), round(2.7), round(2.85), round(2.97). JMeter's 90% is a 32-bit
    // float, a little less than 0.9: of 5 values the rank is round(4.49999), not 5.
    insta::assert_snapshot!(tables.join("\n\n"), @r"
    | **ttft (ms)** | **# Samples** | **# Values** | **Average** | **Median** | **90% Line** | **95% Line** | **99% Line** | **Min** | **Max** |
    |---------------|---------------|--------------|-------------|------------|--------------|--------------|--------------|---------|---------|
    | Chat          | 4             | 3            | 200.167     | 200        | 300          | 300          | 300          | 100.5   | 300     |
    | **TOTAL**     | 5             | 3            | 200.167     | 200        | 300          | 300          | 300          | 100.5   | 300     |

    | **queue** | **# Samples** | **# Values** | **Average** | **Median** | **90% Line** | **95% Line** | **99% Line** | **Min** | **Max** |
    |-----------|---------------|--------------|-------------|------------|--------------|--------------|--------------|---------|---------|
    | Chat      | 4             | 4            | 2           | 0          | 6            | 6            | 6            | -2      | 6       |
    | Home      | 1             | 1            | 1           | 1          | 1            | 1            | 1            | 1       | 1       |
    | **TOTAL** | 5             | 5            | 1.8         | 1          | 4            | 6            | 6            | -2      | 6       |
    ");
    assert!(
        said.contains("note: ttft: 3 of 5 rows have a number; the others do not count."),
        "{said}"
    );
    assert!(!said.contains("queue:"), "{said}");
    let (terminal, _) = perfkit.run(&[&arguments[..], &FIXED, &["table"]].concat());
    assert!(terminal.contains("ttft (ms)"), "{terminal}");
    // JMeter's table stays JMeter's.
    let csv = |more: &[&str]| {
        let all = [&["analyze", "run.jtl"], &FIXED[..], &["csv"], more].concat();
        perfkit.run(&all).0
    };
    assert_eq!(csv(&["--metric", "queue"]), csv(&[]));
}

#[test]
fn report_and_charts_have_the_metrics() {
    let perfkit = written();
    let arguments = [
        "analyze",
        "run.jtl",
        "--metric",
        "ttft=ms",
        "--platform",
        "x",
        "-o",
        "r",
    ];
    perfkit.run(&arguments);
    let report: Value = serde_json::from_str(&perfkit.read("r/report.json")).unwrap();
    let metric = &report["metrics"][0];
    assert_eq!(
        (&metric["name"], &metric["unit"]),
        (&json!("ttft"), &json!("ms"))
    );
    assert_eq!(
        metric["total"]["distribution"],
        json!([[100_500, 1], [200_000, 1], [300_000, 1]])
    );
    assert_eq!(metric["total"]["summary"]["min"], 100.5);
    // Samples end after 400, 600 and 800 ms, in buckets of 100 ms.
    let over_time = &metric["over_time"][0];
    assert_eq!(over_time["label"], "Chat");
    let means = json!([
        null, null, null, null, 100.5, null, 300.0, null, 200.0, null, null
    ]);
    assert_eq!(over_time["mean"], means);
    for name in ["report.html", "report.md"] {
        let text = perfkit.read(&format!("r/{name}"));
        assert!(text.contains("ttft over time"), "{name}");
        assert!(text.contains("200.167"), "{name}");
    }
    for chart in ["over-time", "percentiles"] {
        assert!(
            perfkit
                .path(&format!("r/charts/metric-1-{chart}.png"))
                .is_file()
        );
    }
    let only = ["--charts", "metrics"];
    perfkit.run(&[&arguments[..], &only].concat());
    let charts = perfkit.path("r/charts").read_dir().unwrap();
    assert_eq!(charts.count(), 2);
}

#[test]
fn without_the_option_a_note_names_the_columns() {
    let perfkit = written();
    let (_, said) = perfkit.run(&["analyze", "run.jtl", "--no-report"]);
    // In the first rows ttft has text once, user always.
    assert!(
        said.contains(
            "note: There is a column of numbers beside JMeter's: queue. --metric NAME[=UNIT] adds"
        ),
        "{said}"
    );
    let (_, said) = perfkit.run(&["analyze", "run.jtl", "--no-report", "--metric", "queue"]);
    assert!(!said.contains("column of numbers"), "{said}");
}

#[test]
fn a_metric_without_numbers_is_an_error() {
    let perfkit = written();
    let refused =
        |metric: &str| perfkit.fail(&["analyze", "run.jtl", "--no-report", "--metric", metric]);
    assert_eq!(
        refused("user"),
        "perfkit: error: --metric: no row has a number in the column `user`; the columns beside JMeter's \
         own are ttft, queue, user"
    );
    assert_eq!(
        refused("tfft"),
        "perfkit: error: --metric: the results have no column `tfft` (did you mean `ttft`?); the columns \
         beside JMeter's own are ttft, queue, user"
    );
    let twice = [
        "analyze", "run.jtl", "--metric", "queue", "--metric", "queue=x",
    ];
    assert_eq!(
        perfkit.fail(&twice),
        "perfkit: error: --metric: `queue` is given twice"
    );
    // Part of a run may have no number in a column.
    perfkit.run(&[
        "summarize",
        "run.jtl",
        "--metric",
        "user",
        "-o",
        "part.summary",
    ]);
    let unknown = [
        "summarize",
        "run.jtl",
        "--metric",
        "usr",
        "-o",
        "part.summary",
    ];
    assert!(
        perfkit
            .fail(&unknown)
            .contains("no column `usr` (did you mean `user`?)")
    );
}

#[test]
fn any_of_jmeters_columns_of_numbers_is_a_metric() {
    let perfkit = Perfkit::new();
    // JMeter's default columns, which usually are read on a path of their own.
    perfkit.write("run.jtl", crate::common::five_samples());
    let arguments = ["run.jtl", "--metric", "bytes", "--metric", "allThreads"];
    let report = report(&perfkit, &arguments);
    assert_eq!(
        report["metrics"][0]["total"]["distribution"],
        json!([[1_024_000, 5]])
    );
    assert_eq!(report["metrics"][1]["total"]["summary"]["mean"], 1.6);
}

#[test]
fn summaries_keep_metrics() {
    let perfkit = written();
    perfkit.write(
        "more.jtl",
        RESULTS.replace("100.5", "7").replace("Home", "Help"),
    );
    let metrics = ["--metric", "ttft=ms", "--metric", "queue"];
    let direct = report(&perfkit, &[&["run.jtl", "more.jtl"], &metrics[..]].concat());
    for name in ["run", "more"] {
        let (results, file) = (format!("{name}.jtl"), format!("{name}.summary"));
        perfkit.run(&[&["summarize", &results, "-o", &file], &metrics[..]].concat());
    }
    let merged = |files: &[&str], more: &[&str]| report(&perfkit, &[files, more].concat());
    assert_eq!(
        merged(&["run.summary", "more.summary"], &[])["metrics"],
        direct["metrics"]
    );
    assert_eq!(
        merged(&["run.summary", "more.jtl"], &metrics)["metrics"],
        direct["metrics"]
    );
    assert_eq!(direct["metrics"][0]["total"]["rows"], 10);
    let refused =
        |arguments: &[&str]| perfkit.fail(&[&["analyze"], arguments, &["--no-report"]].concat());
    assert_eq!(
        refused(&["run.summary", "--metric", "queue"]),
        "perfkit: error: run.summary: is a summary file that was made with --metric ttft --metric queue, and \
         not with --metric queue: give the option when you make it"
    );
    assert_eq!(
        refused(&["run.summary", "more.jtl"]),
        "perfkit: error: more.jtl: cannot be merged with the inputs before it: it was made without --metric, \
         those with --metric ttft --metric queue; use the same metrics for all, in the same order"
    );
}

#[test]
fn files_may_have_the_column_in_any_place_or_lack_it() {
    let perfkit = written();
    perfkit.write(
        "other.jtl",
        "queue;timeStamp;elapsed;label;success\n9;1700000000000;100;Chat;true\n",
    );
    perfkit.write(
        "none.jtl",
        "timeStamp,elapsed,label,success\n1700000000000,100,Chat,true\n",
    );
    let files = ["run.jtl", "other.jtl", "none.jtl", "--metric", "queue"];
    let total = &report(&perfkit, &files)["metrics"][0]["total"];
    assert_eq!(total["rows"], 7);
    assert_eq!(total["summary"]["count"], 6);
    assert_eq!(total["summary"]["max"], 9.0);
}

#[test]
fn xml_has_metrics_in_attributes_and_elements() {
    let perfkit = Perfkit::new();
    let sample = r#"t="100" ts="1700000000000" s="true" lb="Home" by="10""#;
    perfkit.write(
        "run.xml",
        format!(
            r#"<testResults><httpSample {sample} ttft="12.5" user="ann"/>
<sample {sample} ttft=""><queue>3</queue></sample>
<sample {sample} ttft="0.25"><queue>many</queue></sample></testResults>"#
        ),
    );
    let metrics = ["--metric", "ttft", "--metric", "queue", "--metric", "bytes"];
    let report = report(&perfkit, &[&["run.xml"], &metrics[..]].concat());
    let distribution = |metric: usize| &report["metrics"][metric]["total"]["distribution"];
    assert_eq!(*distribution(0), json!([[250, 1], [12_500, 1]]));
    assert_eq!(*distribution(1), json!([[3_000, 1]]));
    assert_eq!(*distribution(2), json!([[10_000, 3]]));
    let (_, said) = perfkit.run(&["analyze", "run.xml", "--no-report"]);
    assert!(
        said.contains("column of numbers beside JMeter's: ttft."),
        "{said}"
    );
    let refused = perfkit.fail(&["analyze", "run.xml", "--no-report", "--metric", "x"]);
    assert!(
        refused.ends_with("the columns beside JMeter's own are ttft, user"),
        "{refused}"
    );
}

#[test]
fn metrics_are_compared() {
    let perfkit = written();
    perfkit.write("slower.jtl", RESULTS.replace("100.5", "400"));
    let arguments = ["compare", "run.jtl", "slower.jtl", "--metric", "ttft=ms"];
    let (text, _) = perfkit.run(&[&arguments[..], &["--format", "json"]].concat());
    let comparison: Value = serde_json::from_str(&text).unwrap();
    let figures = |label: usize| comparison["labels"][label]["figures"].as_array().unwrap();
    let of = |label: usize, key: &str| figures(label).iter().find(|figure| figure["key"] == key);
    let p95 = of(0, "ttft.p95").unwrap();
    assert_eq!(p95["title"], "ttft 95% Line");
    assert_eq!(p95["unit"], "ms");
    assert_eq!(p95["values"], json!([300.0, 400.0]));
    assert_eq!(p95["changes"][0]["difference"], 100.0);
    assert_eq!(p95["changes"][0]["verdict"], Value::Null);
    // `Home` has no values.
    assert!(of(1, "ttft.p95").is_none());
    assert_eq!(
        of(2, "ttft.avg").unwrap()["values"],
        json!([200.166_666_666_666_67, 300.0])
    );
    let (text, _) = perfkit.run(&[&arguments[..], &["--all"]].concat());
    assert!(text.contains("ttft 95% Line"), "{text}");
}

#[test]
fn criteria_take_metrics() {
    let perfkit = written();
    let judge = |criterion: &str| {
        let arguments = ["analyze", "run.jtl", "--no-report", "--metric", "ttft=ms"];
        let more = ["--metric", "queue", "--fail-if", criterion];
        let output = perfkit
            .command(&[&arguments[..], &more].concat())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said)
    };
    for (criterion, code, message) in [
        ("ttft.p95 > 250ms", 1, "found 300 in 3 of 5 rows"),
        ("ttft.p95 > 0.4s", 0, "found 300 in 3 of 5 rows"),
        ("ttft.avg > 200.2", 0, "found 200.167 in 3 of 5 rows"),
        ("Chat: queue.max >= 6", 1, "found 6"),
        ("queue.min < 0", 1, "found -2"),
        (
            "Home: ttft.avg > 1",
            2,
            "ttft.avg is undefined: no row has a number in the column",
        ),
        (
            "queue.max > 5ms",
            2,
            "the limit is a time, but the unit of `queue` is not ms",
        ),
        (
            "tfft.p95 > 1",
            2,
            "the report has no metric `tfft` (did you mean `ttft`?)",
        ),
        (
            "ttft.p95 > 1 for 30s",
            2,
            "ttft.p95 is not available over time",
        ),
        ("latency.max > 1ms", 2, "unknown metric `latency.max`"),
    ] {
        let (found, said) = judge(criterion);
        assert_eq!(found, code, "{criterion}: {said}");
        assert!(said.contains(message), "{criterion}: {said}");
    }
}

#[test]
fn a_baseline_has_metrics_too() {
    let perfkit = written();
    perfkit.write("slower.jtl", RESULTS.replace("300", "400"));
    let metric = ["--metric", "ttft=ms", "--charts", "none"];
    perfkit.run(&[&["analyze", "run.jtl", "-o", "before"], &metric[..]].concat());
    let judge = |criterion: &str| {
        let arguments = [
            "analyze",
            "slower.jtl",
            "--baseline",
            "before/report.json",
            "--no-report",
        ];
        let all = [&arguments[..], &metric, &["--fail-if", criterion]].concat();
        perfkit.command(&all).output().unwrap().status.code()
    };
    assert_eq!(judge("ttft.p95 > baseline * 1.3"), Some(1));
    assert_eq!(judge("ttft.p95 > baseline * 1.4"), Some(0));
    assert_eq!(judge("ttft.p95 > baseline + 50ms"), Some(1));
}

#[test]
fn a_rejected_row_may_have_had_any_value() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", format!("{RESULTS}damaged,1\n"));
    let judge = |criterion: &str| {
        let arguments = ["analyze", "run.jtl", "--no-report", "--metric", "queue"];
        let all = [&arguments[..], &["--fail-if", criterion]].concat();
        perfkit.command(&all).output().unwrap().status.code()
    };
    // The 90% of 5 values is the fourth smallest, 4; with a larger one more it would be the fifth, 6.
    assert_eq!(judge("queue.p90 > 6"), Some(0));
    assert_eq!(judge("queue.p90 > 5"), Some(2));
}
