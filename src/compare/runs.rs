//! Compares the reports of several sides.

use std::collections::HashMap;

use super::evidence::Evidence;
use super::figures::FigureKind;
use super::holm::{Decided, step_down};
use super::interval::normal_quantile;
use super::matched::{LabelInRun, Matched, Overlap, value};
use super::metrics;
use super::notes;
use super::verdict::{self, Observed};
use super::{Comparison, Figure, LabelComparison, Method, Run, Settings, Side, Test, Verdict};
use crate::report::{TOTAL, UNNAMED_PLATFORM};

/// The normal quantile of a power of 80%: a change this many standard deviations beyond the interval
/// is detected with that probability.
const POWER_QUANTILE: f64 = 0.841_621;

/// Compares the first side, the baseline, with each of the others, the candidates.
pub fn compare(sides: &[Side], settings: &Settings) -> Comparison {
    let mut notes = notes::on_runs(sides);
    let overlaps: Vec<Option<Overlap<'_>>> = sides
        .iter()
        .skip(1)
        .map(|candidate| {
            let (overlap, note) = Overlap::find(sides.first()?, candidate)?;
            notes.extend(note);
            Some(overlap)
        })
        .collect();
    let labels = labels(sides);
    let metrics = metrics::of_sides(sides);
    let mut tests = Tests::default();
    let mut compared: Vec<LabelComparison> = labels
        .iter()
        .enumerate()
        .map(|(number, rows)| {
            let mut label = label(number, rows, (sides, &overlaps), settings, &mut tests);
            let figures = metrics::figures(&metrics, rows, settings);
            label.figures.extend(figures);
            label
        })
        .collect();
    let decided = step_down(&tests.evidence, 1.0 - settings.confidence);
    let tested = tests.positions.iter().zip(&tests.evidence).zip(decided);
    for ((&position, evidence), decided) in tested {
        judge(&mut compared, position, evidence, decided, settings);
    }
    notes.extend(notes::on_changes(sides, &compared));
    Comparison {
        tests: tests.evidence.len() as u64,
        runs: sides.iter().map(run).collect(),
        labels: compared,
        notes,
        settings: settings.clone(),
    }
}

fn run(side: &Side) -> Run {
    let details = side.runs.first().map(|(_, report)| &report.details);
    let known = details.into_iter().flatten();
    Run {
        name: side.name.clone(),
        members: side.runs.iter().map(|(name, _)| name.clone()).collect(),
        details: known
            .filter(|detail| detail.value != UNNAMED_PLATFORM)
            .cloned()
            .collect(),
    }
}

/// One label's rows: for each side, those of the runs that have the label.
type Rows<'a> = Vec<Vec<LabelInRun<'a>>>;

/// Returns the labels in order of first appearance, then TOTAL.
fn labels(sides: &[Side]) -> Vec<Rows<'_>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut rows: Vec<Rows<'_>> = Vec::new();
    for (side, runs) in sides.iter().enumerate() {
        for (run, (_, report)) in runs.runs.iter().enumerate() {
            for row in &report.labels {
                let place = *places.entry(&row.label).or_insert_with(|| {
                    rows.push(vec![Vec::new(); sides.len()]);
                    rows.len() - 1
                });
                // Labels that differ only in invalid UTF-8 have the same text: the first counts.
                if rows[place][side].len() <= run {
                    rows[place][side].push(LabelInRun { report, row });
                }
            }
        }
    }
    let totals = sides.iter().map(|side| {
        let reports = side.runs.iter().map(|(_, report)| report);
        let rows = reports.map(|report| LabelInRun {
            report,
            row: &report.total,
        });
        rows.collect()
    });
    rows.push(totals.collect());
    rows
}

/// Where in the comparison the result of a test goes.
#[derive(Clone, Copy)]
struct TestPosition {
    label: usize,
    figure: usize,
    candidate: usize,
    kind: FigureKind,
    /// Run-to-run standard deviation.
    deviation: Option<f64>,
}

