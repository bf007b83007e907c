//! The access log: one line per request, in Common Log Format.
//!
//! A thread of its own writes it, so that a full disk or a slow reader never holds up a request. While
//! the log cannot be written, lines wait up to a limit, and those beyond it are counted as lost.

use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{Timestamp, tz::TimeZone};

use crate::error::{Error, Result};
use crate::stderr;

/// Size of waiting lines at which they are written without waiting for the second to end.
const BATCH: usize = 64 << 10;
/// Maximum size of the lines that wait.
const MAX_WAITING: usize = 4 << 20;
/// Longest time that a line waits while the log can be written.
const INTERVAL: Duration = Duration::from_secs(1);
/// Time from a failure to the next attempt; it doubles with each further failure up to the maximum.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(30);
/// How long to wait for an output that takes nothing at the moment.
const NOT_READY: Duration = Duration::from_millis(10);

/// Writes one line per request, within a second.
pub struct AccessLog(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Lines that are worth writing now, or the end.
    wake: Condvar,
    /// The writer has ended.
    done: Condvar,
}

#[derive(Default)]
struct State {
    /// Whole lines that wait to be written.
    waiting: Vec<u8>,
    /// Lines that found no room among them since the log was last written in full.
    lost: u64,
    /// Whether an attempt to write has failed and none has succeeded since.
    is_failing: bool,
    /// Whether it was reported that the output is too slow.
    is_warned: bool,
    is_closing: bool,
    is_done: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

impl AccessLog {
    /// A log written to `output`, which must not hold back what is written to it.
    ///
    /// # Errors
    ///
    /// If its thread cannot be started.
    pub fn new(output: impl Write + Send + 'static) -> Result<Self> {
        AccessLog::with_retry(output, FIRST_RETRY)
    }

    fn with_retry(output: impl Write + Send + 'static, first_retry: Duration) -> Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            done: Condvar::new(),
        });
        let writer = Writer {
            output,
            lines: Vec::new(),
            written: 0,
            failure: None,
            first_retry,
            shared: Arc::clone(&shared),
        };
        thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| Error::Internal(format!("cannot start the access log: {error}")))?;
        Ok(AccessLog(shared))
    }

    /// Writes `127.0.0.1 - - [24/Nov/2026:13:16:05 +0000] "GET /fibo/10 HTTP/1.1" 200 37`; the last
    /// number is the size of the response body in bytes.
    pub fn write(&self, peer: IpAddr, request: &str, status: u16, bytes: u64) {
        let time = Timestamp::now()
            .to_zoned_datetime(TimeZone::system())
            .strftime("%d/%b/%Y:%H:%M:%S %z")
            .to_string();
        let line = format!("{peer} - - [{time}] \"{request}\" {status} {bytes}\n");
        let mut state = self.0.state();
        if state.waiting.len() + line.len() > MAX_WAITING {
            lose(state);
            return;
        }
        let was_short = state.waiting.len() < BATCH;
        state.waiting.extend_from_slice(line.as_bytes());
        if was_short && state.waiting.len() >= BATCH {
            self.0.wake.notify_one();
        }
    }

    /// Writes the lines that wait, for up to `grace`, and ends the log. Lines that could not be written
    /// are reported on standard error.
    pub fn close(&self, grace: Duration) {
        let mut state = self.0.state();
        state.is_closing = true;
        self.0.wake.notify_one();
        let waited = self
            .0
            .done
            .wait_timeout_while(state, grace, |state| !state.is_done);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !state.is_done {
            let lost = state.lost + count(&state.waiting);
            stderr::say(format_args!(
                "perfkit: warning: the access log's output takes nothing: {lost} lines or more were lost"
            ));
        }
    }
}

