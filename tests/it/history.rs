//! `perfkit analyze --save` and `perfkit history`: saved runs, changes, the newest run, and how they are shown.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Perfkit, fixtures};

const DAY_MS: i64 = 86_400_000;

/// 2026-11-01 10:00 UTC.
const START_MS: i64 = 1_793_527_200_000;

/// Results of a run: 200 samples of two labels, with noise of about 2% between runs. Pay is `factor` slower.
fn results(run: usize, factor: f64) -> String {
    let mut rows = String::from("timeStamp,elapsed,label,success\n");
    for sample in 0..200 {
        let noise = 1.0 + ((run * 7 % 10) as f64 - 4.5) * 0.006;
        let spread = (sample * 37 % 100) as f64;
        let (label, elapsed) = match sample % 2 {
            0 => ("Login", (200.0 + spread) * noise),
            _ => ("Pay", (400.0 + 2.0 * spread) * noise * factor),
        };
        let start = START_MS + run as i64 * DAY_MS + sample as i64 * 100;
        rows += &format!("{start},{},{label},true\n", elapsed as i64);
    }
    rows
}

/// A directory `runs` with results of runs; Pay is a fifth slower from a run on.
fn runs(count: usize, slower_from: usize) -> Perfkit {
    let perfkit = Perfkit::new();
    fs::create_dir(perfkit.path("runs")).unwrap();
    for run in 0..count {
        let factor = if run >= slower_from { 1.2 } else { 1.0 };
        perfkit.write(&format!("runs/{run:02}.jtl"), results(run, factor));
    }
    perfkit
}

/// The names of the files in a directory, sorted.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn save(perfkit: &Perfkit, run: usize, options: &[&str]) -> String {
    perfkit.write("new.jtl", results(run, 1.0));
    let arguments = [
        &["analyze", "new.jtl", "--no-report", "--save", "saved"],
        options,
    ]
    .concat();
    perfkit.run(&arguments).1
}

#[test]
fn a_step_is_told_with_its_run() {
    let perfkit = runs(24, 18);
    let (printed, _) = perfkit.run(&["history", "runs", "--metrics", "p95,median"]);
    let headline = printed.lines().next().unwrap();
    assert!(
        headline.starts_with("**p95 of Pay rose 19% (")
            && headline.contains(" at run 19 (18, 2026-11-19) and has stayed"),
        "{headline}"
    );
    assert!(
        headline.ends_with("The newest run (23, 2026-11-24) is as expected.**"),
        "{headline}"
    );
    // Login did not change.
    assert!(!printed.contains("of Login rose"), "{printed}");
    let (table, _) = perfkit.run(&["history", "runs", "--format", "table", "--metrics", "p95"]);
    let mut rows = table.lines();
    assert!(
        rows.any(|row| row.starts_with("Pay ") && row.contains(" p95 ")),
        "{table}"
    );
    assert!(table.contains('█') && table.contains('▁'), "{table}");
}

#[test]
fn an_unchanged_history_is_quiet_and_short_ones_are_not_judged() {
    let perfkit = runs(20, 99);
    let (printed, _) = perfkit.run(&["history", "runs"]);
    assert!(
        printed.starts_with("**No change over 20 runs from 2026-11-01 to 2026-11-20. The newest run (19, 2026-11-20) is as expected.**"),
        "{printed}"
    );
    let (printed, _) = perfkit.run(&["history", "runs", "--last", "3"]);
    assert!(
        printed.contains("is not judged: that needs 5 earlier runs."),
        "{printed}"
    );
    let why = perfkit
        .command(&["history", "runs", "--last", "3", "--fail-if-worse"])
        .output()
        .unwrap();
    assert_eq!(why.status.code(), Some(2));
}

