//! `perfkit compare`: reads runs, says what changed.

mod history;
mod inputs;
mod regression;

use std::process::ExitCode;

use self::inputs::Inputs;
use self::regression::Regressions;
use super::gate::{self, Gate};
use super::readme::{self, Readme};
use super::{analysis, clash, output};
use crate::chart;
use crate::cli::{CompareArgs, CompareFormat};
use crate::compare::{self, Settings, Side};
use crate::error::{Error, Result};
use crate::gate::rejected_rows;
use crate::percentile::Percentile;
use crate::render;
use crate::render::compare::Extent;
use crate::render::csv::Formulas;
use crate::render::readme_block::Wanted;
use crate::report::{self, Report};
use crate::stderr;

/// Percentiles tested by default. Fewer tests give narrower intervals.
const DEFAULT_TESTED: [f64; 2] = [50.0, 95.0];

/// Maximum labels to compare one by one.
const MAX_LABELS: usize = 500;

/// Runs `perfkit compare`. The comparison has `notes`, which were printed already.
///
/// # Errors
///
/// If an option is invalid, an input cannot be read or has no samples, an output cannot be written, or a
/// criterion needs what a run does not have.
pub fn run(args: CompareArgs, mut notes: Vec<String>) -> Result<ExitCode> {
    check_files(&args)?;
    match (&args.history, &args.runs[..]) {
        (Some(directory), [run]) => return history::against(&args, directory, run, notes),
        (Some(_), _) => {
            return Err(Error::Usage(
                "--history compares one run: name only that".to_owned(),
            ));
        }
        (None, [_]) => {
            return Err(Error::Usage(
                "there is nothing to compare the run with: name a candidate, too, or --history DIR"
                    .to_owned(),
            ));
        }
        (None, _) => {}
    }
    let analysis = analysis::parse(&args.reading, &args.selection)?;
    let settings = settings(&args);
    let shown = &settings.percentiles;
    let inputs = Inputs::new(&args)?;
    let regressions = Regressions::new(&args, &inputs)?;
    let gate = Gate::against_first(&args.gate, shown)?;
    let mut readme = match &args.update {
        Some(path) => {
            let wanted = Wanted {
                key: readme::key_given(&args.key)?,
                is_key_given: true,
                ..Wanted::default()
            };
            Some(Readme::new(path.clone(), wanted)?)
        }
        None => None,
    };
    let files = [&args.output, &args.gate.junit, &args.update];
    let mut files = files.into_iter().flatten();
    files.try_for_each(|path| output::check_file(path))?;
    let configured = notes.first().cloned();
    for note in inputs.notes() {
        stderr::say(format_args!("perfkit: note: {note}"));
        notes.push(note);
    }
    let sides = inputs.read(
        &analysis,
        &report::Options {
            percentiles: shown.clone(),
            apdex: args.apdex.clone(),
            max_labels: MAX_LABELS,
            ..report::Options::default()
        },
    )?;
    let judged = judge(&gate, &sides, configured.as_ref());
    gate.write_junit(&judged)?;
    let mut comparison = compare::compare(&sides, &settings);
    comparison
        .notes
        .splice(0..0, notes.into_iter().chain(rejected(&sides)));
    if let Some(readme) = &mut readme {
        let runs: Vec<(&str, &Report)> = runs(&sides)
            .map(|(name, report)| (name.as_str(), report))
            .collect();
        let reports = || runs.iter().map(|(_, report)| *report);
        let names = render::compare::readme_names(&runs);
        readme.set_platforms(
            platforms(reports()),
            names.into_iter().map(str::to_owned).collect(),
        );
        readme.update(&render::compare::readme_table(&runs, shown), reports())?;
    }
    let extent = match args.all {
        true => Extent::All,
        false => Extent::Changes,
    };
    let text = match args.format {
        CompareFormat::Markdown => {
            markdown(&judged, render::compare::markdown(&comparison, extent))
        }
        CompareFormat::Table => {
            let (width, has_colors) = match &args.output {
                None => (output::terminal_width(), output::has_colors()),
                Some(_) => (None, false),
            };
            render::compare::terminal(&comparison, extent, width, has_colors)
        }
        CompareFormat::Csv => render::compare::csv(&comparison, Formulas::of(args.csv_safe))?,
        CompareFormat::Html => {
            let runs: Vec<(String, Report)> = runs(&sides).cloned().collect();
            render::html::comparison(&comparison, &runs, &judged, &chart::overlaid(&runs))?
        }
        CompareFormat::Json => render::compare::json(&comparison, &judged.criteria)?,
    };
    let printed = match &args.output {
        Some(path) => {
            output::write(path, text.as_bytes())?;
            Ok(())
        }
        None => output::print(&text),
    };
    gate::print_results(&judged);
    let failures = regressions.failures(&comparison);
    for failure in &failures {
        gate::print_failure(failure.title, &failure.message);
    }
    let too_many = runs(&sides).filter_map(|(_, report)| gate.check_rejected(report).err());
    let unjudged = match failures.is_empty() {
        true => regressions.unjudged(&comparison, &sides),
        false => None,
    };
    gate::exit_code(
        &judged,
        !failures.is_empty(),
        unjudged.into_iter().chain(too_many),
        printed,
    )
}

