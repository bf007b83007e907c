//! Insights on simulated runs: how often they are false, and how often they find what is planted.
//! docs/insights.md states the rates.
//!
//! Half of the runs have no fault: ramps, steps, spikes, soaks, closed loops with queues. The others
//! have one to three. What is true of a run comes from the plan, the model and the rows, never from
//! what perfkit says.
#![allow(clippy::unwrap_used)]

#[path = "../it/common/mod.rs"]
mod common;
mod facts;
mod faults;
mod file;
mod model;
mod musts;
mod plan;
mod planting;
mod sizes;
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::Value;

use facts::Facts;
use musts::Must;
use plan::Plan;

/// Runs in continuous integration; the environment variable `RUNS` sets another number, and `FIRST` the
/// first seed.
const RUNS: u64 = 400;

/// Smallest share of insights that must be true, of each kind.
const MIN_PRECISION: f64 = 0.99;

/// Smallest share of what is planted that must be found, of each kind.
const MIN_RECALL: f64 = 0.95;

/// False or missed insights of a kind that a small number of runs may have.
const ALLOWED: usize = 1;

/// Caveats about the file, which are notes.
const NOTES: [&str; 4] = [
    "several_runs",
    "ids_in_labels",
    "sub_results",
    "too_few_samples",
];

/// What came of one kind of insight.
#[derive(Default)]
struct Tally {
    planted: usize,
    missed: Vec<u64>,
    said: usize,
    wrong: Vec<(u64, String)>,
}

/// What perfkit said of a run.
struct Heard {
    musts: Vec<(Must, bool)>,
    said: Vec<(Value, bool)>,
}

fn hear(plan: &Plan) -> Heard {
    let requests = model::run(plan);
    let files = plan.files(&requests);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let report = common::load::report(&files, &[50.0, 90.0, 95.0, 99.0]);
    let insights: Vec<Value> = (report.insights.iter())
        .map(|insight| serde_json::to_value(insight).unwrap())
        .filter(|insight| NOTES.iter().all(|note| insight["kind"] != *note))
        .collect();
    let facts = Facts::of(plan, &requests);
    let musts = facts.musts();
    let is_true = |insight: &Value| {
        facts.is_true(insight) || musts.iter().any(|must| facts.fits(must, insight))
    };
    let said = insights
        .iter()
        .map(|insight| (insight.clone(), is_true(insight)));
    let said = said.collect();
    // A collapse is saturation too.
    let is_found = |must: &Must, insight: &Value| {
        let is_worse = must.kind == "saturation" && insight["kind"] == "collapse";
        facts.fits(must, insight) || is_worse && facts.is_true(insight)
    };
    let found = |must: &Must| insights.iter().any(|insight| is_found(must, insight));
    let musts = musts
        .iter()
        .map(|must| (must.clone(), found(must)))
        .collect();
    Heard { musts, said }
}

fn tally(tallies: &mut BTreeMap<String, Tally>, seed: u64, heard: Heard) {
    for (must, is_found) in heard.musts {
        let tally = tallies.entry(must.kind.to_owned()).or_default();
        tally.planted += 1;
        if !is_found {
            tally.missed.push(seed);
        }
    }
    for (insight, is_true) in heard.said {
        let kind = insight["kind"].as_str().unwrap_or_default();
        let tally = tallies.entry(kind.to_owned()).or_default();
        tally.said += 1;
        if !is_true {
            let sentence = insight["sentence"].as_str().unwrap_or_default();
            tally.wrong.push((seed, sentence.to_owned()));
        }
    }
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
#[ignore = "run optimised"]
fn insights_are_true_and_find_what_is_planted() {
    let runs = number("RUNS").unwrap_or(RUNS);
    let first = number("FIRST").unwrap_or(0);
    let next = AtomicU64::new(first);
    let tallies = Mutex::new(BTreeMap::new());
    let threads = thread::available_parallelism().map_or(2, |threads| threads.get());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + runs {
                        return;
                    }
                    let heard = hear(&Plan::of(seed));
                    tally(&mut tallies.lock().unwrap(), seed, heard);
                }
            });
        }
    });
    let tallies = tallies.into_inner().unwrap();
    println!("{}\n{}", table(&tallies), failures(&tallies, false));
    let failures = failures(&tallies, true);
    assert!(failures.is_empty(), "{runs} runs:\n{failures}");
}