#[test]
fn the_newest_run_fails_if_it_is_worse() {
    let perfkit = runs(20, 19);
    let arguments = ["history", "runs", "--fail-if-worse", "--junit", "junit.xml"];
    let mut command = perfkit.command(&arguments);
    let output = command.env("GITHUB_ACTIONS", "true").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("perfkit: The newest run (19, 2026-11-20) is worse: ")
            && said.contains(" of Pay is "),
        "{said}"
    );
    assert!(
        said.contains("::error title=Worse than the history::"),
        "{said}"
    );
    let junit = perfkit.read("junit.xml");
    assert!(junit.contains("<failure type=\"criterion\""), "{junit}");
    assert!(
        junit.contains("classname=\"Pay\"") && junit.contains("classname=\"Login\""),
        "{junit}"
    );
    // Without the option, it only says so.
    let (printed, _) = perfkit.run(&["history", "runs"]);
    assert!(printed.contains("is worse: "), "{printed}");
    // The run before was as the others.
    fs::remove_file(perfkit.path("runs/19.jtl")).unwrap();
    perfkit.run(&["history", "runs", "--fail-if-worse"]);
}

#[test]
fn compare_judges_a_run_by_its_history() {
    let perfkit = runs(20, 99);
    let new = |factor: f64| {
        perfkit.write("new.jtl", results(30, factor));
        let arguments = ["compare", "--history", "runs", "new.jtl", "--fail-if-worse"];
        perfkit.command(&arguments).output().unwrap()
    };
    assert_eq!(new(1.0).status.code(), Some(0));
    let worse = new(1.2);
    assert_eq!(worse.status.code(), Some(1));
    let printed = String::from_utf8(worse.stdout).unwrap();
    assert!(
        printed.contains("The newest run (new, 2026-12-01) is worse: "),
        "{printed}"
    );
    let why = perfkit.fail(&["compare", "new.jtl"]);
    assert!(
        why.ends_with("name a candidate, too, or --history DIR"),
        "{why}"
    );
}

#[test]
fn saved_runs_sort_by_start_and_never_replace_another() {
    let perfkit = Perfkit::new();
    save(
        &perfkit,
        2,
        &[
            "--detail",
            "commit=0123456789abcdef0123456789abcdef01234567",
        ],
    );
    save(&perfkit, 1, &["--key", "nightly/main"]);
    let again = save(&perfkit, 1, &["--key", "nightly/main"]);
    assert!(
        again.contains("the run is already saved as saved/"),
        "{again}"
    );
    // Another run with the same start and key.
    perfkit.write("new.jtl", results(1, 1.5));
    perfkit.run(&[
        "analyze",
        "new.jtl",
        "--no-report",
        "--save",
        "saved",
        "--key",
        "nightly/main",
    ]);
    save(&perfkit, 3, &[]);
    assert_eq!(
        names(&perfkit.path("saved")),
        [
            "20261102T100000.000Z-nightly-main-2.run",
            "20261102T100000.000Z-nightly-main.run",
            "20261103T100000.000Z-commit-0123456.run",
            "20261104T100000.000Z-new.run",
        ]
    );
    for entry in fs::read_dir(perfkit.path("saved")).unwrap() {
        assert!(entry.unwrap().metadata().unwrap().len() < 50_000);
    }
}

#[test]
fn saved_runs_are_read_by_history_compare_and_analyze() {
    let perfkit = Perfkit::new();
    for run in 0..2 {
        save(
            &perfkit,
            run,
            &["--key", &format!("run{run}"), "--platform", "Pi 5"],
        );
    }
    let (printed, _) = perfkit.run(&["history", "saved", "--metrics", "p95"]);
    assert!(printed.contains("### Pi 5 (2 runs)"), "{printed}");
    let [first, second] = names(&perfkit.path("saved")).try_into().unwrap();
    let (first, second) = (format!("saved/{first}"), format!("saved/{second}"));
    perfkit.run(&["compare", &first, &second]);
    perfkit.write("0.jtl", results(0, 1.0));
    let table = |input: &str| {
        let arguments = ["analyze", input, "--no-report", "--format", "csv"];
        perfkit.run(&arguments).0
    };
    assert_eq!(table(&first), table("0.jtl"));
    // A history of the same run in three forms has it once.
    perfkit.run(&["analyze", "0.jtl", "--platform", "Pi 5", "-o", "0-report"]);
    let arguments = [
        "history",
        &first,
        "0-report/report.json",
        &second,
        "--metrics",
        "p95",
    ];
    let (printed, said) = perfkit.run(&arguments);
    assert!(printed.contains("(2 runs)"), "{printed}");
    assert!(said.contains("is the same run as"), "{said}");
}

