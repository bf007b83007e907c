//! The page's tables, each in a section of its own.

use super::Detail;
use super::page::Section;
use super::table::{Heading, Table};
use crate::format;
use crate::render::columns::{self, Cell, Column};
use crate::report::{LabelReport, Report, Summary};

/// The columns that were chosen, else the Aggregate Report's, then those that only the Summary
/// Report has.
pub fn statistics(report: &Report, detail: Detail) -> Option<Section> {
    let mut columns = columns::of_labels(&report.options);
    // Columns that were chosen are all there are.
    if report.options.columns.is_none() {
        let known: Vec<String> = columns.iter().map(Column::key).collect();
        let more = columns::summary().into_iter();
        columns.extend(more.filter(|column| !known.contains(&column.key())));
    }
    let table = Table::of_labels(
        "Statistics by label",
        &columns,
        report.labels.iter().chain(&report.other_labels),
        &report.total,
    );
    Some(Section::new(
        "statistics",
        "Statistics",
        html(&table, detail),
    ))
}

/// How many succeeded and failed, and how long each took: fast failures flatter the figures of all.
pub fn outcomes(report: &Report, detail: Detail) -> Option<Section> {
    let times = times(report);
    let mut headings = vec![
        Heading::text("Label"),
        Heading::number("OK", None),
        Heading::number("KO", None),
        Heading::number("Error %", None),
        Heading::number("Goodput", Some("/s")),
    ];
    for (name, _) in &times {
        for side in ["OK", "KO"] {
            headings.push(Heading::number(format!("{name} {side}"), Some("ms")));
        }
    }
    let table = Table {
        caption: "Successes (OK) and failures (KO) side by side".to_owned(),
        headings,
        rows: report
            .labels
            .iter()
            .chain(&report.other_labels)
            .map(|label| outcome(&times, label))
            .collect(),
        total: Some(outcome(&times, &report.total)),
    };
    let body = bar(&report.total) + &html(&table, detail);
    Some(Section::new("outcomes", "Requests, OK and KO", body))
}

/// The shares of successes and failures as a bar, and in words.
fn bar(total: &LabelReport) -> String {
    let Some(ratio) = total.error_ratio else {
        return String::new();
    };
    let sides = [
        ("ok", "OK", total.successes(), (1.0 - ratio).max(0.0)),
        ("ko", "KO", total.errors, ratio),
    ];
    let (mut spans, mut words) = (String::new(), Vec::new());
    for (class, name, count, share) in sides {
        let told = format!(
            "{} {name} ({})",
            format::thousands(count),
            format::nonzero_percent(share)
        );
        if count > 0 {
            spans += &format!("<span class={class} style=\"flex-grow:{share:.5}\"></span>");
        }
        words.push(format!("<span><i class={class}></i>{told}</span>"));
    }
    format!(
        "<div class=bar aria-hidden=true>{spans}</div>\n<p class=legend-line>{}</p>\n",
        words.join(" ")
    )
}

/// What of a summary is told, and how.
type Time = (String, Box<dyn Fn(&Summary) -> Option<String>>);

/// What is told of successes beside failures.
fn times(report: &Report) -> Vec<Time> {
    let mut times: Vec<Time> = vec![(
        "Average".to_owned(),
        Box::new(|summary| Some((summary.mean.trunc() as i64).to_string())),
    )];
    for &percentile in &report.options.percentiles {
        times.push((
            percentile.title(),
            Box::new(move |summary| {
                let mut all = summary.percentiles.iter();
                let found = all.find(|one| one.percent == percentile)?;
                Some(found.value.to_string())
            }),
        ));
    }
    times.push((
        "Max".to_owned(),
        Box::new(|summary| Some(summary.max.to_string())),
    ));
    times
}

