//! A comparison with one row per label: the few figures that matter most, before and after.

use std::cmp::Reverse;

use super::cells::{MISSING, from_to, size};
use crate::compare::{Change, Comparison, Figure, Found, LabelComparison, Verdict};
use crate::render::table::{Cell, Heading, Kind, Table, Tone};
use crate::report::TOTAL;
use crate::short_names::ShortNames;

/// Rows of labels that changed.
const MAX_CHANGED: usize = 30;

/// Letters of a label: enough for most URLs.
const MAX_LETTERS: usize = 160;

/// Keys of the percentiles that have a column if they are tested.
const PREFERRED: [&str; 2] = ["median", "p95"];

/// Smallest change of an error rate that matters, in percentage points.
const ERROR_THRESHOLD: f64 = 0.1;

/// One label on the baseline and on one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// The label.
    pub label: &'a str,
    /// Such as `missing`; empty for a label that both sides have.
    pub state: &'static str,
    /// The candidate, counted from 0.
    pub candidate: usize,
    /// Whether it sums up all labels.
    pub is_total: bool,
    /// Whether a figure changed, or the label is on one side only.
    pub is_changed: bool,
    /// One per column.
    pub cells: Vec<Cell>,
    /// Changes of figures without a column.
    pub others: Vec<Cell>,
    /// How much the changes matter.
    weight: f64,
}

/// The rows of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Compact<'a> {
    /// Titles of the columns.
    pub columns: Vec<String>,
    /// The labels that changed, worst first, then TOTAL. Empty if nothing changed.
    pub changed: Vec<Row<'a>>,
    /// How many rows of labels that changed are in `rest`, at its start.
    pub more: usize,
    /// All other rows.
    pub rest: Vec<Row<'a>>,
}

impl<'a> Compact<'a> {
    /// The rows of a comparison.
    pub fn of(comparison: &'a Comparison) -> Self {
        let columns = columns(comparison);
        let candidates = comparison.runs.len().saturating_sub(1);
        // TOTAL of a single label is that label.
        let shown = match &comparison.labels[..] {
            [label, _] => std::slice::from_ref(label),
            all => all,
        };
        let total = comparison.labels.last().filter(|_| shown.len() != 1);
        let mut rows: Vec<Row<'a>> = Vec::new();
        for label in shown {
            let is_total = total.is_some_and(|total| std::ptr::eq(total, label));
            for candidate in 0..candidates {
                if label.is_present[0] || label.is_present[candidate + 1] {
                    rows.push(row(comparison, label, candidate, is_total, &columns));
                }
            }
        }
        let is_any_changed = rows.iter().any(|row| row.is_changed);
        let (mut changed, mut rest): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .partition(|row| row.is_changed || (row.is_total && is_any_changed));
        // TOTAL closes the table, changed or not.
        changed.sort_by(|a, b| {
            let order = a.is_total.cmp(&b.is_total);
            order.then(b.weight.total_cmp(&a.weight))
        });
        let totals = changed.iter().filter(|row| row.is_total).count();
        let labels = changed.len() - totals;
        let more = labels.saturating_sub(MAX_CHANGED);
        let left_out = changed.drain(labels - more..labels);
        rest = left_out.chain(rest).collect();
        let titles = columns.iter().map(|key| title(comparison, key));
        Compact {
            columns: titles.collect(),
            changed,
            more,
            rest,
        }
    }
}

