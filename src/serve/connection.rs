//! One connection: its requests, its end, and the limits on both.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::Service;

use super::activity::{Activity, WatchdogAction, Watched};
use super::answer::error_body;
use super::app::{Target, app, error, failure};
use super::limits::Limits;
use super::metrics::Route;

/// How long a connection that was cut short stays open for the client to read the refusal.
const LINGER: Duration = Duration::from_secs(1);
/// How many bytes of what the client still sends are read and dropped meanwhile.
const LINGER_BYTES: usize = 4 << 20;

/// Serves connections: the application, its limits and the HTTP settings.
#[derive(Debug)]
pub struct Server {
    target: Arc<Target>,
    app: Router,
    limits: Limits,
    http: http1::Builder,
}

impl Server {
    /// A server of `target` within `limits`.
    pub fn new(target: Arc<Target>, limits: Limits) -> Self {
        let mut http = http1::Builder::new();
        http.max_header_size(limits.max_header_bytes)
            // 8192 is hyper's minimum. The buffer grows only for requests that fill it.
            .max_buf_size(limits.max_header_bytes.max(8192))
            // `printf ... | nc` closes its sending side and still expects an answer.
            .half_close(true)
            // Answers are short: copying one behind its headers is cheaper than a vectored write.
            .writev(false)
            // The watchdog does this with one timer per connection instead of one per request.
            .header_read_timeout(None);
        Server {
            app: app(Arc::clone(&target)),
            target,
            limits,
            http,
        }
    }

