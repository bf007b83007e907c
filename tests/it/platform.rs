//! `perfkit platform` as a process.

use assert_cmd::Command;
use perfkit::serve::platform::Platform;

fn print(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("perfkit")
        .unwrap()
        .arg("platform")
        .args(arguments)
        .assert()
        .success()
        .stderr("")
        .get_output()
        .stdout
        .clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn markdown_is_the_details_table() {
    let table = print(&[]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].contains("| **Details**"), "{table}");
    assert!(lines[1].starts_with("|---"), "{table}");
    assert!(
        lines.iter().all(|line| line.len() >= lines[1].len()),
        "{table}"
    );
    let version = format!("| **perfkit** | {}", env!("CARGO_PKG_VERSION"));
    assert!(lines.last().unwrap().starts_with(&version), "{table}");
}

#[test]
fn json_reads_back() {
    let platform: Platform = serde_json::from_str(&print(&["--format", "json"])).unwrap();
    assert_eq!(platform, Platform::detect());
}
