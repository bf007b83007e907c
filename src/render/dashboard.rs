//! The tables of JMeter's dashboard in Markdown, and those beyond it that explain them.

use super::markdown::{bold, escape, table};
use crate::format::{self, to_fixed};
use crate::report::{
    CorrectedTimes, LabelErrors, Report, Requests, Statistics, StatisticsRow, StatisticsTimes,
};

/// The tables beside the aggregate table, each with its heading.
pub fn sections(report: &Report) -> String {
    let mut text = section(
        "Statistics",
        "As in JMeter's dashboard, but exact: times in ms, rates in KB/s; transaction controllers \
         are not in the Total.",
        &statistics_table(&report.statistics),
    );
    text.push_str(&comparison(report));
    if let Some(corrected) = &report.corrected {
        text.push_str(&section(
            "Corrected for coordinated omission",
            &format!(
                "An estimate, in ms: had each thread sent every {} ms whatever the server did, the \
                 samples added here would have waited behind the slow ones. Columns not so marked \
                 are what was measured.",
                corrected.expected_interval_ms
            ),
            &corrected_table(report, corrected),
        ));
    }
    text.push_str(&section(
        "Apdex",
        "(satisfied + tolerated / 2) / samples; failed samples do not satisfy.",
        &apdex_table(report),
    ));
    text.push_str(&section(
        "Requests",
        "Transaction controllers are no requests.",
        &requests_table(&report.requests),
    ));
    text
}

/// The errors by sampler, with their heading; nothing if there are none.
pub fn top_errors(report: &Report) -> String {
    if report.top_errors.labels.is_empty() {
        return String::new();
    }
    let mut rows = vec![header(&[
        "Sample",
        "# Samples",
        "# Errors",
        "Error",
        "Count",
    ])];
    for label in &report.top_errors.labels {
        rows.extend(error_rows(&escape(&label.label), label));
    }
    let total = &report.top_errors.total;
    rows.extend(error_rows(&bold(&total.label), total));
    section(
        "Top 5 errors by sampler",
        "Those of transaction controllers left out.",
        &table(&rows),
    )
}

/// The Statistics table of JMeter's dashboard, with what explains it; nothing if it was not asked
/// for.
pub fn comparison(report: &Report) -> String {
    match &report.dashboard {
        Some(dashboard) => section(
            "Statistics of JMeter's dashboard",
            &escape(&dashboard.difference),
            &statistics_table(&dashboard.statistics),
        ),
        None => String::new(),
    }
}

fn section(heading: &str, introduction: &str, table: &str) -> String {
    format!("## {heading}\n\n{introduction}\n\n{table}\n")
}

fn statistics_table(statistics: &Statistics) -> String {
    let mut rows = vec![header(&[
        "Label",
        "#Samples",
        "FAIL",
        "Error %",
        "Average",
        "Min",
        "Max",
        "Median",
        "90th pct",
        "95th pct",
        "99th pct",
        "Transactions/s",
        "Received",
        "Sent",
    ])];
    rows.extend(statistics.labels.iter().map(statistics_row));
    rows.push(bold_first(statistics_row(&statistics.total)));
    table(&rows)
}

fn statistics_row(row: &StatisticsRow) -> Vec<String> {
    let times = |of: fn(&StatisticsTimes) -> String| cell(row.elapsed.as_ref().map(of));
    vec![
        escape(&row.label),
        row.samples.to_string(),
        row.errors.to_string(),
        cell(row.error_percent.map(|percent| to_fixed(percent, 2) + "%")),
        times(|times| to_fixed(times.mean, 2)),
        times(|times| times.min.to_string()),
        times(|times| times.max.to_string()),
        times(|times| to_fixed(times.percentiles[0], 2)),
        times(|times| to_fixed(times.percentiles[1], 2)),
        times(|times| to_fixed(times.percentiles[2], 2)),
        times(|times| to_fixed(times.percentiles[3], 2)),
        cell(row.throughput.map(|rate| to_fixed(rate, 2))),
        cell(row.received_kb_per_sec.map(|rate| to_fixed(rate, 2))),
        cell(row.sent_kb_per_sec.map(|rate| to_fixed(rate, 2))),
    ]
}

fn apdex_table(report: &Report) -> String {
    let mut rows = vec![header(&[
        "Label",
        "Apdex",
        "Satisfied up to",
        "Tolerated up to",
        "# Samples",
        "Satisfied",
        "Tolerated",
    ])];
    rows.extend(report.apdex.rows().map(|row| {
        vec![
            escape(&row.label),
            cell(row.apdex.map(|apdex| to_fixed(apdex, 3))),
            format!("{} ms", row.thresholds.satisfied_ms),
            format!("{} ms", row.thresholds.tolerated_ms),
            row.samples.to_string(),
            row.satisfied.to_string(),
            row.tolerated.to_string(),
        ]
    }));
    table(&bold_total(rows))
}

fn requests_table(requests: &Requests) -> String {
    let row = |name: &str, count: u64, ratio: Option<f64>| {
        let percent = ratio.map(|ratio| to_fixed(ratio * 100.0, 2) + "%");
        vec![name.to_owned(), count.to_string(), cell(percent)]
    };
    table(&[
        header(&["Requests", "Count", "%"]),
        row("OK", requests.ok, requests.ok_ratio),
        row("KO", requests.ko, requests.ko_ratio),
    ])
}

fn error_rows(name: &str, label: &LabelErrors) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for error in &label.top {
        let mut row = match rows.is_empty() {
            true => vec![
                name.to_owned(),
                label.rows.to_string(),
                label.errors.to_string(),
            ],
            false => vec![String::new(); 3],
        };
        row.push(escape(&format::shorten(&error.error, 300)));
        row.push(error.count.to_string());
        rows.push(row);
    }
    rows
}

fn corrected_table(report: &Report, corrected: &CorrectedTimes) -> String {
    let mut titles = ["Label", "# Samples", "# Added"].map(bold).to_vec();
    for percentile in &report.options.percentiles {
        titles.push(bold(&percentile.title()));
        titles.push(bold(&format!("{} (corrected)", percentile.title())));
    }
    let mut rows = vec![titles];
    rows.extend(
        report
            .rows()
            .zip(corrected.rows())
            .map(|(label, corrected)| {
                let mut row = vec![
                    escape(&label.label),
                    label.samples.to_string(),
                    corrected.added.to_string(),
                ];
                let measured = label
                    .elapsed
                    .iter()
                    .flat_map(|summary| &summary.percentiles);
                for (measured, corrected) in measured.zip(&corrected.percentiles) {
                    row.push(measured.value.to_string());
                    row.push(corrected.value.to_string());
                }
                row
            }),
    );
    table(&bold_total(rows))
}

fn header(titles: &[&str]) -> Vec<String> {
    titles.iter().map(|title| bold(title)).collect()
}

fn bold_total(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let total = rows.pop().unwrap_or_default();
    rows.push(bold_first(total));
    rows
}

fn bold_first(mut row: Vec<String>) -> Vec<String> {
    if let Some(label) = row.first_mut() {
        *label = bold(label);
    }
    row
}

fn cell(value: Option<String>) -> String {
    value.unwrap_or_else(|| "-".to_owned())
}
