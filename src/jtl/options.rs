//! How results are read.

use std::thread;

use jiff::tz::TimeZone;

use super::csv::DatePattern;

/// How to read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Number of workers, each with a sink of its own.
    pub threads: usize,
    /// Bytes of a block, about; at most 64 MiB. Any size gives the same samples and rejections.
    pub block_size: usize,
    /// How to read `timeStamp`.
    pub timestamps: TimestampOptions,
    /// Whether to stop at the first row that must be rejected.
    pub strict: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            threads: thread::available_parallelism().map_or(1, usize::from),
            block_size: 256 << 10,
            timestamps: TimestampOptions {
                format: None,
                zone: TimeZone::system(),
                is_end: false,
            },
            strict: false,
        }
    }
}

/// How to read `timeStamp`.
#[derive(Debug, Clone)]
pub struct TimestampOptions {
    /// The format, if it is not to be found out.
    pub format: Option<DatePattern>,
    /// The time zone of dates.
    pub zone: TimeZone,
    /// Whether `timeStamp` is the end of a sample (`sampleresult.timestamp.start=false`).
    pub is_end: bool,
}
