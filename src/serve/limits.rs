//! What the server puts up with.

use std::time::Duration;

/// Descriptors that are no client's: the standard streams, the listener, the runtime's own, files
/// being written, and connections that are being refused.
const DESCRIPTORS_KEPT: u64 = 64;

/// Limits that keep a client, or all of them together, from knocking the server over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; one more is answered with 503 and closed.
    pub max_connections: usize,
    /// Bytes of a request's line and headers; more are answered with 431 and the connection
    /// closed.
    pub max_header_bytes: usize,
    /// Bytes of a request's body, which is read and ignored; a larger one is answered with 413 and
    /// the connection closed.
    pub max_body_bytes: u64,
    /// Time for a request to arrive, from its first byte to its last, and for its answer to be
    /// taken; a slower client is answered with 408, or just cut off.
    pub read_timeout: Duration,
    /// Time that a connection stays open with nothing asked on it.
    pub idle_timeout: Duration,
    /// Time for requests in flight when the server is told to stop.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_connections: 65_536,
            max_header_bytes: 16 << 10,
            max_body_bytes: 1 << 20,
            read_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Connections that a process which may open this many files can serve at once.
pub fn connections_within(open_files: u64) -> usize {
    // Under a limit this low the half of it is all that can be promised.
    let connections = open_files
        .saturating_sub(DESCRIPTORS_KEPT)
        .max(open_files / 2);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// Open files that a process needs to serve this many connections at once.
pub fn open_files_for(connections: usize) -> u64 {
    (connections as u64).saturating_add(DESCRIPTORS_KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_other_files() {
        assert_eq!(connections_within(20_000), 19_936);
        assert_eq!(connections_within(1024), 960);
        assert_eq!(connections_within(20), 10);
        assert_eq!(connections_within(open_files_for(5000)), 5000);
    }
}
