//! `--update` keeps a README, and `--step-summary` a CI job's summary.

use std::fs;

use crate::common::{HEADER, Perfkit, five_samples};

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
        "\r\n\r\n<!-- perfkit:begin one -->\r\n<!-- perfkit:run date=\"2023-11-14\" platform=\"Pi 5\" \
         -->\r\n\r\n{}\r\n<!-- perfkit:end one -->\r\n",
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
    assert!(said.contains(
        "updated the block `one` of README.md, at line 5: replaced the block of Pi 5 of 2023-11-14\n"
    ));
    assert!(printed.contains("A\\|"));
    let after = fs::read(perfkit.path("README.md")).unwrap();
    assert!(after.starts_with(before));
    assert!(after.ends_with(&both[first.len()..]));
    assert!(String::from_utf8_lossy(&after).contains(&printed.replace('\n', "\r\n")));
    perfkit.write("results.jtl", five_samples());
    update(&perfkit, "one");
    assert_eq!(fs::read(perfkit.path("README.md")).unwrap(), both);
    let (_, said) = update(&perfkit, "one");
    assert!(said.contains("the block `one` of README.md, at line 5, is up to date\n"));
}

/// The keys of a README's blocks, in order.
fn keys(readme: &str) -> Vec<&str> {
    let begins = readme
        .lines()
        .filter_map(|line| line.strip_prefix("<!-- perfkit:begin "));
    begins
        .map(|line| line.strip_suffix(" -->").unwrap())
        .collect()
}

