//! The figures of metrics: columns of numbers beside the times. They are compared, not tested.

use super::matched::LabelInRun;
use super::{Change, Figure, Settings, Side};
use crate::percentile::Percentile;
use crate::report::{MetricReport, MetricRow, MetricSummary};

/// Decimals of values, which are kept in thousandths.
const DECIMALS: usize = 3;

/// A metric of any run.
pub struct Metric<'a> {
    name: &'a str,
    unit: &'a str,
}

/// A figure of a metric.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Average,
    Percentile(Percentile),
    Min,
    Max,
}

/// Returns the metrics of all runs, in order of first appearance.
pub fn of_sides(sides: &[Side]) -> Vec<Metric<'_>> {
    let mut metrics: Vec<Metric<'_>> = Vec::new();
    let reports = sides.iter().flat_map(|side| &side.runs);
    for metric in reports.flat_map(|(_, report)| &report.metrics) {
        if !metrics.iter().any(|known| known.name == metric.name) {
            metrics.push(Metric {
                name: &metric.name,
                unit: &metric.unit,
            });
        }
    }
    metrics
}

/// Returns the figures of a label's metrics, given its rows on each side.
pub fn figures(
    metrics: &[Metric<'_>],
    rows: &[Vec<LabelInRun<'_>>],
    settings: &Settings,
) -> Vec<Figure> {
    let percentiles = settings.percentiles.iter().copied();
    let kinds: Vec<Kind> = [Kind::Average]
        .into_iter()
        .chain(percentiles.map(Kind::Percentile))
        .chain([Kind::Min, Kind::Max])
        .collect();
    let figures = metrics
        .iter()
        .flat_map(|metric| kinds.iter().map(|kind| figure(metric, *kind, rows)));
    // A label may have no values at all.
    figures
        .filter(|figure| figure.values.iter().any(Option::is_some))
        .collect()
}

fn figure(metric: &Metric<'_>, kind: Kind, rows: &[Vec<LabelInRun<'_>>]) -> Figure {
    let values: Vec<Option<f64>> = rows.iter().map(|rows| value(metric, kind, rows)).collect();
    let from = values.first().copied().flatten();
    let changes = values.iter().skip(1).map(|to| {
        let (from, to) = (from?, (*to)?);
        Some(Change {
            difference: to - from,
            ratio: (from != 0.0).then(|| (to - from) / from),
            test: None,
            verdict: None,
        })
    });
    let (key, title) = kind.names();
    let (name, unit) = match metric.unit {
        "ms" => (metric.name.to_owned(), "ms"),
        "" => (metric.name.to_owned(), ""),
        unit => (format!("{} ({unit})", metric.name), ""),
    };
    Figure {
        key: format!("{}.{key}", metric.name),
        title: format!("{name} {title}"),
        unit,
        decimals: DECIMALS,
        changes: changes.collect(),
        values,
    }
}

/// Returns the value on one side: the mean of its runs; `None` if a run lacks it.
fn value(metric: &Metric<'_>, kind: Kind, rows: &[LabelInRun<'_>]) -> Option<f64> {
    let values = rows.iter().map(|row| kind.value(row_of(metric, *row)?));
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    let count = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)
}

fn row_of<'a>(metric: &Metric<'_>, label: LabelInRun<'a>) -> Option<&'a MetricRow> {
    let mut metrics = label.report.metrics.iter();
    let found: &MetricReport = metrics.find(|found| found.name == metric.name)?;
    match std::ptr::eq(label.row, &label.report.total) {
        true => Some(&found.total),
        false => found.labels.iter().find(|row| row.label == label.row.label),
    }
}

impl Kind {
    fn value(self, row: &MetricRow) -> Option<f64> {
        let summary = |of: fn(&MetricSummary) -> f64| row.summary.as_ref().map(of);
        match self {
            Kind::Average => summary(|summary| summary.mean),
            Kind::Percentile(percent) => row.percentile(percent),
            Kind::Min => summary(|summary| summary.min),
            Kind::Max => summary(|summary| summary.max),
        }
    }

    fn names(self) -> (String, String) {
        let (key, title) = match self {
            Kind::Average => ("avg", "Average"),
            Kind::Percentile(percent) => return (percent.key(), percent.title()),
            Kind::Min => ("min", "Min"),
            Kind::Max => ("max", "Max"),
        };
        (key.to_owned(), title.to_owned())
    }
}
