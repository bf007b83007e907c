//! A comparison as Markdown, terminal table, CSV and JSON; its page is in [`super::html`].

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, TableStyle};
use serde::Serialize;

use super::markdown::{bold, escape, table};
use super::table::RULE;
use super::text;
use crate::compare::{Change, Comparison, Figure, LabelComparison, Verdict};
use crate::error::{Error, Result};
use crate::report::CriterionResult;

/// Most changes shown one by one before the full figures.
const MOST_CHANGES: usize = 30;

/// Title of the effect.
const PROBABILITY: &str = "P(slower)";

/// Columns of the CSV.
const HEADER: [&str; 11] = [
    "label",
    "figure",
    "unit",
    "candidate",
    "baseline_value",
    "candidate_value",
    "difference",
    "percent",
    "low",
    "high",
    "verdict",
];

/// The verdict in a sentence, what changed, then all figures: for a pull request.
pub fn markdown(comparison: &Comparison) -> String {
    let mut page = format!("{}\n\n", bold(&escape(&summary(comparison))));
    let changed = changed(comparison);
    if changed.len() > 1 {
        let _ = writeln!(page, "{}", markdown_table(&changed));
    }
    if comparison.runs.iter().any(|run| !run.details.is_empty()) {
        let _ = writeln!(page, "{}", markdown_table(&platforms(comparison)));
    }
    let _ = writeln!(page, "{}", markdown_table(&figures(comparison)));
    let _ = writeln!(page, "{}", escape(&method(comparison)));
    for note in &comparison.notes {
        let _ = writeln!(page, "\n- {}", escape(note));
    }
    page
}

/// The same for a terminal that is so wide.
pub fn terminal(comparison: &Comparison, width: Option<u16>) -> String {
    let mut page = format!("{}\n\n", text::printable(&summary(comparison)));
    let changed = changed(comparison);
    if changed.len() > 1 {
        let _ = writeln!(page, "{}\n", drawn(changed, width));
    }
    let _ = writeln!(page, "{}\n", drawn(figures(comparison), width));
    let _ = writeln!(page, "{}", method(comparison));
    for note in &comparison.notes {
        let _ = writeln!(page, "{}", text::printable(note));
    }
    page
}

/// A row for each label, figure and candidate; then one of the effect, for which only
/// `candidate_value` is told.
///
/// # Errors
///
/// None that is known of: the CSV is written to memory.
pub fn csv(comparison: &Comparison) -> Result<String> {
    let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut records = vec![HEADER.map(str::to_owned).to_vec()];
    for label in &comparison.labels {
        for figure in &label.figures {
            for (place, change) in figure.changes.iter().enumerate() {
                let change = change.as_ref();
                let interval = change.and_then(|change| change.interval);
                let verdict = change.and_then(|change| change.verdict);
                records.push(vec![
                    label.label.clone(),
                    figure.key.clone(),
                    figure.unit.to_owned(),
                    comparison.runs[place + 1].name.clone(),
                    cell(figure.values[0]),
                    cell(figure.values[place + 1]),
                    cell(change.map(|change| change.difference)),
                    cell(change.and_then(|change| Some(change.ratio? * 100.0))),
                    cell(interval.and_then(|interval| interval.low)),
                    cell(interval.and_then(|interval| interval.high)),
                    verdict.map(Verdict::words).unwrap_or_default().to_owned(),
                ]);
            }
        }
        for (place, probability) in label.probability_slower.iter().enumerate() {
            let mut record = vec![
                label.label.clone(),
                "probability_slower".to_owned(),
                "%".to_owned(),
                comparison.runs[place + 1].name.clone(),
                String::new(),
                cell(probability.map(|share| share * 100.0)),
            ];
            record.resize(HEADER.len(), String::new());
            records.push(record);
        }
    }
    super::csv::records(records.into_iter())
}

/// The whole comparison, and what became of the criteria that its candidates were held to.
///
/// # Errors
///
/// None that is known of: the model holds nothing that JSON cannot.
pub fn json(comparison: &Comparison, criteria: &[CriterionResult]) -> Result<String> {
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        comparison: &'a Comparison,
        criteria: &'a [CriterionResult],
    }
    let json = serde_json::to_string_pretty(&Whole {
        comparison,
        criteria,
    });
    json.map(|json| json + "\n")
        .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))
}

/// The verdict in a sentence for each candidate.
pub fn summary(comparison: &Comparison) -> String {
    let candidates = 0..comparison.runs.len() - 1;
    let sentences = candidates.map(|place| verdict_on(comparison, place));
    sentences.collect::<Vec<_>>().join(" ")
}

