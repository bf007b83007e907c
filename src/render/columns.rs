//! The columns of the tables of labels: one list drives Markdown, terminal, CSV and HTML.

use super::table::{self, Cell, Heading};
use crate::format::{fixed, percent};
use crate::percentile::Percentile;
use crate::report::{LabelReport, Options, PartialColumn, Report, StatisticsRow, Summary};

/// Marks a figure of a column that only some samples have.
const PARTIAL: char = '†';

/// Marks a rate that samples with stray times spoil.
const STRAY: char = '‡';

/// One column of a table of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Label,
    Samples,
    Average,
    Percentile(Percentile),
    Min,
    Max,
    StdDev,
    ErrorRatio,
    Throughput,
    ReceivedKb,
    SentKb,
    AverageBytes,
    Ok,
    Ko,
    AverageOk,
    AverageKo,
    Goodput,
    Latency,
    Connect,
}

/// The columns that a report shows: those that were chosen, else those of JMeter's Aggregate Report.
pub fn of_labels(options: &Options) -> Vec<Column> {
    let Some(keys) = &options.columns else {
        return aggregate(&options.percentiles);
    };
    let known = known(&options.percentiles);
    let chosen = keys.iter().filter_map(|key| {
        let column = known.iter().find(|column| column.key() == *key)?;
        Some(column.clone())
    });
    chosen.collect()
}

/// Every column there is.
pub fn known(percentiles: &[Percentile]) -> Vec<Column> {
    let mut columns = aggregate(percentiles);
    let others = [
        Kind::StdDev,
        Kind::AverageBytes,
        Kind::Ok,
        Kind::Ko,
        Kind::AverageOk,
        Kind::AverageKo,
        Kind::Goodput,
        Kind::Latency,
        Kind::Connect,
    ];
    columns.extend(others.map(|kind| Column { kind }));
    columns
}

/// A cell, marked if its figure covers only some samples.
pub fn marked(cell: Cell, is_partial: bool) -> Cell {
    with_mark(cell, is_partial.then_some(PARTIAL))
}

fn with_mark(cell: Cell, mark: Option<char>) -> Cell {
    Cell {
        text: cell.text.map(|text| match mark {
            Some(mark) => format!("{text}{mark}"),
            None => text,
        }),
        ..cell
    }
}

/// The sentence that explains the marks of rates that stray times spoil; `None` without marks.
pub fn stray_note(columns: &[Column], report: &Report) -> Option<String> {
    let stray_times = report.stray_times.as_ref()?;
    let is_marked = columns.iter().any(Column::is_rate);
    is_marked.then(|| format!("{STRAY} {}", stray_times.with_options()))
}

/// The sentence that explains the marks of rates in the Statistics table; `None` without marks.
pub fn rates_note(total: &StatisticsRow) -> Option<String> {
    let rates = ["received_kb_per_sec", "sent_kb_per_sec"];
    let partial = rates.into_iter().filter_map(|rate| total.partial(rate));
    let words: Vec<String> = partial.map(PartialColumn::in_words).collect();
    (!words.is_empty()).then(|| {
        format!(
            " {PARTIAL} Some samples lack the column: {} have it, and KB/s counts only their bytes.",
            words.join(", ")
        )
    })
}

/// The note below a table with these columns that explains the marks; `None` without marks.
pub fn partial_note(columns: &[Column], total: &LabelReport) -> Option<String> {
    let is_shown = |figure: &String| columns.iter().any(|column| column.key() == *figure);
    let partial = total.partial.iter();
    let partial = partial.filter(|partial| partial.figures.iter().any(is_shown));
    let words: Vec<String> = partial.map(PartialColumn::in_words).collect();
    (!words.is_empty()).then(|| {
        format!(
            "{PARTIAL} Some samples lack the column: {} ({}) have it. Averages cover those; KB/sec \
             counts only their bytes.",
            words.join(", "),
            total.label
        )
    })
}

/// The columns of JMeter's Aggregate Report.
pub fn aggregate(percentiles: &[Percentile]) -> Vec<Column> {
    let percentiles = percentiles
        .iter()
        .map(|&percentile| Kind::Percentile(percentile));
    [Kind::Label, Kind::Samples, Kind::Average]
        .into_iter()
        .chain(percentiles)
        .chain([
            Kind::Min,
            Kind::Max,
            Kind::ErrorRatio,
            Kind::Throughput,
            Kind::ReceivedKb,
            Kind::SentKb,
        ])
        .map(|kind| Column { kind })
        .collect()
}

