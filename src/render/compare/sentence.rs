//! A comparison in sentences.

use super::cells::{decimal, from_to, size};
use super::compact::{findings, verdicts};
use crate::compare::{Comparison, Found, Method, Verdict};
use crate::format::{shorten_middle, thousands};
use crate::report::TOTAL;
use crate::short_names::ShortNames;

/// Maximum number of labels named one by one.
const MAX_NAMED: usize = 3;

/// Maximum length of a label, in characters.
const MAX_LETTERS: usize = 80;

/// The verdict on each candidate, in a sentence or two.
pub fn summary(comparison: &Comparison) -> String {
    let candidates = 0..comparison.runs.len().saturating_sub(1);
    let sentences: Vec<String> = candidates
        .flat_map(|candidate| of_candidate(comparison, candidate))
        .collect();
    sentences.join(" ")
}

/// Which labels of the baseline a candidate lacks, such as "Pay and Login are missing from after".
pub fn missing_labels(labels: &[&str], candidate: &str) -> String {
    let verb = if labels.len() == 1 { "is" } else { "are" };
    format!("{} {verb} missing from {candidate}", named(labels))
}

fn of_candidate(comparison: &Comparison, candidate: usize) -> Vec<String> {
    let (before, after) = (
        &comparison.runs[0].name,
        &comparison.runs[candidate + 1].name,
    );
    let mut sentences = vec![verdict(comparison, candidate)];
    let missing: Vec<&str> = comparison.vanished(candidate).collect();
    let added: Vec<&str> = comparison.added(candidate).collect();
    if !missing.is_empty() {
        sentences.push(format!("{}.", missing_labels(&missing, after)));
    }
    if !added.is_empty() {
        sentences.push(format!("New in {after}: {}.", named(&added)));
    }
    // No errors on either side counts as no change.
    let is_same = |found: &Found<'_>| {
        let is_untested = found.change.test.is_none() && found.verdict == Verdict::NoChange;
        found.verdict == Verdict::Identical || (is_untested && found.change.difference == 0.0)
    };
    let verdicts: Vec<Found<'_>> = verdicts(comparison, candidate).collect();
    let mut some = verdicts.iter();
    let has_identical = some.any(|found| found.verdict == Verdict::Identical);
    let is_identical = has_identical && verdicts.iter().all(is_same);
    if is_identical && missing.is_empty() && added.is_empty() {
        return vec![format!("{after} is identical to {before}.")];
    }
    sentences
}

/// What is better or worse, or that nothing is.
fn verdict(comparison: &Comparison, candidate: usize) -> String {
    let (before, after) = (
        &comparison.runs[0].name,
        &comparison.runs[candidate + 1].name,
    );
    let worse = findings(comparison, candidate, Verdict::Worse);
    let better = findings(comparison, candidate, Verdict::Better);
    let said = match (&worse[..], &better[..]) {
        ([], []) => return undecided(comparison, candidate),
        ([], better) => format!(
            "{after} is {} than {before}: {}",
            word(better, "faster", "better"),
            first(better)
        ),
        (worse, []) => format!(
            "{after} is {} than {before}: {}",
            word(worse, "slower", "worse"),
            first(worse)
        ),
        (worse, better) => format!(
            "{after} is {} than {before}: {}; but {}: {}",
            word(worse, "slower", "worse"),
            first(worse),
            word(better, "faster", "better"),
            first(better)
        ),
    };
    let is_clear =
        |found: &&Found<'_>| found.change.test.as_ref().is_some_and(|test| test.is_clear);
    let is_regression = |found: &Found<'_>| !comparison.is_single(candidate) || is_clear(&found);
    match worse.is_empty() || worse.iter().any(is_regression) {
        true => format!("{said}."),
        false => format!(
            "{said}. --fail-if-worse lets this pass: of single runs, only a change whose whole \
             interval is beyond the threshold fails."
        ),
    }
}

