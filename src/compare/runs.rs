//! Reports to a comparison.

use std::collections::HashMap;

use super::evidence::Evidence;
use super::figures::Kind;
use super::holm::{Decided, step_down};
use super::matched::{Course, Matched, Row, value};
use super::notes;
use super::verdict::{self, Known};
use super::{
    Comparison, Figure, LabelComparison, Method, Run, Settings, Side, Test, Verdict,
    normal_quantile,
};
use crate::report::TOTAL;

/// How many standard deviations beyond the interval's reach a change lies that is found with a
/// probability of 80%.
const POWER: f64 = 0.841_621;

/// Compares the first side, the baseline, with each of the others.
pub fn compare(sides: &[Side], settings: &Settings) -> Comparison {
    let mut notes = notes::of_runs(sides);
    let courses: Vec<Option<Course<'_>>> = sides
        .iter()
        .skip(1)
        .map(|candidate| {
            let (course, note) = Course::of(sides.first()?, candidate)?;
            notes.extend(note);
            Some(course)
        })
        .collect();
    let labels = labels(sides);
    let mut tests = Tests::default();
    let mut compared: Vec<LabelComparison> = labels
        .iter()
        .enumerate()
        .map(|(number, rows)| label(number, rows, (sides, &courses), settings, &mut tests))
        .collect();
    let decided = step_down(&tests.evidence, 1.0 - settings.confidence);
    let tested = tests.places.iter().zip(&tests.evidence).zip(decided);
    for ((&place, evidence), decided) in tested {
        judge(&mut compared, place, evidence, decided, settings);
    }
    notes.extend(notes::of_comparison(sides, &compared));
    Comparison {
        tests: tests.evidence.len() as u64,
        runs: sides.iter().map(run).collect(),
        labels: compared,
        notes,
        settings: settings.clone(),
    }
}

fn run(side: &Side) -> Run {
    let details = side.runs.first().map(|(_, report)| report.details.clone());
    Run {
        name: side.name.clone(),
        members: side.runs.iter().map(|(name, _)| name.clone()).collect(),
        details: details.unwrap_or_default(),
    }
}

/// A label by side: its row in each run of the side that has it.
type Rows<'a> = Vec<Vec<Row<'a>>>;

/// The labels in order of appearance, then TOTAL.
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
                // A label may be there twice, of bytes that are shown alike.
                if rows[place][side].len() <= run {
                    rows[place][side].push(Row { report, row });
                }
            }
        }
    }
    let totals = sides.iter().map(|side| {
        let reports = side.runs.iter().map(|(_, report)| report);
        let rows = reports.map(|report| Row {
            report,
            row: &report.total,
        });
        rows.collect()
    });
    rows.push(totals.collect());
    rows
}

/// Where the result of a test belongs.
#[derive(Clone, Copy)]
struct Place {
    label: usize,
    figure: usize,
    candidate: usize,
    kind: Kind,
    /// From run to run.
    deviation: Option<f64>,
}

/// The tests of a comparison.
#[derive(Default)]
struct Tests<'a> {
    places: Vec<Place>,
    evidence: Vec<Evidence<'a>>,
}

fn label<'a>(
    number: usize,
    rows: &'a Rows<'a>,
    (sides, courses): (&[Side], &[Option<Course<'_>>]),
    settings: &Settings,
    tests: &mut Tests<'a>,
) -> LabelComparison {
    let baseline = &rows[0];
    let is_single = |side: &Side| side.runs.len() == 1;
    let candidates = rows.iter().zip(sides).skip(1).zip(courses);
    let matched: Vec<Matched<'a>> = candidates
        .map(|((candidate, side), course)| {
            let are_single = is_single(side) && sides.first().is_some_and(is_single);
            Matched::new(baseline, candidate, course.as_ref(), are_single)
        })
        .collect();
    let figures = Kind::all(settings).into_iter().enumerate();
    let figures = figures.map(|(place, kind)| {
        let changes = matched.iter().enumerate().map(|(candidate, matched)| {
            let (change, evidence) = matched.change(kind, settings)?;
            if let Some(evidence) = evidence {
                tests.places.push(Place {
                    label: number,
                    figure: place,
                    candidate,
                    kind,
                    deviation: matched.run_deviation(kind),
                });
                tests.evidence.push(evidence);
            }
            Some(change)
        });
        let changes = changes.collect();
        let (key, title, unit, decimals) = kind.shown();
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

/// Enters what a test found.
fn judge(
    labels: &mut [LabelComparison],
    place: Place,
    evidence: &Evidence<'_>,
    decided: Decided,
    settings: &Settings,
) {
    let figure = &mut labels[place.label].figures[place.figure];
    let (Some(from), Some(to)) = (figure.values[0], figure.values[place.candidate + 1]) else {
        return;
    };
    let Some(change) = &mut figure.changes[place.candidate] else {
        return;
    };
    let threshold = place.kind.threshold(settings, from);
    let independent = evidence.independent.as_ref();
    let known = Known {
        estimate: evidence.estimate,
        interval: decided.interval,
        independent: independent.map(|interval| interval(decided.doubt)),
        is_tick: place.kind.is_tick(from, to),
        is_between_runs: evidence.method == Method::BetweenRuns,
    };
    let verdict = *change
        .verdict
        .get_or_insert_with(|| verdict::of(known, threshold));
    let reach = [decided.interval.low, decided.interval.high]
        .into_iter()
        .map(|end| end.map(|end| (end - evidence.estimate).abs()))
        .try_fold(0.0_f64, |reach, end| Some(reach.max(end?)));
    let further = 1.0 + POWER / normal_quantile(decided.doubt / 2.0);
    change.test = Some(Test {
        method: evidence.method,
        estimate: evidence.estimate,
        interval: decided.interval,
        confidence: 1.0 - decided.doubt,
        is_clear: verdict == Verdict::Worse
            && decided.interval.low.is_some_and(|low| low >= threshold),
        detectable: reach.map(|reach| reach * further),
        run_deviation: place.deviation,
    });
}
