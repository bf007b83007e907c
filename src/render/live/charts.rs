//! The run over time as text bars.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Sparkline;

use super::{Look, ms, rate};
use crate::percentile::Percentile;
use crate::report::{Report, TimeSeries};

/// Number of charts.
pub const COUNT: u16 = 4;

/// Columns between two charts.
const GAP: u16 = 3;

/// Charts with more lines than this have one for the time axis.
const MAX_WITHOUT_TIME: u16 = 4;

/// Steps in which a bar grows within a line of text.
const STEPS: f64 = 8.0;

/// The percentile to draw, or the nearest that is computed.
const PERCENT: f64 = 95.0;

struct Chart {
    title: String,
    /// One value per bucket.
    values: Vec<Option<f64>>,
    /// Combines the values that share a column.
    column: fn(&[f64]) -> f64,
    /// Formats a value.
    text: fn(f64) -> String,
    style: Style,
}

/// Draws the charts in a grid of `columns` columns.
pub fn draw(frame: &mut Frame<'_>, area: Rect, report: &Report, columns: u16, look: Look) {
    let Some(series) = report.time_series.as_ref().filter(|_| area.height > 0) else {
        return;
    };
    let rows = COUNT.div_ceil(columns);
    let rows = Layout::vertical(vec![Constraint::Length(area.height / rows); rows.into()]);
    let beside = vec![Constraint::Fill(1); columns.into()];
    let beside = Layout::horizontal(beside).spacing(GAP);
    let rows = rows.split(area);
    let places = rows.iter().flat_map(|row| beside.split(*row).to_vec());
    for (chart, place) in charts(series, look).into_iter().zip(places) {
        chart.draw(frame, place, look);
    }
}

fn charts(series: &TimeSeries, look: Look) -> [Chart; COUNT as usize] {
    let seconds = series.bucket_ms as f64 / 1_000.0;
    let per_second = |count: u64| Some(count as f64 / seconds);
    let total = &series.total;
    let all = total.ok.iter().zip(&total.ko).map(|(ok, ko)| ok + ko);
    let has_errors = total.ko.iter().any(|&ko| ko > 0);
    let (percent, percentiles) = percentiles(series);
    let mut charts = [
        Chart {
            title: "samples/s".to_owned(),
            values: all.map(per_second).collect(),
            column: mean,
            text: |value| rate(Some(value)),
            style: look.bars(),
        },
        Chart {
            title: format!("{percent} ms"),
            values: percentiles,
            column: largest,
            text: |value| ms(Some(value.round() as i64)),
            style: look.bars(),
        },
        Chart {
            title: "errors/s".to_owned(),
            values: total.ko.iter().map(|&ko| per_second(ko)).collect(),
            column: mean,
            text: |value| rate(Some(value)),
            style: if has_errors { look.bad() } else { look.bars() },
        },
        Chart {
            title: "threads".to_owned(),
            values: series.active_threads.clone(),
            column: largest,
            text: |value| ms(Some(value.round() as i64)),
            style: look.bars(),
        },
    ];
    // The last bucket is not over yet, and its rates would seem to fall.
    if series.len() > 2 {
        for chart in &mut charts {
            chart.values.truncate(series.len() - 1);
        }
    }
    charts
}

/// Returns the name of the percentile nearest to [`PERCENT`] and its value in each bucket.
fn percentiles(series: &TimeSeries) -> (String, Vec<Option<f64>>) {
    let distance = |percent: Percentile| (percent.percent() - PERCENT).abs();
    let nearest = series
        .percentiles
        .iter()
        .min_by(|a, b| distance(a.percent).total_cmp(&distance(b.percent)));
    match nearest {
        Some(found) => (
            format!("{}%", found.percent.percent()),
            found.values.iter().map(|&ms| Some(ms? as f64)).collect(),
        ),
        None => ("percentile".to_owned(), Vec::new()),
    }
}

impl Chart {
    /// Draws a line with the title, the last value and the peak, and bars below it.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: Look) {
        let time_height = u16::from(area.height > MAX_WITHOUT_TIME);
        let parts = [1, area.height.saturating_sub(1 + time_height), time_height];
        let [head, below, time] = Layout::vertical(parts.map(Constraint::Length)).areas(area);
        let columns = stretched(&self.values, area.width.into(), self.column);
        let columns_are_empty = columns.is_empty();
        let known = columns.iter().flatten().copied();
        let peak = known.clone().fold(0.0, f64::max);
        let figures = match known.last() {
            Some(last) => format!("now {}  peak {}", (self.text)(last), (self.text)(peak)),
            None => "not in the file".to_owned(),
        };
        frame.render_widget(Span::styled(self.title.as_str(), look.bold()), head);
        frame.render_widget(Line::styled(figures, look.dim()).right_aligned(), head);
        let tallest = STEPS * f64::from(below.height);
        let heights: Vec<Option<u64>> = columns
            .into_iter()
            .map(|value| match value? {
                value if value <= 0.0 || peak <= 0.0 => Some(0),
                // Any value above zero must be visible.
                value => Some(((value / peak * tallest).round() as u64).max(1)),
            })
            .collect();
        let bars = Sparkline::default()
            .data(heights)
            .max(tallest as u64)
            .absent_value_symbol(" ")
            .style(self.style);
        frame.render_widget(bars, below);
        if !columns_are_empty {
            frame.render_widget(Span::styled("start", look.dim()), time);
            frame.render_widget(Line::styled("now", look.dim()).right_aligned(), time);
        }
    }
}

/// Stretches values over the whole width: `column` combines those that share a column, or one value
/// spans several.
fn stretched(values: &[Option<f64>], width: usize, column: fn(&[f64]) -> f64) -> Vec<Option<f64>> {
    if values.is_empty() {
        return Vec::new();
    }
    let at = |place: usize| place * values.len() / width;
    (0..width)
        .map(|place| {
            let (from, to) = (at(place), at(place + 1).max(at(place) + 1));
            let known: Vec<f64> = values[from..to].iter().flatten().copied().collect();
            (!known.is_empty()).then(|| column(&known))
        })
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fill_the_width() {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(stretched(&[], 3, mean), []);
        assert_eq!(stretched(&some(&[1.0]), 3, mean), some(&[1.0, 1.0, 1.0]));
        assert_eq!(
            stretched(&some(&[1.0, 2.0, 3.0]), 3, mean),
            some(&[1.0, 2.0, 3.0])
        );
        assert_eq!(
            stretched(&some(&[1.0, 3.0, 5.0, 7.0]), 2, mean),
            some(&[2.0, 6.0])
        );
        assert_eq!(
            stretched(&some(&[1.0, 3.0, 7.0, 5.0]), 2, largest),
            some(&[3.0, 7.0])
        );
        assert_eq!(
            stretched(&[Some(1.0), None, None, None], 2, mean),
            [Some(1.0), None]
        );
    }
}
