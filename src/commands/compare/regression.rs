//! `--fail-if-worse`: decides whether a comparison fails.

use regex::bytes::Regex;

use super::inputs::Inputs;
use crate::cli::CompareArgs;
use crate::compare::{Comparison, MIN_RUNS, Verdict};
use crate::error::{Error, Result};
use crate::render;
use crate::select;

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
    ///
    /// # Errors
    ///
    /// If nothing failed, but a label has too few runs to be judged.
    pub fn failures(&self, comparison: &Comparison) -> Result<Vec<Failure>> {
        if !self.is_asked {
            return Ok(Vec::new());
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
        let mut open = comparison.verdicts().filter(|found| {
            found.verdict == Verdict::TooFewRuns && !self.is_allowed(&found.label.label)
        });
        match open.next() {
            Some(found) if failures.is_empty() => Err(Error::Usage(format!(
                "--fail-if-worse cannot judge {}: fewer than {MIN_RUNS} runs of a side have it",
                render::text::printable(&found.label.label)
            ))),
            _ => Ok(failures),
        }
    }

    fn is_allowed(&self, label: &str) -> bool {
        let mut allowed = self.allowed.iter();
        allowed.any(|pattern| pattern.is_match(label.as_bytes()))
    }
}