/// The tests of a comparison, in parallel vectors.
#[derive(Default)]
struct Tests<'a> {
    positions: Vec<TestPosition>,
    evidence: Vec<Evidence<'a>>,
}

fn label<'a>(
    number: usize,
    rows: &'a Rows<'a>,
    (sides, overlaps): (&[Side], &[Option<Overlap<'_>>]),
    settings: &Settings,
    tests: &mut Tests<'a>,
) -> LabelComparison {
    let baseline = &rows[0];
    let is_single = |side: &Side| side.runs.len() == 1;
    let candidates = rows.iter().zip(sides).skip(1).zip(overlaps);
    let matched: Vec<Matched<'a>> = candidates
        .map(|((candidate, side), overlap)| {
            let are_single = is_single(side) && sides.first().is_some_and(is_single);
            Matched::new(baseline, candidate, overlap.as_ref(), are_single)
        })
        .collect();
    let figures = FigureKind::all(settings).into_iter().enumerate();
    let figures = figures.map(|(index, kind)| {
        let changes = matched.iter().enumerate().map(|(candidate, matched)| {
            let (change, evidence) = matched.change(kind, settings)?;
            if let Some(evidence) = evidence {
                tests.positions.push(TestPosition {
                    label: number,
                    figure: index,
                    candidate,
                    kind,
                    deviation: matched.run_deviation(kind),
                });
                tests.evidence.push(evidence);
            }
            Some(change)
        });
        let changes = changes.collect();
        let (key, title, unit, decimals) = kind.presentation();
        Figure {
            key,
            title,
            unit,
            decimals,
            values: rows.iter().map(|rows| value(kind, rows)).collect(),
            changes,
        }
    });
    let figures = figures.collect();
    let any = rows.iter().flatten().next();
    LabelComparison {
        label: any.map_or(TOTAL, |row| &row.row.label).to_owned(),
        is_present: rows.iter().map(|rows| !rows.is_empty()).collect(),
        probability_slower: matched.iter().map(Matched::probability_slower).collect(),
        phases: matched.iter().map(Matched::phases).collect(),
        figures,
    }
}

/// Stores the verdict and the figures of one test.
fn judge(
    labels: &mut [LabelComparison],
    position: TestPosition,
    evidence: &Evidence<'_>,
    decided: Decided,
    settings: &Settings,
) {
    let figure = &mut labels[position.label].figures[position.figure];
    let (Some(from), Some(to)) = (figure.values[0], figure.values[position.candidate + 1]) else {
        return;
    };
    let Some(change) = &mut figure.changes[position.candidate] else {
        return;
    };
    let threshold = position.kind.threshold(settings, from);
    let independent = evidence.independent.as_ref();
    let observed = Observed {
        estimate: evidence.estimate,
        interval: decided.interval,
        independent: independent.map(|interval| interval(decided.alpha)),
        is_tick: position.kind.is_tick(from, to),
        is_between_runs: evidence.method == Method::BetweenRuns,
    };
    let verdict = *change
        .verdict
        .get_or_insert_with(|| verdict::of(observed, threshold));
    let reach = [decided.interval.low, decided.interval.high]
        .into_iter()
        .map(|end| end.map(|end| (end - evidence.estimate).abs()))
        .try_fold(0.0_f64, |reach, end| Some(reach.max(end?)));
    let further = 1.0 + POWER_QUANTILE / normal_quantile(decided.alpha / 2.0);
    change.test = Some(Test {
        method: evidence.method,
        estimate: evidence.estimate,
        interval: decided.interval,
        confidence: 1.0 - decided.alpha,
        is_clear: verdict == Verdict::Worse
            && decided.interval.low.is_some_and(|low| low >= threshold),
        detectable: reach.map(|reach| reach * further),
        run_deviation: position.deviation,
    });
}
