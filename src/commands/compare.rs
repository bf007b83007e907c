//! `perfkit compare`: runs in, what changed out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::gate::{self, Gate};
use super::reading::{self, Results};
use super::{analyze, output, saved, selection};
use crate::cli::{CompareArgs, CompareFormat, SelectionArgs};
use crate::compare::{self, Settings};
use crate::error::{Error, Result};
use crate::render;
use crate::report::{self, Report};

/// Runs `perfkit compare`.
///
/// # Errors
///
/// Options that make no sense, inputs that cannot be read or hold no samples, outputs that cannot
/// be written, criteria that ask for what a run does not have.
pub fn run(args: CompareArgs) -> Result<ExitCode> {
    if args.gate.baseline.is_some() {
        return Err(Error::Usage(
            "--baseline is for perfkit analyze: the first run is the baseline here".to_owned(),
        ));
    }
    let names = names(&args)?;
    let gate = Gate::against_first(&args.gate, &args.percentiles)?;
    let runs = read_runs(&args, names)?;
    let settings = Settings {
        confidence: args.confidence / 100.0,
        threshold_ratio: args.threshold / 100.0,
        threshold_ms: args.threshold_ms,
        percentiles: args.percentiles.clone(),
    };
    let mut judged = Report::default();
    if let Some(((_, baseline), candidates)) = runs.split_first() {
        for (name, report) in candidates {
            let mut results = gate.evaluate_against(report, Some(baseline))?;
            if candidates.len() > 1 {
                for result in &mut results {
                    result.text = format!("{name}: {}", result.text);
                }
            }
            judged.criteria.extend(results);
        }
    }
    gate::write_junit(&args.gate, &judged)?;
    let comparison = compare::compare(&runs, &settings);
    let text = match args.format {
        CompareFormat::Markdown => markdown(&judged, render::compare::markdown(&comparison)),
        CompareFormat::Table => render::compare::terminal(&comparison, output::terminal_width()),
        CompareFormat::Csv => render::compare::csv(&comparison)?,
        CompareFormat::Html => render::html::comparison(&comparison, &runs, &judged)?,
        CompareFormat::Json => render::compare::json(&comparison, &judged.criteria)?,
    };
    let printed = match &args.output {
        Some(path) => {
            output::write(path, text.as_bytes())?;
            Ok(())
        }
        None => output::print(&text),
    };
    gate::tell(&judged);
    let is_worse = args.fail_if_worse && comparison.is_worse();
    if is_worse {
        gate::tell_error(
            "Worse than the baseline",
            &render::compare::summary(&comparison),
        );
    }
    gate::exit_code(is_worse || gate::is_failed(&judged), printed)
}

fn markdown(judged: &Report, comparison: String) -> String {
    match render::criteria::markdown(judged) {
        criteria if criteria.is_empty() => comparison,
        criteria => format!("{comparison}\n{criteria}"),
    }
}

/// The names given, or those of the files; where those are alike, their paths.
fn names(args: &CompareArgs) -> Result<Vec<String>> {
    let count = args.runs.len();
    if !args.name.is_empty() {
        return match args.name.len() == count {
            true => Ok(args.name.clone()),
            false => Err(Error::Usage(format!(
                "there are {count} runs and {} names: give --name once for each, or not at all",
                args.name.len()
            ))),
        };
    }
    let stems: Vec<String> = args
        .runs
        .iter()
        .map(|path| analyze::stem_of(path))
        .collect();
    let is_alike = |stem: &String| stems.iter().filter(|other| *other == stem).count() > 1;
    let named = args
        .runs
        .iter()
        .zip(&stems)
        .map(|(path, stem)| match is_alike(stem) {
            true => path.display().to_string(),
            false => stem.clone(),
        });
    Ok(named.collect())
}

fn read_runs(args: &CompareArgs, names: Vec<String>) -> Result<Vec<(String, Report)>> {
    let paths = args.runs.iter().zip(names);
    paths
        .map(|(path, name)| {
            let report = match saved::is_report(path) {
                true => saved_run(path, &args.selection)?,
                false => run_of_results(args, path)?,
            };
            Ok((name, report))
        })
        .collect()
}

/// The report of a result file. It has no details: the machine that compares is not the one that
/// was tested.
fn run_of_results(args: &CompareArgs, path: &PathBuf) -> Result<Report> {
    let results = Results {
        paths: std::slice::from_ref(path),
        reading: &args.reading,
        selection: &args.selection,
        compat: None,
    };
    let (aggregate, sources) = results.read(report::Options {
        percentiles: args.percentiles.clone(),
        timestamp_is_end: args.reading.timestamp_is_end,
        selection: selection::echo(&args.selection),
        apdex: args.apdex.clone(),
        ..report::Options::default()
    })?;
    reading::report(&aggregate, sources)
}

fn saved_run(path: &Path, args: &SelectionArgs) -> Result<Report> {
    let chosen = selection::echo(args);
    let report = saved::read(path)?;
    let name = path.display().to_string();
    if !chosen.is_empty() && report.options.selection != chosen {
        return Err(Error::input(
            name,
            format!(
                "is a report, and of those what counts can be chosen no more ({}): give its result file, or analyze it with the same options",
                chosen.join(", ")
            ),
        ));
    }
    if report.total.samples == 0 {
        return Err(Error::input(name, "has no samples to compare"));
    }
    Ok(report)
}
