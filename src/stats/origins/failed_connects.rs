//! Requests that never got a connection.

use serde::{Deserialize, Serialize};

use crate::jtl::Sample;
use crate::stats::consistency::{self, Checked};
use crate::stats::distribution::Distribution;
use crate::stats::sum::Sum;

/// What JMeter puts before the name of an exception in the response code.
const CODE: &[u8] = b"Non HTTP response code: ";

/// Exceptions that say that there was no connection.
///
/// Source: java.net and java.nio.channels, Apache HttpClient 4 and 5, Netty.
const EXCEPTIONS: [&[u8]; 10] = [
    b"ConnectException",
    b"HttpHostConnectException",
    b"UnknownHostException",
    b"NoRouteToHostException",
    b"ConnectTimeoutException",
    b"PortUnreachableException",
    b"UnresolvedAddressException",
    b"AnnotatedConnectException",
    b"AnnotatedNoRouteToHostException",
    b"BindException",
];

/// Messages of other exceptions of sockets that say so, in lower case.
const MESSAGES: [&[u8]; 7] = [
    b"connect timed out",
    b"connection timed out: connect",
    b"connection refused",
    b"network is unreachable",
    b"host is down",
    b"no route to host",
    b"assign requested address",
];

/// The requests of a run that never got a connection. JMeter writes the time that they waited as their
/// connect time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedConnects {
    /// Rows.
    pub rows: u64,
    elapsed: Sum,
    /// Their connect times, ms.
    pub connect: Distribution,
    /// Their latencies, ms.
    pub latency: Distribution,
}

impl FailedConnects {
    /// Sum of elapsed, ms.
    pub fn elapsed_sum(&self) -> i128 {
        self.elapsed.total()
    }

    pub(super) fn record(&mut self, sample: &Sample<'_>) {
        self.rows += 1;
        self.elapsed.add(sample.elapsed);
        if let Some(connect) = sample.connect {
            self.connect.record(connect, 1);
        }
        if let Some(latency) = sample.latency {
            self.latency.record(latency, 1);
        }
    }

    pub(super) fn merge(&mut self, other: &FailedConnects) {
        self.rows += other.rows;
        self.elapsed.merge(other.elapsed);
        self.connect.merge(&other.connect);
        self.latency.merge(&other.latency);
    }

    pub(super) fn check(&self, samples: u64) -> Checked<()> {
        let times = self.connect.check()?.max(self.latency.check()?);
        let is_sound = times <= self.rows && self.elapsed.is_of(self.rows);
        let is_sound = is_sound && consistency::total([self.rows, samples]).is_ok();
        consistency::ensure(
            is_sound,
            "its failed connects and their times differ in number",
        )
    }
}

/// Whether a failed row says that it never got a connection. A TLS handshake that failed had one.
pub(super) fn is_one(sample: &Sample<'_>) -> bool {
    let code = sample.response_code;
    let exception = code.strip_prefix(CODE).unwrap_or(code);
    let end = memchr::memchr3(b':', b'/', b' ', exception).unwrap_or(exception.len());
    let name = exception.get(..end).unwrap_or_default();
    let Some(dot) = memchr::memrchr2(b'.', b'$', name) else {
        return false;
    };
    let simple = name.get(dot + 1..).unwrap_or_default();
    if EXCEPTIONS.contains(&simple) {
        return true;
    }
    let is_of_socket = simple.starts_with(b"Socket") && simple.ends_with(b"Exception");
    is_of_socket && says_so(sample.response_message)
}

#[cold]
fn says_so(message: &[u8]) -> bool {
    let message = message.to_ascii_lowercase();
    let contains = |text: &&[u8]| memchr::memmem::find(&message, text).is_some();
    MESSAGES.iter().any(contains)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_before_and_after_connecting() {
        let is = |code: &str, message: &str| {
            is_one(&Sample {
                response_code: code.as_bytes(),
                response_message: message.as_bytes(),
                ..Sample::default()
            })
        };
        for (code, message) in [
            ("Non HTTP response code: java.net.ConnectException", ""),
            (
                "Non HTTP response code: org.apache.http.conn.HttpHostConnectException",
                "x",
            ),
            (
                "Non HTTP response code: org.apache.http.conn.ConnectTimeoutException",
                "",
            ),
            (
                "Non HTTP response code: java.net.UnknownHostException",
                "shop",
            ),
            (
                "Non HTTP response code: java.net.NoRouteToHostException",
                "",
            ),
            ("java.net.ConnectException: Connection refused", ""),
            (
                "Non HTTP response code: io.netty.channel.AbstractChannel$AnnotatedConnectException",
                "",
            ),
            (
                "Non HTTP response code: java.net.SocketTimeoutException",
                "Non HTTP response message: Connect timed out",
            ),
            (
                "Non HTTP response code: java.net.SocketException",
                "Non HTTP response message: Network is unreachable (connect failed)",
            ),
        ] {
            assert!(is(code, message), "{code} {message}");
        }
        for (code, message) in [
            (
                "Non HTTP response code: javax.net.ssl.SSLHandshakeException",
                "x",
            ),
            (
                "Non HTTP response code: java.net.SocketTimeoutException",
                "Non HTTP response message: Read timed out",
            ),
            (
                "Non HTTP response code: java.net.SocketException",
                "Non HTTP response message: Connection reset",
            ),
            (
                "Non HTTP response code: org.apache.http.NoHttpResponseException",
                "x failed to respond",
            ),
            ("503", "Connection refused"),
            ("", ""),
        ] {
            assert!(!is(code, message), "{code} {message}");
        }
    }
}
