//! The listener: accepts connections up to the limit, survives failing to, and drains them at the
//! end.

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
use super::connection::{Server, linger, tell};
use super::limits::Limits;

/// Connections that the kernel holds while a burst of users arrives.
const BACKLOG: u32 = 16_384;
/// Clients refused that may take their time to notice, at once: each has a descriptor meanwhile.
const LINGERERS: usize = 32;
/// How long to wait for a descriptor to become free.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// How often to say that connections cannot be accepted.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);

/// Listens on an address, with a backlog fit for thousands of users who arrive at once.
///
/// # Errors
///
/// When the address is in use, not this machine's, or not allowed.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A server that was just stopped leaves connections behind that would keep the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `target` until `shutdown` completes, then finishes the requests in flight within the
/// grace of `limits`.
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
    // Connections still open after that are cut off: waiting for them has its limit.
    let _all_closed = timeout(server.limits().shutdown_grace, stop.closed()).await;
    if let Some(log) = target.access_log() {
        log.flush();
    }
}

/// Accepts connections; never ends.
async fn accept(listener: &TcpListener, server: &Arc<Server>, stop: &watch::Receiver<bool>) {
    let lingerers = Arc::new(Semaphore::new(LINGERERS));
    let mut warned: Option<Instant> = None;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match Open::new(server) {
                Some(open) => {
                    let stop = stop.clone();
                    tokio::spawn(async move {
                        let server = Arc::clone(&open.0);
                        server.serve(stream, peer, stop).await;
                        drop(open);
                    });
                }
                None => refuse(stream, server, &lingerers),
            },
            // One client's trouble: it went away before it was let in.
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                if warned.is_none_or(|warned| warned.elapsed() >= WARNING_INTERVAL) {
                    warned = Some(Instant::now());
                    eprintln!(
                        "perfkit: warning: cannot accept connections for now: {error}; \
                         {} are open and served",
                        server.target().metrics().connections()
                    );
                }
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// A place among the connections open at once; given up when dropped.
struct Open(Arc<Server>);

impl Open {
    fn new(server: &Arc<Server>) -> Option<Self> {
        let metrics = server.target().metrics();
        // Only the accepting task opens connections, so that none comes between.
        let has_room = metrics.connections() < server.limits().max_connections;
        has_room.then(|| {
            metrics.open();
            Open(Arc::clone(server))
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.target().metrics().close();
    }
}

/// Tells a client that there is no room for it.
fn refuse(mut stream: TcpStream, server: &Server, lingerers: &Arc<Semaphore>) {
    server.target().metrics().refuse();
    let message = format!(
        "too many connections: at most {} are served at once",
        server.limits().max_connections
    );
    let lingerers = Arc::clone(lingerers);
    tokio::spawn(async move {
        tell(&mut stream, StatusCode::SERVICE_UNAVAILABLE, &message).await;
        if let Ok(_place) = lingerers.try_acquire() {
            linger(stream).await;
        }
    });
}

/// Writes out the access log each second; never ends.
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
