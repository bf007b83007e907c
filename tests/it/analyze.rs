//! `perfkit analyze` as a process: what it prints, writes, says and refuses.

use std::fs;
use std::io::Write;

use crate::common::{HEADER, Perfkit, five_samples, row};

/// Options that make the platform block the same on every machine.
const PLATFORM: [&str; 2] = ["--platform", "Raspberry Pi 5"];

#[test]
fn five_samples_checked_by_hand() {
    // TOTAL's 90% Line is 300 and not 500: JMeter's rank is round(5 x 0.9f), and 0.9f is slightly
    // less than 0.9.
    assert_eq!(
        Perfkit::new().table(five_samples()),
        "\
Label,# Samples,Average,Median,90% Line,95% Line,99% Line,Min,Max,Error %,Throughput,Received KB/sec,Sent KB/sec
A,3,200,200,300,300,300,100,300,0.000%,6.00000,6.00,3.00
B,2,275,50,500,500,500,50,500,50.000%,2.00000,2.00,1.00
TOTAL,5,230,200,300,500,500,50,500,20.000%,5.00000,5.00,2.50
"
    );
}

#[test]
fn prints_only_the_platform_block() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let mut arguments = vec!["analyze", "results.jtl", "--title", "Two machines"];
    arguments.extend(PLATFORM);
    arguments.extend(["--detail", "Server=gunicorn | 4 workers"]);
    let (printed, said) = perfkit.run(&arguments);
    insta::assert_snapshot!(printed.replace(env!("CARGO_PKG_VERSION"), "X.Y.Z"), @r"
    ### Two machines

    |              | **Details**           |
    |--------------|-----------------------|
    | **Platform** | Raspberry Pi 5        |
    | **Server**   | gunicorn \| 4 workers |
    | **perfkit**  | X.Y.Z                 |

    | **Label** | **# Samples** | **Average** | **Median** | **90% Line** | **95% Line** | **99% Line** | **Min** | **Max** | **Error %** | **Throughput** | **Received KB/sec** | **Sent KB/sec** |
    |-----------|---------------|-------------|------------|--------------|--------------|--------------|---------|---------|-------------|----------------|---------------------|-----------------|
    | A         | 3             | 200         | 200        | 300          | 300          | 300          | 100     | 300     | 0.000%      | 6.00000        | 6.00                | 3.00            |
    | B         | 2             | 275         | 50         | 500          | 500          | 500          | 50      | 500     | 50.000%     | 2.00000        | 2.00                | 1.00            |
    | **TOTAL** | 5             | 230         | 200        | 300          | 500          | 500          | 50      | 500     | 20.000%     | 5.00000        | 5.00                | 2.50            |
    ");
    insta::assert_snapshot!(said, @r"
    perfkit: note: 5 samples are too few to trust p90 to p99 (p99 needs 299).
    perfkit: 5 rows read: 5 counted, 0 filtered out, 0 rejected
    perfkit: report in results-report/report.md and report.html
    ");
}

#[test]
fn without_a_platform_it_asks_for_one() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let shows_and_notes = |arguments: &[&str]| {
        let fixed = ["analyze", "results.jtl", "--charts", "none"];
        let (printed, said) = perfkit.run(&[&fixed[..], arguments].concat());
        let is_shown = printed.contains("**Platform**") || printed.contains("\"Platform\"");
        (
            is_shown,
            said.contains("the tested platform is not named. Name it with --platform TEXT"),
        )
    };
    assert_eq!(shows_and_notes(&["--no-report"]), (true, true));
    assert_eq!(
        shows_and_notes(&["--no-report", "--detail=Commit=abc"]),
        (true, true)
    );
    assert_eq!(
        shows_and_notes(&["--no-report", "--platform="]),
        (true, true)
    );
    assert_eq!(
        shows_and_notes(&["--no-report", "--detail=Server=nginx"]),
        (false, false)
    );
    assert_eq!(
        shows_and_notes(&["--no-report", "--format=json"]),
        (true, true)
    );
    assert_eq!(
        shows_and_notes(&["--no-report", "--platform=Pi"]),
        (true, false)
    );
    let (printed, _) = perfkit.run(&["analyze", "results.jtl", "--charts=none"]);
    let cell = "| **Platform** | not named: give --server or --platform |";
    assert!(printed.contains(cell), "{printed}");
    // The page names the machine that analysed, but not as the platform.
    let machine = perfkit::serve::platform::Platform::detect().one_line();
    let page = perfkit.read("results-report/report.html");
    assert!(page.contains("<dt>Analysed on</dt>"), "{page}");
    assert!(!perfkit.read("results-report/report.md").contains(&machine));
    assert!(!printed.contains(&machine));
    // Without a platform in the output there is no note.
    for format in ["table", "csv", "prometheus", "hgrm"] {
        let format = format!("--format={format}");
        assert_eq!(
            shows_and_notes(&["--no-report", &format]),
            (false, false),
            "{format}"
        );
        // The report has a platform, so the note appears.
        assert_eq!(shows_and_notes(&[&format]), (false, true), "{format}");
    }
    perfkit.write("README.md", "");
    assert_eq!(
        shows_and_notes(&["--no-report", "--format=csv", "--update=README.md"]),
        (false, true)
    );
    let listen = ["--follow", "--until-idle=1", "--listen=127.0.0.1:0"];
    assert_eq!(
        shows_and_notes(&[&["--no-report", "--format=csv"], &listen[..]].concat()),
        (false, true)
    );
}

