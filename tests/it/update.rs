//! `--update` keeps a README, and `--step-summary` a CI job's summary.

use std::fs;

use crate::common::{Perfkit, five_samples};

const UPDATE: [&str; 8] = [
    "analyze",
    "results.jtl",
    "--no-report",
    "--platform",
    "Pi 5",
    "--update",
    "README.md",
    "--key",
];

fn perfkit_with(readme: &[u8]) -> Perfkit {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    perfkit.write("README.md", readme);
    perfkit
}

fn update(perfkit: &Perfkit, key: &str) -> (String, String) {
    perfkit.run(&[&UPDATE[..], &[key]].concat())
}

#[test]
fn each_platform_has_its_block_and_all_else_stays() {
    let before = b"# Caf\xe9\r\n\r\ntext";
    let perfkit = perfkit_with(before);
    let (printed, said) = update(&perfkit, "one");
    let first = fs::read(perfkit.path("README.md")).unwrap();
    assert!(said.contains(
        "added the markers `<!-- perfkit:begin one -->` and `<!-- perfkit:end one -->` to README.md, \
         at line 5"
    ));
    assert!(first.starts_with(before));
    let expected = format!(
        "\r\n\r\n<!-- perfkit:begin one -->\r\n\r\n{}\r\n<!-- perfkit:end one -->\r\n",
        printed.replace('\n', "\r\n")
    );
    assert_eq!(
        String::from_utf8_lossy(&first[before.len()..]),
        expected.as_str()
    );

    update(&perfkit, "two");
    let both = fs::read(perfkit.path("README.md")).unwrap();
    assert!(both.starts_with(&first));

    // Another run changes its own block only.
    perfkit.write("results.jtl", five_samples().replace(",300,A,", ",301,A|,"));
    let (printed, said) = update(&perfkit, "one");
    assert!(said.contains("updated the block `one` of README.md, at line 5"));
    assert!(printed.contains("A\\|"));
    let after = fs::read(perfkit.path("README.md")).unwrap();
    assert!(after.starts_with(before));
    assert!(after.ends_with(&both[first.len()..]));
    assert!(String::from_utf8_lossy(&after).contains(&printed.replace('\n', "\r\n")));
    perfkit.write("results.jtl", five_samples());
    update(&perfkit, "one");
    assert_eq!(fs::read(perfkit.path("README.md")).unwrap(), both);
}

#[test]
fn a_block_is_named_after_the_platform_or_the_results() {
    let perfkit = perfkit_with(b"");
    perfkit.run(&UPDATE[..7]);
    perfkit.run(&[
        "analyze",
        "results.jtl",
        "--no-report",
        "--update",
        "README.md",
    ]);
    let readme = perfkit.read("README.md");
    assert!(readme.starts_with("<!-- perfkit:begin Pi-5 -->\n"));
    assert!(readme.contains("\n\n<!-- perfkit:begin results -->\n"));
    let said = perfkit.fail(&[&UPDATE[..7], &["--key=-->"]].concat());
    assert!(
        said.contains("--key: the name needs a letter or digit"),
        "{said}"
    );
}

#[test]
fn damaged_markers_fail_before_anything_is_written() {
    let readme = "\n<!-- perfkit:begin one -->\ntext\n";
    let perfkit = perfkit_with(readme.as_bytes());
    let said = perfkit.fail(&[&UPDATE[..], &["two"]].concat());
    assert_eq!(
        said,
        "perfkit: error: README.md: line 2 begins the block `one`, which no line ends: put \
         `<!-- perfkit:end one -->` behind it"
    );
    assert_eq!(perfkit.read("README.md"), readme);
    fs::remove_file(perfkit.path("README.md")).unwrap();
    let said = perfkit.fail(&[&UPDATE[..], &["two"]].concat());
    assert!(said.contains("README.md: does not exist"), "{said}");
}

#[test]
fn a_chosen_report_directory_is_linked() {
    let perfkit = perfkit_with(b"");
    fs::create_dir(perfkit.path("docs")).unwrap();
    perfkit.write("docs/load.md", "");
    let link = [
        "--charts",
        "none",
        "--output",
        "load (1)",
        "--update",
        "docs/load.md",
    ];
    perfkit.run(&[&["analyze", "results.jtl"], &link[..]].concat());
    let readme = perfkit.read("docs/load.md");
    assert!(
        readme.contains("\n[Report with charts](../load%20%281%29/report.md)\n"),
        "{readme}"
    );
    assert!(perfkit.path("load (1)/report.md").exists());
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_permissions_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let real = perfkit.write("real.md", "text\n");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.md", perfkit.path("README.md")).unwrap();
    update(&perfkit, "one");
    assert!(perfkit.path("README.md").is_symlink());
    assert!(perfkit.read("real.md").contains("perfkit:begin one"));
    assert_eq!(
        fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );

    let before = perfkit.read("real.md");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
    perfkit.fail(&[&UPDATE[..], &["two"]].concat());
    assert_eq!(perfkit.read("real.md"), before);
}

#[test]
fn a_jobs_summary_is_appended_to() {
    let perfkit = perfkit_with(b"");
    perfkit.write("summary.md", "before\n");
    let ask = ["analyze", "results.jtl", "--no-report", "--step-summary"];
    let mut command = perfkit.command(&ask);
    let output = command
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(perfkit.read("summary.md"), format!("before\n{printed}\n"));

    let output = perfkit
        .command(&ask)
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("GITHUB_STEP_SUMMARY is not set"), "{said}");
}
