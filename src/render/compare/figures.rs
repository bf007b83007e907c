//! Every figure of every label.

use super::cells::{
    MISSING, brief_difference, brief_interval, difference, interval, value, verdict,
};
use crate::compare::{Change, Comparison, Figure, LabelComparison, Verdict};
use crate::render::table::{Cell, Heading, Kind, Table, Tone};

/// Title of the effect.
const PROBABILITY: &str = "P(slower)";

/// What a cell says of a change.
type CellOf = fn(&Figure, &Change) -> String;

/// A table per label. Changes are in percent only, and their intervals without confidence.
pub fn by_label(comparison: &Comparison) -> Vec<Table> {
    let tables = comparison.labels.iter().map(|label| Table {
        caption: label.label.clone(),
        headings: headings(comparison),
        rows: rows(comparison, label, true),
        totals: Vec::new(),
    });
    tables.collect()
}

/// One table of all labels, in their order.
pub fn of_all(comparison: &Comparison) -> Table {
    let mut all = vec![Heading::new("Label", Kind::Text)];
    all.extend(headings(comparison));
    let rows = comparison.labels.iter().flat_map(|label| {
        let rows = rows(comparison, label, false).into_iter();
        rows.map(|row| {
            let name = [Cell::new(&label.label)].into_iter();
            name.chain(row).collect()
        })
    });
    Table {
        caption: "All figures".to_owned(),
        headings: all,
        rows: rows.collect(),
        totals: Vec::new(),
    }
}

/// With several candidates each row names its own.
fn headings(comparison: &Comparison) -> Vec<Heading> {
    let values = |title: &str| Heading::new(title, Kind::Values);
    let baseline = comparison.runs.first().map_or("", |run| run.name.as_str());
    let mut headings = vec![Heading::new("Figure", Kind::Text)];
    match &comparison.runs[..] {
        [_, candidate] => headings.extend([baseline, &candidate.name].map(values)),
        _ => {
            headings.push(Heading::new("Candidate", Kind::Text));
            headings.extend([baseline, "Value"].map(values));
        }
    }
    headings.extend(["Change", "Interval"].map(values));
    headings.push(Heading::new("Verdict", Kind::Verdict));
    headings
}

fn rows(comparison: &Comparison, label: &LabelComparison, is_brief: bool) -> Vec<Vec<Cell>> {
    let (difference, interval): (CellOf, CellOf) = match is_brief {
        true => (brief_difference, brief_interval),
        false => (difference, interval),
    };
    let names_candidate = comparison.runs.len() > 2;
    let shown = |side: usize, text: String| match label.is_present[side] {
        true => Cell::new(text),
        false => Cell::new("missing"),
    };
    let mut rows = Vec::new();
    for figure in &label.figures {
        for (candidate, change) in figure.changes.iter().enumerate() {
            let mut row = vec![Cell::new(&figure.title)];
            row.extend(names_candidate.then(|| Cell::new(&comparison.runs[candidate + 1].name)));
            row.extend([0, candidate + 1].map(|side| shown(side, value(figure, side))));
            let change = change.as_ref();
            let of_change =
                |of: CellOf| change.map_or_else(String::new, |change| of(figure, change));
            row.extend([difference, interval].map(|of| Cell::new(of_change(of))));
            let tone = match change.and_then(|change| change.verdict) {
                Some(Verdict::Worse) => Some(Tone::Bad),
                Some(Verdict::Better) => Some(Tone::Good),
                _ => None,
            };
            let verdict = change.map(|change| verdict(label, candidate, change));
            row.push(Cell::new(verdict.unwrap_or_default()).with_tone(tone));
            rows.push(row);
        }
    }
    for (candidate, probability) in label.probability_slower.iter().enumerate() {
        let Some(probability) = probability else {
            continue;
        };
        let mut row = vec![Cell::new(PROBABILITY)];
        row.extend(names_candidate.then(|| Cell::new(&comparison.runs[candidate + 1].name)));
        row.push(Cell::new(MISSING));
        row.push(Cell::new(format!("{:.1}%", probability * 100.0)));
        row.resize(row.len() + 3, Cell::new(""));
        rows.push(row);
    }
    rows
}
