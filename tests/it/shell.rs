//! Completions and man pages know the whole command line.

use std::fs;
use std::process::Command;

use crate::common::Perfkit;

/// Whether a shell accepts a script; `None` if the shell is not installed.
fn accepts(shell: &str, flag: &str, script: &std::path::Path) -> Option<bool> {
    let output = Command::new(shell).arg(flag).arg(script).output().ok()?;
    Some(output.status.success() && output.stderr.is_empty())
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let perfkit = Perfkit::new();
    for (shell, flag) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let (script, _) = perfkit.run(&["completions", shell]);
        assert!(script.contains("trim-ramp"), "{shell}");
        let path = perfkit.write(shell, script);
        assert_ne!(accepts(shell, flag, &path), Some(false), "{shell}");
    }
    for shell in ["powershell", "elvish"] {
        let (script, _) = perfkit.run(&["completions", shell]);
        assert!(script.contains("trim-ramp"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_options_and_values() {
    let perfkit = Perfkit::new();
    let (script, _) = perfkit.run(&["completions", "bash"]);
    let path = perfkit.write("perfkit.bash", script);
    let completed = |words: &[&str]| {
        let last = words.len() - 1;
        let before = words.get(last.wrapping_sub(1)).unwrap_or(&"");
        let asked = format!(
            "source {}; COMP_WORDS=({}); COMP_CWORD={last}; _perfkit perfkit '{}' '{before}'; \
             echo \"${{COMPREPLY[@]}}\"",
            path.display(),
            words.join(" "),
            words[last],
        );
        let output = Command::new("bash").args(["-c", &asked]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed(&["perfkit", "ana"]), "analyze");
    assert_eq!(completed(&["perfkit", "analyze", "--trim"]), "--trim-ramp");
    assert_eq!(completed(&["perfkit", "analyze", "--format", "js"]), "json");
}

#[test]
fn each_command_has_a_man_page() {
    let perfkit = Perfkit::new();
    perfkit.run(&["man", "man1"]);
    let entries = fs::read_dir(perfkit.path("man1")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "",
        "-analyze",
        "-completions",
        "-man",
        "-plan",
        "-platform",
        "-serve",
    ];
    for name in expected {
        assert!(
            names.contains(&format!("perfkit{name}.1")),
            "{name}: {names:?}"
        );
    }
    let (page, _) = perfkit.run(&["man"]);
    assert_eq!(page, perfkit.read("man1/perfkit.1"));
    let analyze = perfkit.read("man1/perfkit-analyze.1");
    assert!(analyze.contains(r"\-\-trim\-ramp"));
    // The name of the page, not of the command.
    assert!(
        analyze.contains(".TH perfkit-analyze 1"),
        "{}",
        &analyze[..200]
    );
}
