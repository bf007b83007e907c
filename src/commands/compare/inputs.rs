//! Names and reads the runs to compare.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysed::{self, Analysis};
use crate::cli::CompareArgs;
use crate::commands::{input_name, reading, reporting, saved_report};
use crate::compare::Side;
use crate::error::{Error, Result};
use crate::percentile::{Percentile, value_at};
use crate::report::{LabelReport, Options, PercentileValue, Presentation, Report};

/// The runs to compare, by side.
#[derive(Debug)]
pub struct Inputs {
    /// The baseline, then the candidates.
    sides: Vec<Planned>,
}

/// A side that has not been read yet.
#[derive(Debug)]
struct Planned {
    name: String,
    runs: Vec<(String, PathBuf)>,
}

impl Inputs {
    /// Takes the runs and their names from the arguments.
    ///
    /// # Errors
    ///
    /// If the number of names differs from the number of runs or sides, or standard input is given twice.
    pub fn new(args: &CompareArgs) -> Result<Self> {
        let has_groups = !args.baseline.is_empty();
        let paths: Vec<&PathBuf> = match has_groups {
            true => args.baseline.iter().chain(&args.candidate).collect(),
            false => args.runs.iter().collect(),
        };
        if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
            return Err(Error::Usage(
                "standard input can be read only once: save one of the runs to a file".to_owned(),
            ));
        }
        let mut runs = names(&paths)
            .into_iter()
            .zip(paths.iter().copied().cloned());
        let sides = if has_groups {
            let default = || vec!["baseline".to_owned(), "candidate".to_owned()];
            let mut names = given(args, 2, "sides")?.unwrap_or_else(default).into_iter();
            let mut side = |count: usize| Planned {
                name: names.next().unwrap_or_default(),
                runs: runs.by_ref().take(count).collect(),
            };
            vec![side(args.baseline.len()), side(args.candidate.len())]
        } else {
            let given = given(args, paths.len(), "runs")?;
            let names: Option<Vec<String>> = given;
            let side = |(place, (stem, path)): (usize, (String, PathBuf))| {
                let name = names.as_ref().and_then(|names| names.get(place));
                let name = name.cloned().unwrap_or(stem);
                Planned {
                    name: name.clone(),
                    runs: vec![(name, path)],
                }
            };
            runs.enumerate().map(side).collect()
        };
        Ok(Inputs { sides })
    }

    /// Returns the number of runs on each side.
    pub fn counts(&self) -> Vec<usize> {
        self.sides.iter().map(|side| side.runs.len()).collect()
    }

    /// Returns notes about the files, such as one that is given twice.
    pub fn notes(&self) -> Vec<String> {
        let paths = || self.sides.iter().flat_map(|side| &side.runs);
        let places: Vec<PathBuf> = paths()
            .map(|(_, path)| fs::canonicalize(path).unwrap_or_else(|_| path.clone()))
            .collect();
        let mut notes = Vec::new();
        for (number, ((_, path), place)) in paths().zip(&places).enumerate() {
            let count = places.iter().filter(|other| *other == place).count();
            let is_first = !places[..number].contains(place);
            if count > 1 && is_first {
                let times = match count {
                    2 => "twice".to_owned(),
                    count => format!("{count} times"),
                };
                notes.push(format!(
                    "{} is given {times}: a run compared with itself says nothing about noise.",
                    path.display()
                ));
            }
        }
        notes
    }

    /// Reads all runs; `options` shape the reports of results files.
    ///
    /// # Errors
    ///
    /// If a run cannot be read, has no samples, or was saved with another selection.
    pub fn read(self, analysis: &Analysis, options: &Options) -> Result<Vec<Side>> {
        let side = |side: Planned| {
            let runs = side.runs.into_iter().map(|(name, path)| {
                let report = match saved_report::is_report(&path) {
                    true => saved_run(analysis, &path)?,
                    false => run_of_results(analysis, options, &name, &path)?,
                };
                Ok((name, with_percentiles(report, &options.percentiles)))
            });
            Ok(Side {
                name: side.name,
                runs: runs.collect::<Result<_>>()?,
            })
        };
        self.sides.into_iter().map(side).collect()
    }
}

/// Returns the names given, one per run or side; `None` without names.
fn given(args: &CompareArgs, count: usize, of: &str) -> Result<Option<Vec<String>>> {
    match args.name.len() {
        0 => Ok(None),
        names if names == count => Ok(Some(args.name.clone())),
        names => Err(Error::Usage(format!(
            "there are {count} {of} but {names} names: give --name once for each, or not at all"
        ))),
    }
}

/// Returns the files' names without extensions, or their paths if two names are equal.
fn names(paths: &[&PathBuf]) -> Vec<String> {
    let stems: Vec<String> = paths.iter().map(|path| input_name::stem_of(path)).collect();
    let is_alike = |stem: &String| stems.iter().filter(|other| *other == stem).count() > 1;
    let named = paths.iter().zip(&stems);
    named
        .map(|(path, stem)| match is_alike(stem) {
            true => path.display().to_string(),
            false => stem.clone(),
        })
        .collect()
}

/// Builds the report of a results file or a summary file. It has no platform details, because the machine
/// that compares is not the one that was tested.
fn run_of_results(
    analysis: &Analysis,
    options: &Options,
    name: &str,
    path: &PathBuf,
) -> Result<Report> {
    let report = |analysis: &Analysis| {
        let analysed = reading::read(analysis, std::slice::from_ref(path))?;
        let presentation = Presentation {
            options: options.clone(),
            ..Presentation::default()
        };
        reporting::report(
            &analysed,
            presentation,
            Some(name),
            Some("analyze this run to see them"),
        )
    };
    if !analysed::is_summary(path)? {
        return report(analysis);
    }
    // The time is selected from the report below.
    let whole = report(&Analysis {
        selection: analysis.selection.split_times().1,
        ..analysis.clone()
    })?;
    saved_report::select(whole, analysis, &path.display().to_string())
}

fn saved_run(analysis: &Analysis, path: &Path) -> Result<Report> {
    let report = saved_report::read(path)?;
    let name = path.display().to_string();
    match report.total.samples {
        0 => Err(Error::input(name, "has no samples to compare")),
        _ => saved_report::select(report, analysis, &name),
    }
}

/// Computes these percentiles for a saved report, from its exact distributions.
fn with_percentiles(mut report: Report, percentiles: &[Percentile]) -> Report {
    if report.options.percentiles == percentiles {
        return report;
    }
    let fill = |row: &mut LabelReport| {
        let Some(elapsed) = &mut row.elapsed else {
            return;
        };
        let values = percentiles.iter().filter_map(|&percent| {
            let value = value_at(&row.distribution, row.samples, percent)?;
            Some(PercentileValue { percent, value })
        });
        elapsed.percentiles = values.collect();
    };
    report.labels.iter_mut().for_each(fill);
    report.other_labels.iter_mut().for_each(fill);
    fill(&mut report.total);
    report
}
