//! The tables of JMeter's dashboard.

use super::Section;
use crate::format::to_fixed;
use crate::render::columns;
use crate::render::table::{Cell, Heading, Kind, Table};
use crate::report::{Apdex, Report, Statistics, StatisticsRow};

/// The Statistics table, with exact percentiles; `None` without samples.
pub(super) fn statistics(report: &Report) -> Option<Section> {
    (!report.statistics.labels.is_empty()).then(|| Section {
        id: "statistics",
        title: "Statistics",
        introduction: format!(
            "As in JMeter's dashboard, but exact: times in ms, rates in KB/s; transaction controllers \
             are not in the Total.{}",
            columns::rates_note(&report.statistics.total).unwrap_or_default()
        ),
        table: statistics_table("Statistics", &report.statistics),
    })
}

/// The Statistics table as JMeter's dashboard computes it; `None` if that was not asked for.
pub fn dashboard(report: &Report) -> Option<Section> {
    let dashboard = report.dashboard.as_ref()?;
    let title = "Statistics of JMeter's dashboard";
    Some(Section {
        id: "dashboard",
        title,
        introduction: dashboard.difference.clone(),
        table: statistics_table(title, &dashboard.statistics),
    })
}

fn statistics_table(caption: &str, statistics: &Statistics) -> Table {
    let row = |row: &StatisticsRow| {
        let times = row.elapsed.as_ref();
        let two_decimals = |value: Option<f64>| Cell::maybe(value.map(|value| to_fixed(value, 2)));
        let rate = |figure: &str, kb: Option<f64>| {
            columns::marked(two_decimals(kb), row.partial(figure).is_some())
        };
        let percentile = |at: usize| two_decimals(times.map(|times| times.percentiles[at]));
        vec![
            Cell::new(&row.label),
            Cell::new(row.samples),
            Cell::new(row.errors),
            Cell::maybe(row.error_percent.map(|percent| to_fixed(percent, 2) + "%")),
            two_decimals(times.map(|times| times.mean)),
            Cell::maybe(times.map(|times| times.min)),
            Cell::maybe(times.map(|times| times.max)),
            percentile(0),
            percentile(1),
            percentile(2),
            percentile(3),
            two_decimals(row.throughput),
            rate("received_kb_per_sec", row.received_kb_per_sec),
            rate("sent_kb_per_sec", row.sent_kb_per_sec),
        ]
    };
    Table {
        caption: caption.to_owned(),
        headings: vec![
            Heading::new("Label", Kind::Text),
            Heading::number("#Samples"),
            Heading::number("FAIL"),
            Heading::number("Error %"),
            Heading::ms("Average"),
            Heading::ms("Min"),
            Heading::ms("Max"),
            Heading::ms("Median"),
            Heading::ms("90th pct"),
            Heading::ms("95th pct"),
            Heading::ms("99th pct"),
            Heading::number("Transactions/s"),
            Heading::number("Received").with_unit("KB/s"),
            Heading::number("Sent").with_unit("KB/s"),
        ],
        rows: statistics.labels.iter().map(row).collect(),
        totals: vec![row(&statistics.total)],
    }
}

/// How many requests succeeded; `None` without samples.
pub fn requests(report: &Report) -> Option<Section> {
    let requests = &report.requests;
    let row = |outcome: &str, count: u64, ratio: Option<f64>| {
        let percent = ratio.map(|ratio| to_fixed(ratio * 100.0, 2) + "%");
        vec![Cell::new(outcome), Cell::new(count), Cell::maybe(percent)]
    };
    (requests.ok + requests.ko > 0).then(|| Section {
        id: "requests",
        title: "Requests",
        introduction: "Transaction controllers are not counted as requests.".to_owned(),
        table: Table {
            caption: "Requests".to_owned(),
            headings: vec![
                Heading::new("Requests", Kind::Text),
                Heading::number("Count"),
                Heading::number("%"),
            ],
            rows: vec![
                row("OK", requests.ok, requests.ok_ratio),
                row("KO", requests.ko, requests.ko_ratio),
            ],
            totals: Vec::new(),
        },
    })
}

/// Apdex by label; `None` without samples.
pub(super) fn apdex(report: &Report) -> Option<Section> {
    let row = |row: &Apdex| {
        vec![
            Cell::new(&row.label),
            Cell::maybe(row.apdex.map(|apdex| to_fixed(apdex, 3))),
            Cell::new(row.thresholds.satisfied_ms),
            Cell::new(row.thresholds.tolerated_ms),
            Cell::new(row.samples),
            Cell::new(row.satisfied),
            Cell::new(row.tolerated),
        ]
    };
    (!report.apdex.labels.is_empty()).then(|| Section {
        id: "apdex",
        title: "Apdex",
        introduction: "(satisfied + tolerated / 2) / samples; failed samples do not satisfy. \
                       Thresholds in ms."
            .to_owned(),
        table: Table {
            caption: "Apdex by label".to_owned(),
            headings: vec![
                Heading::new("Label", Kind::Text),
                Heading::number("Apdex"),
                Heading::ms("Satisfied up to"),
                Heading::ms("Tolerated up to"),
                Heading::number("# Samples"),
                Heading::number("Satisfied"),
                Heading::number("Tolerated"),
            ],
            rows: report.apdex.labels.iter().map(row).collect(),
            totals: vec![row(&report.apdex.total)],
        },
    })
}