/// Checks that no output is an input.
fn check_files(args: &CompareArgs) -> Result<()> {
    let runs = args
        .runs
        .iter()
        .chain(&args.baseline)
        .chain(&args.candidate);
    let output = args.output.iter().map(|path| ("--output", path));
    let junit = args.gate.junit.iter().map(|path| ("--junit", path));
    let readme = args.update.iter().map(|path| ("--update", path));
    clash::check(
        runs.chain(&args.gate.criteria),
        output.chain(junit).chain(readme),
    )
}

fn settings(args: &CompareArgs) -> Settings {
    let or = |defaults: Vec<Percentile>| match args.percentiles.is_empty() {
        true => defaults,
        false => args.percentiles.clone(),
    };
    Settings {
        confidence: args.confidence / 100.0,
        threshold_ratio: args.threshold / 100.0,
        threshold_ms: args.threshold_ms,
        percentiles: or(Percentile::DEFAULTS.to_vec()),
        tested_percentiles: or(DEFAULT_TESTED
            .into_iter()
            .filter_map(Percentile::new)
            .collect()),
    }
}

/// Returns the keys of the platforms of some runs, each once.
fn platforms<'r>(reports: impl Iterator<Item = &'r Report>) -> Vec<String> {
    let mut platforms: Vec<String> = Vec::new();
    for platform in reports.filter_map(Report::platform_key) {
        if !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    platforms
}

fn runs(sides: &[Side]) -> impl Iterator<Item = &(String, Report)> {
    sides.iter().flat_map(|side| &side.runs)
}

/// Says which runs have rejected rows.
fn rejected(sides: &[Side]) -> Vec<String> {
    let notes = runs(sides).filter_map(|(name, report)| {
        let rejected = rejected_rows(&report.accounting)?;
        Some(format!("{name}: {rejected}."))
    });
    notes.collect()
}

/// Evaluates the criteria for each candidate run, against the first run of the baseline.
fn judge(gate: &Gate, sides: &[Side], configured: Option<&String>) -> Report {
    let mut judged = Report::default();
    judged.options.configured = configured.cloned();
    let Some((baseline, candidates)) = sides.split_first() else {
        return judged;
    };
    let baseline = baseline.runs.first().map(|(_, report)| report);
    let is_only = runs(candidates).count() == 1;
    for (name, report) in runs(candidates) {
        judged
            .options
            .selection
            .clone_from(&report.options.selection);
        let mut results = gate.evaluate_against(report, baseline);
        if !is_only {
            for result in &mut results {
                result.text = format!("{name}: {}", result.text);
            }
        }
        judged.criteria.extend(results);
    }
    judged
}

fn markdown(judged: &Report, comparison: String) -> String {
    match render::criteria::markdown(judged) {
        criteria if criteria.is_empty() => comparison,
        criteria => format!("{comparison}\n{criteria}"),
    }
}
