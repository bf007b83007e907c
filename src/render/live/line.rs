//! A running test in one line, for the log of a CI job.

use super::{ms, percent, rate};
use crate::format;
use crate::report::{Live, PercentileValue};

/// Summarises the run so far in a line without a line feed.
pub fn line(live: &Live) -> String {
    let report = &live.report;
    let time = report.window.map_or(0, |window| window.duration_ms());
    let mut parts = vec![format!(
        "{}: {}",
        format::duration(time),
        format::counted(report.total.samples, "sample")
    )];
    if let Some(recent) = &live.recent {
        parts.push(format!(
            "last {} s {}",
            recent.seconds,
            figures(
                Some(recent.throughput),
                recent.error_ratio,
                &recent.percentiles
            )
        ));
    }
    let total = &report.total;
    let elapsed = total.elapsed.as_ref();
    parts.push(format!(
        "whole run {}",
        figures(
            total.throughput,
            total.error_ratio,
            elapsed.map_or(&[], |summary| &summary.percentiles),
        )
    ));
    let threads = report.time_series.iter();
    let threads = threads.flat_map(|series| series.active_threads.iter().flatten());
    if let Some(threads) = threads.last() {
        parts.push(format!("threads {}", ms(Some(threads.round() as i64))));
    }
    parts.join("; ")
}

fn figures(
    throughput: Option<f64>,
    errors: Option<f64>,
    percentiles: &[PercentileValue],
) -> String {
    let mut text = format!("{}/s, {} errors", rate(throughput), percent(errors));
    for found in percentiles {
        text += &match found.percent.percent() {
            50.0 => format!(", median {} ms", ms(Some(found.value))),
            percent => format!(", {percent}% {} ms", ms(Some(found.value))),
        };
    }
    text
}