/// The places of the columns behind the label, those first that a narrow table keeps. Columns that were chosen
/// stay in their order.
pub fn by_importance(options: &Options) -> Vec<usize> {
    let columns = of_labels(options);
    let mut places: Vec<usize> = (1..columns.len()).collect();
    if options.columns.is_none() {
        places.sort_by_key(|&place| columns[place].unimportance());
    }
    places
}

/// The columns of JMeter's Summary Report.
pub fn summary() -> Vec<Column> {
    [
        Kind::Label,
        Kind::Samples,
        Kind::Average,
        Kind::Min,
        Kind::Max,
        Kind::StdDev,
        Kind::ErrorRatio,
        Kind::Throughput,
        Kind::ReceivedKb,
        Kind::SentKb,
        Kind::AverageBytes,
    ]
    .into_iter()
    .map(|kind| Column { kind })
    .collect()
}

impl Column {
    /// Machine-readable name.
    pub fn key(&self) -> String {
        match self.kind {
            Kind::Label => "label".to_owned(),
            Kind::Samples => "samples".to_owned(),
            Kind::Average => "average".to_owned(),
            Kind::Percentile(percentile) => percentile.key(),
            Kind::Min => "min".to_owned(),
            Kind::Max => "max".to_owned(),
            Kind::StdDev => "std_dev".to_owned(),
            Kind::ErrorRatio => "error_percent".to_owned(),
            Kind::Throughput => "throughput".to_owned(),
            Kind::ReceivedKb => "received_kb_per_sec".to_owned(),
            Kind::SentKb => "sent_kb_per_sec".to_owned(),
            Kind::AverageBytes => "average_bytes".to_owned(),
            Kind::Ok => "ok".to_owned(),
            Kind::Ko => "ko".to_owned(),
            Kind::AverageOk => "average_ok".to_owned(),
            Kind::AverageKo => "average_ko".to_owned(),
            Kind::Goodput => "goodput".to_owned(),
            Kind::Latency => "latency".to_owned(),
            Kind::Connect => "connect".to_owned(),
        }
    }

    /// The title, JMeter's where it has the column.
    pub fn title(&self) -> String {
        match self.kind {
            Kind::Label => "Label".to_owned(),
            Kind::Samples => "# Samples".to_owned(),
            Kind::Average => "Average".to_owned(),
            Kind::Percentile(percentile) => percentile.title(),
            Kind::Min => "Min".to_owned(),
            Kind::Max => "Max".to_owned(),
            Kind::StdDev => "Std. Dev.".to_owned(),
            Kind::ErrorRatio => "Error %".to_owned(),
            Kind::Throughput => "Throughput".to_owned(),
            Kind::ReceivedKb => "Received KB/sec".to_owned(),
            Kind::SentKb => "Sent KB/sec".to_owned(),
            Kind::AverageBytes => "Avg. Bytes".to_owned(),
            Kind::Ok => "OK".to_owned(),
            Kind::Ko => "KO".to_owned(),
            Kind::AverageOk => "Average OK".to_owned(),
            Kind::AverageKo => "Average KO".to_owned(),
            Kind::Goodput => "Goodput".to_owned(),
            Kind::Latency => "Avg. Latency".to_owned(),
            Kind::Connect => "Avg. Connect".to_owned(),
        }
    }

