//! The report in Prometheus' text format, in seconds and bytes, for node_exporter's textfile
//! collector or a Pushgateway.
//!
//! Metrics per label carry it as `label`; those of the whole run begin with `perfkit_run_`, so that
//! a sum over labels never counts a sample twice.

use std::collections::HashMap;
use std::fmt::Write;

use super::text;
use crate::report::{Apdex, LabelReport, Report};
use crate::units::{BYTES_PER_KB, MS_PER_SECOND};

/// A metric: name after the prefix, type, help text, and its lines for a row.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    lines: fn(&Row<'_>) -> Vec<Line>,
}

/// The source of the metrics of one label, or of TOTAL.
struct Row<'a> {
    label: &'a LabelReport,
    apdex: Option<&'a Apdex>,
}

/// One line: suffix of the metric's name, additional label, value.
type Line = (&'static str, Option<(&'static str, String)>, f64);

const METRICS: [Metric; 8] = [
    Metric {
        name: "samples_total",
        kind: "counter",
        help: "Samples.",
        lines: |row| one(Some(row.label.samples as f64)),
    },
    Metric {
        name: "errors_total",
        kind: "counter",
        help: "Failed samples.",
        lines: |row| one(Some(row.label.errors as f64)),
    },
    Metric {
        name: "elapsed_seconds",
        kind: "summary",
        help: "Elapsed time of all samples; quantiles are exact.",
        lines: elapsed,
    },
    Metric {
        name: "elapsed_max_seconds",
        kind: "gauge",
        help: "Longest elapsed time.",
        lines: |row| {
            let summary = row.label.elapsed.as_ref();
            one(summary.map(|summary| summary.max as f64 / MS_PER_SECOND))
        },
    },
    Metric {
        name: "samples_per_second",
        kind: "gauge",
        help: "Samples per second, from the first start to the last end.",
        lines: |row| one(row.label.throughput),
    },
    Metric {
        name: "received_bytes_per_second",
        kind: "gauge",
        help: "Bytes received per second over the same time.",
        lines: |row| {
            one(whole(
                row,
                "received_kb_per_sec",
                row.label.received_kb_per_sec,
            ))
        },
    },
    Metric {
        name: "sent_bytes_per_second",
        kind: "gauge",
        help: "Bytes sent per second over the same time.",
        lines: |row| one(whole(row, "sent_kb_per_sec", row.label.sent_kb_per_sec)),
    },
    Metric {
        name: "apdex_ratio",
        kind: "gauge",
        help: "Apdex, 0 to 1.",
        lines: |row| one(row.apdex.and_then(|apdex| apdex.apdex)),
    },
];

/// Renders the report as metrics.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    let apdex: HashMap<&str, &Apdex> = report
        .apdex
        .labels
        .iter()
        .map(|apdex| (apdex.label.as_str(), apdex))
        .collect();
    let labels: Vec<Row<'_>> = report
        .labels
        .iter()
        .map(|label| Row {
            label,
            apdex: apdex.get(label.label.as_str()).copied(),
        })
        .collect();
    family(&mut text, "perfkit_", &labels, |row| {
        Some(("label", row.label.label.clone()))
    });
    let run = Row {
        label: &report.total,
        apdex: Some(&report.apdex.total),
    };
    family(&mut text, "perfkit_run_", &[run], |_| None);
    text
}

/// Writes every metric of these rows, except those without any value.
fn family(
    text: &mut String,
    prefix: &str,
    rows: &[Row<'_>],
    label_of: fn(&Row<'_>) -> Option<(&'static str, String)>,
) {
    for metric in &METRICS {
        let name = format!("{prefix}{}", metric.name);
        let mut lines = String::new();
        for row in rows {
            for (suffix, further, value) in (metric.lines)(row) {
                let labels = [label_of(row), further];
                let _ = writeln!(lines, "{name}{suffix}{} {value}", labels_text(&labels));
            }
        }
        if !lines.is_empty() {
            let _ = write!(
                text,
                "# HELP {name} {}\n# TYPE {name} {}\n{lines}",
                metric.help, metric.kind
            );
        }
    }
}

fn one(value: Option<f64>) -> Vec<Line> {
    value.map(|value| ("", None, value)).into_iter().collect()
}

/// A rate in bytes; `None` if some samples lack the column: a rate of the others would look whole.
fn whole(row: &Row<'_>, figure: &str, kb: Option<f64>) -> Option<f64> {
    let is_partial = row.label.partial(figure).is_some();
    kb.filter(|_| !is_partial).map(|kb| kb * BYTES_PER_KB)
}

fn elapsed(row: &Row<'_>) -> Vec<Line> {
    let Some(summary) = &row.label.elapsed else {
        return Vec::new();
    };
    let quantiles = summary.percentiles.iter().map(|percentile| {
        // Rounded in whole units, because 99.9 / 100 is 0.9990000000000001.
        let quantile = (percentile.percent.percent() * 1e10).round() / 1e12;
        let value = percentile.value as f64 / MS_PER_SECOND;
        ("", Some(("quantile", quantile.to_string())), value)
    });
    let count = summary.count as f64;
    let sum = summary.mean * count / MS_PER_SECOND;
    quantiles
        .chain([("_sum", None, sum), ("_count", None, count)])
        .collect()
}

fn labels_text(labels: &[Option<(&str, String)>]) -> String {
    let labels: Vec<String> = labels
        .iter()
        .flatten()
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect();
    match labels.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", labels.join(",")),
    }
}

/// Escapes backslashes, quotes and line feeds in a label's value, and shows what would not be seen.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (letter, is_hidden) in text::letters(value) {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            _ if is_hidden => text::push_sign(&mut escaped, letter),
            _ => escaped.push(letter),
        }
    }
    escaped
}
