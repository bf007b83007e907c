//! README and docs: commands print what the pages show, links resolve, options exist.
//!
//! Blocks of ```` ```console ```` are run by trycmd, page by page, in a directory with the files that
//! the pages use. A command that needs a second machine or another tool stands in a block of
//! ```` ```console,ignore ````, and a comment before it says why. After output changes, run
//! `TRYCMD=overwrite cargo test --test docs`.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "it/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use common::{CHART_SIZE, HEADER, Perfkit, fixtures, row};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pages and their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let mut pages: Vec<PathBuf> = docs.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.push(root().join("README.md"));
    pages.sort();
    assert!(pages.len() >= 7);
    let texts = pages.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    });
    texts.collect()
}

/// A block of code: its info string, the last nonblank line before it, and its lines.
struct Block {
    info: String,
    before: String,
    lines: Vec<String>,
}

/// The fenced and indented blocks of a page; indented ones have no info string.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut before, mut is_fenced, mut is_indented) = (String::new(), false, false);
    for line in text.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            is_fenced = !is_fenced;
            is_indented = false;
            if is_fenced {
                blocks.push(Block {
                    info: info.to_owned(),
                    before: before.clone(),
                    lines: Vec::new(),
                });
            }
        } else if is_fenced {
            blocks.last_mut().unwrap().lines.push(line.to_owned());
        } else if let Some(line) = line.strip_prefix("    ") {
            if !is_indented {
                blocks.push(Block {
                    info: String::new(),
                    before: before.clone(),
                    lines: Vec::new(),
                });
            }
            is_indented = true;
            blocks.last_mut().unwrap().lines.push(line.to_owned());
        } else if !line.trim().is_empty() {
            is_indented = false;
            before = line.to_owned();
        }
    }
    blocks
}

/// A directory with the files that the pages use.
fn workplace() -> Perfkit {
    let perfkit = Perfkit::new();
    let mut standard = String::new();
    let packed = fs::File::open(fixtures().join("standard.jtl.gz")).unwrap();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut standard)
        .unwrap();
    perfkit.write("results.jtl", &standard);
    let (header, rows) = standard.split_once('\n').unwrap();
    // One run by three engines, each with a file of its own.
    let mut engines = [const { String::new() }; 3];
    for (number, line) in rows.lines().take(30_000).enumerate() {
        writeln!(engines[number % 3], "{line}").unwrap();
    }
    for (number, rows) in (1..).zip(engines) {
        perfkit.write(&format!("engine{number}.jtl"), format!("{header}\n{rows}"));
    }
    for (name, slower) in [("before.jtl", 0), ("after.jtl", 12)] {
        let rows: String = (0..6_000)
            .map(|at| {
                let (label, more) = [("Log in", 0), ("Search", slower)][at as usize % 2];
                row(
                    1_700_000_000_000 + at * 20,
                    20 + at * 7 % 31 + more,
                    label,
                    at % 400 != 0,
                )
            })
            .collect();
        perfkit.write(name, format!("{HEADER}{rows}"));
    }
    // Every 50th row has no elapsed time.
    let rows = (0..200).map(|at| {
        let row = row(
            1_700_000_000_000 + at * 20,
            20 + at * 7 % 31,
            "Search",
            true,
        );
        match at % 50 {
            49 => row.replacen(&format!(",{},", 20 + at * 7 % 31), ",-,", 1),
            _ => row,
        }
    });
    perfkit.write(
        "damaged.jtl",
        format!("{HEADER}{}", rows.collect::<String>()),
    );
    // The columns that Taurus configures.
    let kpi = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,grpThreads,allThreads,Latency,Hostname,Connect\n".to_owned();
    let rows = (0..300).map(|at| {
        format!(
            "{},{},IndexPage,200,OK,Users 1-1,true,575,1,1,{},tester,0\n",
            1_700_000_000_000_i64 + at * 100,
            100 + at % 90,
            80 + at % 90
        )
    });
    perfkit.write("kpi.jtl", kpi + &rows.collect::<String>());
    // A chat with a time to first token, and the length of a queue.
    let chat = "timeStamp,elapsed,label,success,Latency,ttft,queue\n".to_owned();
    let rows = (0..300).map(|at| {
        let label = ["Chat", "Chat", "Search"][at as usize % 3];
        let ttft = match label {
            "Chat" => format!("{}.{}", 120 + at * 37 % 240, at % 10),
            _ => String::new(),
        };
        let (time, elapsed) = (1_700_000_000_000_i64 + at * 100, 300 + at * 71 % 600);
        format!("{time},{elapsed},{label},true,90,{ttft},{}\n", at * 13 % 7)
    });
    perfkit.write("chat.jtl", chat + &rows.collect::<String>());
    for (name, fixture) in [
        ("checkout.jtl", "controllers.jtl"),
        ("errors.jtl", "errors.jtl"),
        ("long.jtl.gz", "dashboard.jtl.gz"),
        ("usage.csv", "standard-usage.csv"),
    ] {
        perfkit.write(name, fs::read(fixtures().join(fixture)).unwrap());
    }
    perfkit.write(
        "criteria.toml",
        fs::read(root().join("examples/criteria.toml")).unwrap(),
    );
    perfkit.write("README.md", "# Platforms\n");
    perfkit
}

