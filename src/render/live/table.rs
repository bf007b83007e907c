//! The aggregate table, with as many columns and labels as fit.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::Look;
use crate::format;
use crate::render::columns::{self, Column};
use crate::render::table::Alignment;
use crate::render::text::printable;
use crate::report::{LabelReport, Report};
use crate::short_names::ShortNames;

/// Keys of the columns that are dropped first if there is no room.
const LEFT_OUT_FIRST: [&str; 6] = [
    "sent_kb_per_sec",
    "received_kb_per_sec",
    "average_bytes",
    "std_dev",
    "min",
    "average",
];

/// Largest and smallest width of the labels.
const MAX_LABEL: usize = 40;
const MIN_LABEL: usize = 12;

/// Largest and smallest number of blanks between columns.
const MAX_GAP: usize = 3;
const MIN_GAP: usize = 2;

/// An order of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Those with the highest error rate first, then those with the highest p95.
    Worst,
    /// Those with the highest p95 first.
    Slowest,
    /// Those with the largest sum of elapsed times first.
    Busiest,
    /// The order in which the labels appear in the file.
    File,
}

impl Sort {
    /// Returns the order that follows when the user asks for another one.
    pub fn next(now: Option<Self>) -> Self {
        match now {
            None | Some(Sort::File) => Sort::Worst,
            Some(Sort::Worst) => Sort::Slowest,
            Some(Sort::Slowest) => Sort::Busiest,
            Some(Sort::Busiest) => Sort::File,
        }
    }

    /// Names the order.
    pub fn in_words(self) -> &'static str {
        match self {
            Sort::Worst => "worst first",
            Sort::Slowest => "slowest first",
            Sort::Busiest => "most total time first",
            Sort::File => "as in the file",
        }
    }

    fn apply(self, labels: &mut [&LabelReport]) {
        let errors = |label: &LabelReport| label.error_ratio.unwrap_or(0.0);
        match self {
            Sort::Worst => labels.sort_by(|a, b| {
                let by_errors = errors(b).total_cmp(&errors(a));
                by_errors.then(slowness(b).cmp(&slowness(a)))
            }),
            Sort::Slowest => labels.sort_by_key(|label| std::cmp::Reverse(slowness(label))),
            Sort::Busiest => labels.sort_by(|a, b| b.total_time_ms().total_cmp(&a.total_time_ms())),
            Sort::File => {}
        }
    }
}

/// The p95, or the highest percentile if p95 is not computed, ms.
fn slowness(label: &LabelReport) -> Option<i64> {
    let percentiles = &label.elapsed.as_ref()?.percentiles;
    let p95 = percentiles.iter().find(|own| own.percent.percent() == 95.0);
    Some(p95.or(percentiles.last())?.value)
}

/// Draws the labels from `first` on in an order, and TOTAL.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    report: &Report,
    (first, sort): (usize, Option<Sort>),
    look: Look,
) {
    let mut rows: Vec<&LabelReport> = report.rows().collect();
    let Some(total) = rows.pop() else {
        return;
    };
    let room = usize::from(area.height.saturating_sub(2));
    let automatic = match rows.len() <= room {
        true => Sort::File,
        false => Sort::Worst,
    };
    let mut labels = rows;
    sort.unwrap_or(automatic).apply(&mut labels);
    let first = first.min(labels.len().saturating_sub(room));
    let shown = &labels[first..labels.len().min(first + room)];
    let rows: Vec<&LabelReport> = shown.iter().copied().chain([total]).collect();
    let table = Table::new(report, &rows, area.width.into());
    let mut lines = area.rows();
    let mut put = |line: Line<'_>| {
        if let Some(place) = lines.next() {
            frame.render_widget(line, place);
        }
    };
    let hidden = labels.len() - shown.len();
    put(table.head(look, hidden));
    for row in shown {
        put(table.line(row, Style::new(), look));
    }
    put(table.line(total, look.bold(), look));
}

/// The columns that fit, with their widths, the blanks between them, and the labels' names.
struct Table {
    names: ShortNames,
    columns: Vec<(Column, usize)>,
    gap: usize,
}

impl Table {
    fn new(report: &Report, rows: &[&LabelReport], width: usize) -> Self {
        let labels: Vec<String> = report
            .labels
            .iter()
            .map(|row| printable(&row.label))
            .collect();
        let names = |width| ShortNames::new(labels.iter().map(String::as_str), width);
        let short = names(MAX_LABEL);
        let needed = |column: &Column| {
            let cells = rows.iter().map(|row| cell(column, row, &short).width());
            cells.max().unwrap_or(0).max(title(column).width())
        };
        let columns = columns::of_labels(&report.options).into_iter();
        let mut columns: Vec<(Column, usize)> = columns
            .map(|column| {
                let width = needed(&column);
                (column, width)
            })
            .collect();
        let mut gap = MAX_GAP;
        loop {
            let figures: usize = columns.iter().skip(1).map(|(_, width)| width + gap).sum();
            let is_least = columns.len() <= 2;
            let Some((_, label)) = columns.first_mut() else {
                break;
            };
            let wanted = (*label).min(MAX_LABEL);
            let room = width.saturating_sub(figures);
            if room >= wanted || room >= MIN_LABEL && gap == MIN_GAP || is_least {
                *label = wanted.min(room);
                break;
            }
            if gap > MIN_GAP {
                gap -= 1;
                continue;
            }
            let least = LEFT_OUT_FIRST
                .iter()
                .find_map(|key| columns.iter().position(|(column, _)| column.key() == *key));
            columns.remove(least.unwrap_or(columns.len() - 1));
            gap = MAX_GAP;
        }
        let room = columns.first().map_or(MAX_LABEL, |(_, width)| *width);
        Table {
            names: names(room),
            columns,
            gap,
        }
    }

    fn head(&self, look: Look, hidden: usize) -> Line<'static> {
        let more = (hidden > 0).then(|| format!(" ↑↓ {hidden} more"));
        self.cells(
            |column| match column.heading().kind.alignment() {
                Alignment::Left => title(column) + more.as_deref().unwrap_or_default(),
                Alignment::Right => title(column),
            },
            |_| look.dim(),
        )
    }

    fn line(&self, row: &LabelReport, style: Style, look: Look) -> Line<'static> {
        let has_errors = row.errors > 0;
        self.cells(
            |column| cell(column, row, &self.names),
            |column| match column.key().as_str() {
                "error_percent" if has_errors => style.patch(look.bad()),
                _ => style,
            },
        )
    }

    fn cells(
        &self,
        text: impl Fn(&Column) -> String,
        style: impl Fn(&Column) -> Style,
    ) -> Line<'static> {
        let spans = self
            .columns
            .iter()
            .enumerate()
            .map(|(number, (column, width))| {
                let text = format::fit(&text(column), *width);
                let blanks = " ".repeat(width.saturating_sub(text.width()));
                let gap = " ".repeat(if number == 0 { 0 } else { self.gap });
                let padded = match column.heading().kind.alignment() {
                    Alignment::Left => gap + &text + &blanks,
                    Alignment::Right => gap + &blanks + &text,
                };
                Span::styled(padded, style(column))
            });
        Line::from(spans.collect::<Vec<_>>())
    }
}

/// Returns a short form of a title.
fn title(column: &Column) -> String {
    let title = column.title();
    match title.strip_suffix(" Line") {
        Some(percent) => percent.to_owned(),
        None => title,
    }
}

fn cell(column: &Column, row: &LabelReport, names: &ShortNames) -> String {
    match column.cell(row).text {
        Some(text) => names.of(&printable(&text)).to_owned(),
        None => super::missing(),
    }
}
