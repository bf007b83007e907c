//! Usual rows in the few numbers that statistics need, and runs of rows that are counted together.

use super::timings::Times;
use crate::jtl::{Edge, Reach, Sample};

/// Times are usual if they are below 2^62 ms since the epoch, so that no end overflows.
const MAX_TIME: u64 = 1 << 62;

/// A usual row: a success of one sample, with every number that JMeter writes by default, written by a
/// sampler.
///
/// Its texts are one number, so that it outlives the block that it was read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchRow {
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
    /// Bytes from the position of the first row of the batch.
    pub offset: u32,
    /// Number of its [`Texts`].
    pub texts: u32,
    /// Number of its label.
    pub label: u32,
}

/// What the texts of rows are, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Texts {
    /// Number of the label; `None` if nothing but the figures of labels depends on it.
    pub label: Option<u32>,
    /// Place of the cell of the origin.
    pub origin: u32,
    /// Number of the response code.
    pub code: u16,
    /// Number of the engine.
    pub engine: u16,
}

/// Rows with the same texts that end in the same bucket of the timeline, and what many figures need of them.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The rows, at least one, in the order of reading.
    pub rows: &'a [BatchRow],
    /// From where their positions are counted.
    position: u64,
    /// The smallest offset.
    offset: u32,
    /// The first start, epoch ms.
    pub first_start: i64,
    /// The last start, epoch ms.
    pub last_start: i64,
    /// The last end, epoch ms.
    pub last_end: i64,
    /// The longest duration, ms.
    pub longest: u32,
    /// The most active threads.
    pub max_threads: u32,
    /// Sum of durations, ms.
    pub elapsed: i64,
    /// Sum of latency, ms.
    pub latency: i64,
    /// Sum of connect times, ms.
    pub connect: i64,
    /// Bytes received.
    pub bytes: i64,
    /// Bytes sent.
    pub sent_bytes: i64,
    /// Sum of active threads.
    pub threads: i64,
}

impl BatchRow {
    /// A row without the number of its texts. `None` if it is not usual.
    pub fn of(sample: &Sample<'_>) -> Option<Self> {
        let is_usual = sample.success
            && sample.sample_count == 1
            && sample.error_count == 0
            && sample.metrics.is_empty()
            && !sample.is_controller()
            && is_usual_time(sample.time_stamp);
        if !is_usual {
            return None;
        }
        let number = |number: i64| u32::try_from(number).ok();
        Some(BatchRow {
            time_stamp: sample.time_stamp,
            elapsed: number(sample.elapsed)?,
            latency: number(sample.latency?)?,
            connect: number(sample.connect?)?,
            bytes: number(sample.bytes?)?,
            sent_bytes: number(sample.sent_bytes?)?,
            all_threads: number(sample.all_threads?)?,
            ..BatchRow::default()
        })
    }

    /// Duration, ms.
    #[inline(always)]
    pub fn elapsed(&self) -> i64 {
        i64::from(self.elapsed)
    }

    /// Its times.
    #[inline(always)]
    pub fn times(&self) -> Times {
        Times {
            elapsed: self.elapsed(),
            success: true,
            latency: Some(i64::from(self.latency)),
            connect: Some(i64::from(self.connect)),
        }
    }

    /// End, epoch ms.
    #[inline(always)]
    pub fn end(&self) -> i64 {
        self.time_stamp.wrapping_add(self.elapsed())
    }
}

/// Whether a row with this start may be a [`BatchRow`].
#[inline(always)]
pub fn is_usual_time(time_stamp: i64) -> bool {
    (time_stamp as u64) < MAX_TIME
}

impl<'a> Run<'a> {
    /// A run of rows, whose positions are counted from this one.
    #[inline(always)]
    pub fn of(rows: &'a [BatchRow], position: u64) -> Self {
        let (mut offset, mut first_start) = (u32::MAX, i64::MAX);
        let (mut last_start, mut last_end) = (i64::MIN, i64::MIN);
        for row in rows {
            offset = row.offset.min(offset);
            first_start = row.time_stamp.min(first_start);
            last_start = row.time_stamp.max(last_start);
            last_end = row.end().max(last_end);
        }
        let mut run = Run {
            rows,
            position,
            offset,
            first_start,
            last_start,
            last_end,
            longest: 0,
            max_threads: 0,
            elapsed: 0,
            latency: 0,
            connect: 0,
            bytes: 0,
            sent_bytes: 0,
            threads: 0,
        };
        for row in rows {
            run.longest = row.elapsed.max(run.longest);
            run.max_threads = row.all_threads.max(run.max_threads);
            // A batch has too few rows for a sum to overflow.
            run.elapsed += i64::from(row.elapsed);
            run.latency += i64::from(row.latency);
            run.connect += i64::from(row.connect);
            run.bytes += i64::from(row.bytes);
            run.sent_bytes += i64::from(row.sent_bytes);
            run.threads += i64::from(row.all_threads);
        }
        run
    }

    /// Durations, ms.
    #[inline(always)]
    pub fn elapsed_times(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().map(|row| row.elapsed)
    }

    /// Number of rows.
    pub fn count(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Position of the first row.
    pub fn first_position(&self) -> u64 {
        self.position.saturating_add(u64::from(self.offset))
    }

    /// Its first and last row.
    pub fn reach(&self) -> Option<Reach> {
        let edge = |row: &BatchRow| {
            let position = self.position.saturating_add(u64::from(row.offset));
            Edge::new(position, row.time_stamp, row.end())
        };
        Some(Reach::new(
            edge(self.rows.first()?),
            edge(self.rows.last()?),
        ))
    }
}