#[test]
fn writes_a_report_directory() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let mut arguments = vec!["analyze", "results.jtl"];
    arguments.extend(PLATFORM);
    perfkit.run(&arguments);
    let report = perfkit.read("results-report/report.md");
    insta::assert_snapshot!(
        "report.md",
        report.replace(env!("CARGO_PKG_VERSION"), "X.Y.Z")
    );
    let csv = perfkit
        .run(&["analyze", "results.jtl", "--format", "csv", "--no-report"])
        .0;
    assert_eq!(perfkit.read("results-report/aggregate.csv"), csv);
    let mut charts: Vec<String> = fs::read_dir(perfkit.path("results-report/charts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    charts.sort();
    assert_eq!(
        charts,
        [
            "active-threads-over-time.png",
            "apdex-overview.png",
            "bytes-over-time.png",
            "connect-time-over-time.png",
            "error-rate-over-time.png",
            "errors-by-type.png",
            "hits-per-second.png",
            "latency-against-throughput.png",
            "latency-over-time.png",
            "outcomes-by-label.png",
            "overview.png",
            "response-codes-per-second.png",
            "response-time-against-threads.png",
            "response-time-against-throughput.png",
            "response-time-distribution.png",
            "response-time-heatmap.png",
            "response-time-over-time.png",
            "response-time-p95-by-label.png",
            "response-time-percentiles-over-time.png",
            "throughput-and-errors-over-time.png",
            "time-by-label.png",
            "transactions-per-second.png",
        ]
    );
    for chart in charts {
        assert!(
            report.contains(&format!("](charts/{chart})")),
            "{chart} is not linked"
        );
    }
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    for (directory, threads) in [("one", "1"), ("two", "2")] {
        let mut arguments = vec![
            "analyze",
            "results.jtl",
            "-o",
            directory,
            "--threads",
            threads,
        ];
        arguments.extend(PLATFORM);
        perfkit.run(&arguments);
    }
    for file in [
        "report.md",
        "report.json",
        "charts/response-time-distribution.png",
    ] {
        let bytes = |directory: &str| fs::read(perfkit.path(directory).join(file)).unwrap();
        assert_eq!(bytes("one"), bytes("two"), "{file}");
    }
}

#[test]
fn charts_are_configurable() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let names = |arguments: &[&str]| -> Vec<String> {
        let mut all = vec!["analyze", "results.jtl", "-o", "report"];
        all.extend(arguments);
        perfkit.run(&all);
        let entries = fs::read_dir(perfkit.path("report/charts"));
        entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    assert!(names(&["--charts", "none"]).is_empty());
    let chosen = ["--charts", "hits-per-second", "--chart-size", "600x400@1x"];
    assert_eq!(names(&chosen), ["hits-per-second.png"]);
    let png = |path: &str| fs::read(perfkit.path(path)).unwrap();
    let light = png("report/charts/hits-per-second.png");
    // A PNG's width and height follow its first 16 bytes.
    assert_eq!(
        light[16..24],
        [
            0,
            0,
            600_u32.to_be_bytes()[2],
            600_u32.to_be_bytes()[3],
            0,
            0,
            1,
            144
        ]
    );
    perfkit.run(&[
        "analyze",
        "results.jtl",
        "-o",
        "dark",
        "--chart-theme",
        "dark",
        "--charts",
        "hits-per-second",
        "--chart-size",
        "600x400@1x",
    ]);
    assert_ne!(png("dark/charts/hits-per-second.png"), light);
    for arguments in [["--charts", "pie"], ["--chart-size", "9x9"]] {
        let mut all = vec!["analyze", "results.jtl"];
        all.extend(arguments);
        perfkit.command(&all).assert().code(2);
    }
}

#[test]
fn json_is_the_report_model() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let mut arguments = vec!["analyze", "results.jtl", "--format", "json", "--no-report"];
    arguments.extend(PLATFORM);
    let (printed, _) = perfkit.run(&arguments);
    insta::assert_snapshot!(
        "report.json",
        printed.replace(env!("CARGO_PKG_VERSION"), "X.Y.Z")
    );
    let report: perfkit::report::Report = serde_json::from_str(&printed).unwrap();
    assert_eq!(report.total.samples, 5);
}