    /// The target that is served.
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Serves a connection until it ends, or until `stop` is set and no request is in flight.
    pub async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        mut stop: watch::Receiver<bool>,
    ) {
        // Answers are small and written whole: waiting to fill a packet only delays them. If this
        // fails, the connection is about to fail anyway.
        let _outcome = stream.set_nodelay(true);
        let activity = Arc::new(Activity::new(Arc::clone(&self.target)));
        let responder = Responder {
            server: &self,
            activity: &activity,
            peer,
        };
        let service = service_fn(|request| {
            Box::pin(async { Ok::<_, Infallible>(responder.respond(request).await) })
        });
        let watched = Watched::new(stream, Arc::clone(&activity));
        let mut connection = self.http.serve_connection(watched, service);
        let first_look = self.limits.read_timeout.min(self.limits.idle_timeout);
        let mut alarm = pin!(sleep(first_look));
        let mut is_stopping = false;
        let slow = loop {
            tokio::select! {
                biased;
                outcome = poll_fn(|context| connection.poll_without_shutdown(context)) => {
                    let Err(error) = outcome else { break None };
                    match refusal_of(&error) {
                        Some(status) => self.target.metrics().count(Route::Unread, status),
                        // The client closed the connection.
                        None => return,
                    }
                    activity.cut_short();
                    break None;
                }
                () = &mut alarm => match activity.judge(&self.limits, Instant::now()) {
                    WatchdogAction::CheckAgainAt(until) => alarm.as_mut().reset(until.into()),
                    WatchdogAction::CloseIdle | WatchdogAction::CloseSlowReader => return,
                    WatchdogAction::RefuseSlowRequest => break Some(StatusCode::REQUEST_TIMEOUT),
                },
                _ = stop.changed(), if !is_stopping => {
                    is_stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        let mut stream = connection.into_parts().io.into_inner();
        if let Some(status) = slow {
            self.target.metrics().count(Route::Unread, status);
            send_refusal(&mut stream, status, "the request took too long to arrive").await;
            activity.cut_short();
        }
        if activity.is_cut_short() {
            // Boxed, so that the futures of ordinary connections stay small.
            Box::pin(linger(stream)).await;
        }
    }
}

/// Writes an error response straight to the socket, before any request has been read.
pub async fn send_refusal(stream: &mut TcpStream, status: StatusCode, message: &str) {
    let body = error_body(message);
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let message = [head.as_bytes(), &body].concat();
    // The send buffer is empty: either this succeeds at once or the client is gone.
    let _outcome = timeout(LINGER, stream.write_all(&message)).await;
}

/// Closes a connection on which the client may still be sending, after draining what it sends.
/// Closing with unread bytes sends a reset, which can discard the answer before the client reads it.
pub async fn linger(mut stream: TcpStream) {
    let drain = async {
        stream.shutdown().await?;
        let mut ignored = [0; 2048];
        let mut left = LINGER_BYTES;
        while left > 0 {
            match stream.read(&mut ignored).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        Ok::<_, std::io::Error>(())
    };
    // Whether it drained, failed or timed out: dropping the stream closes the connection.
    let _outcome = timeout(LINGER, drain).await;
}

/// Returns the status with which hyper refused a malformed request; `None` for other errors.
fn refusal_of(error: &hyper::Error) -> Option<StatusCode> {
    match error {
        _ if error.is_parse_too_large() => Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        _ if error.is_parse() && !error.is_incomplete_message() => Some(StatusCode::BAD_REQUEST),
        _ => None,
    }
}

/// Answers the requests on one connection.
struct Responder<'a> {
    server: &'a Server,
    activity: &'a Activity,
    peer: SocketAddr,
}

impl Responder<'_> {
    /// Reads the whole request and returns the response.
    async fn respond(&self, mut request: Request<Incoming>) -> Response {
        let log = self.server.target.access_log();
        let line = log.map(|_| {
            let (method, uri) = (request.method(), request.uri());
            format!("{method} {uri} {:?}", request.version())
        });
        let response = match self.receive(request.body_mut()).await {
            // No endpoint uses the body; it is read to reach the next request.
            Ok(()) => self.call(request.map(|_| Body::empty())).await,
            Err(refusal) => refusal,
        };
        let route = response.extensions().get().copied();
        let status = response.status();
        self.activity
            .begin_answer(route.unwrap_or(Route::Unknown), status);
        if let Some((log, line)) = log.zip(line) {
            let bytes = response.body().size_hint().lower();
            log.write(self.peer.ip(), &line, status.as_u16(), bytes);
        }
        response
    }

    /// Reads and drops the body.
    ///
    /// # Errors
    ///
    /// The 413 response if the body exceeds the limit or breaks off.
    async fn receive(&self, body: &mut Incoming) -> Result<(), Response> {
        if !body.is_end_stream() {
            self.activity.head_arrived();
            let limit = self.server.limits.max_body_bytes;
            if drain(body, limit).await.is_err() {
                self.activity.cut_short();
                return Err(too_large(limit));
            }
        }
        self.activity.request_arrived();
        Ok(())
    }

    /// Returns the application's response; a 500 if the handler panics, so that other requests are
    /// not affected.
    async fn call(&self, request: Request<Body>) -> Response {
        let mut response = self.server.app.clone().call(request);
        let Ok(response) = poll_fn(|context| {
            let poll = AssertUnwindSafe(|| Pin::new(&mut response).poll(context));
            catch_unwind(poll).unwrap_or_else(|_| Poll::Ready(Ok(failure())))
        })
        .await;
        response
    }
}

fn too_large(limit: u64) -> Response {
    let message = format!("the request's body is too large: send at most {limit} bytes");
    let mut response = error(StatusCode::PAYLOAD_TOO_LARGE, &message);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response.extensions_mut().insert(Route::Unread);
    response
}

/// The body exceeds the limit or broke off.
struct NotDrained;

/// Reads and drops a body of up to `limit` bytes.
async fn drain(body: &mut Incoming, limit: u64) -> Result<(), NotDrained> {
    if body.size_hint().lower() > limit {
        return Err(NotDrained);
    }
    let mut left = limit;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| NotDrained)?;
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        left = left.checked_sub(length).ok_or(NotDrained)?;
    }
    Ok(())
}
