//! Commands whose standard error is full, closed, or a pipe that nobody reads do their work all the same.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use crate::common::{HEADER, Perfkit, five_samples};

/// A way to lose what is written to standard error, as the end of a shell's command line.
const LOST: [&str; 3] = ["2>/dev/full", "2>&-", "2> >(exit)"];

/// Runs perfkit in a shell; returns its exit code.
fn code(perfkit: &Perfkit, arguments: &str, lost: &str) -> Option<i32> {
    let binary = env!("CARGO_BIN_EXE_perfkit");
    Command::new("bash")
        .args(["-c", &format!("'{binary}' {arguments} {lost}")])
        .current_dir(perfkit.directory.path())
        .env("GITHUB_ACTIONS", "true")
        .stdout(Stdio::null())
        .status()
        .unwrap()
        .code()
}

#[test]
fn every_command_works_unheard() {
    let perfkit = Perfkit::new();
    perfkit.write("r.jtl", five_samples());
    perfkit.write("s.jtl", five_samples() + "damaged\n");
    perfkit.write("README.md", "");
    for lost in LOST {
        for (arguments, expected) in [
            ("analyze r.jtl --charts none --update README.md", 0),
            (
                "analyze s.jtl --no-report --fail-if 'p95 > 1ms' --junit j.xml",
                1,
            ),
            ("analyze r.jtl --no-report --fail-if 'X: p95 > 1ms'", 2),
            (
                "analyze --follow r.jtl --until-idle 0.1s --interval 0.1s --no-report",
                0,
            ),
            ("compare r.jtl r.jtl --fail-if-worse", 0),
            ("summarize r.jtl -o r.summary", 0),
            ("plan --host 127.0.0.1 -o plan.jmx", 0),
            ("platform", 0),
            ("completions bash", 0),
            ("analyze missing.jtl", 2),
            ("analyze --bogus", 2),
            ("--help", 0),
        ] {
            let code = code(&perfkit, arguments, lost);
            assert_eq!(code, Some(expected), "{arguments} {lost}");
        }
        assert!(
            perfkit
                .read("r-report/report.md")
                .contains("| **TOTAL** | 5 ")
        );
        assert!(perfkit.read("README.md").contains("| **TOTAL** | 5 "));
    }
}

/// What a name of a file or a configuration says cannot become a command to a CI server or a terminal.
#[test]
fn names_forge_no_line_and_drive_no_terminal() {
    let perfkit = Perfkit::new();
    let name = "a\n::error title=x::y\u{1b}[31m\u{202e}.jtl";
    perfkit.write(name, format!("{HEADER}damaged\n"));
    perfkit.write("perfkit.toml", "[analyze]\n\"x\\n::error::y\" = 1\n");
    for arguments in [
        &["analyze", name, "--no-config"][..],
        &["compare", name, "missing\n::warning::z", "--no-config"],
        &["summarize", name, "-o", "x\n::notice::/y", "--no-config"],
        &["analyze", "a.jtl"],
        &["analyze", "a.jtl", "--config", name],
    ] {
        let output = perfkit.command(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let is_forged = said.lines().any(|line| line.trim_start().starts_with("::"));
        assert!(!is_forged, "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\r']), "{said:?}");
    }
}
