//! The figures of all runs in one table for a README.

use crate::percentile::Percentile;
use crate::render::columns::{self, Column};
use crate::render::print::markdown;
use crate::render::table::{Cell, Heading, Kind, Table};
use crate::report::{LabelReport, PLATFORM, Report, UNNAMED_PLATFORM};

/// One row per label and run, so that the figures of the platforms stand directly below each other;
/// TOTAL comes last. A run is named by its platform, or by its own name if it has none or shares it
/// with another run.
pub fn readme_table(runs: &[(&str, &Report)], percentiles: &[Percentile]) -> String {
    let columns = columns::aggregate(percentiles);
    let (names, labels) = (readme_names(runs), labels(runs));
    let mut headings: Vec<Heading> = columns.iter().map(Column::heading).collect();
    headings.insert(1, Heading::new(PLATFORM, Kind::Text));
    let row = |name: &str, of: &LabelReport| -> Vec<Cell> {
        let mut cells: Vec<Cell> = columns.iter().map(|column| column.cell(of)).collect();
        cells.insert(1, Cell::new(name));
        cells
    };
    let runs = || runs.iter().zip(&names);
    let mut rows = Vec::new();
    for label in labels {
        for ((_, report), name) in runs() {
            let found = report.labels.iter().find(|found| found.label == label);
            rows.extend(found.map(|found| row(name, found)));
        }
    }
    for ((_, report), name) in runs() {
        rows.extend(report.other_labels.as_ref().map(|others| row(name, others)));
    }
    let totals = runs().map(|((_, report), name)| row(name, &report.total));
    let mut text = markdown::table(&Table {
        caption: "Figures by platform".to_owned(),
        headings,
        rows,
        totals: totals.collect(),
    });
    for ((_, report), name) in runs() {
        if let Some(note) = columns::partial_note(&columns, &report.total) {
            text.push_str(&format!(
                "\n{}: {}\n",
                markdown::escape(name),
                markdown::escape(&note)
            ));
        }
    }
    text
}

/// The labels of all runs in order of appearance.
fn labels<'a>(runs: &[(&str, &'a Report)]) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    let rows = runs.iter().flat_map(|(_, report)| &report.labels);
    rows.map(|row| row.label.as_str())
        .filter(|label| seen.insert(*label))
        .collect()
}

/// Returns the names of the runs in that table.
pub fn readme_names<'a>(runs: &[(&'a str, &'a Report)]) -> Vec<&'a str> {
    let platform = |report: &'a Report| {
        let detail = report.details.iter().find(|detail| detail.key == PLATFORM);
        let value = detail.map(|detail| detail.value.as_str());
        value.filter(|value| *value != UNNAMED_PLATFORM)
    };
    let platforms: Vec<Option<&str>> = runs.iter().map(|(_, report)| platform(report)).collect();
    let is_shared = |name: &str| {
        let same = platforms.iter().flatten().filter(|other| **other == name);
        same.count() > 1
    };
    runs.iter()
        .zip(&platforms)
        .map(|(&(name, _), platform)| match *platform {
            Some(platform) if !is_shared(platform) => platform,
            _ => name,
        })
        .collect()
}
