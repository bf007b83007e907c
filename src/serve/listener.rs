//! Accepts connections up to the limit, retries when accepting fails, and drains them at shutdown.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout, timeout_at};

use super::app::Target;
use super::connection::{Server, linger, send_refusal};
use super::limits::Limits;
use crate::stderr;

/// Connections that the kernel queues until the server accepts them.
const BACKLOG: u32 = 16_384;
/// Refused connections that may linger at once; each holds a file descriptor.
const MAX_LINGERING: usize = 32;
/// How long to wait before accepting again after a failure, until a descriptor may be free.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// How long a client that is refused for want of a descriptor has to read the answer.
const TURN_AWAY: Duration = Duration::from_millis(20);
/// Shortest time for the access log to be written at the end.
const MIN_LOG_GRACE: Duration = Duration::from_secs(1);
/// Shortest time between two warnings that connections cannot be accepted.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);

/// Listens on `address`, with a backlog that holds thousands of simultaneous arrivals.
///
/// # Errors
///
/// If the address is in use, does not belong to this machine, or needs privileges.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections in TIME_WAIT from an earlier run must not keep the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `target` until `shutdown` completes, then accepts the connections that wait, and finishes their
/// requests and those in flight, for up to the grace period of `limits`.
pub async fn run(
    listener: TcpListener,
    target: Arc<Target>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    run_all(vec![listener], target, limits, shutdown).await;
}

/// Serves `target` on several addresses at once, as [`run`] does on one.
pub async fn run_all(
    listeners: Vec<TcpListener>,
    target: Arc<Target>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let grace = limits.shutdown_grace;
    let (stop, stopped) = watch::channel(false);
    let mut doorway = Doorway {
        server: Arc::new(Server::new(Arc::clone(&target), limits)),
        stop: stopped,
        lingering: Arc::new(Semaphore::new(MAX_LINGERING)),
        reserve: reserve(),
        warned: None,
    };
    tokio::select! {
        () = shutdown => {}
        () = doorway.accept(&listeners) => {}
    }
    doorway.server.stop();
    stop.send_replace(true);
    let end = tokio::time::Instant::now() + grace;
    // Connections still open after the grace period are cut off.
    let _outcome = timeout_at(end, async {
        doorway.drain(listeners).await;
        drop(doorway);
        stop.closed().await;
    })
    .await;
    if let Some(log) = target.access_log() {
        log.close(grace.max(MIN_LOG_GRACE));
    }
}

/// Lets connections in.
struct Doorway {
    server: Arc<Server>,
    stop: watch::Receiver<bool>,
    /// Refused connections that wait for their client to read the answer.
    lingering: Arc<Semaphore>,
    /// A descriptor to give up when there is no other, so that a client can be refused with an answer.
    reserve: Option<TcpSocket>,
    warned: Option<Instant>,
}

impl Doorway {
    /// Accepts connections forever.
    async fn accept(&mut self, listeners: &[TcpListener]) {
        let mut first = 0;
        loop {
            let accepted = poll_fn(|context| {
                // In turns, so that no address has to wait for another.
                first = (first + 1) % listeners.len().max(1);
                poll_accept(listeners, first, context)
            });
            match accepted.await {
                Ok((stream, peer)) => self.let_in(stream, peer),
                // That client gave up before it was accepted; the others are not affected.
                Err(error) if is_client_error(&error) => {}
                Err(error) => {
                    self.warn(&error);
                    drop(self.reserve.take());
                    let once = poll_fn(|context| Poll::Ready(poll_accept(listeners, 0, context)));
                    match once.await {
                        Poll::Ready(Ok((stream, _))) => self.turn_away(stream).await,
                        _ => sleep(ACCEPT_RETRY).await,
                    }
                    self.reserve = reserve();
                }
            }
        }
    }

    /// Accepts the connections that wait, and closes the listeners. Closing them first would reset those
    /// connections, although their clients may have sent requests already.
    async fn drain(&mut self, listeners: Vec<TcpListener>) {
        for listener in listeners {
            // tokio accepts only once the system has told it of a connection. This asks the system.
            let Ok(listener) = listener.into_std() else {
                continue;
            };
            stop_queueing(&listener);
            // More cannot wait; others that come are too late.
            for _ in 0..BACKLOG {
                match listener.accept() {
                    Ok((stream, peer)) => {
                        if let Ok(stream) = from_std(stream) {
                            self.let_in(stream, peer);
                        }
                        // Lets the grace period end.
                        yield_now().await;
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if is_client_error(&error) => {}
                    Err(error) => {
                        self.warn(&error);
                        drop(self.reserve.take());
                        match listener.accept().and_then(|(stream, _)| from_std(stream)) {
                            Ok(stream) => self.turn_away(stream).await,
                            Err(_) => sleep(ACCEPT_RETRY).await,
                        }
                        self.reserve = reserve();
                    }
                }
            }
        }
    }

    /// Serves a connection if there is room, and refuses it otherwise.
    fn let_in(&self, stream: TcpStream, peer: SocketAddr) {
        match OpenConnection::new(&self.server) {
            Some(open) => {
                let stop = self.stop.clone();
                tokio::spawn(async move {
                    let server = Arc::clone(&open.0);
                    server.serve(stream, peer, stop).await;
                    drop(open);
                });
            }
            None => refuse(stream, &self.server, &self.lingering),
        }
    }

    /// Refuses a connection with 503 when there is no descriptor for it. Others wait for that, so it
    /// takes little time.
    #[cold]
    async fn turn_away(&self, mut stream: TcpStream) {
        self.server.target().metrics().refuse();
        let message = "too many connections: the server has no file descriptor left for this one";
        send_refusal(&mut stream, StatusCode::SERVICE_UNAVAILABLE, message).await;
        let _outcome = timeout(TURN_AWAY, linger(stream)).await;
    }

    #[cold]
    fn warn(&mut self, error: &io::Error) {
        if self
            .warned
            .is_none_or(|warned| warned.elapsed() >= WARNING_INTERVAL)
        {
            self.warned = Some(Instant::now());
            stderr::say(format_args!(
                "perfkit: warning: cannot accept new connections at the moment: {error}; \
                 {} are open and being served, and others get 503",
                self.server.target().metrics().connections()
            ));
        }
    }
}

/// Polls all listeners, from number `first` on.
fn poll_accept(
    listeners: &[TcpListener],
    first: usize,
    context: &mut Context<'_>,
) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
    let (before, after) = listeners.split_at(first.min(listeners.len()));
    for listener in after.iter().chain(before) {
        if let Poll::Ready(accepted) = listener.poll_accept(context) {
            return Poll::Ready(accepted);
        }
    }
    Poll::Pending
}

