//! Choosing and ordering the columns of the tables of labels, as a process.

use crate::common::Perfkit;

#[test]
fn columns_are_chosen_and_ordered() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", crate::common::five_samples());
    let columns = "ok,ko,goodput,p99.9,std_dev,average_bytes,average_ko,latency,connect";
    let arguments = [
        "analyze",
        "run.jtl",
        "--percentiles",
        "50,99.9",
        "--columns",
        columns,
        "--platform",
        "x",
        "--charts",
        "none",
    ];
    let (block, _) = perfkit.run(&arguments);
    let table = block.split("\n\n").nth(1).unwrap();
    insta::assert_snapshot!(table, @r#"
    | **Label** | **OK** | **KO** | **Goodput** | **99.9% Line** | **Std. Dev.** | **Avg. Bytes** | **Average KO** | **Avg. Latency** | **Avg. Connect** |
    |-----------|--------|--------|-------------|----------------|---------------|----------------|----------------|------------------|------------------|
    | A         | 3      | 0      | 6.00000     | 300            | 81.65         | 1024.0         | -              | 190              | 1                |
    | B         | 1      | 1      | 1.00000     | 500            | 225.00        | 1024.0         | 500            | 265              | 2                |
    | **TOTAL** | 4      | 1      | 4.00000     | 500            | 160.00        | 1024.0         | 500            | 220              | 2                |
    "#);
    insta::assert_snapshot!(perfkit.read("run-report/aggregate.csv"), @r#"
    Label,OK,KO,Goodput,99.9% Line,Std. Dev.,Avg. Bytes,Average KO,Avg. Latency,Avg. Connect
    A,3,0,6.00000,300,81.65,1024.0,,190,1
    B,1,1,1.00000,500,225.00,1024.0,500,265,2
    TOTAL,4,1,4.00000,500,160.00,1024.0,500,220,2
    "#);
    let report = perfkit.read("run-report/report.md");
    assert!(report.contains(table.trim_end()), "{report}");
    assert!(!report.contains("Summary Report"), "{report}");
    let (terminal, _) = perfkit.run(&[&arguments[..], &["--format", "table"]].concat());
    assert!(terminal.contains("Goodput"), "{terminal}");
    let all = "samples,average,median,p90,p95,p99,min,max,error_percent,throughput,received_kb_per_sec,sent_kb_per_sec";
    let jmeters = perfkit.table(crate::common::five_samples());
    let fixed = ["analyze", "run.jtl", "--no-report", "--format", "csv"];
    assert_eq!(
        perfkit.run(&[&fixed[..], &["--columns", all]].concat()).0,
        jmeters
    );
}

#[test]
fn an_unknown_column_is_an_error() {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", crate::common::five_samples());
    let refused =
        |columns| perfkit.fail(&["analyze", "run.jtl", "--no-report", "--columns", columns]);
    insta::assert_snapshot!(refused("samples,mediam"), @"perfkit: error: --columns: there is no `mediam` (did you mean `median`?): the keys are label, samples, average, median, p90, p95, p99, min, max, error_percent, throughput, received_kb_per_sec, sent_kb_per_sec, std_dev, average_bytes, ok, ko, average_ok, average_ko, goodput, latency, connect");
    assert_eq!(
        refused("samples,p75"),
        "perfkit: error: --columns: `p75` is not among the percentiles: add --percentiles 50,75,90,95,99"
    );
}
