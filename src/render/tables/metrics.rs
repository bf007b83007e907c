//! A table for each metric.

use crate::format::number;
use crate::render::table::{Cell, Heading, Kind, Table};
use crate::report::{MetricReport, MetricRow, MetricSummary, Report};

/// What to know to read the tables of metrics.
pub const INTRODUCTION: &str = "Columns of numbers beside JMeter's own. # Values is the number of rows \
                                with a number; labels without any are left out.";

/// The table of each metric, in their order.
pub fn metrics(report: &Report) -> Vec<Table> {
    let metrics = report.metrics.iter();
    metrics.map(|metric| table(metric, report)).collect()
}

fn table(metric: &MetricReport, report: &Report) -> Table {
    let percentiles = &report.options.percentiles;
    let mut headings = vec![
        Heading::new(metric.title(), Kind::Text),
        Heading::number("# Samples"),
        Heading::number("# Values"),
        Heading::number("Average"),
    ];
    let titles = percentiles.iter().map(|percentile| percentile.title());
    headings.extend(
        titles
            .chain(["Min".to_owned(), "Max".to_owned()])
            .map(Heading::number),
    );
    let row = |row: &MetricRow| {
        let figure = |of: &dyn Fn(&MetricSummary) -> Option<f64>| {
            Cell::maybe(row.summary.as_ref().and_then(of).map(number))
        };
        let mut cells = vec![
            Cell::new(&row.label),
            Cell::new(row.rows),
            Cell::new(row.count()),
            figure(&|summary| Some(summary.mean)),
        ];
        cells.extend(percentiles.iter().map(|percent| {
            figure(&|summary| {
                let mut all = summary.percentiles.iter();
                Some(all.find(|found| found.percent == *percent)?.value)
            })
        }));
        cells.push(figure(&|summary| Some(summary.min)));
        cells.push(figure(&|summary| Some(summary.max)));
        cells
    };
    let labels = metric.labels.iter().chain(&metric.other_labels);
    Table {
        caption: format!("{} by label", metric.title()),
        headings,
        rows: labels.map(row).collect(),
        totals: vec![row(&metric.total)],
    }
}
