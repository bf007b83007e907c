//! Grouping by load generator and by any column, and what it needs.

use crate::common::Perfkit;
use crate::select::run;

#[test]
fn engines_and_any_column() {
    let perfkit = Perfkit::new();
    let table = |files: &[&str], key: &str| {
        let fixed = [
            "--no-report",
            "--format",
            "csv",
            "--columns",
            "samples",
            "--group-by",
            key,
        ];
        let (table, _) = perfkit.run(&[&["analyze"], files, &fixed].concat());
        table.lines().skip(1).collect::<Vec<_>>().join("; ")
    };
    let csv = "timeStamp,elapsed,label,success,threadName,allThreads,\"region\",queue\n\
        1700000000000,100,A,true,172.18.33.7-Users 1-1,1,eu,3\n\
        1700000000000,100,A,true,172.18.33.8-Users 1-1,1,\"us, east\",3\n\
        1700000000100,100,B,false,172.18.33.8-Users 1-1,1,,4\n";
    perfkit.write("a.csv", csv);
    perfkit.write("a.tsv", csv.replace(',', "\t").replace("us\t ", "us, "));
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n\
        <sample t=\"100\" ts=\"1700000000000\" s=\"true\" lb=\"A\" tn=\"172.18.33.7-Users 1-1\" na=\"1\" region=\"eu\" queue=\"3\"/>\n\
        <sample t=\"100\" ts=\"1700000000000\" s=\"true\" lb=\"A\" tn=\"172.18.33.8-Users 1-1\" na=\"1\" region=\"us, east\" queue=\"3\"/>\n\
        <sample t=\"100\" ts=\"1700000000100\" s=\"false\" lb=\"B\" tn=\"172.18.33.8-Users 1-1\" na=\"1\" queue=\"4\"/>\n\
        </testResults>\n";
    perfkit.write("a.xml", xml);
    for file in ["a.csv", "a.tsv", "a.xml"] {
        assert_eq!(
            table(&[file], "engine"),
            "172.18.33.7,1; 172.18.33.8,2; TOTAL,3",
            "{file}"
        );
        assert_eq!(
            table(&[file], "column:region"),
            "eu,1; \"us, east\",1; (no region),1; TOTAL,3",
            "{file}"
        );
        assert_eq!(
            table(&[file], "column:queue"),
            "3,2; 4,1; TOTAL,3",
            "{file}"
        );
        assert_eq!(
            table(&[file], "column:allThreads"),
            "1,3; TOTAL,3",
            "{file}"
        );
        assert_eq!(
            table(&[file], "column:success"),
            "true,2; false,1; TOTAL,3",
            "{file}"
        );
        assert_eq!(
            table(&[file], "column:threadName")
                .matches("Users 1-1")
                .count(),
            2
        );
    }
    // Rows that name no engine belong to that of their input, also from a summary.
    perfkit.write("x.jtl", run());
    perfkit.write("y.jtl", run());
    assert_eq!(
        table(&["x.jtl", "y.jtl"], "engine"),
        "x.jtl,11; y.jtl,11; TOTAL,22"
    );
    let summarize = |input: &str, name: &str| {
        let summary = format!("{name}.summary");
        perfkit.run(&[
            "summarize",
            input,
            "--name",
            name,
            "--group-by",
            "engine",
            "-o",
            &summary,
        ]);
    };
    summarize("x.jtl", "east");
    summarize("y.jtl", "west");
    let (both, _) = perfkit.run(&[
        "analyze",
        "east.summary",
        "west.summary",
        "--no-report",
        "--format",
        "csv",
        "--columns",
        "samples",
    ]);
    assert_eq!(
        both.lines().skip(1).collect::<Vec<_>>().join("; "),
        "east,11; west,11; TOTAL,22"
    );
}

#[test]
fn grouping_needs_its_column() {
    let perfkit = Perfkit::new();
    perfkit.write(
        "bare.csv",
        "timeStamp,elapsed,label,success,region\n1700000000000,100,A,true,eu\n",
    );
    perfkit.write(
        "bare.xml",
        "<testResults version=\"1.2\">\n<sample t=\"1\" ts=\"1700000000000\" s=\"true\" lb=\"A\"/>\n</testResults>\n",
    );
    perfkit.write("run.jtl", run());
    let fail = |inputs: &[&str], options: &[&str]| {
        perfkit.fail(&[&["analyze", "--no-report"], inputs, options].concat())
    };
    for (key, column) in [
        ("url-path", "URL"),
        ("host", "URL"),
        ("code", "responseCode"),
        ("thread-group", "threadName"),
        ("column:Hostname", "Hostname"),
        ("column:queue", "queue"),
    ] {
        let said = fail(&["bare.csv"], &["--group-by", key]);
        let expected = format!("bare.csv: has no column {column}, which --group-by {key} needs");
        assert!(said.contains(&expected), "{said}");
        assert!(
            said.ends_with("its columns are timeStamp, elapsed, label, success, region"),
            "{said}"
        );
        assert!(fail(&["run.jtl", "bare.csv"], &["--group-by", key]).contains("has no column"));
        assert_eq!(
            fail(&["bare.xml"], &["--group-by", key]),
            format!("perfkit: error: --group-by {key}: no sample has a value of {column}")
        );
    }
    let said = fail(&["bare.csv"], &["--group-by", "column:regoin"]);
    assert!(
        said.contains("needs (did you mean `region`?); its columns"),
        "{said}"
    );
    for value in ["exclude", "only"] {
        let said = fail(&["bare.csv"], &["--controllers", value]);
        let expected = format!("has no column responseMessage, which --controllers {value} needs");
        assert!(said.contains(&expected), "{said}");
    }
    let said = fail(&["bare.csv"], &["--group-by", "column:"]);
    assert!(said.contains("`column:` names no column"), "{said}");
    let said = perfkit.fail(&["summarize", "bare.csv", "--group-by", "host", "-o", "x"]);
    assert!(said.contains("has no column URL"), "{said}");
    let said = perfkit.fail(&["compare", "bare.csv", "run.jtl", "--group-by", "host"]);
    assert!(said.contains("has no column URL"), "{said}");
}
