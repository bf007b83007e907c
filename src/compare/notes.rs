//! Writes the notes of a comparison.

use super::{LabelComparison, Method, Side, Verdict};
use crate::report::{LabelReport, PartialColumn, Report};

/// Sign changes that are listed one by one.
const MAX_SIGN_NOTES: usize = 3;

/// Returns the notes on the runs themselves.
pub fn on_runs(sides: &[Side]) -> Vec<String> {
    let mut notes = Vec::new();
    if sides.iter().all(|side| side.runs.len() == 1) {
        notes.push(
            "One run per side: run-to-run variation is unknown, so differences between these runs \
             may not repeat. Give several runs with --baseline and --candidate."
                .to_owned(),
        );
    }
    let runs = || sides.iter().flat_map(|side| &side.runs);
    for (name, report) in runs() {
        if let Some(others) = &report.other_labels {
            notes.push(format!(
                "{name} combines {}: they count in TOTAL but are not compared individually.",
                others.label
            ));
        }
        notes.extend(on_partial(name, &report.total));
        let stray = report.stray_times.iter();
        notes.extend(stray.map(|stray| format!("{name}: {}", stray.with_options())));
        if report.slices.is_none() {
            notes.push(format!(
                "{name} was saved without time slices: it is compared as a whole, not phase by \
                 phase. Analyze its results again."
            ));
        } else if has_unsliced_labels(report) {
            notes.push(format!(
                "{name} has too many labels to keep time slices for each: the others are compared \
                 as a whole. Choose labels with --include, or merge them with --rename."
            ));
        }
    }
    notes
}

/// Notes which rates are not compared because some samples lack their column.
fn on_partial(name: &str, total: &LabelReport) -> Option<String> {
    let rates = ["received_kb_per_sec", "sent_kb_per_sec"];
    let partial = rates.into_iter().filter_map(|rate| total.partial(rate));
    let words: Vec<String> = partial.map(PartialColumn::in_words).collect();
    (!words.is_empty()).then(|| {
        format!(
            "{name}: some samples lack a column ({}): rates from it are not compared.",
            words.join(", ")
        )
    })
}

fn has_unsliced_labels(report: &Report) -> bool {
    let slices = report.slices.as_ref();
    slices.is_some_and(|slices| slices.labels.len() < report.labels.len())
}

/// Returns the notes on the changes.
pub fn on_changes(sides: &[Side], labels: &[LabelComparison]) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(on_run_noise(sides, labels));
    notes.extend(on_unpaired(labels));
    notes.extend(on_signs(labels));
    notes
}

/// Notes how much runs vary and which changes would have been detected, for TOTAL.
fn on_run_noise(sides: &[Side], labels: &[LabelComparison]) -> Vec<String> {
    let Some(total) = labels.last() else {
        return Vec::new();
    };
    let candidates = sides.iter().skip(1).enumerate();
    let noise = candidates.filter_map(|(candidate, side)| {
        let of = |key: &str| {
            let figure = total.figures.iter().find(|figure| figure.key == key)?;
            let test = figure.changes.get(candidate)?.as_ref()?.test.as_ref()?;
            let from = figure.values.first().copied().flatten();
            let from = from.filter(|&from| from > 0.0)?;
            let deviation = test.run_deviation? * 100.0;
            let detectable = test.detectable? / from * 100.0;
            Some(format!(
                "{} by {deviation:.1}% (changes of {detectable:.0}% or more would be detected)",
                figure.title
            ))
        };
        let figures: Vec<String> = ["average", "median", "p95"]
            .into_iter()
            .filter_map(of)
            .collect();
        (!figures.is_empty()).then(|| {
            format!(
                "{}: from run to run, TOTAL varies in {}.",
                side.name,
                figures.join(", ")
            )
        })
    });
    let mut notes: Vec<String> = noise.collect();
    let is_few = |test: &Option<Verdict>| *test == Some(Verdict::TooFewRuns);
    let changes = total.figures.iter().flat_map(|figure| &figure.changes);
    if changes.flatten().any(|change| is_few(&change.verdict)) {
        notes.push(
            "No verdict with fewer than 3 runs on a side: they do not show how much runs vary."
                .to_owned(),
        );
    }
    notes
}

/// Notes which labels were compared as a whole.
fn on_unpaired(labels: &[LabelComparison]) -> Option<String> {
    let is_unpaired = |label: &&LabelComparison| {
        let changes = label.figures.iter().flat_map(|figure| &figure.changes);
        let tests = changes.flatten().filter_map(|change| change.test.as_ref());
        tests
            .into_iter()
            .any(|test| test.method == Method::Unpaired)
    };
    let unpaired: Vec<&str> = labels
        .iter()
        .filter(is_unpaired)
        .map(|label| label.label.as_str())
        .collect();
    let named = match unpaired[..] {
        [] => return None,
        [label] => label.to_owned(),
        [.., _] if unpaired.len() == labels.len() => "All labels".to_owned(),
        _ => format!("{} labels", unpaired.len()),
    };
    Some(format!(
        "{named}: compared as a whole, not phase by phase, because there are fewer than 8 time \
         slices with 20 samples on both sides. Changes in the course of a run count as noise there."
    ))
}

/// Notes where the whole run and its phases disagree on the sign of a change.
fn on_signs(labels: &[LabelComparison]) -> Vec<String> {
    let mut notes = Vec::new();
    for label in labels {
        for figure in &label.figures {
            for change in figure.changes.iter().flatten() {
                let Some(test) = &change.test else { continue };
                let is_judged = matches!(
                    change.verdict,
                    Some(Verdict::Better | Verdict::Worse | Verdict::Inconclusive)
                );
                if test.method == Method::Paired
                    && is_judged
                    && change.difference * test.estimate < 0.0
                {
                    notes.push(format!(
                        "{} {}: {:+.1} {} over the whole run, but {:+.1} {} within the same phases: \
                         the mix of phases changed.",
                        label.label,
                        figure.title,
                        change.difference,
                        figure.unit,
                        test.estimate,
                        figure.unit
                    ));
                }
            }
        }
    }
    let more = notes.len().saturating_sub(MAX_SIGN_NOTES);
    notes.truncate(MAX_SIGN_NOTES);
    if more > 0 {
        notes.push(format!(
            "The mix of phases changed for {more} more figures."
        ));
    }
    notes
}
