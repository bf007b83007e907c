//! Reports to a comparison.

use std::collections::HashMap;

use super::{
    Change, Comparison, Figure, Interval, LabelComparison, Run, Settings, Verdict, design_effect,
    difference, normal_quantile, order_statistics, probability_slower, verdict, wilson,
};
use crate::percentile::Percentile;
use crate::report::{Activity, LabelReport, Report, TOTAL, TimeSeries};
use crate::stats::{value_at, value_of_rank};

/// Smallest change of an error rate that matters, in percentage points.
const ERROR_THRESHOLD: f64 = 0.1;

/// Compares the first of the named reports, the baseline, with each of the others.
pub fn compare(runs: &[(String, Report)], settings: &Settings) -> Comparison {
    let labels = labels(runs);
    // Average, error rate and percentiles of each label that both sides have.
    let of_label = settings.percentiles.len() as u64 + 2;
    let pairs = labels.iter().map(|rows| match rows.first() {
        Some(Some(_)) => rows.iter().skip(1).flatten().count() as u64,
        _ => 0,
    });
    let tests = of_label * pairs.sum::<u64>();
    let doubt = (1.0 - settings.confidence) / tests.max(1) as f64;
    let test = Test {
        doubt,
        z: normal_quantile(doubt / 2.0),
        settings,
    };
    Comparison {
        tests,
        runs: runs
            .iter()
            .map(|(name, report)| Run {
                name: name.clone(),
                details: report.details.clone(),
            })
            .collect(),
        labels: labels.iter().map(|rows| label(rows, &test)).collect(),
        notes: notes(runs),
        settings: settings.clone(),
    }
}

/// A label's row in one run, and what it did over time.
#[derive(Clone, Copy)]
struct Row<'a> {
    row: &'a LabelReport,
    series: Option<&'a TimeSeries>,
    activity: Option<&'a Activity>,
}

struct Test<'a> {
    /// Of one interval.
    doubt: f64,
    /// How many standard deviations an interval reaches with that doubt.
    z: f64,
    settings: &'a Settings,
}

/// By label in order of appearance, then TOTAL: its row in each run.
fn labels(runs: &[(String, Report)]) -> Vec<Vec<Option<Row<'_>>>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut rows: Vec<Vec<Option<Row<'_>>>> = Vec::new();
    for (run, (_, report)) in runs.iter().enumerate() {
        for row in &report.labels {
            let place = *places.entry(&row.label).or_insert_with(|| {
                rows.push(vec![None; runs.len()]);
                rows.len() - 1
            });
            rows[place][run].get_or_insert_with(|| row_of(report, row));
        }
    }
    let totals = runs.iter().map(|(_, report)| {
        let series = report.time_series.as_ref();
        Some(Row {
            row: &report.total,
            series,
            activity: series.map(|series| &series.total),
        })
    });
    rows.push(totals.collect());
    rows
}

fn row_of<'a>(report: &'a Report, row: &'a LabelReport) -> Row<'a> {
    let series = report.time_series.as_ref();
    let of_label = |series: &'a TimeSeries| series.labels.iter().find(|of| of.label == row.label);
    Row {
        row,
        series,
        activity: series.and_then(of_label).map(|of| &of.activity),
    }
}

fn label(rows: &[Option<Row<'_>>], test: &Test<'_>) -> LabelComparison {
    let any = rows.iter().flatten().next();
    let baseline = rows.first().copied().flatten();
    let candidates = || rows.iter().skip(1);
    let slower = |row: &Option<Row<'_>>| {
        let (baseline, row) = (baseline?, row.as_ref()?);
        probability_slower(&baseline.row.distribution, &row.row.distribution)
    };
    LabelComparison {
        label: any.map_or(TOTAL, |row| &row.row.label).to_owned(),
        is_present: rows.iter().map(Option::is_some).collect(),
        probability_slower: candidates().map(slower).collect(),
        figures: figures(rows, test),
    }
}

/// The interval of a figure of a row in a test.
type IntervalOf<'a> = dyn Fn(&Row<'_>, &Test<'_>) -> Interval + 'a;

/// What a figure is, before its values.
struct Kind<'a> {
    key: String,
    title: String,
    unit: &'static str,
    decimals: usize,
    value: &'a dyn Fn(&LabelReport) -> Option<f64>,
    /// The interval of its value; `None` of what is not tested.
    interval: Option<&'a IntervalOf<'a>>,
}

