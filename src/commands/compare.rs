//! `perfkit compare`: runs in, what changed out.

use std::path::Path;
use std::process::ExitCode;

use super::gate::{self, Gate};
use super::{analyze, output, saved};
use crate::chart::Size;
use crate::cli::{AnalyzeArgs, ChartTheme, CompareArgs, CompareFormat, Format, SelectionArgs};
use crate::compare::{self, Settings};
use crate::error::{Error, Result};
use crate::render;
use crate::report::Report;

/// Runs `perfkit compare`.
///
/// # Errors
///
/// Options that make no sense, inputs that cannot be read or hold no samples, outputs that cannot
/// be written, criteria that ask for what a run does not have.
pub fn run(mut args: CompareArgs) -> Result<ExitCode> {
    if args.gate.baseline.is_some() {
        return Err(Error::Usage(
            "--baseline is for perfkit analyze: the first run is the baseline here".to_owned(),
        ));
    }
    let names = names(&args)?;
    let gate = Gate::against_first(&args.gate, &args.percentiles)?;
    let runs = read_runs(&mut args, names)?;
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
        CompareFormat::Json => render::compare::json(&comparison)?,
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
    match printed {
        Err(error) if !(is_worse && error.is_broken_pipe()) => gate::exit_code(&judged, Err(error)),
        _ if is_worse => Ok(ExitCode::FAILURE),
        printed => gate::exit_code(&judged, printed),
    }
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

fn read_runs(args: &mut CompareArgs, names: Vec<String>) -> Result<Vec<(String, Report)>> {
    let paths = std::mem::take(&mut args.runs);
    let mut reading = AnalyzeArgs {
        results: Vec::new(),
        format: Format::default(),
        output: None,
        no_report: true,
        charts: Vec::new(),
        chart_size: Size {
            width: 0,
            height: 0,
            density: 1.0,
        },
        chart_theme: ChartTheme::default(),
        percentiles: args.percentiles.clone(),
        apdex: args.apdex.clone(),
        compat: None,
        expected_interval: None,
        max_labels: None,
        columns: None,
        selection: std::mem::take(&mut args.selection),
        gate: Default::default(),
        publish: Default::default(),
        title: None,
        platform: Some(String::new()),
        server: None,
        monitor: None,
        detail: Vec::new(),
        timestamp_is_end: args.timestamp_is_end,
        timestamp_format: args.timestamp_format.clone(),
        timezone: args.timezone.clone(),
        strict: args.strict,
        threads: args.threads,
    };
    let mut runs = Vec::new();
    for (path, name) in paths.into_iter().zip(names) {
        let report = if saved::is_report(&path) {
            saved_run(&path, &reading.selection)?
        } else {
            reading.results = vec![path];
            // The machine that compares is not the one that was tested.
            Report {
                details: Vec::new(),
                ..analyze::report_of(&reading)?
            }
        };
        runs.push((name, report));
    }
    Ok(runs)
}

fn saved_run(path: &Path, selection: &SelectionArgs) -> Result<Report> {
    let chosen = super::selection::echo(selection);
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
