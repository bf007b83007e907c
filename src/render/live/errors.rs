//! The newest errors.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::Look;
use crate::format;
use crate::render::text::printable;
use crate::report::{Live, NewError};
use crate::short_names::ShortNames;

/// Largest width of a label and of a code: some codes are whole sentences.
const MAX_WIDTH: usize = 24;

/// A title and the errors below it, the newest first.
pub fn draw(frame: &mut Frame<'_>, area: Rect, live: &Live, look: Look) {
    let errors = live.report.total.errors;
    let title = match errors {
        0 => Line::styled("No errors", look.dim()),
        errors => Line::from(vec![
            Span::styled("Newest errors", look.bold()),
            Span::styled(
                format!(", of {}; times in UTC", format::thousands(errors)),
                look.dim(),
            ),
        ]),
    };
    let shown = area.height.saturating_sub(1);
    let shown: Vec<&NewError> = live.newest_errors.iter().take(shown.into()).collect();
    let labels = live.report.labels.iter().map(|row| printable(&row.label));
    let labels: Vec<String> = labels.collect();
    let names = ShortNames::new(labels.iter().map(String::as_str), MAX_WIDTH);
    let name = |error: &NewError| names.of(&printable(&error.label)).to_owned();
    let code = |error: &NewError| printable(&error.code);
    let widest = |of: &dyn Fn(&NewError) -> String| {
        let widths = shown.iter().map(|error| of(error).width());
        widths.max().unwrap_or(0).min(MAX_WIDTH)
    };
    let widths = [widest(&name), widest(&code)];
    let lines = shown.iter().map(|error| {
        let name = name(error);
        line(error, &name, widths, look)
    });
    for (line, row) in [title].into_iter().chain(lines).zip(area.rows()) {
        frame.render_widget(line, row);
    }
}

/// A line whose label and code are as wide as those of the others.
fn line(error: &NewError, name: &str, [label, code]: [usize; 2], look: Look) -> Line<'static> {
    let time = format::utc_time(error.end_ms);
    let padded = |text: &str, width: usize| {
        let text = format::fit(&printable(text), width);
        let blanks = " ".repeat(width.saturating_sub(text.width()));
        format!("  {text}{blanks}")
    };
    Line::from(vec![
        Span::styled(time, look.dim()),
        Span::raw(padded(name, label)),
        Span::styled(padded(&error.code, code), look.bad()),
        Span::raw(format!("  {}", printable(&error.message))),
    ])
}
