//! Usual rows, whose texts are known by the rows before.

/// Rows that are read, and received, at once.
pub const AT_ONCE: usize = 64;

/// Which of the rows before a row is like: all its texts are the same, apart from the label, the number of
/// its thread, and what follows the host in its URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kind {
    /// Its place among the kinds that are remembered, which another kind may take later.
    pub place: u32,
    /// Never used again for another kind. Kinds are counted from 1.
    pub serial: u32,
}

/// A row of a known kind: a success without a failure message, which a sampler wrote.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsualRow {
    /// Its kind.
    pub kind: Kind,
    /// See [`Sample::position`](super::Sample::position).
    pub position: u64,
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
    /// The number that the thread name ends with; 0 without one.
    pub thread: u32,
}
