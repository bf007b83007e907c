//! Builds the figures of a report: those of JMeter's dashboard, and a heatmap.

mod against;
mod apdex;
mod bars;
mod history;
mod metrics;
mod names;
mod over_time;
mod overlaid;
mod overview;
mod response_times;
mod run;
mod server;
mod slices;
mod throughput;

use std::cmp::Reverse;

use super::model::{Axis, Figure, Panel, Series};
use super::{MEASURES, palette, scale};
use crate::format;
use crate::report::{LabelReport, Report};

pub use history::{of_history, of_label};
pub use metrics::SLUGS as METRIC_SLUGS;
pub use names::LabelNames;
pub use overlaid::overlaid;
use run::Run;

/// The slugs of all figures, in order.
pub const SLUGS: [&str; 26] = [
    "overview",
    "response-time-percentiles-over-time",
    "response-time-over-time",
    "response-time-p95-by-label",
    "response-time-heatmap",
    "active-threads-over-time",
    "bytes-over-time",
    "latency-over-time",
    "connect-time-over-time",
    "throughput-and-errors-over-time",
    "error-rate-over-time",
    "hits-per-second",
    "response-codes-per-second",
    "transactions-per-second",
    "response-time-distribution",
    "time-by-label",
    "outcomes-by-label",
    "errors-by-type",
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
    let names = LabelNames::of(report);
    let run = Run::of(report, &names);
    let mut figures = Vec::new();
    if let Some(run) = &run {
        figures.extend(over_time::figures(run));
        figures.extend(throughput::figures(run));
    }
    figures.extend(response_times::distribution(report, &names));
    figures.extend(bars::figures(report, &names));
    figures.extend(apdex::figure(report, &names));
    if let Some(run) = &run {
        figures.extend(against::figures(run));
        figures.extend(metrics::figures(run));
        figures.extend(server::figures(run));
    }
    figures
}

/// Returns the labels to draw, one per colour, in their order in the report: those that findings name,
/// then those with the most samples.
fn busiest(report: &Report) -> Vec<&LabelReport> {
    let mut labels: Vec<(usize, &LabelReport)> = report.labels.iter().enumerate().collect();
    labels.retain(|(_, label)| !label.distribution.is_empty());
    let (findings, _) = report.insights_to_show();
    let named: Vec<String> = findings
        .iter()
        .filter_map(|insight| insight.finding.place().label)
        .collect();
    let time = |label: &LabelReport| {
        let elapsed = label.elapsed.as_ref();
        elapsed.map_or(0, |elapsed| (elapsed.mean * elapsed.count as f64) as u64)
    };
    labels.sort_by_key(|(number, label)| {
        let is_named = named.contains(&label.label);
        (Reverse((is_named, label.samples, time(label))), *number)
    });
    labels.truncate(palette::PALETTE_SIZE);
    labels.sort_by_key(|(number, _)| *number);
    labels.into_iter().map(|(_, label)| label).collect()
}

/// Says for a figure's subtitle which labels it shows, unless it shows all, and how their names are
/// shortened.
fn which_labels(report: &Report, names: &LabelNames) -> String {
    which_of(report.label_count, palette::PALETTE_SIZE, "busiest") + &names.note()
}

/// Says which of `all` labels a figure of at most `max` shows, such as the busiest; empty if it shows all.
fn which_of(all: u64, max: usize, which: &str) -> String {
    match all > max as u64 {
        true => format!("the {max} {which} of {} labels; ", format::thousands(all)),
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
    /// Builds an axis for `what`, in ms, from the smallest, a typical and the largest value.
    fn new(what: &str, (min, typical, max): (f64, f64, f64)) -> Self {
        let is_logarithmic = max > typical.max(1.0) * MEASURES.max_linear_ratio;
        let axis = if is_logarithmic {
            scale::logarithmic(&format!("{what} (ms), log scale"), min, max)
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
        let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
        let last = values.len().saturating_sub(1);
        TimesAxis::new(what, (at(0), at(values.len() / 2), at(last)))
    }

    /// Returns the position of a value on the axis; values beyond it are drawn at its ends.
    fn place(&self, value: f64) -> f64 {
        let place = match self.is_logarithmic {
            true if value < 1.0 => self.axis.min,
            true => value.log10(),
            false => value,
        };
        place.clamp(self.axis.min, self.axis.max)
    }
}
