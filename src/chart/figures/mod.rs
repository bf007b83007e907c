//! From a report to its figures: those of JMeter's dashboard, and a heatmap.

mod against;
mod apdex;
mod names;
mod over_time;
mod overlaid;
mod response_times;
mod run;
mod server;
mod throughput;

use std::cmp::Reverse;

use super::model::{Axis, Figure, Panel, Series};
use super::{palette, scale};
use crate::format;
use crate::report::{LabelReport, Report};

pub use overlaid::overlaid;
use run::Run;

/// A range above this is drawn on a logarithmic axis, or the usual values would be one flat line.
const MOST_LINEAR_RANGE: f64 = 30.0;

/// The slugs of all figures there can be, in their order.
pub const SLUGS: [&str; 20] = [
    "response-time-percentiles-over-time",
    "response-time-over-time",
    "response-time-heatmap",
    "active-threads-over-time",
    "bytes-over-time",
    "latency-over-time",
    "connect-time-over-time",
    "throughput-and-errors-over-time",
    "hits-per-second",
    "response-codes-per-second",
    "transactions-per-second",
    "response-time-distribution",
    "apdex-overview",
    "response-time-against-throughput",
    "latency-against-throughput",
    "response-time-against-threads",
    "server-cpu-over-time",
    "server-memory-over-time",
    "server-connections-over-time",
    "server-response-time-over-time",
];

/// All figures of a report; none without samples.
pub fn figures(report: &Report) -> Vec<Figure> {
    let run = Run::of(report);
    let mut figures = Vec::new();
    if let Some(run) = &run {
        figures.extend(over_time::figures(run));
        figures.extend(throughput::figures(run));
    }
    figures.extend(response_times::distribution(report));
    figures.extend(apdex::figure(report));
    if let Some(run) = &run {
        figures.extend(against::figures(run));
        figures.extend(server::figures(run));
    }
    figures
}

/// The labels with the most samples, as many as there are colours, in their order in the report.
fn busiest(report: &Report) -> Vec<&LabelReport> {
    let mut labels: Vec<(usize, &LabelReport)> = report.labels.iter().enumerate().collect();
    labels.retain(|(_, label)| !label.distribution.is_empty());
    labels.sort_by_key(|(number, label)| (Reverse(label.samples), *number));
    labels.truncate(palette::COLORS_THERE_ARE);
    labels.sort_by_key(|(number, _)| *number);
    labels.into_iter().map(|(_, label)| label).collect()
}

/// What a figure leaves out, for its subtitle: nothing while every label has a colour.
fn which_labels(report: &Report) -> String {
    match report.label_count {
        all if all > palette::COLORS_THERE_ARE as u64 => format!(
            "the {} busiest of {} labels; ",
            palette::COLORS_THERE_ARE,
            format::thousands(all)
        ),
        _ => String::new(),
    }
}

fn panel(x: Axis, y: Axis, series: Vec<Series>) -> Panel {
    Panel {
        title: None,
        x,
        y,
        series,
        cells: None,
    }
}

/// An axis of times: linear, or logarithmic where the range is wide.
struct TimesAxis {
    axis: Axis,
    is_logarithmic: bool,
}

impl TimesAxis {
    /// An axis for what is measured in ms, called `what`: most of it about `typical`, none above
    /// `max`.
    fn new(what: &str, typical: f64, max: f64) -> Self {
        let is_logarithmic = max > typical.max(1.0) * MOST_LINEAR_RANGE;
        let axis = if is_logarithmic {
            scale::logarithmic(&format!("{what} (ms), logarithmic, 0 drawn at 1"), 1.0, max)
        } else {
            scale::linear(&format!("{what} (ms)"), max)
        };
        TimesAxis {
            axis,
            is_logarithmic,
        }
    }

    /// An axis for these values.
    fn of(what: &str, values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let typical = values.get(values.len() / 2).copied().unwrap_or(0.0);
        let max = values.last().copied().unwrap_or(0.0);
        TimesAxis::new(what, typical, max)
    }

    /// Where a value is on the axis; what lies below its start is drawn at its start.
    fn place(&self, value: f64) -> f64 {
        let place = if self.is_logarithmic {
            value.max(1.0).log10()
        } else {
            value
        };
        place.clamp(self.axis.min, self.axis.max)
    }
}
