//! The report of the standard test that the guide links to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::Perfkit;

/// The arguments that made it, except the output directory.
const COMMAND: [&str; 11] = [
    "analyze",
    "fixtures/standard.jtl.gz",
    "--monitor",
    "fixtures/standard-usage.csv",
    "--title",
    "The standard test",
    "--platform",
    "AMD EPYC, 2 cores, 24 GB, Debian 12",
    "--detail",
    "JMeter=5.6.3, on the same two cores",
    "--timezone=UTC",
];

fn names(directory: &Path) -> BTreeSet<String> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn the_published_report_is_current() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown = repository.join("examples/standard-test");
    let perfkit = Perfkit::new();
    let made = perfkit.path("report");
    perfkit
        .command(&COMMAND)
        .current_dir(repository)
        .arg("--output")
        .arg(&made)
        .assert()
        .success();
    let files = names(&made);
    let shown_files = names(&shown);
    assert_eq!(files, shown_files);
    assert_eq!(names(&made.join("charts")), names(&shown.join("charts")));
    for file in files.iter().filter(|file| *file != "charts") {
        let now = fs::read_to_string(made.join(file)).unwrap();
        let then = fs::read_to_string(shown.join(file)).unwrap();
        assert!(
            now == then,
            "{file} is stale: perfkit {COMMAND:?} --output examples/standard-test"
        );
    }
}