/// Analyzes `results.jtl` of a directory from there, as people do, and updates the README above it.
fn update_from(perfkit: &Perfkit, directory: &str, more: &[&str]) -> String {
    fs::create_dir_all(perfkit.path(directory)).unwrap();
    perfkit.write(&format!("{directory}/results.jtl"), five_samples());
    let fixed = [
        "analyze",
        "results.jtl",
        "--no-report",
        "--update",
        "../README.md",
    ];
    let output = perfkit
        .command(&[&fixed[..], more].concat())
        .current_dir(perfkit.path(directory))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

#[test]
fn each_server_under_one_platform_has_its_block() {
    let perfkit = perfkit_with(b"");
    for _ in 0..2 {
        for (server, commit) in [("nginx 1.25", "1"), ("nginx 1.27", "2")] {
            let server = format!("--detail=Server={server}");
            let commit = format!("--detail=Commit={commit}");
            update_from(&perfkit, "m1", &["--platform=Pi 5", &server, &commit]);
        }
        update_from(&perfkit, "m1", &["--platform=Pi 5"]);
    }
    let readme = perfkit.read("README.md");
    assert_eq!(
        keys(&readme),
        ["Pi-5-Server-nginx-1.25", "Pi-5-Server-nginx-1.27", "Pi-5"]
    );
    // Another build of the same platform replaces its block.
    let said = update_from(
        &perfkit,
        "m2",
        &[
            "--platform=Pi 5",
            "--detail=Server=nginx 1.27",
            "--detail=Commit=3",
        ],
    );
    assert!(
        said.contains(": replaced the block of Pi 5, Server=nginx 1.27 of 2023-11-14\n"),
        "{said}"
    );
    let expected = readme.replace("| **Commit**   | 2  ", "| **Commit**   | 3  ");
    assert_eq!(perfkit.read("README.md"), expected);
}

#[test]
fn runs_without_a_platform_are_told_apart_by_their_directories() {
    let perfkit = perfkit_with(b"");
    update_from(&perfkit, "m1", &[]);
    update_from(&perfkit, "m2", &[]);
    let said = update_from(&perfkit, "m1", &[]);
    assert!(said.contains("the block `m1-results` of ../README.md, at line 1, is up to date"));
    assert_eq!(
        keys(&perfkit.read("README.md")),
        ["m1-results", "m2-results"]
    );
    // A name for the block says that both are meant.
    update_from(&perfkit, "m1", &["--key=nightly"]);
    let said = update_from(&perfkit, "m2", &["--key=nightly"]);
    assert!(
        said.contains("replaced the block of m1/results.jtl of 2023-11-14"),
        "{said}"
    );
}

#[test]
fn a_block_of_another_platform_is_an_error() {
    let perfkit = perfkit_with(b"");
    update(&perfkit, "one");
    let before = perfkit.read("README.md");
    // The results do not exist: the error appears before they are read.
    let fixed = ["analyze", "missing.jtl", "--update=README.md", "--key=one"];
    assert_eq!(
        perfkit.fail(&[&fixed[..], &["--platform=Pi 4"]].concat()),
        "perfkit: error: README.md: line 1: the block `one` is of Pi 5, and this run is of Pi 4: give it \
         a block of its own with --key Pi-4"
    );
    assert_eq!(
        perfkit.fail(&fixed),
        "perfkit: error: README.md: line 1: the block `one` is of Pi 5, and this run names no platform: \
         name it with --platform or --server, or give it a block of its own with --key one-2"
    );
    assert_eq!(perfkit.read("README.md"), before);
}

#[test]
fn blocks_of_earlier_versions_are_replaced_in_place() {
    let older = "# Title\n\n<!-- perfkit:begin Pi-5 -->\n\n\
                 |              | **Details** |\n\
                 |--------------|-------------|\n\
                 | **Platform** | Pi 5        |\n\
                 | **Server**   | nginx       |\n\
                 | **perfkit**  | 0.1.0       |\n\n\
                 <!-- perfkit:end Pi-5 -->\n\nmore\n";
    let perfkit = perfkit_with(older.as_bytes());
    let arguments = [&UPDATE[..7], &["--detail", "Server=nginx"]].concat();
    let (_, said) = perfkit.run(&arguments);
    assert!(
        said.contains(
            "updated the block `Pi-5-Server-nginx` of README.md, at line 3, named `Pi-5` before: \
             replaced the block of Pi 5, Server=nginx\n"
        ),
        "{said}"
    );
    let readme = perfkit.read("README.md");
    assert_eq!(keys(&readme), ["Pi-5-Server-nginx"]);
    assert!(readme.starts_with("# Title\n\n<!--") && readme.ends_with("-->\n\nmore\n"));
    // Another server on that machine.
    perfkit.write("README.md", older);
    perfkit.run(&[&UPDATE[..7], &["--detail", "Server=Flask"]].concat());
    assert!(perfkit.read("README.md").starts_with(older));
    let said = perfkit.fail(&[&UPDATE[..], &["Pi-5", "--detail", "Server=Flask"]].concat());
    assert!(
        said.contains("line 3: the block `Pi-5` is of Pi 5, Server=nginx"),
        "{said}"
    );
}

#[test]
fn a_comparison_keeps_its_platforms() {
    let perfkit = perfkit_with(b"");
    for platform in ["Pi 4", "Pi 5", "laptop"] {
        let directory = format!("{platform} run");
        let platform = ["--platform", platform, "--output", &directory];
        perfkit.run(&[&["analyze", "results.jtl", "--charts=none"], &platform[..]].concat());
    }
    let compare = |platforms: &[&str]| {
        let runs: Vec<String> = platforms
            .iter()
            .map(|platform| format!("{platform} run/report.json"))
            .collect();
        let mut arguments = vec!["compare", "--update=README.md"];
        arguments.extend(runs.iter().map(String::as_str));
        arguments.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |platforms: &[&str]| {
        let arguments = compare(platforms);
        perfkit
            .run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
            .1
    };
    run(&["Pi 4", "Pi 5"]);
    let said = run(&["laptop", "Pi 4", "Pi 5"]);
    assert!(
        said.contains("replaced the block of Pi 4 and Pi 5 of 2023-11-14"),
        "{said}"
    );
    let before = perfkit.read("README.md");
    let arguments = compare(&["Pi 4", "Pi 5"]);
    let said = perfkit.fail(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(
        said.contains("`comparison` is of laptop; Pi 4 and Pi 5, and this run is of Pi 4 and Pi 5"),
        "{said}"
    );
    assert!(said.ends_with("--key comparison-2"), "{said}");
    assert_eq!(perfkit.read("README.md"), before);
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

    // The insights come first; on standard output, they are on standard error.
    let mut rows = HEADER.to_owned();
    for number in 0..100 {
        let ok = number % 2 == 0;
        rows += &format!(
            "{},20,Pay,{},,t 1-1,text,{ok},,1,1,1,1,http://a/,20,0,0\n",
            number * 100,
            if ok { 200 } else { 500 }
        );
    }
    perfkit.write("results.jtl", &rows);
    let output = perfkit
        .command(&ask)
        .env("GITHUB_STEP_SUMMARY", "failing.md")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let insight = "### Insights\n\n- 50 of 100 requests failed (50%), all with 500. Try: `--group-by code`\n\n";
    assert_eq!(perfkit.read("failing.md"), format!("{insight}{printed}\n"));

    let output = perfkit
        .command(&ask)
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("GITHUB_STEP_SUMMARY is not set"), "{said}");
}
