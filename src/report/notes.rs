//! Notes: how the results were read, where that might surprise.

use super::{PartialColumn, engines};
use crate::analysed::{Analysed, copies};
use crate::format;
use crate::jtl::{InputRead, TimestampsRead, XmlSummary};
use crate::stats::{Aggregate, ErrorDetail, MAX_ERROR_TYPES};
use crate::text;

/// Returns the notes of a run.
pub(super) fn collect(
    analysed: &Analysed,
    labels: usize,
    max_labels: usize,
    partial: &[PartialColumn],
) -> Vec<String> {
    let aggregate = &analysed.aggregate;
    let controller_rows = aggregate.controller_rows();
    let mut notes: Vec<String> = analysed.inputs.iter().flat_map(of_input).collect();
    notes.extend(analysed.choices.iter().cloned());
    notes.extend(of_copies(&analysed.inputs));
    notes.extend(engines::notes(aggregate.timeline(), &analysed.inputs));
    if controller_rows > 0 && controller_rows < aggregate.rows() {
        let (were, them, they) = match controller_rows {
            1 => ("was", "it", "it sums"),
            _ => ("were", "them", "they sum"),
        };
        notes.push(format!(
            "{} {were} written by transaction controllers: TOTAL counts {them} beside the samples {they} \
             up, as JMeter's Aggregate Report does; --controllers exclude leaves {them} out.",
            format::counted(controller_rows, "row")
        ));
    }
    notes.extend(of_text(aggregate));
    notes.extend(of_partial(partial));
    notes.extend(of_metrics(analysed));
    notes.extend(of_errors(aggregate.errors().detail()));
    notes.extend(left_out(labels, max_labels));
    notes
}

fn of_input(input: &InputRead) -> Vec<String> {
    let summary = &input.summary;
    let name = &summary.name;
    let mut notes = match &summary.xml {
        Some(xml) => of_xml(name, xml),
        None => Vec::new(),
    };
    if let Some(encoding) = &summary.encoding
        && encoding.is_detected
    {
        notes.push(format!(
            "{name} is not UTF-8: read as {}. If letters look wrong, name the encoding with --encoding.",
            encoding.name
        ));
    }
    if !summary.respelled.is_empty() {
        notes.push(format!(
            "{name}: the header does not spell {} as JMeter does: read as JMeter's columns.",
            summary.respelled.join(", ")
        ));
    }
    if summary.is_header_given {
        notes.push(format!("{name} has no header: --header names its columns."));
    } else if summary.headers == 0 && summary.xml.is_none() {
        notes.push(format!(
            "{name} has no header: read in JMeter's default column order of {} columns.",
            summary.named_columns
        ));
    }
    if summary.width > summary.named_columns {
        notes.push(format!(
            "{name}: rows have {} columns, {} of them without a name: read as sample_variables.",
            summary.width,
            summary.width - summary.named_columns
        ));
    }
    notes.extend(of_timestamps(name, &summary.timestamps));
    if summary.is_truncated {
        notes.push(format!(
            "{name}: the compressed data ends early; the figures cover what could be read."
        ));
    }
    if let Some(trailing) = summary.trailing_bytes {
        let bytes = format::counted(trailing.count, "byte");
        let what = match trailing.are_zeros {
            true => "only padding with zeros",
            false => "left out",
        };
        notes.push(format!(
            "{name}: what follows the compressed data ({bytes}) is {what}."
        ));
    }
    if summary.is_unterminated {
        notes.push(format!(
            "{name} does not end with a line break: JMeter is still writing or was stopped, and the \
             last value may be cut short."
        ));
    }
    notes
}

/// Says how time stamps were read if they might mean something else.
fn of_timestamps(name: &str, timestamps: &TimestampsRead) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(unit) = timestamps.detected_unit {
        notes.push(format!(
            "{name}: timeStamp is in {} since 1970, not in ms; --timestamp-unit ms reads it as JMeter does.",
            unit.name()
        ));
    }
    if let Some(dates) = &timestamps.dates
        && !dates.is_confirmed
    {
        notes.push(format!(
            "{name}: dates are read as {}, but no row shows whether the day or the month comes first; \
             --timestamp-format '{}' reads them the other way.",
            dates.format, dates.other
        ));
    }
    if timestamps.has_repeated_hour {
        notes.push(format!(
            "{name}: some times are in an hour that occurs twice, because clocks were set back; they are \
             read as the first. Epoch ms, or dates with an offset, avoid that."
        ));
    }
    notes
}