/// The verdict on the candidate of this number.
fn verdict_on(comparison: &Comparison, place: usize) -> String {
    let (baseline, name) = (&comparison.runs[0].name, &comparison.runs[place + 1].name);
    let verdicts = comparison.verdicts().filter(|found| found.2 == place);
    let verdicts: Vec<Verdict> = verdicts.map(|found| found.4).collect();
    let of = |wanted| {
        verdicts
            .iter()
            .filter(|&&verdict| verdict == wanted)
            .count()
    };
    let all = verdicts.len();
    let has_same_labels = comparison
        .labels
        .iter()
        .all(|label| label.is_present[0] == label.is_present[place + 1]);
    if has_same_labels && all > 0 && of(Verdict::Identical) == all {
        return format!("{name} is identical to {baseline}.");
    }
    let open = of(Verdict::Inconclusive) + of(Verdict::TooFewSamples);
    let said = match (of(Verdict::Worse), of(Verdict::Better)) {
        (0, 0) if open == 0 => format!("{name} shows no change from {baseline}"),
        (0, 0) => format!("{name} shows no sure change from {baseline}"),
        (worse, 0) => format!("{name} is worse than {baseline} in {worse} of {all} figures"),
        (0, better) => format!("{name} is better than {baseline} in {better} of {all} figures"),
        (worse, better) => format!(
            "{name} is worse than {baseline} in {worse} and better in {better} of {all} figures"
        ),
    };
    match open {
        0 => format!("{said}."),
        1 => format!("{said}; 1 of {all} is inconclusive."),
        open => format!("{said}; {open} of {all} are inconclusive."),
    }
}

/// How the verdicts came about.
pub(super) fn method(comparison: &Comparison) -> String {
    let settings = &comparison.settings;
    format!(
        "Better or worse: by at least {}% and {} ms (error %: 0.1 points), and surely at {}% for all {} tested figures together. \
         Samples, min, max and rates are not tested. {PROBABILITY}: that a random sample of the \
         candidate is slower than a random one of the baseline; 50% is no difference.",
        decimal(settings.threshold_ratio * 100.0, 2),
        decimal(settings.threshold_ms, 3),
        decimal(settings.confidence * 100.0, 3),
        comparison.tests
    )
}

/// What got better or worse, below its header.
pub(super) fn changed(comparison: &Comparison) -> Vec<Vec<String>> {
    let found = comparison.verdicts();
    let found: Vec<_> = found
        .filter(|found| matches!(found.4, Verdict::Worse | Verdict::Better))
        .collect();
    // Of a single candidate there is no need to say which.
    let names_candidate = comparison.runs.len() > 2;
    let mut header = vec!["Label", "Figure"];
    header.extend(names_candidate.then_some("Candidate"));
    header.extend(["From", "To", "Change", "Change is within", "Verdict"]);
    let mut rows = vec![header.into_iter().map(str::to_owned).collect()];
    rows.extend(
        found
            .iter()
            .take(MOST_CHANGES)
            .map(|(label, figure, place, change, verdict)| {
                let mut row = vec![label.label.clone(), figure.title.clone()];
                row.extend(names_candidate.then(|| comparison.runs[place + 1].name.clone()));
                row.extend([
                    value(figure, 0),
                    value(figure, place + 1),
                    moved(figure, change),
                    within(figure, change),
                    verdict.words().to_owned(),
                ]);
                row
            }),
    );
    rows
}

/// Every figure of every label, below the header: with one candidate its change has columns.
pub(super) fn figures(comparison: &Comparison) -> Vec<Vec<String>> {
    let is_pair = comparison.runs.len() == 2;
    let mut header = vec!["Label".to_owned(), "Figure".to_owned()];
    header.extend(comparison.runs.iter().map(|run| run.name.clone()));
    if is_pair {
        header.extend(["Change", "Verdict"].map(str::to_owned));
    }
    let mut rows = vec![header];
    for label in &comparison.labels {
        for figure in &label.figures {
            let mut row = vec![label.label.clone(), figure.title.clone()];
            for place in 0..comparison.runs.len() {
                let change = place
                    .checked_sub(1)
                    .and_then(|place| figure.changes[place].as_ref());
                let cell = match change.filter(|_| !is_pair) {
                    Some(change) => {
                        let verdict = change.verdict.map(Verdict::words).unwrap_or_default();
                        let moved = change.ratio.map(percent).unwrap_or_default();
                        let parts = [value(figure, place), moved, verdict.to_owned()];
                        let parts = parts.into_iter().filter(|part| !part.is_empty());
                        parts.collect::<Vec<_>>().join(" ")
                    }
                    None if !label.is_present[place] => "not there".to_owned(),
                    None => value(figure, place),
                };
                row.push(cell);
            }
            if is_pair {
                let change = figure.changes[0].as_ref();
                row.push(
                    change
                        .map(|change| moved(figure, change))
                        .unwrap_or_default(),
                );
                let verdict = change.and_then(|change| change.verdict);
                row.push(verdict.map(Verdict::words).unwrap_or_default().to_owned());
            }
            rows.push(row);
        }
        rows.extend(effect(label, is_pair));
    }
    rows
}