/// Builds a table of these rows. The [`legend`] explains their signs.
pub fn table(
    caption: &str,
    compact: &Compact<'_>,
    rows: &[Row<'_>],
    comparison: &Comparison,
) -> Table {
    let names_candidate = comparison.runs.len() > 2;
    let has_others = rows.iter().any(|row| !row.others.is_empty());
    let mut headings = vec![Heading::new("Label", Kind::Text)];
    headings.extend(names_candidate.then(|| Heading::new("Candidate", Kind::Text)));
    let titles = compact.columns.iter().map(String::as_str);
    let titles = titles.chain(has_others.then_some("Other"));
    headings.extend(titles.map(|title| Heading::new(title, Kind::Values)));
    let labels = comparison.labels.iter().map(|label| label.label.as_str());
    let names = ShortNames::new(labels, MAX_LETTERS);
    let cells = |row: &Row<'_>| {
        let mut label = names.of(row.label).to_owned();
        if !row.state.is_empty() {
            label += &format!(" ({})", row.state);
        }
        let mut cells = vec![Cell::new(label)];
        let candidate = &comparison.runs[row.candidate + 1].name;
        cells.extend(names_candidate.then(|| Cell::new(candidate)));
        cells.extend(row.cells.iter().cloned());
        if has_others {
            let texts = row.others.iter().filter_map(|cell| cell.text.as_deref());
            let texts: Vec<&str> = texts.collect();
            let is_worse = |cell: &Cell| cell.tone == Some(Tone::Bad);
            let worse = row.others.iter().find(|cell| is_worse(cell));
            let tone = worse.or(row.others.first()).and_then(|cell| cell.tone);
            cells.push(Cell::new(texts.join(", ")).with_tone(tone));
        }
        cells
    };
    let (totals, labels): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.is_total);
    Table {
        caption: caption.to_owned(),
        headings,
        rows: labels.into_iter().map(cells).collect(),
        totals: totals.into_iter().map(cells).collect(),
    }
}

/// Keys of the figures that have a column.
fn columns(comparison: &Comparison) -> Vec<String> {
    let tested = comparison.settings.tested_percentiles.iter();
    let tested: Vec<String> = tested.map(|percentile| percentile.key()).collect();
    let is_preferred = |key: &&String| PREFERRED.contains(&key.as_str());
    let mut columns: Vec<String> = tested.iter().filter(is_preferred).cloned().collect();
    if columns.is_empty() {
        columns = tested.into_iter().take(PREFERRED.len()).collect();
    }
    columns.extend(["error_percent", "throughput"].map(str::to_owned));
    columns.extend(metric_columns(comparison));
    columns
}

/// Keys of the p95 of each metric, or of its average if p95 is not shown.
fn metric_columns(comparison: &Comparison) -> Vec<String> {
    let figures = comparison.labels.last().map(|total| &total.figures[..]);
    let keys = figures.unwrap_or_default().iter().map(|figure| &figure.key);
    let keys: Vec<&String> = keys.collect();
    let metrics = keys.iter().filter_map(|key| key.strip_suffix(".avg"));
    metrics
        .map(|metric| {
            let p95 = format!("{metric}.p95");
            match keys.contains(&&p95) {
                true => p95,
                false => format!("{metric}.avg"),
            }
        })
        .collect()
}

fn title(comparison: &Comparison, key: &str) -> String {
    let figures = comparison.labels.iter().flat_map(|label| &label.figures);
    let mut titles = figures.filter(|figure| figure.key == key);
    titles.next().map_or(key, |figure| &figure.title).to_owned()
}

fn row<'a>(
    comparison: &Comparison,
    label: &'a LabelComparison,
    candidate: usize,
    is_total: bool,
    columns: &[String],
) -> Row<'a> {
    let figure = |key: &String| label.figures.iter().find(|figure| figure.key == *key);
    let cells = columns.iter().map(|key| {
        // A label may lack a metric.
        let Some(figure) = figure(key) else {
            return Cell::new(MISSING);
        };
        let change = figure.changes[candidate].as_ref();
        let tone = change.and_then(tone);
        let values = from_to(figure, candidate);
        let text = match (tone, change) {
            (Some(tone), Some(change)) => signed(&values, tone, figure, change),
            _ => values,
        };
        Cell::new(text).with_tone(tone)
    });
    let others = label.figures.iter().filter_map(|figure| {
        let change = figure.changes[candidate].as_ref()?;
        let tone = tone(change).filter(|tone| *tone != Tone::Open)?;
        let text = || signed(&figure.title, tone, figure, change);
        (!columns.contains(&figure.key)).then(|| Cell::new(text()).with_tone(tone))
    });
    let cells: Vec<Cell> = cells.collect();
    let others: Vec<Cell> = others.collect();
    let state = match (label.is_present[0], label.is_present[candidate + 1]) {
        (true, false) => "missing",
        (false, true) => "new",
        _ => "",
    };
    let is_decided = |cell: &Cell| cell.tone.is_some_and(|tone| tone != Tone::Open);
    let changes = label.figures.iter().filter_map(|figure| {
        let change = figure.changes[candidate].as_ref()?;
        let weight = weight(comparison, figure, change);
        // What got better matters after all that got worse.
        match change.verdict? {
            Verdict::Worse => Some(weight),
            Verdict::Better => Some(-1.0 / weight.max(f64::MIN_POSITIVE)),
            _ => None,
        }
    });
    let weight = match state {
        "missing" => f64::INFINITY,
        "new" => 0.0,
        _ => changes.fold(f64::NEG_INFINITY, f64::max),
    };
    Row {
        label: if is_total { TOTAL } else { &label.label },
        state,
        candidate,
        is_total,
        is_changed: !state.is_empty() || cells.iter().chain(&others).any(is_decided),
        cells,
        others,
        weight,
    }
}