#[test]
fn the_first_format_is_read_for_ever() {
    let fixture = fixtures().join("saved-run-v1.run");
    let perfkit = Perfkit::new();
    let arguments = ["history", fixture.to_str().unwrap(), "--format", "json"];
    let history: Value = serde_json::from_str(&perfkit.run(&arguments).0).unwrap();
    let platform = &history["platforms"][0];
    assert_eq!(platform["platform"], "Raspberry Pi 5, 8 GB");
    assert_eq!(platform["runs"][0]["name"], "commit 0123456");
    let p95 = platform["series"].as_array().unwrap().iter();
    let mut p95 = p95.filter(|series| series["metric"] == "p95" && series["label"] == "Pay");
    assert_eq!(p95.next().unwrap()["values"][0], 574.0);
    perfkit.write("new.jtl", results(9, 1.0));
    let (compared, _) = perfkit.run(&["compare", fixture.to_str().unwrap(), "new.jtl"]);
    assert!(compared.starts_with("**"), "{compared}");
}

#[test]
fn unreadable_files_are_named_and_passed_over() {
    let perfkit = Perfkit::new();
    for run in 0..3 {
        save(&perfkit, run, &["--key", &format!("run{run}")]);
    }
    let first =
        fs::read(perfkit.path(&format!("saved/{}", names(&perfkit.path("saved"))[0]))).unwrap();
    perfkit.write("saved/cut.run", &first[..200]);
    let mut newer = first.clone();
    newer[8] = 9;
    perfkit.write("saved/newer.run", newer);
    perfkit.write("saved/notes.txt", "not a run");
    perfkit.write("saved/.hidden", "not even looked at");
    let (printed, said) = perfkit.run(&["history", "saved"]);
    assert!(printed.contains("over 3 runs"), "{printed}");
    for (name, why) in [
        ("cut.run", "is a saved run that is cut short or damaged"),
        ("newer.run", "is a saved run in version 9 of the format"),
        (
            "notes.txt",
            "is neither a saved run nor results by its name",
        ),
    ] {
        let line = format!("perfkit: warning: passed over: saved/{name}: {why}");
        assert!(said.contains(&line), "{said}");
    }
    assert!(!said.contains("hidden"), "{said}");
    assert!(
        perfkit
            .fail(&["history", "saved", "--strict"])
            .contains("saved/cut.run")
    );
    // One that is named is an error at once.
    let why = perfkit.fail(&["history", "saved/newer.run"]);
    assert!(why.contains("use a newer perfkit"), "{why}");
    assert!(
        perfkit
            .fail(&["history", "saved/*.nothing"])
            .contains("matches no file")
    );
    let (printed, _) = perfkit.run(&["history", "saved/2026*"]);
    assert!(printed.contains("over 3 runs"), "{printed}");
}

#[test]
fn platforms_are_kept_apart() {
    let perfkit = Perfkit::new();
    for run in 0..4 {
        let region = format!("Region={}", ["north", "south"][run % 2]);
        let commit = format!("commit=abc{run}");
        let platform = [
            "--platform",
            "Pi 5",
            "--detail",
            &region,
            "--detail",
            &commit,
        ];
        save(&perfkit, run, &platform);
    }
    let (printed, _) = perfkit.run(&["history", "saved"]);
    let titles: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("### "))
        .collect();
    assert_eq!(
        titles,
        [
            "### Pi 5, Region=south (2 runs)",
            "### Pi 5, Region=north (2 runs)"
        ]
    );
    let (printed, _) = perfkit.run(&["history", "saved", "--platform-by", "platform"]);
    assert!(printed.contains("### Platform=Pi 5 (4 runs)"), "{printed}");
}

