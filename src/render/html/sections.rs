//! The page's sections with tables.

use maud::{Markup, html};

use super::Detail;
use super::document::Section;
use crate::format::{counted, nonzero_percent, thousands};
use crate::render::criteria;
use crate::render::print::html::{BREAK, table};
use crate::render::table::Table;
use crate::render::tables;
use crate::report::Report;

/// Where all rows are.
const WHOLE: &str = "report.json";

/// The sections with tables, by their place in the page.
pub struct Tables {
    /// The table of labels.
    pub labels: Vec<Section>,
    /// What failed.
    pub failures: Vec<Section>,
    /// All others.
    pub others: Vec<Section>,
}

/// The ids of the sections about failures, as [`tables::sections`] names them.
const FAILURES: [&str; 3] = ["error-kinds", "errors", "top-errors"];

/// Builds the sections with tables.
pub fn of_tables(report: &Report, detail: Detail) -> Tables {
    let (failures, others): (Vec<_>, Vec<_>) = tables::sections(report)
        .into_iter()
        .partition(|section| FAILURES.contains(&section.id));
    let section = |section: tables::Section| {
        let body = html! {
            (introduction(&section.introduction))
            (printed(&section.table, detail))
        };
        Section::new(section.id, section.title, body)
    };
    let others = others.into_iter().map(section);
    let first = metrics(report, detail).into_iter().chain(requests(report));
    Tables {
        labels: vec![aggregate(report, detail)],
        failures: failures.into_iter().map(section).collect(),
        others: first.chain(others).collect(),
    }
}

/// The criteria and their results; `None` without criteria.
pub fn criteria(report: &Report, detail: Detail) -> Option<Section> {
    let results = &report.criteria;
    (!results.is_empty()).then(|| {
        let body = html! {
            (introduction(&criteria::introduction(report)))
            (printed(&tables::criteria(results), detail))
        };
        Section::new("criteria", "Criteria", body)
    })
}

fn aggregate(report: &Report, detail: Detail) -> Section {
    let body = html! {
        (printed(&tables::labels(report), detail))
        @if let Some(note) = tables::labels_note(report) { (introduction(&note)) }
    };
    Section::new("aggregate", "Aggregate Report", body)
}

/// The tables of metrics; `None` without metrics.
fn metrics(report: &Report, detail: Detail) -> Option<Section> {
    let tables = tables::metrics(report);
    let body = html! {
        (introduction(tables::METRICS_INTRODUCTION))
        @for table in &tables { (printed(table, detail)) }
    };
    (!tables.is_empty()).then(|| Section::new("metric-tables", "Metrics", body))
}

/// The shares of successes and failures, as a bar and in words.
fn requests(report: &Report) -> Option<Section> {
    let section = tables::requests(report)?;
    let requests = &report.requests;
    let outcomes = [
        ("ok", "OK", requests.ok, requests.ok_ratio?),
        ("ko", "KO", requests.ko, requests.ko_ratio?),
    ];
    let body = html! {
        div.bar aria-hidden="true" {
            @for (class, _, count, ratio) in outcomes {
                @if count > 0 {
                    span class=(class) style=(format!("flex-grow:{ratio:.5}")) {}
                }
            }
        } (BREAK)
        p.legend-line {
            @for (class, name, count, ratio) in outcomes {
                span {
                    i class=(class) {}
                    (thousands(count)) " " (name) " (" (nonzero_percent(ratio)) ")"
                }
                " "
            }
        } (BREAK)
        (introduction(&section.introduction))
    };
    Some(Section::new(section.id, section.title, body))
}

/// The files read, and an account of every row.
pub fn rows(report: &Report, detail: Detail) -> Section {
    let accounting = &report.accounting;
    let body = html! {
        p {
            (counted(accounting.rows_read, "row")) " read"
            @if accounting.repaired > 0 {
                ", " (thousands(accounting.repaired)) " of them repaired"
            }
            ": "
            (thousands(accounting.counted)) " counted, "
            (thousands(accounting.filtered)) " filtered out, "
            (thousands(accounting.rejected)) " rejected."
        } (BREAK)
        @if !accounting.rejections.is_empty() {
            (printed(&tables::rejections(&accounting.rejections), detail))
        }
        @if !accounting.repairs.is_empty() {
            (printed(&tables::repairs(&accounting.repairs), detail))
        }
        (printed(&tables::inputs(&report.inputs), detail))
    };
    Section::new("rows", "Rows and files", body)
}

fn introduction(text: &str) -> Markup {
    html! { p.remark { (text) } (BREAK) }
}

fn printed(of: &Table, detail: Detail) -> Markup {
    table(of, detail.rows, detail.letters, WHOLE)
}
