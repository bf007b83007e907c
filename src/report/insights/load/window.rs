//! A part of a run that `--from` and `--to` select, and its exact figures.

use crate::stats::{Period, Periods};
use crate::units::MS_PER_SECOND;

use super::super::times::Counts;

/// A part of a run: the samples that start from `start_ms` to just before `end_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub start_ms: i64,
    pub end_ms: i64,
}

/// The figures of TOTAL in the aggregate table of a window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    /// Elapsed of all samples, ms.
    pub elapsed: Counts,
    /// Elapsed of successes, ms.
    pub ok: Counts,
    /// Samples per second from the first start to the last end.
    pub throughput: Option<f64>,
}

impl Window {
    pub fn new(start_ms: i64, end_ms: i64) -> Self {
        Window { start_ms, end_ms }
    }

    /// Returns the longest window within a time that is made of whole periods.
    pub fn within(periods: &Periods, start_ms: i64, end_ms: i64) -> Option<Self> {
        let width = periods.width_ms();
        let inside = periods
            .occupied()
            .filter(|&(start, _)| start >= start_ms && start.saturating_add(width) <= end_ms);
        let mut starts = inside.map(|(start, _)| start);
        let first = starts.next()?;
        let last = starts.last().unwrap_or(first);
        Some(Window::new(first, last.saturating_add(width)))
    }

    /// Computes the figures of the samples that start in a window made of whole periods.
    pub fn figures(self, periods: &Periods) -> Figures {
        let mut all = Period::default();
        for (start, period) in periods.occupied() {
            if (self.start_ms..self.end_ms).contains(&start) {
                all.merge(period);
            }
        }
        let elapsed = all.elapsed();
        let length = all.span.last_end().zip(all.span.first_start());
        let length = length.map(|(end, start)| end.saturating_sub(start));
        let rate = |ms: i64| elapsed.count() as f64 / (ms as f64 / MS_PER_SECOND);
        Figures {
            throughput: length.filter(|&ms| ms > 0).map(rate),
            ok: all.successes.counts(),
            elapsed: elapsed.counts(),
        }
    }

    /// Returns the options that select it.
    pub fn options(self) -> Vec<String> {
        let moment = |ms: i64| match jiff::Timestamp::from_millisecond(ms) {
            Ok(moment) => moment.to_string(),
            Err(_) => ms.to_string(),
        };
        let (from, to) = (moment(self.start_ms), moment(self.end_ms));
        ["--from".to_owned(), from, "--to".to_owned(), to].into()
    }
}
