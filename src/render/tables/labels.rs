//! Tables with a row per label.

use std::collections::HashSet;

use super::Section;
use crate::format::{fixed, percent};
use crate::render::columns::{self, Column};
use crate::render::table::{Cell, Heading, Kind, Table};
use crate::report::{Detail, LabelReport, Report, Summary};

/// The details of a platform.
pub fn details(details: &[Detail]) -> Table {
    let row = |detail: &Detail| vec![Cell::new(&detail.key), Cell::new(&detail.value)];
    Table {
        caption: "The platform's details".to_owned(),
        headings: vec![
            Heading::new("", Kind::Key),
            Heading::new("Details", Kind::Text),
        ],
        rows: details.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// The columns that were chosen, else those of JMeter's Aggregate Report.
pub fn aggregate(report: &Report) -> Table {
    of_labels(
        "Aggregate Report",
        &columns::of_labels(&report.options),
        report,
    )
}

/// [`aggregate`] with at most that many labels: those that took most time in all, in their order.
pub fn busiest(report: &Report, max: usize) -> Table {
    let mut table = aggregate(report);
    if report.labels.len() <= max {
        return table;
    }
    let time = |place: usize| report.labels[place].total_time_ms();
    let mut places: Vec<usize> = (0..report.labels.len()).collect();
    places.sort_by(|&a, &b| time(b).total_cmp(&time(a)));
    let kept: HashSet<usize> = places.into_iter().take(max).collect();
    let mut place = 0;
    table.rows.retain(|_| {
        place += 1;
        kept.contains(&(place - 1))
    });
    table
}

/// The note below [`aggregate`]; `None` if there is nothing to explain.
pub fn aggregate_note(report: &Report) -> Option<String> {
    note(&columns::of_labels(&report.options), report)
}

/// The note below [`summary`] and [`labels`]; `None` if there is nothing to explain.
pub fn labels_note(report: &Report) -> Option<String> {
    note(&label_columns(report), report)
}

fn note(columns: &[Column], report: &Report) -> Option<String> {
    let stray = columns::stray_note(columns, report);
    let partial = columns::partial_note(columns, &report.total);
    let notes: Vec<String> = stray.into_iter().chain(partial).collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}

/// The columns of JMeter's Summary Report; `None` if columns were chosen, which are then all.
pub fn summary(report: &Report) -> Option<Table> {
    let table = || of_labels("Summary Report", &columns::summary(), report);
    report.options.columns.is_none().then(table)
}

/// The columns of the Aggregate Report, then those that only the Summary Report has; or those that
/// were chosen.
pub fn labels(report: &Report) -> Table {
    of_labels("Aggregate Report", &label_columns(report), report)
}

fn label_columns(report: &Report) -> Vec<Column> {
    let mut columns = columns::of_labels(&report.options);
    if report.options.columns.is_none() {
        let known: Vec<String> = columns.iter().map(Column::key).collect();
        let more = columns::summary().into_iter();
        columns.extend(more.filter(|column| !known.contains(&column.key())));
    }
    columns
}

fn of_labels(caption: &str, columns: &[Column], report: &Report) -> Table {
    let row = |label: &LabelReport| columns.iter().map(|column| column.cell(label)).collect();
    let labels = report.labels.iter().chain(&report.other_labels);
    Table {
        caption: caption.to_owned(),
        headings: columns.iter().map(Column::heading).collect(),
        rows: labels.map(row).collect(),
        totals: vec![row(&report.total)],
    }
}

/// How many succeeded and failed, and how long each took: fast failures flatter the figures of all
/// samples, and timeouts ruin them. `None` if none failed.
pub(super) fn outcomes(report: &Report) -> Option<Section> {
    let percentiles = &report.options.percentiles;
    let mut headings = vec![
        Heading::new("Label", Kind::Text),
        Heading::number("OK"),
        Heading::number("KO"),
        Heading::number("Error %"),
        Heading::number("Goodput").with_unit("/s"),
    ];
    let titles = percentiles.iter().map(|percentile| percentile.title());
    let titles = ["Average".to_owned()]
        .into_iter()
        .chain(titles)
        .chain(["Max".to_owned()]);
    headings.extend(
        titles.flat_map(|title| {
            ["OK", "KO"].map(|outcome| Heading::ms(format!("{title} {outcome}")))
        }),
    );
    let row = |label: &LabelReport| {
        let sides = [&label.elapsed_ok, &label.elapsed_ko].map(Option::as_ref);
        let times =
            |of: &dyn Fn(&Summary) -> Option<i64>| sides.map(|side| Cell::maybe(side.and_then(of)));
        let mut row = vec![
            Cell::new(&label.label),
            Cell::new(label.successes()),
            Cell::new(label.errors),
            Cell::maybe(label.error_ratio.map(percent)),
            Cell::maybe(label.goodput.map(|rate| fixed(rate, 5))),
        ];
        row.extend(times(&|side| Some(side.mean.trunc() as i64)));
        for percentile in percentiles {
            row.extend(times(&|side| {
                let mut all = side.percentiles.iter();
                Some(all.find(|found| found.percent == *percentile)?.value)
            }));
        }
        row.extend(times(&|side| Some(side.max)));
        row
    };
    let labels = report.labels.iter().chain(&report.other_labels);
    (report.total.errors > 0).then(|| Section {
        id: "outcomes",
        title: "Successes and failures",
        introduction:
            "Samples that succeeded (OK) and that failed (KO). Goodput is the rate of OK \
                       per second; times in ms."
                .to_owned(),
        table: Table {
            caption: "Successes (OK) and failures (KO) side by side".to_owned(),
            headings,
            rows: labels.map(row).collect(),
            totals: vec![row(&report.total)],
        },
    })
}

/// Percentiles as measured and as corrected; `None` if that was not asked for.
pub(super) fn corrected(report: &Report) -> Option<Section> {
    let corrected = report.corrected.as_ref()?;
    let mut headings = vec![
        Heading::new("Label", Kind::Text),
        Heading::number("# Samples"),
        Heading::number("# Added"),
    ];
    for percentile in &report.options.percentiles {
        let title = percentile.title();
        headings.push(Heading::ms(format!("{title} (corrected)")));
        headings.insert(headings.len() - 1, Heading::ms(title));
    }
    let rows = report.rows().zip(corrected.rows());
    let rows = rows.map(|(label, corrected)| {
        let mut row = vec![
            Cell::new(&label.label),
            Cell::new(label.samples),
            Cell::new(corrected.added),
        ];
        let measured = label.elapsed.iter();
        let measured = measured.flat_map(|summary| &summary.percentiles);
        for (measured, corrected) in measured.zip(&corrected.percentiles) {
            row.extend([Cell::new(measured.value), Cell::new(corrected.value)]);
        }
        row
    });
    let mut rows: Vec<_> = rows.collect();
    let total = rows.pop();
    Some(Section {
        id: "corrected",
        title: "Corrected for coordinated omission",
        introduction: format!(
            "An estimate, in ms: had each thread sent every {} ms whatever the server did, the \
             samples added here would have waited behind the slow ones. Columns not so marked are \
             what was measured.",
            corrected.expected_interval_ms
        ),
        table: Table {
            caption: "Percentiles as measured and corrected for coordinated omission".to_owned(),
            headings,
            rows,
            totals: total.into_iter().collect(),
        },
    })
}
