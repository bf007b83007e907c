//! Defaults from `perfkit.toml` and the environment.

use crate::common::{Perfkit, five_samples};

const ANALYZE: [&str; 5] = ["analyze", "results.jtl", "--charts", "none", "--no-report"];

fn perfkit_with(config: &str) -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    perfkit.write("perfkit.toml", config);
    perfkit
}

#[test]
fn a_file_sets_defaults_and_the_command_line_comes_first() {
    let perfkit = perfkit_with(
        "[analyze]\nformat = \"csv\"\npercentiles = [50, 99.9]\ninclude = \"^A$\"\nonly-success = true\n",
    );
    let (table, _) = perfkit.run(&ANALYZE);
    assert!(
        table.starts_with("Label,# Samples,Average,Median,99.9% Line,"),
        "{table}"
    );
    assert!(
        table.contains("\nA,3,") && !table.contains("\nB,"),
        "{table}"
    );
    let (table, _) =
        perfkit.run(&[&ANALYZE[..], &["--include", "B", "--percentiles", "90"]].concat());
    assert!(
        table.starts_with("Label,# Samples,Average,90% Line,"),
        "{table}"
    );
    assert!(
        table.contains("\nB,1,") && !table.contains("\nA,"),
        "{table}"
    );
    let (text, _) = perfkit.run(&[&ANALYZE[..], &["--no-config"]].concat());
    assert!(text.contains("| B "), "{text}");
}

#[test]
fn defaults_that_conflict_with_an_option_are_ignored() {
    let perfkit =
        perfkit_with("[analyze]\nno-report = true\nonly-errors = true\nformat = \"csv\"\n");
    let (table, _) = perfkit.run(&[
        "analyze",
        "results.jtl",
        "--charts",
        "none",
        "--output",
        "out",
        "--only-success",
    ]);
    assert!(table.contains("\nTOTAL,4,"), "{table}");
    assert!(perfkit.path("out/report.md").exists());
}

#[test]
fn the_environment_overrides_the_file() {
    let perfkit = perfkit_with("[analyze]\nformat = \"json\"\ntimezone = \"UTC\"\n");
    let set = |zone: &str, more: &[&str]| {
        let mut command = perfkit.command(&[&ANALYZE[..], more].concat());
        let output = command.env("PERFKIT_TIMEZONE", zone).output().unwrap();
        output.status.code()
    };
    assert_eq!(set("Europe/Berlin", &[]), Some(0));
    assert_eq!(set("Nowhere/Land", &[]), Some(2));
    assert_eq!(set("Nowhere/Land", &["--timezone", "UTC"]), Some(0));
    perfkit.write("other.toml", "[analyze]\nformat = \"csv\"\n");
    let mut command = perfkit.command(&ANALYZE);
    let output = command
        .env("PERFKIT_CONFIG", "other.toml")
        .output()
        .unwrap();
    assert!(output.stdout.starts_with(b"Label,"));
}

#[test]
fn mistakes_get_suggestions() {
    let said = |config: &str| perfkit_with(config).command(&ANALYZE).output().unwrap();
    let told: Vec<String> = [
        "[analyse]\nformat = \"csv\"\n",
        "[analyze]\npercentile = [50]\n",
        "[serve]\nprot = 1\n",
        "[analyze]\nformat = \"cvs\"\n",
        "[analyze]\nformat = [\"csv\"]\n",
        "[analyze]\nstrict = 1\n",
        "format = \"csv\"\n",
    ]
    .into_iter()
    .map(|config| {
        let output = said(config);
        assert_eq!(output.status.code(), Some(2), "{config}");
        String::from_utf8(output.stderr).unwrap()
    })
    .collect();
    insta::assert_snapshot!(told.concat());
    let missing = Perfkit::new().fail(&["platform", "--config", "none.toml"]);
    assert!(
        missing.starts_with("perfkit: error: cannot read none.toml: "),
        "{missing}"
    );
}

#[test]
fn follow_options_can_be_set() {
    let perfkit =
        perfkit_with("[analyze]\nfollow = true\nuntil-idle = \"0.2s\"\ninterval = \"0.1s\"\n");
    let (table, said) = perfkit.run(&ANALYZE);
    assert!(table.contains("| **TOTAL** | 5 "), "{table}");
    assert!(said.contains("perfkit: 1.0 s: 5 samples; "), "{said}");
    // Without --follow they have no effect.
    let perfkit = perfkit_with("[analyze]\nuntil-idle = \"0.2s\"\ninterval = \"0.1s\"\n");
    let (_, said) = perfkit.run(&ANALYZE);
    assert!(!said.contains("5 samples; "), "{said}");
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", five_samples());
    for flag in ["--no-png", "--bogus", "--no-"] {
        let output = perfkit
            .command(&["analyze", "a.jtl", flag])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{flag}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains(&format!("unexpected argument '{flag}'")),
            "{said}"
        );
    }
}

