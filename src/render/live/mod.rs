//! A running test in a terminal: as a screen, or a line at a time.

mod charts;
mod errors;
mod headline;
mod line;
mod table;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::text::printable;
use crate::format;
use crate::report::Live;

pub use line::line;
pub use table::Sort;

/// What a screen shows.
#[derive(Debug)]
pub struct View<'v> {
    /// The file's name.
    pub name: &'v str,
    /// The run so far; `None` before the first row.
    pub live: Option<&'v Live>,
    /// The state of the run, in a few words.
    pub state: &'v str,
    /// Whether something is wrong, such as no new row for a long time.
    pub is_warning: bool,
    /// The address of the live page, and the keys.
    pub footer: &'v str,
    /// Number of labels scrolled past.
    pub first_label: usize,
    /// The order of the labels; `None` for the file's order if all fit, else the worst first.
    pub sort: Option<Sort>,
    /// Whether to use colours.
    pub has_colors: bool,
}

/// Blanks at the left and the right.
const MARGIN: u16 = 1;
/// Smallest and largest height of a chart's bars, in lines.
const MIN_BARS: u16 = 2;
const MAX_BARS: u16 = 12;
/// Lines of errors, title included, that take precedence over higher charts.
const FEW_ERRORS: u16 = 11;
/// From this width on all charts stand side by side.
const WIDE: u16 = 120;

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, view: &View<'_>) {
    let area = frame.area();
    let inner = Rect {
        x: area.x + MARGIN.min(area.width),
        width: area.width.saturating_sub(2 * MARGIN),
        ..area
    };
    let look = Look {
        has_colors: view.has_colors,
    };
    let mut rest = inner;
    let mut take = |height: u16| {
        let height = height.min(rest.height);
        let taken = Rect { height, ..rest };
        rest.y += height;
        rest.height -= height;
        taken
    };
    head(frame, take(1), view, look);
    take(1);
    let Some(live) = view.live else {
        let below = take(inner.height.saturating_sub(3));
        let hint = "The table and the charts appear with the first row.";
        frame.render_widget(Line::styled(hint, look.dim()), below);
        frame.render_widget(Line::styled(view.footer, look.dim()), take(1));
        return;
    };
    headline::draw(frame, take(3), live, look);
    take(1);
    let rooms = Rooms::of(inner, live);
    charts::draw(frame, take(rooms.charts), &live.report, rooms.columns, look);
    take(u16::from(rooms.charts > 0));
    table::draw(
        frame,
        take(rooms.table),
        &live.report,
        (view.first_label, view.sort),
        look,
    );
    take(1);
    errors::draw(frame, take(rooms.errors), live, look);
    let bottom = Rect {
        y: inner.bottom().saturating_sub(1),
        height: 1.min(inner.height),
        ..inner
    };
    frame.render_widget(Line::styled(view.footer, look.dim()), bottom);
}

/// The layout of the parts whose height varies.
#[derive(Debug, PartialEq, Eq)]
struct Rooms {
    /// Number of charts side by side.
    columns: u16,
    charts: u16,
    table: u16,
    errors: u16,
}

impl Rooms {
    fn of(area: Rect, live: &Live) -> Self {
        // The head, the headline, the footer, and a blank line below each part.
        const FIXED: u16 = 1 + 1 + 3 + 1 + 1 + 1 + 1 + 1;
        let lines = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let room = area.height.saturating_sub(FIXED);
        let columns = if area.width >= WIDE { 4 } else { 2 };
        let rows_of_charts = charts::COUNT.div_ceil(columns);
        let charts_with = |bars: u16| rows_of_charts * (1 + bars);
        let wanted_table = lines(live.report.rows().count()).saturating_add(1);
        let wanted_errors = lines(live.newest_errors.len()).saturating_add(1);
        let least = charts_with(MIN_BARS);
        // A header, a label, TOTAL, and a line of errors come before charts.
        let mut charts = if room >= least + 4 { least } else { 0 };
        let below = room - charts;
        let table = wanted_table.min(below.saturating_sub(wanted_errors.min(4)).max(3));
        let mut spare = below.saturating_sub(table);
        let few_errors = wanted_errors.min(spare).min(FEW_ERRORS);
        spare -= few_errors;
        if charts > 0 {
            let more = (spare / rows_of_charts).min(MAX_BARS - MIN_BARS);
            charts = charts_with(MIN_BARS + more);
            spare -= more * rows_of_charts;
        }
        let errors = wanted_errors.min(few_errors + spare);
        Rooms {
            columns,
            charts,
            table,
            errors,
        }
    }
}

/// Draws the file's name, the run's duration and its state.
fn head(frame: &mut Frame<'_>, area: Rect, view: &View<'_>, look: Look) {
    let mut left = vec![Span::styled(printable(view.name), look.bold())];
    if let Some(live) = view.live
        && let Some(window) = live.report.window
    {
        left.push(Span::raw(format!(
            "  {}  {}",
            format::duration(window.duration_ms()),
            format::counted(live.report.total.samples, "sample"),
        )));
    }
    frame.render_widget(Line::from(left), area);
    let style = match view.is_warning {
        true => look.warning(),
        false => look.good(),
    };
    let state = Line::styled(format!("  {}", view.state), style);
    frame.render_widget(state.right_aligned(), area);
}

/// The screen's colours: few, and only where they carry meaning. Words say the same without them.
#[derive(Debug, Clone, Copy)]
struct Look {
    has_colors: bool,
}

impl Look {
    fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    fn good(self) -> Style {
        self.colored(Color::Green)
    }

    fn warning(self) -> Style {
        self.colored(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    fn bad(self) -> Style {
        self.colored(Color::Red)
    }

    fn bars(self) -> Style {
        self.colored(Color::Cyan)
    }

    fn colored(self, color: Color) -> Style {
        match self.has_colors {
            true => Style::new().fg(color),
            false => Style::new(),
        }
    }
}

/// A share as percent.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(missing, format::percent)
}

/// A rate per second, with one decimal below 1,000.
fn rate(rate: Option<f64>) -> String {
    match rate {
        None => missing(),
        Some(rate) if rate < 1_000.0 => format::fixed(rate, 1),
        Some(rate) => format::thousands(rate.round() as u64),
    }
}

/// Milliseconds.
fn ms(value: Option<i64>) -> String {
    value.map_or_else(missing, format::thousands)
}

fn missing() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests;
