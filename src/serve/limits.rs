//! Limits that protect the server from slow, greedy or too many clients.

use std::time::Duration;

/// File descriptors reserved for everything except clients: the standard streams, the listener,
/// the runtime, output files, and connections that are being refused.
const RESERVED_DESCRIPTORS: u64 = 64;

/// Limits on connections, request sizes and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most connections open at once; further ones get 503 and are closed.
    pub max_connections: usize,
    /// Largest request line and headers together, in bytes; more gets 431 and closes the
    /// connection.
    pub max_header_bytes: usize,
    /// Largest request body, in bytes, which is read and ignored; a larger one gets 413 and closes
    /// the connection.
    pub max_body_bytes: u64,
    /// Longest time for a request to arrive, from its first byte to its last, and for the client
    /// to read the answer. A slower request gets 408; a slower reader is disconnected.
    pub read_timeout: Duration,
    /// Longest time that a connection may be idle.
    pub idle_timeout: Duration,
    /// Longest time for requests in flight to finish once the server is told to stop.
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

/// The fewest files that a process must be allowed to open to serve at all: those it opens for itself, and
/// some connections.
pub const MIN_OPEN_FILES: u64 = 24;

/// Returns how many connections a process can serve at once if it may open `open_files` files.
pub fn connections_within(open_files: u64) -> usize {
    // Under a very low limit, half of it is for connections.
    let connections = open_files
        .saturating_sub(RESERVED_DESCRIPTORS)
        .max(open_files / 2);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// Returns how many open files a process needs to serve `connections` at once.
pub fn open_files_for(connections: usize) -> u64 {
    (connections as u64).saturating_add(RESERVED_DESCRIPTORS)
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
