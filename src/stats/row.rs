//! Usual rows in the few numbers that statistics need of them.

use crate::jtl::Sample;

/// A usual row: a success of one sample, with every number that JMeter writes by default, written by a
/// sampler.
///
/// Its texts are numbers already, so that it outlives the block that it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsualRow {
    /// Start, epoch ms.
    pub time_stamp: i64,
    /// Duration, ms.
    pub elapsed: u32,
    /// Time to the first byte of the response, ms.
    pub latency: u32,
    /// Time to connect, ms.
    pub connect: u32,
    /// Bytes received.
    pub bytes: u32,
    /// Bytes sent.
    pub sent_bytes: u32,
    /// Active threads of the engine.
    pub all_threads: u32,
    /// Number of the label.
    pub label: u32,
    /// Place of the cell of its origin.
    pub origin: u32,
    /// Bytes from the position of the first row of the batch.
    pub offset: u32,
    /// Number of the response code.
    pub code: u16,
    /// Number of the engine.
    pub engine: u16,
}

impl UsualRow {
    /// A row without the numbers of its texts. `None` if it is not usual.
    #[inline(always)]
    pub fn of(sample: &Sample<'_>) -> Option<Self> {
        let is_usual = sample.success
            && sample.sample_count == 1
            && sample.error_count == 0
            && sample.metrics.is_empty()
            && !sample.is_controller();
        if !is_usual {
            return None;
        }
        let number = |number: i64| u32::try_from(number).ok();
        Some(UsualRow {
            time_stamp: sample.time_stamp,
            elapsed: number(sample.elapsed)?,
            latency: number(sample.latency?)?,
            connect: number(sample.connect?)?,
            bytes: number(sample.bytes?)?,
            sent_bytes: number(sample.sent_bytes?)?,
            all_threads: number(sample.all_threads?)?,
            label: 0,
            origin: 0,
            offset: 0,
            code: 0,
            engine: 0,
        })
    }

    /// Duration, ms.
    #[inline(always)]
    pub fn elapsed(&self) -> i64 {
        i64::from(self.elapsed)
    }

    /// End, epoch ms.
    #[inline(always)]
    pub fn end(&self) -> i64 {
        self.time_stamp.saturating_add(self.elapsed())
    }
}
