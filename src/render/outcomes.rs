//! All samples, those that succeeded and those that failed, side by side: failures that come fast
//! flatter the percentiles, and timeouts ruin them.

use crate::report::{LabelReport, Report, Summary};

/// The header: what identifies a row, then a title for each figure of a [`Summary`].
pub fn titles(report: &Report) -> Vec<String> {
    let percentiles = report.options.percentiles.iter();
    ["Label", "Samples", "# Samples", "Average"]
        .map(str::to_owned)
        .into_iter()
        .chain(percentiles.map(|percentile| percentile.title()))
        .chain(["Min", "Max", "Per second"].map(str::to_owned))
        .collect()
}

/// Three rows a label: all, OK and KO; those without a sample are left out. The label itself is
/// text from the file, to be escaped.
pub fn rows(report: &Report) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for label in report.rows() {
        let ko_rate = match (label.throughput, label.goodput) {
            (Some(all), Some(ok)) => Some(all - ok),
            _ => None,
        };
        let outcomes = [
            ("all", &label.elapsed, label.throughput),
            ("OK", &label.elapsed_ok, label.goodput),
            ("KO", &label.elapsed_ko, ko_rate),
        ];
        let found = outcomes
            .into_iter()
            .filter_map(|(outcome, summary, rate)| Some((outcome, summary.as_ref()?, rate)));
        rows.extend(found.map(|(outcome, summary, rate)| row(label, outcome, summary, rate)));
    }
    rows
}

fn row(label: &LabelReport, outcome: &str, summary: &Summary, rate: Option<f64>) -> Vec<String> {
    let mut cells = vec![
        label.label.clone(),
        outcome.to_owned(),
        summary.count.to_string(),
        format!("{:.0}", summary.mean.trunc()),
    ];
    let percentiles = summary.percentiles.iter();
    cells.extend(percentiles.map(|percentile| percentile.value.to_string()));
    cells.extend([summary.min.to_string(), summary.max.to_string()]);
    cells.push(rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.5}")));
    cells
}
