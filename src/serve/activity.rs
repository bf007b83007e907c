//! What happens on a connection: seen from its reads and writes, and timed.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use hyper::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::app::Target;
use super::limits::Limits;
use super::metrics::Route;

/// Where a connection is with its present request.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// Nothing of it has arrived.
    Idle,
    /// It is arriving.
    Reading,
    /// It is being worked on.
    Working,
    /// Its answer is being written.
    Writing { route: Route, status: StatusCode },
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// When the request began to arrive.
    begun: Instant,
    /// Whether the connection ends with bytes of the client's unread.
    is_cut_short: bool,
}

/// A connection's activity, shared by its socket, its handler and its watchdog, which are all in
/// one task: the lock is always free.
#[derive(Debug)]
pub struct Activity {
    target: Arc<Target>,
    state: Mutex<State>,
}

/// What the watchdog is to do about a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Look again then.
    Wait(Instant),
    /// Nothing was asked for too long: close.
    Idle,
    /// The request takes too long to arrive.
    SlowRequest,
    /// The answer is not being taken.
    SlowReader,
}

impl Activity {
    /// The activity of a connection that was just opened.
    pub fn new(target: Arc<Target>) -> Self {
        let now = Instant::now();
        Activity {
            target,
            state: Mutex::new(State {
                phase: Phase::Idle,
                since: now,
                begun: now,
                is_cut_short: false,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes have arrived, or a request that had arrived with an earlier one.
    fn begin(&self, state: &mut State) {
        if let Phase::Idle = state.phase {
            let now = Instant::now();
            state.phase = Phase::Reading;
            state.since = now;
            state.begun = now;
            self.target.metrics().begin();
        }
    }

    /// Bytes have arrived.
    fn read(&self) {
        self.begin(&mut self.state());
    }

    /// The request has arrived but for its body.
    pub fn head_has_arrived(&self) {
        self.begin(&mut self.state());
    }

    /// The request has arrived to its end.
    pub fn has_arrived(&self) {
        let mut state = self.state();
        self.begin(&mut state);
        state.phase = Phase::Working;
    }

    /// The answer is ready to be written.
    pub fn is_answered(&self, route: Route, status: StatusCode) {
        let mut state = self.state();
        state.phase = Phase::Writing { route, status };
        state.since = Instant::now();
    }

    /// The rest of what the client sends will not be read.
    pub fn cut_short(&self) {
        self.state().is_cut_short = true;
    }

    /// Whether something that the client sends was not read.
    pub fn is_cut_short(&self) -> bool {
        self.state().is_cut_short
    }

    /// Everything that was to be written has been.
    fn flushed(&self) {
        let mut state = self.state();
        if let Phase::Writing { route, status } = state.phase {
            let now = Instant::now();
            let metrics = self.target.metrics();
            metrics.record(route, status, now - state.begun);
            metrics.end();
            state.phase = Phase::Idle;
            state.since = now;
        }
    }

    /// Judges the connection.
    pub fn judge(&self, limits: &Limits, now: Instant) -> Verdict {
        let state = self.state();
        let (limit, overdue) = match state.phase {
            Phase::Idle => (limits.idle_timeout, Verdict::Idle),
            Phase::Reading => (limits.read_timeout, Verdict::SlowRequest),
            Phase::Writing { .. } => (limits.read_timeout, Verdict::SlowReader),
            Phase::Working => return Verdict::Wait(now + limits.read_timeout),
        };
        match state.since + limit {
            end if end <= now => overdue,
            // A request may begin at any moment and must not be missed.
            end => Verdict::Wait(end.min(now + limits.read_timeout)),
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        if !matches!(self.state().phase, Phase::Idle) {
            self.target.metrics().end();
        }
    }
}

/// A socket that tells of its reads and writes.
#[derive(Debug)]
pub struct Watched {
    stream: TokioIo<TcpStream>,
    activity: Arc<Activity>,
}

impl Watched {
    /// Watches `stream`.
    pub fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Watched {
            stream: TokioIo::new(stream),
            activity,
        }
    }

    /// The socket.
    pub fn into_inner(self) -> TcpStream {
        self.stream.into_inner()
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = polled {
            self.activity.read();
        }
        polled
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        // Asked for when nothing is left to be written.
        if let Poll::Ready(Ok(())) = polled {
            self.activity.flushed();
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }
}
