//! What failed: criteria, samples, rows.

use super::Section;
use crate::format::{percent, utc_bare};
use crate::render::table::{Cell, Heading, Kind, Table, Tone};
use crate::report::{
    CriterionResult, ErrorKind, ErrorReport, Input, LabelErrors, Report, RowFault,
};

/// One row per criterion and label: those that failed, those that could not be judged, the others.
pub fn criteria(results: &[CriterionResult]) -> Table {
    let row = |result: &CriterionResult| {
        let tone = match result.is_failed || result.is_undecided {
            true => Tone::Bad,
            false => Tone::Good,
        };
        vec![
            Cell::new(&result.text),
            Cell::new(&result.label),
            Cell::new(result.verdict()).with_tone(tone),
            Cell::new(result.in_words()),
        ]
    };
    let mut results: Vec<&CriterionResult> = results.iter().collect();
    results.sort_by_key(|result| (!result.is_failed, !result.is_undecided));
    Table {
        caption: "Criteria".to_owned(),
        headings: vec![
            Heading::new("Criterion", Kind::Message),
            Heading::new("Label", Kind::Text),
            Heading::new("Verdict", Kind::Verdict),
            Heading::new("Found", Kind::Message),
        ],
        rows: results.into_iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// Errors folded into kinds; `None` without any.
pub(super) fn error_kinds(report: &Report) -> Option<Section> {
    let row = |kind: &ErrorKind| {
        vec![
            Cell::new(&kind.kind),
            Cell::new(kind.count),
            Cell::new(percent(kind.ratio_of_errors)),
            Cell::new(kind.messages),
            Cell::new(kind.labels_in_words()),
            Cell::new(&kind.example),
            Cell::new(utc_bare(kind.first_ms)),
            Cell::new(utc_bare(kind.last_ms)),
        ]
    };
    (!report.error_kinds.is_empty()).then(|| Section {
        id: "error-kinds",
        title: "Kinds of errors",
        introduction: "Messages that differ only in numbers, ids, hosts or durations are one kind."
            .to_owned(),
        table: Table {
            caption: "Kinds of errors, most frequent first".to_owned(),
            headings: vec![
                Heading::new("Kind", Kind::Message),
                Heading::number("Count"),
                Heading::number("% of errors"),
                Heading::number("Messages"),
                Heading::new("Labels", Kind::Message),
                Heading::new("Example", Kind::Message),
                Heading::new("First (UTC)", Kind::Line),
                Heading::new("Last (UTC)", Kind::Line),
            ],
            rows: report.error_kinds.iter().map(row).collect(),
            totals: Vec::new(),
        },
    })
}

/// Errors by type, as JMeter tells them apart; `None` without any.
pub(super) fn errors(report: &Report) -> Option<Section> {
    let row = |error: &ErrorReport| {
        vec![
            Cell::new(&error.error),
            Cell::new(error.count),
            Cell::new(percent(error.ratio_of_errors)),
            Cell::new(percent(error.ratio_of_samples)),
            Cell::new(utc_bare(error.first_ms)),
            Cell::new(utc_bare(error.last_ms)),
        ]
    };
    (!report.errors.is_empty()).then(|| Section {
        id: "errors",
        title: "Errors by type",
        introduction: "By response code and message, or by failure message.".to_owned(),
        table: Table {
            caption: "Errors by type, most frequent first".to_owned(),
            headings: vec![
                Heading::new("Error", Kind::Message),
                Heading::number("Count"),
                Heading::number("% of errors"),
                Heading::number("% of samples"),
                Heading::new("First (UTC)", Kind::Line),
                Heading::new("Last (UTC)", Kind::Line),
            ],
            rows: report.errors.iter().map(row).collect(),
            totals: Vec::new(),
        },
    })
}

/// The most frequent errors of each label; `None` without any.
pub(super) fn top_errors(report: &Report) -> Option<Section> {
    let rows = |label: &LabelErrors| -> Vec<Vec<Cell>> {
        let top = label.top.iter();
        top.map(|error| {
            vec![
                Cell::new(&label.label),
                Cell::new(label.rows),
                Cell::new(label.errors),
                Cell::new(&error.error),
                Cell::new(error.count),
            ]
        })
        .collect()
    };
    let top = &report.top_errors;
    (!top.labels.is_empty()).then(|| Section {
        id: "top-errors",
        title: "Top 5 errors by sampler",
        introduction: "Errors of transaction controllers are left out.".to_owned(),
        table: Table {
            caption: "The five most frequent errors of each label".to_owned(),
            headings: vec![
                Heading::new("Label", Kind::Text),
                Heading::number("# Samples"),
                Heading::number("# Errors"),
                Heading::new("Error", Kind::Message),
                Heading::number("Count"),
            ],
            rows: top.labels.iter().flat_map(rows).collect(),
            totals: rows(&top.total),
        },
    })
}

/// Rows that could not be read, by reason.
pub fn rejections(rejections: &[RowFault]) -> Table {
    row_faults("Rows that could not be read", rejections)
}

/// Rows that were repaired, by reason.
pub fn repairs(repairs: &[RowFault]) -> Table {
    row_faults("Rows that were repaired", repairs)
}

fn row_faults(caption: &str, faults: &[RowFault]) -> Table {
    let row = |fault: &RowFault| {
        let first = format!("{}:{}", fault.first_input, fault.first_line);
        vec![
            Cell::new(&fault.reason),
            Cell::new(fault.count),
            Cell::new(first),
            Cell::maybe(fault.first_value.as_ref()),
        ]
    };
    Table {
        caption: caption.to_owned(),
        headings: vec![
            Heading::new("Reason", Kind::Message),
            Heading::number("Rows"),
            Heading::new("First at", Kind::Text),
            Heading::new("Value there", Kind::Text),
        ],
        rows: faults.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// The files read.
pub fn inputs(inputs: &[Input]) -> Table {
    let row = |input: &Input| {
        vec![
            Cell::new(&input.name),
            Cell::new(input.lines),
            Cell::new(input.bytes),
        ]
    };
    Table {
        caption: "Files read".to_owned(),
        headings: vec![
            Heading::new("File", Kind::Text),
            Heading::number("Lines"),
            Heading::number("Bytes"),
        ],
        rows: inputs.iter().map(row).collect(),
        totals: Vec::new(),
    }
}
