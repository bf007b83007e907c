//! Reads criteria from arguments and files, and prints their results.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{output, saved_report};
use crate::cli::GateArgs;
use crate::error::{Error, Result};
use crate::gate::{self, Criterion, Limit, MaxRejected};
use crate::percentile::Percentile;
use crate::render;
use crate::report::{CriterionResult, Report};
use crate::stderr;

/// The criteria of a run, and where their results go.
#[derive(Debug)]
pub struct Gate {
    criteria: Vec<Criterion>,
    baseline: Option<Report>,
    max_rejected: Option<MaxRejected>,
    junit: Option<PathBuf>,
}

impl Gate {
    /// Reads the criteria, those of the command line first, and the baseline's report.
    ///
    /// # Errors
    ///
    /// If a criterion is invalid or needs a percentile that is not computed; if a file cannot be read; if
    /// the baseline is missing or not a report; if a JUnit file is requested without criteria.
    pub fn of(
        args: &GateArgs,
        baseline: Option<&Path>,
        percentiles: &[Percentile],
    ) -> Result<Self> {
        let criteria = criteria_of(args, percentiles, baseline.is_some())?;
        let baseline = match baseline {
            Some(path) => Some(saved_report::read(path)?),
            None => None,
        };
        Ok(Gate {
            criteria,
            baseline,
            max_rejected: args.max_rejected,
            junit: args.junit.clone(),
        })
    }

    /// Reads the criteria, for [`Gate::evaluate_against`] with a baseline per report.
    ///
    /// # Errors
    ///
    /// As [`Gate::of`].
    pub fn against_first(args: &GateArgs, percentiles: &[Percentile]) -> Result<Self> {
        Ok(Gate {
            criteria: criteria_of(args, percentiles, true)?,
            baseline: None,
            max_rejected: args.max_rejected,
            junit: args.junit.clone(),
        })
    }

    /// Evaluates the criteria for a report.
    pub fn evaluate(&self, report: &Report) -> Vec<CriterionResult> {
        self.evaluate_against(report, self.baseline.as_ref())
    }

    /// Evaluates the criteria for a report, relative to `baseline`.
    pub fn evaluate_against(
        &self,
        report: &Report,
        baseline: Option<&Report>,
    ) -> Vec<CriterionResult> {
        let run = gate::Run {
            report,
            baseline,
            max_rejected: self.max_rejected,
        };
        gate::evaluate(&self.criteria, run)
    }

    /// Checks that no more rows of a run were rejected than `--max-rejected` allows.
    ///
    /// # Errors
    ///
    /// If there are more.
    pub fn check_rejected(&self, report: &Report) -> Result<()> {
        let accounting = &report.accounting;
        let exceeded = self.max_rejected.filter(|max| max.is_exceeded(accounting));
        match (exceeded, gate::rejected_rows(accounting)) {
            (Some(max), Some(rejected)) => Err(Error::Usage(format!(
                "{rejected}: more than --max-rejected {max} allows"
            ))),
            _ => Ok(()),
        }
    }

    /// Writes the results as JUnit XML if `--junit` names a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write_junit(&self, report: &Report) -> Result<()> {
        match &self.junit {
            Some(path) => output::write(path, render::junit::render(report).as_bytes()),
            None => Ok(()),
        }
    }
}

fn criteria_of(
    args: &GateArgs,
    percentiles: &[Percentile],
    has_baseline: bool,
) -> Result<Vec<Criterion>> {
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
        check(criterion, has_baseline, percentiles)?;
    }
    Ok(criteria)
}

/// Rejects, before any results are read, a criterion that could not be evaluated afterwards.
fn check(criterion: &Criterion, has_baseline: bool, computed: &[Percentile]) -> Result<()> {
    if matches!(criterion.limit, Limit::Baseline(_)) && !has_baseline {
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

/// Prints the results on standard error, within GitHub Actions also as annotations.
pub fn print_results(report: &Report) {
    for line in render::criteria::lines(report).lines() {
        stderr::say(format_args!("perfkit: {line}"));
    }
    if is_github() {
        stderr::write(&render::criteria::github_annotations(report));
    }
}

/// Prints one failure on standard error, within GitHub Actions also as an annotation.
pub fn print_failure(title: &str, message: &str) {
    stderr::say(format_args!("perfkit: {message}"));
    if is_github() {
        stderr::write(&render::criteria::github_annotation(title, message));
    }
}

fn is_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Whether a criterion failed.
pub fn is_failed(report: &Report) -> bool {
    report.criteria.iter().any(|result| result.is_failed)
}

/// Returns the exit code: 1 after a failure, even if standard output was closed early, or if there is
/// also something that could not be judged. `unjudged` are the errors of what could not be judged
/// besides criteria.
///
/// # Errors
///
/// If standard output could not be written; if nothing failed, but a criterion could not be judged or
/// `unjudged` has an error. All other errors are printed.
pub fn exit_code(
    report: &Report,
    is_worse: bool,
    unjudged: impl IntoIterator<Item = Error>,
    printed: Result<()>,
) -> Result<ExitCode> {
    let results = report.criteria.iter();
    let undecided = results.filter(|result| result.is_undecided);
    let undecided = undecided
        .map(|result| Error::Usage(format!("criterion `{}`: {}", result.text, result.message)));
    let mut errors: Vec<Error> = undecided.chain(unjudged).collect();
    let is_failed = is_worse || is_failed(report);
    let last = match is_failed {
        true => None,
        false => errors.pop(),
    };
    for error in errors {
        stderr::say(format_args!("perfkit: error: {error}"));
    }
    match (printed, last) {
        (Err(error), _) if !error.is_broken_pipe() => Err(error),
        (_, Some(last)) => Err(last),
        _ if is_failed => Ok(ExitCode::FAILURE),
        (printed, None) => printed.map(|()| ExitCode::SUCCESS),
    }
}
