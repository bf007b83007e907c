//! The examples for CI servers run and judge a run.
#![cfg(unix)]

use std::fs;

use crate::common::{CHART_SIZE, HEADER, Perfkit, row};
use crate::gate::FIXED;

/// The perfkit commands in the examples for CI servers, as their shells run them.
fn command_lines(example: &str) -> Vec<String> {
    let lines = example.lines().filter_map(|line| {
        let line = line.trim();
        let start = line.find("perfkit analyze")?;
        let command = &line[start..];
        // In a Jenkinsfile the command is a quoted string.
        let is_quoted = line[..start].ends_with('\'');
        Some(
            command
                .trim_end_matches(|c| is_quoted && c == '\'')
                .to_owned(),
        )
    });
    lines.collect()
}

#[test]
fn the_examples_for_ci_servers_work() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = assert_cmd::cargo::cargo_bin("perfkit");
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    for example in ["github-actions.yml", "gitlab-ci.yml", "Jenkinsfile"] {
        let perfkit = Perfkit::new();
        // Long enough for the criteria that ask for 30 s.
        let rows = (0..1_000).map(|number| {
            let label = ["Fibonacci", "IsPrime"][number as usize % 2];
            row(1_700_000_000_000 + number * 60, 5, label, true)
        });
        perfkit.write("results.jtl", HEADER.to_owned() + &rows.collect::<String>());
        let (json, _) = perfkit.run(&[&FIXED[..], &["--format", "json"]].concat());
        perfkit.write("baseline.json", json);
        fs::create_dir(perfkit.path("examples")).unwrap();
        fs::copy(
            root.join("examples/criteria.toml"),
            perfkit.path("examples/criteria.toml"),
        )
        .unwrap();
        let text = fs::read_to_string(root.join("examples/ci").join(example)).unwrap();
        let commands = command_lines(&text);
        assert_eq!(commands.len(), 1, "{example}");
        for command in commands {
            let output = assert_cmd::Command::new("sh")
                .args(["-ec", &command])
                .current_dir(perfkit.directory.path())
                .env("PATH", &path)
                .env(CHART_SIZE.0, CHART_SIZE.1)
                .env("TARGET", "192.168.1.3")
                .env("GITHUB_STEP_SUMMARY", "summary.md")
                .output()
                .unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{command}: {said}");
            assert!(said.contains("criteria passed"), "{said}");
        }
        assert!(
            perfkit
                .read("junit.xml")
                .contains("Fibonacci: p95 &gt; 500ms")
        );
        assert!(
            perfkit
                .read("results-report/report.md")
                .contains("## Criteria")
        );
        if example == "github-actions.yml" {
            assert!(
                perfkit
                    .read("summary.md")
                    .starts_with("**All 9 criteria passed**")
            );
        }
    }
}