/// The word for changes of times only, or for others.
fn word(found: &[Found<'_>], times: &'static str, other: &'static str) -> &'static str {
    match found.iter().all(|found| found.figure.unit == "ms") {
        true => times,
        false => other,
    }
}

/// The largest change, and how many others there are.
fn first(found: &[Found<'_>]) -> String {
    let Some(first) = found.first() else {
        return String::new();
    };
    let size = size(first.figure, first.change);
    let figure = match first.figure.key.as_str() {
        "error_percent" => "error rate",
        "average" => "average",
        key => key,
    };
    let label = match first.label.label.as_str() {
        TOTAL => TOTAL.to_owned(),
        label => shorten_middle(label, MAX_LETTERS),
    };
    let gap = if size.is_empty() { "" } else { " " };
    let values = from_to(first.figure, first.candidate);
    let said = format!("{figure} of {label}{gap}{size} ({values})");
    match found.len() - 1 {
        0 => said,
        1 => format!("{said} and 1 more figure"),
        more => format!("{said} and {} more figures", count(more)),
    }
}

/// Without any change: whether there was none, or none could be detected.
fn undecided(comparison: &Comparison, candidate: usize) -> String {
    let (before, after) = (
        &comparison.runs[0].name,
        &comparison.runs[candidate + 1].name,
    );
    let verdicts: Vec<Verdict> = verdicts(comparison, candidate)
        .map(|found| found.verdict)
        .collect();
    let reasons = [
        (Verdict::TooFewRuns, "too few runs", "too few runs"),
        (Verdict::TooFewSamples, "too few samples", "too few samples"),
        (
            Verdict::TooVariable,
            "varies too much over time",
            "vary too much over time",
        ),
        (
            Verdict::RunsVary,
            "varies too much from run to run",
            "vary too much from run to run",
        ),
        (Verdict::Inconclusive, "inconclusive", "inconclusive"),
    ];
    let counted = reasons.map(|(verdict, one, more)| {
        let count = verdicts.iter().filter(|other| **other == verdict).count();
        (count, if count == 1 { one } else { more })
    });
    let open: usize = counted.iter().map(|(count, _)| count).sum();
    let all = verdicts.len();
    let reasons: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(found, why)| format!("{} {why}", count(*found)))
        .collect();
    match (&reasons[..], all) {
        (_, 0) => format!("Nothing of {after} can be compared with {before}."),
        ([], 1) => format!("No change in {after} against {before} (1 figure)."),
        ([], all) => format!(
            "No change in {after} against {before} ({} figures).",
            count(all)
        ),
        ([_], _) if counted[0].0 == open => {
            format!("{after} cannot be judged against {before}: that takes 3 runs on each side.")
        }
        (reasons, all) => format!(
            "No significant change in {after}; {} of {} figures could not be judged ({}).",
            count(open),
            count(all),
            reasons.join(", ")
        ),
    }
}

fn count(number: usize) -> String {
    thousands(number as u64)
}

/// Up to three labels, and how many others there are.
fn named(labels: &[&str]) -> String {
    let short = ShortNames::new(labels.iter().copied(), MAX_LETTERS);
    let mut names: Vec<String> = labels
        .iter()
        .take(MAX_NAMED)
        .map(|label| short.of(label).to_owned())
        .collect();
    let more = labels.len().saturating_sub(MAX_NAMED);
    if more > 0 {
        names.push(format!("{} more", count(more)));
    }
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// Explains how the verdicts were reached.
pub fn method(comparison: &Comparison) -> String {
    let settings = &comparison.settings;
    let percentiles = settings.tested_percentiles.iter();
    let mut tested: Vec<String> = vec!["Average".to_owned()];
    tested.extend(percentiles.map(|percentile| percentile.title()));
    let mut text = format!(
        "Better or worse: significant, and by at least {}% and {} ms (error rates: 0.1 percentage \
         points). Tested: {} and Error %.",
        decimal(settings.threshold_ratio * 100.0, 2),
        decimal(settings.threshold_ms, 3),
        tested.join(", "),
    );
    if comparison.tests > 0 {
        text += &format!(
            " Holm's step-down method keeps all {} verdicts together at {}% confidence; each interval \
             has the confidence at which it was decided.",
            thousands(comparison.tests),
            decimal(settings.confidence * 100.0, 3),
        );
    }
    let tests = comparison
        .verdicts()
        .filter_map(|found| found.change.test.as_ref());
    let methods: Vec<Method> = tests.map(|test| test.method).collect();
    if methods.contains(&Method::Paired) {
        text += " Single runs are compared phase by phase: over the same slices of time since their \
                 starts.";
    }
    if methods.contains(&Method::BetweenRuns) {
        text += " Several runs per side are compared by Student's t-test, against what differs \
                 between runs of the same side.";
    }
    text
}

/// Explains the effect size, for renderers that show it.
pub fn effect() -> &'static str {
    "P(slower) is the probability that a random sample of the candidate is slower than a random one \
     of the baseline; 50% is no difference."
}