fn figures(rows: &[Option<Row<'_>>], test: &Test<'_>) -> Vec<Figure> {
    let plain =
        |key: &str, title: &str, unit, decimals, value: &dyn Fn(&LabelReport) -> Option<f64>| {
            let kind = Kind {
                key: key.to_owned(),
                title: title.to_owned(),
                unit,
                decimals,
                value,
                interval: None,
            };
            figure(&kind, rows, test)
        };
    let mut figures = vec![
        plain("samples", "# Samples", "", 0, &|row| {
            Some(row.samples as f64)
        }),
        figure(
            &Kind {
                key: "error_percent".to_owned(),
                title: "Error %".to_owned(),
                unit: "%",
                decimals: 3,
                value: &|row| Some(row.error_ratio? * 100.0),
                interval: Some(&error_interval),
            },
            rows,
            test,
        ),
        figure(
            &Kind {
                key: "average".to_owned(),
                title: "Average".to_owned(),
                unit: "ms",
                decimals: 1,
                value: &|row| Some(row.elapsed.as_ref()?.mean),
                interval: Some(&mean_interval),
            },
            rows,
            test,
        ),
    ];
    for &percent in &test.settings.percentiles {
        let value = |row: &LabelReport| value_at(&row.distribution, row.samples, percent);
        let kind = Kind {
            key: percent.key(),
            title: percent.title(),
            unit: "ms",
            decimals: 0,
            value: &|row| value(row).map(|value| value as f64),
            interval: Some(&|row, test| percentile_interval(row, percent, test)),
        };
        figures.push(figure(&kind, rows, test));
    }
    figures.extend([
        plain("min", "Min", "ms", 0, &|row| {
            Some(row.elapsed.as_ref()?.min as f64)
        }),
        plain("max", "Max", "ms", 0, &|row| {
            Some(row.elapsed.as_ref()?.max as f64)
        }),
        plain("throughput", "Throughput", "/s", 2, &|row| row.throughput),
        plain("received_kb_per_sec", "Received", "KB/s", 2, &|row| {
            row.received_kb_per_sec
        }),
        plain("sent_kb_per_sec", "Sent", "KB/s", 2, &|row| {
            row.sent_kb_per_sec
        }),
    ]);
    figures
}

fn figure(kind: &Kind<'_>, rows: &[Option<Row<'_>>], test: &Test<'_>) -> Figure {
    let found: Vec<Option<(Row<'_>, f64, Option<Interval>)>> = rows
        .iter()
        .map(|row| {
            let row = (*row)?;
            let interval = kind.interval.map(|interval| interval(&row, test));
            Some((row, (kind.value)(row.row)?, interval))
        })
        .collect();
    let baseline = found.first().copied().flatten();
    let change = |candidate: &Option<(Row<'_>, f64, Option<Interval>)>| {
        let (from, to) = (baseline?, (*candidate)?);
        let change = to.1 - from.1;
        let interval = from.2.zip(to.2);
        let interval = interval.map(|(a, b)| difference((from.1, a), (to.1, b)));
        let threshold = match kind.unit {
            "%" => ERROR_THRESHOLD,
            _ => (from.1.abs() * test.settings.threshold_ratio).max(test.settings.threshold_ms),
        };
        let is_same = from.0.row.distribution == to.0.row.distribution
            && from.0.row.errors == to.0.row.errors;
        Some(Change {
            difference: change,
            ratio: (from.1 != 0.0).then(|| change / from.1),
            verdict: interval.map(|interval| match is_same {
                true => Verdict::Identical,
                // However few the samples, nobody asks whether no error is more than none.
                false if kind.unit == "%" && from.1 == 0.0 && to.1 == 0.0 => Verdict::NoChange,
                false => verdict::of(change, interval, threshold),
            }),
            interval,
        })
    };
    Figure {
        key: kind.key.clone(),
        title: kind.title.clone(),
        unit: kind.unit,
        decimals: kind.decimals,
        changes: found.iter().skip(1).map(change).collect(),
        values: found
            .iter()
            .map(|found| found.map(|found| found.1))
            .collect(),
    }
}

fn percentile_interval(row: &Row<'_>, percent: Percentile, test: &Test<'_>) -> Interval {
    let counts = &row.row.distribution;
    let samples = row.row.samples;
    let fraction = percent.fraction();
    let value = value_at(counts, samples, percent).unwrap_or(0);
    let effect = effect_beyond(row, value, fraction, test.z);
    let telling = ((samples as f64 / effect) as u64).max(1);
    let (low, high) = order_statistics(telling, fraction, test.doubt);
    // Ranks among the telling samples to ranks among all, outwards.
    let scale = samples as f64 / telling as f64;
    let at = |rank: f64| value_of_rank(counts, rank as u64).map(|value| value as f64);
    Interval {
        low: low.and_then(|rank| at(((rank - 1) as f64 * scale).floor() + 1.0)),
        high: high.and_then(|rank| at((rank as f64 * scale).ceil())),
    }
}

/// The design effect of the share of samples beyond a value. What a report tells of each bucket's
/// distribution is of all labels together; a label's own means tell how its level varies, and the
/// larger effect of the two counts.
fn effect_beyond(row: &Row<'_>, value: i64, fraction: f64, z: f64) -> f64 {
    let together = row.series.map_or(1.0, |series| {
        let bounds = &series.heatmap.bounds;
        let counts = series.heatmap.counts.iter();
        let buckets: Vec<(f64, f64)> = counts
            .map(|counts| {
                let all = counts.iter().sum::<u64>() as f64;
                let ranges = bounds.windows(2).zip(counts);
                let beyond = ranges.map(|(range, &count)| {
                    let (from, to) = (range[0] as f64, range[1] as f64);
                    let share = (to - 1.0 - value as f64) / (to - from);
                    count as f64 * share.clamp(0.0, 1.0)
                });
                (all, beyond.sum())
            })
            .collect();
        design_effect(&buckets, fraction * (1.0 - fraction), z)
    });
    together.max(effect_of_mean(row, z))
}

fn effect_of_mean(row: &Row<'_>, z: f64) -> f64 {
    let (Some(activity), Some(elapsed)) = (row.activity, &row.row.elapsed) else {
        return 1.0;
    };
    let samples = activity
        .ok
        .iter()
        .zip(&activity.ko)
        .map(|(ok, ko)| (ok + ko) as f64);
    let means = samples.zip(&activity.elapsed_mean);
    let buckets: Vec<(f64, f64)> = means
        .map(|(n, mean)| (n, n * mean.unwrap_or(0.0)))
        .collect();
    design_effect(&buckets, elapsed.std_dev.powi(2), z)
}

fn mean_interval(row: &Row<'_>, test: &Test<'_>) -> Interval {
    let Some(elapsed) = &row.row.elapsed else {
        return Interval::OPEN;
    };
    let z = test.z;
    let telling = elapsed.count as f64 / effect_of_mean(row, z);
    // The normal distribution is a poor guide to the mean of few.
    const FEWEST: f64 = 30.0;
    if telling < FEWEST {
        return Interval::OPEN;
    }
    let reach = z * elapsed.std_dev / telling.sqrt();
    Interval {
        low: Some(elapsed.mean - reach),
        high: Some(elapsed.mean + reach),
    }
}

fn error_interval(row: &Row<'_>, test: &Test<'_>) -> Interval {
    let Some(rate) = row.row.error_ratio else {
        return Interval::OPEN;
    };
    // Rows may tell of more errors than samples.
    let rate = rate.min(1.0);
    let z = test.z;
    let effect = row.activity.map_or(1.0, |activity| {
        let both = activity.ok.iter().zip(&activity.ko);
        let buckets: Vec<(f64, f64)> = both
            .map(|(ok, ko)| ((ok + ko) as f64, *ko as f64))
            .collect();
        design_effect(&buckets, rate * (1.0 - rate), z)
    });
    let (low, high) = wilson(rate, row.row.samples as f64 / effect, z);
    Interval {
        low: Some(low * 100.0),
        high: Some(high * 100.0),
    }
}

fn notes(runs: &[(String, Report)]) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, report) in runs {
        if let Some(others) = &report.other_labels {
            notes.push(format!(
                "{name} sums up {}: they count in TOTAL, and are not compared one by one",
                others.label
            ));
        }
        let Some(series) = &report.time_series else {
            continue;
        };
        if series.labels.is_empty() {
            notes.push(format!(
                "{name} does not tell what each label did over time: intervals of labels are narrower than they should be"
            ));
        }
    }
    notes
}
