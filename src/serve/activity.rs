//! Tracks what a connection is doing, from its reads and writes, so that a watchdog can time it.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

use super::app::Target;
use super::limits::Limits;
use super::metrics::Route;
use super::wire::{self, LengthWatch};

/// The stage of a connection's current request.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// No byte of it has arrived.
    Idle,
    /// Its bytes are arriving.
    Reading,
    /// The answer is being computed.
    Working,
    /// The answer is being written.
    Writing { route: Route, status: StatusCode },
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// When the request began to arrive.
    begun: Instant,
    /// Whether the server stops reading before the client has sent everything.
    is_cut_short: bool,
}

/// A connection's activity, shared by its socket, its handler and its watchdog. All three run in
/// one task, so the lock is never contended.
#[derive(Debug)]
pub struct Activity {
    target: Arc<Target>,
    state: Mutex<State>,
}

/// What the watchdog does next with a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum WatchdogAction {
    /// Check again at this time.
    CheckAgainAt(Instant),
    /// Close: the connection was idle for too long.
    CloseIdle,
    /// Refuse: the request takes too long to arrive.
    RefuseSlowRequest,
    /// Close: the client does not read its answer.
    CloseSlowReader,
}

impl Activity {
    /// Starts tracking a connection that was just opened.
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

    /// Starts a request: its first bytes have arrived, perhaps together with an earlier request.
    fn begin(&self, state: &mut State) {
        if let Phase::Idle = state.phase {
            let now = Instant::now();
            state.phase = Phase::Reading;
            state.since = now;
            state.begun = now;
            self.target.metrics().begin();
        }
    }

    /// Notes that bytes have arrived.
    fn read(&self) {
        self.begin(&mut self.state());
    }

    /// Notes that the request's headers have arrived.
    pub fn head_arrived(&self) {
        self.begin(&mut self.state());
    }

    /// Notes that the whole request has arrived.
    pub fn request_arrived(&self) {
        let mut state = self.state();
        self.begin(&mut state);
        state.phase = Phase::Working;
    }

    /// Notes that the answer is ready to be written.
    pub fn begin_answer(&self, route: Route, status: StatusCode) {
        let mut state = self.state();
        state.phase = Phase::Writing { route, status };
        state.since = Instant::now();
    }

    /// Notes that the server will not read the rest of what the client sends.
    pub fn cut_short(&self) {
        self.state().is_cut_short = true;
    }

    /// Whether the server left some of the client's bytes unread.
    pub fn is_cut_short(&self) -> bool {
        self.state().is_cut_short
    }

    /// Notes that the answer has been written, and records its latency.
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

    /// Decides what to do with the connection at time `now`.
    pub fn judge(&self, limits: &Limits, idle_timeout: Duration, now: Instant) -> WatchdogAction {
        let state = self.state();
        let (limit, overdue) = match state.phase {
            Phase::Idle => (idle_timeout, WatchdogAction::CloseIdle),
            Phase::Reading => (limits.read_timeout, WatchdogAction::RefuseSlowRequest),
            Phase::Writing { .. } => (limits.read_timeout, WatchdogAction::CloseSlowReader),
            Phase::Working => return WatchdogAction::CheckAgainAt(now + limits.read_timeout),
        };
        match state.since + limit {
            end if end <= now => overdue,
            // A request may begin at any moment, so check at least once per read timeout.
            end => WatchdogAction::CheckAgainAt(end.min(now + limits.read_timeout)),
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

/// The most bytes that one read takes from a socket.
const MAX_READ: usize = 16 << 10;

thread_local! {
    /// Where bytes are looked at between the socket and hyper's own buffer, which can only be written.
    static ARRIVED: RefCell<[u8; MAX_READ]> = const { RefCell::new([0; MAX_READ]) };
}

/// A socket that reports its reads and writes to an [`Activity`]. It keeps back the responses without a
/// body that hyper writes to malformed requests: the server sends its own.
#[derive(Debug)]
pub struct Watched {
    stream: TokioIo<TcpStream>,
    activity: Arc<Activity>,
    length: LengthWatch,
}

impl Watched {
    /// Wraps `stream`.
    pub fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Watched {
            stream: TokioIo::new(stream),
            activity,
            length: LengthWatch::default(),
        }
    }

    /// Whether the client announced a body whose length exceeds 64 bits.
    pub fn announced_absurd_length(&self) -> bool {
        self.length.is_absurd()
    }

    /// Unwraps the socket.
    pub fn into_inner(self) -> TcpStream {
        self.stream.into_inner()
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        ARRIVED.with_borrow_mut(|arrived| {
            let space = buffer.remaining().min(MAX_READ);
            let mut arrived = ReadBuf::new(&mut arrived[..space]);
            ready!(Pin::new(self.stream.inner_mut()).poll_read(context, &mut arrived))?;
            self.length.observe(arrived.filled());
            self.activity.read();
            buffer.put_slice(arrived.filled());
            Poll::Ready(Ok(()))
        })
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match wire::own_response(bytes) {
            Some(0) => Poll::Ready(Ok(bytes.len())),
            // What stands before it is a response that was not yet written.
            Some(start) => Pin::new(&mut self.stream).poll_write(context, &bytes[..start]),
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        // hyper flushes once its write buffer is empty.
        if let Poll::Ready(Ok(())) = polled {
            self.activity.flushed();
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
