//! Every figure of every label.

use super::cells::{
    MISSING, brief_difference, brief_interval, difference, interval, value, verdict,
};
use super::compact::{Cell, Mark};
use crate::compare::{Change, Comparison, Figure, LabelComparison, Verdict};

/// Title of the effect.
const PROBABILITY: &str = "P(slower)";

/// What a cell says of a change.
type CellOf = fn(&Figure, &Change) -> String;

/// A label and its rows.
pub struct Figures<'a> {
    /// The label.
    pub label: &'a str,
    /// One row per figure and candidate.
    pub rows: Vec<Vec<Cell>>,
}

/// Titles, and every label with its rows; with several candidates each row names its own. Changes
/// that are brief are in percent only, and their intervals without confidence.
pub fn figures(comparison: &Comparison, is_brief: bool) -> (Vec<String>, Vec<Figures<'_>>) {
    let mut titles = vec!["Figure".to_owned()];
    let baseline = comparison.runs.first().map_or("", |run| run.name.as_str());
    match &comparison.runs[..] {
        [_, candidate] => titles.extend([baseline, &candidate.name].map(str::to_owned)),
        _ => titles.extend(["Candidate", baseline, "Value"].map(str::to_owned)),
    }
    titles.extend(["Change", "Interval", "Verdict"].map(str::to_owned));
    let labels = comparison.labels.iter().map(|label| Figures {
        label: &label.label,
        rows: rows(comparison, label, is_brief),
    });
    (titles, labels.collect())
}

fn rows(comparison: &Comparison, label: &LabelComparison, is_brief: bool) -> Vec<Vec<Cell>> {
    let (difference, interval): (CellOf, CellOf) = match is_brief {
        true => (brief_difference, brief_interval),
        false => (difference, interval),
    };
    let names_candidate = comparison.runs.len() > 2;
    let plain = |text: String| Cell { text, mark: None };
    let shown = |side: usize, text: String| match label.is_present[side] {
        true => plain(text),
        false => plain("missing".to_owned()),
    };
    let mut rows = Vec::new();
    for figure in &label.figures {
        for (candidate, change) in figure.changes.iter().enumerate() {
            let mut row = vec![plain(figure.title.clone())];
            row.extend(names_candidate.then(|| plain(comparison.runs[candidate + 1].name.clone())));
            row.extend([0, candidate + 1].map(|side| shown(side, value(figure, side))));
            let change = change.as_ref();
            row.push(plain(
                change.map_or_else(String::new, |change| difference(figure, change)),
            ));
            row.push(plain(
                change.map_or_else(String::new, |change| interval(figure, change)),
            ));
            row.push(change.map_or_else(
                || plain(String::new()),
                |change| Cell {
                    text: verdict(label, candidate, change),
                    mark: match change.verdict {
                        Some(Verdict::Worse) => Some(Mark::Worse),
                        Some(Verdict::Better) => Some(Mark::Better),
                        _ => None,
                    },
                },
            ));
            rows.push(row);
        }
    }
    for (candidate, probability) in label.probability_slower.iter().enumerate() {
        let Some(probability) = probability else {
            continue;
        };
        let mut row = vec![plain(PROBABILITY.to_owned())];
        row.extend(names_candidate.then(|| plain(comparison.runs[candidate + 1].name.clone())));
        row.push(plain(MISSING.to_owned()));
        row.push(plain(format!("{:.1}%", probability * 100.0)));
        row.resize(row.len() + 3, plain(String::new()));
        rows.push(row);
    }
    rows
}