fn tone(change: &Change) -> Option<Tone> {
    match change.verdict? {
        Verdict::Worse => Some(Tone::Bad),
        Verdict::Better => Some(Tone::Good),
        Verdict::Identical | Verdict::NoChange => None,
        Verdict::Inconclusive
        | Verdict::TooFewSamples
        | Verdict::TooVariable
        | Verdict::RunsVary
        | Verdict::TooFewRuns => Some(Tone::Open),
    }
}

fn signed(text: &str, tone: Tone, figure: &Figure, change: &Change) -> String {
    let sign = match tone {
        Tone::Bad => "▲",
        Tone::Good => "▼",
        Tone::Open => return format!("{text} ?"),
    };
    format!("{text} {sign} {}", size(figure, change))
        .trim_end()
        .to_owned()
}

/// The size of a change, in multiples of the smallest that matters.
pub fn weight(comparison: &Comparison, figure: &Figure, change: &Change) -> f64 {
    let settings = &comparison.settings;
    let smallest = match figure.unit {
        "%" => ERROR_THRESHOLD,
        _ => {
            let from = figure.values[0].unwrap_or_default().abs();
            (from * settings.threshold_ratio).max(settings.threshold_ms)
        }
    };
    // Of a threshold of 0 all changes are many times that.
    change.difference.abs() / smallest.max(1e-9)
}

/// The findings to show, of one candidate, most serious first. TOTAL of a single label is
/// that label.
pub fn findings<'a>(
    comparison: &'a Comparison,
    candidate: usize,
    verdict: Verdict,
) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = verdicts(comparison, candidate)
        .filter(|found| found.verdict == verdict)
        .collect();
    let total = comparison.labels.last();
    found.sort_by_key(|found| {
        let is_total = total.is_some_and(|total| std::ptr::eq(total, found.label));
        let weight = weight(comparison, found.figure, found.change);
        (is_total, Reverse((weight * 1e3).min(1e18) as u64))
    });
    found
}

/// The verdicts on a candidate; without those on TOTAL of a single label, which is that label.
pub fn verdicts(comparison: &Comparison, candidate: usize) -> impl Iterator<Item = Found<'_>> {
    let only = match &comparison.labels[..] {
        [label, _] => Some(label),
        _ => None,
    };
    comparison.verdicts().filter(move |found| {
        found.candidate == candidate && only.is_none_or(|only| std::ptr::eq(only, found.label))
    })
}

/// Explains the signs in these rows.
pub fn legend(comparison: &Comparison, rows: &[Row<'_>]) -> String {
    let cells = || {
        rows.iter()
            .flat_map(|row| row.cells.iter().chain(&row.others))
    };
    let has = |tone: Tone| cells().any(|cell| cell.tone == Some(tone));
    let after = match &comparison.runs[..] {
        [_, candidate] => candidate.name.as_str(),
        _ => "candidate",
    };
    let before = comparison.runs.first().map_or("", |run| run.name.as_str());
    let mut parts = vec![format!("{before} → {after}, one value if equal")];
    let signs = [
        (Tone::Bad, "▲ worse"),
        (Tone::Good, "▼ better"),
        (Tone::Open, "? not decided"),
    ];
    let signs = signs.into_iter().filter(|(tone, _)| has(*tone));
    parts.extend(signs.map(|(_, text)| text.to_owned()));
    let is_in_points = |cell: &Cell| cell.text.as_ref().is_some_and(|text| text.ends_with(" pp"));
    if cells().any(is_in_points) {
        parts.push("pp percentage points".to_owned());
    }
    parts.join(" · ")
}
