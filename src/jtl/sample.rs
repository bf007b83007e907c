//! One row of a result file, borrowed from its block.

/// The largest `SampleCount` and `ErrorCount`, which are Java's `int`. No file has enough rows for
/// a sum of such counts to overflow.
const MAX_COUNT: u64 = i32::MAX as u64;

/// A number as a count; `None` if it is out of range.
pub(super) fn count(number: i64) -> Option<u64> {
    let count = u64::try_from(number).ok()?;
    (count <= MAX_COUNT).then_some(count)
}

/// One JMeter sample. Text is the file's bytes: usually UTF-8, never checked.
///
/// If the file does not have a column, its value is `None` or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample<'a> {
    /// Start of the row: bytes from the start of the first input. Positions of rows ascend.
    pub position: u64,
    /// Number of its input, counted from 0.
    pub input: u32,
    /// Start of the sample, epoch ms, even if `timeStamp` in the file is the end.
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
    /// Text of the column that samples are grouped by, if any: see
    /// [`ColumnOptions::group`](super::ColumnOptions::group).
    pub group_text: &'a [u8],
    /// Whether the sample is a sub-result of another, such as a redirect, if the file says so.
    pub is_sub_result: Option<bool>,
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
    /// Number of samples in the row: 1 unless the row is aggregated.
    pub sample_count: u64,
    /// Number of failed samples in the row.
    pub error_count: u64,
    /// The values of [`ReadOptions::metrics`](super::ReadOptions::metrics) in thousandths, in that
    /// order: `None` for a field without a number. Empty if the file has none of these columns.
    pub metrics: &'a [Option<i64>],
}

/// Number of texts of a sample.
pub(super) const TEXTS: usize = 8;

impl<'a> Sample<'a> {
    /// Its texts.
    pub(super) fn texts(&self) -> [&'a [u8]; TEXTS] {
        [
            self.label,
            self.response_code,
            self.response_message,
            self.failure_message,
            self.thread_name,
            self.url,
            self.hostname,
            self.group_text,
        ]
    }

    /// This sample with other texts, which are in the order of [`Sample::texts`], and other metrics.
    pub(super) fn with_texts<'b>(
        &self,
        texts: [&'b [u8]; TEXTS],
        metrics: &'b [Option<i64>],
    ) -> Sample<'b> {
        let [
            label,
            response_code,
            response_message,
            failure_message,
            thread_name,
            url,
            hostname,
            group_text,
        ] = texts;
        Sample {
            position: self.position,
            input: self.input,
            time_stamp: self.time_stamp,
            elapsed: self.elapsed,
            latency: self.latency,
            connect: self.connect,
            idle_time: self.idle_time,
            label,
            response_code,
            response_message,
            failure_message,
            thread_name,
            url,
            hostname,
            group_text,
            is_sub_result: self.is_sub_result,
            success: self.success,
            bytes: self.bytes,
            sent_bytes: self.sent_bytes,
            grp_threads: self.grp_threads,
            all_threads: self.all_threads,
            sample_count: self.sample_count,
            error_count: self.error_count,
            metrics,
        }
    }
}

/// The place of a row.
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
            group_text: b"",
            is_sub_result: None,
            success: true,
            bytes: None,
            sent_bytes: None,
            grp_threads: None,
            all_threads: None,
            sample_count: 1,
            error_count: 0,
            metrics: &[],
        }
    }
}

impl Sample<'_> {
    /// End of the sample, epoch ms.
    pub fn end(&self) -> i64 {
        self.time_stamp.saturating_add(self.elapsed)
    }

    /// Elapsed time of each sample in the row, ms. The division truncates, as JMeter's does.
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
