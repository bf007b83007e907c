//! The state of a run that is going on: its report so far, and what is new.

use super::{PercentileValue, Report};
use crate::format;
use crate::percentile::{Percentile, value_at};
use crate::stats::{NewestErrors, Recent};

/// Maximum letters of a label, a code or a message.
const MAX_LETTERS: usize = 300;

/// A run that is going on: the report of what was read so far, and what is new in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// Of all that was read so far.
    pub report: Report,
    /// The last seconds; `None` before the first one is over.
    pub recent: Option<RecentFigures>,
    /// The errors read last, the newest first.
    pub newest_errors: Vec<NewError>,
}

/// The figures of the last seconds before the last row.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentFigures {
    /// How many seconds.
    pub seconds: i64,
    /// Samples that ended, per second.
    pub throughput: f64,
    /// Failed ones among them, 0 to 1; `None` without samples.
    pub error_ratio: Option<f64>,
    /// Mean elapsed time, ms; `None` without samples.
    pub mean: Option<f64>,
    /// Percentiles of the elapsed time: exact below 2,048 ms, above within 0.1%, rounded up.
    pub percentiles: Vec<PercentileValue>,
    /// The largest elapsed time, with the same precision; `None` without samples.
    pub max: Option<i64>,
}

/// A sample that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewError {
    /// When it ended, epoch ms.
    pub end_ms: i64,
    /// Its label.
    pub label: String,
    /// Response code; may be empty.
    pub code: String,
    /// What the server said, and then the assertion that failed; may be empty.
    pub message: String,
}

impl Live {
    /// The state of a run, from what was read so far.
    pub fn new(report: Report, recent: &Recent, newest: &NewestErrors) -> Self {
        let text = |bytes: &[u8]| format::shorten(&String::from_utf8_lossy(bytes), MAX_LETTERS);
        Live {
            recent: figures(recent, &report.options.percentiles),
            newest_errors: newest
                .iter()
                .map(|failed| NewError {
                    end_ms: failed.end,
                    label: text(&failed.label),
                    code: text(&failed.code),
                    message: match (&failed.message[..], &failed.failure[..]) {
                        (only, []) | ([], only) => text(only),
                        (message, failure) => format!("{}: {}", text(message), text(failure)),
                    },
                })
                .collect(),
            report,
        }
    }
}

fn figures(recent: &Recent, percentiles: &[Percentile]) -> Option<RecentFigures> {
    let (sum, seconds) = recent.sum()?;
    let counts = sum.times.counts();
    let of_each = |whole: f64| (sum.samples > 0).then(|| whole / sum.samples as f64);
    let percentiles = percentiles.iter().filter_map(|&percent| {
        let value = value_at(&counts, sum.samples, percent)?;
        Some(PercentileValue { percent, value })
    });
    Some(RecentFigures {
        seconds,
        throughput: sum.samples as f64 / seconds as f64,
        error_ratio: of_each(sum.errors as f64),
        mean: of_each(sum.elapsed.total() as f64),
        percentiles: percentiles.collect(),
        max: counts.last().map(|&(value, _)| value),
    })
}