fn outcome(times: &[Time], label: &LabelReport) -> Vec<Cell> {
    let number = |text: Option<String>| text.map_or(Cell::Missing, Cell::Number);
    let mut row = vec![
        Cell::Text(label.label.clone()),
        Cell::Number(label.successes().to_string()),
        Cell::Number(label.errors.to_string()),
        number(label.error_ratio.map(format::percent)),
        number(label.goodput.map(|rate| format!("{rate:.5}"))),
    ];
    for (_, of) in times {
        for side in [&label.elapsed_ok, &label.elapsed_ko] {
            row.push(number(side.as_ref().and_then(of)));
        }
    }
    row
}

/// Errors by type, as JMeter tells them apart.
pub fn errors(report: &Report, detail: Detail) -> Option<Section> {
    if report.errors.is_empty() {
        let body = "<p>None: every sample succeeded.</p>\n".to_owned();
        return Some(Section::new("errors", "Errors by type", body));
    }
    let table = Table {
        caption: "Errors by type, the most frequent first".to_owned(),
        headings: vec![
            Heading::text("Error"),
            Heading::number("Count", None),
            Heading::number("% of errors", None),
            Heading::number("% of samples", None),
            Heading::line("First (UTC)"),
            Heading::line("Last (UTC)"),
        ],
        rows: report
            .errors
            .iter()
            .map(|error| {
                vec![
                    Cell::Text(error.error.clone()),
                    Cell::Number(error.count.to_string()),
                    Cell::Number(format::percent(error.ratio_of_errors)),
                    Cell::Number(format::percent(error.ratio_of_samples)),
                    moment(error.first_ms),
                    moment(error.last_ms),
                ]
            })
            .collect(),
        total: None,
    };
    Some(Section::new(
        "errors",
        "Errors by type",
        table.html(detail.rows, MESSAGE * detail.letters),
    ))
}

/// So many times longer than a label an error may be.
const MESSAGE: usize = 4;

/// A moment; the head of its column says that it is UTC.
pub fn moment(epoch_ms: i64) -> Cell {
    Cell::Text(format::utc_bare(epoch_ms))
}

/// What was read, and what became of every row.
pub fn rows(report: &Report, detail: Detail) -> Option<Section> {
    let accounting = &report.accounting;
    let mut body = format!(
        "<p>{} rows read: {} counted, {} filtered out, {} rejected.</p>\n",
        format::thousands(accounting.rows_read),
        format::thousands(accounting.counted),
        format::thousands(accounting.filtered),
        format::thousands(accounting.rejected),
    );
    if !accounting.rejections.is_empty() {
        let table = Table {
            caption: "Rows that could not be read".to_owned(),
            headings: vec![
                Heading::text("Reason"),
                Heading::number("Rows", None),
                Heading::text("First at"),
                Heading::text("Value there"),
            ],
            rows: accounting
                .rejections
                .iter()
                .map(|rejection| {
                    let place = format!("{}:{}", rejection.first_input, rejection.first_line);
                    let value = rejection.first_value.clone();
                    vec![
                        Cell::Text(rejection.reason.clone()),
                        Cell::Number(rejection.count.to_string()),
                        Cell::Text(place),
                        value.map_or(Cell::Missing, Cell::Text),
                    ]
                })
                .collect(),
            total: None,
        };
        body += &html(&table, detail);
    }
    let inputs = Table {
        caption: "Files read".to_owned(),
        headings: vec![
            Heading::text("File"),
            Heading::number("Lines", None),
            Heading::number("Bytes", None),
        ],
        rows: report
            .inputs
            .iter()
            .map(|input| {
                vec![
                    Cell::Text(input.name.clone()),
                    Cell::Number(input.lines.to_string()),
                    Cell::Number(input.bytes.to_string()),
                ]
            })
            .collect(),
        total: None,
    };
    body += &html(&inputs, detail);
    Some(Section::new("rows", "Rows and files", body))
}

fn html(table: &Table, detail: Detail) -> String {
    table.html(detail.rows, detail.letters)
}