    /// Unit of the values, where the title does not say.
    pub fn unit(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Average | Kind::Percentile(_) | Kind::Min | Kind::Max | Kind::StdDev => {
                Some("ms")
            }
            Kind::AverageOk | Kind::AverageKo | Kind::Latency | Kind::Connect => Some("ms"),
            Kind::Throughput | Kind::Goodput => Some("/s"),
            Kind::AverageBytes => Some("bytes"),
            _ => None,
        }
    }

    /// Smaller for a column that a narrow table keeps for longer.
    fn unimportance(&self) -> u8 {
        let is = |percent: f64| move |of: Percentile| of.percent() == percent;
        match self.kind {
            Kind::Samples => 0,
            Kind::ErrorRatio => 1,
            Kind::Percentile(of) if is(95.0)(of) => 2,
            Kind::Throughput => 3,
            Kind::Percentile(of) if is(50.0)(of) => 4,
            Kind::Percentile(of) if is(99.0)(of) => 5,
            Kind::Average => 6,
            Kind::Max => 7,
            Kind::Percentile(_) => 8,
            Kind::Min => 9,
            _ => 10,
        }
    }

    /// The head of the column.
    pub fn heading(&self) -> Heading {
        Heading {
            title: self.title(),
            unit: self.unit(),
            kind: match self.kind {
                Kind::Label => table::Kind::Text,
                _ => table::Kind::Number,
            },
            key: Some(self.key()),
        }
    }

    /// The cell of a label, in JMeter's formats, with a mark if only some samples have the column, or if
    /// stray times spoil the rate.
    pub fn cell(&self, row: &LabelReport) -> Cell {
        let is_partial = !row.partial.is_empty() && row.partial(&self.key()).is_some();
        let is_spoilt = row.has_stray_times && self.is_rate();
        with_mark(
            marked(self.bare_cell(row), is_partial),
            is_spoilt.then_some(STRAY),
        )
    }

    /// Whether its figure is per second of the window.
    fn is_rate(&self) -> bool {
        matches!(
            self.kind,
            Kind::Throughput | Kind::ReceivedKb | Kind::SentKb | Kind::Goodput
        )
    }

    fn bare_cell(&self, row: &LabelReport) -> Cell {
        let elapsed = |of: fn(&Summary) -> String| Cell::maybe(row.elapsed.as_ref().map(of));
        let mean = |of: &Option<Summary>| {
            Cell::maybe(
                of.as_ref()
                    .map(|summary| (summary.mean.trunc() as i64).to_string()),
            )
        };
        match self.kind {
            Kind::Label => Cell::new(&row.label),
            Kind::Samples => Cell::new(row.samples),
            Kind::Average => mean(&row.elapsed),
            Kind::Percentile(percentile) => Cell::maybe(row.elapsed.as_ref().and_then(|summary| {
                let found = summary
                    .percentiles
                    .iter()
                    .find(|p| p.percent == percentile)?;
                Some(found.value.to_string())
            })),
            // JMeter's calculator starts its minimum from what prints as 0 when negative.
            Kind::Min => elapsed(|summary| summary.min.max(0).to_string()),
            Kind::Max => elapsed(|summary| summary.max.to_string()),
            Kind::StdDev => elapsed(|summary| fixed(summary.std_dev, 2)),
            Kind::ErrorRatio => Cell::maybe(row.error_ratio.map(percent)),
            Kind::Throughput => Cell::maybe(row.throughput.map(|rate| fixed(rate, 5))),
            Kind::ReceivedKb => {
                Cell::maybe(row.received_kb_per_sec.map(|rate| fixed(rate.max(0.0), 2)))
            }
            Kind::SentKb => Cell::maybe(row.sent_kb_per_sec.map(|rate| fixed(rate.max(0.0), 2))),
            Kind::AverageBytes => Cell::maybe(row.average_bytes.map(|bytes| fixed(bytes, 1))),
            Kind::Ok => Cell::new(row.successes()),
            Kind::Ko => Cell::new(row.errors),
            Kind::AverageOk => mean(&row.elapsed_ok),
            Kind::AverageKo => mean(&row.elapsed_ko),
            Kind::Goodput => Cell::maybe(row.goodput.map(|rate| fixed(rate, 5))),
            Kind::Latency => mean(&row.latency),
            Kind::Connect => mean(&row.connect),
        }
    }

    /// What JMeter's CSV has in this column's cell: `.50000` for a throughput of 0.50000, an
    /// empty cell for an undefined value, and 0.00 for an unknown rate of bytes.
    pub fn csv_cell(&self, row: &LabelReport) -> String {
        match (self.kind, self.bare_cell(row).text) {
            (Kind::Throughput | Kind::Goodput, Some(rate)) => match rate.strip_prefix("0.") {
                Some(fraction) => format!(".{fraction}"),
                None => rate,
            },
            (_, Some(text)) => text,
            (Kind::ReceivedKb | Kind::SentKb, None) => "0.00".to_owned(),
            (_, None) => String::new(),
        }
    }
}
