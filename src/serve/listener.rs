//! Accepts connections up to the limit, retries when accepting fails, and drains them at shutdown.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

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

/// Serves `target` until `shutdown` completes, then waits for the requests in flight, for up to
/// the grace period of `limits`.
pub async fn run(
    listener: TcpListener,
    target: Arc<Target>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let server = Arc::new(Server::new(Arc::clone(&target), limits));
    let (stop, stopped) = watch::channel(false);
    tokio::select! {
        () = shutdown => {}
        () = accept(&listener, &server, &stopped) => {}
        () = flush_each_second(&target) => {}
    }
    drop((listener, stopped));
    stop.send_replace(true);
    // Connections still open after the grace period are cut off.
    let _outcome = timeout(server.limits().shutdown_grace, stop.closed()).await;
    if let Some(log) = target.access_log() {
        log.flush();
    }
}

/// Accepts connections forever.
async fn accept(listener: &TcpListener, server: &Arc<Server>, stop: &watch::Receiver<bool>) {
    let lingering = Arc::new(Semaphore::new(MAX_LINGERING));
    let mut warned: Option<Instant> = None;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match OpenConnection::new(server) {
                Some(open) => {
                    let stop = stop.clone();
                    tokio::spawn(async move {
                        let server = Arc::clone(&open.0);
                        server.serve(stream, peer, stop).await;
                        drop(open);
                    });
                }
                None => refuse(stream, server, &lingering),
            },
            // That client gave up before it was accepted; the others are not affected.
            Err(error) if is_client_error(&error) => {}
            Err(error) => {
                if warned.is_none_or(|warned| warned.elapsed() >= WARNING_INTERVAL) {
                    warned = Some(Instant::now());
                    stderr::say(format_args!(
                        "perfkit: warning: cannot accept new connections at the moment: {error}; \
                         {} are open and being served",
                        server.target().metrics().connections()
                    ));
                }
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
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

/// Flushes the access log once per second, forever.
async fn flush_each_second(target: &Target) {
    let Some(log) = target.access_log() else {
        return std::future::pending().await;
    };
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        log.flush();
    }
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
            let requests = "GET /panic HTTP/1.1\r\n\r\n\
                            POST /panic HTTP/1.1\r\nContent-Length: 1\r\n\r\nx\
                            GET /fibo/10 HTTP/1.1\r\nConnection: close\r\n\r\n";
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
}
