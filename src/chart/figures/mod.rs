//! Builds the figures of a report: those of JMeter's dashboard, and a heatmap.

mod against;
mod apdex;
mod history;
mod metrics;
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

pub use history::{of_history, of_label};
pub use metrics::SLUGS as METRIC_SLUGS;
pub use overlaid::overlaid;
use run::Run;

/// Largest ratio of maximum to typical value on a linear axis; above it the axis is logarithmic.
const MAX_LINEAR_RATIO: f64 = 30.0;

/// The slugs of all figures, in order.
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

/// Builds all figures of a report; none without samples.
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
        figures.extend(metrics::figures(run));
        figures.extend(server::figures(run));
    }
    figures
}

/// Returns the labels with the most samples, one per colour, in their order in the report.
fn busiest(report: &Report) -> Vec<&LabelReport> {
    let mut labels: Vec<(usize, &LabelReport)> = report.labels.iter().enumerate().collect();
    labels.retain(|(_, label)| !label.distribution.is_empty());
    labels.sort_by_key(|(number, label)| (Reverse(label.samples), *number));
    labels.truncate(palette::PALETTE_SIZE);
    labels.sort_by_key(|(number, _)| *number);
    labels.into_iter().map(|(_, label)| label).collect()
}

/// Says which labels a figure shows, for its subtitle; empty if it shows all.
fn which_labels(report: &Report) -> String {
    which_of(report.label_count, palette::PALETTE_SIZE)
}

/// Does the same for a figure of at most `max` of `all` labels.
fn which_of(all: u64, max: usize) -> String {
    match all > max as u64 {
        true => format!("the {max} busiest of {} labels; ", format::thousands(all)),
        false => String::new(),
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

/// An axis of times: linear, or logarithmic if the range is wide.
struct TimesAxis {
    axis: Axis,
    is_logarithmic: bool,
}

impl TimesAxis {
    /// Builds an axis for `what`, in ms, from a typical and a largest value.
    fn new(what: &str, typical: f64, max: f64) -> Self {
        let is_logarithmic = max > typical.max(1.0) * MAX_LINEAR_RATIO;
        let axis = if is_logarithmic {
            scale::logarithmic(&format!("{what} (ms), log scale, 0 drawn at 1"), 1.0, max)
        } else {
            scale::linear(&format!("{what} (ms)"), max)
        };
        TimesAxis {
            axis,
            is_logarithmic,
        }
    }

    /// Builds an axis for these values.
    fn of(what: &str, values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let typical = values.get(values.len() / 2).copied().unwrap_or(0.0);
        let max = values.last().copied().unwrap_or(0.0);
        TimesAxis::new(what, typical, max)
    }

    /// Returns the position of a value on the axis; values beyond it are drawn at its ends.
    fn place(&self, value: f64) -> f64 {
        let place = if self.is_logarithmic {
            value.max(1.0).log10()
        } else {
            value
        };
        place.clamp(self.axis.min, self.axis.max)
    }
}