/// Counts a line that found no room.
#[cold]
fn lose(mut state: MutexGuard<'_, State>) {
    state.lost += 1;
    let is_news = !state.is_failing && !mem::replace(&mut state.is_warned, true);
    drop(state);
    if is_news {
        stderr::say(
            "perfkit: warning: the access log's output is too slow: lines are lost until it keeps up",
        );
    }
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// A log that could not be written.
struct Failure {
    error: io::Error,
    next_attempt: Instant,
    delay: Duration,
}

/// The thread that writes.
struct Writer<W> {
    output: W,
    /// The lines being written.
    lines: Vec<u8>,
    /// How many bytes of them are written. A line that was cut short is continued where it ended.
    written: usize,
    failure: Option<Failure>,
    first_retry: Duration,
    shared: Arc<Shared>,
}

impl<W: Write> Writer<W> {
    fn run(mut self) {
        loop {
            let is_closing = self.wait();
            match self.write_lines() {
                Ok(()) => self.succeed(),
                Err(error) => self.fail(error),
            }
            if is_closing {
                break;
            }
        }
        let mut state = self.shared.state();
        let unwritten = count(&self.lines[self.written..]) + count(&state.waiting);
        if let Some(failure) = &self.failure {
            stderr::say(format_args!(
                "perfkit: warning: {} lines of the access log were lost: {}",
                unwritten + state.lost,
                failure.error
            ));
        }
        state.is_done = true;
        self.shared.done.notify_all();
    }

    /// Waits until there is something to do, and takes the lines to write. Returns whether the log ends.
    fn wait(&mut self) -> bool {
        let shared = Arc::clone(&self.shared);
        let state = shared.state();
        let (time, is_failing) = match &self.failure {
            Some(failure) => (
                failure
                    .next_attempt
                    .saturating_duration_since(Instant::now()),
                true,
            ),
            None => (INTERVAL, false),
        };
        let waited = shared.wake.wait_timeout_while(state, time, |state| {
            !state.is_closing && (is_failing || state.waiting.len() < BATCH)
        });
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if self.written == self.lines.len() {
            self.lines.clear();
            self.written = 0;
            mem::swap(&mut self.lines, &mut state.waiting);
        }
        state.is_closing
    }

    fn write_lines(&mut self) -> io::Result<()> {
        loop {
            while self.written < self.lines.len() {
                match self.output.write(&self.lines[self.written..]) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => self.written += written,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        thread::sleep(NOT_READY);
                    }
                    Err(error) => return Err(error),
                }
            }
            // After a failure, and at the end, all that waits follows at once.
            let mut state = self.shared.state();
            let is_more_due = self.failure.is_some() || state.is_closing;
            if !is_more_due || state.waiting.is_empty() {
                return Ok(());
            }
            self.lines.clear();
            self.written = 0;
            mem::swap(&mut self.lines, &mut state.waiting);
        }
    }

    fn succeed(&mut self) {
        let mut state = self.shared.state();
        state.is_failing = false;
        let has_recovered = self.failure.take().is_some();
        // A slow output has caught up only once few lines wait.
        let has_caught_up = state.lost > 0 && state.waiting.len() < BATCH;
        if has_recovered || has_caught_up {
            let lost = mem::take(&mut state.lost);
            state.is_warned = false;
            drop(state);
            stderr::say(format_args!(
                "perfkit: the access log is written again; {lost} lines were lost"
            ));
        }
    }

    fn fail(&mut self, error: io::Error) {
        self.shared.state().is_failing = true;
        let delay = match &self.failure {
            Some(failure) => (failure.delay * 2).min(MAX_RETRY),
            None => {
                stderr::say(format_args!(
                    "perfkit: warning: cannot write the access log: {error}; the server goes on, and tries \
                     again later"
                ));
                self.first_retry
            }
        };
        self.failure = Some(Failure {
            error,
            next_attempt: Instant::now() + delay,
            delay,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// An output with room for some bytes, as a disk has.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Disk {
        fn with_room(room: usize) -> Self {
            Disk(Arc::new(Mutex::new((Vec::new(), room))))
        }

        fn add_room(&self, room: usize) {
            self.0.lock().unwrap().1 += room;
        }

        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap();
            text.lines().map(str::to_owned).collect()
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut disk = self.0.lock().unwrap();
            let taken = bytes.len().min(disk.1);
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            disk.0.extend_from_slice(&bytes[..taken]);
            disk.1 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const SECOND: Duration = Duration::from_secs(30);

    fn write_numbered(log: &AccessLog, numbers: std::ops::Range<u32>) {
        for number in numbers {
            let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
            log.write(peer, &format!("GET /fibo/{number} HTTP/1.1"), 200, 37);
        }
    }

    /// Checks that the lines are whole and in order, and returns how many there are.
    fn check(lines: &[String]) -> usize {
        for (number, line) in lines.iter().enumerate() {
            let end = format!("] \"GET /fibo/{number} HTTP/1.1\" 200 37");
            assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
            assert!(line.ends_with(&end), "{line}");
        }
        lines.len()
    }

    #[test]
    fn lines_are_written_in_order() {
        let disk = Disk::with_room(usize::MAX);
        let log = AccessLog::new(disk.clone()).unwrap();
        write_numbered(&log, 0..10_000);
        log.close(SECOND);
        assert_eq!(check(&disk.lines()), 10_000);
    }

    #[test]
    fn a_line_cut_short_by_a_full_disk_is_continued() {
        let disk = Disk::with_room(100);
        let log = AccessLog::with_retry(disk.clone(), Duration::from_millis(1)).unwrap();
        write_numbered(&log, 0..2000);
        while !log.0.state().is_failing {
            thread::sleep(Duration::from_millis(1));
        }
        write_numbered(&log, 2000..3000);
        disk.add_room(usize::MAX - 100);
        while log.0.state().is_failing {
            thread::sleep(Duration::from_millis(1));
        }
        write_numbered(&log, 3000..3001);
        log.close(SECOND);
        assert_eq!(check(&disk.lines()), 3001);
    }

    #[test]
    fn lines_without_room_are_counted() {
        let disk = Disk::default();
        let log = AccessLog::with_retry(disk.clone(), Duration::from_millis(1)).unwrap();
        write_numbered(&log, 0..2000);
        while !log.0.state().is_failing {
            thread::sleep(Duration::from_millis(1));
        }
        write_numbered(&log, 2000..100_000);
        let lost = log.0.state().lost;
        assert!(lost > 0);
        disk.add_room(usize::MAX);
        log.close(SECOND);
        assert_eq!(check(&disk.lines()) as u64, 100_000 - lost);
    }
}