#[test]
fn commands_print_what_the_pages_say() {
    for (path, _) in pages() {
        let perfkit = workplace();
        // A clean environment, in the directory of the files.
        std::env::set_current_dir(perfkit.directory.path()).unwrap();
        trycmd::TestCases::new()
            .env("TZ", "UTC")
            .env("COLUMNS", "100")
            .env(CHART_SIZE.0, CHART_SIZE.1)
            .env("PERFKIT_THREADS", "2")
            .case(&path)
            .run();
    }
}

#[test]
fn every_command_is_run_or_says_why_not() {
    for (path, text) in pages() {
        for block in blocks(&text) {
            let is_run = block.info == "console" || block.info.starts_with("console,");
            let is_command = |line: &&String| {
                let line = line.trim_start();
                [
                    "perfkit analyze",
                    "perfkit compare",
                    "perfkit history",
                    "perfkit summarize",
                    "perfkit plan",
                    "perfkit serve",
                    "jmeter ",
                    "$ ",
                ]
                .iter()
                .any(|start| line.starts_with(start))
                    && !line.contains('[')
            };
            let is_script = ["yaml", "bash", "groovy", "toml"].contains(&block.info.as_str());
            if let Some(command) = block.lines.iter().find(is_command) {
                assert!(
                    is_run || is_script,
                    "{}: {command} is in a block that is not run",
                    path.display()
                );
            }
            if block.info == "console,ignore" {
                assert!(
                    block.before.starts_with("<!-- not run: "),
                    "{}: {:?} says not why it is not run",
                    path.display(),
                    block.lines
                );
            }
        }
    }
}

#[test]
fn options_in_the_pages_exist() {
    let perfkit = Perfkit::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for command in [
        "analyze",
        "compare",
        "history",
        "plan",
        "serve",
        "platform",
        "completions",
        "man",
    ] {
        let (help, _) = perfkit.run(&[command, "--help"]);
        known.extend(options_of(&help));
    }
    assert!(known.contains("--fail-if") && known.contains("--max-connections"));
    // Options of cargo, JMeter and schedulers.
    let others = [
        "--job-name",
        "--cpus-per-task",
        "--open",
        "--parsable",
        "--release",
        "--path",
        "--array",
        "--wrap",
        "--dependency",
        "--jobs",
        "--locked",
        "--profile",
        "--renew",
        "--test",
    ];
    known.extend(others.map(str::to_owned));
    for (path, text) in pages() {
        for option in options_of(&text) {
            assert!(
                known.contains(&option),
                "{}: there is no {option}",
                path.display()
            );
        }
    }
}

/// Matches long options.
fn options_of(text: &str) -> BTreeSet<String> {
    let option = regex::Regex::new(r"(?:^|[\s`'(\[|])(--[a-z][a-z-]*[a-z])").unwrap();
    option
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

#[test]
fn links_resolve() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut checked = 0;
    for (path, text) in pages() {
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.starts_with("http") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(file.exists(), "{}: {target} leads nowhere", path.display());
            if !anchor.is_empty() {
                assert!(
                    anchors(&file).contains(anchor),
                    "{}: there is no {target}",
                    path.display()
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|&letter| letter.is_alphanumeric() || " -_".contains(letter));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}
