//! The page's tables that JMeter's dashboard has too, and those that explain its figures.

use super::Detail;
use super::page::Section;
use super::table::{Heading, Table};
use super::tables::moment;
use crate::format::to_fixed;
use crate::render::columns::Cell;
use crate::report::{Apdex, ErrorKind, LabelErrors, Report, StatisticsRow};

/// Letters of a message, in lengths of a label.
const MESSAGE: usize = 3;

/// Apdex by label.
pub fn apdex(report: &Report, detail: Detail) -> Option<Section> {
    let row = |row: &Apdex| {
        vec![
            Cell::Text(row.label.clone()),
            fixed(row.apdex, 3),
            Cell::Number(row.thresholds.satisfied_ms.to_string()),
            Cell::Number(row.thresholds.tolerated_ms.to_string()),
            Cell::Number(row.samples.to_string()),
            Cell::Number(row.satisfied.to_string()),
            Cell::Number(row.tolerated.to_string()),
        ]
    };
    let table = Table {
        caption: "Apdex: (satisfied + tolerated / 2) / samples; failed samples do not satisfy"
            .to_owned(),
        headings: vec![
            Heading::text("Label"),
            Heading::number("Apdex", None),
            Heading::number("Satisfied up to", Some("ms")),
            Heading::number("Tolerated up to", Some("ms")),
            Heading::number("# Samples", None),
            Heading::number("Satisfied", None),
            Heading::number("Tolerated", None),
        ],
        rows: report.apdex.labels.iter().map(row).collect(),
        total: Some(row(&report.apdex.total)),
    };
    let html = table.html(detail.rows, detail.letters);
    (!report.apdex.labels.is_empty()).then(|| Section::new("apdex", "Apdex", html))
}

/// Errors folded: what differs only in numbers, ids, hosts or durations is one kind.
pub fn error_kinds(report: &Report, detail: Detail) -> Option<Section> {
    let row = |kind: &ErrorKind| {
        vec![
            Cell::Text(kind.kind.clone()),
            Cell::Number(kind.count.to_string()),
            fixed(Some(kind.ratio_of_errors * 100.0), 3),
            Cell::Number(kind.messages.to_string()),
            Cell::Text(kind.labels_in_words()),
            Cell::Text(kind.example.clone()),
            moment(kind.first_ms),
            moment(kind.last_ms),
        ]
    };
    let table = Table {
        caption: "Messages that differ only in numbers, ids, hosts or durations are one kind"
            .to_owned(),
        headings: vec![
            Heading::text("Kind of error"),
            Heading::number("Count", None),
            Heading::number("% of errors", None),
            Heading::number("Messages", None),
            Heading::text("Labels"),
            Heading::text("Example"),
            Heading::line("First (UTC)"),
            Heading::line("Last (UTC)"),
        ],
        rows: report.error_kinds.iter().map(row).collect(),
        total: None,
    };
    let html = table.html(detail.rows, MESSAGE * detail.letters);
    (!report.error_kinds.is_empty()).then(|| Section::new("error-kinds", "Kinds of errors", html))
}

/// The most frequent errors of each label.
pub fn top_errors(report: &Report, detail: Detail) -> Option<Section> {
    let rows = |label: &LabelErrors| -> Vec<Vec<Cell>> {
        let row = |error: &str, count: u64| {
            vec![
                Cell::Text(label.label.clone()),
                Cell::Number(label.rows.to_string()),
                Cell::Number(label.errors.to_string()),
                Cell::Text(error.to_owned()),
                Cell::Number(count.to_string()),
            ]
        };
        let top = label.top.iter();
        top.map(|error| row(&error.error, error.count)).collect()
    };
    let all = report
        .top_errors
        .labels
        .iter()
        .chain([&report.top_errors.total]);
    let table = Table {
        caption: "The five most frequent errors of each label; transaction controllers left out"
            .to_owned(),
        headings: vec![
            Heading::text("Label"),
            Heading::number("# Samples", None),
            Heading::number("# Errors", None),
            Heading::text("Error"),
            Heading::number("Count", None),
        ],
        rows: all.flat_map(rows).collect(),
        total: None,
    };
    let html = table.html(detail.rows, MESSAGE * detail.letters);
    (!report.top_errors.labels.is_empty())
        .then(|| Section::new("top-errors", "Top 5 errors by sampler", html))
}

/// The Statistics table as JMeter's dashboard prints it, where it was asked for.
pub fn comparison(report: &Report, detail: Detail) -> Option<Section> {
    let dashboard = report.dashboard.as_ref()?;
    let row = |row: &StatisticsRow| {
        let times = row.elapsed.as_ref();
        let percentile = |number: usize| fixed(times.map(|times| times.percentiles[number]), 2);
        vec![
            Cell::Text(row.label.clone()),
            Cell::Number(row.samples.to_string()),
            Cell::Number(row.errors.to_string()),
            fixed(times.map(|times| times.mean), 2),
            percentile(0),
            percentile(1),
            percentile(2),
            percentile(3),
            fixed(row.throughput, 2),
        ]
    };
    let table = Table {
        caption: dashboard.difference.clone(),
        headings: vec![
            Heading::text("Label"),
            Heading::number("# Samples", None),
            Heading::number("FAIL", None),
            Heading::number("Average", Some("ms")),
            Heading::number("Median", Some("ms")),
            Heading::number("90th pct", Some("ms")),
            Heading::number("95th pct", Some("ms")),
            Heading::number("99th pct", Some("ms")),
            Heading::number("Transactions", Some("/s")),
        ],
        rows: dashboard.statistics.labels.iter().map(row).collect(),
        total: Some(row(&dashboard.statistics.total)),
    };
    Some(Section::new(
        "dashboard",
        "Statistics of JMeter's dashboard",
        table.html(detail.rows, detail.letters),
    ))
}

fn fixed(value: Option<f64>, decimals: usize) -> Cell {
    value.map_or(Cell::Missing, |value| {
        Cell::Number(to_fixed(value, decimals))
    })
}