fn of_xml(name: &str, xml: &XmlSummary) -> Vec<String> {
    let mut notes = Vec::new();
    if xml.nested_samples > 0 {
        notes.push(format!(
            "{name}: perfkit leaves out {}, as JMeter does when it loads XML. A CSV file of the same run \
             has a row for each, so its figures differ; --sub-results include counts them here, too.",
            format::counted(xml.nested_samples, "sub-result")
        ));
    }
    if !xml.is_closed {
        notes.push(format!(
            "{name} does not end with </testResults>: JMeter is still writing or was stopped; the \
             figures cover what could be read."
        ));
    }
    notes
}

/// Names the columns of numbers that could be metrics.
fn of_metrics(analysed: &Analysed) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let inputs = analysed.inputs.iter();
    for name in inputs.flat_map(|input| &input.summary.numeric_columns) {
        let is_read = analysed.metrics.iter().any(|metric| metric.name == *name);
        if !is_read && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let columns = match names[..] {
        [] => return None,
        [_] => "column of numbers",
        _ => "columns of numbers",
    };
    Some(format!(
        "There {} {columns} beside JMeter's: {}. --metric NAME[=UNIT] adds a table and charts of one.",
        if names.len() == 1 { "is a" } else { "are" },
        names.join(", ")
    ))
}

/// Says which inputs have the same content.
fn of_copies(inputs: &[InputRead]) -> Vec<String> {
    let name = |number: usize| inputs.get(number).map_or("-", |input| &input.summary.name);
    let copies = copies(inputs).into_iter().map(|(first, again)| {
        let (first, count) = (name(first), again.len() + 1);
        let others: Vec<&str> = again.into_iter().map(name).collect();
        match others[..] {
            [other] if other != first => format!(
                "{other} has the same content as {first}: if it is a copy, leave it out, because its \
                 rows count twice."
            ),
            [other] => format!("{other} is given twice: its rows count twice."),
            _ => format!(
                "{count} inputs have the same content as {first}: if they are copies, leave them out, \
                 because their rows count {count} times."
            ),
        }
    });
    copies.collect()
}

/// Says how bytes are shown that are not text in the encoding of their input.
fn of_text(aggregate: &Aggregate) -> Option<String> {
    let labels = aggregate.label_names();
    let errors = aggregate.errors().iter().map(|(error, _)| error);
    let has_other = labels.chain(errors).any(|name| !text::is_valid(name));
    has_other.then(|| {
        "Some labels or errors have bytes that are not UTF-8, or not in the encoding they were read in: \
         such bytes are shown as \\xE9 or \\x{E9}. If the results have another encoding, name it with \
         --encoding."
            .to_owned()
    })
}

/// Says which columns only some samples have.
fn of_partial(partial: &[PartialColumn]) -> Option<String> {
    let columns: Vec<String> = partial.iter().map(PartialColumn::in_words).collect();
    (!columns.is_empty()).then(|| {
        format!(
            "Some samples lack a column: perfkit found {}. Averages and percentiles cover the samples \
             that have it; rates and active threads are too low, because the rest is unknown.",
            columns.join(", ")
        )
    })
}

/// Says how errors are grouped if there are too many to distinguish by message.
fn of_errors(detail: ErrorDetail) -> Option<String> {
    let how = match detail {
        ErrorDetail::Key => return None,
        ErrorDetail::Kind => "by what their messages have in common, ignoring numbers and ids",
        ErrorDetail::Code => "by response code",
    };
    Some(format!(
        "More than {} different errors, or 16 MiB of them: they are grouped {how}.",
        format::thousands(MAX_ERROR_TYPES as u64)
    ))
}

/// Says how many labels are not shown one by one.
fn left_out(labels: usize, shown: usize) -> Option<String> {
    let others = labels.checked_sub(shown).filter(|&others| others > 0)?;
    let thousands = |number: usize| format::thousands(number as u64);
    let shown = match shown {
        1 => "the one with the most samples is shown".to_owned(),
        shown => format!("the {} with the most samples are shown", thousands(shown)),
    };
    let others = match others {
        1 => "the last row is the other one".to_owned(),
        others => format!("one row sums up the other {}", thousands(others)),
    };
    Some(format!(
        "{}: {shown}, and {others}; --max-labels N shows N.",
        format::counted(labels as u64, "label")
    ))
}
