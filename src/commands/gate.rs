//! The criteria asked for: arguments and files to criteria, and their results told.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use super::output;
use crate::cli::GateArgs;
use crate::error::{Error, Result};
use crate::gate::{self, Criterion, Limit};
use crate::percentile::Percentile;
use crate::render;
use crate::report::{CriterionResult, Report, SCHEMA_VERSION};

/// What a run is held to.
#[derive(Debug)]
pub struct Gate {
    criteria: Vec<Criterion>,
    baseline: Option<Report>,
}

impl Gate {
    /// The criteria of the arguments, first those of the command line.
    ///
    /// # Errors
    ///
    /// A criterion that makes no sense or asks for a percentile that is not computed, a file that
    /// cannot be read, a baseline that is missing or no report, a JUnit file of no criteria.
    pub fn of(args: &GateArgs, percentiles: &[Percentile]) -> Result<Self> {
        let mut criteria = args
            .fail_if
            .iter()
            .map(|text| {
                text.parse()
                    .map_err(|why| Error::Usage(format!("--fail-if {why}")))
            })
            .collect::<Result<Vec<Criterion>>>()?;
        if let Some(path) = &args.criteria {
            criteria.extend(read_criteria(path)?);
        }
        if criteria.is_empty() && args.junit.is_some() {
            return Err(Error::Usage(
                "--junit has nothing to write: give --fail-if or --criteria".to_owned(),
            ));
        }
        for criterion in &criteria {
            check(criterion, args, percentiles)?;
        }
        let baseline = match &args.baseline {
            Some(path) => Some(read_report(path)?),
            None => None,
        };
        Ok(Gate { criteria, baseline })
    }

    /// Holds the report to the criteria.
    ///
    /// # Errors
    ///
    /// When the report or the baseline does not have what a criterion asks for.
    pub fn evaluate(&self, report: &Report) -> Result<Vec<CriterionResult>> {
        gate::evaluate(&self.criteria, report, self.baseline.as_ref())
            .map_err(|why| Error::Usage(format!("criterion {why}")))
    }
}

/// Finds before the results are read what would otherwise be found after.
fn check(criterion: &Criterion, args: &GateArgs, computed: &[Percentile]) -> Result<()> {
    if matches!(criterion.limit, Limit::Baseline(_)) && args.baseline.is_none() {
        return Err(Error::Usage(format!(
            "criterion `{criterion}` needs a baseline: give --baseline REPORT.json"
        )));
    }
    match criterion.needs_computed() {
        Some(percentile) if !computed.contains(&percentile) => Err(Error::Usage(format!(
            "criterion `{criterion}` needs a percentile that is not computed: add {percentile} to --percentiles"
        ))),
        _ => Ok(()),
    }
}

fn read_criteria(path: &Path) -> Result<Vec<Criterion>> {
    let text = fs::read_to_string(path).map_err(|error| Error::read(path, error))?;
    gate::parse_file(&text).map_err(|error| {
        let place = format!("{}:{}:{}", path.display(), error.line, error.column);
        Error::input(place, error.message)
    })
}

/// A report that was saved as `report.json`.
fn read_report(path: &Path) -> Result<Report> {
    let bytes = fs::read(path).map_err(|error| Error::read(path, error))?;
    let name = path.display().to_string();
    let report: Report = serde_json::from_slice(&bytes).map_err(|error| {
        Error::input(
            &name,
            format!("is not a report.json of perfkit analyze: {error}"),
        )
    })?;
    if report.schema_version != SCHEMA_VERSION {
        return Err(Error::input(
            &name,
            format!(
                "was written in version {} of the layout, and this perfkit reads version {SCHEMA_VERSION}: analyze those results again",
                report.schema_version
            ),
        ));
    }
    Ok(report)
}

/// Tells the results on standard error: for people, and for GitHub Actions where that runs us.
pub fn tell(report: &Report) {
    for line in render::criteria::lines(report).lines() {
        eprintln!("perfkit: {line}");
    }
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        eprint!("{}", render::criteria::github_annotations(report));
    }
}

/// The exit code: 1 if a criterion failed, even if nobody read to the end what was printed.
///
/// # Errors
///
/// When standard output could not be written.
pub fn exit_code(report: &Report, printed: Result<()>) -> Result<ExitCode> {
    let is_failed = report.criteria.iter().any(|result| result.is_failed);
    match printed {
        Err(error) if !(is_failed && error.is_broken_pipe()) => Err(error),
        _ if is_failed => Ok(ExitCode::FAILURE),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Writes the JUnit file, if one was asked for.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_junit(args: &GateArgs, report: &Report) -> Result<()> {
    match &args.junit {
        Some(path) => output::write(path, render::junit::render(report).as_bytes()),
        None => Ok(()),
    }
}