/// Takes a file descriptor without using it.
fn reserve() -> Option<TcpSocket> {
    TcpSocket::new_v4().or_else(|_| TcpSocket::new_v6()).ok()
}

fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

/// Keeps further clients from being queued, as far as the system can: those in the queue stay.
fn stop_queueing(listener: &std::net::TcpListener) {
    #[cfg(target_os = "linux")]
    let _as_before_if_it_fails = rustix::net::listen(listener, 0);
    #[cfg(not(target_os = "linux"))]
    let _ = listener;
}

fn is_client_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// One of the connections allowed at once; released when dropped.
struct OpenConnection(Arc<Server>);

impl OpenConnection {
    fn new(server: &Arc<Server>) -> Option<Self> {
        let metrics = server.target().metrics();
        // Only the accepting task opens connections, so check and open cannot race.
        let has_room = metrics.connections() < server.limits().max_connections;
        has_room.then(|| {
            metrics.open();
            OpenConnection(Arc::clone(server))
        })
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.target().metrics().close();
    }
}

/// Answers a client beyond the connection limit with 503.
fn refuse(mut stream: TcpStream, server: &Server, lingering: &Arc<Semaphore>) {
    server.target().metrics().refuse();
    let message = format!(
        "too many connections: at most {} are served at once",
        server.limits().max_connections
    );
    let lingering = Arc::clone(lingering);
    tokio::spawn(async move {
        send_refusal(&mut stream, StatusCode::SERVICE_UNAVAILABLE, &message).await;
        if let Ok(_permit) = lingering.try_acquire() {
            linger(stream).await;
        }
    });
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::serve::app::DEFAULT_MAX_FIBONACCI;

    #[tokio::test]
    async fn a_panic_is_a_500_for_that_request_alone() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let target = Arc::new(Target::new(DEFAULT_MAX_FIBONACCI, None).unwrap());
        let serving = run(
            listener,
            Arc::clone(&target),
            Limits::default(),
            std::future::pending(),
        );
        let asking = async {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let requests = "GET /panic HTTP/1.1\r\nHost: x\r\n\r\n\
                            POST /panic HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx\
                            GET /fibo/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            connection.write_all(requests.as_bytes()).await.unwrap();
            let mut answers = String::new();
            connection.read_to_string(&mut answers).await.unwrap();
            answers
        };
        let answers = tokio::select! {
            answers = asking => answers,
            () = serving => String::new(),
        };
        let failures = answers.matches("HTTP/1.1 500 Internal Server Error\r\n");
        assert_eq!(failures.count(), 2, "{answers}");
        assert!(answers.contains("the server failed to answer"), "{answers}");
        assert!(answers.contains("{\"fibonacci_number\":55,"), "{answers}");
        assert_eq!(target.metrics().counts().errors(), 2);
    }

    #[tokio::test]
    async fn serves_on_all_addresses_until_it_stops() {
        let addresses = [
            SocketAddr::from(([127, 0, 0, 1], 0)),
            SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0)),
        ];
        let listeners: Vec<TcpListener> = addresses.map(|address| listen(address).unwrap()).into();
        let local = listeners
            .iter()
            .map(|listener| listener.local_addr().unwrap());
        let local: Vec<SocketAddr> = local.collect();
        let target = Arc::new(Target::new(DEFAULT_MAX_FIBONACCI, None).unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = run_all(listeners, Arc::clone(&target), Limits::default(), async {
            let _requested = stopped.await;
        });
        let asking = async {
            for address in local {
                for _ in 0..3 {
                    let mut connection = TcpStream::connect(address).await.unwrap();
                    let request = b"GET /fibo/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                    connection.write_all(request).await.unwrap();
                    let mut answer = String::new();
                    connection.read_to_string(&mut answer).await.unwrap();
                    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
                }
            }
            stop.send(()).unwrap();
        };
        tokio::join!(serving, asking);
        assert_eq!(target.metrics().counts().total(), 6);
    }
}