fn table(tallies: &BTreeMap<String, Tally>) -> String {
    let mut text = "| kind | planted | found | recall | said | false | precision |\n\
                    |---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    let share = |part: usize, of: usize| match of {
        0 => "-".to_owned(),
        of => format!("{:.2}%", part as f64 / of as f64 * 100.0),
    };
    let mut row = |kind: &str, [planted, missed, said, wrong]: [usize; 4]| {
        let (found, right) = (planted - missed, said - wrong);
        let (recall, precision) = (share(found, planted), share(right, said));
        writeln!(
            text,
            "| {kind} | {planted} | {found} | {recall} | {said} | {wrong} | {precision} |"
        )
        .unwrap();
    };
    let mut all = [0; 4];
    for (kind, tally) in tallies {
        let counts = [
            tally.planted,
            tally.missed.len(),
            tally.said,
            tally.wrong.len(),
        ];
        row(kind, counts);
        for (sum, count) in all.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    row("all", all);
    text
}

/// What is missed or false, with the seeds of some of the runs; only kinds that miss the targets if
/// `is_strict`.
fn failures(tallies: &BTreeMap<String, Tally>, is_strict: bool) -> String {
    const SEEDS: usize = 12;
    let is_listed = |count: usize, of: usize, target: f64| {
        let tolerated = (of as f64 * (1.0 - target)).max(ALLOWED as f64);
        count > 0 && (!is_strict || count as f64 > tolerated)
    };
    let mut text = String::new();
    for (kind, tally) in tallies {
        let (missed, wrong) = (tally.missed.len(), tally.wrong.len());
        if is_listed(missed, tally.planted, MIN_RECALL) {
            let mut seeds = tally.missed.clone();
            seeds.sort();
            seeds.truncate(SEEDS);
            writeln!(text, "{kind}: {missed} missed, seeds {seeds:?}").unwrap();
        }
        if is_listed(wrong, tally.said, MIN_PRECISION) {
            writeln!(text, "{kind}: {wrong} false").unwrap();
            let mut seeds: Vec<_> = tally.wrong.iter().collect();
            seeds.sort();
            for (seed, sentence) in seeds.iter().take(SEEDS) {
                writeln!(text, "  seed {seed}: {sentence}").unwrap();
            }
        }
    }
    text
}

/// Writes the run of the seed in the environment variable `SEED` to a directory, and prints its plan
/// and its insights.
#[test]
#[ignore = "writes files"]
fn one_run() {
    let Some(seed) = number("SEED") else {
        return;
    };
    let plan = Plan::of(seed);
    println!("{plan:#?}");
    let directory = format!("{}/simulated", env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&directory).unwrap();
    for (number, text) in plan.files(&model::run(&plan)).iter().enumerate() {
        let path = format!("{directory}/{seed}-{number}.jtl");
        fs::write(&path, text).unwrap();
        println!("{path}");
    }
    let heard = hear(&plan);
    for (must, is_found) in heard.musts {
        println!("{} {must:?}", if is_found { "found" } else { "MISSED" });
    }
    for (insight, is_true) in heard.said {
        println!("{} {insight}", if is_true { "true" } else { "FALSE" });
    }
}

/// docs/insights.md describes every kind that is planted, and plans plant every kind that it describes.
#[test]
fn every_kind_is_planted() {
    let plans = (0..1_000).map(Plan::of);
    let planted = plans.flat_map(|plan| plan.faults.into_iter().map(|fault| fault.kind()));
    // Follows from the shape of a run.
    let planted: BTreeSet<&str> = planted.chain(["steady_window"]).collect();
    let page = include_str!("../../docs/insights.md");
    let (kinds, rest) = page.split_once("\n## Caveats\n").unwrap();
    let described = kinds.lines().filter_map(|line| line.strip_prefix("### "));
    assert_eq!(described.collect::<BTreeSet<&str>>(), planted);
    let (_, sizes) = rest.split_once("\n| kind | size |\n").unwrap();
    let rows = sizes.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let sized = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    assert_eq!(sized.collect::<BTreeSet<&str>>(), planted);
}

/// The same seed gives the same run, and the insights of a few runs can be judged.
#[test]
fn a_run_depends_only_on_its_seed() {
    for seed in 0..6 {
        let mut plan = Plan::of(seed);
        plan.rows = plan.rows.min(1_000.0);
        let files = plan.files(&model::run(&plan));
        assert_eq!(files, plan.files(&model::run(&plan)));
        assert_eq!(plan.faults.is_empty(), seed % 2 == 0);
        let rows = files
            .iter()
            .map(|file| file.lines().count() - 1)
            .sum::<usize>();
        assert!(rows > 20, "{rows}");
        hear(&plan);
    }
}