#[test]
fn options_of_a_file_are_announced() {
    let perfkit = perfkit_with("[analyze]\nonly-success = true\nformat = \"csv\"\n");
    let note = "perfkit.toml sets --format=csv --only-success";
    let (_, said) = perfkit.run(&["analyze", "results.jtl", "--charts", "none"]);
    assert_eq!(said.matches(note).count(), 1, "{said}");
    assert!(
        perfkit.read("results-report/report.md").contains(note),
        "{}",
        perfkit.read("results-report/report.md")
    );
    assert!(perfkit.read("results-report/report.json").contains(note));
    // What the command line overrides is not set by the file.
    let (_, said) = perfkit.run(&[&ANALYZE[..], &["--format", "json"]].concat());
    assert!(
        said.starts_with("perfkit: note: perfkit.toml sets --only-success\n"),
        "{said}"
    );
}

/// A file can turn a failure into a pass: every verdict says so.
#[test]
fn verdicts_say_which_samples_count_and_what_a_file_set() {
    let perfkit = perfkit_with("[analyze]\nonly-success = true\nfail-if = \"error% > 1%\"\n");
    let said = "Only the samples chosen by --only-success count. perfkit.toml sets --fail-if=error% > 1% \
                --only-success.";
    let arguments = [&ANALYZE[..], &["--junit", "j.xml", "--format"]].concat();
    let (table, errors) = perfkit.run(&[&arguments[..], &["table"]].concat());
    assert!(
        errors.contains(&format!("The criterion passed. {said}\n")),
        "{errors}"
    );
    assert!(
        table.contains(&format!("The criterion passed. {said}\n")),
        "{table}"
    );
    let (markdown, _) = perfkit.run(&[&arguments[..], &["markdown"]].concat());
    let escaped = said.replace('>', "&gt;");
    assert!(markdown.contains(&escaped), "{markdown}");
    let junit = perfkit.read("j.xml");
    for property in [
        "<property name=\"selection\" value=\"--only-success\"/>",
        "<property name=\"configured\" value=\"perfkit.toml sets --fail-if=error% &gt; 1% --only-success\"/>",
    ] {
        assert!(junit.contains(property), "{junit}");
    }
}

#[test]
fn a_file_that_nobody_named_reaches_nothing_outside_its_directory() {
    let refused = |option: &str| {
        let perfkit = perfkit_with(&format!("[analyze]\n{option}\n"));
        perfkit.fail(&ANALYZE[..3])
    };
    assert_eq!(
        refused("listen = \"0.0.0.0:0\""),
        "perfkit: error: perfkit.toml: [analyze] listen reaches beyond this directory, which a file that \
         the command line does not name may not: give --config perfkit.toml to allow it, or --no-config \
         to ignore the file"
    );
    for option in [
        "server = \"http://127.0.0.1:1\"",
        "monitor = \"usage.csv\"",
        "output = \"/tmp/report\"",
        "output = \"../report\"",
        "output = \"a/../../report\"",
        "update = \"/tmp/README.md\"",
        "junit = \"../junit.xml\"",
        "baseline = \"/tmp/report.json\"",
        "criteria = \"../criteria.toml\"",
    ] {
        assert!(
            refused(option).contains("reaches beyond this directory"),
            "{option}"
        );
    }
    // Inside is fine, and so is everything once the file is named.
    let perfkit = perfkit_with("[analyze]\noutput = \"deep/report\"\ncharts = \"none\"\n");
    perfkit.run(&["analyze", "results.jtl"]);
    assert!(perfkit.path("deep/report/report.md").exists());
    let outside = Perfkit::new();
    let report = outside.path("report");
    perfkit.write("perfkit.toml", format!("[analyze]\noutput = {report:?}\n"));
    perfkit.run(&[
        "analyze",
        "results.jtl",
        "--config",
        "perfkit.toml",
        "--charts=none",
    ]);
    assert!(report.join("report.md").exists());
}

#[test]
#[cfg(unix)]
fn a_link_does_not_lead_out_of_the_directory() {
    let outside = Perfkit::new();
    let perfkit = perfkit_with("[analyze]\noutput = \"link/report\"\n");
    std::os::unix::fs::symlink(outside.directory.path(), perfkit.path("link")).unwrap();
    let said = perfkit.fail(&ANALYZE[..2]);
    assert!(
        said.contains("output reaches beyond this directory"),
        "{said}"
    );
    // The tables of other commands do not matter.
    perfkit.write("perfkit.toml", "[serve]\nmonitor = \"/tmp/usage.csv\"\n");
    perfkit.run(&ANALYZE);
}
