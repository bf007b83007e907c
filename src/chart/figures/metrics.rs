//! Figures of metrics: columns of numbers beside the times.

use super::names::elided;
use super::run::{Run, Words};
use super::{TimesAxis, busiest, panel, which_labels};
use crate::chart::model::{Arrangement, Axis, Figure, Section, Series};
use crate::chart::scale;
use crate::format;
use crate::report::{LabelReport, MetricReport, MetricRow};

/// The slugs of the figures of each metric; their number is the maximum of such metrics.
pub const SLUGS: [[&str; 2]; 8] = [
    ["metric-1-over-time", "metric-1-percentiles"],
    ["metric-2-over-time", "metric-2-percentiles"],
    ["metric-3-over-time", "metric-3-percentiles"],
    ["metric-4-over-time", "metric-4-percentiles"],
    ["metric-5-over-time", "metric-5-percentiles"],
    ["metric-6-over-time", "metric-6-percentiles"],
    ["metric-7-over-time", "metric-7-percentiles"],
    ["metric-8-over-time", "metric-8-percentiles"],
];

/// Values in a distribution are thousandths.
const PER_UNIT: f64 = 1_000.0;

/// Builds the figures of each metric.
pub fn figures(run: &Run<'_>) -> Vec<Figure> {
    let metrics = run.report.metrics.iter().zip(SLUGS);
    let figures = metrics.flat_map(|(metric, [over_time_slug, percentiles_slug])| {
        let labels = busiest(run.report).into_iter().enumerate().collect();
        let drawn = Drawn {
            run,
            metric,
            labels,
        };
        [
            drawn.over_time(over_time_slug),
            drawn.percentiles(percentiles_slug),
        ]
    });
    figures.flatten().collect()
}

/// A metric, and the labels that figures show, with their colours.
struct Drawn<'a> {
    run: &'a Run<'a>,
    metric: &'a MetricReport,
    labels: Vec<(usize, &'a LabelReport)>,
}

/// An axis of values: one of times, or a linear one that may begin below 0.
enum ValueAxis {
    Times(TimesAxis),
    Linear(Axis),
}

impl ValueAxis {
    fn place(&self, value: f64) -> f64 {
        match self {
            ValueAxis::Times(axis) => axis.place(value),
            ValueAxis::Linear(_) => value,
        }
    }

    fn into_axis(self) -> Axis {
        match self {
            ValueAxis::Times(axis) => axis.axis,
            ValueAxis::Linear(axis) => axis,
        }
    }
}

impl Drawn<'_> {
    fn axis(&self, values: impl Iterator<Item = f64> + Clone) -> ValueAxis {
        let min = values.clone().fold(0.0, f64::min);
        let max = values.clone().fold(0.0, f64::max);
        let name = elided(&self.metric.name);
        match self.metric.unit.as_str() {
            "ms" if min >= 0.0 => ValueAxis::Times(TimesAxis::of(&name, values)),
            "" => ValueAxis::Linear(scale::linear_between(&name, min, max)),
            unit => {
                let label = format!("{name} ({})", elided(unit));
                ValueAxis::Linear(scale::linear_between(&label, min, max))
            }
        }
    }

    /// Builds the figure of the mean by label over time; `None` without values.
    fn over_time(&self, slug: &'static str) -> Option<Figure> {
        let all = &self.metric.over_time;
        let shown = self.labels.iter().filter_map(|(color, label)| {
            let series = all.iter().find(|series| series.label == label.label)?;
            Some((*color, series))
        });
        let shown: Vec<_> = shown.collect();
        let values = shown.iter().flat_map(|(_, series)| &series.mean);
        let axis = self.axis(values.flatten().copied());
        let series = shown.iter().map(|(color, series)| {
            let pieces = self
                .run
                .pieces(|bucket| Some(axis.place(series.mean.get(bucket).copied().flatten()?)));
            self.run.series(&series.label, *color, pieces)
        });
        let series: Vec<Series> = series.filter(|series| !series.pieces.is_empty()).collect();
        let name = elided(&self.metric.name);
        let words = Words {
            slug,
            section: Section::Metrics,
            title: &format!("{name} over time"),
            what: &format!(
                "{}mean by label and end time, per",
                which_labels(self.run.report, self.run.names)
            ),
            description: format!("Mean {name} by label over time."),
        };
        (!series.is_empty()).then(|| self.run.figure(words, axis.into_axis(), series))
    }

    /// Builds the figure of the percentiles by label; `None` without values.
    fn percentiles(&self, slug: &'static str) -> Option<Figure> {
        let rows = self.labels.iter().filter_map(|(color, label)| {
            let mut rows = self.metric.labels.iter();
            Some((*color, rows.find(|row| row.label == label.label)?))
        });
        let rows: Vec<(usize, &MetricRow)> = rows.collect();
        let counts = rows.iter().flat_map(|(_, row)| &row.distribution);
        let axis = self.axis(counts.map(|&(value, _)| value as f64 / PER_UNIT));
        let series = rows.iter().map(|(color, row)| {
            let curve = curve(&row.distribution, &axis);
            self.run.series(&row.label, *color, vec![curve])
        });
        let series: Vec<Series> = series.collect();
        let most = rows.iter().map(|(_, row)| row.count()).max()?;
        let total = self.metric.total.summary.as_ref()?;
        let name = elided(&self.metric.name);
        Some(Figure {
            slug,
            section: Section::Metrics,
            title: format!("{name} by percentile"),
            subtitle: format!(
                "{}all rows with a number; from {} to {}",
                which_labels(self.run.report, self.run.names),
                format::number(total.min),
                format::number(total.max)
            ),
            description: format!("Percentile curve of {name} by label."),
            arrangement: Arrangement::Beside,
            spans: Vec::new(),
            panels: vec![panel(scale::percentiles(most), axis.into_axis(), series)],
        })
    }
}

/// Returns the values against the share of rows that do not exceed them, as steps.
fn curve(counts: &[(i64, u64)], axis: &ValueAxis) -> Vec<(f64, f64)> {
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let mut curve = Vec::new();
    let mut below = 0;
    for &(value, count) in counts {
        // The last row reaches the largest value; 100% has no position on this axis.
        let reached = (below + count).min(all.saturating_sub(1));
        let y = axis.place(value as f64 / PER_UNIT);
        curve.push((scale::nines(below.min(reached) as f64 / all as f64), y));
        curve.push((scale::nines(reached as f64 / all as f64), y));
        below += count;
    }
    curve
}