#[test]
fn terminal_table_fits_the_width() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let table = |width: &str| {
        let output = perfkit
            .command(&["analyze", "results.jtl", "--format", "table", "--no-report"])
            .env("COLUMNS", width)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for width in [40, 80, 120, 200] {
        for line in table(&width.to_string()).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    insta::assert_snapshot!("table at 80 columns", table("80"));
    insta::assert_snapshot!("table at 200 columns", table("200"));
}

#[test]
fn percentiles_are_configurable() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let (printed, _) = perfkit.run(&[
        "analyze",
        "results.jtl",
        "--no-report",
        "--format",
        "csv",
        "--percentiles",
        "50,75,99.9",
    ]);
    assert_eq!(
        printed.lines().next().unwrap(),
        "Label,# Samples,Average,Median,75% Line,99.9% Line,Min,Max,Error %,Throughput,Received KB/sec,Sent KB/sec"
    );
}

#[test]
fn standard_input_gzip_and_zstd_give_the_same_table() {
    let perfkit = Perfkit::new();
    let text = five_samples();
    let expected = perfkit.table(&text);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    // The names are wrong: content decides.
    assert_eq!(perfkit.table(gzip.finish().unwrap()), expected);
    assert_eq!(
        perfkit.table(zstd::encode_all(text.as_bytes(), 3).unwrap()),
        expected
    );
    let output = perfkit
        .command(&["analyze", "-", "--format", "csv"])
        .write_stdin(text)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert!(perfkit.path("stdin-report/report.md").exists());
}

#[test]
fn several_files_are_one_run() {
    let perfkit = Perfkit::new();
    let text = five_samples();
    let expected = perfkit.table(&text);
    // Each file has its own header; the second differs in delimiter and column order.
    let rows: Vec<&str> = text.lines().skip(1).collect();
    perfkit.write("1.jtl", format!("{HEADER}{}\n", rows[..2].join("\n")));
    perfkit.write(
        "2.jtl",
        "success;elapsed;label;timeStamp;sentBytes;bytes\n\
         true;200;A;1700000000100;512;1024\n\
         true;300;A;1700000000200;512;1024\n\
         false;500;B;1700000000500;512;1024\n",
    );
    let (printed, _) = perfkit.run(&[
        "analyze",
        "1.jtl",
        "2.jtl",
        "--format",
        "csv",
        "--no-report",
    ]);
    assert_eq!(printed, expected);
}

#[test]
fn timestamp_options() {
    let perfkit = Perfkit::new();
    let text = "timeStamp,elapsed,label,success\n\
                14.11.2023 22:13:20,1000,A,true\n\
                14.11.2023 22:13:22,1000,A,true\n";
    perfkit.write("dates.jtl", text);
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "analyze",
            "dates.jtl",
            "--no-report",
            "--format",
            "json",
            "--timestamp-format",
            "dd.MM.yyyy HH:mm:ss",
        ];
        arguments.extend(more);
        let report: serde_json::Value = serde_json::from_str(&perfkit.run(&arguments).0).unwrap();
        report["window"]["start_ms"].as_i64().unwrap()
    };
    assert_eq!(run(&[]), 1_700_000_000_000);
    assert_eq!(run(&["--timestamp-is-end"]), 1_699_999_999_000);
    assert_eq!(
        run(&["--timezone", "Asia/Tokyo"]),
        1_700_000_000_000 - 9 * 3_600_000
    );
}

#[test]
fn labels_cannot_break_out_of_a_table() {
    let perfkit = Perfkit::new();
    let label = "\"a|b `c` <script> [x](y) *z*\n\u{202E}end\"";
    perfkit.write(
        "hostile.jtl",
        format!("{HEADER}{}", row(1_700_000_000_000, 10, label, true)),
    );
    let (printed, _) = perfkit.run(&["analyze", "hostile.jtl", "--no-report"]);
    let line = printed
        .lines()
        .find(|line| line.contains("script"))
        .unwrap();
    assert!(
        line.starts_with("| a\\|b \\`c\\` &lt;script&gt; \\[x\\](y) \\*z\\* ⟨U+202E⟩end | 1 "),
        "{line}"
    );
    // The terminal table has no control characters; the CSV keeps the label as it is.
    let table = perfkit
        .run(&["analyze", "hostile.jtl", "--no-report", "--format", "table"])
        .0;
    assert!(!table.contains('\u{202E}'), "{table}");
    let csv = perfkit
        .run(&["analyze", "hostile.jtl", "--no-report", "--format", "csv"])
        .0;
    assert!(csv.contains(label), "{csv}");
}
