//! What a reader should know before trusting the figures.

use std::collections::HashSet;

use super::LabelReport;
use super::build::Sources;
use crate::jtl::{InputRead, XmlSummary};

/// The notes of a run, in words.
pub(super) fn collect(
    sources: &Sources,
    labels: &[LabelReport],
    controller_rows: u64,
) -> Vec<String> {
    let mut notes: Vec<String> = sources.inputs.iter().flat_map(of_input).collect();
    if controller_rows > 0 {
        notes.push(format!(
            "{controller_rows} rows were written by transaction controllers: TOTAL counts them \
             beside the samples they sum up, as JMeter's Aggregate Report does."
        ));
    }
    notes.extend(sub_results(labels));
    notes
}

fn of_input(input: &InputRead) -> Vec<String> {
    let summary = &input.summary;
    let name = &summary.name;
    let mut notes = match &summary.xml {
        Some(xml) => of_xml(name, xml),
        None => Vec::new(),
    };
    if summary.headers == 0 && summary.xml.is_none() {
        notes.push(format!(
            "{name} has no header: read in JMeter's default column order of {} columns.",
            summary.named_columns
        ));
    }
    if summary.width > summary.named_columns {
        notes.push(format!(
            "{name}: rows have {} columns, {} of them without a name: taken for sample_variables.",
            summary.width,
            summary.width - summary.named_columns
        ));
    }
    if summary.headers > 1 {
        notes.push(format!(
            "{name} has {} header rows: several runs in one file are read as one.",
            summary.headers
        ));
    }
    if summary.is_truncated {
        notes.push(format!(
            "{name}: the compressed data ends early; the figures cover what could be read."
        ));
    }
    if summary.is_unterminated {
        notes.push(format!(
            "{name} does not end with a line end: JMeter is still writing or was stopped, and the \
             last value may be cut short."
        ));
    }
    notes
}

fn of_xml(name: &str, xml: &XmlSummary) -> Vec<String> {
    let mut notes = Vec::new();
    if xml.documents > 1 {
        notes.push(format!(
            "{name} has {} <testResults> elements: several runs in one file are read as one.",
            xml.documents
        ));
    }
    if xml.nested_samples > 0 {
        notes.push(format!(
            "{name}: {} samples within samples are not counted, as JMeter does not when it loads \
             XML; a CSV file of the same run has a row for each, and figures that differ.",
            xml.nested_samples
        ));
    }
    if !xml.is_closed {
        notes.push(format!(
            "{name} does not end with </testResults>: JMeter is still writing or was stopped; the \
             figures cover what is there."
        ));
    }
    notes
}

/// Rows of sub-results beside their parents: label, label-0, label-1.
fn sub_results(labels: &[LabelReport]) -> Option<String> {
    let names: HashSet<&str> = labels.iter().map(|label| label.label.as_str()).collect();
    let is_sub_result = |label: &&LabelReport| {
        label
            .label
            .rsplit_once('-')
            .is_some_and(|(parent, number)| {
                !number.is_empty()
                    && number.bytes().all(|byte| byte.is_ascii_digit())
                    && names.contains(parent)
            })
    };
    let first = labels.iter().find(is_sub_result)?;
    let count = labels.iter().filter(is_sub_result).count();
    Some(format!(
        "{count} labels, such as `{}`, are sub-results beside their parents: TOTAL counts both, \
         as JMeter does.",
        first.label
    ))
}
