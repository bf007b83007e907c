//! How results are read.

use std::collections::BTreeMap;
use std::thread;

use jiff::tz::TimeZone;

use super::csv::{DateOrder, DatePattern, EpochUnit, GivenHeader, Layout, UnknownLayout};
use super::input::Encoding;
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
    /// Whether reading stops at the first row that is rejected or repaired.
    pub strict: bool,
    /// The columns of numbers to read beside the times.
    pub metrics: Vec<MetricColumn>,
    /// The encoding of inputs that do not begin with a byte-order mark; `None` to detect it.
    pub encoding: Option<Encoding>,
    /// The columns and rows that are needed beside the usual ones.
    pub columns: ColumnOptions,
    /// The columns of CSV without a header; `None` to detect one of JMeter's default orders.
    pub header: Option<GivenHeader>,
}

/// Columns and rows that a selection needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnOptions {
    /// The column whose text becomes [`Sample::group_text`](super::Sample::group_text).
    pub group: Option<String>,
    /// Columns that every CSV input must have, each with the option that needs it.
    pub required: Vec<(String, String)>,
    /// Whether samples within samples of XML are rows, too, as they are in CSV.
    pub nested_samples: bool,
}

/// How `timeStamp` is read.
#[derive(Debug, Clone)]
pub struct TimestampOptions {
    /// The date format; `None` to detect it.
    pub format: Option<DatePattern>,
    /// The unit of numbers; `None` to detect it.
    pub unit: Option<EpochUnit>,
    /// The time zone of dates that do not say theirs.
    pub zone: TimeZone,
    /// Whether `timeStamp` is the end of a sample (`sampleresult.timestamp.start=false`).
    pub is_end: bool,
    /// The orders of day and month by the number of the input, as far as reading showed that the
    /// assumed one is wrong.
    pub(crate) orders: BTreeMap<u32, DateOrder>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            threads: thread::available_parallelism().map_or(1, usize::from),
            block_size: 512 << 10,
            timestamps: TimestampOptions::default(),
            strict: false,
            metrics: Vec::new(),
            columns: ColumnOptions::default(),
            encoding: None,
            header: None,
        }
    }
}

impl Default for TimestampOptions {
    /// Detects the format, reads dates in the system's time zone, and takes `timeStamp` as the
    /// start.
    fn default() -> Self {
        TimestampOptions {
            format: None,
            unit: None,
            zone: TimeZone::system(),
            is_end: false,
            orders: BTreeMap::new(),
        }
    }
}

impl TimestampOptions {
    /// Detects the layout of a part of the input with this number.
    pub(super) fn detect(&self, input: u32, start: &[u8]) -> Result<Layout, UnknownLayout> {
        let mut layout = Layout::detect(start, self.format.as_ref())?;
        layout.adjust_timestamps(self.unit, self.orders.get(&input).copied());
        Ok(layout)
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

    /// Sets [`ReadOptions::encoding`].
    #[must_use]
    pub fn encoding(self, encoding: Option<Encoding>) -> Self {
        ReadOptions { encoding, ..self }
    }
}
