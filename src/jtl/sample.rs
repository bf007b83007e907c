//! One row of a result file, borrowed from the block it was read in.

/// The largest count that JMeter reads: its `SampleCount` and `ErrorCount` are Java's `int`. No file
/// has so many rows that a sum of such counts overflows.
const LARGEST_COUNT: u64 = i32::MAX as u64;

/// A number as one of the counts; `None` if it is none.
pub(super) fn count(number: i64) -> Option<u64> {
    let count = u64::try_from(number).ok()?;
    (count <= LARGEST_COUNT).then_some(count)
}

/// One JMeter sample. Text is the file's bytes: usually UTF-8, never checked.
///
/// A column that the file does not have is `None` or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample<'a> {
    /// Where the row begins: bytes from the start of the first input, growing from row to row.
    pub position: u64,
    /// Which input it comes from, counted from 0.
    pub input: u32,
    /// Start of the sample, epoch ms (whatever `timeStamp` means in the file).
    pub time_stamp: i64,
    /// Duration, ms.
    pub elapsed: i64,
    /// Time to the first byte of the response, ms.
    pub latency: Option<i64>,
    /// Time to connect, ms.
    pub connect: Option<i64>,
    /// Time not spent sampling, ms.
    pub idle_time: Option<i64>,
    /// Name of the sampler.
    pub label: &'a [u8],
    /// Response code: three digits or a sentence.
    pub response_code: &'a [u8],
    /// Response message.
    pub response_message: &'a [u8],
    /// Message of the first failed assertion.
    pub failure_message: &'a [u8],
    /// Thread name, such as `Thread Group 1-12`.
    pub thread_name: &'a [u8],
    /// URL of the request.
    pub url: &'a [u8],
    /// Host that ran the sampler.
    pub hostname: &'a [u8],
    /// Whether the sample succeeded.
    pub success: bool,
    /// Bytes received.
    pub bytes: Option<i64>,
    /// Bytes sent.
    pub sent_bytes: Option<i64>,
    /// Active threads of the sample's thread group.
    pub grp_threads: Option<i64>,
    /// Active threads of the sample's engine.
    pub all_threads: Option<i64>,
    /// Samples that the row stands for; 1 but for aggregated rows.
    pub sample_count: u64,
    /// How many of them failed.
    pub error_count: u64,
}

/// Where a row comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// See [`Sample::position`].
    pub position: u64,
    /// See [`Sample::input`].
    pub input: u32,
}

impl Default for Sample<'_> {
    /// A success that took 0 ms, in a row that has no other columns.
    fn default() -> Self {
        Sample {
            position: 0,
            input: 0,
            time_stamp: 0,
            elapsed: 0,
            latency: None,
            connect: None,
            idle_time: None,
            label: b"",
            response_code: b"",
            response_message: b"",
            failure_message: b"",
            thread_name: b"",
            url: b"",
            hostname: b"",
            success: true,
            bytes: None,
            sent_bytes: None,
            grp_threads: None,
            all_threads: None,
            sample_count: 1,
            error_count: 0,
        }
    }
}

impl Sample<'_> {
    /// End of the sample, epoch ms.
    pub fn end(&self) -> i64 {
        self.time_stamp.saturating_add(self.elapsed)
    }

    /// Elapsed time of each of the samples the row stands for, ms: JMeter divides integers.
    pub fn elapsed_each(&self) -> i64 {
        match i64::try_from(self.sample_count) {
            Ok(count) if count > 1 => self.elapsed / count,
            _ => self.elapsed,
        }
    }

    /// Whether a transaction controller wrote the row.
    pub fn is_controller(&self) -> bool {
        self.response_message
            .starts_with(b"Number of samples in transaction")
    }

    /// Whether a transaction controller wrote the row for a transaction without samples.
    pub fn is_empty_controller(&self) -> bool {
        self.response_message
            .starts_with(b"Number of samples in transaction : 0")
    }
}
