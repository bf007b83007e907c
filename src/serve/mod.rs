//! The target server: two CPU-bound endpoints over HTTP.
//!
//! [`app`] is the application, [`run`] serves it until told to stop.

mod access_log;
mod answer;
mod app;
mod fibonacci;
pub mod platform;
mod prime;

use std::future::{Future, IntoFuture};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, timeout};

pub use access_log::AccessLog;
pub use app::{DEFAULT_MAX_FIBONACCI, Target, app};
pub use fibonacci::Fibonacci;
pub use prime::{TRIAL_DIVISION_LIMIT, is_prime};

/// Connections that the kernel holds while a burst of users arrives.
const BACKLOG: u32 = 16_384;

/// How long requests in flight may take when the server is told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

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

/// Serves `target` until `shutdown` completes, then finishes the requests in flight, for at most
/// ten seconds.
///
/// # Errors
///
/// When the listener fails for good.
pub async fn run(
    listener: TcpListener,
    target: Arc<Target>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = listener.tap_io(|connection| {
        // Answers are small and whole: waiting to fill a packet only delays them. A connection
        // on which this fails is about to fail anyway.
        let _delayed = connection.set_nodelay(true);
    });
    let stopping = Arc::new(Notify::new());
    let signal = {
        let stopping = Arc::clone(&stopping);
        async move {
            shutdown.await;
            stopping.notify_one();
        }
    };
    let app = app(Arc::clone(&target)).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app)
        .with_graceful_shutdown(signal)
        .into_future();
    let grace = async {
        stopping.notified().await;
        timeout(SHUTDOWN_GRACE, std::future::pending::<()>()).await
    };
    let outcome = tokio::select! {
        outcome = server => outcome,
        _ = grace => Ok(()),
        () = flush_each_second(&target) => Ok(()),
    };
    if let Some(log) = target.access_log() {
        log.flush();
    }
    outcome
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
