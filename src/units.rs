//! Units: KB = 1024 bytes, times in milliseconds, rates per second.

/// Bytes per KB, as in JMeter's KB/sec.
pub const BYTES_PER_KB: f64 = 1024.0;

/// Milliseconds per second.
pub const MS_PER_SECOND: f64 = 1000.0;
