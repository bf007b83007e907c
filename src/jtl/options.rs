//! How results are read.

use std::thread;

use jiff::tz::TimeZone;

use super::csv::DatePattern;
use super::metric::MetricColumn;

/// How results are read.
///
/// ```
/// use perfkit::jtl::ReadOptions;
///
/// let options = ReadOptions::default().threads(1).strict(true);
/// assert_eq!(options.threads, 1);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    /// Number of threads that parse, each with a sink of its own. By default one per CPU.
    pub threads: usize,
    /// Approximate size of a block in bytes, at most 64 MiB. It has no effect on what is read.
    pub block_size: usize,
    /// How `timeStamp` is read.
    pub timestamps: TimestampOptions,
    /// Whether reading stops at the first rejected row.
    pub strict: bool,
    /// The columns of numbers to read beside the times.
    pub metrics: Vec<MetricColumn>,
}

/// How `timeStamp` is read.
#[derive(Debug, Clone)]
pub struct TimestampOptions {
    /// The date format; `None` to detect it.
    pub format: Option<DatePattern>,
    /// The time zone of dates.
    pub zone: TimeZone,
    /// Whether `timeStamp` is the end of a sample (`sampleresult.timestamp.start=false`).
    pub is_end: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            threads: thread::available_parallelism().map_or(1, usize::from),
            block_size: 256 << 10,
            timestamps: TimestampOptions::default(),
            strict: false,
            metrics: Vec::new(),
        }
    }
}

impl Default for TimestampOptions {
    /// Detects the format, reads dates in the system's time zone, and takes `timeStamp` as the
    /// start.
    fn default() -> Self {
        TimestampOptions {
            format: None,
            zone: TimeZone::system(),
            is_end: false,
        }
    }
}

impl ReadOptions {
    /// Sets [`ReadOptions::threads`].
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        ReadOptions { threads, ..self }
    }

    /// Sets [`ReadOptions::block_size`].
    #[must_use]
    pub fn block_size(self, block_size: usize) -> Self {
        ReadOptions { block_size, ..self }
    }

    /// Sets [`ReadOptions::timestamps`].
    #[must_use]
    pub fn timestamps(self, timestamps: TimestampOptions) -> Self {
        ReadOptions { timestamps, ..self }
    }

    /// Sets [`ReadOptions::strict`].
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        ReadOptions { strict, ..self }
    }

    /// Sets [`ReadOptions::metrics`].
    #[must_use]
    pub fn metrics(self, metrics: Vec<MetricColumn>) -> Self {
        ReadOptions { metrics, ..self }
    }
}
