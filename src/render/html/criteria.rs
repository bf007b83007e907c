//! What became of the criteria that the run was held to.

use super::Detail;
use super::page::Section;
use super::table::{Heading, Table};
use crate::render::columns::Cell;
use crate::report::{CriterionResult, Report};

/// Letters of a message, in lengths of a label.
const MESSAGE: usize = 3;

/// One row a criterion and label, those that failed first.
pub fn section(report: &Report, detail: Detail) -> Option<Section> {
    let row = |result: &CriterionResult| {
        let verdict = if result.is_failed { "failed" } else { "passed" };
        vec![
            Cell::Text(result.text.clone()),
            Cell::Text(verdict.to_owned()),
            Cell::Text(result.label.clone()),
            Cell::Text(result.message.clone()),
        ]
    };
    let mut results: Vec<&CriterionResult> = report.criteria.iter().collect();
    results.sort_by_key(|result| !result.is_failed);
    let failed = results.iter().filter(|result| result.is_failed).count();
    let table = Table {
        caption: match failed {
            0 => "The run fails if a condition is met; none is".to_owned(),
            failed => format!(
                "The run fails: {failed} of {} conditions are met",
                results.len()
            ),
        },
        headings: vec![
            Heading::text("Fails if"),
            Heading::verdict(),
            Heading::text("Label"),
            Heading::text("Found"),
        ],
        rows: results.into_iter().map(row).collect(),
        total: None,
    };
    let html = table.html(detail.rows, MESSAGE * detail.letters);
    (!report.criteria.is_empty()).then(|| Section::new("criteria", "Criteria", html))
}