/// The probability that a candidate's samples are slower; `None` where no candidate can tell.
fn effect(label: &LabelComparison, is_pair: bool) -> Option<Vec<String>> {
    label.probability_slower.iter().flatten().next()?;
    let cell = |probability: &Option<f64>| {
        let text = probability.map(|share| format!("{:.1}%", share * 100.0));
        text.unwrap_or_else(|| "-".to_owned())
    };
    let mut row = vec![label.label.clone(), PROBABILITY.to_owned(), "-".to_owned()];
    row.extend(label.probability_slower.iter().map(cell));
    if is_pair {
        row.extend([String::new(), String::new()]);
    }
    Some(row)
}

/// The platforms' details: a row a key, a column a run.
pub(super) fn platforms(comparison: &Comparison) -> Vec<Vec<String>> {
    let mut keys: Vec<&str> = Vec::new();
    for detail in comparison.runs.iter().flat_map(|run| &run.details) {
        if !keys.contains(&detail.key.as_str()) {
            keys.push(&detail.key);
        }
    }
    let mut header = vec![String::new()];
    header.extend(comparison.runs.iter().map(|run| run.name.clone()));
    let mut rows = vec![header];
    rows.extend(keys.into_iter().map(|key| {
        let mut row = vec![key.to_owned()];
        row.extend(comparison.runs.iter().map(|run| {
            let found = run.details.iter().find(|detail| detail.key == key);
            found.map(|detail| detail.value.clone()).unwrap_or_default()
        }));
        row
    }));
    rows
}

fn value(figure: &Figure, place: usize) -> String {
    let shown = figure.values[place]
        .map(|value| with_unit(format!("{value:.*}", figure.decimals), figure.unit));
    shown.unwrap_or_else(|| "-".to_owned())
}

fn with_unit(number: String, unit: &str) -> String {
    match unit {
        "" | "%" | "/s" => format!("{number}{unit}"),
        _ => format!("{number} {unit}"),
    }
}

fn moved(figure: &Figure, change: &Change) -> String {
    let difference = with_unit(signed(change.difference, figure.decimals), figure.unit);
    match change.ratio {
        Some(ratio) if figure.unit != "%" => format!("{difference} ({})", percent(ratio)),
        _ => difference,
    }
}

fn within(figure: &Figure, change: &Change) -> String {
    let end =
        |end: Option<f64>| end.map_or("?".to_owned(), |end| signed(end, figure.decimals.max(1)));
    match change.interval {
        Some(interval) => with_unit(
            format!("{} to {}", end(interval.low), end(interval.high)),
            figure.unit,
        ),
        None => String::new(),
    }
}

fn percent(ratio: f64) -> String {
    format!("{}%", signed(ratio * 100.0, 1))
}

/// With its sign, but for what rounds to 0.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    match text.trim_matches(['+', '-', '0', '.']) {
        "" => format!("{:.decimals$}", 0.0),
        _ => text,
    }
}

/// Without zeros at its end.
fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Rows below their header, which is bold.
fn markdown_table(rows: &[Vec<String>]) -> String {
    let escaped = rows.iter().map(|row| row.iter().map(|cell| escape(cell)));
    let mut cells: Vec<Vec<String>> = escaped.map(Iterator::collect).collect();
    if let Some(header) = cells.first_mut() {
        for cell in header.iter_mut().filter(|cell| !cell.is_empty()) {
            *cell = bold(cell);
        }
    }
    table(&cells)
}

fn drawn(rows: Vec<Vec<String>>, width: Option<u16>) -> Table {
    let mut drawn = Table::new();
    drawn.load_style(TableStyle::new().header_separator(RULE));
    if let Some(width) = width {
        drawn
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    let mut rows = rows.into_iter().map(|row| {
        row.into_iter()
            .map(|cell| text::printable(&cell))
            .collect::<Vec<_>>()
    });
    if let Some(header) = rows.next() {
        drawn.set_header(header);
    }
    drawn.add_rows(rows);
    drawn
}
