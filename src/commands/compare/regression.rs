//! `--fail-if-worse`: decides whether a comparison fails.

use regex::bytes::Regex;

use super::inputs::Inputs;
use crate::cli::CompareArgs;
use crate::compare::{Comparison, ERROR_RATE_THRESHOLD, MIN_RUNS, Side, Verdict};
use crate::error::{Error, Result};
use crate::{format, gate, render, select};

/// The conditions under which a comparison fails.
#[derive(Debug)]
pub struct Regressions {
    is_asked: bool,
    allowed: Vec<Regex>,
}

/// Why a comparison failed.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason in a few words.
    pub title: &'static str,
    /// The reason in a sentence.
    pub message: String,
}

impl Regressions {
    /// Parses the arguments.
    ///
    /// # Errors
    ///
    /// If a label's pattern is not a regular expression, or there are too few runs to judge.
    pub fn new(args: &CompareArgs, inputs: &Inputs) -> Result<Self> {
        let patterns = args.allow_missing.iter();
        let allowed = patterns.map(|pattern| {
            select::regex(pattern).map_err(|why| Error::Usage(format!("--allow-missing {why}")))
        });
        let regressions = Regressions {
            is_asked: args.fail_if_worse,
            allowed: allowed.collect::<Result<_>>()?,
        };
        let counts = inputs.counts();
        let has_several = counts.iter().any(|&count| count > 1);
        if args.fail_if_worse && has_several && counts.iter().any(|&count| count < MIN_RUNS) {
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            return Err(Error::Usage(format!(
                "--fail-if-worse needs {MIN_RUNS} runs per side to tell a change from noise between \
                 runs, but there are {}: give more runs, or one per side",
                counts.join(" and ")
            )));
        }
        Ok(regressions)
    }

    /// Returns why the comparison failed; empty if it did not, or without `--fail-if-worse`.
    pub fn failures(&self, comparison: &Comparison) -> Vec<Failure> {
        if !self.is_asked {
            return Vec::new();
        }
        let mut failures = Vec::new();
        if comparison.regressions().next().is_some() {
            failures.push(Failure {
                title: "Worse than the baseline",
                message: render::compare::summary(comparison),
            });
        }
        for (candidate, run) in comparison.runs.iter().skip(1).enumerate() {
            let missing: Vec<&str> = comparison
                .vanished(candidate)
                .filter(|label| !self.is_allowed(label))
                .collect();
            if !missing.is_empty() {
                failures.push(Failure {
                    title: "Labels are missing",
                    message: format!(
                        "{}. If that is intended, name them with --allow-missing REGEX.",
                        render::compare::missing_labels(&missing, &run.name)
                    ),
                });
            }
        }
        failures
    }

    /// Returns what could not be judged, so that the comparison must not pass: a label with too few runs,
    /// or error rates that rejected rows could have raised. `None` without `--fail-if-worse`.
    pub fn unjudged(&self, comparison: &Comparison, sides: &[Side]) -> Option<Error> {
        if !self.is_asked {
            return None;
        }
        let mut open = comparison.verdicts().filter(|found| {
            found.verdict == Verdict::TooFewRuns && !self.is_allowed(&found.label.label)
        });
        let too_few_runs = open.next().map(|found| {
            Error::Usage(format!(
                "--fail-if-worse cannot judge {}: fewer than {MIN_RUNS} runs of a side have it",
                render::text::printable(&found.label.label)
            ))
        });
        too_few_runs.or_else(|| rejected(sides))
    }

    fn is_allowed(&self, label: &str) -> bool {
        let mut allowed = self.allowed.iter();
        allowed.any(|pattern| pattern.is_match(label.as_bytes()))
    }
}

/// Says that the rejected rows of a candidate could be failures that make it worse than the baseline.
fn rejected(sides: &[Side]) -> Option<Error> {
    let (baseline, candidates) = sides.split_first()?;
    // The share of failed samples, if all rejected rows failed, or none of them.
    let percent = |side: &Side, rows_failed: bool| {
        let reports = side.runs.iter().map(|(_, report)| report);
        let (failed, all) = reports.fold((0.0, 0.0), |(failed, all), report| {
            let rejected = report.accounting.rejected_whole() as f64;
            let more = if rows_failed { rejected } else { 0.0 };
            (
                failed + report.total.errors as f64 + more,
                all + report.total.samples as f64 + rejected,
            )
        });
        failed * 100.0 / all
    };
    let from = percent(baseline, false);
    candidates.iter().find_map(|side| {
        let reports = side.runs.iter().map(|(_, report)| report);
        let rows = reports.filter_map(|report| gate::rejected_rows(&report.accounting));
        // Those of the baseline matter only beside them: they could have been successes.
        let rows = rows.into_iter().next()?;
        let to = percent(side, true);
        (to - from >= ERROR_RATE_THRESHOLD).then(|| {
            Error::Usage(format!(
                "--fail-if-worse cannot judge {}: {rows}. With these rows, its error rate could be {} \
                 instead of {} in {}. Repair them",
                render::text::printable(&side.name),
                format::percent(to / 100.0),
                format::percent(from / 100.0),
                render::text::printable(&baseline.name),
            ))
        })
    })
}
