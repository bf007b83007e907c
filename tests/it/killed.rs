//! Kills while a report is made: its directory holds the old report or the new one, as a whole.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::common::{HEADER, Perfkit, row};

/// Labels of the results: enough for the files of a report to take a while, and for a table that is longer
/// than a pipe holds.
const LABELS: usize = 1_500;

const FILES: [&str; 5] = [
    "report.json",
    "report.html",
    "report.md",
    "aggregate.csv",
    "statistics.json",
];

fn results(word: &str) -> String {
    let rows = (0..LABELS).map(|number| {
        let start = 1_700_000_000_000 + number as i64;
        row(start, 5, &format!("{word} {number:04}"), true)
    });
    [HEADER.to_owned()].into_iter().chain(rows).collect()
}

/// A directory with results of labels that contain `new`, and a report on labels that contain `old`.
fn with_a_report() -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("old.jtl", results("old"));
    perfkit.write("new.jtl", results("new"));
    perfkit.run(&["analyze", "old.jtl", "--charts", "none", "-o", "report"]);
    assert_eq!(report(&perfkit), "old");
    perfkit
}

/// Replaces the report, from these results.
fn replace(perfkit: &Perfkit, input: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
    command
        .args(["analyze", input, "--charts", "none", "-o", "report"])
        .current_dir(perfkit.directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Which report the directory holds, `old` or `new`, if all its files are of that one.
fn report(perfkit: &Perfkit) -> &'static str {
    let texts = FILES.map(|file| perfkit.read(&format!("report/{file}")));
    let manifest = perfkit.read("report/.perfkit-report");
    assert!(
        FILES.iter().all(|file| manifest.contains(file)),
        "{manifest}"
    );
    let is_all = |word: &str| {
        let label = format!("{word} 0000");
        texts.iter().all(|text| text.contains(&label))
    };
    match (is_all("old"), is_all("new")) {
        (true, false) => "old",
        (false, true) => "new",
        _ => panic!("a mix of reports"),
    }
}

/// The directories in which reports are made.
fn staging(perfkit: &Perfkit) -> Vec<PathBuf> {
    let entries = fs::read_dir(perfkit.directory.path()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with(".perfkit-report-")
        })
        .collect()
}

#[test]
fn before_the_results_have_ended_the_old_report_stays() {
    let perfkit = with_a_report();
    let mut child = replace(&perfkit, "-")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: perfkit has read some of it once all is written.
    input.write_all(results("new").as_bytes()).unwrap();
    kill(child);
    assert_eq!(report(&perfkit), "old");
    assert!(staging(&perfkit).is_empty());
}

#[test]
fn while_files_are_written_the_old_report_stays() {
    let perfkit = with_a_report();
    for files in [1, 3] {
        // The kill may come too late: then the new report is in place, and the next attempt counts.
        let was_in_time = (0..200).any(|_| {
            let mut child = replace(&perfkit, "new.jtl").spawn().unwrap();
            let has_files = || {
                let made = staging(&perfkit);
                made.iter()
                    .any(|path| fs::read_dir(path).is_ok_and(|files_in| files_in.count() >= files))
            };
            while !has_files() && child.try_wait().unwrap().is_none() {}
            kill(child);
            let is_left = !staging(&perfkit).is_empty();
            let expected = if is_left {
                &["old", "new"][..]
            } else {
                &["new"]
            };
            let found = report(&perfkit);
            assert!(expected.contains(&found), "{found}");
            staging(&perfkit)
                .iter()
                .for_each(|path| fs::remove_dir_all(path).unwrap());
            perfkit.run(&["analyze", "old.jtl", "--charts", "none", "-o", "report"]);
            is_left && found == "old"
        });
        assert!(was_in_time, "{files} files");
    }
}

#[test]
fn once_the_table_is_printed_the_new_report_is_there() {
    let perfkit = with_a_report();
    let mut child = replace(&perfkit, "new.jtl")
        .args(["--format", "csv"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The rest of the table does not fit into the pipe: perfkit waits with it.
    let mut first = [0; 5];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    assert_eq!(&first, b"Label");
    kill(child);
    assert_eq!(report(&perfkit), "new");
    assert!(staging(&perfkit).is_empty());
}
