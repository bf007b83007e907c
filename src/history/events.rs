//! Collects the changes of a platform, and keeps those that are real over all its series.

use super::metric::Metric;
use super::model::{Change, Event, Since};
use super::regimes::Found;
use crate::compare::normal_tail;

/// The share of false changes among those reported.
const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// Maximum autocorrelation of all series together.
const MAX_CORRELATION: f64 = 0.8;

/// Changes of one label that begin within this many runs of each other are one event.
const SAME_EVENT: usize = 5;

/// A figure came back if it is closer to its former level than this share of the change.
const CAME_BACK: f64 = 0.5;

/// Weighs all shifts by the autocorrelation of all series together: a single short series cannot show it.
pub fn weigh(all: &mut [Found]) {
    let products = all.iter().map(|found| found.products(&found.regimes()));
    let (products, squares) = products.fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    let pooled = products / squares;
    if pooled > 0.0 {
        let pooled = pooled.min(MAX_CORRELATION);
        all.iter_mut().for_each(|found| found.weigh(pooled));
    }
}

/// Removes the shifts that are not clear enough for the number of series, by the procedure of Benjamini
/// and Hochberg. The probability of a shift without a change is that of its strength as chi-squared,
/// times the places where it could be.
pub fn keep_significant(all: &mut [Found]) {
    let probability = |found: &Found, strength: f64| {
        let tail = 2.0 * normal_tail(strength.max(0.0).sqrt());
        (tail * found.points.len() as f64).min(1.0)
    };
    let mut probabilities: Vec<f64> = all
        .iter()
        .flat_map(|found| {
            let shifts = found.shifts.iter();
            shifts.map(move |shift| probability(found, shift.strength))
        })
        .collect();
    probabilities.sort_unstable_by(f64::total_cmp);
    let tests = all.len().max(probabilities.len()).max(1) as f64;
    let ranked = probabilities.iter().enumerate();
    let limit = ranked
        .filter(|(rank, p)| **p <= FALSE_DISCOVERY_RATE * (rank + 1) as f64 / tests)
        .map(|(_, p)| *p)
        .fold(-1.0, f64::max);
    for found in all {
        let mut shifts = std::mem::take(&mut found.shifts);
        shifts.retain(|shift| probability(found, shift.strength) <= limit);
        found.shifts = shifts;
    }
}

/// Returns the changes of a series; `runs` are the runs of its points.
pub fn changes(metric: Metric, found: &Found, runs: &[usize]) -> Vec<Change> {
    let regimes = found.regimes();
    let changes = found.shifts.iter().zip(regimes.windows(2)).enumerate();
    changes
        .map(|(place, (shift, pair))| {
            let (before, after) = (pair[0].level, pair[1].level);
            let (from, to) = (metric.unscaled(before), metric.unscaled(after));
            let since = match regimes.get(place + 2) {
                None => Since::Stayed,
                Some(next) => {
                    let run = runs[next.first];
                    let is_back = (next.level - before).abs() < CAME_BACK * (after - before).abs();
                    match is_back {
                        true => Since::CameBack(run),
                        false => Since::ChangedAgain(run),
                    }
                }
            };
            Change {
                metric,
                run: runs[shift.at],
                from,
                to,
                ratio: (from > 0.0).then(|| to / from - 1.0),
                is_worse: (after > before) != metric.is_more_better(),
                strength: shift.strength,
                since,
            }
        })
        .collect()
}

/// Groups the changes of a label: each event has the place of its clearest change.
pub fn events(label: &str, mut changes: Vec<Change>) -> Vec<Event> {
    changes.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    let mut events: Vec<Event> = Vec::new();
    for change in changes {
        let near = events.iter_mut().find(|event| {
            let is_new = event.changes.iter().all(|own| own.metric != change.metric);
            is_new && event.run.abs_diff(change.run) <= SAME_EVENT
        });
        match near {
            Some(event) => event.changes.push(change),
            None => events.push(Event {
                run: change.run,
                label: label.to_owned(),
                changes: vec![change],
            }),
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::super::detect::{Point, Shift};
    use super::*;

    fn found(strengths: &[f64]) -> Found {
        let shifts = strengths.iter().enumerate();
        Found {
            points: vec![Point::new(0.0); 100],
            shifts: shifts
                .map(|(place, &strength)| Shift {
                    at: 10 * (place + 1),
                    strength,
                })
                .collect(),
            deviation: 1.0,
            ..Found::default()
        }
    }

    #[test]
    fn more_series_need_clearer_shifts_unless_many_shift() {
        // 24 is exceeded with a probability of 1e-6, so anywhere in 100 runs with 1e-4.
        let kept = |series: usize, shifting: usize| {
            let mut all = vec![found(&[]); series - shifting];
            all.extend(vec![found(&[24.0]); shifting]);
            keep_significant(&mut all);
            all.iter().map(|found| found.shifts.len()).sum::<usize>()
        };
        assert_eq!(kept(1, 1), 1);
        assert_eq!(kept(400, 1), 1);
        assert_eq!(kept(700, 1), 0);
        assert_eq!(kept(700, 10), 10);
    }

    #[test]
    fn what_happened_since_is_known() {
        let metric: Metric = "throughput".parse().unwrap();
        let value = |run: usize| if (30..40).contains(&run) { 2.0 } else { 1.0 };
        let points = (0..60).map(|run| Point::new(value(run) + (run % 2) as f64 * 0.01));
        let found = Found::new(points.collect());
        let runs: Vec<usize> = (100..160).collect();
        let changes = changes(metric, &found, &runs);
        let told: Vec<(usize, bool, Since)> = changes
            .iter()
            .map(|change| (change.run, change.is_worse, change.since))
            .collect();
        assert_eq!(
            told,
            [
                (130, false, Since::CameBack(140)),
                (140, true, Since::Stayed)
            ]
        );
        assert!((changes[0].ratio.unwrap() - 1.0_f64.exp_m1()).abs() < 0.05);
    }

    #[test]
    fn changes_of_a_label_nearby_are_one_event() {
        let change = |metric: &str, run: usize, strength: f64| Change {
            metric: metric.parse().unwrap(),
            run,
            from: 1.0,
            to: 2.0,
            ratio: Some(1.0),
            is_worse: true,
            strength,
            since: Since::Stayed,
        };
        let events = events(
            "Pay",
            vec![
                change("p95", 12, 30.0),
                change("median", 10, 90.0),
                change("p95", 40, 50.0),
            ],
        );
        let runs: Vec<(usize, usize)> = events
            .iter()
            .map(|event| (event.run, event.changes.len()))
            .collect();
        assert_eq!(runs, [(10, 2), (40, 1)]);
    }
}
