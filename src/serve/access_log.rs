//! The access log: one line per request, in Common Log Format.

use std::fmt;
use std::io::{BufWriter, Write};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{Timestamp, tz::TimeZone};

/// Writes one line per request. Lines are buffered until [`AccessLog::flush`].
pub struct AccessLog {
    /// `None` once a write has failed: the reader is gone, and the server goes on without a log.
    output: Mutex<Option<BufWriter<Box<dyn Write + Send>>>>,
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

impl AccessLog {
    /// A log written to `output`.
    pub fn new(output: impl Write + Send + 'static) -> Self {
        AccessLog {
            output: Mutex::new(Some(BufWriter::with_capacity(64 << 10, Box::new(output)))),
        }
    }

    /// Writes `127.0.0.1 - - [24/Nov/2026:13:16:05 +0000] "GET /fibo/10 HTTP/1.1" 200 37`; the last
    /// number is the size of the response body in bytes.
    pub fn write(&self, peer: IpAddr, request: &str, status: u16, bytes: u64) {
        let time = Timestamp::now()
            .to_zoned_datetime(TimeZone::system())
            .strftime("%d/%b/%Y:%H:%M:%S %z")
            .to_string();
        self.with(|output| writeln!(output, "{peer} - - [{time}] \"{request}\" {status} {bytes}"));
    }

    /// Writes the buffered lines to the output.
    pub fn flush(&self) {
        self.with(Write::flush);
    }

    fn with(
        &self,
        write: impl FnOnce(&mut BufWriter<Box<dyn Write + Send>>) -> std::io::Result<()>,
    ) {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = output.as_mut()
            && write(open).is_err()
        {
            *output = None;
        }
    }
}