#[test]
fn runs_labels_and_order_are_chosen() {
    let perfkit = runs(10, 99);
    let history = |options: &[&str]| -> Value {
        let arguments = [&["history", "runs", "--format", "json"], options].concat();
        serde_json::from_str(&perfkit.run(&arguments).0).unwrap()
    };
    let names = |history: &Value| -> Vec<String> {
        let runs = history["platforms"][0]["runs"].as_array().unwrap().iter();
        runs.map(|run| run["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&history(&["--since", "2026-11-09"])), ["08", "09"]);
    assert_eq!(names(&history(&["--last", "1"])), ["09"]);
    let chosen = history(&["--include", "Pa.", "--metrics", "p99"]);
    let series = chosen["platforms"][0]["series"].as_array().unwrap();
    let labels: Vec<&str> = series
        .iter()
        .map(|of| of["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["TOTAL", "Pay"]);
    let (printed, _) = perfkit.run(&[
        "history",
        "runs/05.jtl",
        "runs/02.jtl",
        "--order",
        "given",
        "--format",
        "json",
    ]);
    assert_eq!(
        names(&serde_json::from_str(&printed).unwrap()),
        ["05", "02"]
    );
    for (options, why) in [
        (["--metrics", "speed"], "is not a metric of a history"),
        (["--since", "10:00:00"], "needs a date"),
        (["--include", "("], "--include: "),
        (["--junit", "x.xml"], "give --fail-if-worse"),
    ] {
        let arguments = [&["history", "runs"], &options[..]].concat();
        let output = perfkit.command(&arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && said.contains(why),
            "{said}"
        );
    }
}

#[test]
fn json_follows_the_schema() {
    let perfkit = runs(20, 12);
    let (printed, _) = perfkit.run(&["history", "runs", "--format", "json"]);
    let history: Value = serde_json::from_str(&printed).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/history.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema
        .iter_errors(&history)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut bad = history;
    bad["platforms"][0]["verdict"] = Value::from("fine");
    assert!(!schema.is_valid(&bad));
}

#[test]
fn the_page_asks_for_nothing_and_escapes_labels() {
    let perfkit = Perfkit::new();
    fs::create_dir(perfkit.path("runs")).unwrap();
    for run in 0..12 {
        let hostile = results(run, 1.0).replace("Pay", "</script><img src=x onerror=alert(1)>");
        perfkit.write(&format!("runs/{run:02}.jtl"), hostile);
    }
    perfkit.run(&["history", "runs", "--format", "html", "-o", "page.html"]);
    let page = perfkit.read("page.html");
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("<img"), "a label became an element");
    assert_eq!(
        page.matches("</script>").count(),
        page.matches("<script").count()
    );
    // Only namespaces name a host.
    assert_eq!(
        page.matches("://").count(),
        page.matches("http://www.w3.org/2000/svg").count()
    );
    assert!(page.len() < 1_000_000);
    // Each label and metric has its small chart.
    assert_eq!(page.matches("class=\"spark\"").count(), 3 * 5);
}

#[test]
fn the_trend_in_a_readme_is_replaced_and_the_chart_is_a_png() {
    let perfkit = runs(20, 12);
    perfkit.write("README.md", "# Shop\n\nText.\n");
    let update = || {
        let arguments = [
            "history",
            "runs",
            "--update",
            "README.md",
            "--chart",
            "trend.png",
        ];
        perfkit.run(&arguments).1
    };
    assert!(update().contains("added the markers"));
    let first = perfkit.read("README.md");
    assert!(first.starts_with("# Shop\n\nText.\n"), "{first}");
    assert!(
        first.contains("of Pay rose ") && first.contains("| **Trend**"),
        "{first}"
    );
    assert!(update().contains("is up to date"));
    assert_eq!(perfkit.read("README.md"), first);
    assert!(
        fs::read(perfkit.path("trend.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    let why = perfkit.fail(&["history", "runs", "--metrics", "error%", "--chart", "x.png"]);
    assert!(why.contains("--chart needs a metric in ms"), "{why}");
}
