//! The state of a run in progress: its report so far, and what is new.

use super::{PercentileValue, Report};
use crate::format;
use crate::percentile::{Percentile, value_at};
use crate::stats::{NewestErrors, Recent};
use crate::text;

/// Maximum characters of a label, a code or a message.
const MAX_CHARACTERS: usize = 300;

/// A run in progress: its report so far, its last seconds, and its newest errors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// The report of everything read so far.
    pub report: Report,
    /// The last seconds; `None` during the first one.
    pub recent: Option<RecentFigures>,
    /// The errors read last, the newest first.
    pub newest_errors: Vec<NewError>,
}

/// The figures of the seconds before the last row.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentFigures {
    /// Number of seconds.
    pub seconds: i64,
    /// Samples that ended, per second.
    pub throughput: f64,
    /// Share of failed samples, 0 to 1; `None` without samples.
    pub error_ratio: Option<f64>,
    /// Mean elapsed time, ms; `None` without samples.
    pub mean: Option<f64>,
    /// Percentiles of the elapsed time: exact below 2,048 ms, within 0.1% above, rounded up.
    pub percentiles: Vec<PercentileValue>,
    /// The largest elapsed time, with the same precision; `None` without samples.
    pub max: Option<i64>,
}

/// A sample that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewError {
    /// The end of the sample, epoch ms.
    pub end_ms: i64,
    /// The label.
    pub label: String,
    /// Response code; may be empty.
    pub code: String,
    /// The response message, then the message of the failed assertion; may be empty.
    pub message: String,
}

impl Live {
    /// Combines a report with the run's last seconds and newest errors.
    pub fn new(report: Report, recent: &Recent, newest: &NewestErrors) -> Self {
        let text = |bytes: &[u8]| format::shorten(&text::of(bytes), MAX_CHARACTERS);
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
